# SPDX-License-Identifier: GPL-2.0-or-later
"""A directory with a record a file: what has been read is not read again. Files appear whole or not at all, so any number
of processes, on any number of hosts, may share the directory.
"""
import hashlib
import json
import os
import re
import tempfile

from . import status
from .examine import SCHEMA


def stem(path):
    """A file name for what comes of the vmcore at path: readable, and different for different paths."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join(path.split("/")[-2:])).strip("-.")[-80:]
    return "%s-%s" % (readable, hashlib.sha256(os.fsencode(path)).hexdigest()[:12])


def _identity(path):
    try:
        info = os.stat(path)
        return {"size": info.st_size, "mtime_ns": info.st_mtime_ns}
    except OSError:
        return None


class Results:
    """The records in a directory, which is made where there is none."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)

    def done(self, path):
        """The record of the vmcore at path if it has been read, and is still the same file; or None."""
        kept = self._load(os.path.join(self.directory, stem(path) + ".json"))
        if not kept or kept["identity"] is None or kept["identity"] != _identity(path):
            return None
        return kept["record"] if status.is_done(status.BY_NAME[kept["record"]["vmcore"]["status"]]) else None

    def keep(self, path, record):
        handle, partial = tempfile.mkstemp(dir=self.directory, prefix=".partial-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"identity": _identity(path), "record": record}, file)
            os.chmod(partial, 0o666 & ~_umask())
            os.rename(partial, os.path.join(self.directory, stem(path) + ".json"))
        except BaseException:
            os.unlink(partial)
            raise

    def all(self):
        """Every record, in the order of the vmcores' paths."""
        names = [name for name in os.listdir(self.directory) if name.endswith(".json") and not name.startswith(".")]
        kept = [self._load(os.path.join(self.directory, name)) for name in names]
        return sorted((entry["record"] for entry in kept if entry), key=lambda record: record["vmcore"]["vmcore"])

    def _load(self, file_name):
        """What a file holds; None where it is not there or not one of ours."""
        try:
            with open(file_name, encoding="utf-8") as file:
                kept = json.load(file)
            row = kept["record"]["vmcore"]
            known = row["schema"] == SCHEMA and row["status"] in status.BY_NAME and isinstance(row["vmcore"], str)
            return kept if known and "identity" in kept else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _umask():
    current = os.umask(0)
    os.umask(current)
    return current
