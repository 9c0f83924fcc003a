# SPDX-License-Identifier: GPL-2.0-or-later
"""A record for people who read in a terminal or in a ticket."""


def summary(row):
    """The vmcore's status in one line."""
    if row["message"]:
        return "%s: %s" % (row["status"], row["message"])
    if row["devices"]:
        return "%s: %s, %d not well, %d with errors, %d with warnings, %d that would hang an attach" % (
            row["status"], count(row["devices"], "device"), row["devices_not_well"], row["devices_with_errors"], row["devices_with_warnings"], row["devices_that_hang"])
    return row["status"]


def count(number, noun):
    return "%d %s%s" % (number, noun, "" if number == 1 else "s")


def report(record):
    row = record["vmcore"]
    lines = [
        "vmcore   %s" % row["vmcore"],
        "host     %s" % (row["host"] or "?"),
        "crashed  %s" % (row["crash_time"] or "?"),
        "kernel   %s %s" % (row["release"] or "?", row["machine"] or ""),
        "status   %s" % summary(row),
    ]
    lines += ["remedy   %s" % row["remedy"]] if row["remedy"] else []
    lines += ["warning  %s" % warning for warning in row["warnings"]]
    lines += ["log      %s" % line for line in row["log"] or []]
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return text + ("\n" + record["text"].rstrip("\n") + "\n" if record["text"] else "")
