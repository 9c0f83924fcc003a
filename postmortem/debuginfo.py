# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the debuginfo of a kernel is: on this host by the distributions' paths, from debuginfod, or in which package."""
import collections
import glob
import os
import re
import subprocess

from . import elf

ROOT = "/usr/lib/debug"

# Below a directory of debuginfo. Debian and Ubuntu; Fedora, RHEL and openEuler (the second since /lib is in /usr); SUSE.
VMLINUX_PATHS = (
    "boot/vmlinux-{release}",
    "lib/modules/{release}/vmlinux",
    "usr/lib/modules/{release}/vmlinux",
    "boot/vmlinux-{release}.debug",
    "lib/modules/{release}/vmlinux.debug",
    "usr/lib/modules/{release}/vmlinux.debug",
)
# The ending is .ko on Debian and Ubuntu, .ko.debug elsewhere; the packing of the module itself may come between.
MODULE_PATHS = (
    "lib/modules/{release}/kernel/drivers/block/nbd.ko*",
    "usr/lib/modules/{release}/kernel/drivers/block/nbd.ko*",
)
# Where the debuginfo comes without the kernel's code (SUSE), crash wants both; crash unpacks the image itself.
IMAGE_ROOT = "/"
IMAGE_PATHS = ("boot/vmlinux-{release}", "usr/lib/modules/{release}/vmlinux", "lib/modules/{release}/vmlinux")
IMAGE_ENDINGS = ("", ".gz", ".xz", ".bz2")
# Only in a directory given by --debug-dir: somebody has put them there for this.
OWN_VMLINUX_PATHS = ("vmlinux-{release}", "vmlinux")
OWN_MODULE_PATHS = ("nbd.ko.debug", "nbd.ko")
BUILD_ID_PATH = ".build-id/{head}/{tail}.debug"
# crash takes an ELF file, or one that is packed by these.
PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")

# By the release's own shape: it was made for the crashed host's distribution, whatever this host runs.
PACKAGES = (
    (r"-(amd64|arm64|ppc64el|riscv64|s390x|loong64|686(-pae)?|armmp(-lpae)?)(-unsigned)?$", "linux-image-{release}-dbg"),
    (r"^\d+\.\d+\.\d+-\d+-[a-z][a-z0-9-]*$", "linux-image-unsigned-{release}-dbgsym or linux-image-{release}-dbgsym, from Ubuntu's ddebs"),
    (r"^(?P<version>.*\.(fc|el)\d.*)\+(?P<flavour>rt|64k)$", "kernel-{flavour}-debuginfo-{version}"),
    (r"\.rt\d+\..*el\d", "kernel-rt-debuginfo-{release}"),
    (r"\.(fc|el|oe|uel|ky|an|al|tl|oc)\d|\.x86_64$|\.aarch64$", "kernel-debuginfo-{release}"),
    (r"^(?P<version>\d+\.\d+\.\d+-[\d.]+)-(?P<flavour>default|azure|rt|64kb|preempt|vanilla)$", "kernel-{flavour}-debuginfo of {version}"),
)

Kernel = collections.namedtuple("Kernel", "debuginfo image")
Kernel.__doc__ = """Paths: the vmlinux with debuginfo, and the kernel's image where that is another file, or None."""


class Missing(Exception):
    """No debuginfo of this kernel. The text says what was looked for; remedy what to do about it."""

    def __init__(self, text, remedy):
        super().__init__(text)
        self.remedy = remedy


