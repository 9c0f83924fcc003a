# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads one vmcore: finds its debuginfo, has crash and nbd.so report, and makes of it what is kept and printed.

A record is a dict: "vmcore" (the row of the vmcore), "devices" (a row each: what `nbd -j` printed, and where from), "text"
(the reports as nbd prints them) and "dots" (device name -> its graph).
"""
import collections
import datetime
import json
import re
import time

from . import elf, status, vmcore
from .crash import CrashEnded, LimitReached, Session
from .debuginfo import Missing

SCHEMA = "nbd-postmortem/1"
SERIOUS = ("error", "warning")
# What is tried in turn where crash fails. In minimal mode there are no devices, only the kernel's log.
NO_MODULES, ZEROS, MINIMAL = "--no_modules", "--zero_excluded", "--minimal"
TRIES = ((), (NO_MODULES,), (ZEROS,), (MINIMAL,))
LOG_LINES = 40
MAX_NOTES_OF_MODULE = 16

Tools = collections.namedtuple("Tools", "crash extension search time_limit memory_limit")
Tools.__doc__ = """What every vmcore is read with: paths of crash and nbd.so, the debuginfo Search, seconds, and bytes."""


class DevicesUnknown(Exception):
    """nbd.so said why it cannot read the devices."""


def examine(path, tools, tell):
    """The record of the vmcore at path; never raises for what may be wrong with a vmcore. tell(text) is progress."""
    row = {"schema": SCHEMA, "type": "vmcore", "host": None, "vmcore": path, "crash_time": None, "release": None, "machine": None,
           "status": None, "exit_status": None, "message": None, "remedy": None, "warnings": [], "vmlinux": None,
           "nbd_debuginfo": None, "crash_options": None, "devices": 0, "devices_not_well": 0, "devices_with_errors": 0,
           "devices_with_warnings": 0, "devices_that_hang": 0, "log": None, "kernel": None}
    record = {"vmcore": row, "devices": [], "text": "", "dots": {}}
    try:
        _examine(path, tools, tell, record)
    except (vmcore.NoVmcore, OSError) as problem:
        _end(row, status.BAD_VMCORE, _words(problem), getattr(problem, "remedy", vmcore.NoVmcore.remedy))
    except Missing as problem:
        _end(row, status.NO_DEBUGINFO, str(problem), problem.remedy)
    except LimitReached as problem:
        _end(row, status.LIMIT_REACHED, str(problem), "give it more with --time or --memory")
    except DevicesUnknown as problem:
        _end(row, status.DEVICES_UNKNOWN, str(problem), None)
    return record


def _words(problem):
    return problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)


def _end(row, end, message=None, remedy=None):
    row.update(status=end.name, exit_status=end.exit_status, message=message, remedy=remedy)


def _examine(path, tools, tell, record):
    row = record["vmcore"]
    core = vmcore.read(path)
    row.update(host=core.host, crash_time=core.crash_time, release=core.release, machine=core.machine)
    if core.damage:
        row["warnings"].append(core.damage)
    tell("looking for debuginfo")
    kernel = tools.search.find_kernel(core.release, core.vmcoreinfo.get("BUILD-ID"))
    row["vmlinux"] = kernel.debuginfo
    offset = vmcore.physical_offset(core)
    always = [] if offset is None else ["-m", "phys_offset=0x%x" % offset]
    deadline = time.monotonic() + tools.time_limit
    failures = []
    for options in TRIES:
        if core.damage and NO_MODULES in options:
            continue  # it is not the modules that are missing
        tell("crash " + " ".join(options) if options else "crash")
        row["crash_options"] = always + list(options)
        arguments = row["crash_options"] + ([kernel.image] if kernel.image else []) + [kernel.debuginfo, path]
        try:
            with Session(tools.crash, arguments, deadline, tools.time_limit, tools.memory_limit) as session:
                if MINIMAL in options:
                    row["log"] = _kernel_log(session)
                    break
                _collect(session, tools, tell, record)
                _judge(record, options)
                return
        except CrashEnded as problem:
            failures.append("%s: %s" % (" ".join(options) or "as it is", problem))
    if core.damage:
        _end(row, status.BAD_VMCORE, "%s; %s" % (core.damage, failures[0]), "copy the vmcore again; the host's other dumps may be whole")
    else:
        _end(row, status.CRASH_FAILED, "; ".join(failures), "a newer crash may open it: name it with --crash")


def _kernel_log(session):
    """The last lines of the kernel's log that name nbd."""
    printed, _ = session.run("log")
    return [line for line in printed.splitlines() if "nbd" in line][-LOG_LINES:]


