# SPDX-License-Identifier: GPL-2.0-or-later
"""Notes in ELF files: the build-id of a vmlinux or a module, the VMCOREINFO of a vmcore. 64 bits, either byte order."""
import collections
import struct

NT_GNU_BUILD_ID = 3
PT_LOAD, PT_NOTE = 1, 4
SHT_NOTE, SHT_NOBITS = 7, 8
SHF_EXECINSTR = 4
# Notes are short. What claims to be longer is damaged.
MAX_NOTES = 16 << 20

MACHINES = {21: "ppc64le", 22: "s390x", 62: "x86_64", 183: "aarch64", 243: "riscv64", 258: "loongarch64"}

Header = collections.namedtuple("Header", "order machine segments sections")
Part = collections.namedtuple("Part", "kind flags offset size")


class NotElf(Exception):
    """The file is no 64-bit ELF file, or its header is damaged."""


def read_header(read_at):
    """The Header of a file. read_at(offset, size) returns at most size bytes."""
    head = read_at(0, 64)
    if len(head) < 64 or head[:4] != b"\x7fELF" or head[4] != 2 or head[5] not in (1, 2):
        raise NotElf()
    order = "<" if head[5] == 1 else ">"
    machine, = struct.unpack_from(order + "H", head, 18)
    segments_at, sections_at = struct.unpack_from(order + "QQ", head, 32)
    segment_size, n_segments, section_size, n_sections = struct.unpack_from(order + "HHHH", head, 54)
    segments = _table(read_at, segments_at, segment_size, n_segments, order + "IIQQQQ", lambda v: Part(v[0], v[1], v[2], v[5]))
    sections = _table(read_at, sections_at, section_size, n_sections, order + "IIQQQQ", lambda v: Part(v[1], v[2], v[4], v[5]))
    return Header(order, machine, segments, sections)


def _table(read_at, offset, entry_size, count, layout, make):
    if not offset or entry_size < struct.calcsize(layout):
        return []
    raw = read_at(offset, entry_size * count)
    return [make(struct.unpack_from(layout, raw, at)) for at in range(0, len(raw) - entry_size + 1, entry_size)]


def notes(raw, order):
    """Each note in raw bytes as (name, type, contents); ends where they stop making sense."""
    at = 0
    while at + 12 <= len(raw):
        name_size, size, kind = struct.unpack_from(order + "III", raw, at)
        name_at, at = at + 12, at + 12 + (name_size + 3 & ~3)
        if at + size > len(raw):
            return
        yield raw[name_at:name_at + name_size].rstrip(b"\0"), kind, raw[at:at + size]
        at += size + 3 & ~3


def build_id_in(raw, order="<"):
    """The build-id among raw notes as lower-case hex, or None."""
    for name, kind, contents in notes(raw, order):
        if name == b"GNU" and kind == NT_GNU_BUILD_ID:
            return "".join("%02x" % byte for byte in contents)
    return None


def build_id(path):
    """The build-id of an ELF file, or None where it has none or cannot be read."""
    return _with_header(path, _find_build_id)


def is_separate(path):
    """Whether an ELF file has debuginfo alone: its code is in another file, as strip and objcopy leave it."""
    return bool(_with_header(path, _has_no_code))


def _with_header(path, ask):
    """What ask(header, read_at) says of an ELF file; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            def read_at(offset, size):
                file.seek(offset)
                return file.read(size)
            return ask(read_header(read_at), read_at)
    except (OSError, NotElf, OverflowError):
        return None


def _find_build_id(header, read_at):
    # The segments of a separate debug file are those of the program: their contents are not in it.
    for part in [s for s in header.sections if s.kind == SHT_NOTE] + [s for s in header.segments if s.kind == PT_NOTE]:
        found = build_id_in(read_at(part.offset, min(part.size, MAX_NOTES)), header.order)
        if found:
            return found
    return None


def _has_no_code(header, _):
    code = [section.kind for section in header.sections if section.flags & SHF_EXECINSTR]
    return code and all(kind == SHT_NOBITS for kind in code)
