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
	int arguments;		/* that many, or more when negative */
	int (*play)(int argc, char **argv);
	const char *usage;
} roles[] = {
	{ "server", "server", 1, role_server, "ADDRESS" },
	{ "client-netlink", "client", 4, role_client_netlink, "DEVICE BYTES COUNT ADDRESS" },
	{ "disconnect", "disconnect", 1, role_disconnect, "DEVICE" },
	{ "client-reattaching", "client", 5, role_client_reattaching,
	  "DEVICE ADDRESS COUNT OTHER-ADDRESS OTHER-COUNT" },
	{ "client-ioctl", "client", 2, role_client_ioctl, "DEVICE ADDRESS" },
	{ "client-socketpair", "client", 1, role_client_socketpair, "DEVICE" },
	{ "ioctl", "ioctl", 2, role_ioctl, "DEVICE disconnect|clear_sock" },
	{ "attempt", "attempt", -2, role_attempt, "DEVICE set_sock|do_it|netlink…" },
	{ "opener", "opener", 1, role_opener, "DEVICE" },
	{ "io", "io", -2, role_io, "DEVICE read:OFFSET:LENGTH|write:…|discard:…|flush…" },
	{ "reuser", "reuser", 1, role_reuser, "ADDRESS" },
	{ "pin", "pin", 1, role_pin, "PID" },
	{ "crowd", "crowd", 3, role_crowd, "PROCESSES FILES THREADS" },
	{ "run-pinned", "pin", -1, role_run_pinned, "COMMAND ARGUMENT…" },
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
		{ "map", no_argument, &options.map, 1 },
		{ "children", no_argument, &options.children, 1 },
		{ "mute", no_argument, &options.mute, 1 },
		{ "deaf", no_argument, &options.deaf, 1 },
		{ "garbage", no_argument, &options.garbage, 1 },
		{ "ignore-disconnect", no_argument, &options.ignore_disconnect, 1 },
		{ "stay", no_argument, &options.stay, 1 },
		{ "zombie", no_argument, &options.zombie, 1 },
		{ "together", no_argument, &options.together, 1 },
		{ "trim", no_argument, &options.trim, 1 },
		{ "file", required_argument, NULL, 'b' },
		{ "loop", required_argument, NULL, 'l' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "timeout", required_argument, NULL, 'o' },
		{ "dead-timeout", required_argument, NULL, 'd' },
		{ "netns", required_argument, NULL, 's' },
		{ "shift", required_argument, NULL, 'h' },
		{ "threads", required_argument, NULL, 'r' },
		{ 0 },
	};
	int c;

	/* +: the options of run-pinned's command are not ours. */
	while ((c = getopt_long(argc, argv, "+", known, NULL)) != -1) {
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
		case 'b':
			options.file = optarg;
			break;
		case 'l':
			options.loop = optarg;
			break;
		case 'c':
			options.cpu = atoi(optarg);
			break;
		case 'o':
			options.timeout = strtol(optarg, NULL, 10);
			break;
		case 'd':
			options.dead_timeout = strtol(optarg, NULL, 10);
			break;
		case 's':
			options.netns = strtol(optarg, NULL, 10);
			break;
		case 'h':
			options.shift = strtol(optarg, NULL, 10);
			break;
		case 'r':
			options.threads = atoi(optarg);
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

static int enough(int wanted, int given)
{
	return wanted < 0 ? given >= -wanted : given == wanted;
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
		if (!enough(roles[i].arguments, argc - optind))
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
