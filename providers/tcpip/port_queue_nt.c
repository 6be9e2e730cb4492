/* SPDX-License-Identifier: MIT */
/* The packets of a port that is served here, and those that the server has still to send, so that no later one overtakes them. */
#include "providers/tcpip/port_parts.h"

#include <stdlib.h>
#include <string.h>

/* ---- the queue ---- */

BOOL port_append(struct port *p, const struct ws2_packet *packet)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 64;
        struct ws2_packet *queue = malloc(room * sizeof *queue);

        if (!queue)
            return FALSE;
        for (size_t i = 0; i < p->count; i++)
            queue[i] = p->queue[(p->first + i) & (p->room - 1)];
        free(p->queue);
        p->queue = queue;
        p->first = 0;
        p->room = room;
    }
    p->queue[(p->first + p->count++) & (p->room - 1)] = *packet;
    return TRUE;
}

ULONG port_take(struct port *p, struct ws2_packet *packets, ULONG room)
{
    ULONG n = 0;

    for (; n < room && p->count; p->count--) {
        packets[n++] = p->queue[p->first];
        p->first = (p->first + 1) & (p->room - 1);
    }
    return n;
}

void port_post(struct port *p, const struct ws2_packet *packet)
{
    if (p->own)
        port_kernel.post(p->own, packet->key, packet->context, packet->status, packet->bytes);
}

BOOL port_queue(struct port *p, const struct ws2_packet *packet)
{
    BOOL done, wake = FALSE;

    lock_take(&p->lock);
    done = p->mode == PORT_CLOSED || (p->mode == PORT_HERE && port_append(p, packet));
    wake = done && p->waiting;
    lock_drop(&p->lock);
    if (wake)
        fast_wake(p->waker, TRUE);
    return done;
}

/* ---- packets that the server will send, so that none of later operations comes before them ---- */

static BOOL expect(struct port *p, struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov)
    WS2_REQUIRES(p->lock)
{
    if (p->expected_count == p->expected_room) {
        size_t room = p->expected_room ? p->expected_room * 2 : 16;
        struct expected *grown = realloc(p->expected, room * sizeof *grown);

        if (!grown)
            return FALSE;
        p->expected = grown;
        p->expected_room = room;
    }
    p->expected[p->expected_count++] = (struct expected){ k, ov, kind };
    return TRUE;
}

void port_came(struct port *p, const struct sock *k, const void *ov)
{
    for (size_t i = 0; i < p->expected_count; i++) {
        struct expected *e = &p->expected[i];

        if (e->ov == ov && (!k || e->sock == k)) {
            InterlockedDecrement(&e->sock->behind[e->kind]);
            memmove(e, e + 1, (--p->expected_count - i) * sizeof *e);
            return;
        }
    }
}

void port_expect(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov)
{
    struct port *p = k->port;

    if (!p || p->mode != PORT_HERE)
        return;
    lock_take(&p->lock);
    /* Without memory it stays behind for good, which is slow and right. */
    InterlockedIncrement(&k->behind[kind]);
    expect(p, k, kind, ov);
    lock_drop(&p->lock);
}

void port_unexpect(struct sock *k, LPWSAOVERLAPPED ov)
{
    struct port *p = k->port;

    if (!p)
        return;
    lock_take(&p->lock);
    port_came(p, k, ov);
    lock_drop(&p->lock);
}

void port_expect_none(struct port *p, const struct sock *k)
{
    size_t kept = 0;

    lock_take(&p->lock);
    for (size_t i = 0; i < p->expected_count; i++) {
        if (p->expected[i].sock != k)
            p->expected[kept++] = p->expected[i];
    }
    p->expected_count = kept;
    lock_drop(&p->lock);
}

void port_tell(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes)
{
    struct port *p = k->port;
    struct ws2_packet packet = { .key = k->port_key, .context = (ULONG_PTR)ov, .bytes = bytes };
    BOOL behind = FALSE;

    if (!p)
        return;
    packet.status = status;
    if (k->behind[kind]) {
        lock_take(&p->lock);
        behind = p->mode == PORT_HERE && k->behind[kind];
        if (behind) {
            InterlockedIncrement(&k->behind[kind]);
            expect(p, k, kind, ov);
        }
        lock_drop(&p->lock);
    }
    if (behind || !port_queue(p, &packet))
        port_post(p, &packet);
}

void port_is_foreign(struct sock *k)
{
    if (k->port && !k->port->foreign)
        k->port->foreign = TRUE;
}
