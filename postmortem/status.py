# SPDX-License-Identifier: GPL-2.0-or-later
"""How the reading of a vmcore can end. The exit status grows with what there is to do: of several, the greatest counts."""
import collections

Status = collections.namedtuple("Status", "name exit_status meaning")

NO_NBD = Status("no nbd", 0, "nbd was not loaded in this kernel")
NOTHING_CONFIGURED = Status("nothing configured", 1, "nbd was loaded, no device was configured")
HEALTHY = Status("healthy", 2, "all devices are well: no diagnosis names a cause, no error, no warning, no attach that would hang")
FINDINGS = Status("findings", 3, "a device is not well: its diagnosis names a cause, it has an error or a warning, or an attach to it would hang")
# A vmcore that ends with one of these has not been read: it is read again the next time.
NO_DEBUGINFO = Status("debuginfo missing", 4, "the kernel's debuginfo was not found")
BAD_VMCORE = Status("vmcore unreadable", 5, "no vmcore, or one that is damaged or incomplete")
CRASH_FAILED = Status("crash failed", 6, "crash did not open the vmcore, or ended by itself")
LIMIT_REACHED = Status("limit reached", 7, "crash took more time or memory than it was given")
DEVICES_UNKNOWN = Status("devices unreadable", 8, "crash opened the vmcore, but nbd.so could not read the devices")

ALL = (NO_NBD, NOTHING_CONFIGURED, HEALTHY, FINDINGS, NO_DEBUGINFO, BAD_VMCORE, CRASH_FAILED, LIMIT_REACHED, DEVICES_UNKNOWN)
BY_NAME = {status.name: status for status in ALL}

# These are of the command, not of a vmcore; they are sysexits(3)'s.
EXIT_USAGE = 64
EXIT_UNAVAILABLE = 69


def is_done(status):
    """Whether the vmcore has been read, and need not be read again."""
    return status.exit_status <= FINDINGS.exit_status
