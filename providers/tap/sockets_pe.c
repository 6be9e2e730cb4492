/* SPDX-License-Identifier: MIT */
#include "providers/tap/sockets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ws2tcpip.h>

#include "base/handle_map.h"
#include "providers/tap/capture.h"
#include "providers/tap/flow.h"

enum { PIECES = 16 };

/* What was asked for after overlapped sends that have not ended yet, and so stands behind them in the stream. */
struct later {
    struct later *next;
    uint64_t after; /* so many overlapped sends have ended */
    BOOL end;       /* the stream's; else bytes */
    BOOL urgent;
    size_t bytes;
    uint8_t data[];
};

/* All guarded by the lock. */
struct tapped {
    BOOL stream;
    enum { IDLE, ASKING, CONNECTED } state;
    struct flow *flow; /* or NULL */
    unsigned which;
    struct end own, peer;                /* as far as they are known */
    struct sockaddr_storage name;        /* `peer` as the program said it */
    int name_bytes;
    uint64_t asked_at;
    BOOL abortive, shared;
    uint64_t sends_started, sends_ended; /* overlapped */
    struct later *first, **last;
};

static struct lock lock;
static BOOL changing; /* the lock is held: whoever comes alone at the process's end keeps away from what is half done */
static struct handle_map sockets;
static struct flows flows = { .emit = capture_packet };
static unsigned asking; /* read without the lock */

static void enter(void)
{
    lock_take(&lock);
    changing = TRUE;
}

static void leave(void)
{
    capture_flush();
    changing = FALSE;
    lock_drop(&lock);
}

/* ---- sockets; with the lock held ---- */

static struct tapped *get(SOCKET s)
{
    struct tapped *t = handle_map_find(&sockets, s);
    const WSAPROTOCOL_INFOW *info;

    if (t)
        return t;
    info = ws2kit_protocol(s);
    t = info ? calloc(1, sizeof *t) : NULL;
    if (!t)
        return NULL;
    t->stream = info->iSocketType == SOCK_STREAM;
    t->last = &t->first;
    if (handle_map_set(&sockets, s, t, NULL)) {
        free(t);
        return NULL;
    }
    return t;
}

static void set_state(struct tapped *t, int state)
{
    unsigned was = t->state == ASKING, is = state == ASKING;

    t->state = state;
    __atomic_store_n(&asking, asking + is - was, __ATOMIC_RELAXED);
}

static void write_later(struct tapped *t, const struct later *l)
{
    struct piece piece = { l->data, l->bytes };

    if (!t->flow)
        return;
    if (l->end)
        flow_end(&flows, t->flow, t->which, capture_time(), NULL);
    else
        flow_bytes(&flows, t->flow, t->which, false, &(struct pieces){ &piece, 1 }, l->urgent, capture_time());
}

static void write_due(struct tapped *t, uint64_t ended)
{
    while (t->first && t->first->after <= ended) {
        struct later *l = t->first;

        t->first = l->next;
        if (!t->first)
            t->last = &t->first;
        write_later(t, l);
        free(l);
    }
}

/* FALSE: no memory, or nothing stands before it; it is to be written now. */
static BOOL put_off(struct tapped *t, BOOL end, const struct pieces *data, BOOL urgent)
{
    size_t bytes = data ? pieces_bytes(data) : 0, at = 0;
    struct later *l;

    if (t->sends_ended == t->sends_started)
        return FALSE;
    l = malloc(sizeof *l + bytes);
    if (!l)
        return FALSE;
    *l = (struct later){ .after = t->sends_started, .end = end, .urgent = urgent, .bytes = bytes };
    for (size_t i = 0; data && i < data->count; i++) {
        if (data->piece[i].at)
            memcpy(l->data + at, data->piece[i].at, data->piece[i].bytes);
        else
            memset(l->data + at, 0, data->piece[i].bytes);
        at += data->piece[i].bytes;
    }
    *t->last = l;
    t->last = &l->next;
    return TRUE;
}

/* The connection's end on this side: all that stands before it, then a segment that says so. */
static void finish(struct tapped *t, const char *note)
{
    write_due(t, UINT64_MAX);
    if (t->flow && !t->shared && flow_last(t->flow, t->which)) {
        if (t->abortive)
            flow_reset(&flows, t->flow, t->which, capture_time(), note);
        else
            flow_end(&flows, t->flow, t->which, capture_time(), note);
    }
    if (t->flow)
        flow_leave(&flows, t->flow, t->which);
    t->flow = NULL;
    set_state(t, IDLE);
}

static void forget(SOCKET s, const char *note)
{
    struct tapped *t = handle_map_find(&sockets, s);

    if (!t)
        return;
    handle_map_remove(&sockets, s, t);
    finish(t, note);
    free(t);
}

