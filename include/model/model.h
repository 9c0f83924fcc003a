// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The glossary: plain C structs that the collectors fill from the kernel image
 * and that the renderers print. Nothing here knows crash or kernel memory.
 *
 * All memory of a report belongs to the arena (arena.h) and goes with it.
 */
#ifndef NBD_MODEL_H
#define NBD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/flags.h"
#include "base/num.h"
#include "base/problems.h"
#include "base/reads.h"
#include "base/traits.h"

/* One thread, found by walking the kernel's own lists. */
struct task {
	uint64_t addr;	/* task_struct */
	uint32_t pid;	/* thread id in the initial pid namespace */
	uint32_t tgid;	/* its thread group: what ps calls the pid */
	char comm[17];	/* task_struct.comm, always terminated, not escaped */
	char state;	/* R S D T t Z X I as ps prints them, ? when unreadable */
	uint64_t stack; /* lowest address of its kernel stack, 0 when unknown */
	uint64_t files; /* files_struct, 0 past exit_files() and for kernel threads */
	/* Of a leader whose other threads are not in the list: the head of theirs, else 0. */
	uint64_t threads;
	bool kernel_thread;
	bool may_use_io_uring; /* it has made or used one, or that cannot be known */
	num start_boottime;    /* when it began: nanoseconds of CLOCK_BOOTTIME */
	num ran_ago_ms; /* since it last got a processor: a task that sleeps has done so for about as long, or for longer
			 * where it wakes up now and then */
};

struct task_list {
	struct task **v; /* by address of task_struct */
	size_t n;
	size_t unreadable; /* tasks or list links that could not be read */
	bool interrupted;
};

/* One file descriptor of a thread group (or of a single thread with a table of its own). */
struct fd_owner {
	const struct task *task;
	uint32_t fd;
};

/* What may hold a struct file without a file descriptor, and the word for it in reports. */
#define HOLDER_KIND_TABLE(KIND)                                                                    \
	KIND(HOLDER_NBD, "nbd")			/* an nbd_sock */                                  \
	KIND(HOLDER_SCM_RIGHTS, "scm_rights")	/* a message in flight */                          \
	KIND(HOLDER_IO_URING, "io_uring")	/* an io_uring that it is registered with */       \
	KIND(HOLDER_LOOP, "loop")		/* a loop device above it */                       \
	KIND(HOLDER_SYSTEM_CALL, "system_call") /* a thread that is inside one */

#define HOLDER_KIND_ENUM(kind, word) kind,
enum holder_kind { HOLDER_KIND_TABLE(HOLDER_KIND_ENUM) HOLDER_KINDS };
#undef HOLDER_KIND_ENUM

/* A reference to a struct file that is no file descriptor. phrase_holder() puts it into words. */
struct holder {
	enum holder_kind kind;
	uint32_t number;  /* that of the connection or the loop device, or the fd of the io_uring */
	uint64_t object;  /* address of what holds the reference */
	const char *call; /* HOLDER_SYSTEM_CALL: its name; of poll() and the like "poll" */
	/* HOLDER_SCM_RIGHTS: the file of the socket in whose queue the message waits, whose owners can receive it; NULL
	 * where that has none, or it is not known. HOLDER_IO_URING: the ring's own file, where the ring was found by such
	 * a message; else NULL, and task has the ring open. */
	const struct file *via;
	bool via_known;
	union {
		const char *device; /* HOLDER_NBD: the device's name */
		const struct task
			*task; /* HOLDER_IO_URING: who has the ring open; HOLDER_SYSTEM_CALL */
	};
};

/* One struct file of interest, with everybody who was found to hold it. */
struct file {
	uint64_t addr;
	num refs;	     /* f_count, as a number of references */
	size_t n_table_refs; /* slots of file tables that hold it, one reference each */
	struct fd_owner *owners;
	size_t n_owners;
	struct holder *holders;
	size_t n_holders;
};

/* Whose the holder is, by his place in the list: who is inside the call, has the ring open, can receive the message. The
 * fd is that of the ring or the socket. The task is NULL behind the last. */
static inline struct fd_owner holder_owner(const struct holder *h, size_t i)
{
	if (h->via)
		return i < h->via->n_owners ? h->via->owners[i] : (struct fd_owner){NULL, 0};
	if (!i && (h->kind == HOLDER_IO_URING || h->kind == HOLDER_SYSTEM_CALL))
		return (struct fd_owner){h->task, h->number};
	return (struct fd_owner){NULL, 0};
}

