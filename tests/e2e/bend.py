#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bend.py VMCORE COPY ADDRESS: COPY becomes VMCORE (a kdump-compressed dump) with the eight bytes at the
physical ADDRESS inverted. The changed page goes to the end of COPY, not compressed."""
import struct
import sys
import zlib

HEADER_FIELDS = 424  # disk_dump_header.status, behind signature, version, utsname and timestamp
DESCRIPTOR = struct.Struct("<QIIQ")  # page_desc: offset, size, flags, page_flags
ZLIB = 1  # DUMP_DH_COMPRESSED_ZLIB

vmcore, copy, address = sys.argv[1], sys.argv[2], int(sys.argv[3], 16)
with open(vmcore, "rb") as file:
    dump = bytearray(file.read())
assert dump[:8] == b"KDUMP   ", "not a kdump-compressed dump"
_, block, sub_header, bitmap, _ = struct.unpack_from("<5I", dump, HEADER_FIELDS)

# Two bitmaps of equal size, the second one of the pages that are in the dump; then their descriptors.
first = (1 + sub_header) * block
pages = dump[first + bitmap * block // 2:first + bitmap * block]
frame, offset = divmod(address, block)
assert pages[frame // 8] >> frame % 8 & 1, "the page is not in the dump"
before = int.from_bytes(pages, "little") & (1 << frame) - 1
descriptor = first + bitmap * block + bin(before).count("1") * DESCRIPTOR.size

where, size, flags, page_flags = DESCRIPTOR.unpack_from(dump, descriptor)
page = dump[where:where + size]
assert flags in (0, ZLIB), "the page is compressed with something else than zlib"
page = bytearray(zlib.decompress(page) if flags == ZLIB else page)
for i in range(offset, offset + 8):
    page[i] ^= 0xff
DESCRIPTOR.pack_into(dump, descriptor, len(dump), block, 0, page_flags)
with open(copy, "wb") as file:
    file.write(dump + page)
