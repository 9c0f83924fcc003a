# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the guest runs: Debian's user space of one suite under every kernel, our
# programs and scripts, and the two initramfs.

readonly GUEST_SUITE=bookworm
readonly GUEST_PACKAGES=(
	busybox-static dmsetup kexec-tools kmod makedumpfile nbd-client nbd-server qemu-utils
)
# Of no use in the guest; most of the unpacked size.
readonly GUEST_PRUNED=(usr/share usr/include usr/lib/x86_64-linux-gnu/{perl,gconv} var)
# For the boot, and for scenes.
readonly BOOT_MODULES=(virtio_pci virtio_blk ext4)
readonly SCENE_MODULES=(nbd unix_diag dm_mod loop raid1)

# Names what userland_fetch makes.
guest_hash() {
	printf '%s\n' "$GUEST_SUITE" "${GUEST_PACKAGES[@]}" "${GUEST_PRUNED[@]}" |
		sha256sum | cut -c1-12
}

# userland_fetch DIR: unpacks the guest's packages. No maintainer script runs.
userland_fetch() {
	local dir=$1 apt=$CACHE/apt/guest package

	apt_root "$GUEST_SUITE" "$apt"
	say "guest user space: downloading"
	apt_fetch_closure "$apt" "${GUEST_PACKAGES[@]}"
	say "guest user space: unpacking"
	for package in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$dir"
	done
	rm -r "$apt/cache"
	(cd "$dir" && rm -rf "${GUEST_PRUNED[@]}")
}

# in_guest_libc ROOT [LOADER-OPTION…] PROGRAM [ARGUMENT…]: runs a program of the
# guest's user space on the host. ROOT is needed as PROGRAM's prefix as well.
in_guest_libc() {
	local root=$1
	shift
	"$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" "$@"
}

kmod_tool() {
	local root=$1 tool=$2
	shift 2
	in_guest_libc "$root" --argv0 "$tool" "$root/bin/kmod" "$@"
}

# module_files USERLAND KERNEL-DIR MODULE…: the files to insert, in that order.
# -C: the host's module configuration has no say.
module_files() {
	local root=$1 kernel=$2 module
	shift 2
	for module; do
		kmod_tool "$root" modprobe -C /dev/null -d "$kernel" -S "$(<"$kernel/release")" \
			--show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# add_module FILE DESTINATION: uncompressed, whatever the kernel's package does.
add_module() {
	case $1 in
	*.xz) "$USERLAND/bin/busybox" xzcat "$1" >"$2" ;;
	*) cp "$1" "$2" ;;
	esac
}

# add_with_libraries PROGRAM DIR: a program of the user space and what it links.
add_with_libraries() {
	local file

	while read -r file; do
		install -D "$USERLAND/$file" "$2/$file"
	done < <(
		echo "$1"
		in_guest_libc "$USERLAND" --list "$USERLAND/$1" |
			sed -n "s|.*=> $USERLAND/\([^ ]*\).*|\1|p"
	)
	# The loader is asked for by this name, the rest is found by directory.
	mkdir -p "$2/lib64"
	ln -sf ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$2/lib64/"
}

# initramfs_tree DIR INIT: busybox, the modules of the boot, and guest/INIT.
initramfs_tree() {
	local dir=$1 file count=10

	mkdir -p "$dir/modules"
	install -D "$USERLAND/bin/busybox" "$dir/bin/busybox"
	install "$RECIPE/guest/$2" "$dir/init"
	install -m 644 "$RECIPE/guest/initramfs.sh" "$dir/initramfs.sh"
	while read -r file; do
		add_module "$file" "$dir/modules/$((count++))-$(basename "${file%.xz}")"
	done < <(module_files "$USERLAND" "$KERNEL_DIR" "${BOOT_MODULES[@]}")
}

# initramfs_pack DIR FILE
initramfs_pack() {
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$2"
}

# guest_image WORK: WORK/scenes.cpio.gz and WORK/root.ext4, ready to boot.
guest_image() {
	local work=$1 root=$1/root release file

	release=$(<"$KERNEL_DIR/release")
	initramfs_tree "$work/scenes" init-scenes
	initramfs_pack "$work/scenes" "$work/scenes.cpio.gz"
	initramfs_tree "$work/capture" init-capture
	add_with_libraries usr/bin/makedumpfile "$work/capture"

	cp -a "$USERLAND" "$root"
	mkdir -p "$root"/{fixture,run,tmp,var}
	initramfs_pack "$work/capture" "$root/fixture/capture.cpio.gz"
	cp "$KERNEL_DIR/vmlinuz" "$root/fixture/"
	# Run by make, make would tell of directories: stdout belongs to the result.
	make -s --no-print-directory -C "$RECIPE/guest" OUT="$root/fixture" >&2 ||
		fail "the guest's programs do not compile" "see the compiler's message above"
	cp -r "$RECIPE"/guest/{main.sh,lib.sh,real-server.sh,scenes,scenes-stuck,scenes-stuck-netlink} "$root/fixture/"
	install -m 644 -D "$RECIPE/guest/inittab" "$root/etc/inittab"
	mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$root/fixture/mounted.ext4" 8M >"$work/mkfs.log" 2>&1 ||
		fail "mkfs.ext4: $(tail -n 1 "$work/mkfs.log")" "check the free space of $work"
	while read -r file; do
		install -d "$root/$(dirname "${file#"$KERNEL_DIR/"}")"
		file=${file#"$KERNEL_DIR/"}
		add_module "$KERNEL_DIR/$file" "$root/${file%.xz}"
	done < <(module_files "$USERLAND" "$KERNEL_DIR" "${SCENE_MODULES[@]}")
	kmod_tool "$USERLAND" depmod -b "$root" "$release" 2>/dev/null
	mkfs.ext4 -q -F -d "$root" "$work/root.ext4" 512M >"$work/mkfs.log" 2>&1 ||
		fail "mkfs.ext4: $(tail -n 1 "$work/mkfs.log")" "check the free space of $work"
}
