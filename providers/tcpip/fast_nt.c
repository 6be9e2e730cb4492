/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/fast.h"

#include <stdlib.h>

#include "providers/tcpip/bufs.h"
#include "providers/tcpip/pend.h"
#include "providers/tcpip/poll.h"
#include "providers/tcpip/port.h"

_Static_assert(sizeof(struct half_msg) == 56 && sizeof(struct half_poll) == 32, "the halves' structs");

/* ---- the other half ---- */

enum { WAIT_MS = 10 }; /* how long a blocking call waits in Linux before it goes to the device */

static BOOL volatile ready;
static UINT64 half;
static LONG(WINAPI **dispatcher)(UINT64 half, unsigned call, void *args);
static NTSTATUS(CDECL *handle_to_fd)(HANDLE handle, unsigned access, int *fd, unsigned *options);

LONG fast_call(enum half_call which, void *args)
{
    return (*dispatcher)(half, which, args);
}

#ifdef _WIN64
static BOOL turned_off(void)
{
    WCHAR value[4];
    DWORD code = GetLastError();
    DWORD chars = GetEnvironmentVariableW(L"WS2KIT_UNIX", value, sizeof value / sizeof *value);

    SetLastError(code);
    return chars == 1 && value[0] == '0';
}

/* wine-host.md: how Wine tells a DLL where its Unix half is. */
static BOOL find(void)
{
    enum { UNIX_FUNCS = 1000 };
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll"), self;
    NTSTATUS(NTAPI *query)(HANDLE, void *, int, void *, SIZE_T, SIZE_T *);
    struct half_hello hello = { 0, 0 };

    query = (void *)GetProcAddress(ntdll, "NtQueryVirtualMemory");
    dispatcher = (void *)GetProcAddress(ntdll, "__wine_unix_call_dispatcher");
    handle_to_fd = (void *)GetProcAddress(ntdll, "wine_server_handle_to_fd");
    if (!query || !dispatcher || !handle_to_fd ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCWSTR)(void *)find, &self))
        return FALSE;
    if (query(GetCurrentProcess(), self, UNIX_FUNCS, &half, sizeof half, NULL))
        return FALSE;
    return !fast_call(HALF_HELLO, &hello) && hello.version == HALF_VERSION && hello.calls == HALF_CALLS;
}
#else
static BOOL turned_off(void)
{
    return TRUE; /* the Unix half is made for 64-bit callers */
}

static BOOL find(void)
{
    return FALSE;
}
#endif

void fast_start(void)
{
    static LONG volatile started;
    DWORD code;

    if (InterlockedExchange(&started, 1) || turned_off())
        return;
    code = GetLastError();
    ready = find();
    if (ready)
        port_start();
    SetLastError(code);
}

/* ---- small calls ---- */

int fast_waker_new(void)
{
    struct half_waker w = { -1 };

    return ready && !fast_call(HALF_WAKER, &w) ? w.fd : -1;
}

void fast_wake(int waker, BOOL on)
{
    struct half_wake w = { waker, on };

    fast_call(HALF_WAKE, &w);
}

void fast_fd_close(int fd)
{
    struct half_close c = { fd };

    fast_call(HALF_CLOSE, &c);
}

BOOL fast_still_pending(void **iosbs, ULONG count)
{
    struct half_still_pending s = { (ULONG_PTR)iosbs, count, 1 };

    return !ready || fast_call(HALF_STILL_PENDING, &s) || s.answer;
}

/* ---- whose socket it is ---- */

static BOOL volatile any_adopted;
static ULONGLONG seek; /* guarded by seek_lock, as is `seeker` */
static struct sock *seeker;
static struct lock seek_lock;

static void mark_if_same(struct sock *k)
{
    if (k != seeker && k->identity == seek) {
        k->given = TRUE;
        seeker->given = TRUE;
    }
}

static void mark_others(struct sock *k)
{
    lock_take(&seek_lock);
    seek = k->identity;
    seeker = k;
    sock_each(mark_if_same);
    lock_drop(&seek_lock);
}

