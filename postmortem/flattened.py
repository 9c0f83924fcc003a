# SPDX-License-Identifier: GPL-2.0-or-later
"""makedumpfile's flattened format: a vmcore cut into records, as it was sent over a pipe. crash reads it as it is; here
it is read for its header alone, without being put together again.
"""
import bisect
import struct

SIGNATURE = b"makedumpfile"
RECORDS_AT = 4096
END = -1


def is_flattened(head):
    return head[:16].rstrip(b"\0") == SIGNATURE


class Flattened:
    """The vmcore in a flattened file. complete is False where the record that marks the end is missing."""

    def __init__(self, file):
        self.file = file
        self.complete = False
        # (offset in the vmcore, size, offset in the file); of those that overlap, the later one counts.
        self.records = []
        self._index()

    def _index(self):
        end_of_file = self.file.seek(0, 2)
        at = RECORDS_AT
        while True:
            self.file.seek(at)
            header = self.file.read(16)
            if len(header) < 16:
                break
            offset, size = struct.unpack(">qq", header)
            if offset == END:
                self.complete = True
                break
            if offset < 0 or size <= 0 or at + 16 + size > end_of_file:
                break
            self.records.append((offset, size, at + 16))
            at += 16 + size
        self.starts = sorted((offset, number) for number, (offset, _, _) in enumerate(self.records))
        self.longest = max([size for _, size, _ in self.records] or [0])
        self.size = max([offset + size for offset, size, _ in self.records] or [0])

    def read_at(self, offset, size):
        """At most size bytes from offset; what no record holds reads as zeros, as it would in a sparse file."""
        size = max(0, min(size, self.size - offset))
        data = bytearray(size)
        first = bisect.bisect_left(self.starts, (offset - self.longest, 0))
        last = bisect.bisect_left(self.starts, (offset + size, 0))
        for number in sorted(number for _, number in self.starts[first:last]):
            start, length, at = self.records[number]
            begin, end = max(start, offset), min(start + length, offset + size)
            if begin < end:
                self.file.seek(at + begin - start)
                data[begin - offset:end - offset] = self.file.read(end - begin)
        return bytes(data)