/* How many of a file's references are accounted for. */
static inline size_t file_refs_explained(const struct file *file)
{
	return file->n_table_refs + file->n_holders;
}

/* How many are not; 0 where their number could not be read. */
static inline size_t file_refs_missing(const struct file *file)
{
	size_t explained = file_refs_explained(file);

	return file->refs.known && file->refs.v > explained ? file->refs.v - explained : 0;
}

/* What became of the other end of a connection. */
enum peer_status {
	PEER_UNKNOWN,	   /* could not be read */
	PEER_OPEN,	   /* has a socket, both directions open */
	PEER_NOT_ACCEPTED, /* connected, still in the listener's queue */
	PEER_CLOSED,	   /* its last file is gone, or TCP's state says so */
	PEER_SHUT_DOWN,	   /* has a socket, but one of both ends was shut down */
	PEER_REMOTE,	   /* TCP to a socket that is not in this kernel */
	PEER_STATUSES
};

/* One socket: struct socket and struct sock, whichever of them exist. */
struct sock_info {
	uint64_t socket; /* 0: none (orphaned, or not accepted yet) */
	uint64_t sk;	 /* 0: none */
	struct file *file;
	num inode; /* the number of "socket:[N]" */
	num family, type, state;
	num protocol; /* TCP and the like: sk_protocol, absent where it is no number of its own */
	num shutdown; /* sk_shutdown: RCV_SHUTDOWN, SEND_SHUTDOWN (base/socket_states.h) */
	num dead;     /* SOCK_DEAD */
	num send_queue_bytes;
	num send_window; /* TCP: bytes that the other end takes beyond those it has acknowledged */
	num receive_queue; /* socket buffers (skbs) waiting to be read */
	const char *local; /* escaped path, @abstract, or address:port; NULL when unnamed */
	const char *remote;

	/* AF_UNIX: who called listen() at the other end (sk_peer_pid), thread group id. */
	num listener_pid, listener_alive;
	/* The task of that pid while it lives; NULL when it is not in the list of tasks. */
	const struct task *listener;

	num peer_sk; /* AF_UNIX: unix_sock.peer, 0 when there is none */

	/* These must agree with the rest; where they do not, memory is damaged. */
	num sk_socket;	 /* sock.sk_socket: socket */
	num socket_sk;	 /* socket.sk: sk */
	num file_socket; /* file.private_data: socket */
	num prot_family; /* the family of the protocol (sk_prot) */
	bool name_unreadable;
	const char
		*impossible; /* which values were impossible and are now unknown: words, or NULL */

	struct sock_info *peer; /* the other end, where it is in this kernel and readable */
	enum peer_status peer_status;
};

/* True where one of its structures could not be read: then not all is known, above all not who has it. */
static inline bool sock_is_unreadable(const struct sock_info *s)
{
	return (s->socket && !s->type.known) || (s->sk && !s->family.known);
}

struct waiter;

/* What the server does that has the other end of a connection open. */
enum server_state {
	SERVER_UNKNOWN, /* not judged: the other end is not open, or nobody was found who has it */
	SERVER_RUNS,
	SERVER_STOPPED, /* all threads that could serve it are stopped or exiting */
	SERVER_BLOCKED, /* it waits in D, so that it answers nothing */
};

struct server {
	enum server_state state;
	const struct task *task; /* NULL when SERVER_UNKNOWN */
	const struct waiter *on; /* SERVER_BLOCKED on this very device: its wait; else NULL */
};

/* One nbd_sock of an nbd_config. */
struct connection {
	uint32_t index;
	uint64_t nbd_sock;
	num dead;		/* nbd_sock.dead: nbd itself has given the connection up */
	struct sock_info *sock; /* never NULL; all unknown when unreadable */
	struct server server;	/* judged */

	/* Who sends on it (collect/senders.c). */
	num tx_lock_owner;	   /* nbd_sock.tx_lock: task_struct that holds it, 0 when free */
	const struct task *sender; /* the living task there, or NULL */
	const struct task **behind_sender; /* who waits for tx_lock, first in line first */
	size_t n_behind_sender;
	num pending;	  /* nbd_sock.pending: the request that was sent in part, 0 when none */
	num pending_sent; /* nbd_sock.sent: so many bytes of it, 28 bytes of header included */
};

