/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_RELAY_H
#define WS2_KIT_RELAY_H
/*
 * The relay behind ws2kit_stream.h. Inside of the kit only.
 *
 *     relay_pe.c          the thread, its port, its clock; ending
 *     relay_conn_pe.c     a connection: from connecting U to the end
 *     relay_pump_pe.c     carrying bytes
 *     relay_join_pe.c     P and C find each other over loopback
 *     relay_sock_pe.c     the record of a program's socket; U before it is connected; options and names
 *     relay_connect_pe.c  the program's connect, WSAConnect, ConnectEx
 *     relay_accept_pe.c   the program's listen, accept, AcceptEx
 *     relay_entries_pe.c  the tables
 *
 * Two worlds meet. Connections belong to the relay's thread: it alone reads and writes them, but for what their lock
 * guards. Records of sockets belong to the program's threads, under the record's lock, which the relay's thread takes whenever it does something
 * to P. Lock order: record > connection > registry; with a record's lock or a connection's held only the base provider and U's provider are called, never the layer.
 */
#include "base/lock.h"
#include "providers/kit/chain.h"
#include "providers/kit/relay_buf.h"
#include "providers/kit/ws2kit_stream.h"

#include <ws2tcpip.h>
#include <mstcpip.h>

struct relay_sock;
struct relay_conn;
struct relay_listener;

/* Where a call goes for a socket that is none of the relay's: to the next provider, or to the part of the kit that has sockets of its own. */
const WSPPROC_TABLE *relay_next(SOCKET s);

/* ---- the thread ---- */

/* Something that comes to the relay's thread through its port: the end of an overlapped operation, or a call (err and bytes 0). */
struct relay_op {
    OVERLAPPED ov;
    void (*done)(struct relay_op *op, int err, DWORD bytes);
    void *owner;
    SOCKET s; /* of the operation; INVALID_SOCKET: a call */
    const WSPPROC_TABLE *table;
    WSABUF buf;
    BOOL pending;
};

/* The thread runs, or *err. Any thread of the program. */
BOOL relay_begin(int *err);
/* Has the relay's thread call op->done. FALSE: there is no such thread any more. */
BOOL relay_call(struct relay_op *op);
/* The same, and waits until it has returned, or for `most_ms`. FALSE: it may still come, or there is no thread. */
BOOL relay_call_and_wait(void (*run)(void *arg), void *arg, DWORD most_ms);
/* Ties a socket to the port. *skips: success at once brings no packet. FALSE: it cannot be. */
BOOL relay_tie(SOCKET s, BOOL *skips);
/* The same for one whose operations always end with a packet. */
BOOL relay_tie_loud(SOCKET s);
/* The timer of the whole relay rings at `at` at the latest. The relay's thread. */
void relay_ring(uint64_t at);
/* The relay is ending: no new connections. */
BOOL relay_is_ending(void);
void relay_stop(void);
/* U of a connection stands on sockets of the next provider: should that be a relay, too, it ends after this one. Any thread. */
void relay_ends_before(const struct chain *c);

/*
 * How an overlapped call of the relay's thread on an end of `c` went, which returned `failed` with `err`. DONE: now. PENDING: op->done will be
 * called, and a reference to `c` given back after it. FAILED: neither.
 */
enum relay_started { OP_DONE, OP_PENDING, OP_FAILED };
enum relay_started relay_op_started(struct relay_conn *c, struct relay_op *op, BOOL failed, int err,
                                    BOOL skips);

/* ---- a connection ---- */

enum relay_state {
    CONN_CONNECTING, /* U, or nothing yet */
    CONN_SHAKING,
    CONN_WAITING, /* delay_us */
    CONN_JOINING, /* P and C */
    CONN_OPEN,
    CONN_OVER,
};

/* One of the two sockets that the relay's thread works with. */
struct relay_end {
    SOCKET s;
    const WSPPROC_TABLE *table;
    BOOL skips;
    struct relay_op rx, tx;
};

/* One direction. */
struct relay_pipe {
    struct relay_end *from, *to;
    enum ws2kit_direction direction;
    BOOL filtered; /* what comes in goes through `in`, else right into `out` */
    struct inbox in;
    struct fifo out;
    struct due due; /* with schedule() */
    BOOL ended;     /* `from` will give no more */
    BOOL reset;     /* ... because it was reset: so is `to`, after what is in here */
    BOOL told;      /* the filter knows of the end, and its last words are in `out` */
    BOOL timed;     /* schedule() knows of the end */
    uint64_t end_at;
    BOOL flushed; /* the relay ends, and U has nothing left to send */
    BOOL shut;    /* the end has been passed on; nothing goes this way any more */
    BOOL stalled; /* schedule() said never: nothing more is taken in */
    BOOL broken;  /* schedule() said reset: after what is due before that */
};

