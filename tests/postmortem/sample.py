# SPDX-License-Identifier: GPL-2.0-or-later
"""Made-up vmcores, ELF files and records, small enough to be written down. What is real comes from vmcore-fixtures/."""
import struct

BUILD_ID = "00112233445566778899aabbccddeeff00112233"
VMCOREINFO = "OSRELEASE=6.1.0-1-amd64\nBUILD-ID=%s\nPAGESIZE=4096\nCRASHTIME=1700000000\n" % BUILD_ID
PAGES = 5


def note(name, kind, contents):
    name += b"\0"
    pad = lambda raw: raw + b"\0" * (-len(raw) % 4)  # noqa: E731
    return struct.pack("<III", len(name), len(contents), kind) + pad(name) + pad(contents)


def elf(segments, machine=62, code=None):
    """An ELF file of (type, contents) segments; code is the type of its one section, of instructions."""
    offset = 64 + 56 * len(segments)
    headers = bodies = b""
    for kind, contents in segments:
        headers += struct.pack("<IIQQQQQQ", kind, 4, offset, 0, 0, len(contents), len(contents), 0)
        offset += len(contents)
        bodies += contents
    sections = struct.pack("<IIQQQQIIQQ", 0, code, 4, 0, 0, 0, 0, 0, 0, 0) if code else b""
    head = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 4, machine, 1, 0, 64, offset if code else 0, 0, 64, 56, len(segments), 64, len(sections) // 64, 0)
    return head + headers + bodies + sections


def vmlinux(build_id=BUILD_ID, code=None):
    return elf([(4, note(b"GNU", 3, bytes.fromhex(build_id)))], code=code)


def elf_vmcore(info=VMCOREINFO, machine=62):
    return elf([(4, note(b"CORE", 1, b"x" * 8) + note(b"VMCOREINFO", 0, info.encode())), (1, b"memory" * 1000)], machine)


def kdump(info=VMCOREINFO, status=1, nodename=b"host1", machine=b"x86_64", split=0):
    """makedumpfile's format: header, sub-header, VMCOREINFO behind it, two bitmaps of a block each, descriptors, pages."""
    block = 4096
    names = b"".join(word.ljust(65, b"\0") for word in (b"Linux", nodename, b"6.1.0-1-amd64", b"#1", machine, b"(none)"))
    head = b"KDUMP   " + struct.pack("<i", 6) + names
    head = head.ljust(408, b"\0") + struct.pack("<qq", 0, 0) + struct.pack("<IiiI", status, block, 2, 2)
    info = info.encode()
    sub = struct.pack("<Qii", 0, 31, split) + struct.pack("<QQQQ", 0, 0, 2 * block, len(info))
    bitmap = ((1 << PAGES) - 1).to_bytes(block, "little")
    data_at = 5 * block + 24 * PAGES
    descriptors = b"".join(struct.pack("<QIIQ", data_at + 100 * page, 100, 1, 0) for page in range(PAGES))
    return head.ljust(block, b"\0") + sub.ljust(block, b"\0") + info.ljust(block, b"\0") + bitmap * 2 + descriptors + b"p" * (100 * PAGES)


def flatten(raw, piece=1000, end=True):
    """raw in makedumpfile's flattened format, its beginning written last, as makedumpfile does."""
    pieces = [(at, raw[at:at + piece]) for at in range(0, len(raw), piece)]
    records = b"".join(struct.pack(">qq", at, len(part)) + part for at, part in pieces[1:] + pieces[:1])
    return b"makedumpfile".ljust(16, b"\0") + struct.pack(">qq", 1, 1) + b"\0" * (4096 - 32) + records + (struct.pack(">qq", -1, -1) if end else b"")


def finding(severity="error", **others):
    return dict({"id": "peer-closed", "severity": severity, "text": "the other end is closed", "evidence": ["0xff11"], "remedy": "detach",
                 "kernel_commit": "04d8fb23e520"}, **others)


def task(comm="server"):
    return {"pid": 7, "tgid": 7, "comm": comm, "task": "0xff77", "state": "D"}


