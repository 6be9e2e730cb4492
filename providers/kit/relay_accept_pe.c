/* SPDX-License-Identifier: MIT */
/*
 * Listeners, in the mirror: U is the real listener. Each connection that it accepts, C carries on to P, which listens on loopback, so that the
 * program accepts in whatever way it likes. What it accepted is told by C's port.
 */
#include "providers/kit/relay.h"

#include <stdlib.h>
#include <string.h>

struct relay_listener {
    unsigned refs; /* guarded by relay_registry */
    struct chain *chain;
    struct lock lock; /* guards the closing of `u`: other threads set options on it */
    SOCKET u;
    const WSPPROC_TABLE *table;
    u_short port; /* P's */
    struct relay_op op, start;
    SOCKET acceptor; /* the relay's thread only, from here on */
    BOOL closed;
    char names[2 * (sizeof(SOCKADDR_STORAGE) + 16)];
};

struct relay_listener *relay_listener_get(struct relay_listener *l)
{
    relay_hold(&l->refs);
    return l;
}

void relay_listener_put(struct relay_listener *l)
{
    if (relay_last(&l->refs))
        free(l);
}

/* ---- U accepts; the relay's thread ---- */

static void close_socket(const WSPPROC_TABLE *table, SOCKET *s)
{
    int ignored;

    if (*s != INVALID_SOCKET)
        table->lpWSPCloseSocket(*s, &ignored);
    *s = INVALID_SOCKET;
}

static void reset_socket(const WSPPROC_TABLE *table, SOCKET s)
{
    const struct linger reset = {1, 0};
    int ignored;

    table->lpWSPSetSockOpt(s, SOL_SOCKET, SO_LINGER, (const char *)&reset, sizeof reset, &ignored);
    table->lpWSPCloseSocket(s, &ignored);
}

/* A connection to the program; `s` is given away. */
static void take_in(struct relay_listener *l, SOCKET s)
{
    struct relay_conn *c = relay_conn_new(l->chain, s, l->table);
    int result, ignored;

    if (!c) {
        reset_socket(l->table, s);
        return;
    }
    c->listener = relay_listener_get(l);
    c->pub.accepted = TRUE;
    c->pub.peer_bytes = sizeof c->pub.peer;
    result = WSAENOTCONN;
    if (!l->table->lpWSPSetSockOpt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&l->u,
                                   sizeof l->u, &ignored) &&
        !l->table->lpWSPGetPeerName(s, (struct sockaddr *)&c->pub.peer, &c->pub.peer_bytes,
                                    &ignored)) {
        c->pub.target = c->pub.peer;
        c->pub.target_bytes = c->pub.peer_bytes;
        result = ws2kit_stream.open ? ws2kit_stream.open(&c->pub) : WS2KIT_RELAY;
    }
    c->opened = result == WS2KIT_RELAY;
    c->plain = result == WS2KIT_PASS;
    if (result > 0 || !relay_conn_start(c)) {
        if (c->opened && ws2kit_stream.close)
            ws2kit_stream.close(&c->pub);
        reset_socket(l->table, s);
    }
    relay_conn_put(c);
}

static void accept_next(struct relay_listener *l)
{
    LPFN_ACCEPTEX accept_ex = relay_accept_ex(l->u, l->table);
    const WSPPROC_TABLE *table;
    DWORD got;
    int err;

    l->acceptor = relay_new_socket(l->chain, l->chain->mine.iAddressFamily, &table, &err);
    if (l->acceptor == INVALID_SOCKET || !accept_ex)
        return; /* no memory, no handles: it accepts no more */
    l->op.ov = (OVERLAPPED){0};
    l->op.s = l->u;
    l->op.table = l->table;
    relay_listener_get(l);
    l->op.pending = accept_ex(l->u, l->acceptor, l->names, 0, sizeof l->names / 2,
                              sizeof l->names / 2, &got, &l->op.ov) ||
                    WSAGetLastError() == ERROR_IO_PENDING;
    if (!l->op.pending)
        relay_listener_put(l);
}

