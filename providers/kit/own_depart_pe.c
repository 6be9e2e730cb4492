/* SPDX-License-Identifier: MIT */
#include "providers/kit/own_travel.h"

#include <stddef.h>
#include <string.h>

#include "providers/kit/ws2kit_stream.h"

BOOL own_depart_none(const struct own_travel *t)
{
    return !t->departing.first && !t->under_way;
}

/* ---- the worker sends ---- */

/* Nobody is told how it ended: the program's send has long succeeded. */
static void ended(struct own_datagram *d)
{
    struct own_socket *o = d->o;
    struct own_travel *t = o->travel;

    lock_take(&t->lock);
    t->under_way--;
    own_datagram_put(d);
    lock_drop(&t->lock);
    if (__atomic_load_n(&t->over, __ATOMIC_ACQUIRE))
        own_travel_ring(0);
    own_put(o);
}

static void departed(struct own_packet *p, DWORD code)
{
    (void)code;
    ended((struct own_datagram *)p);
}

static LPFN_WSASENDMSG send_msg(struct own_socket *o)
{
    return (LPFN_WSASENDMSG)(void *)extension_below(
        o->chain, o->line, offsetof(struct ws2kit_extensions, WSASendMsg) / sizeof(FARPROC));
}

/* 0 or WSA_IO_PENDING: departed() will be called. */
static int send_on(struct own_socket *o, struct own_datagram *d)
{
    struct sockaddr *to = (struct sockaddr *)&d->address;
    WSAMSG msg = {.name = to, .namelen = d->address_bytes, .lpBuffers = &d->buf, .dwBufferCount = 1, .Control = d->control};
    LPFN_WSASENDMSG with_control = d->control.len ? send_msg(o) : NULL;
    WSATHREADID thread;
    DWORD sent;
    int err;

    if (with_control)
        return with_control(o->line, &msg, d->flags, &sent, &d->packet.ov, NULL) ? WSAGetLastError() : 0;
    if (upcalls.lpWPUOpenCurrentThread(&thread, &err))
        return err;
    return o->chain->next.lpWSPSendTo(o->line, &d->buf, 1, &sent, d->flags, to, d->address_bytes, &d->packet.ov, NULL,
                                      &thread, &err) ? err : 0;
}

/* The line is open as long as something departs. */
void own_depart_due(struct own_travel *t, uint64_t now)
{
    struct own_socket *o = t->o;
    struct own_datagram *d;
    struct travel *w;
    int err;

    for (;;) {
        lock_take(&t->lock);
        w = travel_take(&t->departing, now);
        t->under_way += w != NULL;
        lock_drop(&t->lock);
        if (!w)
            return;
        d = CONTAINING_RECORD(w, struct own_datagram, way);
        d->o = o;
        d->packet.done = departed;
        own_lock();
        o->refs++;
        own_unlock();
        err = send_on(o, d);
        if (err && err != WSA_IO_PENDING)
            ended(d);
    }
}

/* ---- the program sends ---- */

/* *peer: where to. FALSE: that makes no sense, or there is none; the line says so. */
static BOOL find_peer(struct own_socket *o, const struct sockaddr *to, int to_bytes, SOCKADDR_STORAGE *peer, int *bytes)
{
    ADDRESS_FAMILY family = (ADDRESS_FAMILY)o->chain->mine.iAddressFamily;
    int least = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6), ignored;

    *bytes = sizeof *peer;
    if (!to)
        return !o->chain->next.lpWSPGetPeerName(o->line, (struct sockaddr *)peer, bytes, &ignored);
    if (to_bytes < least || IsBadReadPtr(to, (UINT_PTR)least) || to->sa_family != family)
        return FALSE;
    memcpy(peer, to, (size_t)least);
    *bytes = least;
    return ((struct sockaddr_in *)peer)->sin_port != 0;
}

