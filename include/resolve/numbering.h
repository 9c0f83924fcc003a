// SPDX-License-Identifier: GPL-2.0-or-later
/* Which numbering of runtime_flags nbd was compiled with, told by its machine code. Pure. */
#ifndef NBD_RESOLVE_NUMBERING_H
#define NBD_RESOLVE_NUMBERING_H

#include <stddef.h>
#include <stdint.h>

#include "base/flags.h"

/*
 * code are the x86_64 instructions of nbd_release(), which tests DISCONNECT_ON_CLOSE: bit 7 in A, bit 6 in
 * B. offset is that of runtime_flags in nbd_config. FLAGS_A_OR_B when no such test is recognised, or
 * tests of both.
 */
enum flag_numbering numbering_in_code(const uint8_t *code, size_t len, size_t offset);

#endif
