/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_OWN_H
#define WS2_KIT_OWN_H
/*
 * Layers with sockets of their own (non-IFS). Inside of the kit only. Two handles stand for each socket: `upper`, made by
 * WPUCreateSocketHandle, is the program's; `lower` is the next provider's.
 */
#include "base/lock.h"
#include "providers/kit/chain.h"

struct own_op;
struct own_transmit;

enum { OWN_OTHER = -1 };

struct own_socket {
    SOCKET upper, lower;
    struct chain *chain;
    unsigned refs;       /* guarded by the socket lock: the map's, calls in progress, operations pending */
    unsigned generation; /* of the start it belongs to; after a cleanup ws2_32 has forgotten `upper` */
    BOOL overlapped;     /* as the program made it; the lower one always is */
    BOOL closed;         /* the lower handle is gone; guarded by the socket lock, read without */
    struct lock tie_lock;
    BOOL tied;            /* the lower handle is tied to the worker's port; guarded by tie_lock */
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

/* One overlapped operation on its way through the next provider. */
struct own_op {
    OVERLAPPED lower; /* first: the worker's packets carry its address */
    struct own_socket *o;
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
    BOOL telling;                /* its end is being told; guarded by the socket lock */
    DWORD flags;
    SOCKET receiver;    /* whose incoming bytes lie in `buf` when it ends; INVALID_SOCKET: nobody's */
    int what;           /* enum ws2kit_end, or OWN_OTHER: nobody is told */
    DWORD asked;        /* the call's flags */
    SSIZE_T sending;    /* bytes at `data`, for who is told of what was sent */
    struct sockaddr *from; /* the program's, of a receive, or `to`; with from_bytes */
    LPINT from_bytes;
    INT from_room;         /* *from_bytes, as it was given */
    BOOL again;            /* may be asked below again, by the worker */
    DWORD starter;         /* the program's thread */
    WSAMSG *receiving;     /* the program's, of WSARecvMsg */
    struct sockaddr_storage to; /* where a datagram goes */
    int to_bytes;
    INT room_bytes; /* or of where one came from, if the program did not ask */
    WSABUF *buf;        /* a copy of the program's, or the one for `data` */
    DWORD count;
    char *data;         /* outgoing bytes, transformed */
    WSAMSG msg; /* to send; or *receiving as it was given */
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

/* Has the worker end `op` with `err` (0: success, no bytes). Always WSA_IO_PENDING. */
int own_post(struct own_op *op, int err);

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

/* ---- datagrams of which the layer says whether they arrive ---- */

/* It is asked on this socket. */
BOOL own_judges(const struct own_socket *o);
/* What a receive has brought (0 or WSAEMSGSIZE) is lost; a peek has then been made to see the next one. */
BOOL own_is_lost(struct own_socket *o, const struct ws2kit_ended *what);
/* The worker: asks below again for a datagram instead of the lost one: 0 or WSA_IO_PENDING, or why not. */
int own_receive_again(struct own_op *op);
/* The part of it for WSARecvMsg. */
int own_receive_message_again(struct own_op *op);

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
