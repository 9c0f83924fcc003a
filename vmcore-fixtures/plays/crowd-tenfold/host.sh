# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those that source this
#
# What this play needs of the host, in place of what lib/ has for a crowd.

play_needs() {
	local available

	BOOT_LIMIT=3600 GUEST_MEMORY=8192
	available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo)
	((available > GUEST_MEMORY)) ||
		fail "the guest of $PLAY needs $GUEST_MEMORY MiB of memory, and only $available are available" \
			"end what takes the rest, or do without make bench"
}