/* ---- addresses ---- */

/* FALSE: none that IP knows. */
static BOOL end_of(const struct sockaddr *name, int bytes, struct end *e)
{
    const struct sockaddr_in *v4 = (const void *)name;
    const struct sockaddr_in6 *v6 = (const void *)name;

    memset(e, 0, sizeof *e);
    if (!name || bytes < (int)sizeof *v4 || IsBadReadPtr(name, bytes))
        return FALSE;
    if (name->sa_family == AF_INET) {
        e->version = 4;
        e->port = ntohs(v4->sin_port);
        memcpy(e->ip, &v4->sin_addr, 4);
    } else if (name->sa_family == AF_INET6 && bytes >= (int)sizeof *v6) {
        e->port = ntohs(v6->sin6_port);
        e->version = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? 4 : 6;
        memcpy(e->ip, v6->sin6_addr.s6_addr + (e->version == 4 ? 12 : 0), e->version == 4 ? 4 : 16);
    }
    return e->version != 0;
}

static void own_end(SOCKET s, struct end *e)
{
    struct sockaddr_storage name;
    int bytes = sizeof name, err;

    memset(e, 0, sizeof *e);
    if (!ws2kit_own_pass.lpWSPGetSockName(s, (struct sockaddr *)&name, &bytes, &err))
        end_of((struct sockaddr *)&name, bytes, e);
}

static BOOL peer_end(SOCKET s, struct end *e)
{
    struct sockaddr_storage name;
    int bytes = sizeof name, err;

    return !ws2kit_own_pass.lpWSPGetPeerName(s, (struct sockaddr *)&name, &bytes, &err) &&
           end_of((struct sockaddr *)&name, bytes, e);
}

/* A socket that is bound to no address of its own sends from the one that leads to the peer. */
static void choose_own(SOCKET s, struct end *own, const struct end *peer, const struct sockaddr *name,
                       int bytes)
{
    static const uint8_t loopback[2][16] = { { 127, 0, 0, 1 }, { [15] = 1 } };
    struct sockaddr_storage room;
    struct end route;
    DWORD got;
    int err;

    if (own->version == peer->version && !end_is_any(own))
        return;
    own->version = peer->version;
    memset(own->ip, 0, sizeof own->ip);
    if (end_is_loopback(peer))
        memcpy(own->ip, loopback[peer->version == 6], sizeof own->ip);
    else if (name &&
             !ws2kit_own_pass.lpWSPIoctl(s, SIO_ROUTING_INTERFACE_QUERY, (void *)name, bytes, &room, sizeof room,
                                         &got, NULL, NULL, NULL, &err) &&
             end_of((struct sockaddr *)&room, (int)got, &route) && route.version == own->version)
        memcpy(own->ip, route.ip, sizeof own->ip);
}

/* ---- connections ---- */

void sock_made(SOCKET s)
{
    enter();
    forget(s, "closed with CloseHandle");
    leave();
}

void sock_asked(SOCKET s, const struct sockaddr *name, int bytes, uint64_t time)
{
    struct tapped *t;
    struct end peer;

    if (!end_of(name, bytes, &peer) || bytes > (int)sizeof t->name)
        return;
    enter();
    t = get(s);
    if (t && t->stream && t->state == IDLE) {
        t->peer = peer;
        memcpy(&t->name, name, bytes);
        t->name_bytes = bytes;
        t->asked_at = time;
        set_state(t, ASKING);
    }
    leave();
}

/* With the lock held, of a socket that is asking. */
static void show_request(struct tapped *t, const struct end *own)
{
    if (!t->flow) {
        t->own = *own;
        t->flow = flow_join(&flows, own, &t->peer, &t->which);
    }
    if (t->flow)
        flow_ask(&flows, t->flow, t->which, t->asked_at);
}

void sock_waits(SOCKET s)
{
    struct tapped *t;
    struct end own;

    own_end(s, &own);
    enter();
    t = handle_map_find(&sockets, s);
    if (t && t->state == ASKING && own.version == t->peer.version && own.port && !end_is_any(&own))
        show_request(t, &own);
    leave();
}

void sock_connected(SOCKET s)
{
    struct end own;
    struct tapped *t;

    own_end(s, &own);
    enter();
    t = handle_map_find(&sockets, s);
    if (t && t->state == ASKING) {
        if (own.version != t->peer.version || end_is_any(&own))
            choose_own(s, &own, &t->peer, NULL, 0);
        show_request(t, &own);
        set_state(t, CONNECTED);
        if (t->flow)
            flow_open(&flows, t->flow, t->which, capture_time());
    }
    leave();
}

