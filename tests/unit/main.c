// SPDX-License-Identifier: GPL-2.0-or-later
/* The unit tests of all that is pure: no crash, no kernel image. */
#include <stdlib.h>

#include "base/arena.h"
#include "unit.h"

int main(void)
{
	Suite *suite = suite_create("unit");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, blocked_in_case());
	suite_add_tcase(suite, computed_case());
	suite_add_tcase(suite, names_case());
	suite_add_tcase(suite, flags_case());
	suite_add_tcase(suite, machine_code_case());
	suite_add_tcase(suite, numbering_case());
	suite_add_tcase(suite, fold_case());
	suite_add_tcase(suite, findings_case());
	suite_add_tcase(suite, contradictions_case());
	suite_add_tcase(suite, attach_case());
	suite_add_tcase(suite, detach_case());
	suite_add_tcase(suite, diagnosis_case());
	suite_add_tcase(suite, dot_case());
	suite_add_tcase(suite, json_case());
	suite_add_tcase(suite, renderer_case());
	suite_add_tcase(suite, report_case());
	suite_add_tcase(suite, page_cache_case());
	suite_add_tcase(suite, progress_case());
	suite_add_tcase(suite, ptr_map_case());
	suite_add_tcase(suite, arena_case());
	suite_add_tcase(suite, table_case());
	suite_add_tcase(suite, balance_case());
	suite_add_tcase(suite, ways_out_case());
	suite_add_tcase(suite, take_down_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	arena_free_all();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
