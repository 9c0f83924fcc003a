#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check.py SCHEMA DIRECTORY: what a guest recorded of crash on its own running kernel."""
import collections
import json
import os
import subprocess
import sys
import tempfile

RUNS = 200
schema, directory = sys.argv[1:3]
VALIDATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e/validate.py")


def text(name):
    with open(os.path.join(directory, name), errors="replace") as file:
        return file.read()


def fail(message):
    sys.exit(f"check.py: {message}\n{text('said')[-2000:]}")


def main():
    if text("status").strip() != "0":
        fail(f"crash ended with status {text('status').strip()}")
    reports = [[]]
    for number, line in enumerate(text("report").splitlines(), 1):
        try:
            value = json.loads(line)
        except ValueError as error:
            fail(f"line {number} is no JSON: {error}")
        if "end" in value:
            reports.append([])
        else:
            reports[-1].append(value)
    if reports.pop():
        fail("the last report is not finished")
    if len(reports) != RUNS:
        fail(f"{len(reports)} reports, not {RUNS}")
    for number, report in enumerate(reports, 1):
        kinds = [line["type"] for line in report]
        if kinds[:1] != ["kernel"] or set(kinds[1:]) - {"device"}:
            fail(f"report {number} has the lines {kinds}")
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for report in reports:
            for line in report:
                file.write(json.dumps(line) + "\n")
        file.flush()
        subprocess.run([VALIDATE, schema, file.name], check=True)
    devices = [line for report in reports for line in report[1:]]
    # The test would show nothing if nothing had changed meanwhile.
    shapes = {tuple((line["name"], line["config"]) for line in report[1:]) for report in reports}
    if len(shapes) < RUNS // 4:
        fail(f"only {len(shapes)} different sets of devices were seen")
    if not any(line["connections"] and line["connections"][0]["peer"] for line in devices):
        fail("no connection with its other end was seen")
    incomplete = sum(bool(report[0]["unreadable"]) or report[0]["tasks_unreadable"] > 0 or report[0]["tables_unreadable"] > 0
                     for report in reports)
    said = collections.Counter(problem.split(":")[0][:70] for line in devices for problem in line["unreadable"])
    findings = collections.Counter(f["id"] for line in devices for f in line["findings"])
    print(f"{RUNS} reports of {len(devices)} devices, {len(shapes)} different; attached {text('attached').strip()} times meanwhile")
    print(f"reports that say they are incomplete: {incomplete}")
    for what, count in (said + collections.Counter()).most_common(12):
        print(f"  {count:5} {what}")
    print("findings: " + ", ".join(f"{name} {count}" for name, count in findings.most_common()))
    print("memory: " + ", ".join(line for line in text("memory").replace("\t", " ").splitlines() if line.startswith(("VmRSS", "VmHWM"))))


main()