def device(name="nbd7", connections=3, findings=None):
    """What nbd -j prints of a device, as far as somebody reads it."""
    conns = [{
        "index": index, "nbd_sock": "0xff%02x" % index, "socket": "0xff22", "sk": "0xff23", "file": "0xff24", "inode": 5, "family": "unix",
        "socket_type": "STREAM", "dead": index == 0, "state": "ESTABLISHED", "shutdown": 0, "send_queue_bytes": 0, "receive_queue": 0, "file_refs": 1,
        "file_refs_explained": 1, "owners": [dict(task(), fd=4)], "holders": [], "local": None, "remote": "/run/nbd.sock",
        "peer": {"status": "closed", "path": "/run/nbd.sock", "listener_pid": 9, "listener_alive": False, "owners": [dict(task("peer"), fd=5)]}}
        for index in range(connections)]
    return {
        "type": "device", "name": name, "index": int(name[3:]), "gendisk": "0xff01", "nbd_device": "0xff02", "config": "0xff03", "config_refs": 1, "refs": 3,
        "flags": {"value": 0, "names": []}, "runtime_flags": {"value": 12, "names": ["DISCONNECTED", "HAS_PID_FILE"]}, "num_connections": connections,
        "live_connections": connections - 1, "recv_threads": 0, "dead_connections": 1, "capacity_bytes": 8388608, "block_size": 4096, "timeout_seconds": 0,
        "dead_conn_timeout_seconds": 0, "connections": conns,
        "requests": [{"queue": 0, "tag": 1, "request": "0xff31", "op": "READ", "sector": 8, "bytes": 4096, "age_seconds": 10.5, "connection": 0,
                      "sent": True, "retries": 0, "waiters": [task("reader")]}],
        "openers": [{"kind": "fd", "task": task("opener"), "fd": 3, "file": "0xff41", "what": "/dev/nbd7"}], "openers_expected": 1, "openers_found": 1,
        "waiters": [dict(task("waiter"), blocked_in="read", above="dm-0")],
        "requests_waiting": [{"where": "dispatch", "queue": 0, "tag": 2, "sched_tag": None, "request": "0xff32", "op": "WRITE", "sector": 16, "bytes": 8192,
                              "age_seconds": 9.5, "worker": task("kworker"), "waiters": [task("writer")]}],
        "above": [{"name": "dm-0", "gendisk": "0xff51", "dm_name": "vg-data", "dm_uuid": "LVM-x", "on": "nbd7", "depth": 1, "openers": [], "openers_expected": 1,
                   "openers_found": 1}],
        "take_down": [{"what": "dm-0 (vg-data) goes", "command": "dmsetup remove vg-data"}, {"what": "opener (7) fd 3 is closed", "command": None}],
        "behind": [dict(task("behind"), lock="0xff61", lock_kind="mutex", lock_of="/srv", owner=task("holder"))],
        "ways_out": {way: {"result": "ok", "why": "no request is in flight", "later": None} for way in ("reconfigure", "netlink_disconnect", "disconnect", "clear_sock")},
        "attach": {way: {"result": "EBUSY", "why": "task_setup belongs to a task that has exited"} for way in ("set_sock", "do_it", "netlink")},
        "findings": [finding()] if findings is None else findings}


DIAGNOSIS = {"state": "stuck", "cause_id": "server-exited", "cause": "the server is gone", "pids": [7], "consequences": ["reads never return"],
             "steps": [{"otherwise": False, "do": "kill -CONT 234", "costs": "nothing", "frees": "the server"},
                       {"otherwise": True, "do": "nbd-client -d /dev/nbd7", "costs": "what was not written", "frees": "the device"}]}


def record(path="/crash/one/vmcore", devices=None, **row):
    """What nbd-postmortem keeps of a vmcore."""
    devices = [device()] if devices is None else devices
    whole = {"schema": "nbd-postmortem/1", "type": "vmcore", "host": "host1", "vmcore": path, "crash_time": "2026-01-02T03:04:05Z", "release": "6.1.0-1-amd64",
             "machine": "x86_64", "status": "findings", "exit_status": 3, "message": None, "remedy": None, "warnings": ["a warning"], "vmlinux": "/vmlinux",
             "nbd_debuginfo": None, "crash_options": [], "devices": len(devices), "devices_not_well": 0, "devices_with_errors": 1, "devices_with_warnings": 0, "devices_that_hang": 0, "log": ["nbd: a line"],
             "kernel": None}
    whole.update(row)
    dots = {one["name"]: 'digraph nbd { a [label="%s"]; a -> b [label="server (7)"]; }' % one["name"] for one in devices}
    return {"vmcore": whole, "devices": devices, "text": "nbd's own words\n", "dots": dots}
