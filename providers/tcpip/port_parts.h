/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_PORT_PARTS_H
#define WS2_TCPIP_PORT_PARTS_H
/*
 * What the parts of port.h share; nobody else includes this.
 *
 *   port_nt.c         what is seen of the program's handles, and when a port begins to be served here
 *   port_record_nt.c  the records and who holds them
 *   port_queue_nt.c   the queue of packets, and the packets that the server has still to send
 *   port_server_nt.c  what the server has: fetching it, the pump, handing all back
 *   port_wait_nt.c    taking packets: the waits, the keeper, deadlines
 *
 * Any thread may call any of these, with a reference to the port. Which locks it may hold then stands with each; nothing is called
 * with the port's lock held but what says so. The order of the locks is in port.h.
 */
#include "providers/tcpip/port.h"

#include "base/handle_map.h"
#include "base/observer.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/pend.h"

/*
 * KERNEL: not served here, perhaps not yet. HERE: served here. RETIRED: not served here any more. CLOSED: was served here, and the
 * program has closed its last handle; packets have nobody to go to.
 */
enum port_mode { PORT_KERNEL, PORT_HERE, PORT_RETIRED, PORT_CLOSED };

/* A packet that the server has still to send: for this operation of `sock`. */
struct expected {
    struct sock *sock; /* not counted: the port's are let go with their expectations */
    LPWSAOVERLAPPED ov;
    enum afd_kind kind;
};

/* Records go back to a free list and stay mapped, as those of sockets do. */
struct port {
    struct port *next;        /* of all there are; never changes */
    struct port *next_free;
    LONG volatile refs;
    struct lock lock;         /* guards what changes, mode included */
    struct lock server_lock;  /* held from taking packets out of the server's port until they are in the queue */

    enum port_mode volatile mode;
    BOOL can_serve;           /* we have seen it made: nobody waits for it unseen */
    LONG handles;             /* that the program has of it */
    HANDLE own;               /* ours */

    struct ws2_packet *queue; /* a ring */
    size_t first, room;
    size_t volatile count;

    int watch, waker;         /* half.h */
    ULONG volatile waiting;   /* threads that wait, or are about to, in Linux */
    ULONG sleepers;           /* and in the server, since before it was served here */
    ULONG calls;              /* times that somebody wanted a packet */
    ULONG calls_at_tick;      /* the keeper's */
    ULONGLONG asked_ms;       /* when the server was last asked for packets that nobody expects */
    BOOL volatile foreign;    /* the server may have packets for it */
    BOOL pumping;
    HANDLE stop;              /* ends the pump */
    LONG volatile pends;      /* receives that wait in the process */

    struct expected *expected;
    size_t expected_count, expected_room;
};

enum { BATCH = 32 };

/* ---- port_record_nt.c; port_find() and port_add() with no lock held ---- */

extern struct handle_map port_handles;
extern struct port *volatile port_all; /* changed under a lock of its own, read without: records stay */
extern struct ws2_kernel port_kernel;

BOOL port_try_hold(struct port *p);
void port_put(struct port *p);
/* With a reference, or NULL. */
struct port *port_find(HANDLE handle);
/* One reference for the map and one for the caller. NULL: no memory. */
struct port *port_add(HANDLE handle, BOOL can_serve);

/* ---- port_queue_nt.c ---- */

/* FALSE: no memory. */
BOOL port_append(struct port *p, const struct ws2_packet *packet) WS2_REQUIRES(p->lock);
ULONG port_take(struct port *p, struct ws2_packet *packets, ULONG room) WS2_REQUIRES(p->lock);
/* TRUE: told, or nobody is left to tell. FALSE: the server is to have it. Takes the port's lock. */
BOOL port_queue(struct port *p, const struct ws2_packet *packet);
/* Into the server's port; needs no lock, and may be called with the port's. */
void port_post(struct port *p, const struct ws2_packet *packet);
/* A packet that was expected has come, or will not: the oldest of those that fit. `k` NULL: of whatever socket. */
void port_came(struct port *p, const struct sock *k, const void *ov) WS2_REQUIRES(p->lock);
/* The socket ends, and with it what was expected of it. Takes the port's lock. */
void port_expect_none(struct port *p, const struct sock *k);

/* ---- port_server_nt.c; called with no lock of the port held ---- */

/* A packet that only wakes a thread which sleeps in the server. */
BOOL port_is_wake(const struct ws2_packet *p);
/* Takes those out; returns how many are left. */
ULONG port_drop_wakes(struct ws2_packet *packets, ULONG count);
void port_wake_sleeper(struct port *p);
/*
 * Moves what the server has for the port to the queue, at most `most` packets. Returns how much that was. To find out that there are no more
 * costs as much as a packet. Takes server_lock, and the port's lock beneath it.
 */
ULONG port_fetch(struct port *p, ULONG most);
/* FALSE: there is no pump, so nobody may wait. */
BOOL port_pump(struct port *p);
/* The port is not served here from now on. Whoever waits for it looks again. Takes both locks, and pend_lock of sockets after them. */
void port_leave_mode(struct port *p, enum port_mode mode);
/* A thread of ours, on which nobody waits. */
BOOL port_run_thread(LPTHREAD_START_ROUTINE fn, void *arg);

/* ---- port_wait_nt.c; with no lock held ---- */

/* ws2_observer's `remove`. */
BOOL port_remove(HANDLE handle, struct ws2_packet *packets, ULONG room, ULONG *count,
                 const LARGE_INTEGER *timeout, BOOL alertable, LONG *status);

#endif
