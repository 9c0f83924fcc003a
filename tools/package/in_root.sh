#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# in_root.sh ROOT [SOURCE=TARGET]... -- COMMAND...: runs COMMAND as root in a copy of the system ROOT that
# is gone afterwards, without a network. The directory SOURCE of this machine appears there as TARGET:
# the first one may be written, the others only read.

set -euo pipefail

((EUID == 0)) || exec sudo "$0" "$@"
if [[ ${IN_ROOT_NAMESPACE:-} != yes ]]; then
	IN_ROOT_NAMESPACE=yes exec unshare --mount --pid --net --fork --kill-child "$0" "$@"
fi

lower=$(realpath "$1")
shift
work=$(mktemp -d)
# The mounts go with the namespace; the directory that they are on remains.
trap 'umount --recursive "$work"; rmdir "$work"' EXIT
mount -t tmpfs tmpfs "$work"
mkdir "$work"/{upper,overlay,root}
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/overlay" "$work/root"
root=$work/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
writable=yes
while [[ $1 != -- ]]; do
	mkdir -p "$root${1#*=}"
	mount --bind "${1%%=*}" "$root${1#*=}"
	[[ $writable ]] || mount -o remount,ro,bind "$root${1#*=}"
	writable=
	shift
done
shift
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C.UTF-8 chroot "$root" "$@"
