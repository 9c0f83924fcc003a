// SPDX-License-Identifier: GPL-2.0-or-later
/* The states of a struct sock, as all families number them. */
#ifndef NBD_BASE_SOCKET_STATES_H
#define NBD_BASE_SOCKET_STATES_H

/* sock_common.skc_state: include/net/tcp_states.h. AF_UNIX uses ESTABLISHED, CLOSE and LISTEN. */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
	TCP_NEW_SYN_RECV,
};

/* sock.sk_shutdown: include/net/sock.h. */
enum {
	RCV_SHUTDOWN = 1,
	SEND_SHUTDOWN = 2,
	SHUTDOWN_MASK = RCV_SHUTDOWN | SEND_SHUTDOWN,
};

#endif
