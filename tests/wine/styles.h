/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_STYLES_H
#define WS2_TESTS_STYLES_H
/*
 * The ways a Windows program waits for its sockets, behind one face, so that one test body runs in every one of
 * them. A `conn` is a socket used in one style by one thread at a time. All calls return when done (the style
 * decides how they wait) with 0 or a byte count, or -1 and the last error.
 */
#include "net.h"

struct conn;

struct style {
    const char *name;
    int (*open)(struct conn *c); /* prepare c->s for the style; may be NULL */
    int (*connect)(struct conn *c, const struct sockaddr *to, int len);
    SOCKET (*accept)(struct conn *listener);
    int (*send)(struct conn *c, const char *data, int n);
    int (*recv)(struct conn *c, char *buf, int n);
    void (*close)(struct conn *c); /* what open made; the socket too */
};

struct conn {
    const struct style *style;
    SOCKET s;
    int af, type;
    HANDLE handle; /* event or completion port */
    HWND window;
    void *extra;
    long wanted; /* FD_ bits seen and not used up yet */
};

extern const struct style style_blocking, style_select, style_wsapoll, style_eventselect, style_asyncselect,
    style_overlapped_event, style_completion_routine, style_completion_port, style_port_skip, style_threadpool_io;

struct conn *conn_new(const struct style *style, SOCKET s, int af, int type);
void conn_free(struct conn *c);

/* Until all has been sent / until n bytes or the end. Counts, or -1. */
int conn_send_all(struct conn *c, const void *data, int n);
int conn_recv_all(struct conn *c, void *buf, int n);

#endif
