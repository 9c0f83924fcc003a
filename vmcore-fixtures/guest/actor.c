// SPDX-License-Identifier: GPL-2.0-or-later
/* actor ROLE [OPTION…] ARGUMENT… */
#include "actor.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static const struct {
	const char *name;
	const char *facts;	/* the default of --as */
	int arguments;
	int (*play)(int argc, char **argv);
	const char *usage;
} roles[] = {
	{ "server", "server", 1, role_server, "ADDRESS" },
	{ "client-netlink", "client", 4, role_client_netlink, "DEVICE BYTES COUNT ADDRESS" },
	{ "client-reattaching", "client", 5, role_client_reattaching,
	  "DEVICE ADDRESS COUNT OTHER-ADDRESS OTHER-COUNT" },
	{ "attempt", "attempt", 1, role_attempt, "DEVICE" },
	{ "opener", "opener", 1, role_opener, "DEVICE" },
	{ "reader", "reader", 1, role_reader, "DEVICE" },
	{ "pin", "pin", 1, role_pin, "PID" },
};

static void read_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "as", required_argument, NULL, 'a' },
		{ "name", required_argument, NULL, 'n' },
		{ "then", required_argument, NULL, 't' },
		{ "nofile", required_argument, NULL, 'f' },
		{ "no-accept", no_argument, &options.no_accept, 1 },
		{ "fork", no_argument, &options.fork, 1 },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'a':
			options.as = optarg;
			break;
		case 'n':
			options.name = optarg;
			break;
		case 't':
			options.then = optarg;
			break;
		case 'f':
			options.nofile = strtol(optarg, NULL, 10);
			break;
		case 0:
			break;
		default:
			die("unknown option");
		}
	}
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (argc < 2 || strcmp(argv[1], roles[i].name) != 0)
			continue;
		options.as = roles[i].facts;
		argc--;
		argv++;
		read_options(argc, argv);
		if (argc - optind != roles[i].arguments)
			die("arguments: %s", roles[i].usage);
		if (options.name)
			prctl(PR_SET_NAME, options.name);
		if (options.nofile) {
			limit.rlim_cur = limit.rlim_max = options.nofile;
			must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "RLIMIT_NOFILE");
		}
		return roles[i].play(argc - optind, argv + optind);
	}
	fprintf(stderr, "usage: actor ROLE [OPTION…] ARGUMENT…\n");
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		fprintf(stderr, "  %s %s\n", roles[i].name, roles[i].usage);
	return 2;
}
