/* SPDX-License-Identifier: MIT */
/*
 * Carrying bytes. Each direction is a row of stations: receive, filter, wait until due, send; each takes what it can, and a station that is
 * full stops the one before it, back to the sender's own send().
 */
#include "providers/kit/relay.h"

#include <stdlib.h>
#include <string.h>

/*
 * A direction holds that much and no more. A connection gets ROUNDS turns, then others come first.
 */
enum { HOLDS = 128 * 1024, ROUNDS = 16 };

static uint64_t hurry; /* what schedules are late by: 0, or nearly for ever */
static uint64_t bytes_sent;

uint64_t relay_pump_sent(void)
{
    return bytes_sent;
}

void relay_pump_hurry(BOOL on)
{
    hurry = on ? WS2KIT_NEVER - 1 : 0;
}

static void received(struct relay_op *op, int err, DWORD bytes);
static void sent(struct relay_op *op, int err, DWORD bytes);

void relay_pump_init(struct relay_conn *c)
{
    struct relay_end *ends[] = {&c->u, &c->c};

    for (size_t i = 0; i < ARRAYSIZE(ends); i++) {
        ends[i]->rx = (struct relay_op){.done = received, .owner = c, .s = INVALID_SOCKET};
        ends[i]->tx = (struct relay_op){.done = sent, .owner = c, .s = INVALID_SOCKET};
    }
    c->out = (struct relay_pipe){.from = &c->c, .to = &c->u, .direction = WS2KIT_OUTGOING};
    c->in = (struct relay_pipe){.from = &c->u, .to = &c->c, .direction = WS2KIT_INCOMING};
    c->in.filtered = TRUE; /* the handshake takes its bytes there */
}

void relay_pump_deinit(struct relay_conn *c)
{
    struct relay_pipe *pipes[] = {&c->out, &c->in};

    for (size_t i = 0; i < ARRAYSIZE(pipes); i++) {
        inbox_free(&pipes[i]->in);
        fifo_free(&pipes[i]->out);
        due_free(&pipes[i]->due);
    }
}

/* Both directions have filters or neither has: incoming() may write to the peer as well. */
static BOOL filters(const struct relay_conn *c)
{
    return !c->plain && (ws2kit_stream.incoming || ws2kit_stream.outgoing);
}

static BOOL schedules(const struct relay_conn *c)
{
    return !c->plain && ws2kit_stream.schedule;
}

static size_t holds(const struct relay_conn *c)
{
    return schedules(c) ? WS2KIT_IN_FLIGHT : HOLDS;
}

static BOOL over(const struct relay_conn *c)
{
    return c->state == CONN_OVER;
}

/* ---- when ---- */

/*
 * `bytes` more lie in p->out. Where schedule() breaks the connection, what it let pass before still goes; the rest waits for ever, behind which
 * send_some() finds that it is broken.
 */
static void plan(struct relay_conn *c, struct relay_pipe *p, size_t bytes)
{
    uint64_t now = schedules(c) && bytes ? ws2kit_clock() : 0;

    while (schedules(c) && bytes && !over(c)) {
        uint64_t at = now;
        size_t n = bytes;

        if (!p->stalled && ws2kit_stream.schedule(&c->pub, p->direction, now, &n, &at) > 0)
            p->broken = p->stalled = TRUE;
        if (p->stalled || !n || n > bytes)
            n = bytes;
        if (p->stalled)
            at = WS2KIT_NEVER;
        p->stalled = at == WS2KIT_NEVER;
        if (!due_add(&p->due, n, at)) {
            relay_conn_reset(c);
            return;
        }
        bytes -= n;
    }
}

static void plan_end(struct relay_conn *c, struct relay_pipe *p)
{
    uint64_t now = ws2kit_clock();
    size_t none = 0;

    p->timed = TRUE;
    p->end_at = 0;
    if (!schedules(c))
        return;
    p->end_at = now;
    if (p->stalled)
        p->end_at = WS2KIT_NEVER;
    else if (ws2kit_stream.schedule(&c->pub, p->direction, now, &none, &p->end_at) > 0)
        relay_conn_reset(c);
    if (p->end_at < p->due.last)
        p->end_at = p->due.last;
}

static uint64_t clock_for(const struct relay_conn *c)
{
    return !schedules(c) ? 0 : hurry ? hurry : ws2kit_clock();
}

/* ---- receive ---- */

/*
 * Wine 8.0 ends an overlapped receive on a connection that was reset like one at the end of the stream; only a call that does not
 * overlap tells them apart.
 */
