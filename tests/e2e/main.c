// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * e2e OUTPUTS FIXTURE: compares what nbd.so printed (run.sh collected it in OUTPUTS) with what the
 * guest recorded before it crashed. e2e --commands OUTPUTS FIXTURE: prints the crash commands of the
 * second session, which ask about addresses of the first. e2e --stuck OUTPUTS FIXTURE: compares the
 * facts alone, for a fixture of the play "stuck" or "stuck-netlink".
 */
#include <stdlib.h>
#include <string.h>

#include "e2e.h"

/* What this kernel cannot play, and so is not tested. */
static void tell_absent_scenes(void)
{
	json_object_object_foreach(at(truth(), "/other_scenes"), name, facts)
	{
		if (at(facts, "/absent"))
			printf("not played: %s: %s\n", name, string_at(facts, "/absent"));
	}
}

int main(int argc, char **argv)
{
	Suite *suite = suite_create("e2e");
	SRunner *runner;
	int failed, stuck = argc == 4 && !strcmp(argv[1], "--stuck");

	if (argc == 4 && !strcmp(argv[1], "--commands")) {
		data_load(argv[2], argv[3], false);
		print_address_commands(argv[2]);
		return EXIT_SUCCESS;
	}
	if (argc != 3 + stuck) {
		fprintf(stderr, "usage: e2e [--commands|--stuck] OUTPUTS FIXTURE\n");
		return EXIT_FAILURE;
	}
	data_load(argv[1 + stuck], argv[2 + stuck], true);
	tell_absent_scenes();
	suite_add_tcase(suite, truth_case());
	suite_add_tcase(suite, waiting_case());
	suite_add_tcase(suite, log_case());
	suite_add_tcase(suite, above_case());
	suite_add_tcase(suite, diagnosis_case());
	if (stuck) {
		suite_add_tcase(suite, stuck_case());
		suite_add_tcase(suite, senders_case());
	} else {
		suite_add_tcase(suite, scenes_case());
		suite_add_tcase(suite, sources_case());
		suite_add_tcase(suite, text_case());
		suite_add_tcase(suite, why_case());
		suite_add_tcase(suite, errors_case());
		suite_add_tcase(suite, addresses_case());
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
