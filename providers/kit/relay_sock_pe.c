/* SPDX-License-Identifier: MIT */
/*
 * The program's sockets. As long as nobody knows which way one goes, P is left alone, bind() makes and binds U, and the options that the
 * program sets are kept for U as well.
 */
#include "providers/kit/relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/handle_map.h"

static struct handle_map records;    /* SOCKET -> struct relay_sock; its own lock is a leaf */
static struct relay_sock *free_list; /* guarded by relay_registry */

typedef int(WSAAPI *watch_fn)(SOCKET, BOOL);

/* ws2_32's, see ws2_32/core/upcalls.h. Elsewhere there is no such thing, and a ConnectEx that fails is told by its event only. */
static void watch(SOCKET s, BOOL on)
{
    static watch_fn known;

    if (!known)
        known = (watch_fn)(void *)GetProcAddress(GetModuleHandleW(L"ws2_32.dll"),
                                                 "ws2kit_watch_socket");
    if (known)
        known(s, on);
}

/* ---- records ---- */

struct relay_sock *relay_sock_hold(struct relay_sock *k)
{
    relay_hold(&k->refs);
    return k;
}

struct relay_sock *relay_sock_get(SOCKET s)
{
    struct relay_sock *k;

    lock_take(&relay_registry);
    k = handle_map_find(&records, s);
    if (k)
        k->refs++;
    lock_drop(&relay_registry);
    return k;
}

static void forget_options(struct relay_sock *k)
{
    struct relay_option *o;

    while ((o = k->options)) {
        k->options = o->next;
        free(o);
    }
}

void relay_sock_put(struct relay_sock *k)
{
    if (!relay_last(&k->refs))
        return;
    relay_sock_drop_u(k);
    forget_options(k);
    if (k->conn)
        relay_conn_put(k->conn);
    if (k->listener)
        relay_listener_put(k->listener);
    k->conn = NULL;
    k->listener = NULL;
    lock_take(&relay_registry);
    k->next_free = free_list;
    free_list = k;
    lock_drop(&relay_registry);
}

static struct relay_sock *take_free(void)
{
    struct relay_sock *k;

    lock_take(&relay_registry);
    k = free_list;
    if (k)
        free_list = k->next_free;
    lock_drop(&relay_registry);
    if (!k)
        k = malloc(sizeof *k);
    if (k)
        memset(k, 0, sizeof *k);
    return k;
}

/* An old record of that handle is of a socket that was closed by CloseHandle. */
struct relay_sock *relay_sock_new(SOCKET s, struct chain *c, int *err)
{
    const WSPPROC_TABLE *base = relay_base(c, err);
    struct relay_sock *k = base ? take_free() : NULL;
    void *old = NULL;

    if (!base)
        return NULL;
    *err = WSA_NOT_ENOUGH_MEMORY;
    if (!k)
        return NULL;
    k->s = s;
    k->refs = 1; /* the map's */
    k->chain = c;
    k->base = base;
    k->u = INVALID_SOCKET;
    lock_take(&relay_registry);
    *err = handle_map_set(&records, s, k, &old);
    lock_drop(&relay_registry);
    if (*err) {
        relay_sock_put(k);
        return NULL;
    }
    if (old)
        relay_sock_put(old);
    watch(s, TRUE);
    return k;
}

static void p_closed(void *conn)
{
    relay_conn_p_closed(conn);
    relay_conn_put(conn);
}

/*
 * The relay is told, and has its turn, before closesocket() returns: what the program sent is then in U as far as U takes it, and a program that ends
 * right afterwards loses nothing (at_exit() of relay_pe.c does the rest). Called after P itself is closed.
 */
static void tell_closed(struct relay_conn *c)
{
    enum { TURN_MS = 1000 };

    relay_conn_get(c);
    relay_call_and_wait(p_closed, c, TURN_MS);
}

void relay_sock_forget(struct relay_sock *k)
{
    lock_take(&relay_registry);
    k->refs -= handle_map_remove(&records, k->s, k) != NULL;
    lock_drop(&relay_registry);
    lock_take(&k->lock);
    relay_accept_settle(k);
    k->closed = TRUE;
    relay_connect_abort(k);
    lock_drop(&k->lock);
    watch(k->s, FALSE);
}