/* The descriptor, taken at the first use and kept; -1: not to be had. */
static int fd_of(struct sock *k)
{
    struct half_adopt a = { .fd = -1 };
    unsigned options;
    LONG fd = k->fd;

    if (fd)
        return fd < 0 ? -1 : fd - 1;
    if (handle_to_fd(k->handle, FILE_READ_DATA | FILE_WRITE_DATA, &a.fd, &options) || a.fd < 0) {
        InterlockedCompareExchange(&k->fd, -1, 0);
        return -1;
    }
    fast_call(HALF_ADOPT, &a);
    fd = InterlockedCompareExchange(&k->fd, a.fd + 1, 0);
    if (fd) {
        fast_fd_close(a.fd);
        return fd < 0 ? -1 : fd - 1;
    }
    k->identity = a.identity;
    if (any_adopted) {
        mark_others(k);
        if (k->given)
            return -1;
    }
    return a.fd;
}

void fast_adopted(struct sock *k)
{
    if (!ready)
        return;
    any_adopted = TRUE;
    if (fd_of(k) >= 0)
        mark_others(k);
}

BOOL fast_owns(const struct sock *k)
{
    return ready && !k->shared && !k->given && !k->closing;
}

static BOOL is_usable(const struct sock *k)
{
    if (k->type == SOCK_STREAM)
        return k->state == SOCK_CONNECTED || k->state == SOCK_CONNECTED_EX;
    return k->type == SOCK_DGRAM && k->state == SOCK_BOUND;
}

BOOL fast_allowed(struct sock *k, enum afd_kind kind)
{
    return fast_owns(k) && is_usable(k) && !k->waits[kind] && !afd_has_pending(k, kind);
}

BOOL fast_selected(const struct sock *k)
{
    return k->event_mask || k->may_be_selected;
}

/* A receive re-arms FD_READ and takes back one that nobody has been told of yet; a peek does, too. */
void fast_before_selection(struct sock *k)
{
    char byte;
    WSABUF buf = { 1, &byte };
    DWORD flags = MSG_PEEK;
    struct afd_recvmsg in = { .flags = (ULONG_PTR)&flags, .count = 1, .bufs = (ULONG_PTR)&buf };

    pend_to_device(k);
    if (!k->unseen)
        return;
    k->unseen = FALSE;
    afd_try(k->handle, AFD_RECVMSG, &in, sizeof in, NULL, 0);
}

/* ---- waiting ---- */

struct wait {
    enum half_call which;
    struct half_msg *msg;
    LONG fault;
};

static void wait_here(void *arg)
{
    struct wait *w = arg;

    w->fault = fast_call(w->which, w->msg);
}

/* 1.1 programs with a hook want it called all the time. */
static BOOL has_hook(struct sock *k)
{
    LPBLOCKINGCALLBACK hook = NULL;
    DWORD_PTR context;
    INT ignored;

    return upcalls.lpWPUQueryBlockingCallback &&
           !upcalls.lpWPUQueryBlockingCallback(k->catalog_id, &hook, &context, &ignored) && hook;
}

/*
 * Goes on with `msg`, which was NOT_READY, for a bounded time. The socket's own timeout ends the call if it is that
 * short; otherwise the device gets the rest of the call, and times it from there: at most WAIT_MS too long.
 */
static NTSTATUS wait_for(struct sock *k, enum afd_kind kind, struct half_msg *msg)
{
    ULONG timeout = k->timeout_ms[kind];
    struct wait w = { kind == AFD_KIND_SEND ? HALF_SEND : HALF_RECV, msg, 0 };

    msg->waker = has_hook(k) ? -1 : thread_waker(kind != AFD_KIND_SEND);
    if (msg->waker < 0)
        return STATUS_NOT_FAST;
    msg->wait_ms = timeout && timeout < WAIT_MS ? timeout : WAIT_MS;
    if (afd_wait_outside(&k, 1, TRUE, msg->waker, wait_here, &w) && msg->status == STATUS_DEVICE_NOT_READY)
        return STATUS_REQUEST_ABORTED;
    if (w.fault)
        return STATUS_ACCESS_VIOLATION;
    if (msg->status != STATUS_DEVICE_NOT_READY)
        return msg->status;
    return timeout && timeout <= WAIT_MS ? STATUS_IO_TIMEOUT : STATUS_NOT_FAST;
}

/* ---- moving data ---- */

static BOOL fits(struct sock *k, const struct fast_msg *m, enum afd_kind kind)
{
    return !(m->flags & ~(DWORD)(MSG_PEEK | MSG_WAITALL | MSG_PARTIAL | MSG_DONTROUTE)) && m->count <= HALF_BUFS &&
           bufs_bytes((struct buf *)m->bufs, m->count) < MAXLONG && fast_allowed(k, kind);
}

