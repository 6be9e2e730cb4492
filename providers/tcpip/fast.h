/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_FAST_H
#define WS2_TCPIP_FAST_H
/*
 * The fast way: what can be done now is done with Linux system calls, by the Unix half (unix/half.h), without asking the
 * wineserver. It is a way to do the same thing, never a different thing: whoever is not sure takes the device.
 *
 * THE RULE. Data may be moved the fast way, in one direction, if all of this holds (wine-afd.md 6.9 says why):
 *
 *  1. The Unix half is there, of this version, and WS2KIT_UNIX is not 0.
 *  2. The socket was made or accepted here. One that came from elsewhere (inherited, duplicated) may be used by somebody
 *     who knows nothing of us; and one that was given to another process, or has a second handle here, is such from then
 *     on. (A child that inherits a handle without a word to us cannot be seen. It takes the device itself.)
 *  3. It is a connected stream, as the record knows from the device, or a datagram socket bound through the device. The
 *     device would not learn of a connection or a name that Linux made alone. An AcceptEx acceptor is connected when
 *     sock_settle() has seen it: the object behind its handle is another one then. Raw sockets have headers that
 *     Wine makes up.
 *  4. With an event or window selection the server has to know what it goes by: it re-arms FD_READ, and FD_CLOSE with it, when it sees a
 *     receive, and FD_WRITE when it sees a send that does not fit. So receives are the device's. Only that nothing is there is told from
 *     here, on a stream: the server has not reported FD_READ then, for it has seen every receive, so nobody needs to know. (A datagram may have
 *     been reported and thrown away for its checksum. No test has that: Linux 6.18 throws it away before anybody is told.) An accepted
 *     socket may have a selection from its listener without our knowledge.
 *     A send that does not fit is the device's, and of one that fits nobody needs to know. Before a selection begins on a
 *     socket that used the fast way, fast_before_selection() brings the server up to date.
 *  5. No operation in that direction is pending, in the process (pend.h; it goes to the device then) or in the device: overlapped ones, by the OVERLAPPEDs that were seen to
 *     pend; calls that wait there; the rest of a nonblocking send. Data that came later must not pass them.
 *  6. Stream sends are made one at a time (send_lock, taken by send_nt.c around the fast way and the start of the
 *     device's): what one call sends lies together in the stream.
 *  7. Not for urgent data, control data, or more than HALF_BUFS buffers. Shutdown and nonblocking mode are the
 *     record's to obey, before this.
 *  8. When Linux cannot touch a buffer (Wine watches the page, or it is a bad pointer), the device decides.
 */
#include "providers/tcpip/sock.h"
#include "providers/tcpip/unix/half.h"

/* Not a status of NT: the operation was not tried, or cannot be finished here. Take the device. */
#define STATUS_NOT_FAST ((NTSTATUS)0xE0575301)

/* Looks for the Unix half; the first call counts. */
void fast_start(void);

/* THE RULE, without its points 4 and 6 to 8. */
BOOL fast_allowed(struct sock *k, enum afd_kind kind);
/* There is a selection, or may be one. */
BOOL fast_selected(const struct sock *k);

/* Points 1 and 2: the record knows all there is to know. */
BOOL fast_owns(const struct sock *k);

struct fast_msg {
    LPWSABUF bufs;
    DWORD count;
    DWORD flags;            /* MSG_* of Windows */
    struct sockaddr *name;  /* where from (may be NULL), or where to */
    INT *from_bytes;        /* receive */
    INT to_bytes;           /* send */
};

/*
 * Receives once. STATUS_NOT_FAST; STATUS_DEVICE_NOT_READY (only without `wait`); STATUS_REQUEST_ABORTED: ended from
 * outside; or what the device would say. `wait`: a blocking call, of which a bounded time is spent here; whatever is
 * left is the device's.
 */
NTSTATUS fast_recv(struct sock *k, const struct fast_msg *m, BOOL wait, ULONG *bytes);

/*
 * Sends; *bytes says how many bytes have gone, which for a stream may be a part, along with STATUS_NOT_FAST as well. A
 * stream's send_lock must be held.
 */
NTSTATUS fast_send(struct sock *k, const struct fast_msg *m, BOOL wait, ULONG *bytes);

/*
 * Answers all `count` questions of poll.h, waiting up to *timeout for one of them, of which the time that was spent here
 * is taken off. STATUS_NOT_FAST: ask the device.
 */
struct poll_entry;
NTSTATUS fast_poll(struct sock *const *socks, struct poll_entry *entries, ULONG count,
                   LONGLONG *timeout);

/*
 * May an overlapped operation that is done at once be told without the device? Where the socket's port is known (port.h), or that
 * it has none, yes, but for a routine on a socket with a port, which the device refuses. Elsewhere only if no packet is due, because `ov`
 * or the mode of the handle says so; and no routines, for there may be a port.
 */
BOOL fast_overlapped(struct sock *k, const WSAOVERLAPPED *ov,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
/* Tells it, with status 0 or STATUS_BUFFER_OVERFLOW. `ov` may be gone afterwards. */
void fast_finish(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes,
                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
/* Somebody is going to learn of it by an event, a packet or a routine, and not just by the call's own answer. */
BOOL fast_will_tell(struct sock *k, const WSAOVERLAPPED *ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* fast_recv() for the first of the receives that wait in the process (pend.h), which has the right to be first. */
NTSTATUS fast_recv_pended(struct sock *k, const struct fast_msg *m, ULONG *bytes);

/* TRUE: there is no error on the socket that anybody could be told. */
BOOL fast_no_trouble(struct sock *k);
/* Sets or reads one of the plain options. STATUS_NOT_FAST: ask the device. */
NTSTATUS fast_option(struct sock *k, enum half_option_name name, BOOL set, INT *value);
/* What closes next resets the connection, or does not. FALSE: ask the device. */
BOOL fast_hard_close(struct sock *k, BOOL on);
/* The listener has no connection that it has not been asked for, and no accept is on its way. FALSE: not known. */
BOOL fast_nobody_queued(struct sock *k);
/* How the connect() of a nonblocking stream is doing: *found as POLL would have it. FALSE: ask the device. */
BOOL fast_connect_state(struct sock *k, ULONG *found);
/* The acceptor of an AcceptEx has its connection. FALSE: not yet, or not known here. */
BOOL fast_accepted(struct sock *k);
/* getsockname or getpeername of a connected stream. 0: ask the device; otherwise the length. */
INT fast_name(struct sock *k, BOOL peer, union sock_addr *name);
/* FIONREAD. */
BOOL fast_readable(struct sock *k, INT *bytes);

/* A selection is about to begin (point 4). */
void fast_before_selection(struct sock *k);

/* A handle from elsewhere has got the record `k`. If it is one more of a socket that has a record, that one is shared. */
void fast_adopted(struct sock *k);

BOOL fast_still_pending(void **iosbs, ULONG count);
LONG fast_call(enum half_call which, void *args); /* the Unix half must be there */
int fast_waker_new(void); /* -1: none to be had */
void fast_wake(int waker, BOOL on);
void fast_fd_close(int fd);

#endif
