/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_PEND_H
#define WS2_TCPIP_PEND_H
/*
 * Overlapped receives, and the AcceptEx of a listener, that wait in the process, because the socket's port is served here (port.h). A
 * socket's are done in their order, by whichever thread is told that there is something to receive or to accept. While there are any,
 * nothing else may receive or accept from the socket: who has to goes by pend_to_device() first, after which they are ordinary requests of
 * the device, and come first there.
 *
 * Only for those that need nothing but a packet: no event, no routine; receives without control data and flags, accepts without data.
 */
#include "providers/tcpip/sock.h"

struct pend_recv {
    LPWSABUF bufs;
    DWORD count;
    struct sockaddr *from; /* NULL: not wanted */
    INT *from_bytes;
};

/* ACCEPT_INTO's arguments (wine-afd.md). */
struct pend_accept {
    struct sock *acceptor; /* in state SOCK_ACCEPTING */
    void *buf;
    ULONG local_bytes, room;
};

/* One more at the end. FALSE: not to be had; take the device. `ov` may be done and gone when this returns. */
BOOL pend_add(struct sock *k, const struct pend_recv *r, LPWSAOVERLAPPED ov) WS2_REQUIRES(k->pend_lock);

/* The same, for a listener; does what can be done now. */
BOOL pend_add_accept(struct sock *k, const struct pend_accept *a, LPWSAOVERLAPPED ov);

/* Does what can be done now. */
void pend_run(struct sock *k);
/* The same for the listener that `acceptor` waits for. */
void pend_run_for(struct sock *acceptor);

/*
 * Ends that one (NULL: all), of this thread only or of any, with STATUS_CANCELLED. FALSE: none was there. A socket that is being closed is
 * an acceptor no more, either.
 */
BOOL pend_cancel(struct sock *k, LPWSAOVERLAPPED ov, BOOL own_thread_only);

/* They go on in the device. Cheap where there are none. */
void pend_to_device(struct sock *k);

#endif
