# SPDX-License-Identifier: GPL-2.0-or-later
"""One memory in many formats: those that QEMU has dumped (the fixture of the play formats), and what makedumpfile makes of the
ELF file among them.
"""
import collections
import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "..", "vmcore-fixtures")
sys.path.insert(0, os.path.join(HERE, "..", ".."))
from postmortem import flattened, vmcore
from recompress import to_snappy

KERNEL, PLAY = "6.1", "formats"
PART = "part of a kdump"
WHOLE = "-d 1"  # all but pages of zeros
PARTS = 3
# By default a part has at least 1 GiB, and the first would have all.
SPLIT = ["--split", "--splitblock-size", "4096"]

Format = collections.namedtuple("Format", "name kind pages level by how required")
Format.__doc__ = """kind: what nbd-postmortem has to call the file; pages: how they are compressed, and level: what is filtered, both None in
ELF files; by and how: who makes it and with which options, or which file of the fixture it is."""


def _qemu(name, file, kind="flattened kdump", pages=None, required=True):
    # QEMU leaves pages of zeros out, as makedumpfile -d 1 does.
    return Format(name, kind, pages, pages and "1", "qemu", file, required)


def _makedumpfile(options, kind="kdump", pages=None, required=True):
    return Format(f"makedumpfile {options}", kind, pages, pages and options.split()[-1], "makedumpfile", options, required)


# The first one is what all others are compared with. A format that is not required is compared where the tool at hand can make it:
# Debian builds its QEMU without lzo and snappy, and its makedumpfile without snappy.
FORMATS = [
    _qemu("QEMU dump-guest-memory", "vmcore", "ELF"),
    _qemu("QEMU dump-guest-memory -z", "qemu-zlib", pages="zlib"),
    _qemu("QEMU dump-guest-memory -l", "qemu-lzo", pages="lzo", required=False),
    _qemu("QEMU dump-guest-memory -s", "qemu-snappy", pages="snappy", required=False),
    _makedumpfile("-d 1", pages="uncompressed"),
    _makedumpfile("-l -d 1", pages="lzo"),
    _makedumpfile("-p -d 1", pages="snappy", required=False),
    Format("recompress.py, with snappy", "kdump", "snappy", "1", "recompress", "-c -d 1", True),
    _makedumpfile("-z -d 1", pages="zstd"),
    _makedumpfile("-c -d 1", pages="zlib"),
    _makedumpfile("-c -F -d 1", "flattened kdump", "zlib"),
    _makedumpfile("-c --split -d 1", PART, pages="zlib"),
    _makedumpfile("-E -d 1", "ELF"),
    _makedumpfile("-E -F -d 1", "flattened ELF"),
    _makedumpfile("-c -d 31", pages="zlib"),
    _makedumpfile("-z -d 31", pages="zstd"),
    _makedumpfile("-c --split -d 31", PART, pages="zlib"),
    _makedumpfile("-E -d 31", "ELF"),
]


def is_filtered(wanted):
    """Whether pages are left out that are not zero."""
    return wanted.by != "qemu" and not wanted.how.endswith(WHOLE)


class NotMade(Exception):
    """The tool at hand does not make the format; the text has its own words."""


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


COMPRESSIONS = {0: "uncompressed", 1: "zlib", 2: "lzo", 4: "snappy", 32: "zstd"}


def _pages(read_at):
    """How a compressed vmcore's pages are compressed, by their descriptors, and at which level it was filtered."""
    block, sub_blocks, bitmap_blocks = struct.unpack_from("<iiI", read_at(0, 4096), 428)
    half = bitmap_blocks * block // 2
    level, split, begin, end = struct.unpack_from("<iiQQ", read_at(block, 32), 8)
    dumped = int.from_bytes(read_at((1 + sub_blocks) * block + half, half), "little")
    if split:
        dumped = dumped >> begin & (1 << end - begin) - 1
    descriptors = read_at((1 + sub_blocks + bitmap_blocks) * block, 24 * dumped.bit_count())
    return {COMPRESSIONS.get(flags, hex(flags)) for _, _, flags, _ in struct.iter_unpack("<QIIQ", descriptors)}, level


def _kind(path):
    try:
        found = vmcore.read(path)
    except vmcore.OnlyPart:
        return PART
    except vmcore.NoVmcore as problem:
        raise NotMade(str(problem)) from problem
    if found.damage or not found.release:
        raise NotMade(f"the file is damaged: {found.damage or 'it names no kernel'}")
    return found.format


