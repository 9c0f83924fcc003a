# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A program of another suite that runs on this machine: with the libraries of its own suite.

# program_made NAME PROGRAM SUITE MAKE: prints the path of CACHE/NAME/PROGRAM. The first time it calls MAKE APT, which fills WORK;
# APT is an apt root of SUITE. CACHE/NAME is complete or not there.
program_made() {
	local result=$CACHE/$1 program=$2 suite=$3 make=$4 id=${1//\//-} apt lock

	if [[ ! -x $result/$program ]]; then
		mkdir -p "${result%/*}" "$CACHE/locks"
		exec {lock}>"$CACHE/locks/$id"
		flock "$lock"
	fi
	if [[ ! -x $result/$program ]]; then
		WORK=$(mktemp -d "${result%/*}/building.XXXXXX")
		trap 'rm -rf "$WORK"' EXIT
		apt=$CACHE/apt/$id
		rm -rf "$apt"
		say "${1//\// }: downloading"
		apt_root "$suite" "$apt"
		"$make" "$apt"
		rm -rf "$apt"
		mv -T "$WORK" "$result"
	fi
	echo "$result/$program"
}

# program_fetch APT DIR PROGRAM PACKAGE…: the packages and what they depend on, into DIR/root; DIR/PROGRAM runs the one in usr/bin.
program_fetch() {
	local apt=$1 dir=$2 program=$3 package
	shift 3

	apt_fetch_closure "$apt" "$@"
	mkdir "$dir/root"
	for package in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$dir/root"
	done
	rm -rf "$dir"/root/usr/share/{doc,locale,man}
	sed "s/@PROGRAM@/$program/" >"$dir/$program" <<-'END'
		#!/bin/bash
		root=$(dirname "$(realpath "$0")")/root
		for loader in "$root"/{usr/,}lib64/ld-linux-x86-64.so.2; do
			[[ ! -e $loader ]] || break
		done
		exec "$loader" \
			--library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" \
			"$root/usr/bin/@PROGRAM@" "$@"
	END
	chmod +x "$dir/$program"
}