static void end_one(uintptr_t s, void *record, void *unused)
{
    struct relay_sock *k = relay_sock_get(s);
    int ignored;

    (void)record, (void)unused;
    if (!k)
        return;
    lock_take(&k->lock);
    relay_accept_settle(k);
    if (!k->closed && k->use == USE_CONNECTED && k->conn) {
        k->base->lpWSPShutdown(k->s, SD_SEND, &ignored);
        k->conn->p_ended = TRUE;
    }
    lock_drop(&k->lock);
    relay_sock_put(k);
}

void relay_sock_end_all(void)
{
    handle_map_each(&records, end_one, NULL);
}

/* After P itself is closed; `k` was forgotten before. */
void relay_sock_closed(struct relay_sock *k)
{
    if (k->listener && k->use == USE_LISTENING)
        relay_listener_close(k->listener);
    if (k->conn) {
        k->conn->p_hard = k->hard;
        tell_closed(k->conn);
    }
}

const WSPPROC_TABLE *relay_next(SOCKET s)
{
    return ws2kit_layer.own && chain_owns(s) ? ws2kit_layer.own->pass : chain_next(s);
}

const WSPPROC_TABLE *relay_route(SOCKET s)
{
    const struct relay_sock *k = handle_map_find(&records, s);

    return k && k->s == s && k->use >= USE_CONNECTING ? k->base : relay_next(s);
}

/* ---- U before it is connected ---- */

void relay_option_put(SOCKET u, const WSPPROC_TABLE *table, const struct relay_option *o)
{
    DWORD bytes;
    int ignored;

    if (o->level == RELAY_IOCTL)
        table->lpWSPIoctl(u, (DWORD)o->name, (void *)o->value, (DWORD)o->bytes, NULL, 0, &bytes,
                          NULL, NULL, NULL, &ignored);
    else
        table->lpWSPSetSockOpt(u, o->level, o->name, o->value, o->bytes, &ignored);
}

int relay_sock_make_u(struct relay_sock *k, int family)
{
    const WSPPROC_TABLE *table;
    int err = 0;

    if (k->u != INVALID_SOCKET)
        return 0;
    k->u = relay_new_socket(k->chain, family, &table, &err);
    if (k->u == INVALID_SOCKET)
        return err;
    k->u_table = table;
    for (const struct relay_option *o = k->options; o; o = o->next)
        relay_option_put(k->u, table, o);
    if (k->bound_bytes && family == k->bound.ss_family &&
        table->lpWSPBind(k->u, (struct sockaddr *)&k->bound, k->bound_bytes, &err)) {
        relay_sock_drop_u(k);
        return err;
    }
    return 0;
}

void relay_sock_drop_u(struct relay_sock *k)
{
    int ignored;

    if (k->u != INVALID_SOCKET)
        k->u_table->lpWSPCloseSocket(k->u, &ignored);
    k->u = INVALID_SOCKET;
}

int relay_sock_pass(struct relay_sock *k)
{
    int err = 0;

    relay_sock_drop_u(k);
    if (k->bound_bytes && k->use == USE_NEW &&
        k->chain->next.lpWSPBind(k->s, (struct sockaddr *)&k->bound, k->bound_bytes, &err))
        return err;
    k->use = USE_PASSED;
    return 0;
}

int WSPAPI relay_Bind(SOCKET s, const struct sockaddr *name, int bytes, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    const WSPPROC_TABLE *table = relay_route(s);
    int err = 0, room = sizeof k->bound;

    if (!table) {
        err = WSAENOTSOCK;
    } else if (!k || k->use != USE_NEW) {
        table->lpWSPBind(s, name, bytes, &err);
    } else {
        lock_take(&k->lock);
        err = k->bound_bytes ? WSAEINVAL : relay_sock_make_u(k, k->chain->mine.iAddressFamily);
        if (!err && k->u_table->lpWSPBind(k->u, name, bytes, &err)) {
            relay_sock_drop_u(k);
        } else if (!err &&
                   !k->u_table->lpWSPGetSockName(k->u, (struct sockaddr *)&k->bound, &room, &err)) {
            k->bound_bytes = room;
        }
        lock_drop(&k->lock);
    }
    if (k)
        relay_sock_put(k);
    return err ? relay_fail(lp_errno, err) : 0;
}

/* ---- messages ---- */