void sock_refused(SOCKET s, int err)
{
    struct tapped *t;
    struct end own;
    char note[64];

    own_end(s, &own);
    snprintf(note, sizeof note, "the connect failed with Winsock code %d", err);
    enter();
    t = handle_map_find(&sockets, s);
    if (t && t->state == ASKING) {
        if (err == WSAECONNREFUSED || err == WSAECONNRESET || err == WSAETIMEDOUT ||
            err == WSAENETUNREACH || err == WSAEHOSTUNREACH) {
            choose_own(s, &own, &t->peer, NULL, 0);
            show_request(t, &own);
        }
        if (t->flow && (err == WSAECONNREFUSED || err == WSAECONNRESET))
            flow_reset(&flows, t->flow, 1 - t->which, capture_time(), note);
        if (t->flow)
            flow_leave(&flows, t->flow, t->which);
        t->flow = NULL;
        set_state(t, IDLE);
    }
    leave();
}

BOOL sock_any_asking(void)
{
    return __atomic_load_n(&asking, __ATOMIC_RELAXED) != 0;
}

BOOL sock_is_asking(SOCKET s)
{
    struct tapped *t;
    BOOL is;

    if (!sock_any_asking())
        return FALSE;
    enter();
    t = handle_map_find(&sockets, s);
    is = t && t->state == ASKING;
    leave();
    return is;
}

void sock_settle(SOCKET s)
{
    struct end peer;

    if (sock_is_asking(s) && peer_end(s, &peer))
        sock_connected(s);
}

void sock_accepted(SOCKET s)
{
    struct end own, peer;
    struct tapped *t;

    own_end(s, &own);
    if (!peer_end(s, &peer))
        return;
    choose_own(s, &own, &peer, NULL, 0);
    enter();
    t = get(s);
    if (t && t->state == IDLE) {
        t->own = own;
        t->peer = peer;
        t->flow = flow_join(&flows, &own, &peer, &t->which);
        set_state(t, CONNECTED);
        if (t->flow)
            flow_open(&flows, t->flow, 1 - t->which, capture_time());
    }
    leave();
}

/* A socket whose connection was made elsewhere: by another process, or under another handle. */
static void find_connection(SOCKET s)
{
    struct end own, peer;
    struct tapped *t;
    BOOL known;

    enter();
    t = get(s);
    known = !t || t->state == CONNECTED;
    leave();
    if (known || !peer_end(s, &peer))
        return;
    own_end(s, &own);
    choose_own(s, &own, &peer, NULL, 0);
    enter();
    t = get(s);
    if (t && t->state == IDLE) {
        t->own = own;
        t->peer = peer;
        t->flow = flow_find(&flows, &own, &peer, &t->which);
        set_state(t, CONNECTED);
    }
    leave();
}

void sock_shut(SOCKET s)
{
    struct tapped *t;

    sock_settle(s);
    enter();
    t = handle_map_find(&sockets, s);
    if (t && t->flow && !put_off(t, TRUE, NULL, FALSE))
        flow_end(&flows, t->flow, t->which, capture_time(), NULL);
    leave();
}

void sock_closing(SOCKET s, BOOL abortive)
{
    struct tapped *t;

    enter();
    t = handle_map_find(&sockets, s);
    if (t)
        t->abortive = abortive;
    leave();
}

void sock_shared(SOCKET s)
{
    struct tapped *t;

    enter();
    t = handle_map_find(&sockets, s);
    if (t)
        t->shared = TRUE;
    leave();
}

void sock_disconnected(SOCKET s)
{
    struct tapped *t;

    enter();
    t = handle_map_find(&sockets, s);
    if (t)
        finish(t, NULL);
    leave();
}

void sock_gone(SOCKET s)
{
    enter();
    forget(s, NULL);
    leave();
}

static void stop_one(uintptr_t handle, void *value, void *arg)
{
    (void)value, (void)arg;
    forget(handle, "Winsock's use ended with the socket open");
}

void sock_stop(BOOL alone)
{
    if (alone && changing)
        return;
    if (!alone)
        enter();
    handle_map_each(&sockets, stop_one, NULL);
    flows_free(&flows);
    capture_flush();
    if (!alone)
        leave();
}

/* ---- bytes ---- */

/* The first e->bytes bytes of the buffers; `room` has room for PIECES. What more there is goes to *more, to be freed. */
static struct pieces pieces_of(const struct ws2kit_ended *e, struct piece *room, struct piece **more)
{
    struct pieces p = { room, 0 };
    struct piece *to = room;
    size_t left = e->bytes;