/* Where a request is, the word for it in JSON, and what it does there. */
#define REQUEST_PLACE_TABLE(PLACE)                                                                 \
	PLACE(REQUEST_IN_FLIGHT, "in-flight", "in flight")		 /* nbd has started it */  \
	PLACE(REQUEST_RECONNECT, "reconnect", "waiting for a reconnect") /* inside nbd */          \
	PLACE(REQUEST_BEHIND_SENDER, "behind-sender", "waiting behind a sender") /* inside nbd */  \
	PLACE(REQUEST_DISPATCH, "dispatch", "waiting for another try")	   /* nbd had no room */   \
	PLACE(REQUEST_REQUEUE, "requeue", "requeued")			   /* to be sent anew */   \
	PLACE(REQUEST_BEHIND_FLUSH, "behind-flush", "waiting for a flush") /* in flight or next */ \
	PLACE(REQUEST_SCHEDULER, "scheduler", "in the I/O scheduler")	   /* it has no tag yet */ \
	PLACE(REQUEST_ON_THE_WAY, "on-the-way", "on the way to nbd")	   /* a task's plug */

#define REQUEST_PLACE_ENUM(place, word, text) place,
enum request_place { REQUEST_PLACE_TABLE(REQUEST_PLACE_ENUM) REQUEST_PLACES };
#undef REQUEST_PLACE_ENUM

/* A driver tag where there is none. */
#define REQUEST_NO_TAG UINT32_MAX

/* A request: in flight when it has a driver tag, was started and is not complete. */
struct request {
	enum request_place place;
	uint32_t queue, tag; /* hardware queue, and the tag there or REQUEST_NO_TAG */
	num sched_tag;	     /* of one that waits: its tag in the I/O scheduler */
	uint64_t addr;	     /* struct request; its nbd_cmd follows at once */
	num op;		     /* REQ_OP_* (include/linux/blk_types.h) */
	num sector;	     /* of 512 bytes, from the start of the whole device */
	num bytes;
	num age_ms;	/* since the request was made */
	num connection; /* nbd_cmd.index: the connection it was last sent on */
	num sent;	/* handed to the server; unknown where the kernel does not keep it */
	num retries;	/* timeouts since it was last sent, unknown on kernels without */

	/* Who works on it (collect/senders.c): the task that holds its nbd_cmd.lock, or NULL. */
	const struct task *worker;
};

/* What may keep a block device open, the word for it in reports, and what must become of it before the device is
 * free. */
#define OPENER_KIND_TABLE(KIND)                                                                    \
	KIND(OPENER_FD, "fd", "closed")			    /* a file descriptor */                \
	KIND(OPENER_MOUNT, "mount", "unmounted")	    /* a mounted file system */            \
	KIND(OPENER_DETACHED, "detached-mount", "released") /* one without a mount point */        \
	KIND(OPENER_SWAP, "swap", "switched off")	    /* a swap area */                      \
	KIND(OPENER_HOLDER, "holder", "removed")  /* a stacked block device: dm, md, bcache */     \
	KIND(OPENER_KERNEL, "kernel", "released") /* a file that the kernel holds: struct holder */

#define OPENER_KIND_ENUM(kind, word, let_go) kind,
enum opener_kind { OPENER_KIND_TABLE(OPENER_KIND_ENUM) OPENER_KINDS };
#undef OPENER_KIND_ENUM

/* A task that keeps a lazily unmounted file system in use. */
struct mount_keeper {
	const struct task *task;
	const char *by; /* "fd 9", "cwd", "root" */
};

/* One mount of a file system, in any mount namespace. */
struct mount {
	uint64_t vfsmount; /* struct vfsmount: what struct path points to */
	const char
		*point; /* from the root of its namespace, escaped; NULL: it has none, or unknown */
	num detached;	/* 1: unmounted lazily (umount -l), in no namespace and still in use */
	num namespace_inode; /* the number of "mnt:[N]"; unknown of one that is detached */
	num elsewhere;	     /* 1: in another mount namespace than init's */
	const struct task *
		inhabitant; /* where it is elsewhere: a task in that namespace, NULL if there is none */
	struct mount_keeper *keepers; /* where it is detached */
	size_t n_keepers;
};

