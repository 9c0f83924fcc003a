#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# files.sh: lists this system's files, without what packages' tools and their caches note for themselves.
find / -xdev \( -path /proc -o -path /dev -o -path /result -o -path /packages -o -path /test -o -path /fixture \
	-o -path /tmp -o -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /var/lib/dpkg \
	-o -path /var/lib/rpm -o -path /root/.rpmdb \) -prune -o -print | LC_ALL=C sort
