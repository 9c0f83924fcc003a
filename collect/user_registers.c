// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/user_registers.h"

#include <string.h>

#include "resolve/kernel_types.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Segments of a 64-bit program, arch/x86/include/asm/segment.h: __USER_CS and __USER_DS. */
#define USER_CS 0x33
#define USER_DS 0x2b
/* What may lie above pt_regs: TOP_OF_KERNEL_STACK_PADDING, 16 bytes with CONFIG_X86_FRED (v6.9). */
#define FRED_PADDING 16

/* Of arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h, which arm64 has. Those that may sleep on a
 * socket or a block device. */
static const struct {
	const char *name;
	int x86_64, arm64;
} calls[] = {
	{"read", 0, 63},	 {"write", 1, 64},	  {"pread64", 17, 67},
	{"pwrite64", 18, 68},	 {"readv", 19, 65},	  {"writev", 20, 66},
	{"preadv", 295, 69},	 {"pwritev", 296, 70},	  {"preadv2", 327, 286},
	{"pwritev2", 328, 287},	 {"ioctl", 16, 29},	  {"recvfrom", 45, 207},
	{"sendto", 44, 206},	 {"recvmsg", 47, 212},	  {"sendmsg", 46, 211},
	{"recvmmsg", 299, 243},	 {"sendmmsg", 307, 269},  {"accept", 43, 202},
	{"accept4", 288, 242},	 {"connect", 42, 203},	  {"fsync", 74, 82},
	{"fdatasync", 75, 83},	 {"fallocate", 285, 47},  {"sendfile", 40, 71},
	{"splice", 275, 76},	 {"syncfs", 306, 267},	  {"sync_file_range", 277, 84},
	{"readahead", 187, 213}, {"fadvise64", 221, 223}, {"flock", 73, 32},
};

/* Where the registers are: at the top of the stack, unless something lies above them. */
static bool load(uint64_t stack, size_t padding, struct kobj *regs)
{
	size_t size = k_sizeof(K_PT_REGS);

	return stack && size && k_stack_size() > size + padding &&
	       k_load(regs, K_PT_REGS, stack + k_stack_size() - padding - size);
}

static bool is_64_bit(const struct kobj *regs)
{
	return (k_num(regs, KM_REGS_CS).v & 0xffff) == USER_CS &&
	       (k_num(regs, KM_REGS_SS).v & 0xffff) == USER_DS;
}

static bool call_named(num number, bool arm64, num fd, struct fd_call *call)
{
	for (size_t i = 0; i < COUNT(calls) && number.known && fd.known; i++) {
		if ((int64_t)number.v != (arm64 ? calls[i].arm64 : calls[i].x86_64))
			continue;
		call->name = calls[i].name;
		call->fd = (uint32_t)fd.v;
		return true;
	}
	return false;
}

static bool call_of_arm64(uint64_t stack, struct fd_call *call)
{
	struct kobj regs;
	uint64_t x;

	if (!load(stack, 0, &regs))
		return false;
	x = k_at(regs.addr, KM_REGS_REGS);
	call->second = x ? k_pointer(x + sizeof(uint64_t), "pt_regs.regs") : NUM_UNKNOWN;
	call->third = x ? k_pointer(x + 2 * sizeof(uint64_t), "pt_regs.regs") : NUM_UNKNOWN;
	return call_named(k_signed(&regs, KM_REGS_SYSCALLNO), true, k_num(&regs, KM_REGS_ORIG_X0),
			  call);
}

static bool call_of_x86_64(uint64_t stack, struct fd_call *call)
{
	struct kobj regs;

	if (!(load(stack, 0, &regs) && is_64_bit(&regs)) &&
	    !(load(stack, FRED_PADDING, &regs) && is_64_bit(&regs)))
		return false;
	call->second = k_num(&regs, KM_REGS_SI);
	call->third = k_num(&regs, KM_REGS_DX);
	return call_named(k_num(&regs, KM_REGS_ORIG_AX), false, k_num(&regs, KM_REGS_DI), call);
}

bool user_registers_call(uint64_t stack, struct fd_call *call)
{
	const char *machine = k_system().machine;

	if (!strcmp(machine, "aarch64"))
		return call_of_arm64(stack, call);
	return !strcmp(machine, "x86_64") && call_of_x86_64(stack, call);
}
