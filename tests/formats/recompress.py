# SPDX-License-Identifier: GPL-2.0-or-later
"""A vmcore whose pages are compressed with snappy, as makedumpfile -p makes it: Debian builds neither its makedumpfile nor its
QEMU with snappy. Its crash has it, and so the library is there.
"""
import ctypes
import os
import struct
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "damage"))
import kdump

ZLIB, SNAPPY = 1, 4  # both in the header's status and in the flags of each page
STATUS = 424
_library = ctypes.CDLL("libsnappy.so.1")
_library.snappy_max_compressed_length.restype = ctypes.c_size_t


def _snappy(page):
    room = _library.snappy_max_compressed_length(ctypes.c_size_t(len(page)))
    result, size = ctypes.create_string_buffer(room), ctypes.c_size_t(room)
    if _library.snappy_compress(page, ctypes.c_size_t(len(page)), result, ctypes.byref(size)):
        raise ValueError("snappy does not compress a page")
    return result.raw[:size.value]


def to_snappy(path, result):
    """Makes result of the vmcore at path, which makedumpfile has compressed with zlib. A page that does not get smaller stays
    as it is; pages that share their contents go on doing so."""
    old = kdump.Vmcore(path)
    end = old.descriptors + old.before[-1] * kdump.DESCRIPTOR.size
    new = bytearray(old.bytes[:end])
    status, = struct.unpack_from("<I", new, STATUS)
    struct.pack_into("<I", new, STATUS, status & ~ZLIB | SNAPPY)
    moved = {}
    for at in range(old.descriptors, end, kdump.DESCRIPTOR.size):
        offset, size, flags, page_flags = kdump.DESCRIPTOR.unpack_from(new, at)
        if offset not in moved:
            raw = old.bytes[offset:offset + size]
            page = zlib.decompress(raw) if flags & ZLIB else raw
            compressed = _snappy(page)
            contents, how = (compressed, SNAPPY) if len(compressed) < len(page) else (page, 0)
            moved[offset] = len(new), len(contents), how
            new += contents
        kdump.DESCRIPTOR.pack_into(new, at, *moved[offset], page_flags)
    with open(result, "wb") as file:
        file.write(new)
