#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
bench.py NBD_SO BENCH_SO [REPEATS]: what nbd.so costs among a million open files, and among ten, beside what crash and drgn
take for the same and what the mere reads take. Prints two tables, what was measured and which targets were met;
fails when two of them disagree about an owner.

All times are CPU of the process that works, medians over REPEATS (default 9; of what takes seconds a third of
that), taken between two points of one running session: start-ups do not count.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from terminal import Terminal  # noqa: E402
FIXTURES = os.path.join(HERE, "..", "..", "vmcore-fixtures")
KERNEL, CRASH = "6.1", "9.0.2"  # a crash whose own task list is complete
PROCESSES, FILES, THREADS, TENTH = 2000, 500, 2000, 10
BUSY_THREADS = 1018  # asleep in recvmsg()
TENFOLD = 10
DEVICES, CONNECTIONS = 128, 16  # of each but the field case, on the tenfold host
INTERRUPTS = 10  # moments of Ctrl-C
STARTS = 600  # seconds, at most, that crash takes to begin with eight GiB
AT_ONCE = 70  # addresses that go into a command line of crash, 1500 characters
KIB, MIB = 1024, 1 << 20


def output_of(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def crash(image, commands):
    """What a session of crash prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".commands") as file:
        file.write("\n".join(commands + ["q", ""]))
        file.flush()
        return output_of(crash_path, "-s", "-i", file.name, f"{image}/vmlinux", f"{image}/vmcore",
                         stdin=subprocess.DEVNULL)


class Session:
    """Commands of one session of crash, a stopwatch between them."""

    def __init__(self, image):
        self.image = image
        self.commands = [f"extend {bench_so}", "stopwatch begin"]

    def run(self, label, command, times=1):
        # Into a file: the share of a terminal or of a pipe's reader is none of the command's.
        self.commands += times * [f"{command} > {scratch}/{label}", f"stopwatch {label}"]
        return self

    def extend(self, module):
        self.commands += [f"extend {module}", "stopwatch extend"]
        return self

    def finish(self):
        """Medians of seconds by label; and by how many bytes the peak of resident memory grew."""
        points = re.findall(r"^(\S+) (\d+\.\d{6}) (\d+)$", crash(self.image, self.commands), re.M)
        seconds = defaultdict(list)
        for (_, before, _), (label, after, _) in zip(points, points[1:]):
            seconds[label].append(float(after) - float(before))
        return ({label: statistics.median(each) for label, each in seconds.items()},
                (int(points[-1][2]) - int(points[0][2])) * KIB)


def saved(label):
    with open(f"{scratch}/{label}") as file:
        return file.read()


def report(image):
    """The kernel's line and the device's."""
    crash(image, [f"extend {nbd_so}", f"nbd -j > {scratch}/report"])
    return [json.loads(line) for line in saved("report").splitlines()]


def check_rings(lines):
    """A socket is only in a ring that is kept by its maker; another one only in one that is not."""
    found = {}
    for device in lines:
        for holder in [h for c in device.get("connections", []) for h in c["holders"] if h["kind"] == "io_uring"]:
            found[device["name"]] = [owner["comm"] for owner in holder["tasks"]]
            check(f"references of {device['name']}", 2, device["connections"][0]["file_refs_explained"])
    check("keepers of rings", {"nbd102": ["actor"], "nbd103": ["ring-keeper"]}, found)


def field_case(lines):
    return next(line for line in lines if line.get("name") == "nbd101")


def check_tenfold(lines):
    check("connections of the tenfold host", [CONNECTIONS] * (DEVICES - 1),
          [device["num_connections"] for device in lines[1:] if device["name"] != "nbd101"])
    check("processes of the tenfold host, at least", True, lines[0]["tables_scanned"] > TENFOLD * PROCESSES)
    check("its threads, at least", True, lines[0]["tasks_walked"] > 6 * TENFOLD * PROCESSES)


def fds(owners):
    return sorted(f"{owner['tgid']}:{owner['fd']}" for owner in owners)


def measure_nbd(image, files, repeats):
    """Medians of nbd.so's commands and of the floor, how many open files there are, and how many bytes of memory nbd.so
    took."""
    many = " ".join(files[:AT_ONCE])
    # Only a session's first command resolves layouts.
    first, memory = (Session(image).extend(nbd_so).run("first", "nbd -j").run("rest", "nbd -o")
                     .run("rest", f"file_owner -j {many}").finish())
    later, _ = (Session(image).extend(nbd_so).run("warm-up", "nbd -j").run("warm-up", "floor")
                .run("all", "nbd -j", repeats).run("device", "nbd -d nbd101", repeats)
                .run("openers", "nbd -o", repeats).run("peers", "nbd -s --peers", repeats)
                .run("one", f"file_owner -j {files[0]}", repeats)
                .run("peer", f"unix_peer -j {files[0]}", repeats)
                .run("many", f"file_owner -j {many}", repeats)
                .run("floor", "floor", repeats).run("arrays", "floor arrays", repeats).finish())
    check("files answered for", min(AT_ONCE, len(files)), len(saved("many").splitlines()))
    return ({**later, "first": first["first"], "extend": first["extend"]}, int(saved("floor").split()[2]), memory)


def program_of(image, owner):
    """The struct file of the program that a task runs. Its mappings hold references that no search explains."""
    said = crash(image, [f"p ((struct task_struct *){owner['task']})->mm->exe_file"])
    return re.search(r"\(struct file \*\) (0x[0-9a-f]+)", said).group(1)


def measure_rings(image, file):
    """What it takes to look at each open file, and how many bytes of memory."""
    seconds, memory = Session(image).extend(nbd_so).run("rings", f"file_owner {file}").finish()
    return seconds["rings"], memory


def interrupt(image, commands):
    """The longest of the seconds from Ctrl-C to the prompt, at moments spread over each of these commands. A whole one
    tells how much is left of it."""
    terminal = Terminal(crash_path, nbd_so, [f"{image}/vmlinux", f"{image}/vmcore"], "--no_scroll", patience=STARTS)
    slowest = 0.0
    for command in (f"{command} > {scratch}/cut" for command in commands):
        terminal.command(command)
        begin = time.monotonic()
        shown = terminal.command(command)
        took = time.monotonic() - begin
        check(f"{command} estimates what is left", True, re.search(rb": \d+ of \d+, about \d+ s left", shown) is not None)
        cut = 0
        for moment in range(INTERRUPTS):
            output, seconds = terminal.interrupt(command, took * (moment + .5) / INTERRUPTS)
            slowest = max(slowest, seconds)
            cut += b"interrupted: the search is incomplete" in output or '"interrupted":true' in saved("cut")
            terminal.answers(f"Ctrl-C in {command}")
        # On a busy machine a command may have ended before.
        check(f"{command} was cut short, half of the times at least", True, cut >= INTERRUPTS / 2)
    terminal.close()
    return slowest


def measure_crash(image, file, files=True):
    session = Session(image).run("reference", f"foreach files -R {file}", slow_repeats)
    if files:
        session.run("files", "foreach files", slow_repeats)
    return session.finish()[0]


def owner_by_crash(file):
    """What foreach files -R has printed, as TGID:FD."""
    owners, pid = [], None
    for line in saved("reference").splitlines():
        if line.startswith("PID: "):
            pid = line.split()[1]
        elif line.split()[1:2] == [file.removeprefix("0x")]:
            owners.append(f"{pid}:{line.split()[0]}")
    return sorted(owners)


def measure_drgn(image, file):
    """The median of its passes, and what it says of the file."""
    program = output_of(f"{HERE}/drgn.sh")
    said = output_of(program.strip(), "-q", "-c", f"{image}/vmcore", "-s", f"{image}/vmlinux", "--main-symbols",
                     f"{HERE}/index_files.py", str(slow_repeats), input=file + "\n").splitlines()
    return statistics.median(map(float, said[:-1])), said[-1].split()


def check(what, expected, found):
    if expected != found:
        sys.exit(f"bench.py: {what}: {found}, not {expected}")


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def heading(*columns):
    row(*columns)
    print("|" + "---|" * len(columns))


def at_most(limit, what, value, unit=""):
    row(what, f"{value:.3g}{unit}", f"at most {limit}{unit}", "yes" if value <= limit else "NO")


def at_least(limit, what, value):
    row(what, f"{value:.3g}", f"at least {limit}", "yes" if value >= limit else "NO")


def milliseconds(seconds):
    return f"{seconds * 1000:.1f}"


ROWS = [
    ("all", "`nbd -j`, all devices"),
    ("first", "`nbd -j`, first command of a session"),
    ("one", "`file_owner` of one file"),
    ("peer", "`unix_peer` of one socket"),
    ("many", f"`file_owner` of {AT_ONCE} files"),
    ("peers", "`nbd -s --peers`: owners of both ends of all connections"),
    ("device", "`nbd -d nbd101`"),
    ("openers", "`nbd -o`"),
    ("floor", "floor: readmem of all task_structs, tables and fd arrays"),
    ("arrays", "of that, the fd arrays"),
]
OTHERS = [
    ("reference", "crash: `foreach files -R FILE`"),
    ("files", "crash: `foreach files > FILE`"),
    ("drgn", "drgn: `for_each_file()` of all processes"),
]


def main():
    images = {play: output_of(f"{FIXTURES}/build.sh", KERNEL, play).strip()
              for play in ("crowd", "crowd-tenth", "crowd-unthreaded", "crowd-busy", "crowd-tenfold")}
    reports = {play: report(image) for play, image in images.items()}
    peers = {play: [c["peer"] for c in field_case(lines)["connections"] if c["peer"]["owners"]]
             for play, lines in reports.items()}
    kernel, device = reports["crowd"]
    check_tenfold(reports["crowd-tenfold"])
    busy_reads = reports["crowd-busy"][0]["reads_for"]
    check("connections", 1311, device["num_connections"])
    check_rings(reports["crowd-busy"][1:])
    check("a table each process, at least", True, kernel["tables_scanned"] > PROCESSES)
    check("a task each process and thread, at least", True, kernel["tasks_walked"] > PROCESSES + THREADS)

    times, files, memory = {}, {}, {}
    for play, image in images.items():
        times[play], files[play], memory[play] = measure_nbd(
            image, [peer["file"] for peer in peers[play]], slow_repeats if play == "crowd-tenfold" else repeats)
    check("files among the processes, at least", True, files["crowd"] > PROCESSES * FILES)
    check("files of the tenfold host, at least", True, files["crowd-tenfold"] > TENFOLD * PROCESSES * FILES)
    program = program_of(images["crowd-tenfold"], field_case(reports["crowd-tenfold"])["openers"][0]["task"])
    rings, memory["rings"] = measure_rings(images["crowd-tenfold"], program)
    slowest = interrupt(images["crowd-tenfold"], ["nbd -j", f"file_owner {program}"])
    file, owners = peers["crowd-busy"][0]["file"], fds(peers["crowd-busy"][0]["owners"])
    reference = measure_crash(images["crowd-busy"], file, files=False)["reference"]
    # crash lists each of a process's threads.
    check("crash has the owners among the busy", True, set(owners) <= set(owner_by_crash(file)))
    file, owners = peers["crowd"][0]["file"], fds(peers["crowd"][0]["owners"])
    others = measure_crash(images["crowd"], file)
    check("crash says of the owners", owners, owner_by_crash(file))
    others["drgn"], found = measure_drgn(images["crowd"], file)
    check("drgn says of the owners", owners, found)

    whole, tenth, unthreaded, busy, tenfold = (times[play] for play in images)
    heading("milliseconds of CPU", "whole", "whole / floor", "busy", "busy / floor", "a tenth", "growth to the whole",
            "ten times", "ten times / floor", "growth to ten times")
    for label, text in ROWS:
        row(text, milliseconds(whole[label]), f"{whole[label] / whole['floor']:.2f}", milliseconds(busy[label]),
            f"{busy[label] / busy['floor']:.2f}", milliseconds(tenth[label]), f"{whole[label] / tenth[label]:.1f}",
            milliseconds(tenfold[label]), f"{tenfold[label] / tenfold['floor']:.2f}",
            f"{tenfold[label] / whole[label]:.1f}")
    row("`file_owner` of a program that runs: each open file is looked at", *6 * [""], milliseconds(rings),
        f"{rings / tenfold['floor']:.2f}", "")
    for label, text in OTHERS:
        row(text, milliseconds(others[label]), f"{others[label] / whole['floor']:.0f}",
            *([milliseconds(reference), f"{reference / busy['floor']:.0f}"] if label == "reference" else ["", ""]),
            *5 * [""])
    print()
    heading("target", "measured", "wanted", "met")
    at_least(100, "`foreach files -R` / `file_owner`", others["reference"] / whole["one"])
    at_least(20, "`foreach files` / `file_owner`", others["files"] / whole["one"])
    at_most(1.5, "`file_owner` / floor", whole["one"] / whole["floor"])
    at_most(1.5, "owners of both ends of all connections / floor", whole["peers"] / whole["floor"])
    at_most(2, "`nbd -j` / floor", whole["all"] / whole["floor"])
    at_least(150, "busy: `foreach files -R` / `file_owner`", reference / busy["one"])
    at_most(1.5, "busy: `file_owner` / floor", busy["one"] / busy["floor"])
    at_most(1.5, "busy: owners of both ends of all connections / floor", busy["peers"] / busy["floor"])
    at_most(1.5, "busy: `unix_peer` / floor", busy["peer"] / busy["floor"])
    at_most(1.5, "busy: `nbd -d nbd101` / floor", busy["device"] / busy["floor"])
    at_most(2, "busy: `nbd -j` / floor", busy["all"] / busy["floor"])
    at_most(1.3, "busy: pages read for system calls / threads inside one", busy_reads["system_calls"] / BUSY_THREADS)
    at_most(300, "busy: pages read for rings", busy_reads["rings"])
    at_most(1.5, "first command of a session / later ones", whole["first"] / whole["all"])
    at_most(3, "`file_owner` / fd arrays alone", whole["one"] / whole["arrays"])
    at_most(TENTH, "growth of `nbd -j` from a tenth to the whole", whole["all"] / tenth["all"])
    at_most(TENTH, "growth of `file_owner`", whole["one"] / tenth["one"])
    at_most(1.5, "a thread that shares a table / reading its task_struct",
            (whole["peers"] - unthreaded["peers"]) / (whole["floor"] - unthreaded["floor"]))
    at_most(32, "memory beyond crash's own", memory["crowd"] / MIB, " MiB")
    at_most(10, "`extend`", whole["extend"] * 1000, " ms")
    # The floor of an open file is another one there, since more tasks lead to it.
    for label, what in (("one", "`file_owner`"), ("all", "`nbd -j`")):
        at_most(1.1, f"ten times: {what} of an open file / floor of one, against the whole's",
                (tenfold[label] / tenfold["floor"]) / (whole[label] / whole["floor"]))
    at_most(64, "ten times: memory beyond crash's own", max(memory["crowd-tenfold"], memory["rings"]) / MIB, " MiB")
    at_most(0.2, "ten times: Ctrl-C to prompt, the slowest", slowest, " s")


nbd_so, bench_so = map(os.path.realpath, sys.argv[1:3])
repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 9
slow_repeats = (repeats + 2) // 3
crash_path = output_of(f"{FIXTURES}/crash.sh", CRASH).strip()
with tempfile.TemporaryDirectory() as scratch:
    main()
