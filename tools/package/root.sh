#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# root.sh NAME: prints the directory of a minimal Debian 12 system, made first if need be and then kept.
# Nobody changes it: in_root.sh works in a copy. NAME:
#
#   bare  what debootstrap calls minbase; the packages that crash-nbd needs, and man, are downloaded but
#         not installed, so that apt has them without a network
#   deb   minbase, build-essential, and what debian/control names to build
#   rpm   minbase, rpm, and what crash-nbd.spec names to build
#   host  minbase that boots, with kdump-tools, nbd's tools, and the packages that crash-nbd needs

set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${NBD_FIXTURE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/crash-nbd}
readonly SUITE=bookworm
readonly RUNTIME="crash libbpf1 libjson-c5 man-db python3"
readonly HOST="systemd-sysv udev kmod initramfs-tools kdump-tools makedumpfile nbd-client nbd-server"

# Debian's names of what the spec requires.
declare -A DEBIAN_NAME=(
	[crash-devel]=crash
	[elfutils-libelf-devel]=libelf-dev
	[gcc]="gcc libc6-dev"
	[json-c-devel]=libjson-c-dev
	[libbpf-devel]=libbpf-dev
	[make]=make
)

. "$TOP/vmcore-fixtures/lib/common.sh"
. "$TOP/vmcore-fixtures/lib/apt.sh"

rpm_build_packages() {
	local name

	sed -n 's/^BuildRequires: *//p' "$TOP/crash-nbd.spec" | while read -r name _; do
		[[ ${DEBIAN_NAME[$name]:-} ]] ||
			fail "crash-nbd.spec requires $name" "say in $0 what Debian calls it"
		echo "${DEBIAN_NAME[$name]}"
	done
}

# The machine's own mirrors and its ways to reach them, and nothing else of its apt.
root_sources() {
	local kind uri

	while read -r kind uri; do
		case $kind in
		main) echo "deb [signed-by=$KEYRING] $uri $SUITE main" ;;
		security) echo "deb [signed-by=$KEYRING] $uri $SUITE-security main" ;;
		esac
	done < <(apt_mirrors)
}

root_apt_conf() {
	apt-config dump | grep -E '^Acquire::' |
		grep -vE '^Acquire::(Languages|GzipIndexes|IndexTargets|Changelogs)'
	cat <<-END
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		Acquire::Retries "3";
	END
}

# Commands for a shell in the new system, where apt works.
root_commands() {
	case $NAME in
	bare) echo "apt-get -qy install --download-only $PACKAGES" ;;
	deb) echo "apt-get -qy install build-essential && apt-get -qy build-dep /tmp/source && apt-get clean" ;;
	rpm) echo "apt-get -qy install rpm ${PACKAGES//$'\n'/ } && apt-get clean" ;;
	host) echo "apt-get -qy install $PACKAGES && apt-get clean" ;;
	esac
}

make_root() {
	root_apt_conf >"$WORK/apt.conf"
	root_sources >"$WORK/sources.list"
	grep -q " $SUITE main" "$WORK/sources.list" ||
		fail "apt on this machine has no Debian mirror configured" \
			"add one to the apt sources (deb or deb822 format)"
	mkdir -p "$WORK/source/debian"
	[[ $NAME != deb ]] || cp "$TOP/debian/control" "$WORK/source/debian/"
	say "a minimal system to work in ($NAME): making it"
	# What it mounts goes with its namespace, even where it is killed.
	# shellcheck disable=SC2016 # mmdebstrap's shells expand $1
	"${as_root[@]}" unshare --mount mmdebstrap --quiet --mode=root --variant=minbase --skip=cleanup/apt,cleanup/tmp \
		--dpkgopt=force-unsafe-io \
		--aptopt="$WORK/apt.conf" --keyring="$KEYRING" \
		--customize-hook='cp -r '"$WORK"'/source "$1/tmp/"' \
		--customize-hook='chroot "$1" sh -ec "export DEBIAN_FRONTEND=noninteractive; '"$(root_commands)"'"' \
		--customize-hook='rm -r "$1/tmp/source"' \
		"$SUITE" "$WORK/root" "$WORK/sources.list" >"$WORK/log" 2>&1 || {
		tail -n 15 "$WORK/log" >&2
		fail "the minimal system ($NAME) could not be made" "see above; check the network, then run again"
	}
	"${as_root[@]}" mv -T "$WORK/root" "$RESULT"
}

# As root alone can the files have their owners.
as_root=()
((EUID == 0)) || as_root=(sudo)
"${as_root[@]}" unshare --mount --pid --net --fork true ||
	fail "no minimal system can be made or used here" "run it as root, where root may make namespaces (CAP_SYS_ADMIN): not in an unprivileged container"

NAME=${1:-}
case $NAME in
bare) PACKAGES=$RUNTIME ;;
deb) PACKAGES=$(grep "^Build-Depends:" "$TOP/debian/control") ;;
rpm) PACKAGES=$(rpm_build_packages) ;;
host) PACKAGES="$RUNTIME $HOST" ;;
*) fail "unknown system: $NAME" "choose bare, deb, rpm or host" ;;
esac
RESULT=$CACHE/roots/$NAME-$({ declare -f root_apt_conf root_commands; echo "$SUITE $NAME $PACKAGES"; } |
	sha256sum | cut -c1-12)
if [[ ! -d $RESULT ]]; then
	require_commands <<-END
		mmdebstrap mmdebstrap
		flock util-linux
	END
	mkdir -p "$CACHE/roots" "$CACHE/locks"
	exec {lock}>"$CACHE/locks/root-$NAME"
	flock "$lock"
	if [[ ! -d $RESULT ]]; then
		WORK=$(mktemp -d "$CACHE/roots/building.XXXXXX")
		chmod 755 "$WORK"
		trap 'rm -rf --one-file-system "$WORK"' EXIT
		make_root
	fi
fi
echo "$RESULT"
