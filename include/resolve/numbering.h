// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds out from nbd's machine code with which numbering of runtime_flags it was compiled. */
#ifndef NBD_RESOLVE_NUMBERING_H
#define NBD_RESOLVE_NUMBERING_H

#include <stddef.h>
#include <stdint.h>

#include "base/flags.h"

/*
 * code holds len bytes: the x86_64 instructions of nbd_release(), which tests DISCONNECT_ON_CLOSE. That is bit 7 in
 * numbering A and bit 6 in B. offset is that of runtime_flags in nbd_config, in bytes. Returns FLAGS_A_OR_B when no
 * such test is recognised, or tests of both bits.
 */
enum flag_numbering numbering_in_code(const uint8_t *code, size_t len, size_t offset);

#endif
