#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check.py DIRECTORY: what the guest had in /var/crash after its second boot."""
import glob
import json
import os
import sys

os.chdir(sys.argv[1])
(vmcore,) = glob.glob("2*/dump.*")
beside = os.path.dirname(vmcore)
assert sorted(os.listdir(beside)) == sorted([os.path.basename(vmcore), "dmesg." + beside, "nbd-report.json", "nbd-report.txt"]), os.listdir(beside)
with open(beside + "/nbd-report.json", encoding="utf-8") as file:
    row, device = [json.loads(line) for line in file]
assert (row["vmcore"], row["status"], row["devices"]) == ("/var/crash/" + vmcore, "findings", 1), row
assert row["vmlinux"].startswith("/usr/lib/debug/boot/vmlinux-") and row["nbd_debuginfo"], row
assert device["name"] == "nbd0" and "dead-connection" in [finding["id"] for finding in device["findings"]], device
with open(beside + "/nbd-report.txt", encoding="utf-8") as file:
    assert "dead-connection" in file.read()
with open("first", encoding="utf-8") as first, open("second", encoding="utf-8") as second:
    assert first.read() == second.read(), "it has been read twice"
with open("priorities", encoding="utf-8") as file:
    processes = file.read().splitlines()
assert processes and all(line.split(" ", 1)[1] == "19 SCHED_IDLE idle" for line in processes), processes
print("kdump: after the crash of %s, %s has its report, once; %s" % (row["host"], vmcore, ", ".join(processes)))
