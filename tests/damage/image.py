# SPDX-License-Identifier: GPL-2.0-or-later
"""Where nbd's objects are in a fixture's vmcore: offsets from crash, addresses from nbd.so's own report."""
import json
import os
import re
import subprocess
import tempfile

from fields import FIELDS, WHOLE
from kdump import Unreadable, Vmcore

# Objects of the table that have the layout of another.
STRUCT_OF = {"idr slot": None, "fd slot": None}
# What objects are found by.
PATHS = [
    ("gendisk", "part0"), ("gendisk", "queue"), ("unix_sock", "addr"), ("task_struct", "files"), ("files_struct", "fdt"),
    ("fdtable", "fd"), ("nbd_device", "tag_set"), ("nbd_device", "tag_set.tags"), ("idr", "idr_rt.xa_head"), ("idr", "idr_base"),
    ("xa_node", "shift"), ("xa_node", "slots"), ("nbd_config", "socks"), ("sock", "sk_socket"),
    ("task_struct", "tasks.next"), ("task_struct", "thread_node.next"),
]
LIMIT = 300


def struct_of(name):
    """The structure of an object of the table: "peer sock" is a sock."""
    return STRUCT_OF.get(name, name.removeprefix("peer "))


def session(crash, vmlinux, vmcore, commands, directory):
    """Runs crash on commands; (exit status, what it printed)."""
    path = os.path.join(directory, "commands")
    with open(path, "w") as file:
        file.write("\n".join([*commands, "q", ""]))
    run = subprocess.run([crash, "-s", "-i", path, vmlinux, vmcore], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
    return run.returncode, run.stdout.decode(errors="replace")


class Image:
    """A fixture with the undamaged report of it."""

    def __init__(self, crash, module, fixture, vmlinux):
        self.crash, self.module, self.vmlinux = crash, module, vmlinux
        self.debuginfo = os.path.join(fixture, "nbd.ko.debug")
        self.vmcore = Vmcore(os.path.join(fixture, "vmcore"))
        self.member = {}  # (struct, member): (offset, size), of those this kernel has
        self.size = {}
        self.symbol = {}
        with tempfile.TemporaryDirectory() as directory:
            self._ask(directory)
        self.devices = {dev["name"]: dev for dev in self.report if dev["type"] == "device"}

    def load(self):
        """The commands that load nbd.so."""
        return [f"extend {self.module}"]

    def _ask(self, directory):
        wanted = {(struct_of(name), member) for name, member in FIELDS} | set(PATHS)
        structs = {struct for struct, _ in wanted} | {struct_of(name) for name in WHOLE} | {"block_device", "blk_mq_tags"}
        report = os.path.join(directory, "report")
        commands = [*self.load(), f"nbd -a -j > {report}", f"mod -s nbd {self.debuginfo}"]
        for struct, member in sorted((s, m) for s, m in wanted if s):
            place = f"((struct {struct} *)0)->{member}"
            commands.append(f'gdb printf "member {struct} {member} %lu %lu\\n", (unsigned long)&{place}, (unsigned long)sizeof({place})')
        for struct in sorted(s for s in structs if s):
            commands.append(f'gdb printf "size {struct} %lu\\n", (unsigned long)sizeof(struct {struct})')
        for symbol in ("nbd_index_idr", "init_task"):
            commands.append(f"sym {symbol}")
        status, said = session(self.crash, self.vmlinux, self.vmcore.path, commands, directory)
        if status or not os.path.exists(report):
            raise SystemExit(f"crash failed on the undamaged image:\n{said}")
        for struct, member, offset, size in re.findall(r"^member (\S+) (\S+) (\d+) (\d+)$", said, re.M):
            self.member[struct, member] = int(offset), int(size)
        for struct, size in re.findall(r"^size (\S+) (\d+)$", said, re.M):
            self.size[struct] = int(size)
        for addr, symbol in re.findall(r"^([0-9a-f]{16}) \(\S+\) (\S+)", said, re.M):
            self.symbol[symbol] = int(addr, 16)
        with open(report) as lines:
            self.report = [json.loads(line) for line in lines]

    def at(self, addr, struct, member):
        return addr + self.member[struct, member][0]

    def pointer(self, addr, struct, member):
        return self.vmcore.number(self.at(addr, struct, member))

    def has(self, name, member):
        struct = struct_of(name)
        return struct is None or (struct, member) in self.member

    def _idr_slot(self, index):
        """The address of the slot that leads to the device."""
        idr = self.symbol["nbd_index_idr"]
        entry = self.pointer(idr, "idr", "idr_rt.xa_head")
        at = self.at(idr, "idr", "idr_rt.xa_head")
        index -= self.vmcore.number(self.at(idr, "idr", "idr_base"), 4)
        while entry & 3 == 2:
            node = entry - 2
            shift = self.vmcore.number(self.at(node, "xa_node", "shift"), 1)
            at = self.at(node, "xa_node", "slots") + (index >> shift & 63) * 8
            entry = self.vmcore.number(at)
        return at

    def objects(self, name, kind, rng):
        """The address of an object of a device by its name in the table, or None where it has none."""
        dev = self.devices[name]
        conn = rng.choice(dev["connections"]) if dev["connections"] else None
        peer = conn and conn["peer"]
        request = rng.choice(dev["requests"]) if dev["requests"] else None
        address = lambda o, key: int(o[key], 16) if o and o.get(key) else None
        family = conn and conn["family"]
        if kind in ("nbd_device", "gendisk", "nbd_config"):
            return address(dev, {"nbd_config": "config"}.get(kind, kind))
        if kind in ("nbd_sock", "socket", "file"):
            return address(conn, kind)
        if kind in ("peer socket", "peer file"):
            return address(peer, kind.removeprefix("peer "))
        if kind == "sock":
            return address(conn, "sk")
        if kind == "peer sock":
            return address(peer, "sk")
        if kind == "unix_sock":
            return address(conn, "sk") if family == "unix" else None
        if kind == "tcp_sock":
            return address(conn, "sk") if family in ("inet", "inet6") else None
        if kind == "peer unix_sock":
            return address(peer, "sk") if family == "unix" else None
        if kind == "unix_address":
            return family == "unix" and peer and self.pointer(address(peer, "sk"), "unix_sock", "addr") or None
        if kind == "request":
            return address(request, "request")
        if kind == "nbd_cmd":
            return request and address(request, "request") + self.size["request"]
        if kind == "block_device":
            return self.pointer(address(dev, "gendisk"), "gendisk", "part0")
        if kind == "blk_mq_tags":
            return self.vmcore.number(self.pointer(address(dev, "nbd_device"), "nbd_device", "tag_set.tags"))
        if kind == "idr slot":
            return self._idr_slot(dev["index"])
        # The rest is of the process that serves the connection.
        owner = peer["owners"][0] if peer and peer["owners"] else None
        if not owner:
            return None
        task = address(owner, "task")
        if kind == "task_struct":
            return task
        files = self.pointer(task, "task_struct", "files")
        if kind == "files_struct" or not files:
            return files or None
        table = self.pointer(files, "files_struct", "fdt")
        if kind == "fdtable":
            return table
        return self.pointer(table, "fdtable", "fd") + owner["fd"] * 8

    def place(self, device, name, member, rng):
        """(address, size) of a member of the table in one device; None where there is none."""
        if not self.has(name, member):
            return None
        try:
            addr = self.objects(device, name, rng)
        except Unreadable:
            return None
        if addr is None:
            return None
        if struct_of(name) is None:
            return addr, 8
        offset, size = self.member[struct_of(name), member]
        return addr + offset, size

    def uncovered(self, name, rng):
        """The offset of a byte of an object that no member of the table covers."""
        covered = set()
        for other, member in FIELDS:
            if struct_of(other) == struct_of(name) and self.has(other, member):
                offset, size = self.member[struct_of(other), member]
                covered.update(range(offset, offset + size))
        return rng.choice([i for i in range(self.size[struct_of(name)]) if i not in covered])
