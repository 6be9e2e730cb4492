/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/poll.h"

#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/fast.h"
#include "providers/tcpip/pend.h"
#include "providers/tcpip/poll_flags.h"
#include "providers/tcpip/spi.h"

#define SAME(name) ((int)POLL_FLAG_##name == (int)AFD_POLL_##name)
_Static_assert(SAME(READ) && SAME(OOB) && SAME(WRITE) && SAME(HUP) && SAME(RESET) && SAME(CLOSE) &&
                   SAME(CONNECT) && SAME(ACCEPT) && SAME(CONNECT_ERR),
               "the kernel's bits");

enum { FEW = 64 }; /* as many entries need no allocation */

struct poll_room {
    struct afd_poll *block;
    ULONG block_bytes;
    struct sock **held;
};

static void let_go(struct sock **held, ULONG count)
{
    while (count)
        sock_put(held[--count]);
}

/*
 * Fills the kernel's list. The references keep every handle in it a socket until the kernel has resolved it; it must
 * never see another kind (rule 2). *ready: an entry has something that the kernel does not know of.
 */
static int collect(const struct poll_entry *entries, ULONG count, struct poll_room *room,
                   BOOL *ready)
{
    for (ULONG i = 0; i < count; i++) {
        struct sock *k = sock_get(entries[i].s);

        if (!k) {
            let_go(room->held, i);
            return WSAENOTSOCK;
        }
        pend_to_device(k); /* so that the kernel knows who has the first right to what comes */
        room->held[i] = k;
        room->block->item[i].sock = (ULONG_PTR)k->handle;
        room->block->item[i].flags = entries[i].wanted;
        room->block->item[i].status = 0;
        if ((k->deferred && (entries[i].wanted & AFD_POLL_ACCEPT)) ||
            (k->reset && (entries[i].wanted & AFD_POLL_RESET)))
            *ready = TRUE;
    }
    return 0;
}

/* Issued on the private device, not on one of the sockets: closing one of them must not end the wait (rule 3). */
static NTSTATUS ask(struct poll_room *room, ULONG count, LONGLONG timeout)
{
    HANDLE on = afd_device(), event = on ? event_take() : NULL;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status = STATUS_NO_MEMORY;

    room->block->count = count;
    room->block->timeout = timeout == POLL_FOREVER ? AFD_POLL_FOREVER : -timeout;
    room->block->exclusive = 0;
    memset(room->block->zero, 0, sizeof room->block->zero);
    if (event)
        status = afd_issue(on, event, &iosb, AFD_POLL, room->block, room->block_bytes, room->block,
                           room->block_bytes);
    let_go(room->held, count);
    if (status == STATUS_PENDING)
        status = afd_wait_blocking(NULL, on, event, &iosb);
    if (event)
        event_drop(event);
    if (status == STATUS_TIMEOUT) {
        room->block->count = 0;
        status = STATUS_SUCCESS;
    }
    return status;
}

/*
 * The kernel's answers come in the order of the questions, without those that it has nothing to say to. With a socket
 * in the list more than once, an answer belongs to the first question that can have it.
 */
static void match(struct poll_entry *entries, ULONG count, const struct afd_poll *block)
{
    ULONG next = 0;

    for (ULONG i = 0; i < count; i++) {
        const struct afd_poll_item *item = &block->item[next];

        entries[i].found = 0;
        if (next < block->count && (SOCKET)item->sock == entries[i].s &&
            !(item->flags & ~(entries[i].wanted | AFD_POLL_CLOSE))) {
            entries[i].found = item->flags;
            next++;
        }
    }
}

/* What the records know better than the kernel, and what they learn from it. */
static void refine(struct poll_entry *e)
{
    struct sock *k;

    if ((e->found & AFD_POLL_CLOSE) ||
        (!e->found && !(e->wanted & (AFD_POLL_ACCEPT | AFD_POLL_RESET))))
        return;
    k = sock_get(e->s);
    if (!k)
        return;
    if (k->deferred)
        e->found |= e->wanted & AFD_POLL_ACCEPT;
    if (k->reset) /* a receive has taken it from the kernel */
        e->found |= e->wanted & AFD_POLL_RESET;
    if (k->state == SOCK_CONNECTING && (e->found & (AFD_POLL_WRITE | AFD_POLL_CONNECT)))
        k->state = SOCK_CONNECTED;
    if ((e->found & AFD_POLL_READ) && !sock_is_stream(k) && k->peer_bytes && !sock_drop_foreign(k))
        e->found &= ~(ULONG)AFD_POLL_READ;
    sock_put(k);
}

static BOOL any_found(const struct poll_entry *entries, ULONG count)
{
    ULONG i = 0;

    while (i < count && !entries[i].found)
        i++;
    return i < count;
}

/*
 * A wait the fast way holds the sockets' handles open. What was closed during it is told as the kernel would have: and
 * the handles must not be held any longer, nor be asked about.
 */
static BOOL closed_meanwhile(struct poll_entry *entries, ULONG count, struct sock **held)
{
    BOOL closed = FALSE;

    for (ULONG i = 0; i < count; i++) {
        entries[i].found = held[i]->closing ? AFD_POLL_CLOSE : 0;
        closed = closed || held[i]->closing;
    }
    if (closed)
        let_go(held, count);
    return closed;
}

