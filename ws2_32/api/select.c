/* SPDX-License-Identifier: MIT */
/*
 * select(). If one provider function serves all the sockets, it gets the caller's sets as they are, so a layer sees the call.
 * If not, the sockets' base handles are asked for, which is what Windows does when layers are installed (spi.md 3.10): a layer
 * that has to see select answers SIO_BSP_HANDLE_SELECT with its own handle, all others let the base's through.
 */
#include <mswsock.h>
#include <stdlib.h>
#include <string.h>

#include "ws2_32/api/groups.h"
#include "ws2_32/api/wait.h"
#include "ws2_32/core/call.h"

enum { SETS = 3 };

int WSAAPI __WSAFDIsSet(SOCKET s, fd_set *set)
{
    for (u_int i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == s)
            return TRUE;
    return FALSE;
}

/* One member of one of the caller's sets. */
struct member {
    SOCKET s;      /* as the caller knows it */
    SOCKET handle; /* as its provider is asked about it */
    int set, group;
    BOOL ready;
};

struct sets {
    fd_set *set[SETS]; /* the caller's, may be NULL; of any fd_count */
    struct member *member;
    size_t count;
    struct groups groups;
    LPWSPSELECT select[GROUPS_MAX];
};

static fd_set *set_new(size_t count)
{
    return malloc(offsetof(fd_set, fd_array) + (count ? count : 1) * sizeof(SOCKET));
}

static int add_to_group(struct sets *all, struct member *m, const struct provider *p)
{
    m->group = groups_add(&all->groups, (void (*)(void))p->proc.lpWSPSelect);
    if (m->group < 0)
        return WSAEINVAL;
    all->select[m->group] = p->proc.lpWSPSelect;
    return 0;
}

/* Lists the members and finds who owns each. */
static int collect(struct sets *all)
{
    struct member *m;
    struct provider *p;
    int err;

    for (int k = 0; k < SETS; k++)
        all->count += all->set[k] ? all->set[k]->fd_count : 0;
    if (!all->count)
        return WSAEINVAL; /* nobody to ask */
    all->member = calloc(all->count, sizeof *all->member);
    if (!all->member)
        return WSAENOBUFS;

    m = all->member;
    for (int k = 0; k < SETS; k++)
        for (u_int i = 0; all->set[k] && i < all->set[k]->fd_count; i++, m++) {
            m->s = m->handle = all->set[k]->fd_array[i];
            m->set = k;
            err = call_owner(m->s, &p);
            if (!err)
                err = add_to_group(all, m, p);
            if (err)
                return err;
        }
    return 0;
}

/* The handle that stands for `s` in a select, and its owner; `s` itself if there is no other that we know. */
static SOCKET translate(SOCKET s, struct provider **p)
{
    SOCKET handle = INVALID_SOCKET;
    struct provider *owner;
    DWORD bytes;
    int err;

    if ((*p)->proc.lpWSPIoctl(s, SIO_BSP_HANDLE_SELECT, NULL, 0, &handle, sizeof handle, &bytes,
                              NULL, NULL, NULL, &err) ||
        handle == s || handle == INVALID_SOCKET)
        return s;
    /* A handle that came through an IFS layer has that layer as owner; the base is who registered it first. */
    if (call_owner(handle, &owner))
        return s;
    *p = owner;
    return handle;
}

/* The base provider under `s`, when `s` is an IFS handle all the way down: the handle is then the base's own. */
static struct provider *base_of(SOCKET s)
{
    struct socket_entry *e = sockets_find(s);

    if (!e || e->kind != SOCKET_IFS || e->base == e->provider ||
        provider_start_id(e->base, e->base_id))
        return NULL;
    return e->base;
}

static int regroup(struct sets *all)
{
    memset(&all->groups, 0, sizeof all->groups);
    for (size_t i = 0; i < all->count; i++) {
        struct member *m = &all->member[i];
        struct provider *base, *p;
        int err = call_owner(m->s, &p);

        if (err)
            return err;
        m->handle = translate(m->s, &p);
        base = base_of(m->handle);
        err = add_to_group(all, m, base ? base : p);
        if (err)
            return err;
    }
    return 0;
}

/* Asks one group; marks who is ready. Returns how many, or SOCKET_ERROR with *err. */
static int ask_group(struct sets *all, int group, const struct timeval *timeout, int *err)
{
    fd_set *asked[SETS] = { 0 };
    int result = SOCKET_ERROR;

    for (int k = 0; k < SETS; k++) {
        asked[k] = set_new(all->count);
        if (!asked[k]) {
            *err = WSAENOBUFS;
            goto out;
        }
        asked[k]->fd_count = 0;
    }
    for (size_t i = 0; i < all->count; i++) {
        struct member *m = &all->member[i];
        fd_set *to = asked[m->set];

        if (m->group == group)
            to->fd_array[to->fd_count++] = m->handle;
    }
    result = all->select[group](0, asked[0], asked[1], asked[2], (const PTIMEVAL)timeout, err);
    for (size_t i = 0; result > 0 && i < all->count; i++) {
        struct member *m = &all->member[i];

        if (m->group == group)
            m->ready = __WSAFDIsSet(m->handle, asked[m->set]);
    }
out:
    for (int k = 0; k < SETS; k++)
        free(asked[k]);
    return result;
}

static DWORD ms_of(const struct timeval *timeout)
{
    ULONGLONG ms;

    if (!timeout)
        return INFINITE;
    ms = (ULONGLONG)timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000;
    return ms < INFINITE ? ms : INFINITE - 1;
}

static int ask_in_turn(struct sets *all, const struct timeval *timeout, int *err)
{
    static const struct timeval now = { 0, 0 };
    struct wait w;

    wait_begin(&w, ms_of(timeout));
    do {
        int found = 0;

        for (size_t g = 0; g < all->groups.count; g++) {
            int result = ask_group(all, g, &now, err);

            if (result == SOCKET_ERROR)
                return SOCKET_ERROR;
            found += result;
        }
        if (found)
            return found;
    } while (wait_next(&w));
    return 0;
}

/* Leaves in the caller's sets what is ready, in the caller's order; returns how many that are. */
static int report(struct sets *all)
{
    int count = 0;

    for (int k = 0; k < SETS; k++)
        if (all->set[k])
            all->set[k]->fd_count = 0;
    for (size_t i = 0; i < all->count; i++) {
        struct member *m = &all->member[i];

        if (m->ready) {
            all->set[m->set]->fd_array[all->set[m->set]->fd_count++] = m->s;
            count++;
        }
    }
    return count;
}

static int select_mixed(struct sets *all, const struct timeval *timeout, int *err)
{
    int result;

    *err = regroup(all);
    if (*err)
        return SOCKET_ERROR;
    if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
        *err = WSAEINVAL;
        return SOCKET_ERROR;
    }
    if (all->groups.count == 1)
        result = ask_group(all, 0, timeout, err);
    else
        result = ask_in_turn(all, timeout, err);
    return result == SOCKET_ERROR ? SOCKET_ERROR : report(all);
}

int WSAAPI select(int ignored, fd_set *read, fd_set *write, fd_set *except,
                  const PTIMEVAL timeout)
{
    struct sets all = { .set = { read, write, except } };
    int result = SOCKET_ERROR;
    struct call c;
    int err = call_enter(&c);

    if (err)
        return api_fail(err);
    c.err = collect(&all);
    if (!c.err && all.groups.count == 1)
        result = all.select[0](ignored, read, write, except, timeout, &c.err);
    else if (!c.err)
        result = select_mixed(&all, timeout, &c.err);
    free(all.member);
    return call_end(&c, result);
}
