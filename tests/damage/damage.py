#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""damage.py [--count N | --telling] [--seed N] [--jobs N] [--only NUMBER...] CRASH MODULE FIXTURE VMLINUX: runs
MODULE on damaged copies of a real vmcore and judges what it says of each. README.md explains the rules.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import subprocess
import sys
import tempfile

from fields import DROPPED, FIELDS, INFLATED, JUDGED, MUST, PLAUSIBLE, POINTER_WILD, TELLING, UNUSED, WHOLE
from image import Image, session
from kdump import Unreadable

COMMAND_LIMIT = 10.0  # seconds, as long as crash had a CPU for half of them
TICKS = os.sysconf("SC_CLK_TCK")
HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "../../doc/report.schema.json")
VALIDATE = os.path.join(HERE, "../e2e/validate.py")
# Run in turn, one a session, beside `nbd -a -j` and one of unix_peer and file_owner.
TEXTS = ["nbd", "nbd -s --peers -v -d {dev}", "nbd -r -o", "nbd --dot", "nbd -c", "nbd -d {dev}"]
NOTICED, SHOWN, NOTHING, SILENT = "noticed", "shown as found", "no effect", "SILENT"
FAULT, SLOW, WRONG = "FAULT", "SLOW", "INVALID"
OUTCOMES = [NOTICED, SHOWN, NOTHING, SILENT, FAULT, SLOW, WRONG]

Case = collections.namedtuple("Case", "number device object member kind rule changes dropped")


def damaged(kind, old, image, rng):
    """What stands in the place of old (bytes) after damage of a kind."""
    size = len(old)
    if kind == "bit flipped":
        bit = rng.randrange(8 * size)
        return (int.from_bytes(old, "little") ^ 1 << bit).to_bytes(size, "little")
    if kind in ("zeroed", "null pointer"):
        return bytes(size)
    if kind == "all ones":
        return b"\xff" * size
    if kind == "count inflated":
        return (INFLATED & (1 << 8 * size) - 1).to_bytes(size, "little")
    if kind == "wild pointer":
        return POINTER_WILD.to_bytes(size, "little")
    if kind == "pointer elsewhere":
        return image.symbol["init_task"].to_bytes(size, "little")
    if kind == "name without end":
        return b"A" * size
    if kind == "escape sequences":
        return (b"\x1b]0;owned\x07\x1b[2J\r\n" * 16)[:size]
    raise ValueError(kind)


def make_case(image, number, device, name, member, kind, rng):
    """One damage; None where the device has no such object."""
    if kind in ("page dropped", "other byte"):
        try:
            addr = image.objects(device, name, rng)
            if addr is None:
                return None
            image.vmcore.read(addr, 1)
        except (Unreadable, KeyError):
            return None
        if kind == "page dropped":
            return Case(number, device, name, member, kind, JUDGED, [], [addr])
        addr += image.uncovered(name, rng)
        old = image.vmcore.read(addr, 1)
        return Case(number, device, name, member, kind, JUDGED, [(addr, bytes([old[0] ^ 1 << rng.randrange(8)]))], [])
    place = image.place(device, name, member, rng)
    if not place:
        return None
    addr, size = place
    try:
        old = image.vmcore.read(addr, size)
    except Unreadable:
        return None
    new = damaged(kind, old, image, rng)
    if new == old:
        return None
    rule = FIELDS[name, member][kind]
    if callable(rule):
        as_text = kind in ("name without end", "escape sequences") or member == "disk_name"
        rule = rule(kind, *((old, new) if as_text else (int.from_bytes(v, "little") for v in (old, new))))
    return Case(number, device, name, member, kind, rule, [(addr, new)], [])


def draw(image, count, rng):
    """Cases of all members and kinds in turn, each time of another device."""
    combinations = [(name, member, kind) for (name, member), kinds in FIELDS.items() for kind in kinds]
    combinations += [(name, "", "page dropped") for name in DROPPED]
    combinations += [(name, "", "other byte") for name in WHOLE]
    return choose(image, combinations, count, rng)


def choose(image, combinations, count, rng):
    # Healthy devices first: there a silent damage would pass for health.
    names = [name for name, dev in image.devices.items() if dev["config"]]
    healthy = [name for name in names if not notices(image.devices[name])]
    cases = []
    while len(cases) < count:
        before = len(cases)
        rng.shuffle(combinations)
        for name, member, kind in combinations:
            rng.shuffle(names)
            for device in rng.sample(healthy, len(healthy)) + names:
                case = make_case(image, len(cases), device, name, member, kind, rng)
                if case:
                    cases.append(case)
                    break
            if len(cases) == count:
                break
        if len(cases) == before:
            raise SystemExit("nothing can be damaged in this image")
    return cases


def notices(dev):
    """What a report says to be wrong with a device."""
    return {(f["id"], f["text"]) for f in dev["findings"] if f["severity"] != "info"} | {("unreadable", text) for text in dev["unreadable"]}


def ids(dev):
    return {f["id"] for f in dev["findings"] if f["severity"] != "info"}


def compare(image, lines):
    """(outcome of the report as a whole, the devices that changed silently)"""
    kernel, devices = lines[0], {dev["index"]: dev for dev in lines[1:]}
    before = image.report[0]
    incomplete = (set(kernel["unreadable"]) - set(before["unreadable"]) or
                  kernel["tasks_unreadable"] > before["tasks_unreadable"] or
                  kernel["tables_unreadable"] > before["tables_unreadable"])
    noticed, silent = bool(incomplete), []
    for old in image.devices.values():
        dev = devices.get(old["index"])
        if dev == old:
            continue
        if dev is None:
            if not kernel["unreadable"]:
                silent.append(old["name"])
            continue
        if notices(dev) - notices(old):
            noticed = True
        elif not incomplete or ids(old) - ids(dev):
            silent.append(old["name"])
    return (NOTICED if noticed else NOTHING), silent