struct relay_conn {
    struct ws2kit_connection pub;
    struct relay_conn *next, **link; /* list of all; guarded by the registry lock */
    unsigned refs;                   /* guarded by the registry lock */
    struct chain *chain;
    enum relay_state state; /* the relay's thread only */
    struct relay_end u, c;
    struct relay_pipe out, in; /* program to peer, peer to program */
    struct relay_op start, connected, again;
    BOOL opened; /* close() is due */
    BOOL plain;  /* no filter, no schedule: open() said PASS for an accepted one */
    BOOL volatile p_ended; /* the program is done with sending: has closed P, or ends itself */
    BOOL volatile p_hard;  /* ... by a reset */
    uint64_t ready_at;   /* delay_us */
    uint64_t give_up_at; /* P is closed and the peer does not end */

    struct lock
        lock; /* guards `u_open`: U may be used by other threads while it is held and u_open */
    BOOL u_open;

    /* Joining; guarded by the registry lock */
    u_short
        join_port; /* of whoever connects (P, or C of an accepted one), in network order; 0: none */
    struct relay_conn *joining;

    struct relay_sock *p; /* counted; the program's socket that connects; NULL if accepted */
    struct relay_listener *listener; /* counted; of an accepted one */
    SOCKADDR_STORAGE local;          /* U's name, constant once connected */
    int local_bytes;
    char *first; /* ConnectEx: the program's first bytes; owned */
    DWORD first_bytes;
};

/* A connection over `u` (owned by it from now on), with one reference. NULL: no memory, `u` is still the caller's. */
struct relay_conn *relay_conn_new(struct chain *c, SOCKET u, const WSPPROC_TABLE *u_table);
struct relay_conn *relay_conn_get(struct relay_conn *c);
void relay_conn_put(struct relay_conn *c);
/* Any thread: hands it to the relay's thread, which connects U (or takes it as accepted). FALSE: no thread; nothing was done. */
BOOL relay_conn_start(struct relay_conn *c);

/* The relay's thread only: */
/* C is connected. Owned by the connection from now on. */
void relay_conn_joined(struct relay_conn *c, SOCKET at_c, const WSPPROC_TABLE *table);
void relay_conn_fail(struct relay_conn *c, int err); /* the program learns `err` */
void relay_conn_reset(struct relay_conn *c);
void relay_conn_over(struct relay_conn *c); /* closes what is open, quietly */
void relay_conn_tick(struct relay_conn *c, uint64_t now);
/* More has come, or gone, while shaking. */
void relay_conn_shake(struct relay_conn *c);
void relay_conn_p_closed(struct relay_conn *c);
/* Calls `visit` for each, which may end it. */
void relay_conn_each(void (*visit)(struct relay_conn *c, void *arg), void *arg);

/* relay_pump_pe.c; all of it on the relay's thread */
void relay_pump(struct relay_conn *c);
void relay_pump_init(struct relay_conn *c);
void relay_pump_deinit(struct relay_conn *c);
/* When the connection's next timer is due. */
uint64_t relay_pump_next(const struct relay_conn *c);
/* Sends what is in `out`, while shaking; receives into `in`. */
void relay_pump_flush(struct relay_conn *c, struct relay_pipe *p);
void relay_pump_fill(struct relay_conn *c, struct relay_pipe *p);
/* The handshake is done: what it left goes on as what comes after it does. FALSE: no memory. */
BOOL relay_pump_open(struct relay_conn *c);
/* All that the program has sent has left, or can never leave. */
BOOL relay_pump_drained(const struct relay_conn *c);
/* Changes as long as bytes go out, whosever they are. */
uint64_t relay_pump_sent(void);
/* The relay ends: no more waiting for schedules (but WS2KIT_NEVER stays never). */
void relay_pump_hurry(BOOL on);

/* relay_join_pe.c */
struct relay_loopback {
    SOCKADDR_STORAGE name;
    int bytes;
};
/* The relay's own listener runs. The relay's thread; *err. */
BOOL relay_join_begin(const struct relay_conn *c, int *err);
void relay_join_stop(void);
/* Where a P of `family` connects to: to find C, or to be refused. */
void relay_join_address(int family, struct relay_loopback *to);
void relay_join_refusing(int family, struct relay_loopback *to);
/* A name on loopback with any port, for a socket of `family`. */
void relay_join_any(int family, struct relay_loopback *name);
/* The port of what getsockname or getpeername gave, if it is on loopback; else 0. */
u_short relay_join_port(const SOCKADDR_STORAGE *name);
/* Remembers (0: forgets) by which port the connection is joined. */
void relay_join_set(struct relay_conn *c, u_short port);
/* The connection with that port, counted, or NULL. */
struct relay_conn *relay_join_find(u_short port);

