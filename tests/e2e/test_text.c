// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of each command has what a person needs. Facts come from the truth. */
#include <stdio.h>
#include <string.h>

#include "e2e.h"

#define PATH "/export/jcloud-zbs/sock/gMgr-_vol-pw2h3n703v_i-kjmcfy5lto-_nbd101"

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/* No line runs past the widest terminal that is promised. */
static void fits(const char *text)
{
	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		ck_assert_msg(strcspn(line, "\n") <= 120, "too wide: %.*s",
			      (int)strcspn(line, "\n"), line);
}

/* format with the pid of an actor. */
static const char *with_pid(const char *format, const char *scene_name, const char *pid)
{
	static char text[256];

	snprintf(text, sizeof(text), format, (int)int_at(scene(scene_name), "%s", pid));
	return text;
}

/* The scenes whose device has a config. */
static size_t configured_scenes(void)
{
	return scene_count() - (scene("unconfigured") != NULL);
}

START_TEST(summary)
{
	const char *text = output("nbd");
	char configured[64];

	if (scene("field-case")) {
		ck_has(text,
		       "NAME    STATE   CONN  LIVE  DEAD  RECV  REQ  OPEN  WAIT  RUNTIME_FLAGS");
		ck_has(text, "1311  1310     1     0    0     1     0  DISC");
		ck_has(text, "DISCONNECTED HAS_PID_FILE");
		ck_has(text, "\n    opener-pins: the server, pid ");
		ck_has(text, "1310 connections attached since, which nobody reads\n");
	}
	ck_has(text, "\n    warning unaccounted-opener: the kernel counts 1 opener, 0 found\n");
	/* The cause stands for them. */
	ck_has_not(text, "leaked-connections");
	ck_has_not(text, "info ");
	snprintf(configured, sizeof(configured), "%zu of 128 nbd devices configured",
		 configured_scenes());
	ck_has(text, configured);
	ck_has(text, "file tables, 0 unreadable");
	ck_has_not(text, "not configured)");
	ck_has_not(text, "nbd120");
	fits(text);
}
END_TEST

START_TEST(summary_of_all)
{
	const char *text = output("nbd-a");

	ck_assert_uint_eq(count(text, "(not configured)"), 128 - configured_scenes());
	ck_has(text, "nbd127");
}
END_TEST

START_TEST(field_case)
{
	const char *text = output("nbd-d-nbd101");

	ck_has(text, "connections    1311: 1310 live, 1 dead, 0 receivers");
	ck_has(text, "runtime_flags  12 = DISCONNECTED HAS_PID_FILE");
	ck_has(text, "EXITED: no living task");
	if (keeps_pid())
		ck_has(text,
		       with_pid("started by     pid %d, EXITED", "field-case", "/client_pid"));
	ck_has(text, with_pid("CLOSED by the other end; listener (%d) exited", "field-case",
			      "/first_server_pid"));
	ck_has(text, with_pid("open: gMgr (%d) fd 4-1023", "field-case", "/second_server_pid"));
	ck_has(text,
	       with_pid("NOT ACCEPTED; listener gMgr (%d)", "field-case", "/second_server_pid"));
	ck_has(text, "config_refs 1 = 1 opener + 0 receivers; ");
	ck_has(text, "error    pinned-by-openers   disconnected, but kept open by qemu-kvm (");
	ck_has(text, "fixed by kernel commit 04d8fb23e520");
	ck_has(text, "NBD_SET_SOCK EBUSY    task_setup belongs to a task that has exited");
	ck_has(text, "NBD_DO_IT    EBUSY    ");
	ck_has(text, "netlink      EBUSY    config_refs is 1: \"nbd101 already in use\"");
	ck_has(text, "freed when            qemu-kvm (");
	ck_has(text, "1 = 1 nbd  none");
	ck_has(text, " to " PATH);
	ck_assert_uint_lt(count(text, "\n"), 80);
	fits(text);
}
END_TEST

START_TEST(folding_can_be_undone)
{
	ck_assert_uint_gt(count(output("nbd-s-v-nbd101"), "refs 1 = 1 nbd; owner none"), 1310);
	ck_assert_uint_lt(count(output("nbd-s-nbd101"), "refs 1 = 1 nbd; owner none"), 10);
	ck_has(output("nbd-s-nbd101"), "refs 1 = 1 nbd; owner none");
}
END_TEST

START_TEST(connections)
{
	const char *text = output("nbd-s");

	ck_has(text, "NBD_SOCK");
	ck_has(text, with_pid("refs 2 = 1 nbd + 1 fd; owner nbd-client (%d) fd ", "healthy-ioctl",
			      "/client_pid"));
	ck_has(text, with_pid("refs 2 = 1 nbd + 1 scm_rights to actor (%d) fd ", "scm-rights",
			      "/client_pid"));
	ck_has(text, with_pid("refs 2 = 1 nbd + 1 io_uring of actor (%d) fd ", "io-uring",
			      "/client_pid"));
	ck_has(text, "BOTH");
	ck_has(text, "DEAD");
	ck_has_not(text, "path ");
	fits(text);
}
END_TEST

