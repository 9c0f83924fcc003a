// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/names.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/socket_kinds.h"
#include "base/socket_states.h"

/* Length of the valid UTF-8 sequence at s, 0 when there is none; its code point in *code. */
static size_t utf8_sequence(const uint8_t *s, size_t len, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *s < 0x80	     ? 1
		   : *s >> 5 == 0x6  ? 2
		   : *s >> 4 == 0xe  ? 3
		   : *s >> 3 == 0x1e ? 4
				     : 0;

	if (!n || n > len)
		return 0;
	*code = n == 1 ? *s : *s & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 0x2)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < smallest[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

/* Control characters, line separators, and marks that change the direction of what follows. */
static bool is_unprintable(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c ||
	       (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

const char *name_escape(const void *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *s = bytes;
	char *text = arena_alloc(4 * len + 1), *out = text;

	for (size_t i = 0; i < len;) {
		uint32_t code = 0;
		size_t n = utf8_sequence(s + i, len - i, &code);

		if (n && !is_unprintable(code)) {
			if (code == '\\')
				*out++ = '\\';
			memcpy(out, s + i, n);
			out += n;
			i += n;
			continue;
		}
		for (n = n ? n : 1; n; n--, i++) {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = hex[s[i] >> 4];
			*out++ = hex[s[i] & 0xf];
		}
	}
	*out = '\0';
	return text;
}

const char *name_escape_string(const char *s, size_t max)
{
	return name_escape(s, strnlen(s, max));
}

const char *name_unix(const void *sun_path, size_t path_len)
{
	const char *path = sun_path;

	if (!path_len)
		return NULL;
	if (*path)
		return name_escape_string(path, path_len);
	return arena_printf("@%s", name_escape(path + 1, path_len - 1));
}

const char *name_inet(const void *address, size_t address_len, uint16_t port)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(address_len == 4 ? AF_INET : AF_INET6, address, text, sizeof(text));
	return arena_printf(address_len == 4 ? "%s:%u" : "[%s]:%u", text, port);
}

const char *name_family(num family)
{
	const struct socket_kind *kind = socket_kind_of(family);

	if (!family.known)
		return NULL;
	return kind ? kind->name : arena_printf("%u", (unsigned)family.v);
}

const char *name_sock_state(num state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_SYN_SENT] = "SYN_SENT",
		[TCP_SYN_RECV] = "SYN_RECV",
		[TCP_FIN_WAIT1] = "FIN_WAIT1",
		[TCP_FIN_WAIT2] = "FIN_WAIT2",
		[TCP_TIME_WAIT] = "TIME_WAIT",
		[TCP_CLOSE] = "CLOSE",
		[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_LAST_ACK] = "LAST_ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
		[TCP_NEW_SYN_RECV] = "NEW_SYN_RECV",
	};

	if (!state.known)
		return NULL;
	if (state.v && state.v < sizeof(names) / sizeof(names[0]))
		return names[state.v];
	return arena_printf("%u", (unsigned)state.v);
}

const char *name_sock_type(num type)
{
	if (!type.known)
		return NULL;
	switch (type.v) {
	case SOCK_STREAM:
		return "STREAM";
	case SOCK_DGRAM:
		return "DGRAM";
	case SOCK_SEQPACKET:
		return "SEQPACKET";
	default:
		return arena_printf("%u", (unsigned)type.v);
	}
}
