/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cast of the scenes: one program, one role per call. Every role of its own
 * process detaches, gets into position, reports its facts and only then lets
 * its caller go on; so a scene never has to guess whether an actor is ready.
 */
#ifndef ACTOR_H
#define ACTOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* process.c */
struct options {
	const char *as;		/* prefix of this actor's facts */
	const char *name;	/* comm of the process; default: unchanged */
	const char *then;	/* client-netlink: what becomes of the sockets */
	long nofile;		/* RLIMIT_NOFILE; 0: unchanged */
	int no_accept;		/* server: connections stay in the listen queue */
	int children;		/* server: a process for each connection */
	int mute;		/* server: no answer about the middle of the device */
	int deaf;		/* server: reads no further once it is asked about the middle */
	int garbage;		/* server: an answer about the middle that is none */
	int ignore_disconnect;	/* server: stays although told that the client goes */
	int threads;		/* server: so many wait in recv() on its one connection; only reads */
	const char *file;	/* server: what the device holds; default: zeros */
	const char *loop;	/* server: handles the middle by reading this device */
	int fork;		/* opener: a child inherits the open device */
	int map;		/* opener: the fd is closed, a mapping stays */
	int zombie;		/* io: the main thread exits once the others are started */
	int cpu;		/* io: where the threads run; -1: anywhere */
	int together;		/* attempt: all ways at the same time */
	long timeout;		/* client-netlink: of a request, in seconds; 0: none */
	long dead_timeout;	/* client-netlink: how long requests wait for a new connection */
	int trim;		/* client-netlink: the server does discard */
	long netns;		/* client-netlink: the sockets are of the network namespace of this pid */
	int stay;		/* client-ioctl: lives on when NBD_DO_IT has returned */
	long shift;		/* io: the device begins at this sector of the nbd device */
};

extern struct options options;

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void must(int ok, const char *what);
void detach(void);
void ready(void);
void rest(void) __attribute__((noreturn));

/* facts.c: what this actor knows, as JSON files of the running scene */
void fact_int(const char *key, int64_t value);
void fact_text(const char *key, const char *bytes, size_t length);
void fact_inodes(const char *key, const uint64_t *inodes, size_t count);
void fact_pid(void);
/* Appends to the scene's "requests": this is about to be asked of the device. */
void fact_request(const char *op, int64_t offset, int64_t length);

/* address.c */
struct address {
	struct sockaddr_storage sa;
	socklen_t length;
};

struct address address_parse(const char *text);
void fact_address(const struct address *address);
int address_listen(const struct address *address);
int address_connect(const struct address *address);
int address_connect_patiently(const struct address *address);
uint64_t socket_inode(int fd);

/* genl.c: 0 or a positive errno */
struct nbd_attach {
	unsigned int index;
	uint64_t size;
	const int *sockets;
	unsigned int count;
};

int nbd_netlink_connect(const struct nbd_attach *attach);
int nbd_netlink_disconnect(unsigned int index);

/* server.c: answers on this connection until it is over. */
void serve_connection(int fd);

/* holders.c: ways to keep a socket alive */
void hold_in_message(int socket);
void hold_in_ring(int socket);
void hold_in_two_processes(int socket);
void hold_in_poll(int socket);

/* io.c: this thread, and what it starts, runs on this CPU alone. */
void run_on(int cpu);

/* Roles: arguments after the options. */
int role_server(int argc, char **argv);
int role_client_netlink(int argc, char **argv);
int role_client_reattaching(int argc, char **argv);
int role_disconnect(int argc, char **argv);
int role_client_ioctl(int argc, char **argv);
int role_client_socketpair(int argc, char **argv);
int role_ioctl(int argc, char **argv);
int role_attempt(int argc, char **argv);
int role_opener(int argc, char **argv);
int role_io(int argc, char **argv);
int role_reuser(int argc, char **argv);
int role_pin(int argc, char **argv);
int role_run_pinned(int argc, char **argv);
int role_crowd(int argc, char **argv);

#endif
