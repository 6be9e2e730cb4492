/* SPDX-License-Identifier: MIT */
#include "providers/kit/relay.h"

#include <stdlib.h>
#include <string.h>

/* How long the peer may keep a connection that the program has closed; and C may take to arrive. */
enum { GIVE_UP_US = 60 * 1000 * 1000, ARRIVE_US = 60 * 1000 * 1000 };

static struct relay_conn *conns; /* guarded by relay_registry */

/* ---- life ---- */

struct relay_conn *relay_conn_get(struct relay_conn *c)
{
    relay_hold(&c->refs);
    return c;
}

void relay_conn_put(struct relay_conn *c)
{
    if (!relay_last(&c->refs))
        return;
    relay_pump_deinit(c);
    if (c->p)
        relay_sock_put(c->p);
    if (c->listener)
        relay_listener_put(c->listener);
    free(c->first);
    free(c);
}

static void begin(struct relay_op *op, int err, DWORD bytes);
static void connected(struct relay_op *op, int err, DWORD bytes);

static void pump_again(struct relay_op *op, int err, DWORD bytes)
{
    struct relay_conn *c = op->owner;

    (void)err, (void)bytes;
    relay_pump(c);
    relay_conn_put(c);
}

struct relay_conn *relay_conn_new(struct chain *chain, SOCKET u, const WSPPROC_TABLE *u_table)
{
    struct relay_conn *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->refs = 1;
    c->chain = chain;
    c->pub.protocol = &chain->mine;
    c->pub.wake_us = WS2KIT_NEVER;
    c->ready_at = c->give_up_at = WS2KIT_NEVER;
    c->u.s = u;
    c->u.table = u_table;
    c->u_open = TRUE;
    c->c.s = INVALID_SOCKET;
    c->start = (struct relay_op){.done = begin, .owner = c, .s = INVALID_SOCKET};
    c->connected = (struct relay_op){.done = connected, .owner = c, .s = INVALID_SOCKET};
    c->again = (struct relay_op){.done = pump_again, .owner = c, .s = INVALID_SOCKET};
    relay_pump_init(c);
    return c;
}

BOOL relay_conn_start(struct relay_conn *c)
{
    relay_conn_get(c);
    if (relay_call(&c->start))
        return TRUE;
    relay_conn_put(c);
    return FALSE;
}

static void enlist(struct relay_conn *c)
{
    lock_take(&relay_registry);
    c->refs++;
    c->next = conns;
    c->link = &conns;
    if (conns)
        conns->link = &c->next;
    conns = c;
    lock_drop(&relay_registry);
}

/* FALSE: it is not in the list. */
static BOOL delist(struct relay_conn *c)
{
    BOOL was;

    lock_take(&relay_registry);
    was = c->link != NULL;
    if (was) {
        *c->link = c->next;
        if (c->next)
            c->next->link = c->link;
        c->link = NULL;
    }
    lock_drop(&relay_registry);
    return was;
}

/* Only the relay's thread takes connections out, so one that is held leads on to the next; `visit` may end just the one it is given. */
void relay_conn_each(void (*visit)(struct relay_conn *c, void *arg), void *arg)
{
    struct relay_conn *c, *next;

    lock_take(&relay_registry);
    c = conns;
    if (c)
        c->refs++;
    lock_drop(&relay_registry);
    while (c) {
        lock_take(&relay_registry);
        next = c->next;
        if (next)
            next->refs++;
        lock_drop(&relay_registry);
        visit(c, arg);
        relay_conn_put(c);
        c = next;
    }
}

enum relay_started relay_op_started(struct relay_conn *c, struct relay_op *op, BOOL failed, int err,
                                    BOOL skips)
{
    if (!failed && skips)
        return OP_DONE;
    if (failed && err != WSA_IO_PENDING)
        return OP_FAILED;
    op->pending = TRUE;
    relay_conn_get(c);
    return OP_PENDING;
}

/* ---- the end ---- */

