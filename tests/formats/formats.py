#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
formats.py MODULE BUILD: MODULE gives the same report of one memory whatever format the vmcore has, in each crash that opens it.
Every command's output is compared byte by byte, the reads that it took included; that of a filtered vmcore by rule.py.
Prints a table of formats and crashes; a format that the tools at hand do not make is NOT COMPARED, with the tool's own words.
"""
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

import made
import rule

# 8.0.6 opens no image of a guest that QEMU has stopped while its processors were idle: doc/kernels.md.
CRASHES = ["8.0.2", "9.0.2"]
REQUIRED = 15  # formats of made.FORMATS, the reference included
JOBS = os.cpu_count()
JSON = {"report": "nbd -a -j", "owners": "file_owner -j {files}", "peers": "unix_peer -j {files}"}
TEXT = {"list": "nbd -a", "device": "nbd -v -d nbd101", "sockets": "nbd -s --peers", "requests": "nbd -r -o", "check": "nbd -c -v",
        "graph": "nbd --dot", "holders": "file_owner {files}"}
module, build = map(os.path.realpath, sys.argv[1:3])


def session(crash, vmlinux, paths, directory, **words):
    """The outputs of all commands by their labels; crash's own words where it failed."""
    outputs = {label: os.path.join(directory, label) for label in {**JSON, **TEXT}}
    commands = [f"{command.format(**words)} > {outputs[label]}" for label, command in {**JSON, **TEXT}.items()]
    with open(os.path.join(directory, "commands"), "w") as file:
        file.write("\n".join([f"extend {module}", *commands, "q", ""]))
    ran = subprocess.run(["timeout", "300", crash, "-s", "-i", file.name, vmlinux, *paths], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if ran.returncode:
        return None, " ".join(ran.stdout.split())[-200:]
    contents = {}
    for label, path in outputs.items():
        with open(path, errors="surrogateescape") as file:
            contents[label] = file.read()
    return contents, ""


def lines_of(text):
    """JSON Lines; what is none, a message, is a line as well."""
    return [json.loads(line) if line.startswith("{") else line for line in text.splitlines()]


def some_files(report):
    """Of one connection of each device its file and its peer's, where they are known: what file_owner and unix_peer are asked about."""
    first = [device["connections"][0] for device in lines_of(report)[1:] if device["connections"]]
    files = [file for each in first for file in (each["file"], (each["peer"] or {}).get("file")) if file]
    return " ".join(files[:60])


def check_reference(outputs, files):
    """What is compared must be there."""
    kernel, *devices = lines_of(outputs["report"])
    counts = {"devices with connections": sum(bool(device["connections"]) for device in devices),
              "connections": sum(len(device["connections"]) for device in devices),
              "reads": kernel["reads"], "files asked about": len(files.split()),
              "files with an owner": sum(bool(line.get("owners")) for line in lines_of(outputs["owners"]))}
    wanted = {"devices with connections": 25, "connections": 1300, "reads": 1000, "files asked about": 30, "files with an owner": 10}
    few = [f"{counts[what]} {what}, not {least}" for what, least in wanted.items() if counts[what] < least]
    few += [f"no output of {label}" for label, text in outputs.items() if len(text) < 100]
    if few:
        sys.exit("formats.py: this is no memory to compare: " + ", ".join(few))
    return ", ".join(f"{number} {what}" for what, number in counts.items())


def first_difference(label, expected, found):
    for one, other in zip(expected.splitlines() + ["(end)"], found.splitlines() + ["(end)"]):
        if one != other:
            at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
            return f"{label}: {one[max(0, at - 40):at + 40]!r}, here {other[max(0, at - 40):at + 40]!r}"
    return f"{label} differs"


def compare(expected, found, filtered):
    """The cell of the table, and what is wrong."""
    different = [label for label in expected if expected[label] != found[label]]
    if not different:
        return "equal", []
    if not filtered:
        return "DIFFERS", [first_difference(label, expected[label], found[label]) for label in different]
    pairs = [(lines_of(expected[label]), lines_of(found[label])) for label in JSON]
    # The text of a report that is the same is the same.
    wrong = [place for pair in pairs for place in rule.differences(*pair)]
    if not any(label in JSON for label in different):
        wrong += [first_difference(label, expected[label], found[label]) for label in different]
    return ("DIFFERS", wrong) if wrong else (f"{sum(rule.unknown(*pair) for pair in pairs)} unknown", [])


class Comparison:
    def __init__(self, directory):
        self.directory = directory
        self.maker = made.Maker(directory, build)
        self.crashes = {version: made.output_of(f"{made.FIXTURES}/crash.sh", version) for version in CRASHES}
        self.files = ""

    def run(self, version, paths):
        with tempfile.TemporaryDirectory(dir=self.directory) as directory:
            return session(self.crashes[version], self.maker.vmlinux, paths, directory, files=self.files or "0")

    def reference(self):
        """What each crash says of the first format."""
        paths = self.maker.make(0)
        outputs, said = self.run(CRASHES[0], paths)
        self.files = some_files(outputs["report"]) if outputs else ""
        expected = {}
        for version, (outputs, said) in zip(CRASHES, pool.map(lambda version: self.run(version, paths), CRASHES)):
            if not outputs:
                sys.exit(f"formats.py: crash {version} does not open the {made.FORMATS[0].name}: {said}")
            print(f"crash {version}: {check_reference(outputs, self.files)}")
            expected[version] = outputs
        return expected

    def row(self, number, expected):
        """Of one format: its cells, what is wrong, and why it was not made."""
        wanted = made.FORMATS[number]
        try:
            paths = self.maker.make(number)
        except made.NotMade as problem:
            return ["NOT MADE" if wanted.required else "-"] * len(CRASHES), [], str(problem)
        cells, wrong = [], []
        for version in CRASHES:
            outputs, said = self.run(version, paths)
            cell, found = compare(expected[version], outputs, made.is_filtered(wanted)) if outputs else ("NOT OPENED", [said])
            cells.append(cell)
            wrong += [f"crash {version}: {one}" for one in found]
        self.maker.remove(paths)
        return cells, wrong, None


def main():
    rule.check()
    os.makedirs(build, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as directory:
        comparison = Comparison(directory)
        expected = comparison.reference()
        rows = pool.map(lambda number: comparison.row(number, expected), range(1, len(made.FORMATS)))
        print(f"\n{made.FORMATS[0].name}, an ELF file, is what these are compared with:")
        print(f"{'format':<60}" + "".join(f"{version:<12}" for version in CRASHES))
        compared, failed, left_out = 1, 0, []
        for wanted, (cells, wrong, reason) in zip(made.FORMATS[1:], rows):
            print(f"{wanted.name:<60}" + "".join(f"{cell:<12}" for cell in cells), flush=True)
            for one in wrong[:10]:
                print(f"    {one}")
            if reason is not None:
                left_out.append(f"NOT COMPARED: {wanted.name}: {reason}")
            compared += wanted.required and reason is None and not wrong
            failed += bool(wrong) or wanted.required and reason is not None
    print("\n" + "\n".join(left_out + [f"{compared} required formats compared, {failed} failed, {len(left_out)} not compared"]))
    return int(failed != 0 or compared != REQUIRED)


with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
    sys.exit(main())
