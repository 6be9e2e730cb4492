/* SPDX-License-Identifier: MIT */
/*
 * WSAPoll(). As with select(): if one provider function serves all the sockets, it is asked as the program asks, with
 * SIO_EXT_POLL, which a layer sees; else the handles that SIO_BSP_HANDLE_POLL gives are asked about.
 */
#include <mswsock.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ws2_32/api/groups.h"
#include "ws2_32/api/wait.h"
#include "ws2_32/core/call.h"

typedef int(WSAAPI *poll_function)(LPWSAPOLLFD, ULONG, INT);

static const GUID poll_id = { 0x18c76f85, 0xdc66, 0x4964, { 0x97, 0x2e, 0x23, 0xc2, 0x72, 0x38, 0x31, 0x2b } };

enum { POLL_MOST = 0x1000000 }; /* more than a process can have handles */

struct item {
    SOCKET handle; /* as its provider is asked about it */
    int group;     /* -1: not a socket */
};

struct polled {
    WSAPOLLFD *fd; /* the caller's */
    ULONG count;
    struct item *item;
    struct groups groups;
    const struct provider *provider[GROUPS_MAX];
    SOCKET any[GROUPS_MAX]; /* a socket of the group, to send the ioctl to */
};

static int add_to_group(struct polled *all, struct item *item, const struct provider *p)
{
    item->group = groups_add(&all->groups, (void (*)(void))p->proc.lpWSPIoctl);
    if (item->group < 0)
        return WSAEINVAL;
    all->provider[item->group] = p;
    all->any[item->group] = item->handle;
    return 0;
}

/* The base provider under an IFS handle, else its owner. */
static int find_base(SOCKET s, struct provider **p)
{
    struct socket_entry *e = sockets_find(s);

    if (e && e->kind == SOCKET_IFS && e->base != e->provider) {
        *p = e->base;
        return provider_start_id(e->base, e->base_id);
    }
    return call_owner(s, p);
}

static SOCKET translate(SOCKET s, const struct provider *p)
{
    SOCKET handle = INVALID_SOCKET;
    struct provider *owner;
    DWORD bytes;
    int err;

    if (p->proc.lpWSPIoctl(s, SIO_BSP_HANDLE_POLL, NULL, 0, &handle, sizeof handle, &bytes, NULL,
                           NULL, NULL, &err) ||
        handle == INVALID_SOCKET || call_owner(handle, &owner))
        return s;
    return handle;
}

/* Finds the owner of each socket; with `bases`, its base handle and who has that. */
static int collect(struct polled *all, BOOL bases)
{
    memset(&all->groups, 0, sizeof all->groups);
    for (ULONG i = 0; i < all->count; i++) {
        struct item *item = &all->item[i];
        struct provider *p;
        int err;

        item->group = -1;
        item->handle = all->fd[i].fd;
        err = call_owner(item->handle, &p);
        if (err == WSAENOTSOCK)
            continue;
        if (!err && bases) {
            item->handle = translate(item->handle, p);
            err = find_base(item->handle, &p);
        }
        if (!err)
            err = add_to_group(all, item, p);
        if (err)
            return err;
    }
    return 0;
}

/* The two forms in which providers offer it. */
static int ask(const struct provider *p, SOCKET any, WSAPOLLDATA *data, DWORD data_bytes, int *err)
{
    poll_function poll = NULL;
    GUID id = poll_id;
    DWORD bytes;
    int result;

    *err = 0;
    if (!p->proc.lpWSPIoctl(any, SIO_EXT_POLL, data, data_bytes, data, data_bytes, &bytes, NULL,
                            NULL, NULL, err))
        return data->result;
    if (p->proc.lpWSPIoctl(any, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &poll,
                           sizeof poll, &bytes, NULL, NULL, NULL, &result) ||
        !poll)
        return SOCKET_ERROR; /* with what SIO_EXT_POLL said */
    result = poll(data->fdArray, data->fds, data->timeout);
    if (result == SOCKET_ERROR)
        *err = GetLastError();
    return result;
}

/* Asks about one group and takes over its revents. Returns how many have any. */
static int ask_group(struct polled *all, int group, int timeout, int *err)
{
    DWORD bytes = offsetof(WSAPOLLDATA, fdArray) + all->count * sizeof(WSAPOLLFD);
    WSAPOLLDATA *data = calloc(1, bytes);
    int result;

    if (!data) {
        *err = WSAENOBUFS;
        return SOCKET_ERROR;
    }
    data->timeout = timeout;
    for (ULONG i = 0; i < all->count; i++)
        if (all->item[i].group == group) {
            data->fdArray[data->fds] = all->fd[i];
            data->fdArray[data->fds++].fd = all->item[i].handle;
        }
    bytes = offsetof(WSAPOLLDATA, fdArray) + data->fds * sizeof(WSAPOLLFD);
    result = ask(all->provider[group], all->any[group], data, bytes, err);

    for (ULONG i = 0, k = 0; result != SOCKET_ERROR && i < all->count; i++)
        if (all->item[i].group == group)
            all->fd[i].revents = data->fdArray[k++].revents;
    free(data);
    return result;
}

static int ask_in_turn(struct polled *all, int timeout, int *err)
{
    struct wait w;

    wait_begin(&w, timeout < 0 ? INFINITE : (DWORD)timeout);
    do {
        int found = 0;

        for (size_t g = 0; g < all->groups.count; g++) {
            int result = ask_group(all, g, 0, err);

            if (result == SOCKET_ERROR)
                return SOCKET_ERROR;
            found += result;
        }
        if (found)
            return found;
    } while (wait_next(&w));
    return 0;
}

/* What is no socket, INVALID_SOCKET included, is POLLNVAL and is not counted (measured on Windows: wine-afd.md 3.11). */
static void mark_strangers(struct polled *all)
{
    for (ULONG i = 0; i < all->count; i++)
        if (all->item[i].group < 0)
            all->fd[i].revents = POLLNVAL;
}

static int poll_all(struct polled *all, int timeout, int *err)
{
    int result;

    *err = collect(all, FALSE);
    if (!*err && all->groups.count > 1)
        *err = collect(all, TRUE);
    if (*err)
        return SOCKET_ERROR;

    if (!all->groups.count) {
        *err = WSAENOTSOCK;
        result = SOCKET_ERROR;
    } else if (all->groups.count == 1) {
        result = ask_group(all, 0, timeout, err);
    } else {
        result = ask_in_turn(all, timeout, err);
    }
    if (result != SOCKET_ERROR || *err == WSAENOTSOCK)
        mark_strangers(all);
    else
        for (ULONG i = 0; i < all->count; i++)
            all->fd[i].revents = 0;
    return result;
}

int WSAAPI WSAPoll(LPWSAPOLLFD fds, ULONG count, INT timeout)
{
    struct polled all = { .fd = fds, .count = count };
    int result = SOCKET_ERROR;
    struct call c;
    int err = call_enter(&c);

    if (err)
        return api_fail(err);
    if (!count)
        c.err = WSAEINVAL;
    else if (count > POLL_MOST)
        c.err = WSAENOBUFS;
    else if (IsBadWritePtr(fds, count * sizeof *fds))
        c.err = WSAEFAULT;
    else if (!(all.item = calloc(count, sizeof *all.item)))
        c.err = WSAENOBUFS;
    else
        result = poll_all(&all, timeout, &c.err);
    free(all.item);
    return call_end(&c, result);
}
