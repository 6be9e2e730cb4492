/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/sock.h"
#include "providers/tcpip/spi.h"

#include <stdlib.h>
#include <string.h>

#include "base/handle_map.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/hold.h"
#include "providers/tcpip/pend.h"
#include "providers/tcpip/port.h"

/*
 * Records come from blocks that are never freed and go back to a free list, so that a reader who lost a race with
 * closesocket() still looks at a record: its count is zero, or its handle is another one.
 */
enum { BLOCK_SOCKS = 64 };

static struct lock free_lock;
static struct sock *free_list; /* guarded by free_lock */
static struct handle_map table;

static struct sock *record_new(void)
{
    struct sock *k;

    lock_take(&free_lock);
    if (!free_list) {
        struct sock *block = calloc(BLOCK_SOCKS, sizeof *block);

        for (unsigned i = 0; block && i < BLOCK_SOCKS; i++) {
            block[i].next_free = free_list;
            free_list = &block[i];
        }
    }
    k = free_list;
    if (k)
        free_list = k->next_free;
    lock_drop(&free_lock);
    return k;
}

static void record_free(struct sock *k)
{
    lock_take(&free_lock);
    k->next_free = free_list;
    free_list = k;
    lock_drop(&free_lock);
}

BOOL sock_try_hold(struct sock *k)
{
    return hold_unless_gone(&k->refs);
}

void sock_hold(struct sock *k)
{
    InterlockedIncrement(&k->refs);
}

static BOOL wants_hard_close(const struct sock *k)
{
    return k->linger.l_onoff && !k->linger.l_linger && sock_is_stream(k);
}

static void set_hard_close(struct sock *k, BOOL on)
{
    const USHORT linger[2] = { on != FALSE, 0 };

    if (!fast_hard_close(k, on))
        afd_call(k->handle, AFD_SET_LINGER, linger, sizeof linger, NULL, 0, NULL);
}

static BOOL volatile any_hard_listener;

/*
 * A reset is asked for at the last moment, so that nothing but a close can cause it (rule 12). But the kernel's sockets have it from
 * the listener that accepts them: where it can be told without the device it is told at once, and its connections need nothing then at
 * their end. Those that came before have it not, so it is known of all of them only if there were none.
 */
void sock_linger_changed(struct sock *k)
{
    BOOL on = wants_hard_close(k), first = k->kernel_hard == HARD_NO;

    if (on ? !first || k->state != SOCK_LISTENING || !fast_owns(k) : first)
        return;
    any_hard_listener = TRUE;
    k->kernel_hard = HARD_UNSURE;
    set_hard_close(k, on);
    if (on && fast_nobody_queued(k))
        k->kernel_hard = HARD_YES;
}

/* Without a descriptor here it takes a request, so it is done only where it has to be. */
static void settle_linger(struct sock *k)
{
    BOOL on = wants_hard_close(k);

    if (k->kernel_hard != (on ? HARD_YES : HARD_NO) && sock_is_stream(k))
        set_hard_close(k, on);
}

/*
 * The handle goes first and the table entry after it: as long as the entry is there, nobody takes the dying handle
 * for an inherited socket, and once the value is used again the new socket has replaced the entry.
 */
static void destroy(struct sock *k)
{
    HANDLE handle = k->handle;

    send_tail_free(k->tail);
    free(k->pending[AFD_KIND_OTHER]);
    free(k->pending[AFD_KIND_SEND]);
    free(k->names);
    sock_option_clear(k);
    port_leave(k);
    if (handle)
        settle_linger(k);
    if (k->fd > 0) /* before the handle: what a close makes of the connection is decided by the last one */
        fast_fd_close(k->fd - 1);
    if (handle) {
        NtClose(handle);
        handle_map_remove(&table, (uintptr_t)handle, k);
    }
    k->handle = NULL;
    record_free(k);
}

void sock_put(struct sock *k)
{
    if (!InterlockedDecrement(&k->refs))
        destroy(k);
}

BOOL sock_forget(struct sock *k)
{
    BOOL first;

    lock_take(&k->lock);
    first = !k->closing;
    k->closing = TRUE;
    lock_drop(&k->lock);
    if (first)
        sock_put(k);
    return first;
}

/*
 * The value in `old`'s handle has been given out anew: the application closed it with CloseHandle(). The record must
 * let go of it without closing it again.
 */
