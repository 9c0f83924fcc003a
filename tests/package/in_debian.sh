#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# in_debian.sh: in a bare Debian 12, what a user does with the .deb of /packages: installs it with apt, opens
# /fixture's vmcore, reads the manual pages, has nbd-postmortem read it, removes all. What was seen goes to /result.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

cd /root
apt-get -qy install man-db >/result/apt.log 2>&1
# What the package linux-image-RELEASE-dbg would bring.
release=$(grep -aom1 'Linux version [^ ]*' /fixture/vmlinux | cut -d' ' -f3)
debug=/usr/lib/debug
mkdir -p "$debug/boot" "$debug/lib/modules/$release/kernel/drivers/block"
ln -s /fixture/vmlinux "$debug/boot/vmlinux-$release"
ln -s /fixture/nbd.ko.debug "$debug/lib/modules/$release/kernel/drivers/block/nbd.ko"
/test/files.sh >/result/before
apt-get -qy install /packages/crash-nbd_*.deb >>/result/apt.log 2>&1
/test/files.sh >/result/installed
/test/session.sh --preload
man --no-hyphenation --no-justification crash-nbd | col -b >/result/man
man nbd-postmortem | col -b >/result/man-postmortem
status=0
timeout 1800 nbd-postmortem --time 1500 --json /fixture/vmcore >/result/postmortem 2>/result/postmortem.log || status=$?
echo "exit status $status" >>/result/postmortem.log
apt-get -qy purge --autoremove crash-nbd >>/result/apt.log 2>&1
/test/files.sh >/result/purged