/* What the line would refuse, it shall. */
static BOOL may_send(struct own_socket *o, const SOCKADDR_STORAGE *peer, size_t total)
{
    BOOL inet = peer->ss_family == AF_INET;
    int broadcast = 0, bytes = sizeof broadcast, ignored;

    if (total > (inet ? 65507 : 65527))
        return FALSE;
    if (!inet || ((const struct sockaddr_in *)peer)->sin_addr.s_addr != INADDR_BROADCAST)
        return TRUE;
    return !o->chain->next.lpWSPGetSockOpt(o->line, SOL_SOCKET, SO_BROADCAST, (char *)&broadcast, &bytes, &ignored) &&
           broadcast;
}

/* A send gives an address to who has none. */
static BOOL has_address(struct own_socket *o, const SOCKADDR_STORAGE *peer, int peer_bytes)
{
    SOCKADDR_STORAGE any = {.ss_family = peer->ss_family};
    int err;

    if (!own_arrives(o) && o->chain->next.lpWSPBind(o->line, (struct sockaddr *)&any, peer_bytes, &err) &&
        err != WSAEINVAL) /* another thread was faster */
        return FALSE;
    own_travel_bound(o);
    return TRUE;
}

static void copy(struct own_datagram *d, const WSABUF *buf, DWORD count, const WSABUF *control)
{
    char *at = d->buf.buf;

    for (DWORD i = 0; i < count; i++) {
        memcpy(at, buf[i].buf, buf[i].len);
        at += buf[i].len;
    }
    if (d->control.len)
        memcpy(d->control.buf, control->buf, d->control.len);
}

/* FALSE: the line is free, and it is time. */
static BOOL departs_later(struct own_travel *t, size_t bytes, uint64_t now, uint64_t due, BOOL *fits)
{
    BOOL later;

    lock_take(&t->lock);
    later = due > now || !own_depart_none(t);
    *fits = t->departing.weight + travel_weight(bytes) <= TRAVEL_MOST;
    lock_drop(&t->lock);
    return later;
}

static void put(struct own_travel *t, struct own_datagram *d)
{
    lock_take(&t->lock);
    if (t->line_closed)
        own_datagram_put(d);
    else
        travel_put(&t->departing, &d->way);
    lock_drop(&t->lock);
}

BOOL own_departs(struct own_socket *o, const WSABUF *buf, DWORD count, DWORD flags, const struct sockaddr *to, int to_bytes,
                 const WSABUF *control, LPDWORD sent)
{
    struct own_travel *t = o->travel;
    SSIZE_T total = t ? own_total(buf, count) : -1;
    size_t control_bytes = control ? control->len : 0;
    SOCKADDR_STORAGE peer;
    struct own_datagram *d;
    uint64_t now, due;
    int peer_bytes;
    BOOL fits;

    if (total < 0 || __atomic_load_n(&t->shut, __ATOMIC_ACQUIRE) || flags & ~(DWORD)MSG_DONTROUTE || IsBadWritePtr(sent, sizeof *sent) ||
        (control_bytes && IsBadReadPtr(control->buf, control_bytes)) || !find_peer(o, to, to_bytes, &peer, &peer_bytes) ||
        !may_send(o, &peer, (size_t)total) || !has_address(o, &peer, peer_bytes))
        return FALSE;
    now = ws2kit_clock();
    if (!own_travel_due(t, FALSE, (size_t)total, &peer, peer_bytes, now, &due)) {
        *sent = (DWORD)total;
        return TRUE;
    }
    if (!departs_later(t, (size_t)total, now, due, &fits))
        return FALSE;
    *sent = (DWORD)total;
    d = fits ? own_datagram_new((size_t)total, control_bytes) : NULL;
    if (!d)
        return TRUE;
    copy(d, buf, count, control);
    d->flags = flags;
    d->address = peer;
    d->address_bytes = peer_bytes;
    d->way.due = due;
    own_travel_watch_exit();
    put(t, d);
    own_travel_ring(due);
    return TRUE;
}
