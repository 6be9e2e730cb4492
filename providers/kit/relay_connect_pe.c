/* SPDX-License-Identifier: MIT */
/*
 * The program connects. Nothing is asked of P until U is connected and the layer content; then P is connected over loopback, which takes no
 * time, in the way the program waits for: it hears of it from the kernel.
 */
#include "providers/kit/relay.h"

#include <stdlib.h>
#include <string.h>

static const NTSTATUS pending = 0x103;

static BOOL ex_failed(int err)
{
    WSASetLastError(err);
    return FALSE;
}

/* ---- P ---- */

int relay_connect_bind(struct relay_sock *k)
{
    const int family = k->chain->mine.iAddressFamily, no = 0, yes = 1;
    struct relay_loopback name;
    int err = 0;

    if (k->p_bound)
        return 0;
    if (family == AF_INET6 && k->base->lpWSPSetSockOpt(k->s, IPPROTO_IPV6, IPV6_V6ONLY,
                                                       (const char *)&no, sizeof no, &err))
        return err;
    k->base->lpWSPSetSockOpt(k->s, IPPROTO_TCP, TCP_NODELAY, (const char *)&yes, sizeof yes, &err);
    relay_join_any(family, &name);
    if (k->base->lpWSPBind(k->s, (struct sockaddr *)&name.name, name.bytes, &err))
        return err;
    k->p_bound = TRUE;
    return 0;
}

static int p_port(struct relay_sock *k, u_short *port)
{
    SOCKADDR_STORAGE name;
    int bytes = sizeof name, err;

    if (k->base->lpWSPGetSockName(k->s, (struct sockaddr *)&name, &bytes, &err))
        return err;
    *port = ((struct sockaddr_in *)&name)->sin_port;
    return 0;
}

/* By ConnectEx if the program used it, since SO_UPDATE_CONNECT_CONTEXT is to come; its OVERLAPPED stays out of it. */
static int connect_p_ex(struct relay_sock *k, const struct relay_loopback *to)
{
    LPFN_CONNECTEX connect_ex = relay_connect_ex(k->s, k->base);
    OVERLAPPED ov = {0};
    DWORD bytes, flags;
    int err = 0;

    ov.hEvent = connect_ex ? CreateEventW(NULL, TRUE, FALSE, NULL) : NULL;
    if (!ov.hEvent)
        return WSAENOBUFS;
    ov.hEvent = (HANDLE)((ULONG_PTR)ov.hEvent | 1); /* no packet */
    if (!connect_ex(k->s, (const struct sockaddr *)&to->name, to->bytes, NULL, 0, &bytes, &ov)) {
        err = WSAGetLastError();
        if (err == ERROR_IO_PENDING)
            err =
                k->base->lpWSPGetOverlappedResult(k->s, &ov, &bytes, TRUE, &flags, &err) ? 0 : err;
    }
    CloseHandle((HANDLE)((ULONG_PTR)ov.hEvent & ~(ULONG_PTR)1));
    return err;
}

static int connect_p(struct relay_sock *k, const struct relay_loopback *to)
{
    int err = 0;

    if (k->ov)
        return connect_p_ex(k, to);
    if (!k->base->lpWSPConnect(k->s, (const struct sockaddr *)&to->name, to->bytes, NULL, NULL,
                               NULL, NULL, &err) ||
        err == WSAEWOULDBLOCK)
        return 0;
    return err;
}

/* ---- how it ended; the record's lock is held ---- */

static void complete(struct relay_sock *k, int err, DWORD bytes)
{
    LPWSAOVERLAPPED ov = k->ov;
    HANDLE event;
    int ignored;

    k->ov = NULL;
    if (!WPUCompleteOverlappedRequest(k->s, ov, (DWORD)err, bytes, &ignored))
        return;
    /* Not our ws2_32: there is nobody who knows the port. */
    event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);
    ov->InternalHigh = bytes;
    __atomic_store_n(&ov->Internal, err ? 0xC0010000 | (ULONG_PTR)err : 0, __ATOMIC_RELEASE);
    if (event)
        SetEvent(event);
}

static void wake(struct relay_sock *k)
{
    SetEvent(k->waiter);
    k->waiter = NULL;
}

/*
 * A nonblocking connect fails so that whoever waits, by whatever means, hears of it: P itself fails, by being refused. The true
 * code is given where the program asks for it.
 */
static void fail_natively(struct relay_sock *k)
{
    struct relay_loopback to;
    int ignored;

    relay_join_refusing(k->chain->mine.iAddressFamily, &to);
    relay_connect_bind(k);
    k->base->lpWSPConnect(k->s, (struct sockaddr *)&to.name, to.bytes, NULL, NULL, NULL, NULL,
                          &ignored);
}