/* Somebody who keeps the block device, or a partition of it, open. */
struct opener {
	enum opener_kind kind;
	const struct task *task; /* OPENER_FD: who has the file descriptor, else NULL */
	uint32_t fd;
	uint64_t file; /* struct file, 0 when there is none */
	const char *
		what; /* "/dev/nbd101", "ext4 on /mnt (nbd6)", "swap (nbd7)": escaped. Where there is a
			   * holder or a stacked device, what that has open, "nbd18": see phrase_opener() */
	const char *on;		     /* the block device that it has open: "nbd18p1" */
	const struct holder *holder; /* OPENER_KERNEL: what holds the file, else NULL */
	num frozen; /* of a file system: 1 when it is frozen (fsfreeze), 0 when it is not */
	const struct mount
		*mount; /* OPENER_MOUNT and OPENER_DETACHED: the mount, NULL where the file
				      * system has none or its mounts could not be read */
	const struct stacked
		*stacked; /* OPENER_HOLDER, and OPENER_KERNEL where a loop device has the
					* file: the block device that the opener is, else NULL */
};

/* A block device that is made of others: dm, md, bcache, loop. One that stands on several devices is one of these. */
struct stacked {
	const char *name; /* "dm-0", escaped */
	uint64_t gendisk;
	/* Of device mapper, escaped: "vg-lv", "LVM-..."; NULL: it is none, it has none, or they could not be read. */
	const char *dm_name, *dm_uuid;
	struct opener *openers; /* as those of a device */
	size_t n_openers;
	num openers_expected;
	size_t openers_found;
};

/* Where a stacked device stands above an nbd device. */
struct level {
	const struct stacked *stacked;
	const char *
		on; /* what it is made of, as far as that is the nbd device, or stands on it: "nbd36",
			 * "nbd18p1", "dm-0", "ext4 on dm-0" */
	unsigned
		depth; /* 1: on the device itself; else one more than the highest that it stands on */
};

/* A task in state D whose kernel stack leads to the device. That does not make it an opener: a task that hangs
 * in open() has nothing open yet. */
struct waiter {
	const struct task *task;
	const char *blocked_in;	 /* open, close, read, write, flush, freeze, ioctl, or a function */
	uint64_t object;	 /* the device's object that its stack leads to */
	const char *object_what; /* "request", "gendisk", ... */
	const struct stacked
		*above; /* what of the objects on its stack is stacked on the device, or NULL */
};

/* A task in state D that waits for a lock which another task holds. */
struct blocked {
	const struct task *task, *owner;
	bool shared; /* readers hold it, of which the owner is the last that the kernel has noted */
	uint64_t lock;
	const char *
		kind; /* "mutex", "rwsem"; "journal": the end of a transaction, whose kernel thread is the owner */
	const char *
		of; /* what the lock belongs to: "inode 12 of ext4 on nbd38"; NULL where it is not known */
};

/* What an attach would get now from a new task. */
enum attach_way { ATTACH_SET_SOCK, ATTACH_DO_IT, ATTACH_NETLINK, ATTACH_WAYS };
enum attach_result {
	ATTACH_UNKNOWN,
	ATTACH_OK,
	ATTACH_EBUSY,
	ATTACH_EINVAL,
	ATTACH_HANGS,
	ATTACH_RESULTS
};

struct attach {
	enum attach_result result;
	const char *why;	    /* a sentence without its full stop */
	const struct attach *later; /* where it hangs for a reason outside the device: what it gets
				     * once that is over. Else NULL */
};

/* What ends or mends an attachment; the outcomes are those of an attach. */
enum way_out { OUT_RECONFIGURE, OUT_NETLINK_DISCONNECT, OUT_DISCONNECT, OUT_CLEAR_SOCK, WAYS_OUT };

/* Something that is wrong, or worth knowing; identifiers as in doc/report.schema.json. */
enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITIES };

struct finding {
	const char *id; /* "leaked-connections" */
	enum severity severity;
	const char *text;      /* what was found and what it means */
	const char **evidence; /* addresses and names to check it by */
	size_t n_evidence;
	const char *remedy;	   /* NULL when there is nothing to do */
	const char *kernel_commit; /* that fixes the cause, NULL when none is known */
};

/*
 * What state a device is in, and the word for it in reports. Where two are true, the upper one counts:
 * doc/diagnosis.md has what each of them means and rests on.
 */
