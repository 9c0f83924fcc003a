# SPDX-License-Identifier: GPL-2.0-or-later
"""What is damaged, how, and what the report must say of it: decided here, before any run.

A rule is one of the classes below, or a function (kind, old, new) -> class where it depends on the value.
README.md says why each class is what it is.
"""
MUST = "must be noticed"  # something else in the image contradicts it, or no kernel writes such a value
JUDGED = "noticed if it changes anything"  # bounds of what is searched: may fall where nothing is lost
PLAUSIBLE = "plausible value"  # nothing in the image contradicts it
UNUSED = "not looked at"  # the report must stay what it was

POINTER_WILD = 0xDEAD4EAD12345678
INFLATED = 0x7FFFFFFF


def pointer(wild=MUST, null=MUST, elsewhere=MUST, flip=MUST):
    return {"wild pointer": wild, "null pointer": null, "pointer elsewhere": elsewhere, "bit flipped": flip}


def number(inflated=MUST, zero=MUST, negative=MUST, flip=MUST):
    return {"count inflated": inflated, "zeroed": zero, "all ones": negative, "bit flipped": flip}


def plausible():
    return number(*[PLAUSIBLE] * 4)


def text():
    return {"name without end": PLAUSIBLE, "escape sequences": PLAUSIBLE, "bit flipped": PLAUSIBLE}


# Class by value.

HAS_CONFIG_REF = 1 << 4
KNOWN_FLAGS = (1 << 16) - 1


def runtime_flags(_kind, old, new):
    """HAS_CONFIG_REF is counted in config_refs; no kernel has that many flags."""
    return MUST if (old ^ new) & HAS_CONFIG_REF or new & ~KNOWN_FLAGS else PLAUSIBLE


def refs(_kind, _old, new):
    """A configured device holds references to itself; a refcount_t that is negative is saturated."""
    return MUST if not new or new >> 31 else PLAUSIBLE


def pid(_kind, _old, new):
    """Receivers run, so somebody started them; the kernel has no pid beyond PID_MAX_LIMIT."""
    return MUST if not new or new > 1 << 22 else PLAUSIBLE


def block_bits(_kind, _old, new):
    return PLAUSIBLE if 9 <= new <= 16 else MUST


def name_length(_kind, _old, new):
    """An AF_UNIX name has up to 108 bytes behind its family."""
    return PLAUSIBLE if 2 <= new <= 110 else MUST


def max_fds(_kind, _old, new):
    """A file table has whole words of bits; where it ends too late or too early, owners tell."""
    return JUDGED if new and new % 64 == 0 else MUST


def disk_name(_kind, old, new):
    """nbd writes "nbd" and the index; what is behind the end of the name does not count."""
    return UNUSED if old.split(b"\0")[0] == new.split(b"\0")[0] else MUST


def request_state(_kind, _old, new):
    """0 idle, 1 in flight, 2 complete."""
    return PLAUSIBLE if new == 2 else MUST


def start_time(_kind, old, new):
    """The future cannot be, and the fixtures' requests are younger than a minute; 0 is what queues without
    statistics have."""
    return MUST if new > old + 60 * 10**9 else PLAUSIBLE


def command_index(_kind, _old, new):
    return MUST if new else PLAUSIBLE


def peer_references(_kind, old, new):
    """Tasks in system calls hold references to the server's end that no table shows, but no more of them
    than there can be tasks."""
    return PLAUSIBLE if old < new < 1 << 22 else MUST


