/* SPDX-License-Identifier: MIT */
#include "providers/kit/own_travel.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "providers/kit/relay.h"

/* A program's end waits so long for what departs; a layer that delays more than that has gone out of its way. */
enum { DRAIN_MS = 60000 };

static struct own_travel *all; /* see struct own_travel */

/* ---- the clock ---- */

static struct lock ring_lock;
static uint64_t ring = TRAVEL_NEVER; /* guarded by ring_lock */

static void no_call(struct own_packet *p, DWORD code)
{
    (void)p, (void)code;
}

/* Has the worker look at the clock. */
static struct own_packet wake = {.done = no_call};

void own_travel_ring(uint64_t at)
{
    BOOL earlier;

    lock_take(&ring_lock);
    earlier = at < ring;
    if (earlier)
        ring = at;
    lock_drop(&ring_lock);
    if (earlier && !own_is_worker())
        own_worker_call(&wake);
}

/* Rounded up: nobody is early. */
DWORD own_travel_wait_ms(void)
{
    uint64_t at, now, ms;

    lock_take(&ring_lock);
    at = ring;
    lock_drop(&ring_lock);
    if (at == TRAVEL_NEVER)
        return INFINITE;
    now = ws2kit_clock();
    ms = at > now ? (at - now + 999) / 1000 : 0;
    return ms < 0x7fffffff ? (DWORD)ms : 0x7fffffff;
}

/* The worker takes those out that have nothing to do any more. */
static void forget(struct own_travel *t)
{
    struct own_travel **at;

    own_lock();
    for (at = &all; *at != t; at = &(*at)->next)
        ;
    *at = t->next;
    own_unlock();
    own_put(t->o);
}

/* Whether the line, which outlives the program's socket only for what departs, may go now. */
static BOOL takes_line(struct own_travel *t)
{
    BOOL takes;

    lock_take(&t->lock);
    takes = !t->line_closed && own_depart_none(t);
    t->line_closed |= takes;
    lock_drop(&t->lock);
    return takes;
}

static void look_at(struct own_travel *t, uint64_t now)
{
    struct own_socket *o = t->o;
    BOOL over = __atomic_load_n(&t->over, __ATOMIC_ACQUIRE), idle;
    uint64_t in, out;
    int ignored;

    if (!own_may_tell(o)) { /* cleaned up, and what is below with it */
        forget(t);
        return;
    }
    if (!over)
        own_arrive_due(t, now);
    own_depart_due(t, now);
    if (over && takes_line(t))
        o->chain->next.lpWSPCloseSocket(o->line, &ignored);
    lock_take(&t->lock);
    idle = own_depart_none(t);
    in = travel_next(&t->arriving);
    out = travel_next(&t->departing);
    lock_drop(&t->lock);
    own_travel_ring(in < out ? in : out);
    own_has_told();
    if (over && idle)
        forget(t);
}

/* Others put themselves before the first, and nobody but us takes one out. */
void own_travel_tick(void)
{
    struct own_travel *t, *next;
    uint64_t now;
    BOOL due;

    lock_take(&ring_lock);
    due = ring != TRAVEL_NEVER;
    lock_drop(&ring_lock);
    if (!due)
        return;
    now = ws2kit_clock();
    lock_take(&ring_lock);
    due = ring <= now;
    if (due)
        ring = TRAVEL_NEVER;
    lock_drop(&ring_lock);
    if (!due)
        return;
    own_lock();
    t = all;
    own_unlock();
    for (; t; t = next) {
        next = t->next;
        look_at(t, now);
    }
}

/* ---- datagrams ---- */

struct own_datagram *own_datagram_new(size_t bytes, size_t control_bytes)
{
    struct own_datagram *d = calloc(1, sizeof *d + bytes + control_bytes);

    if (!d)
        return NULL;
    d->refs = 1;
    d->way.bytes = bytes;
    d->buf = (WSABUF){(ULONG)bytes, d->data};
    d->control = (WSABUF){(ULONG)control_bytes, d->data + bytes};
    return d;
}

void own_datagram_hold(struct own_datagram *d)
{
    d->refs++;
}

void own_datagram_put(struct own_datagram *d)
{
    if (!--d->refs)
        free(d);
}

BOOL own_travel_due(struct own_travel *t, BOOL incoming, size_t bytes, const SOCKADDR_STORAGE *peer, int peer_bytes,
                    uint64_t now, uint64_t *due)
{
    const struct ws2kit_datagram what = {t->o->upper, incoming, bytes, (const struct sockaddr *)peer, peer_bytes, &t->context};
    DWORD last_error = GetLastError();
    BOOL goes;

    *due = now;
    goes = ws2kit_layer.travels(&what, now, due);
    SetLastError(last_error);
    return goes;
}

