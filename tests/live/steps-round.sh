#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inside the guest, run by crash: steps-round.sh begin|N|end. Does what the reports of round N say, and looks whether
# each step did what it promised. One line of /run/out/rows for each thing that was looked at: "passed" or "FAILED", the
# scene, its device, the round and the step, what, how long it took. A wrong step of one device must not keep the others
# from being tried.

. /fixture/lib.sh

readonly LIMIT=60 # seconds that a step may take
readonly TAB='	'
readonly OUT=/run/out

report() {
	echo "live: $*" >/dev/console
}

seconds() {
	cut -d. -f1 /proc/uptime
}

# row passed|FAILED WHAT
row() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$NAME" "$DEVICE" "$STEP" "$2" "$(($(seconds) - begun)) s" >>"$OUT/rows"
	[ "$1" = passed ] || report "$NAME: $STEP: FAILED: $2"
}

calls=0

# limited COMMAND…: its status, or 124 where it has not ended in time, whatever it waits for.
limited() {
	local status ticks=0

	calls=$((calls + 1))
	status=/run/status.$$.$calls
	{
		"$@"
		echo $? >"$status.new"
		mv "$status.new" "$status"
	} >>"/run/log/steps" 2>&1 3<&- &
	until [ -e "$status" ]; do
		ticks=$((ticks + 1))
		[ "$ticks" -lt $((LIMIT * 5)) ] || return 124
		sleep 0.2
	done
	return "$(cat "$status")"
}

# check WHAT CONDITION ARGUMENT…: becomes true in time.
check() {
	local what=$1 end=$(($(seconds) + LIMIT))

	shift
	until "$@" >>"/run/log/steps" 2>&1; do
		if [ "$(seconds)" -ge "$end" ]; then
			row FAILED "$what"
			return
		fi
		sleep 0.2
	done
	row passed "$what"
}

# What a scene's I/O has come to: actor io says so where the scene's messages go.

io_made() {
	cat "$SCENE"/*_tids 2>/dev/null | grep -o '[0-9]*' | wc -l
}

io_ended() {
	grep -c ' ended with ' "/run/log/$PLAYED"
}

io_failed() {
	grep -c ' ended with -1$' "/run/log/$PLAYED"
}

io_is_over() {
	[ "$(io_ended)" = "$(io_made)" ]
}

io_is_over_well() {
	io_is_over && [ "$(io_failed)" = 0 ]
}

io_has_failed() {
	[ "$(io_failed)" = "$1" ]
}

# none_in_d PID…: of their threads.
none_in_d() {
	local pid

	for pid; do
		! grep -q '^State:[[:space:]]*D' "/proc/$pid"/task/*/status 2>/dev/null || return 1
	done
}