/* *again: the kernel found something, but only what is not to be seen (strangers' datagrams). */
static int once(struct poll_entry *entries, ULONG count, LONGLONG timeout, struct poll_room *room,
                BOOL *again)
{
    BOOL ready = FALSE, found_by_kernel;
    NTSTATUS status;
    int err = collect(entries, count, room, &ready);

    if (err)
        return err;
    if (ready)
        timeout = 0;
    status = fast_poll(room->held, entries, count, &timeout);
    if ((status == STATUS_NOT_FAST || !any_found(entries, count)) &&
        closed_meanwhile(entries, count, room->held))
        return 0;
    if (status == STATUS_NOT_FAST) {
        status = ask(room, count, timeout);
        if (!status)
            match(entries, count, room->block);
    } else {
        let_go(room->held, count);
    }
    if (status)
        return err_from_ntstatus(status);
    found_by_kernel = any_found(entries, count);
    for (ULONG i = 0; i < count; i++)
        refine(&entries[i]);
    *again = found_by_kernel && !any_found(entries, count);
    return 0;
}

static int wait_until(struct poll_entry *entries, ULONG count, LONGLONG timeout,
                      struct poll_room *room)
{
    ULONGLONG start = 0;
    LONGLONG left = timeout;
    BOOL again = FALSE;
    int err;

    for (;;) {
        err = once(entries, count, left, room, &again);
        if (err || !again || !left)
            return err;
        if (timeout == POLL_FOREVER)
            continue;
        if (!start)
            start = GetTickCount64(); /* a little late: only strangers' datagrams bring us here */
        left = timeout - (LONGLONG)(GetTickCount64() - start) * 10000;
        if (left < 0)
            left = 0;
    }
}

int poll_wait(struct poll_entry *entries, ULONG count, LONGLONG timeout)
{
    struct {
        struct afd_poll head;
        struct afd_poll_item more[FEW - 1];
    } few;
    struct sock *few_held[FEW];
    struct poll_room room = { &few.head, sizeof few, few_held };
    int err = WSAENOBUFS;

    if (!count)
        return WSAEINVAL;
    room.block_bytes = sizeof few.head + (count - 1) * sizeof few.more[0];
    if (count <= FEW)
        return wait_until(entries, count, timeout, &room);

    room.block = malloc(room.block_bytes);
    room.held = malloc(count * sizeof *room.held);
    if (room.block && room.held)
        err = wait_until(entries, count, timeout, &room);
    free(room.block);
    free(room.held);
    return err;
}

/* ---- WSAPoll ---- */

static BOOL is_socket(SOCKET s)
{
    struct sock *k = (INT_PTR)s < 0 ? NULL : sock_get(s);

    if (!k)
        return FALSE;
    sock_put(k);
    return TRUE;
}

/* Marks what is no socket; *sockets counts the others. WSAENOTSOCK, WSAEINVAL: in Windows' order (3.11). */
static int check(WSAPOLLFD *fds, ULONG count, ULONG *sockets)
{
    BOOL valid = TRUE;

    *sockets = 0;
    for (ULONG i = 0; i < count; i++) {
        BOOL good = is_socket(fds[i].fd);

        fds[i].revents = good ? 0 : POLLNVAL;
        *sockets += good;
        if ((INT_PTR)fds[i].fd >= 0 && !poll_events_valid(fds[i].events))
            valid = FALSE;
    }
    if (!*sockets)
        return WSAENOTSOCK;
    for (ULONG i = 0; i < count; i++) {
        if (!valid)
            fds[i].revents = 0;
    }
    return valid ? 0 : WSAEINVAL;
}

static int poll_checked(WSAPOLLFD *fds, ULONG count, ULONG sockets, INT timeout_ms, int *ready)
{
    struct poll_entry few[FEW], *entries = few;
    ULONG next = 0;
    int err;

    if (sockets > FEW)
        entries = malloc(sockets * sizeof *entries);
    if (!entries)
        return WSAENOBUFS;
    for (ULONG i = 0; i < count; i++) {
        if (!fds[i].revents)
            entries[next++] = (struct poll_entry){ fds[i].fd, poll_events_want(fds[i].events), 0 };
    }
    err = poll_wait(entries, next, timeout_ms < 0 ? POLL_FOREVER : (LONGLONG)timeout_ms * 10000);
    next = 0;
    for (ULONG i = 0; i < count && !err; i++) {
        if (fds[i].revents)
            continue;
        fds[i].revents = (SHORT)poll_revents(fds[i].events, entries[next++].found);
        *ready += fds[i].revents != 0;
    }
    if (entries != few)
        free(entries);
    return err;
}

int poll_sockets(WSAPOLLFD *fds, ULONG count, INT timeout_ms, int *err)
{
    ULONG sockets;
    int ready = 0;

    *err = !count ? WSAEINVAL : check_pointer(fds);
    if (!*err)
        *err = check(fds, count, &sockets);
    if (!*err)
        *err = poll_checked(fds, count, sockets, timeout_ms, &ready);
    return *err ? SOCKET_ERROR : ready;
}
