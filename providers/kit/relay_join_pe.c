/* SPDX-License-Identifier: MIT */
/*
 * P and C find each other. P, bound to loopback, connects to the relay's one listener; who comes out of it is known by its port, and whoever
 * else on this machine connects there is shown the door: a port of 127.0.0.1 that P is bound to belongs to nobody else.
 *
 * All of it is IPv4: a P of IPv6 uses mapped addresses, so that machines without ::1 are no special case.
 */
#include "providers/kit/relay.h"

#include <stdlib.h>
#include <string.h>

/* The relay's thread only. */
static SOCKET listener = INVALID_SOCKET;
static SOCKET refuser =
    INVALID_SOCKET; /* bound, not listening: connecting to it is refused at once */
static SOCKADDR_STORAGE listener_name, refuser_name;
static const WSPPROC_TABLE *table;
static struct chain *chain;

static struct relay_op accepting;
static SOCKET acceptor = INVALID_SOCKET;
static char names[2 * (sizeof(SOCKADDR_STORAGE) + 16)];

/* By join_port; guarded by relay_registry. */
enum { BUCKETS = 256 };
static struct relay_conn *bucket[BUCKETS];

/* ---- addresses ---- */

static void loopback4(SOCKADDR_STORAGE *name, u_short port)
{
    struct sockaddr_in *in = (struct sockaddr_in *)name;

    memset(name, 0, sizeof *name);
    in->sin_family = AF_INET;
    in->sin_port = port;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static void loopback(int family, u_short port, struct relay_loopback *to)
{
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&to->name;

    loopback4(&to->name, port);
    to->bytes = sizeof(struct sockaddr_in);
    if (family == AF_INET)
        return;
    memset(in6, 0, sizeof *in6);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = port;
    in6->sin6_addr.s6_addr[10] = in6->sin6_addr.s6_addr[11] = 0xff;
    in6->sin6_addr.s6_addr[12] = 127;
    in6->sin6_addr.s6_addr[15] = 1;
    to->bytes = sizeof *in6;
}

static u_short port_of(const SOCKADDR_STORAGE *name)
{
    return ((const struct sockaddr_in *)name)->sin_port;
}

void relay_join_address(int family, struct relay_loopback *to)
{
    loopback(family, port_of(&listener_name), to);
}

void relay_join_refusing(int family, struct relay_loopback *to)
{
    loopback(family, port_of(&refuser_name), to);
}

void relay_join_any(int family, struct relay_loopback *name)
{
    loopback(family, 0, name);
}

u_short relay_join_port(const SOCKADDR_STORAGE *name)
{
    struct relay_loopback any;

    if (name->ss_family == AF_INET)
        return ((const struct sockaddr_in *)name)->sin_addr.s_addr == htonl(INADDR_LOOPBACK)
                   ? port_of(name)
                   : 0;
    loopback(AF_INET6, 0, &any);
    return name->ss_family == AF_INET6 &&
                   !memcmp(&((const struct sockaddr_in6 *)name)->sin6_addr,
                           &((const struct sockaddr_in6 *)&any.name)->sin6_addr,
                           sizeof(struct in6_addr))
               ? port_of(name)
               : 0;
}

/* ---- ports ---- */

static struct relay_conn **place(u_short port)
{
    return &bucket[ntohs(port) % BUCKETS];
}

void relay_join_set(struct relay_conn *c, u_short port)
{
    lock_take(&relay_registry);
    if (c->join_port) {
        struct relay_conn **at = place(c->join_port);

        while (*at != c)
            at = &(*at)->joining;
        *at = c->joining;
    }
    c->join_port = port;
    if (port) {
        c->joining = *place(port);
        *place(port) = c;
    }
    lock_drop(&relay_registry);
}

struct relay_conn *relay_join_find(u_short port)
{
    struct relay_conn *c;

    lock_take(&relay_registry);
    for (c = *place(port); c && c->join_port != port; c = c->joining)
        ;
    if (c)
        c->refs++;
    lock_drop(&relay_registry);
    return c;
}

/* ---- the listener ---- */

static void close_socket(SOCKET *s)
{
    int ignored;

    if (*s != INVALID_SOCKET)
        table->lpWSPCloseSocket(*s, &ignored);
    *s = INVALID_SOCKET;
}

static void accept_next(void);

/* Who has connected. Only a connection that waits for just this port gets it. */
static void sort_out(SOCKET s)
{
    SOCKADDR_STORAGE peer;
    int bytes = sizeof peer, ignored;
    u_short port = 0;
    struct relay_conn *c = NULL;

    if (!table->lpWSPSetSockOpt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener,
                                sizeof listener, &ignored) &&
        !table->lpWSPGetPeerName(s, (struct sockaddr *)&peer, &bytes, &ignored))
        port = relay_join_port(&peer);
    if (port)
        c = relay_join_find(port);
    if (c && c->state == CONN_JOINING && !c->pub.accepted) {
        relay_conn_joined(c, s, table);
    } else {
        table->lpWSPCloseSocket(s, &ignored);
    }
    if (c)
        relay_conn_put(c);
}

