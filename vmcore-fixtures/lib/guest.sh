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
readonly GUEST_PRUNED=(usr/share usr/include "usr/lib/$GUEST_TRIPLET"/{perl,gconv} var)
# For the boot, and for scenes.
readonly BOOT_MODULES=(virtio_pci virtio_blk ext4)
readonly SCENE_MODULES=(nbd unix_diag dm_mod loop raid1)

# Names what userland_fetch makes.
guest_hash() {
	printf '%s\n' "$GUEST_SUITE" "${GUEST_PACKAGES[@]}" "${GUEST_PRUNED[@]}" |
		sha256sum | cut -c1-12
}

# userland_fetch ARCHITECTURE PACKAGES DIR: unpacks the packages and what they depend on. No maintainer script runs.
userland_fetch() {
	local apt=$CACHE/apt/guest-$1 packages dir=$3 package

	read -ra packages <<<"$2"
	apt_root "$GUEST_SUITE" "$apt" "$1"
	say "guest user space: downloading"
	apt_fetch_closure "$apt" "${packages[@]}"
	say "guest user space: unpacking"
	for package in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$package" "$dir"
	done
	rm -r "$apt/cache"
	(cd "$dir" && rm -rf "${GUEST_PRUNED[@]}")
}

# in_guest_libc ROOT [LOADER-OPTION…] PROGRAM [ARGUMENT…]: runs a program of a
# user space of this machine on it. ROOT is needed as PROGRAM's prefix as well.
in_guest_libc() {
	local root=$1
	shift
	"$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" "$@"
}

# kmod_tool TOOL [ARGUMENT…]: of modules of any machine.
kmod_tool() {
	local tool=$1
	shift
	in_guest_libc "$HOST_USERLAND" --argv0 "$tool" "$HOST_USERLAND/bin/kmod" "$@"
}

# module_files MODULE…: the files to insert, in that order.
# -C: the host's module configuration has no say.
module_files() {
	local module

	for module; do
		kmod_tool modprobe -C /dev/null -d "$KERNEL_DIR" -S "$(<"$KERNEL_DIR/release")" \
			--show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# add_module FILE DESTINATION: uncompressed, whatever the kernel's package does.
add_module() {
	case $1 in
	*.xz) "$HOST_USERLAND/bin/busybox" xzcat "$1" >"$2" ;;
	*) cp "$1" "$2" ;;
	esac
}

# add_modules ROOT MODULE…: into the modules' directory of ROOT.
add_modules() {
	local root=$1 file
	shift

	while read -r file; do
		file=${file#"$KERNEL_DIR/"}
		install -d "$root/$(dirname "$file")"
		add_module "$KERNEL_DIR/$file" "$root/${file%.xz}"
	done < <(module_files "$@")
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
	done < <(module_files "${BOOT_MODULES[@]}")
}

# initramfs_pack DIR FILE
initramfs_pack() {
	(cd "$1" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1) >"$2"
}

# guest_image WORK: WORK/scenes.cpio.gz and WORK/root.ext4, ready to boot.
guest_image() {
	local work=$1 root=$1/root

	initramfs_tree "$work/scenes" init-scenes
	initramfs_pack "$work/scenes" "$work/scenes.cpio.gz"

	cp -a "$USERLAND" "$root"
	mkdir -p "$root"/{fixture,run,tmp,var}
	# Run by make, make would tell of directories: stdout belongs to the result.
	make -s --no-print-directory -C "$RECIPE/guest" OUT="$root/fixture" CC="$GUEST_CC" OPTIONS="$(compiler_options)" >&2 ||
		fail "the guest's programs do not compile" "see the compiler's message above"
	cp -r "$RECIPE"/guest/{main.sh,lib.sh,real-server.sh,scenes,scenes-stuck,scenes-stuck-netlink} "$root/fixture/"
	install -m 644 -D "$RECIPE/guest/inittab" "$root/etc/inittab"
	mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$root/fixture/mounted.ext4" 8M >"$work/mkfs.log" 2>&1 ||
		fail "mkfs.ext4: $(tail -n 1 "$work/mkfs.log")" "check the free space of $work"
	add_modules "$root" "${SCENE_MODULES[@]}"
	capture_prepare "$work"
	kmod_tool depmod -b "$root" "$(<"$KERNEL_DIR/release")" 2>/dev/null
	mkfs.ext4 -q -F -d "$root" "$work/root.ext4" 512M >"$work/mkfs.log" 2>&1 ||
		fail "mkfs.ext4: $(tail -n 1 "$work/mkfs.log")" "check the free space of $work"
}
