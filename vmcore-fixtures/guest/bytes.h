/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BYTES_H
#define BYTES_H

#include <json-c/json.h>
#include <stddef.h>

/*
 * Kernel names are bytes, JSON strings are Unicode: byte 0xNN becomes U+00NN, so
 * that every name, valid UTF-8 or not, comes back exactly.
 */
struct json_object *json_from_bytes(const char *bytes, size_t length);

#endif
