# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Stock kernels: what crash(8) needs of them, and what a guest needs to boot.

# kernel_candidates APT FLAVOUR: image packages that have debug symbols, best
# first: the one the meta package stands for today, then older ones of that
# version. A mirror may list a package that it does not hold (any more).
kernel_candidates() {
	local flavour=$2 latest

	latest=$(APT_CONFIG=$1/apt.conf apt-cache show --no-all-versions "linux-image-$flavour" |
		sed -n "s/^Depends:.*\(linux-image-[0-9][^ ,]*-$flavour\)[ ,].*/\1/p")
	[[ $latest =~ ^(linux-image-[0-9]+\.[0-9]+\.) ]] || return 0
	{
		echo "$latest"
		APT_CONFIG=$1/apt.conf apt-cache pkgnames "${BASH_REMATCH[1]}" |
			sed -n "s/-$flavour-dbg\$/-$flavour/p" | sort -rV
	} | awk '!seen[$0]++'
}

# kernel_parts APT IMAGE: the packages with the kernel, its modules and what is built in; since 7.2 the image's own is
# empty and depends on them.
kernel_parts() {
	echo "$2"
	APT_CONFIG=$1/apt.conf apt-cache show --no-all-versions "$2" | sed -n '/^Depends:/p' |
		grep -oE 'linux-(base|binary|modules)-[0-9][^ ,]*' || :
}

# kernel_download KERNEL DIR: the packages into DIR; prints the image's name.
kernel_download() {
	local kernel=$1 dir=$2 apt=$CACHE/apt/kernel-$1 flavour image parts

	flavour=$(kernel_column "$kernel" flavour)
	apt_root "$(kernel_column "$kernel" suite)" "$apt" "${flavour##*-}"
	while read -r image; do
		say "${image#linux-image-}: downloading"
		mapfile -t parts < <(kernel_parts "$apt" "$image")
		if apt_fetch "$apt" "$dir" "${parts[@]}" "$image-dbg"; then
			echo "$image"
			return
		fi
		say "${image#linux-image-}: not on the mirror ($(sed -n 's/^E: //p' "$dir/download.log" | head -n 1))"
		# What was had of it must not be unpacked with the next one.
		rm -f "$dir"/*.deb
	done < <(kernel_candidates "$apt" "$flavour")
	unavailable "no stock kernel $kernel could be downloaded from the mirrors in $apt/sources.list"
}

# kernel_fetch KERNEL DIR: fills DIR with vmlinuz, vmlinux, nbd.ko.debug,
# lib/modules with its index, and the kernel's release string in the file "release".
kernel_fetch() {
	local dir=$2 packages=$2/packages debug=$2/debug image release package

	mkdir "$packages" "$debug" "$dir/lib"
	image=$(kernel_download "$1" "$packages")
	release=${image#linux-image-}
	say "$release: unpacking"
	dpkg-deb --fsys-tarfile "$packages/$image-dbg_"*.deb |
		tar -x -C "$debug" --wildcards --wildcards-match-slash \
			"*/debug/*/vmlinux*" "*/debug/lib/modules/*/drivers/block/nbd.ko"
	rm "$packages/$image-dbg_"*.deb
	for package in "$packages"/*.deb; do
		dpkg-deb -x "$package" "$dir/image"
	done
	# Since 7.2 vmlinux and vmlinuz are beside the modules; a link has the name of before.
	mv "$(find "$debug" -type f -name "vmlinux*")" "$dir/vmlinux"
	mv "$debug/usr/lib/debug/lib/modules/$release/kernel/drivers/block/nbd.ko" "$dir/nbd.ko.debug"
	mv "$(find "$dir/image" -type f -name "vmlinuz*")" "$dir/vmlinuz"
	# trixie has merged /lib into /usr.
	mv "$dir/image"/{,usr/}lib/modules "$dir/lib/" 2>/dev/null || [[ -d $dir/lib/modules ]]
	rm -r "$packages" "$debug" "$dir/image"
	kmod_tool depmod -b "$dir" "$release"
	echo "$release" >"$dir/release"
}