/* ---- the program's sockets ---- */

enum relay_use {
    USE_NEW,    /* nothing yet, or bound (`u` is there): may still go either way */
    USE_PASSED, /* the next provider's altogether */
    USE_CONNECTING,
    USE_CONNECTED,
    USE_LISTENING,
    USE_ACCEPTING, /* acceptor of an AcceptEx on a listener of the relay */
};

struct relay_option {
    struct relay_option *next;
    int level, name; /* level IOCTL: an ioctl's code */
    int bytes;
    char value[];
};
enum { RELAY_IOCTL = -0x7765 };

/* Never unmapped: records are used again. */
struct relay_sock {
    SOCKET s;
    unsigned refs;                /* guarded by the registry lock */
    struct relay_sock *next_free; /* guarded by the registry lock */
    struct chain *chain;
    const WSPPROC_TABLE *base;
    LONG volatile use; /* enum relay_use; written under lock, read without */
    BOOL foreign;      /* the next provider does not know it: accepted from the base's listener */

    struct lock lock; /* guards the rest */
    BOOL closed;
    BOOL nonblocking;
    SOCKET u;                     /* bound, not connected yet; INVALID_SOCKET: none */
    const WSPPROC_TABLE *u_table; /* ... whose it is */
    BOOL p_bound;                 /* P is, to loopback */
    SOCKADDR_STORAGE bound;       /* what it was bound to */
    int bound_bytes;
    struct relay_option *options;
    struct relay_conn *conn;         /* counted */
    struct relay_listener *listener; /* counted; LISTENING and ACCEPTING */
    HANDLE waiter;                   /* event of a blocking connect, or NULL */
    LPWSAOVERLAPPED ov;              /* of a ConnectEx, or NULL */
    DWORD ov_bytes;
    DWORD ov_thread;
    int err; /* how the last connect ended; 0: well, or none yet */
    HWND window; /* of the selection with messages, `events` 0: none */
    unsigned message;
    long events;
    BOOL hard;     /* SO_LINGER {1, 0}: closing resets */
    BOOL withheld; /* FD_CONNECT, from P: the message has been posted from here */
};

/* Sets a kept option on `u`, as far as `u` takes it. */
void relay_option_put(SOCKET u, const WSPPROC_TABLE *table, const struct relay_option *o);
/* The record of `s`, counted, or NULL. */
struct relay_sock *relay_sock_get(SOCKET s);
struct relay_sock *relay_sock_hold(struct relay_sock *k);
void relay_sock_put(struct relay_sock *k);
/* For a new socket of `c`; *err. NULL: none. The result is not counted for the caller. */
struct relay_sock *relay_sock_new(SOCKET s, struct chain *c, int *err);
/* The socket is about to be closed: no more calls find the record, and a connect that is under way ends. */
void relay_sock_forget(struct relay_sock *k);
/* It is closed: what hung on it is told. */
void relay_sock_closed(struct relay_sock *k);
/* The process ends: none of its sockets sends any more. Behind what they have sent comes an end that the relay sees. */
void relay_sock_end_all(void);
/* P has taken an option (RELAY_IOCTL: an ioctl) that U is to have as well. */
void relay_sock_option(struct relay_sock *k, int level, int name, const void *value, int bytes);

static inline BOOL relay_sock_relayed(const struct relay_sock *k)
{
    return k->use >= USE_CONNECTING;
}

/* With the record's lock held: U is there. 0 or a Winsock code. */
int relay_sock_make_u(struct relay_sock *k, int family);
void relay_sock_drop_u(struct relay_sock *k);
/* Gives the socket to the next provider: P is bound as U was. 0 or a Winsock code. */
int relay_sock_pass(struct relay_sock *k);
/* A socket of the next provider like those that the program makes with `c`. INVALID_SOCKET with *err. */
SOCKET relay_new_socket(struct chain *c, int family, const WSPPROC_TABLE **table, int *err);
SOCKET relay_base_socket(struct chain *c, int family, const WSPPROC_TABLE **table, int *err);

