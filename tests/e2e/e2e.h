// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef NBD_E2E_H
#define NBD_E2E_H

#include <stdio.h>
#include <stdlib.h>

#include "data.h"

TCase *truth_case(void);
TCase *scenes_case(void);
TCase *sources_case(void);
TCase *text_case(void);
TCase *why_case(void);
TCase *above_case(void);
TCase *stuck_case(void);
TCase *senders_case(void);
TCase *waiting_case(void);
TCase *diagnosis_case(void);
TCase *log_case(void);
TCase *errors_case(void);
TCase *addresses_case(void);

/* Prints the crash commands that ask about addresses of the first session's report. */
void print_address_commands(const char *output_dir);

#endif
