# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# nbd has told the server that it goes, and has only asked: the connection is the server's to close.

scene nbd39 "NBD_DISCONNECT with a read outstanding; the server neither answers nor goes"
actor server --mute --ignore-disconnect unix:/run/disconnect-ignored.sock
actor client-ioctl --name nbd-client "$DEVICE" unix:/run/disconnect-ignored.sock
wait_for attached
actor io "$DEVICE" read:2142208:8192
late
go io
actor ioctl --as disconnecter "$DEVICE" disconnect
wait_for exited "$(recall disconnecter_pid)"
fact_text attached_by ioctl
expect 1 1
fact disconnect_requested true
diagnosis disconnecting disconnect-ignored "$(recall server_pid)"
in_d "$(threads io)"
findings no-timeout setup-by-other-task stuck-requests
