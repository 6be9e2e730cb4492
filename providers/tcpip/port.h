/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_PORT_H
#define WS2_TCPIP_PORT_H
/*
 * Completion ports, as far as they can do without the wineserver. With the Unix half and an observer (base/observer.h) the provider
 * knows each completion port that the process makes and which sockets are tied to it. From the first socket on such a port is
 * *served here*: packets lie in a queue of the process, receives that have to wait are kept in the process (pend.h), and a thread that
 * wants a packet waits in Linux for both. What the server has for the port (accepts, connects, files, other handles) is fetched by a
 * thread of the port's own, the pump, and put into the same queue.
 *
 * The kernel's port is still there all the time, so that whatever cannot be done here is done there: port_retire() hands everything
 * back to it, for good. That happens when somebody waits alertably (the server alone knows of APCs), and when another process gets a
 * handle of the port. doc/performance.md has the whole argument.
 *
 * Locks: send_lock of a socket > its pend_lock > its lock; pend_lock > the port's server_lock > the port's lock.
 */
#include "providers/tcpip/sock.h"

struct port;

/* Asks ws2_32 for the observer. The Unix half must be there. Once. */
void port_start(void);
/* Every tie of a socket of ours to a port is known. */
BOOL port_observed(void);

/* Whether the socket's port is served here. */
BOOL port_serves(const struct sock *k);

/*
 * The packet of an operation of `k` that was not the device's. `ov` may be gone when this returns. Packets of one kind come in the order
 * of the calls: the caller holds the lock that makes that order (pend_lock, send_lock). Nothing happens on a socket without a port.
 */
void port_tell(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes);

/*
 * The device is about to start an operation for which the server will send a packet; no packet of this kind overtakes it. port_unexpect():
 * it will not send one.
 */
void port_expect(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov);
void port_unexpect(struct sock *k, LPWSAOVERLAPPED ov);

/* The server may have packets for the socket's port. */
void port_is_foreign(struct sock *k);

/* One receive of `k` more, or less, waits in the process. */
void port_count_pends(struct sock *k, LONG change);
/* One was added; no lock is held. */
void port_pended(struct sock *k);
/* News of `k` are for those who wait for its port. FALSE: not to be had. */
BOOL port_watch(struct sock *k);

/* The record ends. Its descriptor is still open. */
void port_leave(struct sock *k);

#endif
