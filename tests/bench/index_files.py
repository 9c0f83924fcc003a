#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
index_files.py REPEATS, run by drgn: who has which file open, for every open file of every process.
Prints the seconds of CPU that each pass took, then "TGID:FD" of the files at the addresses on standard input.
"""
import sys
import time
from collections import defaultdict

from drgn.helpers.linux.fs import for_each_file
from drgn.helpers.linux.pid import for_each_task


def index():
    owners = defaultdict(list)
    for task in for_each_task(prog):
        if task.pid == task.tgid:
            for fd, file in for_each_file(task):
                owners[file.value_()].append(f"{task.tgid.value_()}:{fd}")
    return owners


for _ in range(int(sys.argv[1])):
    began = time.process_time()
    owners = index()
    print(time.process_time() - began)
for line in sys.stdin:
    print(" ".join(sorted(owners[int(line, 16)])))