def what_is(paths):
    """The kind of the files of one vmcore, how its pages are compressed but for those that did not get smaller, and the level of its
    filter; the latter two are None in ELF files. Raises NotMade where one is damaged."""
    kinds, pages, levels = set(), set(), set()
    for path in paths:
        kind = _kind(path)
        kinds.add(kind)
        if kind.endswith("ELF"):
            continue
        with open(path, "rb") as file:
            def read_at(offset, size):
                file.seek(offset)
                return file.read(size)
            used, level = _pages(flattened.Flattened(file).read_at if flattened.is_flattened(read_at(0, 4096)) else read_at)
        pages |= used
        levels.add(level)
    if len(pages) > 1:
        pages -= {"uncompressed"}
    return tuple("+".join(map(str, sorted(each))) or None for each in (kinds, pages, levels))


class Maker:
    """Makes the formats, in a directory that is somebody else's to remove; vmlinux is what crash opens them with."""

    def __init__(self, directory, build):
        self.directory = directory
        self.fixture = output_of(f"{FIXTURES}/build.sh", KERNEL, PLAY)
        # With gdb's index crash starts in half the time.
        self.vmlinux = os.path.join(build, f"{os.path.basename(self.fixture)}.vmlinux")
        output_of(os.path.join(HERE, "..", "damage", "indexed.sh"), f"{self.fixture}/vmlinux", self.vmlinux)
        self.makedumpfile = output_of(f"{FIXTURES}/makedumpfile.sh")
        self.elf = os.path.join(directory, "elf")
        subprocess.run(["cp", "--sparse=always", f"{self.fixture}/vmcore", self.elf], check=True)
        self._program_headers_first()

    def _program_headers_first(self):
        """makedumpfile looks for them right behind the ELF header, where QEMU has section headers since 7.2."""
        with open(self.elf, "r+b") as file:
            header = bytearray(file.read(64))
            offset, = struct.unpack_from("<Q", header, 32)
            size, count = struct.unpack_from("<HH", header, 54)
            file.seek(offset)
            programs = file.read(size * count)
            struct.pack_into("<QQ", header, 32, len(header), 0)
            struct.pack_into("<HHHHHH", header, 52, len(header), size, count, 0, 0, 0)
            file.seek(0)
            file.write(header + programs)

    def make(self, number):
        """The files of FORMATS[number], which are what the table says. Raises NotMade."""
        wanted = FORMATS[number]
        if wanted.by == "qemu":
            paths, said = self._dumped(wanted.how)
        else:
            path = os.path.join(self.directory, str(number))
            if wanted.by == "recompress":
                self._run(wanted.how, f"{path}.zlib")
                to_snappy(f"{path}.zlib", path)
                os.unlink(f"{path}.zlib")
                paths, said = [path], ""
            else:
                paths, said = self._run(wanted.how, path)
        found = what_is(paths)
        if found != (wanted.kind, wanted.pages, wanted.level):
            self.remove(paths)
            raise NotMade(said or f"it is {found}")
        return paths

    def _dumped(self, name):
        path = f"{self.fixture}/{name}"
        if os.path.exists(path):
            return [path], ""
        with open(f"{self.fixture}/refused") as file:
            raise NotMade("; ".join(line.strip() for line in file if line.split()[1].endswith(name.removeprefix("qemu-"))))

    def _run(self, options, path):
        words = options.split()
        paths = [path]
        if "--split" in words:
            at = words.index("--split")
            words[at:at + 1] = SPLIT
            paths = [f"{path}.{part}" for part in range(1, PARTS + 1)]
        flat = "-F" in words
        with open(path if flat else os.devnull, "wb") as output:
            ran = subprocess.run([self.makedumpfile, *words, self.elf, *([] if flat else paths)], stdin=subprocess.DEVNULL,
                                 stdout=output if flat else subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = [line.strip() for line in f"{ran.stdout or ''}{ran.stderr}".splitlines()]
        if ran.returncode:
            raise NotMade(" ".join([*said[-3:], f"(makedumpfile's status is {ran.returncode})"]))
        return paths, " ".join(line for line in said if "is disabled" in line)

    def remove(self, paths):
        """What make() has made; the fixture's files stay."""
        for path in paths:
            if path.startswith(self.directory):
                os.unlink(path)