def run(image, case, directory):
    """(outcome, detail, JSON lines) of one damage."""
    vmcore = os.path.join(directory, "vmcore")
    report, stamps, text = (os.path.join(directory, name) for name in ("report", "stamps", "text"))
    image.vmcore.write(vmcore, case.changes, case.dropped)
    dev = image.devices[case.device]
    conn = dev["connections"][0] if dev["connections"] else {"sk": "1000", "file": "1000"}
    tests = [f"nbd -a -j > {report}"]
    tests += [f"{TEXTS[case.number % len(TEXTS)].format(dev=dev['gendisk'] if case.number % 5 else dev['name'])} >> {text}"]
    tests += [f"file_owner {conn['file']} >> {text}" if case.number % 2 else f"unix_peer {conn['sk']} {conn['file']} >> {text}"]
    # The time, and the CPU time that crash has used.
    stamp = f"!echo $(date +%s.%N) $(cut -d' ' -f14,15 /proc/$PPID/stat) >> {stamps}"
    commands = [*image.load(), stamp]
    for test in tests:
        commands += [test, stamp]
    try:
        status, said = session(image.crash, image.vmlinux, vmcore, commands, directory)
    except subprocess.TimeoutExpired:
        return SLOW, "the session did not end", []
    finally:
        os.unlink(vmcore)
    with open(stamps) if os.path.exists(stamps) else open(os.devnull) as file:
        times = [(float(now), (int(user) + int(system)) / TICKS) for now, user, system in map(str.split, file)]
    if status or len(times) != len(tests) + 1:
        ended = f"after {len(times) - 1} of {len(tests)} commands" if times else "before the first command"
        return FAULT, f"exit status {status} {ended}: {said[-200:]!r}", []
    for test, before, after in zip(tests, times, times[1:]):
        took, cpu = (b - a for a, b in zip(before, after))
        # On a busy machine a command waits for its turn.
        if took > COMMAND_LIMIT and cpu > COMMAND_LIMIT / 2:
            return SLOW, f"{test}: {took:.1f} s, {cpu:.1f} s of them on a CPU", []
    try:
        with open(report) as file:
            raw = file.read().splitlines()
        # Where the page took the module's BTF, too, there are no layouts and no report, but a sentence that says so.
        if case.dropped and len(raw) == 1 and re.match("nbd: nbd's structures are unknown: .*Try: mod -s nbd ", raw[0]):
            return NOTICED, "", []
        lines = [json.loads(line) for line in raw]
        with open(text, "rb") as file:
            printed = file.read()
    except (OSError, ValueError) as error:
        return WRONG, str(error), []
    if not lines:
        return WRONG, "no JSON", []
    if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", printed):
        return WRONG, "control characters in the text", []
    outcome, silent = compare(image, lines)
    if silent and case.rule in (PLAUSIBLE,):
        outcome = NOTICED if outcome == NOTICED else SHOWN
    elif silent:
        return SILENT, "changed without a word: " + ", ".join(silent[:4]), raw
    elif outcome == NOTHING and case.rule == MUST:
        return SILENT, "the report is what it was", raw
    elif outcome == NOTICED and case.rule == UNUSED:
        return SILENT, "must not matter", raw
    return outcome, "", raw


def describe(case):
    what = f"{case.object}.{case.member}" if case.member else case.object
    where = ", ".join(f"{addr:x}={data[:16].hex()}" for addr, data in case.changes) or ", ".join(f"{addr:x}" for addr in case.dropped)
    return f"{case.number} {case.device} {what}: {case.kind} ({case.rule}) [{where}]"


def table(results):
    """Damage by kind and outcome."""
    counts = collections.Counter((case.kind, outcome) for case, outcome, _ in results)
    print(f"{'':<20}" + "".join(f"{outcome:>16}" for outcome in OUTCOMES))
    for kind in sorted({case.kind for case, _, _ in results}) + ["all"]:
        row = [sum(n for (k, o), n in counts.items() if o == outcome and kind in (k, "all")) for outcome in OUTCOMES]
        print(f"{kind:<20}" + "".join(f"{n:>16}" for n in row))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--telling", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of cases")
    parser.add_argument("crash")
    parser.add_argument("module")
    parser.add_argument("fixture")
    parser.add_argument("vmlinux")
    args = parser.parse_args()
    image = Image(args.crash, os.path.realpath(args.module), args.fixture, args.vmlinux)
    rng = random.Random(args.seed)
    cases = choose(image, list(TELLING), len(TELLING), rng) if args.telling else draw(image, args.count, rng)
    if args.only:
        cases = [case for case in cases if case.number in args.only]
    results, jsonl = [], []

    def one(case):
        with tempfile.TemporaryDirectory() as directory:
            return (case, *run(image, case, directory))

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for case, outcome, detail, raw in pool.map(one, cases):
            results.append((case, outcome, detail))
            if len(results) % 50 == 0:
                print(f"{len(results)} of {len(cases)}", file=sys.stderr, flush=True)
            # 1311 connections each time would keep the validator busy for hours.
            jsonl += [line for line in raw if f'"name":"{case.device}"' in line[:200] or '"type":"kernel"' in line[:60]] if case.device != "nbd101" else raw[:1]
            if outcome in (SILENT, FAULT, SLOW, WRONG) or args.only:
                print(f"{outcome}: {describe(case)}: {detail}", flush=True)
    table(results)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(jsonl) + "\n")
        file.flush()
        subprocess.run([VALIDATE, SCHEMA, file.name], check=True)
    failed = sum(outcome in (SILENT, FAULT, SLOW, WRONG) for _, outcome, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
