/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_PEND_H
#define WS2_TCPIP_PEND_H
/*
 * Overlapped receives that wait in the process, because the socket's port is served here (port.h). A socket's are done in their order, by
 * whichever thread is told that there is something to receive. While there are any, nothing else may receive from the socket:
 * who has to goes by pend_to_device() first, after which they are ordinary requests of the device, and come first there.
 *
 * Only for receives that need nothing but a packet: no event, no routine, no control data, no flags.
 */
#include "providers/tcpip/sock.h"

struct pend_recv {
    LPWSABUF bufs;
    DWORD count;
    struct sockaddr *from; /* NULL: not wanted */
    INT *from_bytes;
};

/* One more at the end. FALSE: not to be had; take the device. `ov` may be done and gone when this returns. */
BOOL pend_add(struct sock *k, const struct pend_recv *r, LPWSAOVERLAPPED ov) WS2_REQUIRES(k->pend_lock);

/* Does what can be done now. */
void pend_run(struct sock *k);

/* Ends that one (NULL: all), of this thread only or of any, with STATUS_CANCELLED. FALSE: none was there. */
BOOL pend_cancel(struct sock *k, LPWSAOVERLAPPED ov, BOOL own_thread_only);

/* They go on in the device. Cheap where there are none. */
void pend_to_device(struct sock *k);

#endif
