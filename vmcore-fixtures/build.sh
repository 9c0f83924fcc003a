#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build.sh [KERNEL [PLAY]]: prints the directory of a vmcore fixture, building it
# first if need be. KERNEL: a name of lib/kernels.sh, 6.1 by default. PLAY: scenes (default),
# netlink-hang for one of them alone; stuck and stuck-netlink for more ways to
# be stuck; bare for a kernel without the nbd
# module; crowd, crowd-tenth, crowd-tenfold and
# crowd-unthreaded for the field case among many open files; formats for one memory in several formats. See README.md.

set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

readonly INTERRUPTED=130

RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}

. "$RECIPE/lib/common.sh"
. "$RECIPE/lib/apt.sh"
. "$RECIPE/lib/kernels.sh"

# The files that a fixture of this kernel is made by. Which kernel it is, its release says.
recipe_files() {
	printf 'lib/%s.sh\n' boot "capture-$CAPTURE" fixture guest "machine-$MACHINE"
	find guest -type f
	[[ ! -d plays/$PLAY ]] || find "plays/$PLAY" -type f
}

# Names the contents of everything that influences the fixture: another kernel's row or machine does not.
recipe_hash() {
	(cd "$RECIPE" && recipe_files | sort | xargs -d '\n' sha256sum | sha256sum | cut -c1-12)
}

require_host() {
	require_commands <<-END
		apt-get apt
		dpkg-deb dpkg
		flock util-linux
		cpio cpio
		make make
		$GUEST_CC gcc
		mkfs.ext4 e2fsprogs
		$QEMU_MACHINE $QEMU_PACKAGE
	END
	require_compiler
	[[ -r $KEYRING ]] ||
		fail "Debian's archive keys are missing" "apt-get install debian-archive-keyring"
}

# What one play alone needs is in plays/PLAY, and so changes no other one. Its files come beside those of guest/; one that is there already
# keeps its contents under the name FILE.replaced.
build_play() {
	[[ ! -d $RECIPE/plays/$PLAY ]] ||
		cp -rb --suffix=.replaced "$RECIPE/plays/$PLAY/." "$RECIPE/guest"
	build_fixture "$1"
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

KERNEL=${1:-6.1}
PLAY=${2:-scenes}
MACHINE=$(kernel_column "$KERNEL" machine) || fail "unknown kernel: $KERNEL" "choose one of $(kernel_names)"
CAPTURE=$(kernel_column "$KERNEL" capture)
case $PLAY in
crowd-busy | crowd-tenfold) CAPTURE=dump ;; # the memory of a capture kernel does not hold these vmcores
formats) CAPTURE=dump ;;                    # only QEMU dumps the same memory several times
esac
KERNEL_DIR=$CACHE/kernels/$KERNEL
. "$RECIPE/lib/machine-$MACHINE.sh"
. "$RECIPE/lib/capture-$CAPTURE.sh"
. "$RECIPE/lib/kernel.sh"
. "$RECIPE/lib/guest.sh"
. "$RECIPE/lib/boot.sh"
. "$RECIPE/lib/fixture.sh"
USERLAND=$CACHE/guest-$(guest_hash)
# Where the tools are that prepare a guest of whatever machine.
HOST_USERLAND=$USERLAND
[[ $GUEST_ARCHITECTURE == amd64 ]] || HOST_USERLAND=$CACHE/guest-tools
case $PLAY in
scenes | netlink-hang | stuck | stuck-netlink | bare | crowd | crowd-tenth | crowd-unthreaded | crowd-busy | crowd-tenfold | formats) ;;
*) fail "unknown play: $PLAY" "choose scenes, netlink-hang, stuck, stuck-netlink, bare, crowd, crowd-tenth, crowd-unthreaded, crowd-busy, crowd-tenfold or formats" ;;
esac
# What this play alone needs of the host.
[[ ! -r $RECIPE/plays/$PLAY/host.sh ]] || . "$RECIPE/plays/$PLAY/host.sh"

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
cp -r "$RECIPE"/{build.sh,lib,guest,plays} "$WORK/recipe/"
RECIPE=$WORK/recipe

provide "guest-$GUEST_ARCHITECTURE" "$USERLAND" userland_fetch "$GUEST_ARCHITECTURE" "${GUEST_PACKAGES[*]}"
provide guest-tools "$HOST_USERLAND" userland_fetch amd64 "busybox-static kmod"
provide_libraries
provide "kernel-$KERNEL" "$KERNEL_DIR" kernel_fetch "$KERNEL"
fixture=$(fixture_dir)
provide "fixture-$KERNEL-$PLAY" "$fixture" build_play
say "$fixture is ready"
echo "$fixture"
