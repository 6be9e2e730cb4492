/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <stdlib.h>

#include "providers/tcpip/poll.h"
#include "providers/tcpip/poll_flags.h"

enum { FEW = 64 };

/* fd_count may exceed FD_SETSIZE: the application may have compiled with a larger one. */
static u_int members(const fd_set *set)
{
    return set ? set->fd_count : 0;
}

static ULONG ask(struct poll_entry *entries, const fd_set *set, enum poll_set which)
{
    for (u_int i = 0; i < members(set); i++) {
        entries[i].s = set->fd_array[i];
        entries[i].wanted = poll_set_wants(which);
    }
    return members(set);
}

static BOOL listed(const fd_set *set, u_int count, SOCKET s)
{
    for (u_int i = 0; i < count; i++) {
        if (set->fd_array[i] == s)
            return TRUE;
    }
    return FALSE;
}

/* `entries` are copies, so it does not matter when two sets are the same memory. A socket counts once in a set. */
static ULONG answer(const struct poll_entry *entries, ULONG count, fd_set *set, enum poll_set which)
{
    u_int kept = 0;

    for (ULONG i = 0; i < count; i++) {
        if (poll_set_has(which, entries[i].found) && !listed(set, kept, entries[i].s))
            set->fd_array[kept++] = entries[i].s;
    }
    if (set)
        set->fd_count = kept;
    return kept;
}

/* A socket that was closed meanwhile makes a read set's member readable; anywhere else it is an error. */
static BOOL closed(const struct poll_entry *entries, ULONG count)
{
    for (ULONG i = 0; i < count; i++) {
        if (entries[i].found & AFD_POLL_CLOSE)
            return TRUE;
    }
    return FALSE;
}

static int timeout_of(const struct timeval *tv, LONGLONG *timeout)
{
    *timeout = POLL_FOREVER;
    if (!tv)
        return 0;
    if (tv->tv_sec < 0 || tv->tv_usec < 0)
        return WSAEINVAL;
    *timeout = (LONGLONG)tv->tv_sec * 10000000 + (LONGLONG)tv->tv_usec * 10;
    return 0;
}

int WSPAPI WSPSelect(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                     const PTIMEVAL timeout, LPINT lp_errno)
{
    struct poll_entry few[FEW], *entries = few;
    ULONG reads = members(readfds), writes = members(writefds), excepts = members(exceptfds);
    ULONG ready = 0, count = reads + writes + excepts;
    LONGLONG wait;
    int err = timeout_of(timeout, &wait);

    (void)nfds;
    if (!err && !count)
        err = WSAEINVAL;
    if (err)
        return spi_fail(lp_errno, err);
    if (count > FEW)
        entries = malloc(count * sizeof *entries);
    if (!entries)
        return spi_fail(lp_errno, WSAENOBUFS);

    ask(entries, readfds, POLL_SET_READ);
    ask(entries + reads, writefds, POLL_SET_WRITE);
    ask(entries + reads + writes, exceptfds, POLL_SET_EXCEPT);
    err = poll_wait(entries, count, wait);
    if (!err && closed(entries + reads, writes + excepts))
        err = WSAENOTSOCK;
    if (!err) {
        ready += answer(entries, reads, readfds, POLL_SET_READ);
        ready += answer(entries + reads, writes, writefds, POLL_SET_WRITE);
        ready += answer(entries + reads + writes, excepts, exceptfds, POLL_SET_EXCEPT);
    }
    if (entries != few)
        free(entries);
    return err ? spi_fail(lp_errno, err) : (int)ready;
}