static void close_end(struct relay_conn *c, struct relay_end *e, BOOL hard)
{
    const struct linger reset = {1, 0};
    SOCKET s = e->s;
    int ignored;

    if (s == INVALID_SOCKET)
        return;
    if (e == &c->u) {
        lock_take(&c->lock);
        c->u_open = FALSE;
        lock_drop(&c->lock);
    }
    e->s = e->rx.s = e->tx.s = INVALID_SOCKET;
    if (hard)
        e->table->lpWSPSetSockOpt(s, SOL_SOCKET, SO_LINGER, (const char *)&reset, sizeof reset,
                                  &ignored);
    e->table->lpWSPCloseSocket(s, &ignored);
}

static void end(struct relay_conn *c, BOOL hard)
{
    if (c->state == CONN_OVER)
        return;
    c->state = CONN_OVER;
    relay_join_set(c, 0);
    c->connected.s = INVALID_SOCKET;
    close_end(c, &c->u, hard);
    close_end(c, &c->c, hard);
    if (c->opened && ws2kit_stream.close)
        ws2kit_stream.close(&c->pub);
    c->opened = FALSE;
    if (delist(c))
        relay_conn_put(c);
}

void relay_conn_reset(struct relay_conn *c)
{
    end(c, TRUE);
}

void relay_conn_fail(struct relay_conn *c, int err)
{
    BOOL told = c->state >= CONN_JOINING;

    /* First the end, then the news: the program may connect again at once. */
    end(c, c->pub.accepted);
    if (c->p && !told)
        relay_connect_failed(c->p, c, err);
}

void relay_conn_over(struct relay_conn *c)
{
    if (c->state < CONN_JOINING)
        relay_conn_fail(c, WSA_OPERATION_ABORTED);
    else
        end(c, FALSE);
}

/* ---- the beginning ---- */

static void join(struct relay_conn *c)
{
    c->state = CONN_JOINING;
    c->give_up_at = ws2kit_clock() + ARRIVE_US;
    relay_ring(c->give_up_at);
    if (c->pub.accepted)
        relay_listener_join(c);
    else if (!relay_connect_join(c->p, c))
        end(c, FALSE);
}

static void established(struct relay_conn *c)
{
    if (!c->pub.delay_us) {
        join(c);
        return;
    }
    c->state = CONN_WAITING;
    c->ready_at = c->pub.delay_us == WS2KIT_NEVER ? WS2KIT_NEVER : ws2kit_clock() + c->pub.delay_us;
    relay_ring(c->ready_at);
}

/* One call of handshake(). What it answered; *more: a further call may help before anything else arrives. */
static int shake_once(struct relay_conn *c, BOOL *more)
{
    struct inbox *in = &c->in.in;
    struct ws2kit_source from = {in->data + in->start, inbox_bytes(in), 0, c->in.ended};
    struct ws2kit_sink to = {0};
    int result;

    to.data = fifo_room(&c->out.out, WS2KIT_SINK_ROOM, &to.room);
    if (!to.data)
        return WSAENOBUFS;
    result = ws2kit_stream.handshake(&c->pub, &from, &to);
    inbox_taken(in, from.used);
    fifo_added(&c->out.out, to.bytes);
    *more = to.bytes == to.room || (from.used && from.used < from.bytes);
    return result;
}

void relay_conn_shake(struct relay_conn *c)
{
    int result = WS2KIT_DONE;
    BOOL more = TRUE;

    while (c->state == CONN_SHAKING && more) {
        more = FALSE;
        if (ws2kit_stream.handshake && !c->plain)
            result = shake_once(c, &more);
        relay_pump_flush(c, &c->out);
        if (result == WS2KIT_MORE && !more && c->in.ended)
            result = c->in.reset ? WSAECONNRESET : WSAECONNABORTED;
        if (result > 0) {
            relay_conn_fail(c, result);
            return;
        }
        if (result == WS2KIT_DONE) {
            if (c->state == CONN_SHAKING)
                established(c);
            return;
        }
    }
    relay_ring(c->pub.wake_us);
    if (c->state == CONN_SHAKING)
        relay_pump_fill(c, &c->in);
}

static void shaking(struct relay_conn *c)
{
    const BOOL yes = TRUE;
    int ignored;

    c->local_bytes = sizeof c->local;
    if (!c->pub.accepted)
        c->u.table->lpWSPSetSockOpt(c->u.s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT,
                                    (const char *)&yes, 0, &ignored);
    if (c->u.table->lpWSPGetSockName(c->u.s, (struct sockaddr *)&c->local, &c->local_bytes,
                                     &ignored))
        c->local_bytes = 0;
    c->state = CONN_SHAKING;
    relay_ends_before(c->chain);
    relay_conn_shake(c);
}

