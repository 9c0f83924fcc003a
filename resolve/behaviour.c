// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Distributions carry these changes to kernels of any version, and no structure shows them. So this looks
 * into the code of the image: which functions a function calls (x86_64), and which messages the module
 * contains.
 */
#include "resolve/behaviour.h"

#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "base/flags.h"
#include "resolve/numbering.h"
#include "resolve/symbols.h"

/* nbd's longest function takes some 2 KB. */
#define MAX_FUNCTION 4096
#define CALL_LENGTH  5 /* E8 rel32 */

/* MAX_FUNCTION bytes of code from the beginning of a function on; they may reach into the functions behind it. NULL
 * when the function is no symbol of the image, when its code cannot be read, and on other machines. */
static const uint8_t *code_from(num function)
{
	uint8_t *code;

	if (!function.known || strcmp(k_system().machine, "x86_64"))
		return NULL;
	code = arena_alloc(MAX_FUNCTION);
	return k_read(function.v, code, MAX_FUNCTION, "text") ? code : NULL;
}

/* True when the i-th byte from its beginning belongs to the function itself. */
static bool is_inside(num function, size_t i)
{
	uint64_t start;

	return k_function(function.v + i, &start) && start == function.v;
}

/* 1 when the code of function has a direct call of callee, else 0. Unknown when either is no symbol of
 * the image, and when the code cannot be read. */
static num calls(const char *function, const char *callee)
{
	num from = k_symbol(function), to = k_symbol(callee);
	const uint8_t *code = to.known ? code_from(from) : NULL;

	if (!code)
		return NUM_UNKNOWN;
	for (size_t i = 0; i + CALL_LENGTH <= MAX_FUNCTION; i++) {
		int32_t distance;

		memcpy(&distance, code + i + 1, sizeof(distance));
		if (code[i] == 0xe8 && from.v + i + CALL_LENGTH + (int64_t)distance == to.v &&
		    is_inside(from, i))
			return NUM(1);
	}
	return NUM(0);
}

/* 1 when one of the functions calls one of the callees, else 0. Compilers inline some of them, so that not all are
 * in the image. Unknown when no pair of them could be checked. */
static num any_calls(const char *const *functions, const char *const *callees)
{
	num found = NUM_UNKNOWN;

	for (; *functions; functions++) {
		for (const char *const *callee = callees; *callee; callee++) {
			num call = calls(*functions, *callee);

			if (call.v)
				return call;
			if (call.known)
				found = call;
		}
	}
	return found;
}

/* nbd_add_socket() is called from two places and so hardly ever inlined. Its callers do not tell: since
 * v6.12 they freeze the queue elsewhere, too. */
static num set_sock_freezes(void)
{
	static const char *const functions[] = {"nbd_add_socket", "nbd_add_socket.isra.0",
						"nbd_add_socket.constprop.0",
						"nbd_add_socket.part.0", NULL};
	static const char *const callees[] = {"blk_mq_freeze_queue",
					      "blk_mq_freeze_queue_nomemsave", NULL};

	return any_calls(functions, callees);
}

/* Linux kernel commit 09dadb598502 ("nbd: fix io hung while disconnecting device") (in v5.19)
 * made NBD_CLEAR_SOCK call nbd_clear_sock(), which calls nbd_clear_que() and forgets task_setup;
 * it also brought the only other call of nbd_clear_que() below nbd_ioctl(). */
static num clear_sock_resets_setup(void)
{
	static const char *const functions[] = {"nbd_ioctl", "__nbd_ioctl", "nbd_clear_sock_ioctl",
						"nbd_clear_sock_ioctl.isra.0", NULL};
	static const char *const callees[] = {"nbd_clear_sock", "nbd_clear_que", NULL};

	return any_calls(functions, callees);
}

/* Linux kernel commit 04d8fb23e520 ("nbd: disallow NBD_SET_SOCK on an active device") (in v7.3)
 * brought the message. */
static num set_sock_refuses_running(void)
{
	return kernel_module_holds("nbd", "Cannot add socket to a running device");
}

static enum flag_numbering numbering_by_code(void)
{
	num release = k_symbol("nbd_release");
	const uint8_t *code = code_from(release);
	long offset = k_offset(KM_CONFIG_RUNTIME_FLAGS);
	size_t len = 0;

	if (offset < 0)
		return FLAGS_A_OR_B;
	while (code && len < MAX_FUNCTION && is_inside(release, len))
		len++;
	return numbering_in_code(code, len, (size_t)offset);
}

enum flag_numbering behaviour_numbering(void)
{
	struct k_system system = k_system();
	enum flag_numbering numbering = flags_numbering_by_members(
		k_has(KM_NBD_BACKEND), k_has(KM_NBD_FLAGS), k_has(KM_NBD_PID));

	if (numbering == FLAGS_A_OR_B)
		numbering = numbering_by_code();
	if (numbering == FLAGS_A_OR_B)
		numbering = flags_numbering_by_release(system.release, system.version);
	return numbering;
}

struct traits behaviour_traits(void)
{
	return (struct traits){
		.set_sock_freezes = set_sock_freezes(),
		.set_sock_refuses_running = set_sock_refuses_running(),
		.clear_sock_resets_setup = clear_sock_resets_setup(),
		.keeps_retries = NUM(k_has(KM_CMD_RETRIES)),
	};
}
