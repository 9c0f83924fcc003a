# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Progress, errors and what every step needs. stdout belongs to the result.

say() {
	printf '%4ds  %s\n' "$SECONDS" "$*" >&2
}

# fail WHAT NEXT: one message that says what went wrong and what to do now. The
# file tells the parents of a subshell that it has been said.
fail() {
	[[ ! -d ${WORK:-} ]] || : >"$WORK/explained"
	printf '\nvmcore-fixtures: %s\n  next: %s\n' "$1" "$2" >&2
	exit "${3:-1}"
}

# unavailable WHAT: the same where no mirror holds what is asked for, with an exit status of its own.
readonly UNAVAILABLE=75
unavailable() {
	fail "$1" "check the network and the mirrors, then run again" "$UNAVAILABLE"
}

require_commands() {
	local command package missing=()

	while read -r command package; do
		command -v "$command" >/dev/null || missing+=("$package")
	done
	((${#missing[@]} == 0)) ||
		fail "host programs are missing" "apt-get install ${missing[*]}"
}