own_tasks_rest() {
	# shellcheck disable=SC2046 # numbers
	none_in_d $(cat "$SCENE"/*_pid 2>/dev/null)
}

# Workers, too, of which no scene knows whose they are.
all_tasks_rest() {
	# shellcheck disable=SC2046 # numbers
	none_in_d $(echo /proc/[0-9]* | sed 's|/proc/||g')
}

read_block() {
	[ "$(dd "if=/dev/$DEVICE" bs=4096 skip=$(($(seconds) % 200)) count=1 iflag=direct | wc -c)" = 4096 ]
}

reads() {
	limited read_block
}

read_fails() {
	limited read_block
	[ $? = 1 ]
}

fresh_address() {
	echo "unix:/run/fresh-$DEVICE.sock"
}

serve_fresh() {
	listens_unix "/run/fresh-$DEVICE.sock" || actor server --as fresh_server "$(fresh_address)"
}

attach_works() {
	serve_fresh && limited actor client-netlink --as fresh "$DEVICE" "$DEVICE_BYTES" 1 "$(fresh_address)" &&
		wait_for attached && reads && limited actor disconnect "$DEVICE" && wait_for detached
}

no_send() {
	local tid

	for tid in $(recall sender_tid); do
		! inside "$tid" '[a-z_]*sendmsg' || return 1
	done
}

server_address() {
	sed 's/["\\]//g; s|^/|unix:/|; s|^[0-9.]*:|tcp4:&|' "$SCENE/server_address"
}

# call KEY COMMAND…: an attempt of which ways_out has a forecast, which an earlier step may have changed.
call() {
	local key=$1 status

	shift
	limited "$@"
	status=$?
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$NAME" "$DEVICE" "$STEP" "$key" "$status" "$DONE" >>"$OUT/calls"
	return $status
}

start_server_again() {
	local address

	address=$(server_address)
	case $address in
	unix:*) ! listens_unix "${address#unix:}" || return 0 ;;
	esac
	actor server --as new_server "$address"
}

is_not_mounted() {
	! grep -q "^/dev/$1 " /proc/mounts
}

# take ACTION: as a person would. 77: nothing that a script can do, 78: not understood.
take() {
	local words=${1%% (*} # what is in parentheses says who it is

	case $1 in
	"kill -CONT "[0-9]* | "kill -KILL "[0-9]*)
		# shellcheck disable=SC2086 # words
		$words
		;;
	"nbd-client -d /dev/nbd"*)
		# busybox has a client of its own, but no -d.
		call netlink_disconnect /sbin/nbd-client -d "${1##* }"
		;;
	"have "*" close fd "*", or kill "[0-9]*)
		kill -KILL "${1##*, or kill }"
		;;
	"umount "* | "dmsetup remove "* | "swapoff "* | "nsenter "*" umount "*)
		limited sh -c "$words"
		;;
	"start the server again and hand nbd a new socket of it (NBD_CMD_RECONFIGURE)"*)
		start_server_again && call reconfigure reconfigure "$DEVICE" "$(server_address)"
		;;
	"look at what the server does (in crash: bt "*) return 77 ;;
	*) return 78 ;;
	esac
}

# promise FREES
promise() {
	case $1 in
	*", which answers what waits" | *" are sent again, and answered")
		check "the I/O ends well" io_is_over_well
		;;
	*"the task in D" | *" tasks in D" | "the requests, by ending them")
		check "the I/O ends" io_is_over
		;;
	"its reference")
		check "who had it open is gone" exited "$taken_pid"
		;;
	"the device: new requests are answered"*)
		check "a read is answered" reads
		;;
	*"the send that blocks, and whoever waits behind it"*)
		check "nobody is in the send" no_send
		;;
	*"; the openers keep"*)
		check "a read fails at once" read_fails
		;;
	"the device" | *": an attach works")
		check "an attach works" attach_works
		;;
	dm-[0-9]*)
		check "it is not mounted any more" is_not_mounted "$1"
		;;
	nothing* | "what it stands on") ;;
	*) row FAILED "this promise is not understood: $1" ;;
	esac
}

# costs COSTS FAILED UNENDED: which I/O has failed by the step, of which that had failed or not ended before it.
costs() {
	case $1 in
	*"not sent yet"*) ;; # how much of the I/O that is, nobody can see from here
	*fail*" with EIO"*) check "all that waited has failed" io_has_failed $(($2 + $3)) ;;
	*)
		sleep 1
		check "no I/O has failed" io_has_failed "$2"
		;;
	esac
}

# do_step ACTION COSTS FREES
do_step() {
	local failed unended status

	failed=$(io_failed)
	unended=$(($(io_made) - $(io_ended)))
	taken_pid=${1##* }
	begun=$(seconds)
	take "$1"
	status=$?
	case $status in
	0) row passed "$1" ;;
	77) row passed "(for a person) $1" ;;
	78) row FAILED "this step is not understood: $1" ;;
	124) row FAILED "it hangs: $1" ;;
	*) row FAILED "status $status: $1" ;;
	esac
	[ $status = 0 ] || return 0
	DONE=yes
	promise "$3"
	costs "$2" "$failed" "$unended"
	[ $(($(seconds) - begun)) -le "$LIMIT" ] || row FAILED "the step took too long"
}

# steps FILE: number, action, costs, frees of each.
steps() {
	awk -v OFS="$TAB" '
		function tell() {
			if (number && match(text, / costs .*; frees /)) {
				action = substr(text, 1, RSTART - 1)
				costs = substr(text, RSTART + 7)
				frees = costs
				sub(/.*; frees /, "", frees)
				print number, action, substr(costs, 1, length(costs) - length(frees) - 8), frees
			}
			number = 0
		}
		/^  (step|else) [0-9]+ / { tell(); number = $2; text = $0; sub(/^  [a-z]+ [0-9]+ +/, "", text); next }
		number && /^           / { sub(/^ +/, ""); text = text " " $0; next }
		{ tell() }
		END { tell() }
	' "$1"
}

# wanted WHICH NUMBER: all, first or rest; in the first round only.
wanted() {
	case $ROUND$1 in
	1first) [ "$2" = 1 ] ;;
	1rest) [ "$2" != 1 ] ;;
	*) : ;;
	esac
}

# What the scene's author wrote.
diagnosed() {
	grep -q "^DIAGNOSIS  $(tr -d '"' <"$SCENE/state"): $(tr -d '"' <"$SCENE/cause")$" "$1"
}

# What netlink has not attached gets no new socket; the attempt changes nothing.
try_in_vain() {
	case $NAME in
	field-case | disconnect-ignored)
		serve_fresh && call reconfigure reconfigure "$DEVICE" "$(fresh_address)"
		;;
	esac
}

try() {
	local file=$OUT/$ROUND/$NAME number action costs frees

	begun=$(seconds)
	STEP=$ROUND
	DONE=no
	if [ "$ROUND" = 1 ]; then
		check "the diagnosis is as the scene's author wrote" diagnosed "$file"
		try_in_vain
	fi
	steps "$file" >"/run/steps"
	while IFS=$TAB read -r number action costs frees <&3; do
		if wanted "$1" "$number"; then
			STEP=$ROUND.$number
			do_step "$action" "$costs" "$frees"
		fi
	done 3<"/run/steps"
	STEP=$ROUND
	begun=$(seconds)
	check "none of its tasks is left in D" own_tasks_rest
}

finish() {
	STEP=end
	begun=$(seconds)
	if [ "$1" = works ]; then
		check "the device is idle" grep -q '^DIAGNOSIS  idle$' "$OUT/3/$NAME"
		check "a read is answered" reads
	else
		check "an attach works" attach_works
	fi
	[ -z "$(steps "$OUT/3/$NAME")" ] || row FAILED "there are steps left"
	check "no task of the guest is in D" all_tasks_rest
}

# for_each COMMAND: with what is done of the steps, and what must be in the end.
for_each() {
	local which end

	while read -r NAME DEVICE which end <&4; do
		SCENE=$FIXTURE_RUN/$NAME
		export SCENE
		# A second device of one play.
		PLAYED=${NAME%-2}
		case $1 in
		try) try "$which" ;;
		finish) finish "$end" ;;
		esac
	done 4</fixture/plays
}

all_are() {
	local name rest

	while read -r name rest; do
		[ -e "$FIXTURE_RUN/$name/.played" ] || { [ "$1" = set ] && [ -e "$FIXTURE_RUN/$name/.late" ]; } || return 1
	done </fixture/plays
}

begin() {
	local pipe

	until all_are set; do
		sleep 0.5
	done
	report "the scenes are set, crash is ready ($(seconds) s)"
	for pipe in "$FIXTURE_RUN"/*/.late; do
		: >"$pipe"
	done
	until all_are played; do
		sleep 0.5
	done
	report "the scenes are played ($(seconds) s)"
	for pipe in "$FIXTURE_RUN"/*/.failed; do
		[ -e "$pipe" ] || continue
		NAME=$(basename "${pipe%/.failed}") DEVICE=- STEP=- begun=$(seconds)
		row FAILED "the scene could not be played"
		tail -n 5 "/run/log/$NAME" | cut -c1-200 | sed "s/^/live: /" >/dev/console
	done
	# What nbd gives up after a time without an answer.
	sleep 31
}

case $1 in
begin) begin ;;
end) for_each finish ;;
*)
	ROUND=$1
	report "round $ROUND ($(seconds) s)"
	for_each try
	;;
esac
