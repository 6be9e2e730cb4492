/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_UNIX_HALF_H
#define WS2_TCPIP_UNIX_HALF_H
/*
 * What the two halves of the base provider say to each other. The Unix half (ws2tcpip.so) is optional: Wine finds
 * it beside a copy of the DLL through WINEDLLPATH. It does what a Linux system call can do at once, for sockets for
 * which fast.h allows it; it never waits for long, and never touches anything but the descriptor and the buffers
 * it is given.
 *
 * One struct per call, fixed-size fields, pointers as uint64_t. Results come back as the NTSTATUS that the socket
 * device would have given for the same outcome, so that both paths share one error mapping. A call itself answers 0;
 * when it answers anything else, a pointer in the struct was bad.
 */
#include <stdint.h>

enum { HALF_VERSION = 5 };

enum half_call {
    HALF_HELLO,
    HALF_ADOPT,
    HALF_CLOSE,
    HALF_WAKER,
    HALF_WAKE,
    HALF_RECV,
    HALF_SEND,
    HALF_POLL,
    HALF_TROUBLE,
    HALF_FIONREAD,
    HALF_STILL_PENDING,
    HALF_WATCH_NEW,
    HALF_WATCH,
    HALF_WATCH_WAIT,
    HALF_OPTION,
    HALF_IS_CONNECTED,
    HALF_QUEUED,
    HALF_NAME,
    HALF_CALLS
};

/* HALF_HELLO. The halves work together only if version and count agree. */
struct half_hello {
    uint32_t version, calls; /* out */
};

/*
 * HALF_ADOPT: an fd from wine_server_handle_to_fd(), which child processes are not to have. `identity` is the same for
 * all descriptors of one socket, and for no other socket of the machine.
 */
struct half_adopt {
    int32_t fd;
    uint32_t pad;
    uint64_t identity; /* out */
};

/* HALF_CLOSE: an adopted fd, or one of HALF_WAKER. */
struct half_close {
    int32_t fd;
};

/* HALF_WAKER: a descriptor that ends the wait of a HALF_RECV, HALF_SEND or HALF_POLL that names it. */
struct half_waker {
    int32_t fd; /* out; -1: none to be had */
};
/* HALF_WAKE: `on` makes every present and coming wait on the waker end at once, until it is taken back. */
struct half_wake {
    int32_t fd;
    uint32_t on;
};

/*
 * HALF_RECV, HALF_SEND. Buffers are an array of 64-bit WSABUFs (u32 bytes @0, pointer @8), at most HALF_BUFS; names are
 * Windows sockaddrs. wait_ms 0: only try. Otherwise first waits for readiness at most that long, or until the waker is
 * set, and then tries; a stream send goes on until all is sent or the time is over, and begins after the first `bytes`.
 *
 * status: 0, STATUS_DEVICE_NOT_READY (nothing more could be done yet), STATUS_BUFFER_OVERFLOW (datagram cut),
 * STATUS_ACCESS_VIOLATION (a buffer that Linux cannot touch; nothing was received), or the error.
 */
struct half_msg {
    int32_t fd, waker;   /* waker -1: none */
    uint32_t flags;      /* HALF_MSG_* */
    uint32_t count;      /* of bufs */
    uint64_t bufs;
    uint64_t name;       /* 0: none */
    uint32_t name_bytes; /* in: room, or length to send to; out (recv): bytes stored, 0 for a stream */
    uint32_t wait_ms;
    uint64_t bytes;      /* out: transferred, also along with an error; in, for a send: those that have gone already */
    int32_t status;      /* out */
    uint32_t pad;
};
enum { HALF_MSG_PEEK = 1, HALF_MSG_DATAGRAM = 2 };
enum { HALF_BUFS = 64 };

/*
 * HALF_POLL: an array of these; waits as above. `ready` of the struct counts entries with a result. `doubt`: what
 * Linux says of some entry can mean more than one thing to the device (the end, a reset, urgent data), so ask there.
 */
struct half_poll_item {
    int32_t fd;
    uint32_t listening; /* readable means a connection */
    uint32_t wanted;    /* AFD_POLL_* */
    uint32_t found;     /* out: those of `wanted` that hold, as POLL of the device tells them */
};
struct half_poll {
    uint64_t item; /* pointer */
    uint32_t count;
    int32_t waker;
    int32_t wait_ms;
    uint32_t ready, doubt; /* out */
    int32_t status;        /* out */
};

/* HALF_TROUBLE: may the socket have an error to tell, or have been hung up? Nothing is cleared by asking. */
struct half_trouble {
    int32_t fd;
    uint32_t answer; /* out */
};

/* HALF_FIONREAD */
struct half_fionread {
    int32_t fd;
    uint32_t bytes; /* out */
    int32_t status; /* out */
};

/*
 * HALF_STILL_PENDING: is any of these IO_STATUS_BLOCKs still pending? An operation that pends keeps its
 * block valid and at STATUS_PENDING; memory that is gone or says anything else means that it has completed.
 */
struct half_still_pending {
    uint64_t iosb; /* array of pointers (uint64_t) */
    uint32_t count;
    uint32_t answer; /* out */
};

/*
 * HALF_WATCH_NEW: a watch (an epoll descriptor) and its own waker. HALF_WAKE on that waker ends one HALF_WATCH_WAIT, a present or the
 * next one. Both are closed by HALF_CLOSE.
 */
struct half_watch_new {
    int32_t watch, waker; /* out; -1: none to be had */
};

/*
 * HALF_WATCH: tells one waiter each time that `fd` becomes readable or is hung up; once at the beginning, if it is so already. `on` 0:
 * no more, although a waiter may be about to be told. A descriptor must be taken out before it is closed: the wineserver has the same
 * socket open. status: 0 or an error.
 */
struct half_watch {
    int32_t watch, fd;
    uint64_t data; /* not 0 */
    uint32_t on;
    int32_t status; /* out */
};

/* HALF_WATCH_WAIT: waits at most wait_ms (-1: for ever) for news. Those of the waker are not counted. */
struct half_watch_wait {
    int32_t watch;
    int32_t wait_ms;
    uint64_t data; /* array of uint64_t */
    uint32_t room; /* at most HALF_NEWS */
    uint32_t count; /* out */
    uint64_t now_ms; /* out: a clock that never goes back */
};
enum { HALF_NEWS = 64 };

/* HALF_OPTION: a plain option with a value of an int, set or read. HALF_HARD_CLOSE: SO_LINGER {value, 0}; only set. */
enum half_option_name { HALF_NODELAY, HALF_KEEPALIVE, HALF_BROADCAST, HALF_HARD_CLOSE };
struct half_option {
    int32_t fd;
    uint32_t name; /* HALF_... */
    int32_t value; /* in or out */
    uint32_t set;
    int32_t status; /* out */
};

/* HALF_IS_CONNECTED: the socket has a peer. */
struct half_is_connected {
    int32_t fd;
    uint32_t answer; /* out */
};

/* HALF_QUEUED: connections that wait for an accept on a listener. */
struct half_queued {
    int32_t fd;
    uint32_t connections; /* out; not 0 when it is not known */
};

/* HALF_NAME: what the socket is bound to, or connected to, as a Windows sockaddr. */
struct half_name {
    int32_t fd;
    uint32_t peer;  /* in: the latter */
    uint64_t name;
    uint32_t bytes; /* in: room; out: 0 if there is none */
    uint32_t pad;
};

#endif
