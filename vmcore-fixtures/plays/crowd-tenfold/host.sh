# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # used by those that source this
#
# What this play needs of the host, in place of what lib/ has for a crowd.

play_needs() {
	BOOT_LIMIT=3600 GUEST_MEMORY=8192
}