static void accepted(struct relay_op *op, int err, DWORD bytes)
{
    struct relay_listener *l = op->owner;
    SOCKET s = l->acceptor;

    (void)bytes;
    l->acceptor = INVALID_SOCKET;
    if (l->closed || err)
        close_socket(l->table, &s);
    else
        take_in(l, s);
    if (!l->closed)
        accept_next(l);
    relay_listener_put(l);
}

static void begin(struct relay_op *op, int err, DWORD bytes)
{
    struct relay_listener *l = op->owner;

    (void)err, (void)bytes;
    if (!l->closed && relay_tie_loud(l->u))
        accept_next(l);
    relay_listener_put(l);
}

static void close_on_thread(void *listener)
{
    struct relay_listener *l = listener;

    l->closed = TRUE;
    l->op.s = INVALID_SOCKET;
    lock_take(&l->lock);
    close_socket(l->table, &l->u);
    lock_drop(&l->lock);
    if (!l->op.pending)
        close_socket(l->table, &l->acceptor);
    relay_listener_put(l);
}

void relay_listener_option(struct relay_listener *l, const struct relay_option *o)
{
    lock_take(&l->lock);
    if (l->u != INVALID_SOCKET)
        relay_option_put(l->u, l->table, o);
    lock_drop(&l->lock);
}

void relay_listener_close(struct relay_listener *l)
{
    relay_listener_get(l);
    relay_call_and_wait(close_on_thread, l, 1000);
}

/* ---- C goes to P; the relay's thread ---- */

static void arrive(struct relay_conn *c)
{
    const BOOL yes = TRUE;
    int ignored;

    c->c.table->lpWSPSetSockOpt(c->c.s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, (const char *)&yes,
                                0, &ignored);
    relay_conn_joined(c, c->c.s, c->c.table);
}

static void arrived(struct relay_op *op, int err, DWORD bytes)
{
    struct relay_conn *c = op->owner;

    (void)bytes;
    if (c->state == CONN_JOINING && err)
        relay_conn_reset(c);
    else if (c->state == CONN_JOINING)
        arrive(c);
    relay_conn_put(c);
}

static int bind_c(struct relay_conn *c)
{
    struct relay_loopback name;
    int bytes = sizeof name.name, err = 0;

    c->c.s = relay_base_socket(c->chain, AF_INET, &c->c.table, &err);
    if (c->c.s == INVALID_SOCKET)
        return err;
    relay_join_any(AF_INET, &name);
    if (c->c.table->lpWSPBind(c->c.s, (struct sockaddr *)&name.name, name.bytes, &err) ||
        c->c.table->lpWSPGetSockName(c->c.s, (struct sockaddr *)&name.name, &bytes, &err))
        return err;
    relay_join_set(c, relay_join_port(&name.name));
    return relay_tie(c->c.s, &c->c.skips) ? 0 : WSAENOBUFS;
}

static int connect_c(struct relay_conn *c)
{
    struct relay_loopback to;
    LPFN_CONNECTEX connect_ex;
    DWORD sent;
    BOOL ok;
    int err = bind_c(c);

    if (err)
        return err;
    relay_join_any(AF_INET, &to);
    ((struct sockaddr_in *)&to.name)->sin_port = c->listener->port;
    connect_ex = relay_connect_ex(c->c.s, c->c.table);
    if (!connect_ex)
        return WSAENOBUFS;
    c->connected.ov = (OVERLAPPED){0};
    c->connected.done = arrived;
    c->connected.s = c->c.s;
    c->connected.table = c->c.table;
    ok =
        connect_ex(c->c.s, (struct sockaddr *)&to.name, to.bytes, NULL, 0, &sent, &c->connected.ov);
    err = ok ? 0 : WSAGetLastError();
    switch (relay_op_started(c, &c->connected, !ok, err, c->c.skips)) {
    case OP_DONE:
        arrive(c);
        break;
    case OP_FAILED:
        return err;
    case OP_PENDING:
        break;
    }
    return 0;
}

