// SPDX-License-Identifier: GPL-2.0-or-later
/* Who and why, in words, as reports, findings and graphs have them. Pure; memory: arena. */
#ifndef NBD_JUDGE_PHRASES_H
#define NBD_JUDGE_PHRASES_H

#include "model/model.h"

/* The command that detaches the device. */
const char *phrase_detach(const struct device *dev);

/* "qemu-kvm (233)", with its state where that tells something. */
const char *phrase_task(const struct task *t);
const char *phrase_name(const struct task *t); /* never its state */

/* "is stopped (state T)": why a task that does not run does not. */
const char *phrase_stop(const struct task *t);

/* "READ", or the number; NULL when unknown. */
const char *phrase_operation(num op);

/* "READ of 4 KiB at sector 8"; the sector alone, "-" for what has no place. */
const char *phrase_request(const struct request *rq);
const char *phrase_sector(const struct request *rq);

/* Where a request is: "reconnect" as JSON has it; "waiting for a reconnect". */
const char *phrase_request_place(enum request_place place);
const char *phrase_request_waits(enum request_place place);

/* "0 in flight, 1 waiting for a reconnect, 2 in the I/O scheduler; 3 tasks wait for a tag", and what of it is not
 * known. "0 in flight" alone: nothing waits anywhere. */
const char *phrase_requests(const struct device *dev);

/* "fd", "mount", ...: as JSON has them; "closed", "unmounted", ...: what must become of such an opener. */
const char *phrase_opener_kind(enum opener_kind kind);
const char *phrase_opener_let_go(enum opener_kind kind);

/* What an opener has open: "/dev/nbd101", "ext4 on /mnt (nbd6)", "loop0 (on nbd18)". */
const char *phrase_opener(const struct opener *o);

/* A stacked device: "md37", "dm-0 \"vg-lv\""; "dm-0 \"?\"" where device mapper's name for it could not be read. */
const char *phrase_stacked(const struct stacked *s);

/* "nbd", "loop", ...: as JSON has them. */
const char *phrase_holder_kind(enum holder_kind kind);

/* Whose it is: "qemu-kvm (233) fd 9"; NULL where no task is known. */
const char *phrase_holder_owners(const struct holder *h);

/* " for at least 6.9 s", of a task that waits; "" where that is not known. */
const char *phrase_for(const struct task *t);

/* "nbd101 connection 0", "loop0", "io_uring of qemu-kvm (233) fd 9", "recvmsg by gMgr (240, thread 1241)". */
const char *phrase_holder(const struct holder *h);

/* "qemu-kvm (233) fd 3, ext4 on /mnt (nbd6)"; NULL when there is none. Those of one task are merged, and
 * only so many are named. */
const char *phrase_openers(const struct device *dev);
const char *phrase_opener_list(const struct opener *openers, size_t n);

/* "gMgr (439), gMgr (440) state T": who has the file open, each once; NULL when nobody was found. */
const char *phrase_owners(const struct file *file);

/* "error", "warning", "info". */
const char *phrase_severity(enum severity severity);

/* A finding in a line: its text up to the colon, behind which stands what it means. */
const char *phrase_finding(const struct finding *f);

/* "EBUSY" and the like; "unknown" is one of them. */
const char *phrase_attach_result(enum attach_result result);

/* What a task that the device remembers is: none, its name, or that it is gone, as far as known. doubt: why t may
 * not be it; reuser: who has its place (phrase_reuser()); or NULL. */
const char *phrase_remembered(const struct report *report, num addr, num pid, const struct task *t,
			      const char *doubt, const char *reuser);

/* Who has got the place of a task that has exited: "sh (849), which began 3.2 s after the device was started". */
const char *phrase_reuser(const struct device *dev, const struct task *reuser);

/* Who runs the device, or ran it last: "nbd-client (454)", or "pid 326" and "task_struct ADDRESS" where
 * no task that lives there has to do with the device. */
const char *phrase_starter(const struct report *report, const struct device *dev);

/* "listener gMgr (439)", "listener (313) exited"; NULL where the socket has none. */
const char *phrase_listener(const struct sock_info *s);

/* The word for a peer's status, as report and JSON have it; NULL when unknown. */
const char *phrase_peer_status(enum peer_status status);

/* nbd_config.runtime_flags by name, "?" when unknown. */
const char *phrase_runtime_flags(const struct report *report, const struct device *dev);

#endif
