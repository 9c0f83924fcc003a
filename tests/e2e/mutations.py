#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""mutations.py E2E OUTPUTS FIXTURE: proves that the end-to-end tests can fail.

Each value of the report that the guest's record can prove is falsified in turn, for one device, in a
copy of the outputs; the tests that compare with the record (CASES) must fail on each of them. `make mutations` runs this.
"""
import concurrent.futures
import copy
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile

e2e, outputs, fixture = sys.argv[1:4]

# Not provable by what a guest can see of itself: addresses, and counters that only the kernel has.
UNPROVABLE = {
    "gendisk", "nbd_device", "config", "config_refs", "refs", "nbd_sock", "socket", "sk", "file", "task",
    "object", "dead_conn_timeout_seconds", "socket_type", "what", "local", "listener_alive",
    "request", "object_kind", "retries", "text", "evidence", "remedy", "kernel_commit", "why", "freed_when",
    "cause", "consequences", "steps", "ways_out", "send_window",
}
# nbd-client's parent sets the device up and exits: whether another task has its task_struct by now is
# luck. The scene qemu-nbd and the field case prove setup_task.
BY_LUCK = {("nbd0", "setup_task")}
# The tests that compare with the record, those first that notice most.
CASES = ("truth", "scenes", "why", "waiting", "above", "log", "diagnosis")
# These stand for all: ioctl, netlink, TCP, a server that is stopped, two owners, the field case.
DEVICES = {"nbd0", "nbd2", "nbd4", "nbd8", "nbd12", "nbd14", "nbd101"}
CONNECTIONS = 1


def leaves(value, path=()):
    """Every path to a value that is neither null nor a container."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in UNPROVABLE:
                yield from leaves(inner, path + (key,))
    elif isinstance(value, list):
        yield path + ("length",)
        for i, inner in enumerate(value[:CONNECTIONS]):
            yield from leaves(inner, path + (i,))
    elif value is not None:
        yield path


def falsify(device, path):
    """A copy of the device with another value at the path."""
    changed = copy.deepcopy(device)
    inner = changed
    if path[-1] == "length":
        for key in path[:-1]:
            inner = inner[key]
        if inner:
            inner.pop()
        else:
            inner.append({"pid": 1, "tgid": 1, "comm": "x", "task": "0x1", "state": "S", "fd": 0})
        return changed
    for key in path[:-1]:
        inner = inner[key]
    value = inner[path[-1]]
    inner[path[-1]] = not value if isinstance(value, bool) else value + 1000 if isinstance(value, (int, float)) else value + "x"
    return changed


def fails(directory):
    """True when the tests notice."""
    for case in CASES:
        env = dict(os.environ, CK_RUN_CASE=case, CK_FORK="no")
        run = subprocess.run([e2e, directory, fixture], env=env, capture_output=True, check=False)
        if run.returncode:
            return True
    return False


def write(directory, reports, changed):
    """Both reports, with this device in the place of the real one."""
    for name, lines in reports.items():
        with open(os.path.join(directory, name), "w") as out:
            for line in lines:
                mine = line["type"] == "device" and line["nbd_device"] == changed["nbd_device"]
                out.write(json.dumps(changed if mine else line) + "\n")


def provable(report):
    """Each (device, path) that is to be falsified."""
    for device in report:
        if device.get("name") not in DEVICES:
            continue
        for path in leaves(device):
            # The guest counts a queue in bytes: only whether it is empty can be compared.
            if (device["name"], path[0]) in BY_LUCK or path[-1] == "receive_queue":
                continue
            # Of the log's messages crash prints the stamp; only a request's message proves its age.
            if path[0] == "log" and path[-1] == "age_seconds":
                continue
            # The record's own keys, and names that follow from a number beside them.
            if path[0] in ("type", "name", "index", "unreadable") or path[:2] == ("flags", "names"):
                continue
            yield device, path


def main():
    reports = {}
    for name in ("nbd-j", "nbd-a-j"):
        with open(os.path.join(outputs, name)) as report:
            reports[name] = [json.loads(line) for line in report]
    jobs = os.cpu_count() or 1
    free = queue.Queue()

    def missed(mutation):
        """The mutation's name when the tests do not notice it."""
        device, path = mutation
        directory = free.get()
        write(directory, reports, falsify(device, path))
        noticed = fails(directory)
        free.put(directory)
        return None if noticed else f"{device['name']}: {'/'.join(map(str, path))}"

    with tempfile.TemporaryDirectory() as parent:
        for job in range(jobs):
            directory = os.path.join(parent, str(job))
            shutil.copytree(outputs, directory)
            free.put(directory)
        if fails(directory):
            sys.exit("mutations.py: the tests fail without any change")
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            results = list(pool.map(missed, provable(reports["nbd-j"])))
    silent = [name for name in results if name]
    for name in silent:
        print(f"not noticed: {name}")
    print(f"{len(results) - len(silent)} passed, {len(silent)} failed")
    sys.exit(1 if silent else 0)


main()
