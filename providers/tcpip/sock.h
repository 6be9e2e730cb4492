/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_SOCK_H
#define WS2_TCPIP_SOCK_H
/*
 * The base provider's own record of a socket, and the calls it makes into the kernel for it.
 *
 * Why a record: the server behind \Device\Afd forgets or misreports several things that Windows knows
 * (wine-afd.md, rule 11). A record is found by handle without a lock (base/handle_map.h), lives in memory that is
 * never unmapped, and is counted: sock_get() hands out a reference, sock_put() gives it back; the last one, after
 * closesocket, recycles the record.
 */
#include <stdbool.h>

#include "providers/tcpip/nt.h"
#include "base/lock.h"

enum sock_state {
    SOCK_NEW,           /* not bound */
    SOCK_BOUND,
    SOCK_LISTENING,
    SOCK_CONNECTING,    /* connect() on a nonblocking socket, outcome not seen yet */
    SOCK_CONNECTING_EX, /* ConnectEx */
    SOCK_CONNECTED,
    SOCK_CONNECTED_EX,  /* ConnectEx done, SO_UPDATE_CONNECT_CONTEXT not set yet */
    SOCK_ACCEPTING,     /* acceptor of a pending AcceptEx */
};

enum afd_kind {
    AFD_KIND_OTHER, /* receives, accepts, connects: closesocket cancels them */
    AFD_KIND_SEND,  /* closesocket lets them finish (rule 5) */
    AFD_KINDS
};

union sock_addr {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* Options the kernel does not keep or misreports: (level, name) -> bytes; small list per socket. */
struct sock_option;

struct sock {
    HANDLE handle;          /* the value the application has */
    LONG volatile refs;
    struct lock lock;       /* guards what changes after creation */

    INT family, type, protocol; /* never 0: protocol 0 is resolved at creation */
    DWORD catalog_id;
    enum sock_state volatile state;

    /* A byte each: a program may have very many sockets. */
    bool overlapped;        /* WSA_FLAG_OVERLAPPED; the handle itself always is */
    bool volatile closing;  /* closesocket has begun: blocking calls report WSAEINTR, new ones WSAENOTSOCK */
    bool volatile nonblocking;
    bool volatile shut_recv, shut_send;
    bool volatile had_pending_send; /* an overlapped send once pended: closesocket must look before it closes */
    bool volatile deferred; /* CF_DEFER: the server holds a connection back for the next accept */
    bool renew_mode, renew_selection; /* acceptor of an AcceptEx whose listener has others: sock_renew() */
    bool shared;            /* adopted: another process may change its state behind our back */
    bool volatile mask_error; /* a blocking connect failed: SO_ERROR reads 0 (Windows), whatever the kernel says */
    bool volatile reset;    /* a reset was seen: receives say so from now on */
    bool volatile reset_at_send; /* a send was told of a reset, and the server may not have been: FD_CLOSE has its error from here */

    /* What THE RULE of fast.h wants to know, besides much of the above. */
    bool volatile given;           /* another process, or another handle here, has the same socket */
    bool volatile unseen;          /* received the fast way since the server was last told */
    bool volatile was_selected;    /* has had an event or window selection */
    bool volatile may_be_selected; /* an accepted socket whose listener once had a selection */
    bool volatile untold;          /* Linux says that it is connected, and the server may not have looked: sock_tell() */
    bool volatile skips_packets;   /* FILE_SKIP_COMPLETION_PORT_ON_SUCCESS was seen; it cannot be taken back */
    bool watched;                  /* port_watch(); guarded by pend_lock */
    LONG volatile fd;              /* owned: the Linux descriptor + 1; 0: not asked for yet, -1: not to be had */
    ULONGLONG identity;            /* of the Linux socket, as half.h has it; 0: not known */
    LONG volatile waits[AFD_KINDS]; /* calls that wait in the device, and the data they move is of this kind */
    ULONG timeout_ms[AFD_KINDS];   /* SO_RCVTIMEO and SO_SNDTIMEO; 0: for ever */
    ULONG skip_asked, skip_next;   /* when to look for skips_packets (again) */

    union sock_addr local;  /* as bound; local_bytes 0: not known */
    INT local_bytes;
    union sock_addr peer;   /* connected peer; for datagrams the default peer, kept here only (rule 6) */
    INT peer_bytes;

    HANDLE event;           /* WSAEventSelect */
    HWND window;            /* WSAAsyncSelect */
    UINT message;
    LONG event_mask;        /* FD_* of either */

