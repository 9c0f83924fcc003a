// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef NBD_UNIT_H
#define NBD_UNIT_H

#include <check.h>

TCase *blocked_in_case(void);
TCase *computed_case(void);
TCase *names_case(void);
TCase *flags_case(void);
TCase *fold_case(void);
TCase *findings_case(void);
TCase *contradictions_case(void);
TCase *machine_code_case(void);
TCase *numbering_case(void);
TCase *attach_case(void);
TCase *balance_case(void);
TCase *detach_case(void);
TCase *diagnosis_case(void);
TCase *dot_case(void);
TCase *json_case(void);
TCase *renderer_case(void);
TCase *report_case(void);
TCase *page_cache_case(void);
TCase *progress_case(void);
TCase *ptr_map_case(void);
TCase *arena_case(void);
TCase *table_case(void);
TCase *ways_out_case(void);
TCase *take_down_case(void);

#endif
