// SPDX-License-Identifier: GPL-2.0-or-later
/* How this kernel's nbd behaves, as far as no structure tells it. resolve/behaviour.c finds out. */
#ifndef NBD_BASE_TRAITS_H
#define NBD_BASE_TRAITS_H

#include "base/num.h"

/* 1 or 0; unknown where the code of the image could not be read. */
struct traits {
	num set_sock_freezes; /* NBD_SET_SOCK freezes the queue first: b98e762e3d71 to 285908f554fe */
	num set_sock_refuses_running; /* 04d8fb23e520: EBUSY while pid is set */
	num clear_sock_resets_setup;  /* NBD_CLEAR_SOCK forgets task_setup */
	num keeps_retries; /* nbd_cmd.retries: without a timeout nbd never gives up a lost reply */
};

#endif
