#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh VERSION PACKAGES KERNEL: the packages of PACKAGES/deb and PACKAGES/rpm as a user has them. Each is
# checked by its distribution's lint, for hardening, and then installed in a minimal system, used there in
# crash on KERNEL's vmcore, and removed.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

version=$1 packages=$(realpath "$2") kernel=$3
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../tools/package
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "package-check: $*" >&2
	exit 1
}

# same_lines EXPECTED FOUND WHAT
same_lines() {
	diff "$1" "$2" || fail "$3"
}

# Relocations are read-only and resolved at once, the stack does not execute, and functions check it;
# what the compiler could bound is bounded.
check_hardening() {
	local so=$1

	readelf -lW "$so" >"$work/segments"
	readelf -dW "$so" >"$work/dynamic"
	readelf -sW --dyn-syms "$so" >"$work/symbols"
	objdump -d --section=.text "$so" >"$work/code"
	grep -q GNU_RELRO "$work/segments" || fail "$so: no relro"
	grep -q BIND_NOW "$work/dynamic" || fail "$so: not bound at once"
	grep -qE 'GNU_STACK .* RW ' "$work/segments" || fail "$so: executable stack"
	! grep -qE 'R(UN)?PATH|TEXTREL' "$work/dynamic" || fail "$so: a run path, or text relocations"
	grep -q __stack_chk_fail "$work/symbols" || fail "$so: no stack protector"
	grep -q '__[a-z]*printf_chk' "$work/symbols" || fail "$so: not fortified"
	# Of the two distributions, Debian 12 does not ask for this one.
	[[ $2 == deb ]] || grep -q endbr64 "$work/code" || fail "$so: no control-flow protection"
}

# check_session RESULT: what session.sh saw of the installed package.
check_session() {
	local devices

	echo "nbd.so $version" | diff - "$1/version" || fail "extend nbd.so by its bare name"
	grep -q "\"version\":\"$version\"" "$1/report" || fail "the report does not name its version"
	devices=$(grep -c '"type":"device"' "$1/report") || :
	((devices >= 10)) || fail "the report has $devices devices"
	# Loaded and removed, nothing is left; installed, there is what the package lists and nothing else.
	same_lines "$1/before" "$1/purged" "removed, the package leaves something behind, or takes something along"
	comm -13 "$1/before" "$1/installed" >"$1/added"
	echo "  $(wc -l <"$1/added") files and directories came and went; $devices devices in the report"
}

# Spaces apart, the page has the very text of crash's help.
check_man() {
	local command next=(UNIX_PEER FILE_OWNER FILES)

	for command in nbd unix_peer file_owner; do
		sed -n "/^${command^^}\$/,/^${next[0]}\$/p" "$1/man" | sed '1d;$d' | tr -d '[:space:]' >"$1/in-man"
		sed -E '/^(NAME|SYNOPSIS|DESCRIPTION)$/d' "$1/help-$command" | tr -d '[:space:]' >"$1/in-help"
		[[ -s $1/in-help ]] || fail "help $command printed nothing"
		cmp "$1/in-man" "$1/in-help" || fail "crash-nbd(8) and help $command differ"
		next=("${next[@]:1}")
	done
}

# What nbd-postmortem found by itself: the kernel's debuginfo, that of its nbd, and the devices that nbd -j reports.
check_postmortem() {
	local devices expected

	echo "exit status 3" | diff - "$1/postmortem.log" || fail "nbd-postmortem complains, or does not find what is wrong"
	grep -qE '"vmlinux": "/usr/lib/debug/boot/vmlinux-[^"]*"' "$1/postmortem" || fail "nbd-postmortem has vmlinux from elsewhere"
	grep -qE '"nbd_debuginfo": "/usr/lib/debug/lib/modules/[^"]*"' "$1/postmortem" || fail "nbd-postmortem does not find nbd.ko's debuginfo"
	expected=$(grep -c '"type":"device"' "$1/report")
	devices=$(grep -c '"type": "device"' "$1/postmortem") || :
	((devices == expected)) || fail "nbd-postmortem reports $devices devices, nbd $expected"
	grep -q NBD-POSTMORTEM "$1/man-postmortem" || fail "man nbd-postmortem"
	echo "  nbd-postmortem found vmlinux by itself; $devices devices"
}

"$here/versions.sh" "$version"
echo "versions: all say $version"

mandoc -Tlint "$here/../../build/man/crash-nbd.8" "$here/../../man/nbd-postmortem.8" >"$work/lint" 2>/dev/null || :
# A page of this package that is not installed here is no fault.
! grep -vE 'referenced manual not found|outdated mandoc.db' "$work/lint" || fail "mandoc -Tlint"
lintian --pedantic --info --fail-on error,warning "$packages"/deb/*.changes || fail lintian
rpmlint --config "$here/rpmlint.toml" "$packages"/rpm/*.rpm "$here/../../crash-nbd.spec" || fail rpmlint

mkdir "$work"/{deb,rpm}
dpkg-deb -x "$packages"/deb/crash-nbd_*.deb "$work/deb"
rpm2cpio "$packages"/rpm/crash-nbd-*.x86_64.rpm | (cd "$work/rpm" && cpio -id --quiet)
check_hardening "$work/deb/usr/lib/crash/extensions/nbd.so" deb
check_hardening "$work/rpm/usr/lib64/crash/extensions/nbd.so" rpm
echo "hardening: relro, bound at once, no executable stack, stack protector, fortified"

fixture=$("$here/../../vmcore-fixtures/build.sh" "$kernel")
for kind in deb rpm; do
	result=$work/result-$kind
	mkdir "$result"
	system=$([[ $kind == deb ]] && echo bare || echo rpm)
	script=$([[ $kind == deb ]] && echo in_debian || echo in_rpm)
	root=$("$tools/root.sh" "$system")
	echo "$kind: installing, using and removing it in a minimal system"
	"$tools/in_root.sh" "$root" "$result=/result" "$packages/$kind=/packages" "$here=/test" "$fixture=/fixture" -- \
		"/test/$script.sh" >"$work/log" 2>&1 || {
		tail -n 20 "$work/log" "$result"/*.log "$result"/session* 2>/dev/null >&2 || :
		fail "$script.sh failed"
	}
	check_session "$result"
done
echo "nbd.so $version" | diff - "$work/result-deb/version-preloaded" || fail "crash -x does not load nbd.so"
check_man "$work/result-deb"
check_postmortem "$work/result-deb"
# As in crash-gcore-command: the module in crash's directory of extensions, which is owned with its parent, the
# licence, and crash required. Besides there are the manual page, documents, and two libraries.
same_lines "$here/rpm-list" <(sed -E "s/$version/VERSION/" "$work/result-rpm/listed") "the .rpm has other files than tests/package/rpm-list"
same_lines "$here/rpm-requires" <(grep -vE '^rpmlib\(|\((GLIBC|LIBBPF|JSONC)_' "$work/result-rpm/requires" | sort -u) \
	"the .rpm requires other things than tests/package/rpm-requires"
