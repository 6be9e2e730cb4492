/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_OWN_H
#define WS2_KIT_OWN_H
/*
 * Layers with sockets of their own (non-IFS). Inside of the kit only. Two handles stand for each socket: `upper`, made by
 * WPUCreateSocketHandle, is the program's; `line` is the next provider's. Of one that datagrams travel to (own_travel.h) there is a third,
 * `lower`, with which the program waits and receives; of all others `lower` is `line`.
 */
#include "base/lock.h"
#include "providers/kit/chain.h"

struct own_op;
struct own_transmit;
struct own_travel;

enum { OWN_OTHER = -1 };

struct own_socket {
    SOCKET upper, lower, line;
    const WSPPROC_TABLE *table; /* whose `lower` is */
    struct chain *chain;        /* whose `line` is */
    struct own_travel *travel;  /* NULL: datagrams do not travel */
    unsigned refs;       /* guarded by the socket lock: the map's, calls in progress, operations pending */
    unsigned generation; /* of the start it belongs to; after a cleanup ws2_32 has forgotten `upper` */
    BOOL overlapped;     /* as the program made it; the lower one always is */
    BOOL closed;         /* the handles below are gone, or nearly; guarded by the socket lock, read without */
    struct lock tie_lock;
    BOOL tied;            /* the handles below are tied to the worker's port; guarded by tie_lock */
    struct lock start_lock;  /* held where the worker starts something below, and where `closed` is set */
    BOOL busy;               /* with a file, or with what waited for its end; guarded by the socket lock */
    struct own_op *waiting;  /* what is to be sent then, in order; guarded by the socket lock */
    struct own_op *first; /* pending; guarded by the socket lock */

    /* WSAAsyncSelect; guarded by the socket lock */
    HWND window;
    UINT message;
    long events;
    UINT serial; /* tells the messages of this selection from those of earlier ones */
};

/* What comes to the worker through its port: the end of something overlapped, or a call. */
struct own_packet {
    OVERLAPPED ov; /* first: packets carry its address */
    void (*done)(struct own_packet *p, DWORD code);
};

/* One overlapped operation on its way through the next provider. */
struct own_op {
    struct own_packet packet; /* first */
    struct own_socket *o;
    BOOL on_line; /* not on `lower` */
    struct own_op *next, **link; /* in o's list */
    unsigned refs;               /* guarded by the socket lock */
    LPWSAOVERLAPPED user;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    WSATHREADID thread;
    BOOL quiet;                  /* neither event nor routine */
    struct own_transmit *transmit; /* own_transmit_pe.c */
    struct own_op *next_waiting;
    BOOL has_turn;  /* o is busy with it */
    BOOL cancelled; /* nothing more of it is to be started; set under the socket lock, read without */
    BOOL posted;    /* nothing is under way below: it ends with this */
    int posted_err;
    DWORD posted_bytes;
    BOOL telling;                /* its end is being told; guarded by the socket lock */
    DWORD flags;
    SOCKET receiver;    /* whose incoming bytes lie in `buf` when it ends; INVALID_SOCKET: nobody's */
    int what;           /* enum ws2kit_end, or OWN_OTHER: nobody is told */
    DWORD asked;        /* the call's flags */
    SSIZE_T sending;    /* bytes at `data`, for who is told of what was sent */
    struct sockaddr *from; /* the program's, of a receive, or `to`; with from_bytes */
    LPINT from_bytes;
    DWORD starter;         /* the program's thread */
    WSAMSG *receiving;     /* the program's, of WSARecvMsg */
    BOOL strays;           /* a peek that receives what is no token */
    BOOL token;            /* what comes says which datagram it is: own_arrive_pe.c */
    WSABUF token_room;
    struct sockaddr_storage to; /* where a datagram goes */
    int to_bytes;
    INT room_bytes; /* or of where one came from, if the program did not ask */
    WSABUF *buf;        /* a copy of the program's, or the one for `data` */
    DWORD count;
    char *data;         /* outgoing bytes, transformed */
    WSAMSG msg; /* to send */
};

/* The socket with a reference to give back, or NULL: not one of ours, or closed. */
struct own_socket *own_get(SOCKET upper);
struct own_socket *own_get_by_lower(SOCKET lower);
void own_put(struct own_socket *o);

/*
 * A socket of `c` around `lower`. On failure INVALID_SOCKET, *err, and the lower one is closed. `parent`: the listener whose
 * selection of messages it inherits, or NULL.
 */
