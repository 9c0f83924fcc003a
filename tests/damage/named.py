#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""named.py CRASH MODULE FIXTURE VMLINUX: the damages that have a name, each on the real vmcore, with what must
be said of it.
"""
import argparse
import concurrent.futures
import json
import os
import random
import sys
import tempfile

from image import Image, session

LIMIT = 10.0


def word(value, size=8):
    return (value & (1 << 8 * size) - 1).to_bytes(size, "little")


class Names:
    """Finds what is damaged."""

    def __init__(self, image):
        self.image = image
        self.rng = random.Random(1)

    def place(self, device, name, member):
        return self.image.place(device, name, member, self.rng)[0]

    def conn(self, device, index=0):
        return self.image.devices[device]["connections"][index]

    def sk(self, device, peer=False):
        conn = self.conn(device)
        return int((conn["peer"] if peer else conn)["sk"], 16)

    def task(self, device):
        return int(self.conn(device)["peer"]["owners"][0]["task"], 16)

    def at(self, addr, struct, member):
        return self.image.at(addr, struct, member)


# Each yields the changes and a function that judges the report: (the lines by device, the kernel's line, text).

def says(device, *texts):
    def judge(devices, _kernel, _text):
        dev = devices[device]
        said = " ".join(dev["unreadable"] + [f["text"] for f in dev["findings"] if f["severity"] != "info"])
        missing = [text for text in texts if text not in said]
        return f"{device} does not say {missing} but {said!r}" if missing else None
    return judge


def num_connections_inflated(names):
    return [(names.place("nbd0", "nbd_config", "num_connections"), word(0x7FFFFFFF, 4))], says("nbd0", "num_connections 2147483647 is impossible")


def num_connections_negative(names):
    return [(names.place("nbd0", "nbd_config", "num_connections"), word(-1, 4))], says("nbd0", "num_connections -1 is impossible")


def socks_points_to_itself(names):
    place = names.place("nbd101", "nbd_config", "socks")
    array = names.image.vmcore.number(place)
    return [(array, word(array))], says("nbd101", "connection 0")


def all_socks_are_one(names):
    array = names.image.vmcore.number(names.place("nbd2", "nbd_config", "socks"))
    first = names.image.vmcore.read(array, 8)
    return [(array + 8, first)], says("nbd2", "fewer references than holders")


def peer_is_itself(names):
    sk = names.sk("nbd0")
    return [(names.at(sk, "unix_sock", "peer"), word(sk))], says("nbd0", "is its own other end")


def peers_loop_over_three(names):
    """nbd0's end -> nbd12's end -> nbd15's end -> nbd0's end."""
    ends = [names.sk(name) for name in ("nbd0", "nbd12", "nbd15")]
    changes = [(names.at(sk, "unix_sock", "peer"), word(ends[(i + 1) % 3])) for i, sk in enumerate(ends)]
    return changes, says("nbd12", "its other end is connected to another socket")


def fd_table_of_2_30(names):
    return [(names.place("nbd0", "fdtable", "max_fds"), word(1 << 30, 4))], incomplete


def incomplete(devices, kernel, text):
    """Owners may be missing, and where one is the device says so."""
    if not kernel["tables_unreadable"] and not kernel["tasks_unreadable"]:
        return "nothing is said to be unreadable"
    if kernel["tables_unreadable"] and ", 0 unreadable" in text or kernel["tasks_unreadable"] and "list links unreadable" not in text:
        return "the text says that all was read"
    return None


def lost_owner(device):
    def judge(devices, kernel, text):
        peer = devices[device]["connections"][0]["peer"]
        if not peer["owners"] and not devices[device]["findings"][0]["severity"] != "info":
            return f"{device} has lost the owner of its other end and says nothing"
        return incomplete(devices, kernel, text)
    return judge


def task_list_cut(names):
    """After init_task comes the end."""
    head = names.at(names.image.symbol["init_task"], "task_struct", "tasks.next")
    return [(head, word(head))], lost_owner("nbd0")


def task_list_cut_in_the_middle(names):
    head = names.at(names.image.symbol["init_task"], "task_struct", "tasks.next")
    before = names.image.vmcore.number(names.at(names.task("nbd0"), "task_struct", "tasks.next") + 8)
    return [(before, word(head))], lost_owner("nbd0")


def task_list_cyclic(names):
    """A task's next is the task itself."""
    link = names.at(names.task("nbd0"), "task_struct", "tasks.next")
    return [(link, word(link))], incomplete


def task_list_leads_back(names):
    """The list turns back to a task that was seen, not to its head."""
    second = names.image.vmcore.number(names.at(names.image.symbol["init_task"], "task_struct", "tasks.next"))
    return [(names.at(names.task("nbd0"), "task_struct", "tasks.next"), word(second))], incomplete


