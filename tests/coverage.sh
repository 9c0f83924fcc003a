#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# coverage.sh TABLE OBJECTS SOURCE...: fails when gcovr's TABLE leaves out a source that has code. OBJECTS is the folder
# with an object of each.
set -euo pipefail

table=$1 objects=$2
shift 2
n=0
for source; do
	nm --defined-only "$objects/${source%.c}.o" | grep -q ' [tT] ' || continue
	n=$((n + 1))
	if ! grep -q "^$source " "$table"; then
		echo "coverage.sh: $source has code, and $table does not tell of it" >&2
		exit 1
	fi
done
echo "coverage.sh: all $n sources with code are in the table"
