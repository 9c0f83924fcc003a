# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A program of another suite that runs on this machine: with the libraries of its own suite.

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