void relay_listener_join(struct relay_conn *c)
{
    if (connect_c(c))
        relay_conn_reset(c);
}

/* ---- the program listens ---- */

static int listen_p(struct relay_sock *k, int backlog, u_short *port)
{
    SOCKADDR_STORAGE name;
    int bytes = sizeof name, err = relay_connect_bind(k);

    if (err)
        return err;
    if (k->base->lpWSPListen(k->s, backlog, &err) ||
        k->base->lpWSPGetSockName(k->s, (struct sockaddr *)&name, &bytes, &err))
        return err;
    *port = relay_join_port(&name);
    return 0;
}

static int listen_relayed(struct relay_sock *k, int backlog)
{
    struct relay_listener *l;
    u_short port = 0;
    int err = 0;

    if (!k->bound_bytes || k->u == INVALID_SOCKET)
        return WSAEINVAL;
    if (k->u_table->lpWSPListen(k->u, backlog, &err) || !relay_begin(&err))
        return err;
    err = listen_p(k, backlog, &port);
    l = err ? NULL : calloc(1, sizeof *l);
    if (!l)
        return err ? err : WSAENOBUFS;
    l->refs = 2; /* the record's, and that of `begin` */
    l->chain = k->chain;
    l->u = k->u;
    l->table = k->u_table;
    l->port = port;
    l->acceptor = INVALID_SOCKET;
    l->op = (struct relay_op){.done = accepted, .owner = l, .s = INVALID_SOCKET};
    l->start = (struct relay_op){.done = begin, .owner = l, .s = INVALID_SOCKET};
    if (!relay_call(&l->start)) {
        free(l);
        return WSAENOBUFS;
    }
    k->u = INVALID_SOCKET;
    k->listener = l;
    k->use = USE_LISTENING;
    return 0;
}

int WSPAPI relay_Listen(SOCKET s, int backlog, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    const WSPPROC_TABLE *table;
    BOOL mine = FALSE;
    int err = 0;

    if (k) {
        lock_take(&k->lock);
        mine = k->use == USE_NEW && ws2kit_stream.accepts;
        if (mine)
            err = listen_relayed(k, backlog);
        else if (k->use == USE_NEW)
            err = relay_sock_pass(k);
        lock_drop(&k->lock);
        relay_sock_put(k);
    }
    table = relay_route(s);
    if (!mine && !err && !table)
        err = WSAENOTSOCK;
    else if (!mine && !err)
        table->lpWSPListen(s, backlog, &err);
    return err ? relay_fail(lp_errno, err) : 0;
}

/* ---- the program accepts ---- */

/* Whose connection P' is, by its peer's port; counted. NULL: nobody's we know, a stranger's. *known: it has a peer at all. */
static struct relay_conn *behind(SOCKET s, const WSPPROC_TABLE *base, BOOL *known)
{
    SOCKADDR_STORAGE peer;
    int bytes = sizeof peer, err;
    u_short port = 0;

    *known = !base->lpWSPGetPeerName(s, (struct sockaddr *)&peer, &bytes, &err);
    if (*known)
        port = relay_join_port(&peer);
    return port ? relay_join_find(port) : NULL;
}

static void attach(struct relay_sock *k, struct relay_conn *c)
{
    const BOOL yes = TRUE;
    int ignored;

    k->conn = c;
    k->use = USE_CONNECTED;
    k->base->lpWSPSetSockOpt(k->s, IPPROTO_TCP, TCP_NODELAY, (const char *)&yes, sizeof yes,
                             &ignored);
}

/*
 * AcceptEx ends in the kernel, so a program on this machine that connects to P's loopback port by itself gets this far. No byte of it goes
 * further.
 */
