#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# in_debian.sh: in a bare Debian 12, what a user does with the .deb of /packages: installs it with apt, opens
# /fixture's vmcore, reads the manual page, removes it. What was seen goes to /result.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

cd /root
apt-get -qy install man-db >/result/apt.log 2>&1
/test/files.sh >/result/before
apt-get -qy install /packages/crash-nbd_*.deb >>/result/apt.log 2>&1
/test/files.sh >/result/installed
/test/session.sh --preload
man --no-hyphenation --no-justification crash-nbd | col -b >/result/man
apt-get -qy purge --autoremove crash-nbd >>/result/apt.log 2>&1
/test/files.sh >/result/purged
