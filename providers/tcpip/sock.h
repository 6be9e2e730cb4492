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
    BOOL overlapped;        /* WSA_FLAG_OVERLAPPED; the handle itself always is */

    BOOL volatile closing;  /* closesocket has begun: blocking calls report WSAEINTR, new ones WSAENOTSOCK */
    BOOL volatile nonblocking;
    enum sock_state volatile state;
    BOOL volatile shut_recv, shut_send;
    BOOL volatile had_pending_send; /* an overlapped send once pended: closesocket must look before it closes */

    union sock_addr local;  /* as bound; local_bytes 0: not known */
    INT local_bytes;
    union sock_addr peer;   /* connected peer; for datagrams the default peer, kept here only (rule 6) */
    INT peer_bytes;

    HANDLE event;           /* WSAEventSelect */
    HWND window;            /* WSAAsyncSelect */
    UINT message;
    LONG event_mask;        /* FD_* of either */

    struct linger linger;
    HANDLE deferred;        /* CF_DEFER: a connection is held back for the next accept */
    struct sock_option *options;
    struct sock_call *calls; /* blocking calls in progress, for closesocket and WSACancelBlockingCall */
    struct sock_pending *pending; /* distinct IOSB addresses of overlapped receives, accepts, connects that pended */
};

/* Creates a record for `handle` (CREATE done) with one reference besides the table's. NULL: no memory. */
struct sock *sock_new(HANDLE handle, INT family, INT type, INT protocol, BOOL overlapped);

/* The record of `s` with a reference, or NULL (WSAENOTSOCK). Adopts an Afd socket it has not seen (inherited). */
struct sock *sock_get(SOCKET s);
void sock_put(struct sock *k);

/* Removes the record from the table; the table's reference goes with it. */
void sock_forget(struct sock *k);

/* Finds out how a connect on `k` ended when it is SOCK_CONNECTING (a POLL that does not wait). Returns the state. */
enum sock_state sock_settle(struct sock *k);

/* A stored option (docs: wine-afd.md 2.6). sock_option_get: bytes copied, or -1 when never set. */
int sock_option_set(struct sock *k, INT level, INT name, const void *value, INT bytes);
INT sock_option_get(struct sock *k, INT level, INT name, void *value, INT bytes);

/* ---- kernel calls (afd_nt.c) ---- */

/* The process's own \Device\Afd handle, never CREATEd: the one that POLL is issued on. NULL: no device. */
HANDLE afd_device(void);

/*
 * One ioctl, waited for if it pends (not alertably: for calls that end by themselves). *info (may be NULL)
 * gets IOSB.Information. No completion packet is ever posted for it, no matter what port the handle has.
 */
NTSTATUS afd_call(HANDLE handle, ULONG code, const void *in, ULONG in_bytes, void *out,
                  ULONG out_bytes, ULONG *info);

/*
 * A blocking socket call: the same, but waits alertably (APCs run), runs a 1.1 program's blocking hook, and ends
 * with STATUS_CANCELLED when closesocket or WSACancelBlockingCall ends it (report WSAEINTR).
 */
NTSTATUS afd_call_blocking(struct sock *k, ULONG code, const void *in, ULONG in_bytes, void *out,
                           ULONG out_bytes, ULONG *info);

/*
 * Starts an overlapped ioctl whose completion the kernel delivers the way `ov` and `routine` ask for (event, port,
 * or completion routine by APC). Returns 0, STATUS_PENDING or the failure, in which case nothing will be
 * delivered. `is_send` says in which list closesocket must look for it.
 */
NTSTATUS afd_start(struct sock *k, ULONG code, const void *in, ULONG in_bytes, void *out,
                   ULONG out_bytes, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   BOOL is_send);

/* Completes an overlapped operation that was done without the kernel (COMPLETE_ASYNC): byte count 0 in a packet. */
NTSTATUS afd_complete(struct sock *k, NTSTATUS status, LPWSAOVERLAPPED ov,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* POLL of one socket, timeout 0: the flags among `wanted` that hold now. */
ULONG afd_poll_now(HANDLE handle, ULONG wanted, NTSTATUS *connect_status);

/* The one place where an NTSTATUS becomes a Winsock code (wine-afd.md 4.1). */
int err_from_ntstatus(NTSTATUS status);

/* ---- the provider ---- */

extern WSPUPCALLTABLE upcalls;

/* Sets *lp_errno (if not NULL) and returns SOCKET_ERROR: the last line of a failing SPI entry. */
int spi_fail(LPINT lp_errno, int err);

/* The catalog entry id under which sockets of (family, type) are registered with WPUModifyIFSHandle. */
DWORD provider_catalog_id(INT family, INT type);
/* The catalog entry itself, for SO_PROTOCOL_INFO. FALSE when it is not in the catalog. */
BOOL provider_info(DWORD catalog_id, WSAPROTOCOL_INFOW *info);

#endif