void relay_accept_settle(struct relay_sock *k)
{
    struct relay_conn *c;
    BOOL known;
    int ignored;

    if (k->use != USE_ACCEPTING)
        return;
    c = behind(k->s, k->base, &known);
    if (c && c->pub.accepted && c->listener == k->listener) {
        attach(k, c);
        return;
    }
    if (c)
        relay_conn_put(c);
    if (known)
        k->base->lpWSPShutdown(k->s, SD_BOTH, &ignored);
}

struct condition {
    LPCONDITIONPROC program;
    DWORD_PTR data;
};

/* The program's condition function is shown who has really connected. */
static int CALLBACK ask_program(LPWSABUF caller, LPWSABUF caller_data, LPQOS sqos, LPQOS gqos,
                                LPWSABUF callee, LPWSABUF callee_data, GROUP *group, DWORD_PTR data)
{
    const struct condition *p = (const struct condition *)data;
    SOCKADDR_STORAGE from = {0};
    struct relay_conn *c = NULL;
    WSABUF peer, local;
    u_short port;
    int answer;

    if (caller && caller->len <= sizeof from)
        memcpy(&from, caller->buf, caller->len);
    port = relay_join_port(&from);
    if (port)
        c = relay_join_find(port);
    if (!c)
        return CF_REJECT;
    peer = (WSABUF){(ULONG)c->pub.peer_bytes, (char *)&c->pub.peer};
    local = (WSABUF){(ULONG)c->local_bytes, (char *)&c->local};
    answer = p->program(&peer, caller_data, sqos, gqos, callee ? &local : NULL, callee_data, group,
                        p->data);
    relay_conn_put(c);
    return answer;
}

/* A record for P'; INVALID_SOCKET with *err, and P' is closed. */
static SOCKET adopt(struct relay_sock *listener, SOCKET s, struct relay_conn *c, int *err)
{
    struct relay_sock *k;
    SOCKET ours = chain_adopt_with(listener->chain, listener->base, s, err);

    if (ours == INVALID_SOCKET) {
        relay_conn_put(c);
        return ours;
    }
    k = relay_sock_new(s, listener->chain, err);
    if (!k) {
        relay_conn_put(c);
        listener->base->lpWSPCloseSocket(s, err);
        *err = WSAENOBUFS;
        return INVALID_SOCKET;
    }
    k->foreign = TRUE;
    attach(k, c);
    return ours;
}

static SOCKET accept_relayed(struct relay_sock *k, struct sockaddr *addr, LPINT bytes,
                             LPCONDITIONPROC condition, DWORD_PTR data, int *err)
{
    struct condition mine = {condition, data};
    struct relay_conn *c;
    SOCKADDR_STORAGE ignored;
    int room, unused;
    BOOL known;
    SOCKET s;

    if (addr && !bytes)
        addr = NULL;
    if (addr &&
        (IsBadWritePtr(bytes, sizeof *bytes) || IsBadWritePtr(addr, *bytes) ||
         *bytes < (int)(k->chain->mine.iAddressFamily == AF_INET ? sizeof(struct sockaddr_in)
                                                                 : sizeof(struct sockaddr_in6)))) {
        *err = WSAEFAULT;
        return INVALID_SOCKET;
    }
    for (;;) {
        room = sizeof ignored;
        s = k->base->lpWSPAccept(k->s, (struct sockaddr *)&ignored, &room,
                                 condition ? ask_program : NULL, (DWORD_PTR)&mine, err);
        if (s == INVALID_SOCKET)
            return s;
        c = behind(s, k->base, &known);
        if (c && c->pub.accepted && c->listener == k->listener)
            break;
        if (c)
            relay_conn_put(c);
        k->base->lpWSPCloseSocket(s, &unused);
    }
    if (addr) {
        memcpy(addr, &c->pub.peer, c->pub.peer_bytes);
        *bytes = c->pub.peer_bytes;
    }
    return adopt(k, s, c, err);
}

