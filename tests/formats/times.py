#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
times.py MODULE BENCH_SO BUILD [ROUNDS]: what a page costs in each format: CPU of nbd -j, all that the command does included,
divided by the pages that it reads. Prints the table of doc/performance.md.

Medians over ROUNDS (default 3) sessions of REPEATS commands each; the formats take turns, so that what else runs on the machine
meets them all.
"""
import collections
import os
import re
import statistics
import sys
import tempfile

import made

CRASH, REPEATS = "9.0.2", 7
UNCOMPRESSED = "makedumpfile -d 1"
module, bench, build = map(os.path.realpath, sys.argv[1:4])
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 3


def session(crash, vmlinux, paths, report):
    """Seconds of CPU of each command but the first, and how many reads it made."""
    command = [f"nbd -j > {report}", "stopwatch point"]
    with tempfile.NamedTemporaryFile("w", suffix=".commands") as file:
        file.write("\n".join([f"extend {bench}", f"extend {module}", *command * (1 + REPEATS), "q", ""]))
        file.flush()
        said = made.output_of(crash, "-s", "-i", file.name, vmlinux, *paths)
    points = [float(point) for point in re.findall(r"^point (\d+\.\d+) ", said, re.M)]
    with open(report) as file:
        reads = int(re.search(r'"reads":(\d+)', file.readline()).group(1))
    return [later - earlier for earlier, later in zip(points, points[1:])], reads


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def main():
    crash = made.output_of(f"{made.FIXTURES}/crash.sh", CRASH)
    with tempfile.TemporaryDirectory(dir=build) as directory:
        maker = made.Maker(directory, build)
        files, seconds, reads = {}, collections.defaultdict(list), set()
        for number, wanted in enumerate(made.FORMATS):
            try:
                files[wanted.name] = maker.make(number)
            except made.NotMade as problem:
                print(f"not measured: {wanted.name}: {problem}", file=sys.stderr)
        for _ in range(rounds):
            for name, paths in files.items():
                measured, count = session(crash, maker.vmlinux, paths, os.path.join(directory, "report"))
                seconds[name] += measured
                reads.add(count)
        if len(reads) != 1:
            sys.exit(f"times.py: as many reads in each format were expected, not {sorted(reads)}")
        pages, = reads
        median = {name: statistics.median(each) for name, each in seconds.items()}
        print(f"`nbd -j` by crash {CRASH}, {pages} reads, medians of {rounds * REPEATS}:\n")
        row("format", "MB", "ms", "a page, µs", "/ uncompressed")
        print("|---" * 5 + "|")
        for name, paths in files.items():
            row(f"`{name}`", f"{sum(os.stat(path).st_blocks * 512 for path in paths) / 1e6:.0f}", f"{median[name] * 1e3:.1f}",
                f"{median[name] / pages * 1e6:.1f}", f"{median[name] / median[UNCOMPRESSED]:.2f}")


main()
