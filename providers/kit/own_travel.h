/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_OWN_TRAVEL_H
#define WS2_KIT_OWN_TRAVEL_H
/*
 * Datagrams that travel: the layer says of each whether it arrives, and when. Inside of the kit only.
 *
 *     travel.c            who is next
 *     own_travel_pe.c     sockets, the clock, ending
 *     own_arrive_pe.c     in: receiving from the line, and the program's receives
 *     own_depart_pe.c     out
 *
 * The worker receives from the socket's line always, and keeps what comes until it is due. The program waits and receives with another socket,
 * `lower`: one of the base provider's on the loopback, to which a few bytes are sent for each datagram that is due. These tokens say which one it is. So
 * every way of waiting is the kernel's, and nothing is readable before its time. What the program sends is copied, and the worker sends it on the
 * line when it is time.
 *
 * With a travel's lock held only the base provider is called, by which tokens are sent.
 */
#include <ws2tcpip.h>

#include "providers/kit/own.h"
#include "providers/kit/travel.h"

/* No more of each direction of a socket is on the way; the rest is lost. */
enum { TRAVEL_MOST = 8 * 1024 * 1024, OWN_DATAGRAM_MOST = 64 * 1024 };

struct own_datagram {
    struct own_packet packet; /* a departure's; first */
    struct travel way;
    struct own_socket *o;
    struct own_datagram *next;
    unsigned refs;      /* guarded by the travel's lock */
    ULONGLONG number;   /* what its token says */
    int err;            /* what a receive fails with instead */
    DWORD flags;        /* as WSARecvMsg has them */
    SOCKADDR_STORAGE address; /* where it comes from, or goes */
    int address_bytes;
    WSABUF buf, control;
    char data[];
};

struct own_travel {
    struct own_packet receive; /* first; the worker's */
    struct own_socket *o;
    struct own_travel *next; /* all; guarded by the socket lock, taken out by the worker alone */
    struct lock lock;
    void *context; /* the layer's */

    /* In. The worker's alone: */
    LPFN_WSARECVMSG receive_msg;
    WSAMSG msg;
    WSABUF buf;
    SOCKADDR_STORAGE from;
    char control[512];
    char *room; /* for any datagram */
    /* guarded by lock: */
    BOOL bound; /* the worker receives, or is about to */
    struct travel_queue arriving;
    struct own_datagram *ready, *ready_last; /* due; those with a token come first */
    struct own_datagram *no_token;           /* the first without one; NULL: all have one */
    struct own_datagram *taken;              /* while somebody peeks */
    unsigned tokens, peeks;
    size_t ready_weight, room_weight; /* of those, and how much it may be */
    ULONGLONG number; /* of the last one that became ready; begins anywhere */
    SOCKADDR_STORAGE peer; /* family 0: none, or not known */
    SOCKET caller; /* sends tokens */
    SOCKADDR_STORAGE name; /* of o->lower */
    int name_bytes;

    /* Out; guarded by lock: */
    struct travel_queue departing;
    unsigned under_way; /* sent, and not heard of */
    BOOL line_closed;

    USHORT port; /* of the line, when it outlives the program's socket; network order; guarded by the socket lock */
    BOOL shut;   /* atomic: the line refuses to send, and says so */
    BOOL over;   /* atomic: the worker shall forget it, when nothing departs any more */
};

/* ---- own_travel_pe.c ---- */

struct own_datagram *own_datagram_new(size_t bytes, size_t control_bytes);
void own_datagram_hold(struct own_datagram *d);
/* Under the travel's lock, as the one before. */
void own_datagram_put(struct own_datagram *d);
/* What the layer says of a datagram. FALSE: lost. */
BOOL own_travel_due(struct own_travel *t, BOOL incoming, size_t bytes, const SOCKADDR_STORAGE *peer, int peer_bytes,
                    uint64_t now, uint64_t *due);
/* The clock rings at `at` at the latest. Any thread. */
void own_travel_ring(uint64_t at);
/* The end of the process waits for what departs. */
void own_travel_watch_exit(void);

/* ---- own_arrive_pe.c ---- */

/* The worker. What is due gets its token. */
void own_arrive_due(struct own_travel *t, uint64_t now);
/* All that is on its way in is lost. Under the lock. */
void own_arrive_drop(struct own_travel *t);
/* How much may be ready is asked of the line again. */
void own_arrive_room(struct own_travel *t);

/* ---- own_depart_pe.c ---- */

void own_depart_due(struct own_travel *t, uint64_t now);
/* Nothing is on its way out. Under the lock. */
BOOL own_depart_none(const struct own_travel *t);
/* The same of all sockets. */
BOOL own_depart_none_at_all(void);

#endif