static void displace(struct sock *old)
{
    if (!sock_try_hold(old))
        return;
    lock_take(&old->lock);
    old->handle = NULL;
    lock_drop(&old->lock);
    sock_forget(old);
    sock_put(old);
}

struct sock *sock_new(HANDLE handle, INT family, INT type, INT protocol, BOOL overlapped)
{
    struct sock *k = record_new();
    void *old;

    if (!k)
        return NULL;
    memset((char *)k + offsetof(struct sock, family), 0,
           sizeof *k - offsetof(struct sock, family));
    k->handle = handle;
    k->family = family;
    k->type = type;
    k->protocol = protocol;
    k->overlapped = overlapped;
    k->pend_end = &k->pend_first;
    InterlockedExchange(&k->refs, 2);
    if (handle_map_set(&table, (uintptr_t)handle, k, &old)) {
        k->handle = NULL;
        InterlockedExchange(&k->refs, 0);
        record_free(k);
        return NULL;
    }
    if (old)
        displace(old);
    return k;
}

struct sock *sock_find(HANDLE handle)
{
    struct sock *k = handle_map_find(&table, (uintptr_t)handle);

    if (!k || !sock_try_hold(k))
        return NULL;
    if (k->handle == handle)
        return k;
    sock_put(k);
    return NULL;
}

/*
 * With a descriptor of ours left open the connection would never end, and receives that wait in the process would be forgotten. The entry
 * stays until all is cancelled: a layer is told of each cancelling, too, and may ask us about the handle, which must not look like one
 * that came from elsewhere.
 */
void sock_lose(HANDLE handle)
{
    struct sock *k = sock_find(handle);

    if (!k)
        return;
    if (sock_forget(k)) {
        afd_cancel_blocking(k);
        pend_cancel(k, NULL, FALSE);
        send_give_up(k, handle);
        lock_take(&k->lock);
        k->handle = NULL;
        lock_drop(&k->lock);
        handle_map_remove(&table, (uintptr_t)handle, k);
    }
    sock_put(k);
}

/* The addresses and the state of a socket that some other process or a bare DuplicateHandle gave us. */
static void learn(struct sock *k)
{
    ULONG bytes;
    INT on = 0;

    if (!afd_call(k->handle, AFD_GETSOCKNAME, NULL, 0, &k->local, sizeof k->local, &bytes)) {
        k->local_bytes = (INT)bytes;
        k->state = SOCK_BOUND;
    }
    if (!sock_is_stream(k))
        return;
    if (!afd_call(k->handle, AFD_GET_ACCEPTCONN, NULL, 0, &on, sizeof on, NULL) && on) {
        k->state = SOCK_LISTENING;
        return;
    }
    if (!afd_call(k->handle, AFD_GETPEERNAME, NULL, 0, &k->peer, sizeof k->peer, &bytes)) {
        k->peer_bytes = (INT)bytes;
        k->state = SOCK_CONNECTED;
    }
}

/* What the kernel says of `handle`. WSAENOTSOCK. */
static int identify(HANDLE handle, struct afd_info *info, BOOL *overlapped)
{
    IO_STATUS_BLOCK iosb;
    ULONG mode = 0;

    /* A bare device handle answers BAD_DEVICE_TYPE: it must not get a record, for it must never be polled (rule 2). */
    if (afd_call(handle, AFD_GET_INFO, NULL, 0, info, sizeof *info, NULL))
        return WSAENOTSOCK;
    if (!info->protocol)
        info->protocol = info->type == SOCK_STREAM  ? IPPROTO_TCP
                         : info->type == SOCK_DGRAM ? IPPROTO_UDP
                                                    : 0;
    NtQueryInformationFile(handle, &iosb, &mode, sizeof mode, FileModeInformation);
    *overlapped = !(mode & 0x30);
    return 0;
}

int sock_adopt(HANDLE handle, struct sock **out)
{
    struct afd_info info;
    struct sock *k;
    BOOL overlapped;
    int err = identify(handle, &info, &overlapped);

    if (err)
        return err;
    k = sock_new(handle, info.family, info.type, info.protocol, overlapped);
    if (!k)
        return WSAENOBUFS;
    k->shared = TRUE;
    learn(k);
    fast_adopted(k);
    *out = k;
    return 0;
}

