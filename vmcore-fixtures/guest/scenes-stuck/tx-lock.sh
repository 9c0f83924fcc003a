# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# Without a scheduler whoever asks sends: the first holds tx_lock asleep in sendmsg(), the others wait for it
# in D. The server lives, has read the first header, and reads no further.

scene nbd35 "one writer sends to a server that does not read, two wait for tx_lock"
actor server --deaf unix:/run/tx-lock.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/tx-lock.sock
wait_for attached
echo none >"/sys/block/$DEVICE/queue/scheduler"
actor io "$DEVICE" write:1048576:520192 write:2097152:520192 write:3145728:520192
late
start io
wait_for states io DDS
waiting=''
for tid in $(threads io); do
	if inside "$tid" unix_stream_sendmsg; then
		fact sender_tid "$tid"
	else
		waiting="$waiting $tid"
	fi
done
expect 1 1
diagnosis stuck window-full "$(recall server_pid)"
# The sender is not in D: it sleeps as anybody does in sendmsg().
in_d "$waiting"
findings no-owner no-timeout stuck-requests
findings_to_come send-blocked