/* The device asks a bad buffer again; a reset is remembered, for nobody will hear of it a second time. */
static NTSTATUS outcome(struct sock *k, NTSTATUS status)
{
    if (status == STATUS_ACCESS_VIOLATION)
        return STATUS_NOT_FAST;
    if (status == STATUS_CONNECTION_RESET && sock_is_stream(k))
        k->reset = TRUE;
    return status;
}

/* On a stream, with a selection (point 4). */
static BOOL nothing_there(struct sock *k)
{
    struct half_poll_item item = { fd_of(k), 0, AFD_POLL_READ, 0 };
    struct half_poll p = { .item = (ULONG_PTR)&item, .count = 1, .waker = -1 };

    return sock_is_stream(k) && k->nonblocking && item.fd >= 0 &&
           !fast_call(HALF_POLL, &p) && !p.status && !p.ready && !p.doubt;
}

NTSTATUS fast_recv(struct sock *k, const struct fast_msg *m, BOOL wait, ULONG *bytes)
{
    BOOL datagram = !sock_is_stream(k);
    struct half_msg msg = {
        .waker = -1,
        .flags = (m->flags & MSG_PEEK ? HALF_MSG_PEEK : 0) | (datagram ? HALF_MSG_DATAGRAM : 0),
        .count = m->count,
        .bufs = (ULONG_PTR)m->bufs,
        .name = (ULONG_PTR)m->name,
        .name_bytes = m->name ? (uint32_t)*m->from_bytes : 0,
    };
    NTSTATUS status;

    *bytes = 0;
    if (!ready || !fits(k, m, AFD_KIND_OTHER))
        return STATUS_NOT_FAST;
    if (fast_selected(k))
        return !wait && nothing_there(k) ? STATUS_DEVICE_NOT_READY : STATUS_NOT_FAST;
    msg.fd = fd_of(k);
    if (msg.fd < 0)
        return STATUS_NOT_FAST;
    if (!k->unseen)
        k->unseen = TRUE;
    if (fast_call(HALF_RECV, &msg))
        return STATUS_ACCESS_VIOLATION;
    status = msg.status;
    if (status == STATUS_DEVICE_NOT_READY && wait)
        status = wait_for(k, AFD_KIND_OTHER, &msg);
    status = outcome(k, status);
    if (!NT_ERROR(status)) {
        *bytes = (ULONG)msg.bytes;
        if (m->name)
            *m->from_bytes = (INT)msg.name_bytes;
    }
    return status;
}

/* A receive of no bytes leaves what is there. */
static BOOL has_data(struct sock *k)
{
    INT bytes = 0;

    return fast_readable(k, &bytes) && bytes;
}

NTSTATUS fast_recv_pended(struct sock *k, const struct fast_msg *m, ULONG *bytes)
{
    struct half_msg msg = {
        .fd = k->fd - 1,
        .waker = -1,
        .flags = sock_is_stream(k) ? 0 : HALF_MSG_DATAGRAM,
        .count = m->count,
        .bufs = (ULONG_PTR)m->bufs,
        .name = (ULONG_PTR)m->name,
        .name_bytes = m->name ? (uint32_t)*m->from_bytes : 0,
    };
    NTSTATUS status;

    *bytes = 0;
    if (fast_call(HALF_RECV, &msg))
        return STATUS_NOT_FAST;
    status = outcome(k, msg.status);
    if (!NT_ERROR(status)) {
        *bytes = (ULONG)msg.bytes;
        if (m->name)
            *m->from_bytes = (INT)msg.name_bytes;
        if (!*bytes && !has_data(k) && sock_seen_reset(k))
            status = STATUS_CONNECTION_RESET;
    }
    return status;
}

NTSTATUS fast_send(struct sock *k, const struct fast_msg *m, BOOL wait, ULONG *bytes)
{
    BOOL datagram = !sock_is_stream(k);
    struct half_msg msg = {
        .waker = -1,
        .flags = datagram ? HALF_MSG_DATAGRAM : 0,
        .count = m->count,
        .bufs = (ULONG_PTR)m->bufs,
        .name = (ULONG_PTR)m->name,
        .name_bytes = (uint32_t)m->to_bytes,
    };
    NTSTATUS status;

    *bytes = 0;
    if (!ready || (k->tail && !datagram) || !fits(k, m, AFD_KIND_SEND))
        return STATUS_NOT_FAST;
    msg.fd = fd_of(k);
    if (msg.fd < 0)
        return STATUS_NOT_FAST;
    if (fast_call(HALF_SEND, &msg))
        return STATUS_ACCESS_VIOLATION;
    status = msg.status;
    if (status == STATUS_DEVICE_NOT_READY && wait)
        status = wait_for(k, AFD_KIND_SEND, &msg);
    *bytes = (ULONG)msg.bytes;
    return status == STATUS_ACCESS_VIOLATION ? STATUS_NOT_FAST : status;
}

