// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef NBD_IMAGE_TESTS_H
#define NBD_IMAGE_TESTS_H

#include <check.h>

TCase *layout_case(void);
TCase *scene_case(void);
TCase *extras_case(void);
TCase *damage_case(void);
TCase *generations_case(void);
TCase *alternatives_case(void);
TCase *absent_case(void);
TCase *reads_case(void);
TCase *lists_case(void);
TCase *requests_case(void);
TCase *arm64_case(void);
TCase *senders_case(void);
TCase *rt_senders_case(void);
TCase *waiting_case(void);
TCase *calls_case(void);
TCase *queries_case(void);
TCase *sockets_case(void);
TCase *memory_case(void);
TCase *progress_case(void);
TCase *devices_case(void);
TCase *modules_case(void);
TCase *log_case(void);
TCase *debuginfo_case(void);

#endif