static void accepted(struct relay_op *op, int err, DWORD bytes)
{
    SOCKET s = acceptor;

    (void)op, (void)bytes;
    if (listener == INVALID_SOCKET)
        return;
    acceptor = INVALID_SOCKET;
    if (err)
        close_socket(&s);
    else
        sort_out(s);
    accept_next();
}

static void accept_next(void)
{
    const WSPPROC_TABLE *t;
    LPFN_ACCEPTEX accept_ex;
    DWORD got;
    int err;

    acceptor = relay_base_socket(chain, AF_INET, &t, &err);
    accept_ex = relay_accept_ex(listener, table);
    if (acceptor == INVALID_SOCKET || !accept_ex)
        return; /* out of memory or handles: later joins fail, and try again */
    accepting.ov = (OVERLAPPED){0};
    accepting.done = accepted;
    accepting.s = listener;
    accepting.table = table;
    accepting.pending = TRUE;
    if (accept_ex(listener, acceptor, names, 0, sizeof names / 2, sizeof names / 2, &got,
                  &accepting.ov) ||
        WSAGetLastError() == ERROR_IO_PENDING)
        return; /* the listener is tied without "skip": a packet comes */
    accepting.pending = FALSE;
    close_socket(&acceptor);
}

static BOOL bind_loopback(SOCKET s, SOCKADDR_STORAGE *name, int *err)
{
    int bytes = sizeof *name;

    loopback4(name, 0);
    return !table->lpWSPBind(s, (struct sockaddr *)name, sizeof(struct sockaddr_in), err) &&
           !table->lpWSPGetSockName(s, (struct sockaddr *)name, &bytes, err);
}

static BOOL begin(struct chain *c, int *err)
{
    chain = c;
    listener = relay_base_socket(c, AF_INET, &table, err);
    if (listener == INVALID_SOCKET)
        return FALSE;
    refuser = relay_base_socket(c, AF_INET, &table, err);
    return refuser != INVALID_SOCKET && bind_loopback(refuser, &refuser_name, err) &&
           bind_loopback(listener, &listener_name, err) &&
           !table->lpWSPListen(listener, SOMAXCONN, err) && relay_tie_loud(listener);
}

BOOL relay_join_begin(const struct relay_conn *c, int *err)
{
    *err = 0;
    if (listener == INVALID_SOCKET && !begin(c->chain, err)) {
        if (!*err)
            *err = WSAENOBUFS;
        relay_join_stop();
        return FALSE;
    }
    if (acceptor == INVALID_SOCKET)
        accept_next();
    *err = acceptor == INVALID_SOCKET ? WSAENOBUFS : 0;
    return !*err;
}

void relay_join_stop(void)
{
    if (!table)
        return;
    close_socket(&listener);
    close_socket(&acceptor);
    close_socket(&refuser);
}
