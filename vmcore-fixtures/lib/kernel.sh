# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Stock kernels: what crash(8) needs of them, and what a guest needs to boot.

# suite_of KERNEL: the Debian suite whose stock kernel this is.
suite_of() {
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	*) return 1 ;;
	esac
}

# kernel_candidates APT KERNEL: image packages that have debug symbols, best
# first: the one the meta package stands for today, then older ones. A mirror
# may list a package that it does not hold (any more).
kernel_candidates() {
	{
		APT_CONFIG=$1/apt.conf apt-cache show --no-all-versions linux-image-cloud-amd64 |
			sed -n 's/^Depends: \([^ ,]*\).*/\1/p'
		APT_CONFIG=$1/apt.conf apt-cache pkgnames "linux-image-$2." |
			sed -n 's/-cloud-amd64-dbg$/-cloud-amd64/p' | sort -rV
	} | awk '!seen[$0]++'
}

# kernel_download KERNEL DIR: both packages into DIR; prints the image's name.
kernel_download() {
	local kernel=$1 dir=$2 apt=$CACHE/apt/kernel-$1 image

	apt_root "$(suite_of "$kernel")" "$apt"
	while read -r image; do
		say "${image#linux-image-}: downloading"
		if apt_fetch "$apt" "$dir" "$image" "$image-dbg"; then
			echo "$image"
			return
		fi
		say "${image#linux-image-}: not on the mirror ($(sed -n 's/^E: //p' "$dir/download.log" | head -n 1))"
	done < <(kernel_candidates "$apt" "$kernel")
	fail "no stock kernel $kernel could be downloaded" \
		"check the network and the mirrors in $apt/sources.list, then run again"
}

# kernel_fetch KERNEL DIR: fills DIR with vmlinuz, vmlinux, nbd.ko.debug,
# lib/modules with its index, and the kernel's release string in the file "release".
kernel_fetch() {
	local dir=$2 packages=$2/packages image release debug=$2/debug

	mkdir "$packages" "$debug" "$dir/lib"
	image=$(kernel_download "$1" "$packages")
	release=${image#linux-image-}
	say "$release: unpacking"
	dpkg-deb -x "$packages/${image}_"*.deb "$dir/image"
	dpkg-deb --fsys-tarfile "$packages/$image-dbg_"*.deb |
		tar -x -C "$debug" --wildcards \
			"*/debug/boot/vmlinux-$release" "*/debug/lib/modules/*/drivers/block/nbd.ko"
	mv "$debug/usr/lib/debug/boot/vmlinux-$release" "$dir/vmlinux"
	mv "$debug/usr/lib/debug/lib/modules/$release/kernel/drivers/block/nbd.ko" "$dir/nbd.ko.debug"
	mv "$dir/image/boot/vmlinuz-$release" "$dir/vmlinuz"
	# trixie has merged /lib into /usr.
	mv "$dir/image"/{,usr/}lib/modules "$dir/lib/" 2>/dev/null || [[ -d $dir/lib/modules ]]
	rm -r "$packages" "$debug" "$dir/image"
	kmod_tool "$USERLAND" depmod -b "$dir" "$release"
	echo "$release" >"$dir/release"
}
