# SPDX-License-Identifier: GPL-2.0-or-later
"""What a vmcore says of itself before crash opens it: which kernel, which host, when, and whether the file is whole.

Formats: ELF (/proc/vmcore, virsh dump), makedumpfile's compressed one (also of QEMU), and that one flattened. The layouts are
those of makedumpfile's diskdump_mod.h; VMCOREINFO is documented in the kernel's admin-guide/kdump/vmcoreinfo.rst.
"""
import collections
import datetime
import re
import struct

from . import elf, flattened

KDUMP_SIGNATURE = b"KDUMP   "
INCOMPLETE = 0x8  # DUMP_DH_COMPRESSED_INCOMPLETE
MAX_VMCOREINFO = 1 << 20
BITMAP_STEP = 1 << 20
# What people have who did not unpack what was sent to them.
WRAPPINGS = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bzip2", b"PK\x03\x04": "zip"}

Vmcore = collections.namedtuple("Vmcore", "format host release machine crash_time vmcoreinfo damage")
Vmcore.__doc__ = """One vmcore. host, release, machine and crash_time are None where the file does not say; crash_time is in
UTC by ISO 8601; vmcoreinfo maps keys to strings; damage says in words what is missing of the file, or is None."""


class NoVmcore(Exception):
    """The file is no vmcore that could be read; the text says why."""
    remedy = "save it again, or restore it from where it was copied"


class OnlyPart(NoVmcore):
    """One of several files that are a vmcore together. crash wants all of them named, and says nothing where one is missing."""
    remedy = "make one file of all parts: makedumpfile --reassemble PART... VMCORE"


def read(path):
    """The Vmcore at path. Raises NoVmcore or OSError."""
    with open(path, "rb") as file:
        head = file.read(4096)

        def read_at(offset, size):
            file.seek(offset)
            return file.read(size)
        if not head:
            raise NoVmcore("the file is empty")
        for magic, program in WRAPPINGS.items():
            if head.startswith(magic):
                raise NoVmcore("the file is packed with %s: unpack it first" % program)
        if flattened.is_flattened(head):
            whole = flattened.Flattened(file)
            cut = None if whole.complete else "the flattened file has no end record: its writing was cut short"
            try:
                found = _read(whole.read_at, whole.size, "flattened ")
            except NoVmcore as problem:
                # The beginning is what is written last.
                raise NoVmcore(cut or str(problem))
            return found._replace(damage=cut or found.damage)
        return _read(read_at, file.seek(0, 2), "")


def _read(read_at, size, how):
    head = read_at(0, 4096)
    if head.startswith(KDUMP_SIGNATURE):
        return _read_kdump(read_at, size, how + "kdump")
    if head.startswith(b"\x7fELF"):
        return _read_elf(read_at, size, how + "ELF")
    raise NoVmcore("the file is no vmcore: neither ELF nor makedumpfile's format")


def _text(raw):
    return raw.split(b"\0")[0].decode("utf-8", "backslashreplace") or None


def host_name(nodename):
    """The kernel's nodename, or None where nobody has set one."""
    return nodename if nodename and nodename != "(none)" else None


