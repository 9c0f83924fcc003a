#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build_rpm.sh: in a minimal Debian, makes the RPM packages, source and binary, of the archive in /result.
# The spec's requirements are here by Debian's names (root.sh), and so --nodeps.
set -euo pipefail

archive=$(echo /result/crash-nbd-*.tar.gz)
topdir=$(mktemp -d)
rpmbuild -ta --nodeps --load "$(dirname "$0")/fedora.macros" --define "_topdir $topdir" "$archive"
rm "$archive"
find "$topdir"/RPMS "$topdir"/SRPMS -name '*.rpm' -exec cp {} /result/ \;