    *more = e->count > PIECES ? malloc(e->count * sizeof **more) : NULL;
    if (*more)
        p.piece = to = *more;
    for (DWORD i = 0; left && i < e->count && (*more || i < PIECES); i++) {
        size_t n = e->buf[i].len < left ? e->buf[i].len : left;

        to[p.count++] = (struct piece){ IsBadReadPtr(e->buf[i].buf, n) ? NULL : e->buf[i].buf, n };
        left -= n;
    }
    return p;
}

static BOOL asked_for_bytes(const struct ws2kit_ended *e)
{
    for (DWORD i = 0; i < e->count; i++)
        if (e->buf[i].len)
            return TRUE;
    return FALSE;
}

/* With the lock held. */
static void stream_bytes(struct tapped *t, const struct ws2kit_ended *e, const struct pieces *p)
{
    BOOL urgent = (e->flags & MSG_OOB) != 0, received = e->what == WS2KIT_RECEIVED;
    uint64_t now = capture_time();

    if (e->err == WSAECONNRESET)
        flow_reset(&flows, t->flow, 1 - t->which, now, NULL);
    if (e->err)
        return;
    if (received && !p->count && !urgent && asked_for_bytes(e))
        flow_end(&flows, t->flow, 1 - t->which, now, NULL);
    else if (received)
        flow_bytes(&flows, t->flow, 1 - t->which, true, p, urgent, now);
    else if (e->overlapped || !put_off(t, FALSE, p, urgent))
        flow_bytes(&flows, t->flow, t->which, false, p, urgent, now);
}

static void stream_moved(const struct ws2kit_ended *e, const struct pieces *p)
{
    struct tapped *t;

    if (!e->err) {
        sock_settle(e->s);
        find_connection(e->s);
    }
    enter();
    t = handle_map_find(&sockets, e->s);
    if (t && t->flow)
        stream_bytes(t, e, p);
    if (t && e->what == WS2KIT_SENT && e->overlapped && t->sends_ended < t->sends_started)
        write_due(t, ++t->sends_ended);
    leave();
}

static void datagram_moved(const struct ws2kit_ended *e, const struct pieces *p)
{
    const struct sockaddr *name = e->address;
    int name_bytes = e->address_bytes;
    struct sockaddr_storage room;
    struct end own, peer;
    struct tapped *t;
    BOOL received = e->what == WS2KIT_RECEIVED, known;
    int err;

    if (e->err && !(received && e->err == WSAEMSGSIZE))
        return;
    if (!end_of(name, name_bytes, &peer)) {
        name = (struct sockaddr *)&room;
        name_bytes = sizeof room;
        if (ws2kit_own_pass.lpWSPGetPeerName(e->s, (struct sockaddr *)&room, &name_bytes, &err) ||
            !end_of(name, name_bytes, &peer))
            memset(&peer, 0, sizeof peer);
    }
    enter();
    t = get(e->s);
    known = t && t->own.port && peer.version == t->own.version && end_equal(&t->peer, &peer);
    own = t ? t->own : (struct end){ 0 };
    leave();
    if (!known) {
        own_end(e->s, &own);
        if (!peer.version) /* received, and the program did not ask from where */
            peer.version = own.version;
        choose_own(e->s, &own, &peer, name, name_bytes);
    }
    enter();
    t = get(e->s);
    if (t) {
        t->own = own;
        t->peer = peer;
    }
    capture_packet(NULL, &(struct packet){
        .from = received ? &peer : &own, .to = received ? &own : &peer, .data = p, .bytes = pieces_bytes(p),
        .time = capture_time(), .inbound = received,
        .note = e->err ? "longer than the program's buffer: the rest is lost" : NULL });
    leave();
}

void sock_peer(SOCKET s)
{
    struct tapped *t;

    enter();
    t = handle_map_find(&sockets, s);
    if (t)
        memset(&t->own, 0, sizeof t->own); /* the address it sends from may be another one now */
    leave();
}

void sock_sending(SOCKET s)
{
    struct tapped *t;

    enter();
    t = get(s);
    if (t)
        t->sends_started++;
    leave();
}

void sock_moved(const struct ws2kit_ended *e)
{
    const WSAPROTOCOL_INFOW *info = ws2kit_protocol(e->s);
    struct piece room[PIECES], *more;
    struct pieces p;

    if (!info || (e->what == WS2KIT_RECEIVED && e->flags & MSG_PEEK))
        return;
    p = pieces_of(e, room, &more);
    if (info->iSocketType == SOCK_STREAM)
        stream_moved(e, &p);
    else if (info->iSocketType == SOCK_DGRAM)
        datagram_moved(e, &p);
    free(more);
}