void relay_sock_select(struct relay_sock *k, BOOL with_connect)
{
    long events = with_connect ? k->events : k->events & ~FD_CONNECT;
    int ignored;

    k->base->lpWSPAsyncSelect(k->s, k->window, events ? k->message : 0, events, &ignored);
    k->withheld = !with_connect;
}

/* ---- names ---- */

static int give_name(const SOCKADDR_STORAGE *from, int from_bytes, struct sockaddr *name,
                     LPINT bytes)
{
    if (IsBadWritePtr(bytes, sizeof *bytes) || *bytes < from_bytes ||
        IsBadWritePtr(name, from_bytes))
        return WSAEFAULT;
    memcpy(name, from, from_bytes);
    *bytes = from_bytes;
    return 0;
}

/* P's own name says nothing. */
int WSPAPI relay_GetSockName(SOCKET s, struct sockaddr *name, LPINT bytes, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    const WSPPROC_TABLE *table = relay_route(s);
    int err = table ? 0 : WSAENOTSOCK;

    if (k && table) {
        lock_take(&k->lock);
        relay_accept_settle(k);
        if (k->use == USE_CONNECTED && k->conn && k->conn->local_bytes)
            err = give_name(&k->conn->local, k->conn->local_bytes, name, bytes);
        else if (k->use != USE_PASSED && k->bound_bytes)
            err = give_name(&k->bound, k->bound_bytes, name, bytes);
        else
            table->lpWSPGetSockName(s, name, bytes, &err);
        lock_drop(&k->lock);
    } else if (table) {
        table->lpWSPGetSockName(s, name, bytes, &err);
    }
    if (k)
        relay_sock_put(k);
    return err ? relay_fail(lp_errno, err) : 0;
}

/* P has the last word on whether there is a peer. */
int WSPAPI relay_GetPeerName(SOCKET s, struct sockaddr *name, LPINT bytes, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    const WSPPROC_TABLE *table = relay_route(s);
    SOCKADDR_STORAGE own;
    int err = table ? 0 : WSAENOTSOCK, room = sizeof own;

    if (k && table) {
        lock_take(&k->lock);
        relay_accept_settle(k);
        if (k->use == USE_CONNECTED && k->conn) {
            if (!table->lpWSPGetPeerName(s, (struct sockaddr *)&own, &room, &err))
                err = give_name(&k->conn->pub.peer, k->conn->pub.peer_bytes, name, bytes);
        } else {
            table->lpWSPGetPeerName(s, name, bytes, &err);
        }
        lock_drop(&k->lock);
    } else if (table) {
        table->lpWSPGetPeerName(s, name, bytes, &err);
    }
    if (k)
        relay_sock_put(k);
    return err ? relay_fail(lp_errno, err) : 0;
}

/* ---- options ---- */

/* What concerns the program's use of its socket and not the network. */
static BOOL is_local(int level, int name)
{
    if (level != SOL_SOCKET)
        return FALSE;
    switch (name) {
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
    case SO_OOBINLINE:
    case SO_LINGER:
    case SO_UPDATE_ACCEPT_CONTEXT:
    case SO_UPDATE_CONNECT_CONTEXT:
    case SO_CONDITIONAL_ACCEPT:
    case SO_OPENTYPE:
        return TRUE;
    }
    return FALSE;
}

/* The same option once. Without memory U goes without it. */
static void keep_option(struct relay_sock *k, int level, int name, const void *value, int bytes)
{
    struct relay_option **at = &k->options, *o;

    if (bytes < 0 || bytes > 256)
        return;
    while (*at && ((*at)->level != level || (*at)->name != name))
        at = &(*at)->next;
    o = malloc(sizeof *o + bytes);
    if (!o)
        return;
    *o = (struct relay_option){*at ? (*at)->next : NULL, level, name, bytes};
    if (bytes)
        memcpy(o->value, value, bytes);
    free(*at);
    *at = o;
}

