// SPDX-License-Identifier: GPL-2.0-or-later
/* Values in words, as reports, findings and graphs have them. Pure; memory: arena. */
#ifndef NBD_JUDGE_PHRASES_H
#define NBD_JUDGE_PHRASES_H

#include "model/model.h"

/* What is unknown is "?". */
const char *word_decimal(num n);
const char *word_seconds(num seconds); /* "none" for 0 */
const char *word_age(num milliseconds);
const char *word_size(num bytes);

/* Without 0x; "-" for 0. */
const char *word_hex(uint64_t addr);

/* "1 opener", "2 openers". */
const char *word_count(size_t n, const char *noun);

/* The command that detaches the device. */
const char *word_detach(const struct device *dev);

/* "a", then "a, b", and so on; all may be NULL at first. */
const char *word_append(const char *all, const char *separator, const char *more);

/* "qemu-kvm (233)", with its state where that tells something. */
const char *word_task(const struct task *t);
const char *word_name(const struct task *t); /* never its state */

/* "READ", or the number; NULL when unknown. */
const char *word_operation(num op);

/* "READ of 4 KiB at sector 8"; the sector alone, "-" for what has no place. */
const char *word_request(const struct request *rq);
const char *word_sector(const struct request *rq);

/* "fd", "mount", ...: as JSON has them. */
const char *word_opener_kind(enum opener_kind kind);

/* "qemu-kvm (233) fd 3, ext4 on /mnt (nbd6)"; NULL when there is none. Those of one task are merged, and
 * only so many are named. */
const char *word_openers(const struct device *dev);

/* "error", "warning", "info". */
const char *word_severity(enum severity severity);

/* A finding in a line: its text up to the colon, behind which stands what it means. */
const char *word_finding(const struct finding *f);

/* "EBUSY" and the like; "unknown" is one of them. */
const char *word_attach_result(enum attach_result result);

/* What a task that the device remembers is: none, its name, or that it is gone, as far as known. */
const char *word_remembered(const struct report *report, const struct device *dev, num addr,
			    num pid, const struct task *t);

/* Who runs the device, or ran it last: "nbd-client (454)", or "pid 326" and "task_struct ADDRESS" where
 * no task that lives there has to do with the device. */
const char *word_starter(const struct report *report, const struct device *dev);

/* "listener gMgr (439)", "listener (313) exited"; NULL where the socket has none. */
const char *word_listener(const struct report *report, const struct sock_info *s);

#endif