#define DEVICE_STATE_TABLE(STATE)                                                                  \
	STATE(STATE_UNKNOWN, "unknown")	  /* what decides could not be read */                     \
	STATE(STATE_SET_UP, "setting-up") /* has connections, was never started */                 \
	STATE(STATE_PINNED, "pinned") /* nbd is done with it, nothing waits; openers keep it */    \
	STATE(STATE_DEAD, "dead")     /* no connection lives that nbd reads */                     \
	STATE(STATE_DISCONNECTING, "disconnecting") /* asked for, and not honoured */              \
	STATE(STATE_STUCK, "stuck")	/* something waits that does not go on by itself */        \
	STATE(STATE_SLOW, "slow")	/* a request waits for more than a second */               \
	STATE(STATE_WORKING, "working") /* requests are in flight */                               \
	STATE(STATE_IDLE, "idle")	/* nothing is in flight, nothing waits */

#define DEVICE_STATE_ENUM(state, word) state,
enum device_state { DEVICE_STATE_TABLE(DEVICE_STATE_ENUM) DEVICE_STATES };
#undef DEVICE_STATE_ENUM

/* One step of what to do. */
struct step {
	bool otherwise;	    /* only where the steps before it did not help */
	const char *action; /* a command, or what a person has to do */
	const char *costs;  /* what is lost by it: which I/O fails, which process ends */
	const char *frees;  /* what it achieves */
};

/* What is to be known of a device in a few lines. */
struct diagnosis {
	enum device_state state;
	const char *cause_id; /* "server-stopped"; "none" of a device that is well */
	const char *cause;    /* a sentence without its full stop; of a device that is well, on what
				    * that rests */
	uint32_t *pids;	      /* processes that the cause is about, living or exited */
	size_t n_pids;
	const char **consequences; /* what follows from the cause, a sentence each */
	size_t n_consequences;
	struct step *steps; /* what to do, in order: the least harmful first */
	size_t n_steps;
};

/* A message of the kernel's log that names the device. */
struct log_line {
	num stamp_ns; /* as the kernel stamped it: nanoseconds of its own clock since the boot */
	num age_ms;   /* since then */
	const char *text; /* escaped */
};

/* Several devices that are in trouble for the same reason. */
struct shared_cause {
	const char *cause; /* what all of them share, in words */
	const struct device **devices;
	size_t n_devices;
};

struct device {
	const char *name; /* escaped disk_name */
	uint32_t index;
	uint64_t gendisk, nbd_device;
	uint64_t config;  /* 0: not configured */
	num config_known; /* the config pointer itself was readable */
	num config_refs, refs;
	num device_flags; /* nbd_device.flags, unknown on kernels without */
	num server_flags, runtime_flags;
	num num_connections, live_connections, recv_threads;
	num capacity_bytes, block_size;
	num timeout_seconds, dead_conn_timeout_seconds; /* 0: none */
	num has_backend;     /* 1: a netlink client has named the server, 0: it has not */
	const char *backend; /* that name, escaped; NULL: none, or not known */

	num task_setup;		       /* task_struct address as found, 0 when none */
	const struct task *setup_task; /* the living task there, or NULL */
	num recv_pid;		       /* thread id that ran NBD_DO_IT or the netlink connect */
	num recv_task_addr;	       /* kernels that keep a pointer instead of a pid */
	const struct task *recv_task;  /* the living task, or NULL */

	/* Whether the tasks above are the ones that nbd recorded, or others that have their memory or pid now. */
	num started_boottime; /* when NBD_DO_IT or a netlink connect started it: nanoseconds of
			       * CLOCK_BOOTTIME, too late rather than too early */
	/* Judged: a task that is too young to be the recorded one is moved here from above. A doubt is a clause
	 * that says why the task that is still above may not be the one, or NULL. */
	const struct task *setup_reuser, *recv_reuser;
	const char *setup_doubt, *recv_doubt;

	struct connection *conns;
	size_t n_conns; /* connections that were read; num_connections is the kernel's count */
	num n_dead;	/* marked dead; unknown unless all could be read */

	struct request *requests;
	size_t n_requests;
	bool requests_known; /* all tags were looked at */

	/* Requests that exist and that nbd has not started (collect/waiting_requests.c). */
	struct request *waiting;
	size_t n_waiting;
	bool waiting_known;		 /* all places were looked at */
	const struct task **tag_waiters; /* who waits until another request gives its tag back */
	size_t n_tag_waiters;
	bool tag_waiters_known;

