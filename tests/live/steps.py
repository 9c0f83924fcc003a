#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""steps.py SCHEMA DIRECTORY: what a guest recorded of steps that were taken, as a table; and whether each call got what
ways_out had said."""
import csv
import errno
import json
import os
import subprocess
import sys
import tempfile

schema, directory = sys.argv[1:3]
VALIDATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e/validate.py")
HANGS = 124  # the guest's word for a call that did not return


def text(name):
    with open(os.path.join(directory, name), errors="replace") as file:
        return file.read()


def lines(name):
    return csv.reader(text(name).splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)


def forecasts(number):
    """The report of a round: ways_out of each device by name. It must satisfy the schema."""
    report = text(f"{number}/report")
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(report)
        file.flush()
        subprocess.run([VALIDATE, schema, file.name], check=True, stdout=subprocess.DEVNULL)
    return {value["name"]: value["ways_out"] for value in map(json.loads, report.splitlines()) if value["type"] == "device"}


def result_of(status):
    if status == HANGS:
        return "hangs"
    return errno.errorcode.get(status, f"status {status}") if status else "ok"


def compare_calls():
    """What was said to hang may be ended by an earlier step; what works must not be made worse by one."""
    reports = {}
    for name, device, step, key, status, done_before in lines("calls"):
        number = step.split(".")[0]
        if number not in reports:
            reports[number] = forecasts(number)
        said, got = reports[number][device][key]["result"], result_of(int(status))
        if said != "ok" and done_before == "yes":
            continue
        yield "passed" if said == got else "FAILED", name, device, step, f"ways_out {key}: {said} was said, {got} came", ""


def main():
    if text("status").strip() != "0":
        sys.exit(f"steps.py: crash ended with status {text('status').strip()}\n{text('said')[-2000:]}")
    rows = [*map(tuple, lines("rows")), *compare_calls()]
    scenes = list(dict.fromkeys(row[1] for row in rows))
    rows.sort(key=lambda row: (scenes.index(row[1]), row[3] == "end", row[3]))
    for row in rows:
        print(f"{row[0]:6}  {row[1]:18}  {row[2]:6}  {row[3]:4}  {row[4]}{'  (' + row[5] + ')' if row[5] else ''}")
    # A device of which no step was taken would show nothing.
    idle = [name for name in scenes if not any(row[1] == name and "." in row[3] for row in rows)]
    failed = sum(row[0] != "passed" for row in rows)
    for name in idle:
        print(f"FAILED  {name}: no step was taken")
    print(f"{len(rows) - failed} passed, {failed + len(idle)} failed")
    sys.exit(1 if failed or idle else 0)


main()