static void connected(struct relay_op *op, int err, DWORD bytes)
{
    struct relay_conn *c = op->owner;

    (void)bytes;
    if (c->state == CONN_CONNECTING) {
        if (err)
            relay_conn_fail(c, err);
        else
            shaking(c);
    }
    relay_conn_put(c);
}

static int connect_u(struct relay_conn *c)
{
    LPFN_CONNECTEX connect_ex = relay_connect_ex(c->u.s, c->u.table);
    DWORD sent;
    BOOL ok;
    int err;

    if (!connect_ex)
        return WSAGetLastError();
    c->connected.s = c->u.s;
    c->connected.table = c->u.table;
    ok = connect_ex(c->u.s, (struct sockaddr *)&c->pub.target, c->pub.target_bytes, NULL, 0, &sent,
                    &c->connected.ov);
    err = ok ? 0 : WSAGetLastError();
    switch (relay_op_started(c, &c->connected, !ok, err, c->u.skips)) {
    case OP_DONE:
        shaking(c);
        break;
    case OP_FAILED:
        return err;
    case OP_PENDING:
        break;
    }
    return 0;
}

static void begin(struct relay_op *op, int ignored, DWORD bytes)
{
    struct relay_conn *c = op->owner;
    int err = 0;

    (void)ignored, (void)bytes;
    enlist(c);
    relay_ring(c->pub.wake_us); /* open() may have set it */
    if (relay_is_ending())
        err = WSAENETDOWN;
    else if (!relay_join_begin(c, &err))
        ;
    else if (!relay_tie(c->u.s, &c->u.skips))
        err = WSAENOBUFS;
    else if (c->pub.accepted)
        shaking(c);
    else
        err = connect_u(c);
    if (err)
        relay_conn_fail(c, err);
    relay_conn_put(c);
}

void relay_conn_joined(struct relay_conn *c, SOCKET at_c, const WSPPROC_TABLE *table)
{
    const BOOL yes = TRUE;
    int ignored;

    c->c.s = at_c;
    c->c.table = table;
    c->give_up_at = WS2KIT_NEVER;
    table->lpWSPSetSockOpt(at_c, IPPROTO_TCP, TCP_NODELAY, (const char *)&yes, sizeof yes,
                           &ignored);
    if ((!c->pub.accepted && !relay_tie(at_c, &c->c.skips)) || !relay_pump_open(c)) {
        relay_conn_reset(c);
        return;
    }
    c->state = CONN_OPEN;
    relay_pump(c);
}

/* ---- what comes later ---- */

void relay_conn_p_closed(struct relay_conn *c)
{
    c->p_ended = TRUE;
    /* A P that was reset on its way to C may arrive as a socket without a peer's name, which nobody recognizes. */
    if (c->state < CONN_JOINING || (c->state == CONN_JOINING && c->p_hard && !c->pub.accepted)) {
        end(c, TRUE);
    } else if (c->state == CONN_OPEN) {
        c->give_up_at = ws2kit_clock() + GIVE_UP_US;
        relay_ring(c->give_up_at);
        relay_pump(c);
    }
}

void relay_conn_tick(struct relay_conn *c, uint64_t now)
{
    if (c->state == CONN_WAITING && now >= c->ready_at)
        join(c);
    if (c->state != CONN_OVER && now >= c->pub.wake_us) {
        int err;

        c->pub.wake_us = WS2KIT_NEVER;
        err = ws2kit_stream.wake ? ws2kit_stream.wake(&c->pub, now) : 0;
        if (err > 0 && c->state < CONN_JOINING)
            relay_conn_fail(c, err); /* the program still waits in its connect */
        else if (err > 0)
            relay_conn_reset(c);
    }
    if (c->state >= CONN_JOINING && now >= c->give_up_at) {
        /* Unsent bytes of the program are no reason to stop: the peer is just slow. */
        if (c->state == CONN_JOINING || c->out.shut)
            relay_conn_reset(c);
        else
            c->give_up_at = now + GIVE_UP_US;
    }
    if (c->state == CONN_OPEN)
        relay_pump(c);
}