SOCKET WSPAPI relay_Accept(SOCKET s, struct sockaddr *addr, LPINT bytes, LPCONDITIONPROC condition,
                           DWORD_PTR data, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    SOCKET result;

    if (k && k->use == USE_LISTENING)
        result = accept_relayed(k, addr, bytes, condition, data, lp_errno);
    else
        result = ws2kit_pass.lpWSPAccept(s, addr, bytes, condition, data, lp_errno);
    if (k)
        relay_sock_put(k);
    return result;
}

/* TRUE: `k` is an acceptor for the listener `l` now. */
static int become_acceptor(struct relay_sock *k, struct relay_sock *l)
{
    int err = 0;

    lock_take(&k->lock);
    if ((k->use != USE_NEW && k->use != USE_ACCEPTING) || k->bound_bytes) {
        err = WSAEINVAL;
    } else {
        if (k->listener)
            relay_listener_put(k->listener);
        k->listener = relay_listener_get(l->listener);
        k->use = USE_ACCEPTING;
    }
    lock_drop(&k->lock);
    return err;
}

BOOL PASCAL relay_AcceptEx(SOCKET s, SOCKET acceptor, PVOID out, DWORD data_bytes,
                           DWORD local_bytes, DWORD remote_bytes, LPDWORD got, LPOVERLAPPED ov)
{
    struct relay_sock *l = relay_sock_get(s), *k = relay_sock_get(acceptor);
    LPFN_ACCEPTEX accept_ex;
    BOOL result = FALSE;
    int err = 0;

    if (l && l->use == USE_LISTENING && k) {
        accept_ex = relay_accept_ex(s, l->base);
        err = accept_ex ? become_acceptor(k, l) : WSAGetLastError();
        if (!err) {
            result = accept_ex(s, acceptor, out, data_bytes, local_bytes, remote_bytes, got, ov);
            err = result ? 0 : WSAGetLastError();
        }
        if (err && err != ERROR_IO_PENDING && k->use == USE_ACCEPTING)
            k->use = USE_NEW;
        WSASetLastError(err);
    } else {
        result = ws2kit_pass_extension.AcceptEx(s, acceptor, out, data_bytes, local_bytes,
                                                remote_bytes, got, ov);
        err = WSAGetLastError();
    }
    if (k && (result || err == ERROR_IO_PENDING) && k->use == USE_NEW)
        k->use = USE_PASSED;
    if (l)
        relay_sock_put(l);
    if (k)
        relay_sock_put(k);
    WSASetLastError(err);
    return result;
}

/* The base's answer points into `out`, with the addresses that the kernel saw: those of C and P. */
void PASCAL relay_GetAcceptExSockaddrs(PVOID out, DWORD data_bytes, DWORD local_bytes,
                                       DWORD remote_bytes, struct sockaddr **local, LPINT local_len,
                                       struct sockaddr **remote, LPINT remote_len)
{
    LPFN_GETACCEPTEXSOCKADDRS below = relay_below_sockaddrs();
    struct relay_conn *c = NULL;
    SOCKADDR_STORAGE from = {0};
    u_short port;

    if (!below)
        return;
    below(out, data_bytes, local_bytes, remote_bytes, local, local_len, remote, remote_len);
    if (!*remote || *remote_len > (int)sizeof from)
        return;
    memcpy(&from, *remote, *remote_len);
    port = relay_join_port(&from);
    if (port)
        c = relay_join_find(port);
    if (!c)
        return;
    if (c->pub.accepted && *remote_len == c->pub.peer_bytes)
        memcpy(*remote, &c->pub.peer, *remote_len);
    if (c->pub.accepted && local_bytes && *local && *local_len == c->local_bytes)
        memcpy(*local, &c->local, *local_len);
    relay_conn_put(c);
}