/* Two threads may use an inherited socket for the first time at once: the record of the first is the one. */
static struct sock *adopt_unknown(HANDLE handle)
{
    static struct lock lock;
    struct afd_info ignored;
    struct sock *k = NULL;
    BOOL overlapped;

    if (identify(handle, &ignored, &overlapped)) /* most unknown values are no sockets: without the lock */
        return NULL;
    lock_take(&lock);
    k = handle_map_find(&table, (uintptr_t)handle);
    if (k ? !sock_try_hold(k) : sock_adopt(handle, &k))
        k = NULL;
    lock_drop(&lock);
    return k;
}

struct sock *sock_get(SOCKET s)
{
    struct sock *k;

    for (;;) {
        k = handle_map_find(&table, s);
        if (!k)
            break;
        if (!sock_try_hold(k))
            return NULL;
        if (k->handle == (HANDLE)s && !k->closing)
            return k;
        /* Either closing, or recycled for another handle between the two looks. */
        if (k->handle == (HANDLE)s || handle_map_find(&table, s) == k) {
            sock_put(k);
            return NULL;
        }
        sock_put(k);
    }
    k = s && s != INVALID_SOCKET ? adopt_unknown((HANDLE)s) : NULL;
    if (k && !k->catalog_id) /* may ask ws2_32, so not under a lock */
        k->catalog_id = provider_catalog_id(k->family, k->type);
    return k;
}

BOOL sock_is_known(HANDLE handle)
{
    return handle_map_find(&table, (uintptr_t)handle) != NULL;
}

static void visit_one(uintptr_t handle, void *value, void *arg)
{
    void (**visit)(struct sock *) = arg;
    struct sock *k = value;

    if (!sock_try_hold(k))
        return;
    if (k->handle == (HANDLE)handle)
        (*visit)(k);
    sock_put(k);
}

void sock_each(void (*visit)(struct sock *k))
{
    handle_map_each(&table, visit_one, &visit);
}

enum sock_state sock_settle(struct sock *k)
{
    enum sock_state state = k->state;
    NTSTATUS connect_status;
    BOOL accepted;
    ULONG found;

    if (!sock_is_stream(k) || state == SOCK_CONNECTED || state == SOCK_CONNECTED_EX)
        return state;
    if (!k->shared && (state == SOCK_NEW || state == SOCK_BOUND || state == SOCK_LISTENING))
        return state;

    if (state == SOCK_CONNECTING && fast_connect_state(k, &found))
        ;
    else if (state == SOCK_ACCEPTING && fast_accepted(k))
        found = AFD_POLL_CONNECT;
    else
        found = afd_poll_now(k->handle, AFD_POLL_CONNECT | AFD_POLL_CONNECT_ERR, &connect_status);
    lock_take(&k->lock);
    if (k->state == state) {
        if (found & AFD_POLL_CONNECT)
            k->state = state == SOCK_CONNECTING_EX ? SOCK_CONNECTED_EX : SOCK_CONNECTED;
        else if ((found & AFD_POLL_CONNECT_ERR) && state != SOCK_LISTENING)
            k->state = SOCK_BOUND;
    }
    accepted = state == SOCK_ACCEPTING && k->state == SOCK_CONNECTED;
    if (accepted && any_hard_listener)
        k->kernel_hard = HARD_UNSURE; /* until SO_UPDATE_ACCEPT_CONTEXT tells which listener it was */
    state = k->state;
    lock_drop(&k->lock);
    if (accepted)
        sock_renew(k);
    return state;
}

void sock_tell_now(struct sock *k)
{
    afd_poll_now(k->handle, AFD_POLL_CONNECT | AFD_POLL_CONNECT_ERR, NULL);
    k->untold = FALSE;
}

static BOOL is_afd_socket(HANDLE handle)
{
    struct afd_info info;

    return !afd_call(handle, AFD_GET_INFO, NULL, 0, &info, sizeof info, NULL);
}

int sock_check_connected(struct sock *k)
{
    enum sock_state state = k->state;

    if (state == SOCK_CONNECTED || state == SOCK_CONNECTED_EX)
        return 0;
    state = sock_settle(k);
    if (state == SOCK_CONNECTED || state == SOCK_CONNECTED_EX)
        return 0;
    /* Or the handle was closed behind our back, and the record describes nothing any more. */
    return is_afd_socket(k->handle) ? WSAENOTCONN : WSAENOTSOCK;
}