def _collect(session, tools, tell, record):
    """Has nbd report, and fills the record."""
    row = record["vmcore"]
    system, _ = session.run("sys")
    _take_system(row, system)
    session.link("nbd.so", tools.extension)
    printed, said = session.run("extend ./nbd.so")
    if "shared object loaded" not in printed + said:
        raise DevicesUnknown("this crash does not load %s: %s" % (tools.extension, _one_line(printed + " " + said)))
    modules, _ = session.run("mod")
    module = re.search(r"^([0-9a-f]{8,16})\s+nbd\s", modules, re.MULTILINE)
    if module:
        tell("nbd's debuginfo")
        row["nbd_debuginfo"] = _load_module(session, tools, row["release"], module.group(1))
    tell("the devices")
    printed, said = session.run("nbd -j")
    lines = _json_lines(printed)
    if not lines or lines[0].get("type") != "kernel":
        _explain_no_report(session, modules, _one_line(said or printed), record)
        return
    row["kernel"] = lines[0]
    row["release"] = row["release"] or lines[0]["release"]
    row["machine"] = lines[0]["machine"] or row["machine"]
    if lines[0].get("interrupted"):
        row["warnings"].append("the search was interrupted")
    if lines[0].get("tables_unreadable"):
        row["warnings"].append("%d file tables could not be read: there may be more owners" % lines[0]["tables_unreadable"])
    source = {key: row[key] for key in ("host", "vmcore", "crash_time", "release")}
    record["devices"] = [dict(source, **line) for line in lines[1:] if line.get("type") == "device"]
    _tell_in_words(session, tell, record)


def _json_lines(printed):
    try:
        return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    except ValueError as problem:
        raise DevicesUnknown("nbd -j printed what is no JSON: %s" % problem)


def _take_system(row, system):
    """What crash knows of the host where the vmcore's header does not say."""
    said = dict(re.findall(r"^ *([A-Z]+): (.*)$", system, re.MULTILINE))
    row["host"] = vmcore.host_name(said.get("NODENAME", "").strip()) or row["host"]
    row["release"] = row["release"] or said.get("RELEASE", "").strip() or None
    if not row["crash_time"]:
        try:
            when = datetime.datetime.strptime(said.get("DATE", "").strip(), "%a %b %d %H:%M:%S UTC %Y")
            # crash says 1970 where it does not find the kernel's clock.
            row["crash_time"] = when.strftime("%Y-%m-%dT%H:%M:%SZ") if when.year > 1970 else None
        except ValueError:
            pass


def _load_module(session, tools, release, module):
    """Loads nbd's debuginfo if there is any of this very build. Its path, or None."""
    build_id = _module_build_id(session, module)
    found = build_id and tools.search.find_module(release, build_id)
    if not found:
        return None
    session.link("nbd.ko.debug", found)
    printed, said = session.run("mod -s nbd ./nbd.ko.debug")
    return found if "nbd.ko.debug" in printed and "mod:" not in printed + said else None