SOCKET own_new(struct chain *c, SOCKET lower, BOOL overlapped, struct own_socket *parent, LPINT err);

/*
 * Whether the program may still be told of an end: not after the last WSPCleanup, when its OVERLAPPED may be gone. TRUE holds the
 * cleanup up until own_has_told().
 */
BOOL own_may_tell(struct own_socket *o);
void own_has_told(void);

void own_lock(void);
void own_unlock(void);

/*
 * An operation for the program's `user`, with room for `bytes` of data and `count` buffers. Sets *user to "pending". NULL: no
 * memory, or no port; *err says which.
 */
struct own_op *own_begin(struct own_socket *o, LPWSAOVERLAPPED user,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                         DWORD count, size_t bytes, LPINT err);
/*
 * After the lower call: `failed` and *err as it returned. Always SOCKET_ERROR: with WSA_IO_PENDING, when the worker now has the
 * operation, or with why it did not start.
 */
int own_started(struct own_op *op, BOOL failed, LPINT err);

/* Ends an operation that needed nobody below: `bytes` and success. */
int own_answer(struct own_socket *o, LPWSAOVERLAPPED user,
               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, DWORD bytes);

/* SIO_WS2KIT_CANCEL. TRUE: something was asked to end. */
BOOL own_cancel(struct own_socket *o, LPWSAOVERLAPPED user, BOOL own_thread_only);

/* Has the worker end `op` with `err` and `bytes`. Always WSA_IO_PENDING. */
int own_post(struct own_op *op, int err, DWORD bytes);
/* The worker runs. FALSE: it cannot. */
BOOL own_worker_start(void);
BOOL own_is_worker(void);
/* Has the worker call p->done. One packet may be on its way several times. */
void own_worker_call(struct own_packet *p);
/* Ties `s`, too, to the worker's port. */
BOOL own_tie(SOCKET s);

/* ---- own_transmit_pe.c: files sent piece by piece, and what has to wait for that ---- */

BOOL PASCAL own_transmit_file(SOCKET s, HANDLE file, DWORD bytes, DWORD each, LPOVERLAPPED ov,
                              LPTRANSMIT_FILE_BUFFERS buffers, DWORD flags);
BOOL PASCAL own_transmit_packets(SOCKET s, LPTRANSMIT_PACKETS_ELEMENT element, DWORD count, DWORD each, LPOVERLAPPED ov,
                                 DWORD flags);
/* The worker: a piece has ended as *err and *bytes say. TRUE: the next one is under way. FALSE: that was all, and both are the whole's. */
BOOL own_transmit_goes_on(struct own_op *op, int *err, DWORD *bytes);

/*
 * A send on a stream goes after the file that is being sent. TRUE: `op` waits, with everything that it takes to start it later, and may be on its
 * way already. FALSE: now; with `takes_turn` the socket is then busy with it.
 */
BOOL own_waits_its_turn(struct own_op *op, BOOL takes_turn);
/* Waits until nothing is being sent in pieces, and makes the socket busy; a closed one is never. */
void own_take_turn(struct own_socket *o);
/* What has waited goes on. */
void own_give_turn(struct own_socket *o);
/* Waits as own_take_turn(), and takes nothing. Costs nothing where there is nothing. */
void own_wait_for_files(struct own_socket *o);
/* Ends those of the waiting operations that are `user`'s (NULL: all), aborted. TRUE: there were any. */
BOOL own_cancel_waiting(struct own_socket *o, LPWSAOVERLAPPED user);

/* SIO_WS2KIT_PENDING: pending operations with neither event nor routine. */
DWORD own_quiet(struct own_socket *o);

BOOL WSPAPI own_GetOverlappedResult(SOCKET s, LPWSAOVERLAPPED ov, LPDWORD bytes, BOOL wait,
                                    LPDWORD flags, LPINT err);

/* Total of `buf`, or -1 when a pointer is bad or the sum does not fit. */
SSIZE_T own_total(const WSABUF *buf, DWORD count);
/* Gathers the program's bytes into `to` and lets the layer transform them. */
void own_outgoing(SOCKET upper, char *to, const WSABUF *buf, DWORD count);
/* Lets the layer transform the first `bytes` bytes of what lies in `buf`. */
void own_incoming(SOCKET upper, const WSABUF *buf, DWORD count, size_t bytes);

/* TRUE: the layer changes or is told outgoing bytes, so they go down in a copy and never past it. */
BOOL own_sees_outgoing(void);
/* Tells the layer, if it wants to be told. Leaves the last error alone. */
void own_told(const struct ws2kit_ended *what);
/* Where a datagram goes, kept for who is told when it is gone. */
void own_keep_address(struct own_op *op, const struct sockaddr *to, int bytes);