/* The kernel's message about P would say "refused", so it is not asked for one, and the true one posted. */
static void fail_and_post(struct relay_sock *k, int err)
{
    BOOL post = k->events & FD_CONNECT && err != WSAECONNREFUSED;

    if (post)
        relay_sock_select(k, FALSE);
    fail_natively(k);
    if (post)
        upcalls.lpWPUPostMessage(k->window, k->message, k->s, WSAMAKESELECTREPLY(FD_CONNECT, err));
}

static void failed(struct relay_sock *k, int err)
{
    k->use = USE_NEW;
    k->err = err;
    if (k->waiter)
        wake(k);
    else if (k->ov)
        complete(k, err, 0);
    else
        fail_and_post(k, err);
}

void relay_connect_failed(struct relay_sock *k, struct relay_conn *c, int err)
{
    lock_take(&k->lock);
    if (!k->closed && k->use == USE_CONNECTING && k->conn == c)
        failed(k, err);
    lock_drop(&k->lock);
}

static int join(struct relay_sock *k, struct relay_conn *c)
{
    struct relay_loopback to;
    u_short port = 0;
    int err = relay_connect_bind(k);

    if (!err)
        err = p_port(k, &port);
    if (err)
        return err;
    relay_join_address(k->chain->mine.iAddressFamily, &to);
    relay_join_set(c, port);
    return connect_p(k, &to);
}

BOOL relay_connect_join(struct relay_sock *k, struct relay_conn *c)
{
    BOOL wanted;
    int err = 0;

    lock_take(&k->lock);
    wanted = !k->closed && k->use == USE_CONNECTING && k->conn == c;
    if (wanted) {
        k->use = USE_CONNECTED;
        k->err = 0;
        err = join(k, c);
        if (err)
            failed(k, err);
        else if (k->waiter)
            wake(k);
        else if (k->ov)
            complete(k, 0, k->ov_bytes);
    }
    lock_drop(&k->lock);
    return wanted && !err;
}

void relay_connect_abort(struct relay_sock *k)
{
    if (k->use != USE_CONNECTING)
        return;
    k->err = WSAEINTR;
    if (k->waiter)
        wake(k);
    else if (k->ov)
        complete(k, WSA_OPERATION_ABORTED, 0);
}

static void cancelled(void *conn)
{
    relay_conn_p_closed(conn);
    relay_conn_put(conn);
}

BOOL relay_connect_cancel(struct relay_sock *k, LPWSAOVERLAPPED ov, BOOL own_thread_only)
{
    struct relay_conn *c = NULL;

    /* Without the lock: the base provider cancels things of its own on P, also while it is called with the lock held. */
    if (k->use != USE_CONNECTING)
        return FALSE;
    lock_take(&k->lock);
    if (k->use == USE_CONNECTING && k->ov && (!ov || ov == k->ov) &&
        (!own_thread_only || k->ov_thread == GetCurrentThreadId())) {
        c = k->conn;
        k->conn = NULL; /* its reference is cancelled()'s */
        k->use = USE_NEW;
        complete(k, WSA_OPERATION_ABORTED, 0);
    }
    lock_drop(&k->lock);
    if (c)
        relay_call_and_wait(cancelled, c, 0);
    return c != NULL;
}

/* ---- beginning ---- */

static BOOL nowhere(const SOCKADDR_STORAGE *a)
{
    static const struct in6_addr any6;
    const struct sockaddr_in *in = (const struct sockaddr_in *)a;

    if (!in->sin_port)
        return TRUE;
    return a->ss_family == AF_INET
               ? !in->sin_addr.s_addr
               : !memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &any6, sizeof any6);
}

static int check_address(const struct relay_sock *k, const struct sockaddr *name, int bytes,
                         SOCKADDR_STORAGE *out, int *out_bytes)
{
    const int family = k->chain->mine.iAddressFamily;
    int needs = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

    if (bytes < (int)sizeof name->sa_family || IsBadReadPtr(name, bytes))
        return WSAEFAULT;
    if (bytes >= needs && name->sa_family != family)
        return WSAEAFNOSUPPORT;
    if (bytes < needs)
        return name->sa_family == family ? WSAEFAULT : WSAEAFNOSUPPORT;
    memset(out, 0, sizeof *out);
    memcpy(out, name, needs);
    *out_bytes = needs;
    return nowhere(out) ? WSAEADDRNOTAVAIL : 0;
}