def _module_build_id(session, module):
    """The build-id of the module at an address (hex), from the notes that the kernel keeps for /sys/module/NAME/notes."""
    for index in range(MAX_NOTES_OF_MODULE):
        note = "((struct module *)0x%s)->notes_attrs->attrs[%d]" % (module, index)
        name, _ = session.run("p %s.attr.name" % note)
        if '"' not in name:
            return None
        if '".note.gnu.build-id"' in name:
            address, _ = session.run("p %s.private" % note)
            size, _ = session.run("p %s.size" % note)
            address, size = re.search(r"0x([0-9a-f]+)", address), re.search(r"= (\d+)", size)
            if not address or not size or int(size.group(1)) > 256:
                return None
            dump, _ = session.run("rd -8 %s %s" % (address.group(1), size.group(1)))
            raw = bytearray()
            for line in dump.splitlines():
                values = re.match(r"[0-9a-f]+:((?:  ?[0-9a-f]{2})+)", line)
                raw += bytes(bytearray(int(value, 16) for value in values.group(1).split())) if values else b""
            return elf.build_id_in(bytes(raw[:int(size.group(1))]), "<" if _is_little(raw) else ">")
    return None


def _is_little(raw):
    # The first word of a note is the size of its name: 4, of "GNU".
    return raw[:1] == b"\x04"


def _explain_no_report(session, modules, words, record):
    """nbd -j printed no report: either there is no nbd, which is an answer, or nbd.so cannot tell."""
    symbol, _ = session.run("sym nbd_index_idr")
    listed = re.search(r"^[0-9a-f]{8,16}\s+\S+\s+[0-9a-f]{8,16}\s", modules, re.MULTILINE)
    if "no nbd module" in words or (listed and not re.search(r"\snbd\s", modules) and "nbd_index_idr" not in symbol.split(":")[0]):
        _end(record["vmcore"], status.NO_NBD)
        return
    raise DevicesUnknown(words or "nbd printed nothing")


def _one_line(text):
    return " ".join(text.split())


def _tell_in_words(session, tell, record):
    """nbd's own reports: the overview, and everything about each device that has an error or a warning; graphs of all."""
    parts = [session.run("nbd")[0]]
    for number, device in enumerate(record["devices"], 1):
        tell("device %d of %d" % (number, len(record["devices"])))
        name = device["name"]
        if deserves_attention(device):
            parts.append(session.run("nbd -d " + name)[0])
        graph, _ = session.run("nbd --dot -d " + name)
        if graph.startswith("digraph"):
            record["dots"][name] = graph
    record["text"] = "\n".join(parts)


def serious(device):
    """The device's findings that are errors or warnings."""
    return [finding for finding in device.get("findings") or [] if finding.get("severity") in SERIOUS]


def hang(device):
    """Why an attach to the device would hang, such as that somebody who waits in D holds a lock of nbd's; or None."""
    for way in ("netlink", "set_sock", "do_it"):
        forecast = (device.get("attach") or {}).get(way) or {}
        if forecast.get("result") == "hangs":
            return forecast.get("why") or "unknown"
    return None


def ailment(device):
    """The device's diagnosis where it names a cause, or None: the device is well, or nbd.so did not say."""
    diagnosis = device.get("diagnosis") or {}
    return diagnosis if diagnosis.get("cause_id") not in (None, "none") else None


def deserves_attention(device):
    return bool(ailment(device) or serious(device) or hang(device))


def _judge(record, options):
    row, devices = record["vmcore"], record["devices"]
    row["devices"] = len(devices)
    for key, severity in (("devices_with_errors", "error"), ("devices_with_warnings", "warning")):
        row[key] = sum(any(f["severity"] == severity for f in serious(device)) for device in devices)
    row["devices_not_well"] = sum(ailment(device) is not None for device in devices)
    row["devices_that_hang"] = sum(hang(device) is not None for device in devices)
    if row["status"] is None:
        if any(deserves_attention(device) for device in devices):
            _end(row, status.FINDINGS)
        else:
            _end(row, status.HEALTHY if devices else status.NOTHING_CONFIGURED)
    if ZEROS in options:
        row["warnings"].append("opened with %s: what is missing in the vmcore was read as zeros, so what seems to be empty may not be" % ZEROS)
        if row["status"] != status.FINDINGS.name:
            _end(row, status.DEVICES_UNKNOWN, "no findings, but crash opened the vmcore with %s only: parts of it read as zeros" % ZEROS)
