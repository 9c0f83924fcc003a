#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh [KERNEL [PLAY]]: prints the directory of a vmcore fixture, building it
# first if need be. KERNEL: 5.10, 6.1 (default) or 6.12. PLAY: scenes (default),
# netlink-hang for one of them alone; stuck and stuck-netlink for more ways to
# be stuck; bare for a kernel without the nbd
# module; crowd, crowd-tenth and
# crowd-unthreaded for the field case among many open files. See README.md.

set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

readonly INTERRUPTED=130

RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}

. "$RECIPE/lib/common.sh"
. "$RECIPE/lib/apt.sh"
. "$RECIPE/lib/kernel.sh"
. "$RECIPE/lib/guest.sh"
. "$RECIPE/lib/boot.sh"

# Names the contents of everything that influences a fixture.
recipe_hash() {
	(cd "$RECIPE" && find build.sh lib guest -type f -print0 | sort -z |
		xargs -0 sha256sum | sha256sum | cut -c1-12)
}

require_host() {
	require_commands <<-END
		apt-get apt
		dpkg-deb dpkg
		flock util-linux
		cpio cpio
		make make
		${CC:-cc} gcc
		mkfs.ext4 e2fsprogs
		qemu-system-x86_64 qemu-system-x86
	END
	"${CC:-cc}" -E -include json-c/json.h -x c /dev/null >/dev/null 2>&1 ||
		fail "headers for the guest's programs are missing" \
			"apt-get install libc6-dev libjson-c-dev"
	[[ -r $KEYRING ]] ||
		fail "Debian's archive keys are missing" "apt-get install debian-archive-keyring"
}

clean_up() {
	local status=$?

	[[ -z ${QEMU_PID:-} ]] || kill "$QEMU_PID" 2>/dev/null || :
	[[ $status == 0 || $status == "$INTERRUPTED" || -e $WORK/explained ]] ||
		printf '\nvmcore-fixtures: a step has failed unexpectedly\n  next: %s\n' \
			"the messages above say which; bash -x $0 shows each command" >&2
	rm -rf "$WORK"
}

# provide NAME DIR COMMAND ARGUMENT…: has COMMAND fill DIR, unless that is there
# already. It fills a temporary directory, which gets its name when complete.
provide() {
	local name=$1 dir=$2 partial=$WORK/$1 lock
	shift 2

	[[ ! -d $dir ]] || return 0
	mkdir -p "$CACHE/locks"
	exec {lock}>"$CACHE/locks/$name"
	flock -n "$lock" || {
		say "another build makes $name: waiting for it"
		flock "$lock"
	}
	if [[ ! -d $dir ]]; then
		mkdir -p "$partial" "$(dirname "$dir")"
		"$@" "$partial"
		mv -T "$partial" "$dir"
	fi
	exec {lock}>&-
}

# The fixture's directory; only known once the kernel's release is.
fixture_dir() {
	[[ -r $KERNEL_DIR/release ]] &&
		echo "$CACHE/fixtures/$(<"$KERNEL_DIR/release")-$PLAY-$(recipe_hash)"
}

build_fixture() {
	local result=$1 boot=$WORK/boot

	mkdir "$boot"
	say "$(<"$KERNEL_DIR/release"): making the guest"
	guest_image "$boot"
	say "$(<"$KERNEL_DIR/release"): booting the guest"
	guest_run "$boot"
	guest_take "$boot" truth.json "$result"
	guest_take "$boot" vmcore "$result"
	tr -d '\r' <"$boot/console.log" >"$result/console.log"
	ln "$KERNEL_DIR"/{vmlinux,nbd.ko.debug} "$result/"
}

KERNEL=${1:-6.1}
PLAY=${2:-scenes}
KERNEL_DIR=$CACHE/kernels/$KERNEL
USERLAND=$CACHE/guest-$(guest_hash)
suite_of "$KERNEL" >/dev/null || fail "unknown kernel: $KERNEL" "choose 5.10, 6.1 or 6.12"
case $PLAY in
scenes | netlink-hang | stuck | stuck-netlink | bare | crowd | crowd-tenth | crowd-unthreaded) ;;
*) fail "unknown play: $PLAY" "choose scenes, netlink-hang, stuck, stuck-netlink, bare, crowd, crowd-tenth or crowd-unthreaded" ;;
esac

if fixture=$(fixture_dir) && [[ -d $fixture ]]; then
	echo "$fixture"
	exit
fi

require_host
mkdir -p "$CACHE"
WORK=$(mktemp -d "$CACHE/building.XXXXXX")
trap clean_up EXIT
trap 'exit "$INTERRUPTED"' INT TERM
# An edit during the build must not end up under the name of what was before.
mkdir "$WORK/recipe"
cp -r "$RECIPE"/{build.sh,lib,guest} "$WORK/recipe/"
RECIPE=$WORK/recipe

provide guest "$USERLAND" userland_fetch
provide "kernel-$KERNEL" "$KERNEL_DIR" kernel_fetch "$KERNEL"
fixture=$(fixture_dir)
provide "fixture-$KERNEL-$PLAY" "$fixture" build_fixture
say "$fixture is ready"
echo "$fixture"