/* ---- who calls: one socket of each chain sends the tokens ---- */

struct caller {
    struct caller *next;
    struct chain *chain;
    const WSPPROC_TABLE *table;
    SOCKET s;
    SOCKADDR_STORAGE name;
    int name_bytes;
};

static struct lock callers_lock;
static struct caller *callers; /* guarded by callers_lock; they stay until own_travel_stop() */

static int bind_to_loopback(const WSPPROC_TABLE *table, SOCKET s, int family, SOCKADDR_STORAGE *name, int *bytes)
{
    int err = 0;

    memset(name, 0, sizeof *name);
    name->ss_family = (ADDRESS_FAMILY)family;
    *bytes = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (family == AF_INET)
        ((struct sockaddr_in *)name)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)name)->sin6_addr = in6addr_loopback;
    if (table->lpWSPBind(s, (struct sockaddr *)name, *bytes, &err) ||
        table->lpWSPGetSockName(s, (struct sockaddr *)name, bytes, &err))
        return err;
    return 0;
}

static struct caller *find_caller(const struct chain *c)
{
    struct caller *k = callers;

    while (k && k->chain != c)
        k = k->next;
    return k;
}

static int make_caller(struct chain *c, struct caller *k)
{
    int err, ignored;

    k->chain = c;
    k->s = relay_base_like(c, &k->table, &err);
    if (k->s == INVALID_SOCKET)
        return err;
    err = bind_to_loopback(k->table, k->s, c->mine.iAddressFamily, &k->name, &k->name_bytes);
    if (err)
        k->table->lpWSPCloseSocket(k->s, &ignored);
    return err;
}

/* Into *out. Of two threads that both make one, one closes its own. */
static int get_caller(struct chain *c, struct caller *out)
{
    struct caller *k, *fresh;
    int err, ignored;

    lock_take(&callers_lock);
    k = find_caller(c);
    if (k)
        *out = *k;
    lock_drop(&callers_lock);
    if (k)
        return 0;
    fresh = calloc(1, sizeof *fresh);
    err = fresh ? make_caller(c, fresh) : WSAENOBUFS;
    if (err) {
        free(fresh);
        return err;
    }
    lock_take(&callers_lock);
    k = find_caller(c);
    if (!k) {
        fresh->next = callers;
        callers = fresh;
    }
    *out = k ? *k : *fresh;
    lock_drop(&callers_lock);
    if (k) {
        fresh->table->lpWSPCloseSocket(fresh->s, &ignored);
        free(fresh);
    }
    return 0;
}

/* ---- sockets come and go ---- */

static BOOL travels(const struct chain *c)
{
    return ws2kit_layer.travels && c->own && c->mine.iSocketType == SOCK_DGRAM &&
           (c->mine.iAddressFamily == AF_INET || c->mine.iAddressFamily == AF_INET6);
}

/* It hears nobody else, as far as the base provider keeps others away; what came before that is thrown away. */
static int hear_caller(struct own_socket *o, const struct caller *k)
{
    struct own_travel *t = o->travel;
    u_long on = 1, off = 0;
    WSABUF buf = {sizeof t->number, (char *)&t->number};
    DWORD n, flags;
    int err = bind_to_loopback(o->table, o->lower, k->name.ss_family, &t->name, &t->name_bytes), ignored;

    if (err)
        return err;
    if (o->table->lpWSPConnect(o->lower, (const struct sockaddr *)&k->name, k->name_bytes, NULL, NULL, NULL, NULL, &err) ||
        o->table->lpWSPIoctl(o->lower, FIONBIO, &on, sizeof on, NULL, 0, &n, NULL, NULL, NULL, &err))
        return err;
    do
        flags = 0;
    while (!o->table->lpWSPRecv(o->lower, &buf, 1, &n, &flags, NULL, NULL, NULL, &ignored) || ignored == WSAEMSGSIZE);
    t->number = ws2kit_clock() << 20 ^ (ULONG_PTR)t; /* a token of one socket is none of another's */
    return o->table->lpWSPIoctl(o->lower, FIONBIO, &off, sizeof off, NULL, 0, &n, NULL, NULL, NULL, &err) ? err : 0;
}

