// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names from the kernel image as printable text, and the names of constants. The image may be hostile or broken:
 * control characters, terminal escapes, invalid UTF-8 and direction overrides come out as \xNN. Results are static or
 * live in the arena.
 */
#ifndef NBD_BASE_NAMES_H
#define NBD_BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* A copy of len bytes, with \xNN for what must not reach a terminal and \\ for a backslash. */
const char *name_escape(const void *bytes, size_t len);

/* The same for a string that ends at its first NUL or after max bytes. */
const char *name_escape_string(const char *s, size_t max);

/* The name of an AF_UNIX socket. sun_path holds path_len bytes (unix_address.len less the two bytes
 * of sun_family): a path, or "@" and the abstract name. NULL when unnamed.
 * Mirrors unix_seq_show() of net/unix/af_unix.c, which prints inner NULs as '@' where this escapes. */
const char *name_unix(const void *sun_path, size_t path_len);

/* "192.0.2.1:10809" from 4 bytes, "[2001:db8::1]:10809" from 16 bytes, both in network order. The
 * port is in host order. */
const char *name_inet(const void *address, size_t address_len, uint16_t port);

/* "unix", "inet", "inet6", or the number; NULL when unknown. */
const char *name_family(num family);

/* "ESTABLISHED" and so on (include/net/tcp_states.h, which AF_UNIX uses too); NULL when unknown. */
const char *name_sock_state(num state);

/* "STREAM", "DGRAM", "SEQPACKET", or the number; NULL when unknown. */
const char *name_sock_type(num type);

#endif