    struct linger linger;
    enum { HARD_NO, HARD_YES, HARD_UNSURE } kernel_hard; /* SO_LINGER {1, 0} is set in the kernel */
    struct sock_option *options;   /* owned */
    struct sock_pending *pending[AFD_KINDS]; /* owned; overlapped operations that pended */
    struct lock send_lock;         /* one nonblocking stream send at a time: it is whole or nothing */
    struct send_names *names;      /* owned, guarded by lock: addresses of overlapped sends */
    struct send_tail *tail;        /* owned, guarded by send_lock: the rest of such a send, on its way */

    /* The completion port, where it is known (port.h). */
    struct port *volatile port;    /* counted */
    ULONG_PTR port_key;
    ULONG volatile port_modes;     /* FILE_SKIP_... as they were set */
    LONG volatile behind[AFD_KINDS]; /* packets that the server has still to send: the next one goes there, too */
    LONG volatile pends;           /* how many wait; changed under pend_lock */
    struct lock pend_lock;         /* one receive at a time, where they can wait in the process */
    struct sock_pend *pend_first, **pend_end; /* owned, guarded by pend_lock */
    struct sock *next_free;
};

/*
 * Creates a record for `handle` (CREATE done) with one reference besides the table's; the record owns the
 * handle from then on and closes it when the last reference goes. NULL: no memory, the handle is still the caller's.
 */
struct sock *sock_new(HANDLE handle, INT family, INT type, INT protocol, BOOL overlapped);

/* The record of `s` with a reference, or NULL (WSAENOTSOCK). Adopts an Afd socket it has not seen (inherited). */
struct sock *sock_get(SOCKET s);
void sock_put(struct sock *k);

/* The same, but only if there is a record, and for a socket that is being closed as well. */
struct sock *sock_find(HANDLE handle);

/* One more reference to a record that the caller holds one of. */
void sock_hold(struct sock *k);
/* The same for one that may be on its way to the free list, or have come back as another socket's. FALSE: the former. */
BOOL sock_try_hold(struct sock *k);

/* The program is about to close the handle of a socket with CloseHandle(). */
void sock_lose(HANDLE handle);

/*
 * Begins the end of a record: no sock_get() finds it any more, and the table's reference goes. FALSE: somebody
 * else did that already.
 */
BOOL sock_forget(struct sock *k);

/* Takes over a handle that is an Afd socket: asks the kernel what it is. WSAENOTSOCK, WSAENOBUFS. */
int sock_adopt(HANDLE handle, struct sock **out);
/* Whether the handle has a record already; nothing is adopted. */
BOOL sock_is_known(HANDLE handle);
void sock_each(void (*visit)(struct sock *k));

/*
 * Brings the state up to date where the kernel may know more than the record: an outcome of a connect or AcceptEx
 * that nobody has looked at, or a socket shared with another process. A POLL that does not wait; nothing at all for
 * a socket known to be connected. Returns the state.
 */
enum sock_state sock_settle(struct sock *k);

/*
 * A connect whose end Linux has told (fast.h) is known to the server a moment later. Before the device is asked for what it
 * refuses to a socket that is connecting, the server is made to look.
 */
void sock_tell_now(struct sock *k);
static inline void sock_tell(struct sock *k)
{
    if (k->untold)
        sock_tell_now(k);
}

/* SO_LINGER has changed, or the socket listens now: the kernel is told what has to be there before the close. */
void sock_linger_changed(struct sock *k);

/* The same for a stream that is to send or receive: 0, or WSAENOTCONN. */
int sock_check_connected(struct sock *k);

/*
 * Checks a sockaddr that an application gave for `k`: WSAEFAULT, WSAEAFNOSUPPORT. On 0 *out has it, in the length of
 * its family.
 */
int sock_check_addr(const struct sock *k, const struct sockaddr *name, INT namelen,
                    union sock_addr *out);

/* The addresses of `k` as Windows reports them, and their length. WSAEINVAL (not bound), WSAENOTCONN. */
int sock_local_name(struct sock *k, union sock_addr *name, INT *bytes);
int sock_peer_name(struct sock *k, union sock_addr *name, INT *bytes);

/* Binds a socket that is not bound yet to the wildcard and a free port; nothing for one that is. */
int sock_bind_any(struct sock *k);

/* A stored option (docs: wine-afd.md 2.6). sock_option_get: bytes copied, or -1 when never set. */
int sock_option_set(struct sock *k, INT level, INT name, const void *value, INT bytes);
INT sock_option_get(struct sock *k, INT level, INT name, void *value, INT bytes);
void sock_option_clear(struct sock *k);

/* A stream was reset by its peer. Asks the kernel (and forgets nothing): for receives that got no bytes. */
BOOL sock_seen_reset(struct sock *k);

/* TRUE if `from` is the default peer of a datagram socket, or there is none. */
BOOL sock_is_peer(struct sock *k, const union sock_addr *from);

/*
 * Throws away what strangers sent to a datagram socket with a default peer, up to the first datagram that is not
 * theirs. FALSE: nothing else is there. Does not wait.
 */
BOOL sock_drop_foreign(struct sock *k);

/* Frees what is left of a nonblocking send (send_nt.c); the kernel must be done with it. NULL is allowed. */
void send_tail_free(struct send_tail *tail);

/* Sends are queued in the device. */
BOOL send_is_queued(struct sock *k);
/* Waits until they have ended. The last reference to `k` but one is the caller's, and nobody sends any more. */
void send_wait_queued(struct sock *k);
/* Right before a shutdown() of sends, so that the two above know afterwards. */
void send_mark_end(struct sock *k);

/* `handle`, which was that of `k`, is about to be closed: what is left of a nonblocking send goes with it. */
void send_give_up(struct sock *k, HANDLE handle);

/* SHUTDOWN of the device: SD_RECEIVE or SD_SEND. */
NTSTATUS sock_shut(struct sock *k, INT how);

/* ---- kernel calls (afd_nt.c) ---- */

/* The process's own \Device\Afd handle, never CREATEd: the one that POLL is issued on. NULL: no device. */
HANDLE afd_device(void);
/* Opens a device handle: a socket once CREATE has been done on it. */
NTSTATUS afd_open(HANDLE *handle, BOOL inherit);
/*
 * Makes the application's CreateIoCompletionPort() fail, as it does on Windows for a socket without
 * WSA_FLAG_OVERLAPPED (whose kernel handle is overlapped all the same: rule 1).
 */
void afd_refuse_ports(HANDLE handle);

/*
 * One ioctl, waited for if it pends (not alertably: for calls that end by themselves). *info (may be NULL)
 * gets IOSB.Information. No completion packet is ever posted for it, no matter what port the handle has.
 */
NTSTATUS afd_call(HANDLE handle, ULONG code, const void *in, ULONG in_bytes, void *out,
                  ULONG out_bytes, ULONG *info);

/* The same for an ioctl that is done at once or not at all: one that pends is cancelled, STATUS_CANCELLED. */
NTSTATUS afd_try(HANDLE handle, ULONG code, const void *in, ULONG in_bytes, void *out,
                 ULONG out_bytes);

/*
 * A blocking socket call: the same, but waits alertably (APCs run), runs a 1.1 program's blocking hook, and ends
 * with STATUS_REQUEST_ABORTED (which err_from_ntstatus() makes WSAEINTR) when closesocket, WSACancelBlockingCall
 * or the last WSACleanup ends it.
 */
NTSTATUS afd_call_blocking(struct sock *k, ULONG code, const void *in, ULONG in_bytes, void *out,
                           ULONG out_bytes, ULONG *info);

/*
 * Starts an overlapped ioctl whose completion the kernel delivers the way `ov` and `routine` ask for (event, port,
 * or completion routine by APC). Returns 0 or STATUS_BUFFER_OVERFLOW (done, indication given), STATUS_PENDING, or the
 * failure, in which case nothing will be delivered. `kind` says what closesocket is to do with it.
 */
NTSTATUS afd_start(struct sock *k, ULONG code, const void *in, ULONG in_bytes, void *out,
                   ULONG out_bytes, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   enum afd_kind kind);

/* Completes an overlapped operation that was done without the kernel (COMPLETE_ASYNC): byte count 0 in a packet. */
NTSTATUS afd_complete(struct sock *k, NTSTATUS status, LPWSAOVERLAPPED ov,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/*
 * Runs wait(arg), which blocks somewhere else than in the kernel's device and ends when the waker is set (half.h), as a
 * blocking call on these sockets: closesocket of one of them, WSACancelBlockingCall and the last WSACleanup end it. TRUE
 * when one of them did; for closesocket only if it `close_ends` the call, and not just the wait.
 */
BOOL afd_wait_outside(struct sock *const *socks, ULONG count, BOOL close_ends, int waker,
                      void (*wait)(void *arg), void *arg);
/*
 * The waker of this thread for such a wait, or -1 when it should rather wait in the device: a thread with completion
 * routines wants to run them. `alertable`: routines may run now, which they are let from time to time.
 */
int thread_waker(BOOL alertable);
/* This thread has started an operation with a completion routine. */
void thread_has_routines(void);

/*
 * The two halves of a waited-for ioctl, for callers that have something to do between them (select). The event is
 * this thread's and this nesting level's own; every event_take() is followed by one event_drop().
 */
HANDLE event_take(void); /* NULL: no memory */
void event_drop(HANDLE event);
NTSTATUS afd_issue(HANDLE handle, HANDLE event, IO_STATUS_BLOCK *iosb, ULONG code, const void *in,
                   ULONG in_bytes, void *out, ULONG out_bytes);
/* `k` may be NULL (a wait on no socket in particular). As afd_call_blocking() after STATUS_PENDING. */
NTSTATUS afd_wait_blocking(struct sock *k, HANDLE handle, HANDLE event, IO_STATUS_BLOCK *iosb);
/* The same for a call that moves data: no other call is to move data past it meanwhile. */
NTSTATUS afd_wait_moving(struct sock *k, enum afd_kind kind, HANDLE handle, HANDLE event,
                         IO_STATUS_BLOCK *iosb);

/* FILE_SKIP_COMPLETION_PORT_ON_SUCCESS is set: no packet came for an operation that was done at once. */
BOOL afd_skips_packets(HANDLE handle);

/*
 * The answer of an SPI entry whose overlapped operation `ov` afd_start() answered with `status`: 0 with the bytes in
 * *bytes (may be NULL), WSA_IO_PENDING, or the failure.
 */
int afd_started(struct sock *k, NTSTATUS status, LPWSAOVERLAPPED ov,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *bytes);

/*
 * For a socket made without WSA_FLAG_OVERLAPPED that is given an OVERLAPPED: the operation has been done and waited
 * for; fills `ov` in and sets its event, or queues `routine` to this thread.
 */
void afd_finish(LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes);
void afd_finish_to(LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* Runs fn(arg) on a thread that lives as long as operations it started (rule 10). WSAENOBUFS: not to be had. */
int worker_run(void (*fn)(void *arg), void *arg);
/* Operations started on the worker that are not finished: it does not end before. */
extern LONG volatile worker_busy;

/* Ends the blocking calls on `k` (NULL: all of the process) in other threads and this one. */
void afd_cancel_blocking(struct sock *k);
/* Ends the innermost blocking call of this thread; FALSE when there is none. */
BOOL afd_cancel_thread(void);
/* TRUE while an overlapped operation of that kind may be pending. Asks the Unix half, which must be there. */
BOOL afd_has_pending(struct sock *k, enum afd_kind kind);
/* Cancels every overlapped receive, accept and connect on `k`; pending sends go on when `keep_sends`. */
void afd_cancel_pending(struct sock *k, BOOL keep_sends);
/* Thread and process end (DllMain). */
void afd_thread_done(void);
void afd_done(void);

/* POLL of one socket, timeout 0: the flags among `wanted` that hold now. */
ULONG afd_poll_now(HANDLE handle, ULONG wanted, NTSTATUS *connect_status);

/* The one place where an NTSTATUS becomes a Winsock code (wine-afd.md 4.1). */
int err_from_ntstatus(NTSTATUS status);

/* ---- the provider ---- */

extern WSPUPCALLTABLE upcalls;

/* Sets *lp_errno (if not NULL) and returns SOCKET_ERROR: the last line of a failing SPI entry. */
int spi_fail(LPINT lp_errno, int err);
/* The last line of every SPI entry that answers int: 0 for err 0, else spi_fail(). */
static inline int spi_end(LPINT lp_errno, int err)
{
    return err ? spi_fail(lp_errno, err) : 0;
}

/* Byte order; the SDK's functions are ws2_32's, which this provider does not link to. */
static inline ULONG net32(ULONG value)
{
    return __builtin_bswap32(value);
}

static inline u_short net16(u_short value)
{
    return __builtin_bswap16(value);
}

/* 0, or WSAEFAULT for a pointer that cannot be one (NULL and the first 64 KiB): no probing beyond that. */
static inline int check_pointer(const void *p)
{
    return (ULONG_PTR)p < 0x10000 ? WSAEFAULT : 0;
}

/* Bytes of a sockaddr of the socket's family: 16 or 28. */
static inline INT sock_addr_bytes(const struct sock *k)
{
    return k->family == AF_INET6 ? (INT)sizeof(struct sockaddr_in6)
                                 : (INT)sizeof(struct sockaddr_in);
}

static inline BOOL sock_is_stream(const struct sock *k)
{
    return k->type == SOCK_STREAM;
}

/* Tells ws2_32 that the handle of `k` is a socket of ours (WPUModifyIFSHandle). */
int sock_register(struct sock *k);

/* Remembers a catalog entry that ws2_32 told us about (WSPStartup, WSPSocket). */
void provider_remember(const WSAPROTOCOL_INFOW *info);

/* The catalog entry id under which sockets of (family, type) are registered with WPUModifyIFSHandle. */
DWORD provider_catalog_id(INT family, INT type);
/* The value of SO_PROTOCOL_INFO and the like: the catalog entry itself, for SO_PROTOCOL_INFO. FALSE when it is not in the catalog. */
BOOL provider_info(DWORD catalog_id, WSAPROTOCOL_INFOW *info);

#endif