/* P knows best what a connected socket answers, and it depends on SO_UPDATE_CONNECT_CONTEXT. */
static int ask_connected(const struct relay_sock *k)
{
    struct relay_loopback to;
    int err = WSAEISCONN;

    relay_join_refusing(k->chain->mine.iAddressFamily, &to);
    k->base->lpWSPConnect(k->s, (struct sockaddr *)&to.name, to.bytes, NULL, NULL, NULL, NULL,
                          &err);
    return err;
}

static int use_error(const struct relay_sock *k, BOOL ex)
{
    switch ((enum relay_use)k->use) {
    case USE_NEW:
        return ex && !k->bound_bytes ? WSAEINVAL : 0;
    case USE_CONNECTING:
        return ex ? WSAEINVAL : WSAEALREADY;
    case USE_CONNECTED:
        return ex ? WSAEISCONN : ask_connected(k);
    case USE_PASSED:
    case USE_LISTENING:
    case USE_ACCEPTING:
        break;
    }
    return WSAEINVAL;
}

static int bind_any(SOCKET u, const WSPPROC_TABLE *table, int family)
{
    SOCKADDR_STORAGE any = {.ss_family = (ADDRESS_FAMILY)family};
    int bytes = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int err = 0;

    table->lpWSPBind(u, (struct sockaddr *)&any, bytes, &err);
    return err;
}

/* U goes to the connection. The record's lock is held. */
static int give_u(struct relay_sock *k, struct relay_conn *c)
{
    const int family = c->pub.target.ss_family;
    int err;

    if (family != k->chain->mine.iAddressFamily)
        relay_sock_drop_u(k);
    err = relay_sock_make_u(k, family);
    if (!err && (!k->bound_bytes || family != k->bound.ss_family))
        err = bind_any(k->u, k->u_table, family);
    if (err) {
        relay_sock_drop_u(k);
        return err;
    }
    c->u.s = k->u;
    c->u.table = k->u_table;
    k->u = INVALID_SOCKET;
    return 0;
}

/* The connection has not begun, and nobody else knows it. */
static void discard(struct relay_conn *c)
{
    int ignored;

    if (c->u.s != INVALID_SOCKET)
        c->u.table->lpWSPCloseSocket(c->u.s, &ignored);
    if (c->opened && ws2kit_stream.close)
        ws2kit_stream.close(&c->pub);
    relay_conn_put(c);
}

/* What to wait for, or tell: the record's lock is held. */
struct request {
    HANDLE waiter;
    LPWSAOVERLAPPED ov;
    const char *data;
    DWORD data_bytes;
};

static int hand_over(struct relay_sock *k, struct relay_conn *c, const struct request *r)
{
    int err = k->closed ? WSAENOTSOCK : give_u(k, c);

    if (!err)
        relay_begin(&err);
    if (err)
        return err;
    if (k->withheld)
        relay_sock_select(k, TRUE);
    c->p = relay_sock_hold(k);
    if (k->conn)
        relay_conn_put(k->conn);
    k->conn = relay_conn_get(c);
    k->waiter = r->waiter;
    k->ov = r->ov;
    k->ov_bytes = r->data_bytes;
    k->ov_thread = GetCurrentThreadId();
    k->err = 0;
    if (relay_conn_start(c))
        return 0;
    k->waiter = NULL;
    k->ov = NULL;
    return WSAENOBUFS;
}

/*
 * 0: under way. WS2KIT_PASS: the next provider's, who has not been asked yet. Else the error. `c` has been given away, or freed.
 */
static int start(struct relay_sock *k, struct relay_conn *c, const struct request *r)
{
    int result = ws2kit_stream.open ? ws2kit_stream.open(&c->pub) : WS2KIT_RELAY;

    c->opened = result == WS2KIT_RELAY;
    lock_take(&k->lock);
    if (result == WS2KIT_RELAY)
        result = hand_over(k, c, r);
    if (result) {
        k->use = USE_NEW;
        if (result == WS2KIT_PASS) {
            result = relay_sock_pass(k);
            result = result ? result : WS2KIT_PASS;
        }
    }
    lock_drop(&k->lock);
    if (result)
        discard(c);
    else
        relay_conn_put(c);
    return result;
}

static int copy_data(struct relay_conn *c, const struct request *r)
{
    if (!r->data || !r->data_bytes)
        return 0;
    if (IsBadReadPtr(r->data, r->data_bytes))
        return WSAEFAULT;
    c->first = malloc(r->data_bytes);
    if (!c->first)
        return WSAENOBUFS;
    memcpy(c->first, r->data, r->data_bytes);
    c->first_bytes = r->data_bytes;
    return 0;
}

