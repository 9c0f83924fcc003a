#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rebuild_id.py FILE COPY: a copy of a module's debuginfo that has another build-id, as if of another build."""
import sys

# An Elf64_Nhdr of a build-id of 20 bytes, and its name.
NOTE = bytes([4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0]) + b'GNU\0'

data = bytearray(open(sys.argv[1], 'rb').read())
at = data.find(NOTE)
if at < 0 or data.find(NOTE, at + 1) >= 0:
    sys.exit(f'{sys.argv[1]} has no build-id, or several')
data[at + len(NOTE)] ^= 0xff
open(sys.argv[2], 'wb').write(data)
