# SPDX-License-Identifier: GPL-2.0-or-later
"""A vmcore as makedumpfile -c writes it, of x86_64: reads it by virtual address, and writes copies with
other contents.

The file: a header block, a sub header, two bitmaps (pages that exist, pages that were dumped), a
descriptor for each dumped page in order of their number, and the pages (makedumpfile's diskdump_mod.h).
A changed page is appended uncompressed and its descriptor turned to it; nothing else moves.
"""
import re
import struct
import zlib

PAGE = 4096
DESCRIPTOR = struct.Struct("<QIIQ")  # offset, size, flags, page_flags
ZLIB = 1
PRESENT, HUGE = 1, 1 << 7
ADDRESS = 0x000FFFFFFFFFF000
KERNEL_MAP = 0xFFFFFFFF80000000


class Unreadable(Exception):
    """The page is not in the vmcore, or nothing is mapped at the address."""


class Vmcore:
    """The undamaged file; damaged copies are made with write()."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.bytes = file.read()
        if self.bytes[:8] != b"KDUMP   ":
            raise ValueError(f"{path} is no compressed kdump")
        # Behind the signature: version, utsname, padding, timestamp, status.
        block, sub_blocks, bitmap_blocks = struct.unpack_from("<iiI", self.bytes, 8 + 4 + 390 + 6 + 16 + 4)
        if block != PAGE:
            raise ValueError(f"{path} has blocks of {block} bytes")
        # Negative where the kernel was put below where it is linked to.
        self.phys_base, = struct.unpack_from("<q", self.bytes, PAGE)
        half = bitmap_blocks * PAGE // 2
        self.bitmap = (1 + sub_blocks) * PAGE + half
        self.dumped = self.bytes[self.bitmap:self.bitmap + half]
        self.descriptors = (1 + sub_blocks + bitmap_blocks) * PAGE
        # Dumped pages before each byte of the bitmap.
        self.before = [0]
        for byte in self.dumped:
            self.before.append(self.before[-1] + byte.bit_count())
        self.pages = {}
        # vmcoreinfo stands in the sub header as text.
        sub_header = self.bytes[PAGE:self.descriptors]
        self.top_table = self._info(sub_header, rb"SYMBOL\(swapper_pg_dir\)=([0-9a-f]+)", 16) - KERNEL_MAP + self.phys_base
        self.levels = 5 if self._info(sub_header, rb"NUMBER\(pgtable_l5_enabled\)=([0-9]+)", 10) else 4

    @staticmethod
    def _info(text, pattern, base):
        return int(re.search(pattern, text).group(1), base)

    def descriptor_at(self, frame):
        """The file offset of a page's descriptor."""
        byte, bit = divmod(frame, 8)
        if byte >= len(self.dumped) or not self.dumped[byte] >> bit & 1:
            raise Unreadable(f"page {frame:#x} is not in the vmcore")
        index = self.before[byte] + (self.dumped[byte] & (1 << bit) - 1).bit_count()
        return self.descriptors + index * DESCRIPTOR.size

    def page(self, frame):
        """The contents of a page."""
        if frame not in self.pages:
            offset, size, flags, _ = DESCRIPTOR.unpack_from(self.bytes, self.descriptor_at(frame))
            raw = self.bytes[offset:offset + size]
            self.pages[frame] = zlib.decompress(raw) if flags & ZLIB else raw
        return self.pages[frame]

    def physical(self, addr):
        """Where a kernel virtual address is: the walk of arch/x86/mm."""
        table, shift = self.top_table, 12 + 9 * (self.levels - 1)
        while True:
            entry, = struct.unpack_from("<Q", self.page(table // PAGE), (addr >> shift & 511) * 8)
            if not entry & PRESENT:
                raise Unreadable(f"nothing is mapped at {addr:#x}")
            if shift == 12 or entry & HUGE and shift <= 30:
                within = (1 << shift) - 1
                return entry & ADDRESS & ~within | addr & within
            table, shift = entry & ADDRESS, shift - 9

    def read(self, addr, size):
        """Bytes of kernel memory."""
        data = b""
        while len(data) < size:
            at = self.physical(addr + len(data))
            data += self.page(at // PAGE)[at % PAGE:][:size - len(data)]
        return data

    def number(self, addr, size=8):
        """An unsigned number of kernel memory."""
        return int.from_bytes(self.read(addr, size), "little")

    def write(self, path, changes, dropped=()):
        """A copy with changes, a list of (address, bytes), and without the pages of some addresses, as if
        makedumpfile had filtered them."""
        image = bytearray(self.bytes)
        pages = {}
        for addr, data in changes:
            for i, byte in enumerate(data):
                at = self.physical(addr + i)
                pages.setdefault(at // PAGE, bytearray(self.page(at // PAGE)))[at % PAGE] = byte
        for frame, page in pages.items():
            DESCRIPTOR.pack_into(image, self.descriptor_at(frame), len(image), PAGE, 0, 0)
            image += page
        # From the last on, for each takes its descriptor out of the row.
        for frame in sorted({self.physical(addr) // PAGE for addr in dropped}, reverse=True):
            image[self.bitmap + frame // 8] &= ~(1 << frame % 8)
            at = self.descriptor_at(frame)
            end = self.descriptors + self.before[-1] * DESCRIPTOR.size
            image[at:end] = image[at + DESCRIPTOR.size:end] + bytes(DESCRIPTOR.size)
        with open(path, "wb") as file:
            file.write(image)