int own_travel_new(struct own_socket *o)
{
    struct caller caller;
    struct own_travel *t;
    int err;

    if (!travels(o->chain))
        return 0;
    err = get_caller(o->chain, &caller);
    if (err)
        return err;
    t = o->travel = calloc(1, sizeof *t);
    if (t)
        t->room = malloc(OWN_DATAGRAM_MOST);
    if (!t || !t->room) {
        own_travel_free(o);
        return WSAENOBUFS;
    }
    t->o = o;
    t->caller = caller.s;
    t->receive_msg = (LPFN_WSARECVMSG)(void *)extension_below(
        o->chain, o->line, offsetof(struct ws2kit_extensions, WSARecvMsg) / sizeof(FARPROC));
    err = !t->receive_msg ? WSAGetLastError() : own_worker_start() && own_tie(o->line) ? 0 : WSAENOBUFS;
    if (!err)
        o->lower = relay_base_like(o->chain, &o->table, &err);
    if (!err)
        err = hear_caller(o, &caller);
    if (err)
        own_travel_abandon(o);
    return err;
}

void own_travel_begin(struct own_socket *o)
{
    struct own_travel *t = o->travel;

    if (!t)
        return;
    own_lock();
    o->refs++;
    t->next = all;
    all = t;
    own_unlock();
}

void own_travel_abandon(struct own_socket *o)
{
    int ignored;

    if (!o->travel)
        return;
    if (o->lower != INVALID_SOCKET && o->lower != o->line)
        o->table->lpWSPCloseSocket(o->lower, &ignored);
    own_travel_free(o);
}

void own_travel_free(struct own_socket *o)
{
    struct own_travel *t = o->travel;
    struct travel *w;

    if (!t)
        return;
    own_arrive_drop(t);
    while ((w = travel_take(&t->departing, TRAVEL_NEVER)))
        own_datagram_put(CONTAINING_RECORD(w, struct own_datagram, way));
    free(t->context);
    free(t->room);
    free(t);
    o->travel = NULL;
}

static USHORT local_port(struct own_socket *o)
{
    SOCKADDR_STORAGE name;
    int bytes = sizeof name, err;

    /* The port lies at the same place in both families. */
    return o->chain->next.lpWSPGetSockName(o->line, (struct sockaddr *)&name, &bytes, &err)
               ? 0
               : ((struct sockaddr_in *)&name)->sin_port;
}

int own_travel_close(struct own_socket *o, LPINT err)
{
    struct own_travel *t = o->travel;
    int result = 0, ignored;
    USHORT port = 0;
    BOOL now;

    lock_take(&t->lock);
    now = own_depart_none(t);
    lock_drop(&t->lock);
    if (!now)
        port = local_port(o);
    o->table->lpWSPCloseSocket(o->lower, &ignored);
    lock_take(&t->lock);
    own_arrive_drop(t);
    now = own_depart_none(t);
    t->line_closed = now;
    lock_drop(&t->lock);
    if (!now) {
        own_lock();
        t->port = port;
        own_unlock();
        CancelIoEx((HANDLE)o->line, &t->receive.ov);
    } else {
        result = o->chain->next.lpWSPCloseSocket(o->line, err);
    }
    __atomic_store_n(&t->over, TRUE, __ATOMIC_RELEASE);
    own_travel_ring(0);
    return result;
}

BOOL own_travel_lingers(const struct sockaddr *name, int bytes)
{
    USHORT port = 0;
    BOOL lingers = FALSE;

    if (ws2kit_layer.travels && bytes >= (int)sizeof(struct sockaddr_in) && !IsBadReadPtr(name, sizeof(struct sockaddr_in)))
        port = ((const struct sockaddr_in *)name)->sin_port;
    if (!port)
        return FALSE;
    own_lock();
    for (const struct own_travel *t = all; !lingers && t; t = t->next)
        lingers = t->port == port;
    own_unlock();
    return lingers;
}

/* ---- ending ---- */

BOOL own_depart_none_at_all(void)
{
    BOOL none = TRUE;

    own_lock();
    for (struct own_travel *t = all; none && t; t = t->next) {
        lock_take(&t->lock);
        none = own_depart_none(t);
        lock_drop(&t->lock);
    }
    own_unlock();
    return none;
}

static void wait_for_departures(void)
{
    ULONGLONG begun = GetTickCount64();

    while (!own_depart_none_at_all() && GetTickCount64() - begun < DRAIN_MS)
        Sleep(1);
}

static void at_exit(void)
{
    if (!own_is_worker())
        wait_for_departures();
}

