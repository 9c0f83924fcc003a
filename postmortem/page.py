# SPDX-License-Identifier: GPL-2.0-or-later
"""All records as one page that needs nothing else: no request leaves it, and its policy allows none."""
import base64
import hashlib
import os

from . import status
from .examine import ailment, hang, serious
from .markup import Markup, element, join
from .text import count, summary

HERE = os.path.dirname(os.path.abspath(__file__))
# Of a device that is not well: these are as grave as an error.
GRAVE_STATES = ("unknown", "pinned", "dead", "stuck", "disconnecting")
KNOWN_SEVERITIES = ("error", "warning", "info")
UNKNOWN = "?"
ATTACH = (("set_sock", "NBD_SET_SOCK"), ("do_it", "NBD_DO_IT"), ("netlink", "netlink"))
WAYS_OUT = (("reconfigure", "NBD_CMD_RECONFIGURE"), ("netlink_disconnect", "NBD_CMD_DISCONNECT"), ("disconnect", "NBD_DISCONNECT"), ("clear_sock", "NBD_CLEAR_SOCK"))


def page(records, draw):
    """The page. draw(dot, label) returns an <svg> element or None."""
    style, script = _asset("page.css"), _asset("page.js")
    policy = "default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'" % (_hash(style), _hash(script))
    title = "nbd post-mortem: %s" % count(len(records), "vmcore")
    head = element(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup('<meta http-equiv="Content-Security-Policy" content="%s">' % policy),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        element("title", title),
        element("style", Markup(style)))
    body = element(
        "body",
        element("header", element("h1", title), _overview(records)),
        element("main", *[_vmcore(number, record, draw) for number, record in enumerate(records, 1)]),
        element("script", Markup(script)))
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="en") + "\n"