class Search:
    """Finds debuginfo, in directories given by the user first."""

    def __init__(self, vmlinux=None, directories=(), root=ROOT, image_root=IMAGE_ROOT):
        self.vmlinux = vmlinux
        self.directories = list(directories)
        self.root, self.image_root = root, image_root

    def _candidates(self, paths, own_paths, release, build_id):
        for directory in self.directories + [self.root]:
            if build_id:
                yield os.path.join(directory, BUILD_ID_PATH.format(head=build_id[:2], tail=build_id[2:]))
            for path in paths + (own_paths if directory in self.directories else ()):
                if release or "{release}" not in path:
                    yield from sorted(glob.glob(os.path.join(glob.escape(directory), path.format(release=glob.escape(release or "")))))

    def find_kernel(self, release, build_id):
        """The Kernel. release or build_id may be None. Raises Missing."""
        path = self._find_vmlinux(release, build_id)
        return Kernel(path, self._find_image(path, release, build_id) if elf.is_separate(path) else None)

    def _find_image(self, debuginfo, release, build_id):
        places = [(directory, IMAGE_PATHS + OWN_VMLINUX_PATHS) for directory in self.directories] + [(self.image_root, IMAGE_PATHS)]
        for directory, name, ending in ((d, n, e) for d, names in places for n in names for e in IMAGE_ENDINGS):
            path = os.path.join(directory, name.format(release=release) + ending)
            # What is packed has no build-id to be seen; crash compares it with the vmcore.
            if os.path.isfile(path) and (_starts_with(path, PACKED) or (elf.build_id(path) == build_id and not elf.is_separate(path))):
                return path
        raise Missing("%s has no code in it, and there is no vmlinux-%s with the code in /boot or /usr/lib/modules" % (debuginfo, release),
                      "install the kernel itself: its package has vmlinux-%s.gz or .xz" % release)

    def _find_vmlinux(self, release, build_id):
        if self.vmlinux:
            if not _is_kernel(self.vmlinux):
                raise Missing("%s is no vmlinux: neither an ELF file nor a packed one" % self.vmlinux, missing_package(release))
            found = elf.build_id(self.vmlinux)
            if build_id and found and found != build_id:
                raise Missing("%s is of another kernel: its build-id is %s, the vmcore's is %s" % (self.vmlinux, found, build_id),
                              missing_package(release))
            return self.vmlinux
        refused = []
        for path in self._candidates(VMLINUX_PATHS, OWN_VMLINUX_PATHS, release, build_id):
            if not os.path.isfile(path):
                continue
            why = self._refusal(path, release, build_id)
            if not why:
                return path
            refused.append("%s %s" % (path, why))
        path, why = fetch(build_id)
        if path:
            return path
        looked = ", ".join(self.directories + [self.root])
        raise Missing("no vmlinux of kernel %s%s in %s%s; %s" % (
            release or "(its release is not in the vmcore)", ", build-id " + build_id if build_id else "", looked,
            "".join("; " + text for text in refused), why), missing_package(release))

    def _refusal(self, path, release, build_id):
        """Why the file at path is not the one, or None."""
        found = elf.build_id(path)
        if build_id:
            if found == build_id:
                return None
            if not found and _starts_with(path, PACKED):
                return None
            return "is of another build (build-id %s)" % (found or "unknown")
        # Without a build-id in the vmcore a path that does not even name the release says nothing; crash compares the
        # kernel's banner, too.
        return None if release and release in path else "does not say of which kernel it is: give it with --vmlinux"

    def find_module(self, release, build_id):
        """The path of nbd.ko's debuginfo with this build-id (of the image), or None: nbd.so can do without it."""
        for path in self._candidates(MODULE_PATHS, OWN_MODULE_PATHS, release, build_id):
            if os.path.isfile(path) and elf.build_id(path) == build_id:
                return path
        return fetch(build_id)[0]


def _starts_with(path, magic):
    try:
        with open(path, "rb") as file:
            return file.read(6).startswith(magic)
    except OSError:
        return False


def _is_kernel(path):
    return _starts_with(path, PACKED + (b"\x7fELF",))


def missing_package(release):
    """What to install, in words."""
    if release:
        for pattern, package in PACKAGES:
            match = re.search(pattern, release)
            if match:
                return "install " + package.format(release=release, **match.groupdict())
        return "install the debuginfo of kernel %s, or name its vmlinux with --vmlinux" % release
    return "name the kernel's vmlinux with --vmlinux"


def fetch(build_id):
    """(path, None) of what debuginfod has by this build-id, in its client's own cache; or (None, why not)."""
    if not os.environ.get("DEBUGINFOD_URLS"):
        return None, "DEBUGINFOD_URLS is not set, so no server was asked"
    if not build_id:
        return None, "without a build-id no debuginfod server can be asked"
    try:
        done = subprocess.run(["debuginfod-find", "debuginfo", build_id], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True)
    except FileNotFoundError:
        return None, "debuginfod-find is missing (package debuginfod, or elfutils-debuginfod-client)"
    path = done.stdout.strip()
    if done.returncode == 0 and os.path.isfile(path):
        return path, None
    words = done.stderr.strip().splitlines()
    return None, "debuginfod has none (%s)" % (words[-1] if words else "it said nothing")