# (object, member): how it is damaged, and the class of each.
FIELDS = {
    ("nbd_device", "index"): number(),
    ("nbd_device", "config_refs"): number(),
    ("nbd_device", "refs"): number(*[refs] * 4),
    ("nbd_device", "config"): pointer(),
    ("nbd_device", "disk"): pointer(),
    ("nbd_device", "task_setup"): pointer(*[PLAUSIBLE] * 4),
    ("nbd_device", "pid"): number(*[pid] * 4),
    ("nbd_device", "task_recv"): pointer(PLAUSIBLE, MUST, PLAUSIBLE, PLAUSIBLE),
    ("nbd_device", "tag_set.nr_hw_queues"): number(),
    ("nbd_device", "tag_set.tags"): pointer(),
    ("nbd_device", "tag_set.queue_depth"): number(),
    ("nbd_device", "tag_set.timeout"): plausible(),
    ("nbd_device", "config_lock.owner"): pointer(*[PLAUSIBLE] * 4),
    ("nbd_config", "flags"): plausible(),
    ("nbd_config", "runtime_flags"): number(*[runtime_flags] * 4),
    ("nbd_config", "dead_conn_timeout"): plausible(),
    ("nbd_config", "socks"): pointer(),
    ("nbd_config", "num_connections"): number(),
    ("nbd_config", "live_connections"): number(),
    ("nbd_config", "recv_threads"): number(),
    ("nbd_config", "blksize_bits"): number(*[block_bits] * 4),
    ("nbd_sock", "sock"): pointer(),
    ("nbd_sock", "dead"): number(),
    ("socket", "file"): pointer(),
    ("socket", "sk"): pointer(),
    ("socket", "type"): plausible(),
    ("sock", "__sk_common.skc_family"): number(),
    ("sock", "sk_socket"): pointer(),
    ("sock", "sk_receive_queue.qlen"): plausible(),
    ("sock", "sk_wmem_alloc"): plausible(),
    ("sock", "__sk_common.skc_flags"): plausible(),
    ("unix_sock", "sk.__sk_common.skc_state"): number(),
    ("unix_sock", "sk.sk_shutdown"): number(),
    ("unix_sock", "peer"): pointer(),
    ("tcp_sock", "inet_conn.icsk_inet.sk.__sk_common.skc_dport"): plausible(),
    ("tcp_sock", "inet_conn.icsk_inet.sk.__sk_common.skc_daddr"): plausible(),
    ("tcp_sock", "write_seq"): plausible(),
    ("file", "f_count"): number(),
    ("file", "f_ref"): number(),
    ("file", "private_data"): pointer(),
    ("peer socket", "file"): pointer(),
    ("peer socket", "sk"): pointer(),
    ("peer sock", "__sk_common.skc_family"): number(),
    ("peer sock", "sk_socket"): pointer(),
    ("peer unix_sock", "sk.__sk_common.skc_state"): number(),
    ("peer unix_sock", "sk.sk_shutdown"): number(),
    ("peer unix_sock", "peer"): pointer(),
    ("peer unix_sock", "addr"): pointer(MUST, PLAUSIBLE, PLAUSIBLE, PLAUSIBLE),
    ("peer file", "f_count"): number(*[peer_references] * 4),
    ("peer file", "f_ref"): number(*[peer_references] * 4),
    ("peer file", "private_data"): pointer(),
    ("unix_address", "len"): number(*[name_length] * 4),
    ("unix_address", "name[0].sun_path"): text(),
    ("task_struct", "tasks.next"): pointer(),
    ("task_struct", "tasks.prev"): pointer(),
    ("task_struct", "thread_node.next"): pointer(),
    ("task_struct", "signal"): pointer(),
    ("task_struct", "files"): pointer(),
    ("task_struct", "pid"): plausible(),
    ("task_struct", "tgid"): plausible(),
    ("task_struct", "__state"): plausible(),
    ("task_struct", "exit_state"): plausible(),
    ("task_struct", "comm"): text(),
    ("files_struct", "fdt"): pointer(),
    ("fdtable", "fd"): pointer(),
    ("fdtable", "max_fds"): number(*[max_fds] * 4),
    ("fd slot", ""): pointer(),
    ("gendisk", "disk_name"): {kind: disk_name for kind in text()},
    ("gendisk", "private_data"): pointer(),
    ("gendisk", "part0"): pointer(),
    ("gendisk", "queue"): pointer(),
    ("block_device", "bd_openers"): number(),
    ("block_device", "bd_nr_sectors"): plausible(),
    ("block_device", "bd_disk"): pointer(*[JUDGED] * 4),
    ("blk_mq_tags", "nr_tags"): number(),
    ("blk_mq_tags", "rqs"): pointer(MUST, MUST, PLAUSIBLE, PLAUSIBLE),
    ("request", "q"): pointer(),
    ("request", "tag"): number(),
    ("request", "state"): number(*[request_state] * 4),
    ("request", "__sector"): plausible(),
    ("request", "__data_len"): plausible(),
    ("request", "cmd_flags"): plausible(),
    ("request", "start_time_ns"): number(*[start_time] * 4),
    ("nbd_cmd", "nbd"): pointer(),
    ("nbd_cmd", "index"): number(*[command_index] * 4),
    ("nbd_cmd", "retries"): plausible(),
    ("nbd_cmd", "flags"): plausible(),
    ("idr slot", ""): pointer(),
}

# Bytes of these that no member above covers: one is flipped. nbd.so may read some of them, yet must
# keep silent or notice.
WHOLE = ["nbd_device", "nbd_config", "nbd_sock", "socket", "unix_sock", "gendisk", "file", "task_struct", "fdtable", "request"]
# The page with the object is missing.
DROPPED = WHOLE + ["peer unix_sock", "peer file", "unix_address", "files_struct", "fd slot", "blk_mq_tags", "block_device", "idr slot"]

# What `make check` runs.
TELLING = [
    ("nbd_config", "num_connections", "count inflated"),
    ("nbd_config", "socks", "pointer elsewhere"),
    ("nbd_device", "config", "null pointer"),
    ("nbd_device", "index", "bit flipped"),
    ("socket", "file", "wild pointer"),
    ("unix_sock", "peer", "null pointer"),
    ("peer sock", "sk_socket", "wild pointer"),
    ("task_struct", "tasks.next", "pointer elsewhere"),
    ("fdtable", "max_fds", "count inflated"),
    ("gendisk", "queue", "pointer elsewhere"),
    ("unix_address", "name[0].sun_path", "escape sequences"),
    ("nbd_config", "", "page dropped"),
    # What JSON has as a count, below 0.
    ("block_device", "bd_nr_sectors", "all ones"),
    ("block_device", "bd_openers", "all ones"),
    ("unix_sock", "sk.sk_shutdown", "all ones"),
]