/* relay_base_pe.c: the base provider under `c`, started for us; NULL with *err. */
const WSPPROC_TABLE *relay_base(struct chain *c, int *err);
/* One of the chain's own family and type, of the base provider; for datagrams that travel (own_travel_pe.c). */
SOCKET relay_base_like(struct chain *c, const WSPPROC_TABLE **table, int *err);
LPFN_CONNECTEX relay_connect_ex(SOCKET s, const WSPPROC_TABLE *table);
LPFN_ACCEPTEX relay_accept_ex(SOCKET s, const WSPPROC_TABLE *table);
FARPROC relay_base_extension(SOCKET s, const WSPPROC_TABLE *table, GUID id);
void relay_base_stop(void);

/* The record's lock is held: P's selection, with FD_CONNECT or without. */
void relay_sock_select(struct relay_sock *k, BOOL with_connect);

/* relay_connect_pe.c, on the relay's thread: the program's connect is done (P is now being connected to the relay), or has failed. */
BOOL relay_connect_join(struct relay_sock *k, struct relay_conn *c);
void relay_connect_failed(struct relay_sock *k, struct relay_conn *c, int err);
/* The record's lock is held: a connect that is under way ends, since the socket is closed. */
void relay_connect_abort(struct relay_sock *k);
/* P, of whatever family, gets a name on loopback and can reach 127.0.0.1. */
int relay_connect_bind(struct relay_sock *k);
BOOL relay_connect_cancel(struct relay_sock *k, LPWSAOVERLAPPED ov, BOOL own_thread_only);

/* relay_accept_pe.c */
void relay_listener_put(struct relay_listener *l);
struct relay_listener *relay_listener_get(struct relay_listener *l);
void relay_listener_close(struct relay_listener *l);
/* The program has set an option on its listener. */
void relay_listener_option(struct relay_listener *l, const struct relay_option *o);
/* An accepted connection is ready: C is connected to the program's listener. */
void relay_listener_join(struct relay_conn *c);
/* If `k` was accepted over the relay and nobody has looked yet: finds its connection. The record's lock is held. */
void relay_accept_settle(struct relay_sock *k);

/* Entries by name, for the tables. */
int WSPAPI relay_Connect(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller,
                         LPWSABUF callee, LPQOS sqos, LPQOS gqos, LPINT lp_errno);
BOOL PASCAL relay_ConnectEx(SOCKET s, const struct sockaddr *name, int bytes, PVOID data,
                            DWORD data_bytes, LPDWORD sent, LPOVERLAPPED ov);
int WSPAPI relay_Listen(SOCKET s, int backlog, LPINT lp_errno);
SOCKET WSPAPI relay_Accept(SOCKET s, struct sockaddr *addr, LPINT bytes, LPCONDITIONPROC condition,
                           DWORD_PTR data, LPINT lp_errno);
BOOL PASCAL relay_AcceptEx(SOCKET s, SOCKET acceptor, PVOID out, DWORD data_bytes,
                           DWORD local_bytes, DWORD remote_bytes, LPDWORD got, LPOVERLAPPED ov);
void PASCAL relay_GetAcceptExSockaddrs(PVOID out, DWORD data_bytes, DWORD local_bytes,
                                       DWORD remote_bytes, struct sockaddr **local, LPINT local_len,
                                       struct sockaddr **remote, LPINT remote_len);
int WSPAPI relay_Bind(SOCKET s, const struct sockaddr *name, int bytes, LPINT lp_errno);
int WSPAPI relay_GetSockName(SOCKET s, struct sockaddr *name, LPINT bytes, LPINT lp_errno);
int WSPAPI relay_GetPeerName(SOCKET s, struct sockaddr *name, LPINT bytes, LPINT lp_errno);
int WSPAPI relay_GetSockOpt(SOCKET s, int level, int name, char *value, LPINT bytes,
                            LPINT lp_errno);
int WSPAPI relay_SetSockOpt(SOCKET s, int level, int name, const char *value, int bytes,
                            LPINT lp_errno);

/* The base's GetAcceptExSockaddrs, once a program has asked for it; or NULL. */
LPFN_GETACCEPTEXSOCKADDRS relay_below_sockaddrs(void);

/* Which table the calls on `s` go to. NULL: nobody's socket. */
const WSPPROC_TABLE *relay_route(SOCKET s);

static inline int relay_fail(LPINT lp_errno, int err)
{
    *lp_errno = err;
    return SOCKET_ERROR;
}

/* Guards the list of connections, their counts and ports, records and theirs. Leaf. */
extern struct lock relay_registry;

/* One reference less, under the registry lock. TRUE: it was the last. */
BOOL relay_last(unsigned *refs);
/* One more. */
void relay_hold(unsigned *refs);

#endif
