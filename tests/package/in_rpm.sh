#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# in_rpm.sh: in a minimal Debian that has rpm and crash, installs the .rpm of /packages, opens /fixture's vmcore,
# removes it. --nodeps: rpm does not know of Debian's crash. What was seen goes to /result.
set -euo pipefail

cd /root
package=$(echo /packages/crash-nbd-*.x86_64.rpm)
rpm --query --package --list "$package" >/result/listed
rpm --query --package --requires "$package" >/result/requires
rpm --initdb
# Fedora's package "filesystem" has it.
mkdir -p /usr/share/licenses
/test/files.sh >/result/before
rpm --install --nodeps "$package"
rpm --verify --nodeps crash-nbd
/test/files.sh >/result/installed
/test/session.sh
rpm --erase crash-nbd
/test/files.sh >/result/purged