/* P has accepted it. */
void relay_sock_option(struct relay_sock *k, int level, int name, const void *value, int bytes)
{
    struct relay_option *o;

    lock_take(&k->lock);
    relay_accept_settle(k);
    if (k->use == USE_NEW || k->use == USE_CONNECTING)
        keep_option(k, level, name, value, bytes);
    o = bytes >= 0 && bytes <= 256 ? malloc(sizeof *o + bytes) : NULL;
    if (o) {
        *o = (struct relay_option){NULL, level, name, bytes};
        if (bytes)
            memcpy(o->value, value, bytes);
        if (k->u != INVALID_SOCKET)
            relay_option_put(k->u, k->u_table, o);
        if (k->use == USE_LISTENING)
            relay_listener_option(k->listener, o);
        if (k->conn) {
            lock_take(&k->conn->lock);
            if (k->conn->u_open)
                relay_option_put(k->conn->u.s, k->conn->u.table, o);
            lock_drop(&k->conn->lock);
        }
        free(o);
    }
    lock_drop(&k->lock);
}

int WSPAPI relay_SetSockOpt(SOCKET s, int level, int name, const char *value, int bytes,
                            LPINT lp_errno)
{
    const WSPPROC_TABLE *table = relay_route(s);
    struct relay_sock *k = relay_sock_get(s);
    int result = 0;

    if (table && k &&
        !is_local(level, name)) { /* a bound socket refuses some, and P is not bound */
        lock_take(&k->lock);
        if (k->use == USE_NEW && k->u != INVALID_SOCKET)
            result = k->u_table->lpWSPSetSockOpt(k->u, level, name, value, bytes, lp_errno);
        lock_drop(&k->lock);
    }
    if (!result)
        result = table ? table->lpWSPSetSockOpt(s, level, name, value, bytes, lp_errno)
                       : relay_fail(lp_errno, WSAENOTSOCK);
    if (k && result) {
        relay_sock_put(k);
    } else if (k) {
        if (k->use != USE_PASSED && !is_local(level, name))
            relay_sock_option(k, level, name, value, bytes);
        if (level == SOL_SOCKET && name == SO_LINGER && bytes >= (int)sizeof(struct linger))
            k->hard = ((const struct linger *)value)->l_onoff && !((const struct linger *)value)->l_linger;
        if (level == SOL_SOCKET && name == SO_DONTLINGER)
            k->hard = FALSE;
        if (level == SOL_SOCKET && name == SO_UPDATE_ACCEPT_CONTEXT) {
            lock_take(&k->lock);
            relay_accept_settle(k);
            lock_drop(&k->lock);
        }
        relay_sock_put(k);
    }
    return result;
}

/* Of a connection, what concerns the network is asked of U. */
static BOOL ask_u(struct relay_sock *k, int level, int name, char *value, LPINT bytes, int *result,
                  LPINT err)
{
    BOOL asked = FALSE;

    if (level == SOL_SOCKET) /* P's are the same, and what the program can feel is P's */
        return FALSE;
    lock_take(&k->lock);
    relay_accept_settle(k);
    if (k->use == USE_CONNECTED && k->conn) {
        lock_take(&k->conn->lock);
        if (k->conn->u_open) {
            *result =
                k->conn->u.table->lpWSPGetSockOpt(k->conn->u.s, level, name, value, bytes, err);
            asked = TRUE;
        }
        lock_drop(&k->conn->lock);
    }
    lock_drop(&k->lock);
    return asked;
}

/* P failed by being refused; what the program asks for is why. */
static void correct(struct relay_sock *k, int level, int name, char *value, int bytes)
{
    int err;

    if (level != SOL_SOCKET || name != SO_ERROR || bytes < (int)sizeof err)
        return;
    lock_take(&k->lock);
    memcpy(&err, value, sizeof err);
    if (err && k->err)
        memcpy(value, &k->err, sizeof err);
    lock_drop(&k->lock);
}

int WSPAPI relay_GetSockOpt(SOCKET s, int level, int name, char *value, LPINT bytes, LPINT lp_errno)
{
    const WSPPROC_TABLE *table = relay_route(s);
    struct chain *c = chain_of(s);
    struct relay_sock *k;
    int result = 0;

    if (!table)
        return relay_fail(lp_errno, WSAENOTSOCK);
    k = relay_sock_get(s);
    if (!k || !ask_u(k, level, name, value, bytes, &result, lp_errno))
        result = table->lpWSPGetSockOpt(s, level, name, value, bytes, lp_errno);
    if (k && !result)
        correct(k, level, name, value, *bytes);
    if (!result && c && level == SOL_SOCKET)
        chain_answer_info(c, name, value);
    if (k)
        relay_sock_put(k);
    return result;
}