	struct opener *openers;
	size_t n_openers;
	num openers_expected; /* bd_openers of the whole device, the kernel's own count */
	size_t openers_found; /* how many of those the openers above explain: an open file counts once,
			       * no matter how many fds it has */
	struct level *above; /* what is stacked on it, each behind what it stands on */
	size_t n_above;

	struct waiter *waiters;
	size_t n_waiters;
	struct blocked
		*behind; /* who waits for a lock that one of those who wait for the device holds */
	size_t n_behind;
	/* Who waits in nbd_config.conn_wait for NBD_CMD_RECONFIGURE (collect/senders.c). */
	const struct task **reconnect_waiters;
	size_t n_reconnect_waiters;
	num reconnect_left_ms; /* until the first of them gives up */
	bool in_nbd_known;     /* these, and who waits for each tx_lock, could be read in full */
	struct log_line *log;  /* the newest one last */
	size_t n_log;
	num config_lock_owner; /* task_struct that holds nbd_device.config_lock, 0 when free */
	num open_lock_owner;   /* the same of the lock that serialises open and close */
	num partition_scan_due; /* the next first open reads the partition table: GD_NEED_PART_SCAN */

	/* Judged. */
	const char *timeout_rule; /* whether and when nbd gives up a request that gets no reply: a
				   * sentence, or NULL where that is not known */
	const char
		*freed_when; /* what must happen before the device has no config any more: a clause
				   * without subject, NULL where it has none or that is not known */
	struct attach attach[ATTACH_WAYS];
	struct attach ways_out[WAYS_OUT]; /* of a device with a config */
	struct finding *findings;	  /* worst first */
	size_t n_findings;
	const struct diagnosis *diagnosis; /* NULL of a device that is not configured, and where the
					    * rules of this nbd are not known */

	struct problems problems; /* what could not be read */
};

/* How far the search for owners reached among the tables of the report's tasks: printed with every report, since "no
 * owner" is only as good as that. */
struct scan_stats {
	size_t tables, tables_unreadable;
	bool interrupted;
};

struct report {
	struct traits traits;
	const char *release, *machine;
	bool before_config; /* nbd of a kernel before v4.12: its rules are not known here */
	/* "debuginfo", "btf" or "computed"; NULL when nbd's layouts are unknown: then there are no devices */
	const char *layout_source;
	/* Which of the kernel's tables were read in full to find the devices: "nbd_index_idr", "block_class", "nbd_dev". */
	const char *devices_from[2];
	size_t n_devices_from;
	enum flag_numbering numbering;
	struct task_list tasks;
	bool log_known;		 /* all of the kernel's log could be read */
	num log_oldest_age_ms;	 /* of the oldest message that it still has */
	num slept_ns;		 /* how long the machine has slept since the boot */
	num boottime_ns;	 /* when memory was captured: nanoseconds of CLOCK_BOOTTIME */
	num genl_lock_owner;	 /* task_struct that holds genl_mutex, 0 when free */
	uint64_t tasks_in_crash; /* what crash's own list holds */
	struct scan_stats scan;
	struct reads reads; /* all; and what for */
	struct reads reads_for[READ_PURPOSE_COUNT];
	struct device *devices; /* by index, unconfigured ones too */
	size_t n_devices;
	struct shared_cause *shared; /* judged: causes of more than one device */
	size_t n_shared;
	struct problems problems; /* of the whole search */
};

/* A struct file that is open on a block device. */
struct opened_file {
	struct file *file;
	const char *path; /* "/dev/nbd18p1" */
};

/* An address that unix_peer or file_owner was asked about. */
struct query {
	num device;		       /* the index, when a device was asked for by name */
	uint64_t addr;		       /* else the address; becomes the gendisk's for a device */
	bool both_ends;		       /* of a socket: who has the other end is asked, too */
	struct sock_info *sock;	       /* the socket it means, or NULL */
	const struct connection *conn; /* the connection, when it is an nbd_sock */
	struct file *file;	       /* the struct file it means, or NULL */
	const char *path;	       /* of a file that is no socket */
	bool looked_up;		       /* what it means was found out before any Ctrl-C */
	const struct device *dev;      /* the device it means by name or address, or NULL; */
	const char *bdev;	       /* its name, or a partition's ("nbd18p1"), */
	struct opened_file *opened;    /* and the struct files that are open on it */
	size_t n_opened;
};

#endif