static void watch_exit(BOOL on)
{
    typedef BOOL(WSAAPI * at_exit_fn)(void (*)(void), BOOL);
    static LONG volatile watches;
    at_exit_fn known;

    if (InterlockedExchange(&watches, on) == on)
        return;
    /* ws2_32's, see ws2_32/core/upcalls.h. Elsewhere the end of a process cuts off what is under way. */
    known = (at_exit_fn)(void *)GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "ws2kit_at_exit");
    if (known)
        known(at_exit, on);
}

void own_travel_watch_exit(void)
{
    watch_exit(TRUE);
}

void own_travel_drain(void)
{
    if (ws2kit_layer.travels)
        wait_for_departures();
}

void own_travel_stop(void)
{
    struct caller *k;
    int ignored;

    if (!ws2kit_layer.travels)
        return;
    watch_exit(FALSE);
    own_lock();
    for (struct own_travel *t = all; t; t = t->next)
        __atomic_store_n(&t->over, TRUE, __ATOMIC_RELEASE);
    own_unlock();
    own_travel_ring(0);
    while (callers) {
        lock_take(&callers_lock);
        k = callers;
        callers = k->next;
        lock_drop(&callers_lock);
        k->table->lpWSPCloseSocket(k->s, &ignored);
        free(k);
    }
    relay_base_stop();
}

/* ---- what concerns both sockets ---- */

void own_travel_set_option(struct own_socket *o, int level, int name, const char *value, int bytes)
{
    int ignored;

    if (!o->travel || level != SOL_SOCKET)
        return;
    if (name == SO_RCVTIMEO)
        o->table->lpWSPSetSockOpt(o->lower, level, name, value, bytes, &ignored);
    else if (name == SO_RCVBUF)
        own_arrive_room(o->travel);
}

/*
 * The line goes on receiving, since the kernel would give it empty datagrams without end; who stands behind it sees no difference. What departs
 * is waited for.
 */
int own_travel_shutdown(struct own_socket *o, int how, LPINT err)
{
    struct own_travel *t = o->travel;
    BOOL none;

    if (how != SD_RECEIVE && how != SD_SEND && how != SD_BOTH)
        return own_fail(err, WSAEINVAL);
    if (how != SD_SEND && o->table->lpWSPShutdown(o->lower, SD_RECEIVE, err))
        return SOCKET_ERROR;
    if (how == SD_RECEIVE)
        return 0;
    do {
        lock_take(&t->lock);
        none = own_depart_none(t);
        lock_drop(&t->lock);
        if (!none)
            Sleep(1);
    } while (!none && !__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE));
    if (o->chain->next.lpWSPShutdown(o->line, SD_SEND, err))
        return SOCKET_ERROR;
    __atomic_store_n(&t->shut, TRUE, __ATOMIC_RELEASE);
    return 0;
}

static int set_nonblocking(struct own_socket *o, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes, LPDWORD returned,
                           LPINT err)
{
    int ignored;

    if (o->table->lpWSPIoctl(o->lower, FIONBIO, in, in_bytes, out, out_bytes, returned, NULL, NULL, NULL, err))
        return SOCKET_ERROR;
    o->chain->next.lpWSPIoctl(o->line, FIONBIO, in, in_bytes, out, out_bytes, returned, NULL, NULL, NULL, &ignored);
    return 0;
}

/* The other socket has a token there, or nothing. */
static int bytes_ready(struct own_socket *o, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes, LPDWORD returned, LPINT err)
{
    struct own_travel *t = o->travel;

    if (o->table->lpWSPIoctl(o->lower, FIONREAD, in, in_bytes, out, out_bytes, returned, NULL, NULL, NULL, err))
        return SOCKET_ERROR;
    lock_take(&t->lock);
    if (*(u_long *)out)
        *(u_long *)out = t->ready ? t->ready->buf.len : 0;
    lock_drop(&t->lock);
    return 0;
}

BOOL own_travel_ioctl(struct own_socket *o, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                      LPDWORD returned, int *result, LPINT err)
{
    switch (code) {
    case (DWORD)FIONBIO:
        *result = set_nonblocking(o, in, in_bytes, out, out_bytes, returned, err);
        return TRUE;
    case (DWORD)FIONREAD:
        *result = bytes_ready(o, in, in_bytes, out, out_bytes, returned, err);
        return TRUE;
    case SIO_BASE_HANDLE: /* whoever asks wants to wait with it */
    case SIO_BSP_HANDLE_SELECT:
    case SIO_BSP_HANDLE_POLL:
        *result = o->table->lpWSPIoctl(o->lower, code, in, in_bytes, out, out_bytes, returned, NULL, NULL, NULL, err);
        return TRUE;
    }
    return FALSE;
}