static int begin(struct relay_sock *k, const struct sockaddr *name, int bytes,
                 const struct request *r)
{
    struct relay_conn *c = relay_conn_new(k->chain, INVALID_SOCKET, NULL);
    int err = c ? check_address(k, name, bytes, &c->pub.peer, &c->pub.peer_bytes) : WSAENOBUFS;

    if (!err)
        err = copy_data(c, r);
    lock_take(&k->lock);
    relay_accept_settle(k);
    if (!err)
        err = use_error(k, r->ov != NULL);
    if (!err)
        k->use = USE_CONNECTING;
    lock_drop(&k->lock);
    if (err) {
        if (c)
            discard(c);
        return err;
    }
    c->pub.target = c->pub.peer;
    c->pub.target_bytes = c->pub.peer_bytes;
    return start(k, c, r);
}

/* FALSE: it has just ended by itself. */
static BOOL give_up(struct relay_sock *k)
{
    struct relay_conn *c = NULL;

    lock_take(&k->lock);
    if (k->use == USE_CONNECTING && k->waiter) {
        c = k->conn;
        k->conn = NULL; /* its reference is cancelled()'s */
        k->use = USE_NEW;
        k->waiter = NULL;
    }
    lock_drop(&k->lock);
    if (c)
        relay_call_and_wait(cancelled, c, 0);
    return c != NULL;
}

/* Only 1.1 programs that have installed a hook get one. */
static LPBLOCKINGCALLBACK hook_of(const struct relay_sock *k, DWORD_PTR *context)
{
    LPBLOCKINGCALLBACK hook = NULL;
    int ignored;

    if (upcalls.lpWPUQueryBlockingCallback(k->chain->mine.dwCatalogEntryId, &hook, context, &ignored))
        return NULL;
    return hook;
}

/* A blocking call: until the relay says how it ended, the socket is closed, or the program's hook has cancelled it. */
static int wait(struct relay_sock *k, HANDLE waiter)
{
    enum { HOOK_MS = 10 };
    DWORD_PTR context = 0;
    LPBLOCKINGCALLBACK hook = hook_of(k, &context);
    DWORD ended;
    int err;

    do {
        if (hook && !hook(context) && give_up(k))
            return WSAEINTR;
        ended = WaitForSingleObjectEx(waiter, hook ? HOOK_MS : INFINITE, TRUE);
    } while (ended == WAIT_IO_COMPLETION || ended == WAIT_TIMEOUT);
    lock_take(&k->lock);
    err = k->err;
    k->err = 0; /* SO_ERROR says nothing of what a call has said */
    lock_drop(&k->lock);
    return err;
}

static int connect_relayed(struct relay_sock *k, const struct sockaddr *name, int bytes)
{
    struct request r = {0};
    int err;

    if (!k->nonblocking) {
        r.waiter = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (!r.waiter)
            return WSAENOBUFS;
    }
    err = begin(k, name, bytes, &r);
    if (!err)
        err = r.waiter ? wait(k, r.waiter) : WSAEWOULDBLOCK;
    if (r.waiter)
        CloseHandle(r.waiter);
    return err;
}

int WSPAPI relay_Connect(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller,
                         LPWSABUF callee, LPQOS sqos, LPQOS gqos, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    const WSPPROC_TABLE *next;
    int err = k && k->use != USE_PASSED ? connect_relayed(k, name, bytes) : WS2KIT_PASS;

    if (k)
        relay_sock_put(k);
    if (err == WS2KIT_PASS) {
        next = relay_next(s);
        if (next)
            return next->lpWSPConnect(s, name, bytes, caller, callee, sqos, gqos, lp_errno);
        err = WSAENOTSOCK;
    }
    if (!err && callee)
        callee->len = 0;
    return err ? relay_fail(lp_errno, err) : 0;
}

BOOL PASCAL relay_ConnectEx(SOCKET s, const struct sockaddr *name, int bytes, PVOID data,
                            DWORD data_bytes, LPDWORD sent, LPOVERLAPPED ov)
{
    struct relay_sock *k = relay_sock_get(s);
    struct request r = {NULL, ov, data, data ? data_bytes : 0};
    HANDLE event;
    int err = WS2KIT_PASS;

    if (k && k->use != USE_PASSED) {
        if (!ov) {
            err = ERROR_INVALID_PARAMETER;
        } else {
            ov->Internal = (ULONG_PTR)pending;
            event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);
            if (event)
                ResetEvent(event);
            err = begin(k, name, bytes, &r);
        }
    }
    if (k)
        relay_sock_put(k);
    if (err == WS2KIT_PASS)
        return ws2kit_pass_extension.ConnectEx(s, name, bytes, data, data_bytes, sent, ov);
    return ex_failed(err ? err : ERROR_IO_PENDING);
}
