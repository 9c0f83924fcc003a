// SPDX-License-Identifier: GPL-2.0-or-later
/* All of nbd.so's code over kernel images made by hand: no crash, no vmcore. */
#include <stdlib.h>

#include "image_tests.h"

int main(void)
{
	Suite *suite = suite_create("image");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, layout_case());
	suite_add_tcase(suite, scene_case());
	suite_add_tcase(suite, extras_case());
	suite_add_tcase(suite, damage_case());
	suite_add_tcase(suite, generations_case());
	suite_add_tcase(suite, alternatives_case());
	suite_add_tcase(suite, absent_case());
	suite_add_tcase(suite, reads_case());
	suite_add_tcase(suite, lists_case());
	suite_add_tcase(suite, requests_case());
	suite_add_tcase(suite, arm64_case());
	suite_add_tcase(suite, senders_case());
	suite_add_tcase(suite, rt_senders_case());
	suite_add_tcase(suite, waiting_case());
	suite_add_tcase(suite, log_case());
	suite_add_tcase(suite, calls_case());
	suite_add_tcase(suite, queries_case());
	suite_add_tcase(suite, sockets_case());
	suite_add_tcase(suite, memory_case());
	suite_add_tcase(suite, progress_case());
	suite_add_tcase(suite, devices_case());
	suite_add_tcase(suite, modules_case());
	suite_add_tcase(suite, debuginfo_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