/* ---- own_travel_pe.c, own_arrive_pe.c, own_depart_pe.c: datagrams that travel, see own_travel.h ---- */

/* Gives `o` a travel and `lower`, if datagrams travel to it. 0, or why it cannot be; then nothing has changed. */
int own_travel_new(struct own_socket *o);
/* From here on the worker knows it. Or, with a socket that came to nothing, `lower` is closed. */
void own_travel_begin(struct own_socket *o);
void own_travel_abandon(struct own_socket *o);
/* Closes what is below. What departs still does, and the line stays for as long. */
int own_travel_close(struct own_socket *o, LPINT err);
/* The last reference is gone. */
void own_travel_free(struct own_socket *o);
/* The last WSPCleanup: first what departs is waited for; later the worker forgets all. */
void own_travel_drain(void);
void own_travel_stop(void);
/* The worker: how long it may wait for a packet, and what is due. */
DWORD own_travel_wait_ms(void);
void own_travel_tick(void);
/* The line may have an address now: the worker receives. */
void own_travel_bound(struct own_socket *o);
/* The line has another peer. */
void own_travel_connected(struct own_socket *o);
/* An earlier socket of this process still sends from this address, and will be closed soon. */
BOOL own_travel_lingers(const struct sockaddr *name, int bytes);
/* An option, control code or shutdown that succeeded on the line concerns the other socket as well. */
void own_travel_set_option(struct own_socket *o, int level, int name, const char *value, int bytes);
int own_travel_shutdown(struct own_socket *o, int how, LPINT err);
/* TRUE: *result has the answer. */
BOOL own_travel_ioctl(struct own_socket *o, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                      LPDWORD returned, int *result, LPINT err);

/* Where a receive's datagram goes. */
struct own_wanted {
    const WSABUF *buf;
    DWORD count;
    struct sockaddr *from;
    LPINT from_bytes;
    LPWSAMSG msg; /* NULL, or of WSARecvMsg */
};
/* TRUE: datagrams travel to it, and it has an address, without which the line says what is wrong. */
BOOL own_arrives(struct own_socket *o);
int own_receive_now(struct own_socket *o, const struct own_wanted *w, LPDWORD got, LPDWORD flags, LPINT err);
/* Starts `op`, which has it all. */
int own_receive_later(struct own_op *op, LPWSATHREADID thread, LPINT err);
/* The worker: a token has come, or *err instead; *bytes and *flags become the datagram's. TRUE: it was none, and the receive goes on. */
BOOL own_receive_ended(struct own_op *op, int *err, DWORD *bytes, DWORD *flags);
/* Bytes that a call may bring without a token; the room that an operation needs for one. */
enum { OWN_TOKEN = sizeof(ULONGLONG) };

/*
 * TRUE: the datagram is on its way, or lost, and the program's send has succeeded with *sent. FALSE: it is to be sent right now. `to` NULL: to the peer.
 */
BOOL own_departs(struct own_socket *o, const WSABUF *buf, DWORD count, DWORD flags, const struct sockaddr *to, int to_bytes,
                 const WSABUF *control, LPDWORD sent);

/* own_extension_pe.c: the function for a program that asks for `id`; NULL: not to be had through this layer. */
FARPROC own_extension(const GUID *id);
/* The kit's own, by its index in struct ws2kit_extensions. */
FARPROC own_function(size_t i);

/* own_select_pe.c */
int WSPAPI own_Select(int n, fd_set *rd, fd_set *wr, fd_set *ex, const PTIMEVAL timeout,
                      LPINT err);
int WSPAPI own_AsyncSelect(SOCKET s, HWND window, unsigned message, long events, LPINT err);
/* `lower`: any socket of the provider that has `next`. */
int own_poll(const WSPPROC_TABLE *next, SOCKET lower, void *in, DWORD in_bytes, void *out, DWORD out_bytes,
             LPDWORD returned, LPINT err);
/* Gives an accepted socket its listener's selection. */
void own_inherit(struct own_socket *o, struct own_socket *parent);

/* Fills a layer's table, after the entries that both kinds of layer share. */
void own_fill(WSPPROC_TABLE *table);
void own_fill_io(WSPPROC_TABLE *table);

static inline int own_fail(LPINT lp_errno, int err)
{
    *lp_errno = err;
    return SOCKET_ERROR;
}

#endif