def _time(seconds):
    try:
        return datetime.datetime.utcfromtimestamp(int(seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _parse_vmcoreinfo(raw):
    lines = raw.decode("utf-8", "backslashreplace").splitlines()
    return dict(line.rstrip("\0").split("=", 1) for line in lines if "=" in line)


def _make(kind, info, damage, host=None, release=None, machine=None):
    # Both become parts of paths. What cannot be one is damaged.
    if not re.match(r"[0-9a-f]{8,64}\Z", info.get("BUILD-ID", "")):
        info = {key: value for key, value in info.items() if key != "BUILD-ID"}
    release = info.get("OSRELEASE") or release or ""
    release = release if re.match(r"[A-Za-z0-9][A-Za-z0-9._+~-]*\Z", release) else None
    return Vmcore(kind, host, release, machine, _time(info.get("CRASHTIME")), info, damage)


def _read_elf(read_at, size, kind):
    try:
        header = elf.read_header(read_at)
    except elf.NotElf:
        raise NoVmcore("the file is no 64-bit ELF file, or is cut off in its header")
    if not any(part.kind == elf.PT_LOAD for part in header.segments):
        raise NoVmcore("the ELF file has no memory in it (no PT_LOAD): it is no vmcore")
    info = {}
    for part in header.segments:
        if part.kind == elf.PT_NOTE:
            for name, _, contents in elf.notes(read_at(part.offset, min(part.size, elf.MAX_NOTES)), header.order):
                if name == b"VMCOREINFO":
                    info = _parse_vmcoreinfo(contents)
    end = max(part.offset + part.size for part in header.segments)
    damage = None if end <= size else "the file is cut short: it has %d of %d bytes" % (size, end)
    return _make(kind, info, damage, machine=elf.MACHINES.get(header.machine))


def _read_kdump(read_at, size, kind):
    head = read_at(0, 4096)
    order = next((o for o in "<>" if len(head) > 464 and 1 <= struct.unpack_from(o + "i", head, 8)[0] <= 16), None)
    if not order:
        raise NoVmcore("the file is cut off or damaged in its header")
    status, block_size, sub_blocks, bitmap_blocks = struct.unpack_from(order + "IiiI", head, 424)
    if block_size not in (4096, 8192, 16384, 32768, 65536) or sub_blocks < 1:
        raise NoVmcore("the header is not that of a 64-bit kernel's vmcore")
    sub = read_at(block_size, 48)
    info = {}
    if len(sub) == 48:
        if struct.unpack_from(order + "i", sub, 12)[0]:
            raise OnlyPart("the file is one part of a vmcore that was split (makedumpfile --split)")
        info_at, info_size = struct.unpack_from(order + "QQ", sub, 32)
        if info_at < size and info_size <= MAX_VMCOREINFO:
            info = _parse_vmcoreinfo(read_at(info_at, info_size))
    damage = _kdump_damage(read_at, size, order, block_size, 1 + sub_blocks, bitmap_blocks)
    if status & INCOMPLETE and not damage:
        damage = "makedumpfile says that it could not write all of it"
    host, release, machine = (_text(head[at:at + 65]) for at in (77, 142, 272))
    # QEMU writes "Unknown" for all but x86.
    return _make(kind, info, damage, host_name(host), release, None if machine == "Unknown" else machine)


def _kdump_damage(read_at, size, order, block_size, bitmaps_at, bitmap_blocks):
    """What is missing at the end: pages are stored in order, so the last page's descriptor tells where the file ends."""
    begin, length = bitmaps_at * block_size, bitmap_blocks * block_size
    if begin + length > size:
        return "the file is cut short: it has %d bytes and ends before its list of pages" % size
    pages = 0
    # The second of the two bitmaps says which pages are there.
    for at in range(begin + length // 2, begin + length, BITMAP_STEP):
        pages += bin(int.from_bytes(read_at(at, min(BITMAP_STEP, begin + length - at)), "big")).count("1")
    if not pages:
        return "the file has no pages in it"
    last = read_at(begin + length + 24 * (pages - 1), 24)
    if len(last) < 24:
        return "the file is cut short: it has %d bytes and ends before its list of pages does" % size
    offset, length, _, _ = struct.unpack(order + "QIIQ", last)
    return None if offset + length <= size else "the file is cut short: it has %d of %d bytes" % (size, offset + length)


def physical_offset(vmcore):
    """crash's -m phys_offset for an arm64 kernel of 52-bit addresses on a CPU that has fewer (a number), or None.

    Such a kernel subtracts from memstart_addr what its linear map begins later (arm64_memblock_init(), since 5.5), and
    VMCOREINFO has that value; crash wants the address without it.
    """
    info = vmcore.vmcoreinfo
    try:
        offset = int(info["NUMBER(PHYS_OFFSET)"], 0)
        built_for = int(info["NUMBER(VA_BITS)"], 0)
        # A register that no other machine has: what the header calls the machine is not needed.
        has = 64 - int(info["NUMBER(TCR_EL1_T1SZ)"], 0)
    except (KeyError, ValueError):
        return None
    if built_for != 52 or not 36 <= has < 52 or not offset >> 52:
        return None
    return (offset + (1 << built_for) - (1 << has)) % (1 << 64)