/* ---- overlapped operations ---- */

/* Asking costs a trip, so it is done ever more seldom: "not yet" is safe to believe, for the device obeys the mode. */
static BOOL skips_packets(struct sock *k)
{
    if (k->skips_packets)
        return TRUE;
    if (k->skip_asked++ < k->skip_next)
        return FALSE;
    k->skip_next = k->skip_asked * 2;
    k->skips_packets = afd_skips_packets(k->handle);
    return k->skips_packets;
}

BOOL fast_overlapped(struct sock *k, const WSAOVERLAPPED *ov,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (ready && port_observed())
        return !routine || !k->port;
    return ready && !routine && (((ULONG_PTR)ov->hEvent & 1) || skips_packets(k));
}

static BOOL sends_packet(struct sock *k, const WSAOVERLAPPED *ov)
{
    return k->port && !((ULONG_PTR)ov->hEvent & 1) && !(k->port_modes & 1);
}

BOOL fast_will_tell(struct sock *k, const WSAOVERLAPPED *ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    return routine || ((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1) || sends_packet(k, ov);
}

void fast_finish(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes,
                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    BOOL packet = !routine && sends_packet(k, ov);

    if (routine)
        thread_has_routines();
    afd_finish_to(ov, status, bytes, routine);
    if (packet)
        port_tell(k, kind, ov, status, bytes);
}

/* ---- questions ---- */

BOOL fast_no_trouble(struct sock *k)
{
    struct half_trouble t = { 0, 1 };

    if (!fast_owns(k) || !is_usable(k))
        return FALSE;
    t.fd = fd_of(k);
    return t.fd >= 0 && !fast_call(HALF_TROUBLE, &t) && !t.answer;
}

NTSTATUS fast_option(struct sock *k, enum half_option_name name, BOOL set, INT *value)
{
    struct half_option o = { .name = name, .set = set, .value = *value };

    if (!fast_owns(k) || !is_usable(k))
        return STATUS_NOT_FAST;
    o.fd = fd_of(k);
    if (o.fd < 0 || fast_call(HALF_OPTION, &o))
        return STATUS_NOT_FAST;
    *value = o.value;
    return o.status;
}

BOOL fast_hard_close(struct sock *k, BOOL on)
{
    struct half_option o = { .fd = k->fd - 1, .name = HALF_HARD_CLOSE, .set = 1, .value = on };

    return k->fd > 0 && !fast_call(HALF_OPTION, &o) && !o.status;
}

BOOL fast_nobody_queued(struct sock *k)
{
    struct half_queued q = { -1, 1 };

    if (!fast_owns(k) || k->waits[AFD_KIND_OTHER] || afd_has_pending(k, AFD_KIND_OTHER))
        return FALSE;
    q.fd = fd_of(k);
    return q.fd >= 0 && !fast_call(HALF_QUEUED, &q) && !q.connections;
}

BOOL fast_connect_state(struct sock *k, ULONG *found)
{
    struct half_poll_item item = { .wanted = AFD_POLL_WRITE };
    struct half_poll p = { .item = (ULONG_PTR)&item, .count = 1, .waker = -1 };

    if (!fast_owns(k))
        return FALSE;
    item.fd = fd_of(k);
    if (item.fd < 0 || fast_call(HALF_POLL, &p) || p.doubt || p.status)
        return FALSE;
    *found = 0;
    if (item.found) {
        k->untold = TRUE;
        *found = AFD_POLL_CONNECT;
    }
    return TRUE;
}

/*
 * The object behind the handle is another one from then on, so a descriptor is good only if it has a peer. It is needed soon, so it
 * costs nothing more; the device's answer would be two requests.
 */
BOOL fast_accepted(struct sock *k)
{
    struct half_is_connected c = { -1, 0 };

    if (!fast_owns(k) || k->fd)
        return FALSE;
    c.fd = fd_of(k);
    if (c.fd < 0)
        return FALSE;
    if (!fast_call(HALF_IS_CONNECTED, &c) && c.answer)
        return TRUE;
    InterlockedExchange(&k->fd, 0);
    fast_fd_close(c.fd);
    return FALSE;
}

INT fast_name(struct sock *k, BOOL peer, union sock_addr *name)
{
    struct half_name n = { .peer = peer != FALSE, .name = (ULONG_PTR)name, .bytes = sizeof *name };

    if (!fast_owns(k) || !sock_is_stream(k) || !is_usable(k))
        return 0;
    n.fd = fd_of(k);
    return n.fd < 0 || fast_call(HALF_NAME, &n) ? 0 : (INT)n.bytes;
}

BOOL fast_readable(struct sock *k, INT *bytes)
{
    struct half_fionread f = { .status = STATUS_UNSUCCESSFUL };

    if (!fast_owns(k) || !is_usable(k))
        return FALSE;
    f.fd = fd_of(k);
    if (f.fd < 0 || fast_call(HALF_FIONREAD, &f) || f.status)
        return FALSE;
    *bytes = (INT)f.bytes;
    return TRUE;
}

/*
 * Looking takes nothing away, so a selection is no hindrance. But a pending receive or accept has the first right to
 * what comes, and what is pending to be sent makes the socket unwritable.
 */
static BOOL may_look(struct sock *k)
{
    return fast_owns(k) && !k->tail &&
           (is_usable(k) || (sock_is_stream(k) && (k->state == SOCK_LISTENING || k->state == SOCK_CONNECTING))) &&
           !k->waits[AFD_KIND_SEND] && !afd_has_pending(k, AFD_KIND_OTHER) &&
           !afd_has_pending(k, AFD_KIND_SEND);
}

static void look(void *arg)
{
    struct half_poll *p = arg;

    if (fast_call(HALF_POLL, p))
        p->doubt = 1;
}

/* Looks once; if nothing is there, waits for a bounded time. */
static NTSTATUS look_and_wait(struct sock *const *socks, struct half_poll *p, LONGLONG *timeout)
{
    LONGLONG wait_ms;

    look(p);
    if (p->doubt || p->status)
        return STATUS_NOT_FAST;
    if (p->ready || !*timeout)
        return STATUS_SUCCESS;
    p->waker = has_hook(socks[0]) ? -1 : thread_waker(TRUE);
    if (p->waker < 0)
        return STATUS_NOT_FAST;
    wait_ms = (*timeout + 9999) / 10000;
    p->wait_ms = *timeout == POLL_FOREVER || wait_ms > WAIT_MS ? WAIT_MS : (int)wait_ms;
    if (afd_wait_outside(socks, p->count, FALSE, p->waker, look, p) && !p->ready)
        return STATUS_REQUEST_ABORTED;
    if (p->doubt || p->status)
        return STATUS_NOT_FAST;
    if (!p->ready && *timeout != POLL_FOREVER) {
        *timeout -= (LONGLONG)p->wait_ms * 10000;
        if (*timeout < 0)
            *timeout = 0;
    }
    return p->ready || !*timeout ? STATUS_SUCCESS : STATUS_NOT_FAST;
}

NTSTATUS fast_poll(struct sock *const *socks, struct poll_entry *entries, ULONG count,
                   LONGLONG *timeout)
{
    enum { FEW = 64 };
    struct half_poll_item few[FEW], *item = few;
    struct half_poll p = { .count = count, .waker = -1 };
    NTSTATUS status = STATUS_NOT_FAST;
    ULONG i;

    if (!ready)
        return STATUS_NOT_FAST;
    if (count > FEW)
        item = malloc(count * sizeof *item);
    for (i = 0; item && i < count && may_look(socks[i]); i++) {
        item[i] = (struct half_poll_item){ fd_of(socks[i]), socks[i]->state == SOCK_LISTENING,
                                           entries[i].wanted, 0 };
        if (item[i].fd < 0)
            break;
    }
    if (item && i == count) {
        p.item = (ULONG_PTR)item;
        status = look_and_wait(socks, &p, timeout);
    }
    for (i = 0; i < count; i++) {
        entries[i].found = status ? 0 : item[i].found;
        if (entries[i].found & AFD_POLL_WRITE && socks[i]->state == SOCK_CONNECTING)
            socks[i]->untold = TRUE; /* it is connected: poll_nt.c sets the state */
    }
    if (item != few)
        free(item);
    return status;
}