static BOOL was_reset(const struct relay_end *e)
{
    ULONG yes = 1;
    char byte;
    WSABUF buf = {1, &byte};
    DWORD got, flags = 0, ignored;
    int err = 0;

    e->table->lpWSPIoctl(e->s, FIONBIO, &yes, sizeof yes, NULL, 0, &ignored, NULL, NULL, NULL,
                         &err);
    return e->table->lpWSPRecv(e->s, &buf, 1, &got, &flags, NULL, NULL, NULL, &err) ==
               SOCKET_ERROR &&
           err != WSAEWOULDBLOCK;
}

static void got(struct relay_conn *c, struct relay_pipe *p, int err, DWORD bytes)
{
    if (p->in.lent)
        inbox_added(&p->in, err ? 0 : bytes);
    else
        fifo_added(&p->out, err ? 0 : bytes);
    if (err == WSA_OPERATION_ABORTED || over(c)) /* the thread that asked is gone; asked again */
        return;
    if (!err && bytes) {
        if (!p->filtered && p->in.end)
            return; /* relay_pump_open() moves it */
        if (!p->filtered)
            plan(c, p, bytes);
        return;
    }
    p->ended = TRUE;
    p->reset = err || was_reset(p->from);
}

static BOOL receive(struct relay_conn *c, struct relay_pipe *p)
{
    struct relay_end *e = p->from;
    struct relay_op *op = &e->rx;
    DWORD bytes = 0, flags = 0;
    BOOL full = FALSE;
    bool inbox_full = false;
    char *room;
    size_t size;
    int result, err = 0;

    if (p->ended || p->shut || p->stalled || op->pending || e->s == INVALID_SOCKET)
        return FALSE;
    if (!p->filtered && p->out.bytes >= holds(c))
        return FALSE;
    room = p->filtered ? inbox_room(&p->in, &size, &inbox_full) : fifo_room(&p->out, 4096, &size);
    full = inbox_full;
    if (!room && !full)
        relay_conn_reset(c);
    if (!room)
        return FALSE;
    op->ov = (OVERLAPPED){0};
    op->s = e->s;
    op->table = e->table;
    op->buf = (WSABUF){(ULONG)size, room};
    result = e->table->lpWSPRecv(e->s, &op->buf, 1, &bytes, &flags, &op->ov, NULL, NULL, &err);
    switch (relay_op_started(c, op, result != 0, err, e->skips)) {
    case OP_DONE:
        got(c, p, 0, bytes);
        return TRUE;
    case OP_FAILED:
        got(c, p, err, 0);
        return TRUE;
    case OP_PENDING:
        break;
    }
    return FALSE;
}

/* ---- filter ---- */

static void copy(struct ws2kit_source *from, struct ws2kit_sink *to)
{
    size_t n = from->bytes < to->room ? from->bytes : to->room;

    memcpy(to->data, from->data, n);
    from->used = to->bytes = n;
}

static int call_filter(struct relay_conn *c, struct relay_pipe *p, struct ws2kit_source *from,
                       struct ws2kit_sink *to, struct ws2kit_sink *back)
{
    if (p->direction == WS2KIT_OUTGOING && ws2kit_stream.outgoing)
        return ws2kit_stream.outgoing(&c->pub, from, to);
    if (p->direction == WS2KIT_INCOMING && ws2kit_stream.incoming)
        return ws2kit_stream.incoming(&c->pub, from, to, back);
    copy(from, to);
    return WS2KIT_DONE;
}

/* TRUE: it used or wrote something. */
static BOOL filter_once(struct relay_conn *c, struct relay_pipe *p)
{
    struct ws2kit_source from = {p->in.data + p->in.start, inbox_bytes(&p->in), 0, FALSE};
    struct ws2kit_sink to = {0}, back = {0};
    BOOL incoming = p->direction == WS2KIT_INCOMING;
    int result;

    to.data = fifo_room(&p->out, WS2KIT_SINK_ROOM, &to.room);
    if (to.data && incoming)
        back.data = fifo_room(&c->out.out, WS2KIT_SINK_ROOM, &back.room);
    if (!to.data || (incoming && !back.data)) {
        relay_conn_reset(c);
        return FALSE;
    }
    result = call_filter(c, p, &from, &to, &back);
    inbox_taken(&p->in, from.used);
    fifo_added(&p->out, to.bytes);
    if (incoming)
        fifo_added(&c->out.out, back.bytes);
    plan(c, p, to.bytes);
    if (incoming && !over(c))
        plan(c, &c->out, back.bytes);
    if (result > 0 && !over(c))
        relay_conn_reset(c);
    if (result == WS2KIT_END)
        p->ended = p->told = TRUE;
    return from.used || to.bytes || back.bytes;
}

static BOOL filter(struct relay_conn *c, struct relay_pipe *p)
{
    BOOL progress = FALSE;

    while (p->filtered && !p->told && !p->shut && !over(c) && !p->stalled && inbox_bytes(&p->in) &&
           p->out.bytes < holds(c)) {
        if (!filter_once(c, p))
            break;
        progress = TRUE;
    }
    return progress;
}

