# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# A mirror waits for both of its legs.

scene nbd37 "md raid1 with one leg on nbd, whose server is stopped: a write to the mirror waits"
/sbin/modprobe -C /dev/null raid1 || absent "no md raid1"
/sbin/modprobe -C /dev/null loop
actor server unix:/run/md-raid1.sock
actor client-netlink "$DEVICE" "$DEVICE_BYTES" 1 unix:/run/md-raid1.sock
wait_for attached
truncate -s "$DEVICE_BYTES" /run/md-raid1.img
losetup /dev/loop6 /run/md-raid1.img
# No mdadm: an array without a superblock, by hand.
echo md37 >/sys/module/md_mod/parameters/new_array
md=/sys/block/md37/md
echo none >$md/metadata_version
echo raid1 >$md/level
echo 2 >$md/raid_disks
echo $((DEVICE_BYTES / 1024)) >$md/component_size
cat "/sys/block/$DEVICE/dev" >$md/new_dev
cat /sys/block/loop6/dev >$md/new_dev
echo 0 >"$md/dev-$DEVICE/slot"
echo 1 >$md/dev-loop6/slot
echo none >$md/resync_start
echo active >$md/array_state
fact_text holder md37
actor io md37 write:1609728:16384
late
stop_server
go io
expect 1 1
diagnosis stuck server-stopped "$(recall server_pid)"
in_d "$(threads io)"
findings no-owner no-timeout peer-stopped stuck-requests
