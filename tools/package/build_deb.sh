#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build_deb.sh: in a minimal system, makes Debian's packages, source and binary, of the archive in /result.
set -euo pipefail

cd "$(mktemp -d)"
tar -xf /result/crash-nbd-*.tar.gz
rm /result/crash-nbd-*.tar.gz
(cd crash-nbd-* && dpkg-buildpackage --unsigned-source --unsigned-changes)
find . -maxdepth 1 -type f -exec cp {} /result/ \;