def thread_list_cyclic(names):
    link = names.at(names.task("nbd0"), "task_struct", "thread_node.next")
    return [(link, word(link))], incomplete


ESCAPES = b"\x1b]0;owned\x07\x1b[2J\r\n\xe2\x80\xae"


def disk_name_without_end(names):
    return [(names.place("nbd0", "gendisk", "disk_name"), b"A" * 32)], by_address("nbd0", "A" * 32)


def disk_name_of_escapes(names):
    return [(names.place("nbd0", "gendisk", "disk_name"), (ESCAPES * 3)[:32])], by_address("nbd0", "\\x1b")


def by_address(device, name):
    """The name is shown escaped, and said to be wrong."""
    def judge(devices, _kernel, text):
        dev = next((dev for dev in devices.values() if dev["index"] == int(device[3:])), None)
        if not dev or name not in dev["name"] or not any("disk_name" in text for text in dev["unreadable"]):
            return f"{device} is {dev and (dev['name'], dev['unreadable'])}"
        return None if name in text else "the text does not show the name"
    return judge


def shown(*texts):
    def judge(_devices, _kernel, text):
        missing = [t for t in texts if t not in text]
        return f"{missing} is not shown" if missing else None
    return judge


def path_without_end(names):
    """sun_path may fill its 108 bytes without a NUL."""
    address = names.image.objects("nbd0", "unix_address", names.rng)
    changes = [(names.at(address, "unix_address", "len"), word(110, 4)),
               (names.at(address, "unix_address", "name[0].sun_path"), b"P" * 108)]
    return changes, shown("P" * 108)


def path_of_escapes(names):
    return [(names.place("nbd0", "unix_address", "name[0].sun_path"), ESCAPES[:12])], shown("\\x1b]0;owned\\x07")


def path_longer_than_its_buffer(names):
    return [(names.place("nbd0", "unix_address", "len"), word(0x7FFFFFFF, 4))], says("nbd0", "its name could not be read")


def comm_without_end(names):
    return [(names.place("nbd0", "task_struct", "comm"), b"C" * 16)], shown("C" * 16)


def comm_of_escapes(names):
    return [(names.place("nbd0", "task_struct", "comm"), ESCAPES[:16])], shown("\\x1b]0;owned\\x07")


TESTS = [
    num_connections_inflated, num_connections_negative, socks_points_to_itself, all_socks_are_one, peer_is_itself,
    peers_loop_over_three, fd_table_of_2_30, task_list_cut, task_list_cut_in_the_middle, task_list_cyclic,
    task_list_leads_back, thread_list_cyclic, disk_name_without_end, disk_name_of_escapes, path_without_end,
    path_of_escapes, path_longer_than_its_buffer, comm_without_end, comm_of_escapes,
]


def run(image, test):
    """What is wrong, or None."""
    changes, judge = test(Names(image))
    with tempfile.TemporaryDirectory() as directory:
        vmcore, report, text = (os.path.join(directory, name) for name in ("vmcore", "report", "text"))
        image.vmcore.write(vmcore, changes)
        stamps = os.path.join(directory, "stamps")
        stamp = f"!date +%s.%N >> {stamps}"
        status, said = session(image.crash, image.vmlinux, vmcore, [
            *image.load(), stamp, f"nbd -a -j > {report}", stamp, f"nbd -s --peers -v -a >> {text}", stamp, f"nbd >> {text}", stamp], directory)
        with open(stamps) as file:
            times = [float(line) for line in file]
        if status or len(times) != 4:
            return f"crash ended with status {status}: {said[-300:]}"
        if max(b - a for a, b in zip(times, times[1:])) > LIMIT:
            return f"too slow: {times}"
        with open(report) as file:
            lines = [json.loads(line) for line in file]
        with open(text, "rb") as file:
            printed = file.read()
    if any(byte < 32 and byte != 10 or byte == 127 for byte in printed) or "\u202e" in printed.decode():
        return "the text has control characters"
    return judge({dev["name"]: dev for dev in lines[1:]}, lines[0], printed.decode())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1)
    for name in ("crash", "module", "fixture", "vmlinux"):
        parser.add_argument(name)
    parser.add_argument("tests", nargs="*", help="all")
    args = parser.parse_args()
    image = Image(args.crash, os.path.realpath(args.module), args.fixture, args.vmlinux)
    tests = [test for test in TESTS if not args.tests or test.__name__ in args.tests]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for test, wrong in zip(tests, pool.map(lambda test: run(image, test), tests)):
            failed += wrong is not None
            print(f"{'FAILED' if wrong else 'passed'}  {test.__name__.replace('_', ' ')}{': ' + wrong if wrong else ''}", flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
