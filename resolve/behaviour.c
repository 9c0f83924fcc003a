// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Distributions carry these changes to kernels of any version, and no structure shows them. So this looks
 * into the code of the image: which functions a function calls (x86_64, arm64), and which messages the module
 * contains.
 */
#include "resolve/behaviour.h"

#include <string.h>

#include "base/arena.h"
#include "resolve/kernel_module.h"
#include "resolve/kernel_types.h"
#include "base/flags.h"
#include "resolve/machine_code.h"
#include "resolve/numbering.h"
#include "resolve/symbols.h"

/* nbd's longest function takes some 2 KB. */
#define MAX_FUNCTION 4096

/* MAX_FUNCTION bytes of code from the beginning of a function on; they may reach into the functions behind it. NULL
 * when the function is no symbol of the image, when its code cannot be read, and on machines whose code is not known. */
static const uint8_t *code_from(num function)
{
	uint8_t *code;

	if (!function.known || code_machine(k_system().machine) == CODE_UNKNOWN)
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

/* True when what a function calls is the callee, or a veneer that leads there. */
static bool leads_to(uint64_t called, uint64_t callee, enum code_machine machine)
{
	uint8_t veneer[CODE_VENEER_LENGTH];
	uint64_t target;

	if (called == callee)
		return true;
	return machine == CODE_ARM64 && k_read(called, veneer, sizeof(veneer), "text") &&
	       code_is_veneer(veneer, called, &target) && target == callee;
}

/* 1 when the code of function has a direct call of callee, else 0. Unknown when either is no symbol of
 * the image, and when the code cannot be read. */
static num calls(const char *function, const char *callee)
{
	enum code_machine machine = code_machine(k_system().machine);
	num from = k_symbol(function), to = k_symbol(callee);
	const uint8_t *code = to.known ? code_from(from) : NULL;
	uint64_t called;

	if (!code)
		return NUM_UNKNOWN;
	for (size_t i = 0; i < MAX_FUNCTION; i++) {
		if (code_calls(machine, code + i, MAX_FUNCTION - i, from.v + i, &called) &&
		    leads_to(called, to.v, machine) && is_inside(from, i))
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
	bool x86 = code_machine(k_system().machine) == CODE_X86_64;
	const uint8_t *code = x86 ? code_from(release) : NULL;
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