START_TEST(peers)
{
	const char *text = output("nbd-s-peers");

	ck_has(text, "path /run/nbd0.sock");
	ck_has(text, "path @nbd\\x00four\\x1b[31m");
	ck_has(text, "path 127.0.0.1:10804");
	ck_has(text, "path [::1]:10805");
	ck_has(text, with_pid("(%d) state T fd ", "server-stopped", "/server_pid"));
	ck_has(text, "CLOSED by the other end");
	ck_has(text, "NOT ACCEPTED");
	ck_has_not(text, "\x1b");
	fits(text);
}
END_TEST

/* What the engineer types: why is it stuck, on what, who waits. */
START_TEST(server_stopped)
{
	const char *text = output("nbd-r-o-nbd8");

	ck_has(text, "nbd8  requests 1 in flight");
	ck_has(text, "TAG  QUEUE  REQUEST           OP    SECTOR  LENGTH");
	ck_has(text, with_pid(", thread %d)\n", "server-stopped", "/reader_tid"));
	ck_has(text, "nbd8  openers 1 by the kernel's count, 1 found; config_refs 3 = 1 opener + 1 "
		     "receiver + 1 netlink");
	ck_has(text, with_pid(", thread %d) state D  ", "server-stopped", "/reader_tid"));
	ck_has(text, "waiting in the kernel:");
	fits(text);
}
END_TEST

START_TEST(findings_for_scripts)
{
	const char *text = output("nbd-c");
	size_t findings = 0;

	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		char device[32], severity[16], id[64];

		/* What could not be read in the whole report is of no device. */
		if (!keeps_variables() && strncmp(line, "nbd", 3))
			continue;
		ck_assert_int_eq(sscanf(line, "%31s %15s %63s", device, severity, id), 3);
		ck_assert_str_ne(severity, "info");
		ck_assert_int_eq(strncmp(device, "nbd", 3), 0);
		findings++;
	}
	ck_assert_uint_gt(findings, 20);
	ck_has(text, "nbd0 state idle none 1 connection is live and read; requests: 0 in flight\n");
	if (scene("field-case")) {
		ck_has(text, "nbd101 state pinned opener-pins the server, pid ");
		ck_has(text,
		       "nbd101 error leaked-connections 1310 connections without a receiver: ");
	}
	ck_has_not(text, "nbd0 error");
	ck_has_not(text, "nbd0 warning");
}
END_TEST

START_TEST(graph)
{
	const char *text = output("nbd-dot-nbd101");

	ck_assert_int_eq(strncmp(text, "digraph nbd {\n", 14), 0);
	ck_has(text, "label=\"1 connection\\nindex 0, DEAD");
	ck_has(text, "error leaked-connections: ");
	ck_assert_uint_lt(strlen(text), 8000);
	ck_assert_str_eq(text + strlen(text) - 2, "}\n");
}
END_TEST

START_TEST(several_devices)
{
	const char *text = output("nbd-d-several");

	/* By name, index, path and address, repeated and comma-separated. */
	ck_assert_uint_eq(count(text, "  nbd_device "), 5);
	ck_has(text, "nbd0  nbd_device");
	ck_has(text, "nbd2  nbd_device");
	ck_has(text, "nbd4  nbd_device");
	ck_has(text, "nbd5  nbd_device");
	ck_has(text, "nbd120  nbd_device");
	ck_has(text, "not configured: no connections");
}
END_TEST

/* Asked for in three ways, printed once; and without a config nothing is claimed. */
START_TEST(odd_questions)
{
	ck_assert_uint_eq(count(output("nbd-d-twice"), "  nbd_device "), 1);
	ck_has(output("nbd-s-unconfigured"), "nbd50  not configured: no connections");
	ck_has_not(output("nbd-s-unconfigured"), "?");
	/* A hidden command's help page once ended the session. */
	ck_has(output("help-nbd_cleanup"), "frees the memory");
}
END_TEST

START_TEST(help)
{
	static const struct {
		const char *command, *parts[12];
	} pages[] = {
		{"help-nbd",
		 {"--device", "--sockets", "--peers", "--requests", "--openers", "--findings",
		  "--verbose", "--all", "--json", "--dot", "EXAMPLES"}},
		{"help-unix_peer", {"ADDR", "--json", "EXAMPLE", "status", "listened", "queues"}},
		{"help-file_owner",
		 {"ADDR", "--json", "EXAMPLE", "unexplained", "held by", "owner"}},
	};
	const char *text = output(pages[_i].command);

	for (size_t i = 0; i < 12 && pages[_i].parts[i]; i++)
		ck_has(text, pages[_i].parts[i]);
	ck_has_not(text, "%s");
	fits(text);
}
END_TEST

TCase *text_case(void)
{
	TCase *c = tcase_create("text");

	tcase_add_test(c, summary);
	tcase_add_test(c, summary_of_all);
	if (scene("field-case")) {
		tcase_add_test(c, field_case);
		tcase_add_test(c, folding_can_be_undone);
		tcase_add_test(c, graph);
	}
	tcase_add_test(c, connections);
	tcase_add_test(c, peers);
	tcase_add_test(c, server_stopped);
	tcase_add_test(c, findings_for_scripts);
	tcase_add_test(c, several_devices);
	tcase_add_test(c, odd_questions);
	tcase_add_loop_test(c, help, 0, 3);
	return c;
}