/* The filter has had all there is, and is told that it was all. */
static BOOL tell_end(struct relay_conn *c, struct relay_pipe *p)
{
    struct ws2kit_sink to = {0};
    int result = WS2KIT_DONE;

    if (!p->ended || p->told || p->shut || p->out.bytes >= holds(c))
        return FALSE;
    p->told = TRUE;
    if (p->reset || c->plain)
        return TRUE;
    if (p->direction == WS2KIT_INCOMING) {
        p->reset = ws2kit_stream.incoming_end &&
                   ws2kit_stream.incoming_end(&c->pub, inbox_bytes(&p->in)) > 0;
    } else if (ws2kit_stream.outgoing_end) {
        to.data = fifo_room(&p->out, WS2KIT_SINK_ROOM, &to.room);
        result = to.data ? ws2kit_stream.outgoing_end(&c->pub, &to) : WSAENOBUFS;
        if (to.data)
            fifo_added(&p->out, to.bytes);
        plan(c, p, to.bytes);
        if (result > 0 && !over(c))
            relay_conn_reset(c);
        p->told = result != WS2KIT_MORE;
    }
    return TRUE;
}

/* ---- send ---- */

/*
 * The receiver is gone. If that is the program, so is the connection. If it is the peer, it may have said something before, which the
 * receiving side finds out along with the reset.
 */
static void send_failed(struct relay_conn *c, struct relay_pipe *p, int err)
{
    if (c->state != CONN_OPEN) {
        relay_conn_fail(c, err);
    } else if (p == &c->in || c->in.ended || c->in.stalled) {
        relay_conn_reset(c);
    } else {
        p->shut = TRUE;
        fifo_clear(&p->out);
    }
}

static void took(struct relay_conn *c, struct relay_pipe *p, DWORD bytes)
{
    bytes_sent += bytes;
    fifo_taken(&p->out, bytes);
    if (schedules(c))
        due_taken(&p->due, bytes);
}

/* What is sent next, from the fifo or nothing of it. TRUE: more may follow. */
static BOOL start_send(struct relay_conn *c, struct relay_pipe *p, const char *data, size_t n)
{
    struct relay_end *e = p->to;
    struct relay_op *op = &e->tx;
    DWORD bytes = 0;
    int result, err = 0;

    op->ov = (OVERLAPPED){0};
    op->s = e->s;
    op->table = e->table;
    op->buf = (WSABUF){(ULONG)n, (char *)data};
    result = e->table->lpWSPSend(e->s, &op->buf, 1, &bytes, 0, &op->ov, NULL, NULL, &err);
    switch (relay_op_started(c, op, result != 0, err, e->skips)) {
    case OP_DONE:
        took(c, p, bytes);
        return TRUE;
    case OP_FAILED:
        send_failed(c, p, err);
        return TRUE;
    case OP_PENDING:
        break;
    }
    return FALSE;
}

/*
 * A provider says that a send is done when it has taken the bytes over, and may still be at it on threads of its own, which the end of the process
 * would stop. A send of nothing is done when all before it are in the system's hands.
 */
static BOOL flush(struct relay_conn *c, struct relay_pipe *p)
{
    p->flushed = TRUE;
    return start_send(c, p, "", 0);
}

static BOOL pass_end(struct relay_conn *c, struct relay_pipe *p)
{
    int ignored;

    if (!p->told)
        return FALSE;
    if (!p->timed)
        plan_end(c, p);
    if (over(c) || p->end_at == WS2KIT_NEVER || p->end_at > clock_for(c))
        return FALSE;
    if (hurry && p->direction == WS2KIT_OUTGOING && !p->flushed && !p->reset)
        return flush(c, p);
    p->shut = TRUE;
    if (p->reset)
        relay_conn_reset(c);
    else
        p->to->table->lpWSPShutdown(p->to->s, SD_SEND, &ignored);
    return TRUE;
}

static BOOL send_some(struct relay_conn *c, struct relay_pipe *p)
{
    uint64_t next = 0;
    size_t n, may;
    const char *data;

    if (p->shut || p->to->tx.pending || p->to->s == INVALID_SOCKET)
        return FALSE;
    data = fifo_front(&p->out, &n);
    may = schedules(c) ? due_ready(&p->due, clock_for(c), &next) : n;
    if (!p->out.bytes)
        return pass_end(c, p);
    if (n > may)
        n = may;
    if (!n) {
        if (p->broken && next == WS2KIT_NEVER)
            relay_conn_reset(c);
        return FALSE;
    }
    return start_send(c, p, data, n);
}

/* ---- together ---- */