def _asset(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def _hash(source):
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _known(value):
    return UNKNOWN if value is None else value


def _table(columns, rows, caption):
    """A table that can be sorted. rows are lists of cells; a cell is text, a number, or (what is shown, what sorts)."""
    def cell(value):
        shown, key = value if isinstance(value, tuple) else (value, value)
        number = isinstance(shown, (int, float)) and not isinstance(shown, bool)
        return element("td", _known(shown), class_="number" if number else None, data_key=key if isinstance(value, tuple) else None)
    heads = [element("th", element("button", column, type="button"), scope="col") for column in columns]
    return element("div", element(
        "table", element("caption", caption), element("thead", element("tr", *heads)),
        element("tbody", *[element("tr", *[cell(value) for value in row]) for row in rows]), class_="sortable"),
        class_="wide", tabindex="0", role="region", aria_label=caption)


def _fold(title, contents, open_=False):
    return element("details", element("summary", title), contents, open=open_)


def _facts(pairs):
    return element("dl", *[join([element("dt", name), element("dd", _known(value))]) for name, value in pairs])


def _host(row):
    return row["host"] or "unknown host"


def _badge(words, kind):
    return element("span", words, class_="badge " + kind)


def _kind(row):
    """How much a vmcore deserves attention, as the page's colours have it."""
    if row["exit_status"] > status.FINDINGS.exit_status:
        return "failed"
    if row["devices_with_errors"] or row["devices_that_hang"]:
        return "error"
    return "warning" if row["devices_with_warnings"] or row["devices_not_well"] else "fine"


def _overview(records):
    rows = []
    for number, record in enumerate(records, 1):
        row = record["vmcore"]
        link = element("a", _host(row), href="#vmcore-%d" % number)
        rows.append([(link, row["host"] or ""), row["crash_time"], row["release"], (_badge(row["status"], _kind(row)), row["exit_status"]),
                     row["devices"], row["devices_not_well"], row["devices_with_errors"], row["devices_with_warnings"], row["devices_that_hang"],
                     row["vmcore"]])
    return _table(["Host", "Crash time", "Release", "Status", "Devices", "Not well", "With errors", "With warnings", "Hang", "vmcore"], rows, "vmcores")


def _vmcore(number, record, draw):
    row = record["vmcore"]
    facts = [("vmcore", row["vmcore"]), ("crash time", row["crash_time"]), ("release", row["release"]), ("machine", row["machine"]),
             ("vmlinux", row["vmlinux"]), ("nbd's debuginfo", row["nbd_debuginfo"] or "not loaded")]
    notes = [element("p", element("strong", "What to do: "), row["remedy"], class_="note")] if row["remedy"] else []
    notes += [element("p", element("strong", "Warning: "), warning, class_="note warning") for warning in row["warnings"]]
    if row["log"]:
        notes.append(_fold("Lines of the kernel's log that name nbd", element("pre", "\n".join(row["log"])), True))
    # Who reads this came for the devices that do not work.
    devices = sorted(record["devices"], key=lambda device: (_worst(device), device["index"]))
    return element(
        "section", element("h2", _host(row), " ", _badge(row["status"], _kind(row))), element("p", summary(row)), _facts(facts), *notes,
        *[_device(device, "vmcore-%d" % number, record["dots"].get(device["name"]), draw) for device in devices], id="vmcore-%d" % number)


def _worst(device):
    """0 with an error or where an attach would hang, 1 with a warning, 2 without any of them; a diagnosis counts as one."""
    ill = ailment(device)
    diagnosed = 2 if not ill else 0 if ill.get("state") in GRAVE_STATES else 1
    return min([("error", "warning").index(finding["severity"]) for finding in serious(device)] + [diagnosed, 0 if hang(device) else 2])


def _device(device, place, dot, draw):
    worst = _worst(device)
    words = ailment(device)["state"] if ailment(device) else "hangs" if hang(device) else ("error", "warning", "healthy")[worst]
    badge = _badge(_known(words), ("error", "warning", "fine")[worst])
    svg = draw(dot, "graph of %s" % device["name"]) if dot else None
    parts = [
        _diagnosis(device.get("diagnosis")),
        element("p", element("strong", "An attach would hang: "), hang(device), class_="note warning") if hang(device) else None,
        _findings(device["findings"]),
        element("div", Markup(svg), class_="graph", tabindex="0", role="region", aria_label="graph of %s" % device["name"]) if svg else None,
        _facts(_device_facts(device)),
        _outcomes(device.get("attach"), ATTACH, "Attach now", "what an attach by a new task would get"),
        _outcomes(device.get("ways_out"), WAYS_OUT, "Ways out now", "what the calls that end or mend an attachment would do"),
        _connections(device),
        _requests(device),
        _requests_waiting(device),
        _openers(device),
        _above(device),
        _waiters(device),
        _behind(device),
    ]
    return element("details", element("summary", element("h3", device["name"]), " ", badge, " ", _line(device)),
                   *[part for part in parts if part], open=worst == 0, class_="device", id="%s-%s" % (place, device["name"]))


def _line(device):
    """The device in a line, for who goes through many."""
    ids = sorted({finding["id"] for finding in serious(device)})
    return element("span", (ailment(device) or {}).get("cause") or ", ".join(ids) or count(device["num_connections"] or 0, "connection"), class_="ids")


def _diagnosis(diagnosis):
    if not isinstance(diagnosis, dict):
        return None
    steps = [element("li", "only where that did not help: " if step.get("otherwise") else None, element("strong", _known(step.get("do"))), *[
        element("div", "%s: %s" % (word, step[key])) for key, word in (("costs", "costs"), ("frees", "frees")) if step.get(key)])
        for step in diagnosis.get("steps") or []]
    consequences = [element("li", consequence) for consequence in diagnosis.get("consequences") or []]
    return element(
        "div", element("h4", "Diagnosis"), element("p", element("strong", "%s: " % _known(diagnosis.get("state"))), _known(diagnosis.get("cause"))),
        join([element("h5", "Consequences"), element("ul", *consequences)]) if consequences else None,
        join([element("h5", "What to do"), element("ol", *steps)]) if steps else None, class_="diagnosis")


def _findings(findings):
    if not findings:
        return element("p", "No findings.")
    items = []
    for finding in findings:
        severity = finding["severity"] if finding["severity"] in KNOWN_SEVERITIES else "info"
        more = [element("div", "remedy: ", finding["remedy"])] if finding["remedy"] else []
        more += [element("div", "fixed by kernel commit ", element("code", finding["kernel_commit"]))] if finding["kernel_commit"] else []
        items.append(element("li", _badge(finding["severity"], severity), " ", element("code", finding["id"]), " ", finding["text"], *more))
    return join([element("h4", "Findings"), element("ul", *items, class_="findings")])


def _flags(flags):
    return "%d = %s" % (flags["value"], " ".join(flags["names"]) or "none") if flags else None


def _timeout(seconds):
    return "none" if seconds == 0 else "%s s" % _known(seconds)


def _device_facts(device):
    counts = [_known(device[key]) for key in ("num_connections", "live_connections", "dead_connections", "recv_threads")]
    return [
        ("connections", "%s: %s live, %s dead, %s receivers" % tuple(counts)),
        ("runtime_flags", _flags(device["runtime_flags"])),
        ("server flags", _flags(device["flags"])),
        ("references", "config_refs %s, refs %s" % (_known(device["config_refs"]), _known(device["refs"]))),
        ("size", "%s bytes, blocks of %s" % (_known(device["capacity_bytes"]), _known(device["block_size"]))),
        ("timeout", "%s; dead connections are waited for: %s" % (_timeout(device["timeout_seconds"]), _timeout(device["dead_conn_timeout_seconds"]))),
        ("nbd_device", device["nbd_device"]),
    ]


def _why(outcome):
    later = outcome.get("later")
    return outcome.get("why") if not later else "%s; once it lets go: %s, %s" % (_known(outcome.get("why")), _known(later.get("result")), _known(_why(later)))


def _outcomes(outcomes, names, head, caption):
    if not outcomes:
        return None
    rows = [[name, outcomes[key].get("result"), _why(outcomes[key])] for key, name in names if isinstance(outcomes.get(key), dict)]
    return _table([head, "Result", "Why"], rows, caption)


def _task(task):
    return "%s (%s)%s" % (task["comm"], task["pid"], " " + task["state"] if task.get("state") in ("D", "T", "Z") else "")


def _tasks(tasks):
    return ", ".join(_task(task) for task in tasks) or "nobody"


def _owners(owners):
    return ", ".join("%s fd %s" % (_task(owner), owner["fd"]) for owner in owners) or "none"


def _connections(device):
    rows = []
    for conn in device["connections"] or []:
        peer = conn["peer"] or {}
        state = "DEAD" if conn["dead"] else conn["state"]
        rows.append([conn["index"], state, conn["local"], conn["remote"], conn["file_refs"], _owners(conn["owners"]), peer.get("status"),
                     peer.get("path"), _owners(peer["owners"]) if peer.get("owners") is not None else None, peer.get("listener_pid"), conn["nbd_sock"]])
    table = _table(["Index", "State", "Local", "Remote", "File refs", "Owners", "Peer", "Peer's path", "Peer's owners", "Listener", "nbd_sock"],
                   rows, "connections of %s" % device["name"])
    return _fold(count(len(rows), "connection"), table) if rows else None


def _requests(device):
    rows = [[r["op"], r["sector"], r["bytes"], r["age_seconds"], r["connection"], {True: "yes", False: "no"}.get(r["sent"]),
             _tasks(r["waiters"])] for r in device["requests"] or []]
    table = _table(["Operation", "Sector", "Bytes", "Age in s", "Connection", "Sent", "Waited for by"], rows, "requests of %s" % device["name"])
    return _fold("%s in flight" % count(len(rows), "request"), table, True) if rows else None


def _requests_waiting(device):
    rows = [[r["where"], r["op"], r["sector"], r["bytes"], r["age_seconds"], _task(r["worker"]) if r["worker"] else "", _tasks(r["waiters"])]
            for r in device.get("requests_waiting") or []]
    table = _table(["Waits in", "Operation", "Sector", "Bytes", "Age in s", "Handled by", "Waited for by"], rows, "requests of %s that nbd has not started" % device["name"])
    return _fold("%s not started" % count(len(rows), "request"), table, True) if rows else None


def _openers(device):
    rows = [[o["kind"], _task(o["task"]) if o["task"] else "", o["fd"] if o["fd"] is not None else "", o["what"]] for o in device["openers"] or []]
    table = _table(["Kind", "Task", "fd", "What"], rows, "openers of %s" % device["name"])
    # Processes that share an open file are one opener to the kernel.
    title = "openers: %s found, %s by the kernel's own count" % (_known(device.get("openers_found")), _known(device["openers_expected"]))
    return _fold(title, table) if rows else None


def _above(device):
    """What is stacked on the device, and in which order that is taken down."""
    above, steps = device.get("above") or [], device.get("take_down") or []
    rows = [[one["name"], one["dm_name"] or "", one["on"], one["depth"], one["openers_expected"]] for one in above]
    table = _table(["Device", "Name of dm", "On", "Depth", "Openers"], rows, "stacked on %s" % device["name"])
    order = element("ol", *[element("li", step["what"], join([": ", element("code", step["command"])]) if step["command"] else None) for step in steps])
    order = join([element("h5", "Taken down in this order"), order]) if steps else None
    return _fold("%s stacked on it" % count(len(rows), "device"), join([table, order]), True) if rows else None


def _waiters(device):
    rows = [[_task(waiter), waiter["blocked_in"], waiter.get("above") or device["name"]] for waiter in device["waiters"] or []]
    table = _table(["Task", "Blocked in", "On"], rows, "tasks in D that wait for %s" % device["name"])
    return _fold("%s in D" % count(len(rows), "waiting task"), table, True) if rows else None


def _behind(device):
    rows = [[_task(one), "%s%s" % (one["lock_kind"], " of " + one["lock_of"] if one["lock_of"] else ""), _task(one["owner"])] for one in device.get("behind") or []]
    table = _table(["Task", "Waits for", "Held by"], rows, "tasks in D behind those that wait for %s" % device["name"])
    return _fold("%s in D behind them" % count(len(rows), "task"), table, True) if rows else None