static BOOL step(struct relay_conn *c, struct relay_pipe *p)
{
    BOOL progress = FALSE;

    if (!over(c))
        progress |= filter(c, p);
    /* What a filter that got stuck on a full pipe has not used is not the end. */
    if (!over(c) && (!inbox_bytes(&p->in) || (p->ended && p->out.bytes < holds(c))))
        progress |= tell_end(c, p);
    if (!over(c))
        progress |= send_some(c, p);
    if (!over(c))
        progress |= receive(c, p);
    return progress;
}

void relay_pump(struct relay_conn *c)
{
    BOOL progress = TRUE;

    for (int i = 0; i < ROUNDS && progress && c->state == CONN_OPEN; i++) {
        progress = step(c, &c->out);
        if (c->state == CONN_OPEN)
            progress |= step(c, &c->in);
        if (c->state == CONN_OPEN && c->out.shut && c->in.shut)
            relay_conn_over(c);
    }
    if (c->state != CONN_OPEN)
        return;
    if (progress && !c->again.pending) {
        relay_conn_get(c);
        c->again.pending = relay_call(&c->again);
        if (!c->again.pending)
            relay_conn_put(c);
    }
    relay_ring(relay_pump_next(c));
}

/* An operation of `c` has ended: on with it. */
static void go_on(struct relay_conn *c)
{
    if (c->state == CONN_SHAKING)
        relay_conn_shake(c);
    else if (c->state == CONN_OPEN)
        relay_pump(c);
    relay_conn_put(c);
}

static void received(struct relay_op *op, int err, DWORD bytes)
{
    struct relay_conn *c = op->owner;

    got(c, op == &c->u.rx ? &c->in : &c->out, err, bytes);
    if (c->state == CONN_OPEN && !c->in.filtered && c->in.in.end && !relay_pump_open(c))
        relay_conn_reset(c);
    go_on(c);
}

static void sent(struct relay_op *op, int err, DWORD bytes)
{
    struct relay_conn *c = op->owner;
    struct relay_pipe *p = op == &c->u.tx ? &c->out : &c->in;

    if (!over(c) && !p->shut) {
        took(c, p, bytes);
        if (err && err != WSA_OPERATION_ABORTED)
            send_failed(c, p, err);
    }
    go_on(c);
}

void relay_pump_flush(struct relay_conn *c, struct relay_pipe *p)
{
    while (!over(c) && p->out.bytes && send_some(c, p))
        ;
}

void relay_pump_fill(struct relay_conn *c, struct relay_pipe *p)
{
    bool full = inbox_bytes(&p->in) >= WS2KIT_SOURCE_ROOM;

    if (full)
        relay_conn_fail(c, WSAENOBUFS);
    else if (receive(c, p))
        relay_conn_shake(c);
}

BOOL relay_pump_open(struct relay_conn *c)
{
    struct inbox *in = &c->in.in;
    size_t left = inbox_bytes(in);

    c->in.filtered = c->out.filtered = filters(c);
    if (!c->in.filtered && !in->lent) {
        if (!fifo_put(&c->in.out, in->data + in->start, left))
            return FALSE;
        inbox_taken(in, left);
        plan(c, &c->in, left);
    }
    if (!c->first_bytes)
        return !over(c);
    if (c->out.filtered) {
        c->out.in = (struct inbox){.data = c->first, .end = c->first_bytes, .size = c->first_bytes};
        c->first = NULL;
    } else if (fifo_put(&c->out.out, c->first, c->first_bytes)) {
        plan(c, &c->out, c->first_bytes);
    } else {
        return FALSE;
    }
    c->first_bytes = 0;
    return !over(c);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What has become due since send_some() looked at the clock is still to be sent: at once. */
static uint64_t pipe_next(const struct relay_conn *c, const struct relay_pipe *p)
{
    uint64_t next = WS2KIT_NEVER, now = ws2kit_clock();

    if (!schedules(c) || p->shut || p->to->tx.pending)
        return next;
    if (p->out.bytes && due_ready(&p->due, now, &next))
        next = now;
    else if (!p->out.bytes && p->timed)
        next = p->end_at;
    return next;
}

uint64_t relay_pump_next(const struct relay_conn *c)
{
    uint64_t next = sooner(c->pub.wake_us, c->give_up_at);

    if (over(c))
        return WS2KIT_NEVER;
    if (c->state == CONN_WAITING)
        next = sooner(next, c->ready_at);
    if (c->state == CONN_OPEN)
        next = sooner(next, sooner(pipe_next(c, &c->out), pipe_next(c, &c->in)));
    return next;
}

/* Only the end itself proves that nothing comes before it any more. Without an end to come there is nobody who has P. */
BOOL relay_pump_drained(const struct relay_conn *c)
{
    const struct relay_pipe *p = &c->out;
    uint64_t next;

    if (!c->p_ended || c->state == CONN_OVER || p->shut)
        return TRUE;
    if (p->stalled)
        return !c->u.tx.pending && !due_ready(&p->due, clock_for(c), &next);
    return FALSE;
}
