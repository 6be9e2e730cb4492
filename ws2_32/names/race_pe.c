/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/race_pe.h"

#include <mswsock.h>

#include "base/addr.h"

_Static_assert(RACE_MAX <= FD_SETSIZE, "one select() for all");

struct race_limit race_limit(const struct timeval *timeout)
{
    struct race_limit l = {timeout != NULL, 0};

    if (timeout)
        l.at = GetTickCount64() + (ULONGLONG)timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000;
    return l;
}

/* Milliseconds; INFINITE without a limit. */
static DWORD left(const struct race_limit *l)
{
    ULONGLONG now = GetTickCount64();

    if (!l->timed)
        return INFINITE;
    if (l->at <= now)
        return 0;
    return l->at - now < INFINITE ? (DWORD)(l->at - now) : INFINITE - 1;
}

static bool is_late(const struct race_limit *l)
{
    return !left(l);
}

/* ---- the program's socket ---- */

static int socket_error(SOCKET s)
{
    int err = 0, err_bytes = sizeof err;

    return getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&err, &err_bytes) ? WSAGetLastError() : err;
}

static int select_error(int ready)
{
    return ready < 0 ? WSAGetLastError() : ready ? 0 : WSAETIMEDOUT;
}

static int wait_connected(SOCKET s, const struct race_limit *l)
{
    fd_set done = {1, {s}}, failed = {1, {s}};
    DWORD ms = left(l);
    struct timeval time = {(long)(ms / 1000), (long)(ms % 1000 * 1000)};
    int err = select_error(select(0, NULL, &done, &failed, l->timed ? &time : NULL));

    return err ? err : socket_error(s);
}

static int connect_plainly(SOCKET s, const SOCKET_ADDRESS *to, const struct race_limit *l)
{
    int err;

    if (!connect(s, to->lpSockaddr, to->iSockaddrLength))
        return 0;
    err = WSAGetLastError();
    return err == WSAEWOULDBLOCK ? wait_connected(s, l) : err;
}

static LPFN_CONNECTEX connect_ex_of(SOCKET s)
{
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX function;
    DWORD bytes;

    return WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function, sizeof function, &bytes, NULL, NULL)
               ? NULL
               : function;
}

/* ConnectEx wants a bound socket. True: it is one now. */
static bool is_bound(SOCKET s, int family)
{
    struct sockaddr_storage any = {.ss_family = (ADDRESS_FAMILY)family};

    return !bind(s, (struct sockaddr *)&any, (int)addr_bytes(family)) || WSAGetLastError() == WSAEINVAL;
}

static int end_of(SOCKET s, HANDLE event, OVERLAPPED *ov, const struct race_limit *l)
{
    DWORD bytes, flags;
    bool late = WaitForSingleObject(event, left(l)) == WAIT_TIMEOUT;

    if (late)
        CancelIoEx((HANDLE)s, ov);
    if (WSAGetOverlappedResult(s, ov, &bytes, TRUE, &flags))
        return 0; /* it may just have made it */
    return late ? WSAETIMEDOUT : WSAGetLastError();
}

/*
 * ConnectEx is what can be given up in time on a socket of any mode. The lowest bit of the event keeps the end out of
 * a completion port that the program has tied the socket to.
 */
static int connect_in_time(LPFN_CONNECTEX connect_ex, SOCKET s, const SOCKET_ADDRESS *to, const struct race_limit *l)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    OVERLAPPED ov = {.hEvent = (HANDLE)((ULONG_PTR)event | 1)};
    int err = 0;

    if (!event)
        return WSAENOBUFS;
    if (!connect_ex(s, to->lpSockaddr, to->iSockaddrLength, NULL, 0, NULL, &ov))
        err = WSAGetLastError();
    if (err == WSA_IO_PENDING)
        err = end_of(s, event, &ov, l);
    CloseHandle(event);
    if (!err && setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0))
        err = WSAGetLastError();
    return err;
}

static int connect_own(const struct race_model *m, const SOCKET_ADDRESS *to, const struct race_limit *l)
{
    LPFN_CONNECTEX connect_ex = NULL;

    if (l->timed && m->info.iSocketType == SOCK_STREAM && is_bound(m->s, m->info.iAddressFamily))
        connect_ex = connect_ex_of(m->s);
    return connect_ex ? connect_in_time(connect_ex, m->s, to, l) : connect_plainly(m->s, to, l);
}

/* ---- the race ---- */

struct field {
    struct race race;
    SOCKET runner[RACE_MAX]; /* INVALID_SOCKET: not running */
};

int race_model(SOCKET s, struct race_model *m)
{
    int info_bytes = sizeof m->info, only = 1, only_bytes = sizeof only;

    m->s = s;
    if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&m->info, &info_bytes))
        return WSAGetLastError();
    m->mapped = m->info.iAddressFamily == AF_INET6 &&
                !getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, &only_bytes) && !only;
    m->local_bytes = sizeof m->local;
    if (getsockname(s, (struct sockaddr *)&m->local, &m->local_bytes))
        m->local_bytes = 0;
    ((struct sockaddr_in *)&m->local)->sin_port = 0; /* IPv6 has it at the same place; the port is the program's socket's */
    return 0;
}

static int runner_new(struct race_model *m, SOCKET *out)
{
    DWORD off = 0;
    u_long yes = 1;
    SOCKET s = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &m->info, 0, WSA_FLAG_OVERLAPPED);
    int err;

    if (s == INVALID_SOCKET)
        return WSAGetLastError();
    if ((m->mapped && setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof off)) ||
        (m->local_bytes && bind(s, (struct sockaddr *)&m->local, m->local_bytes)) || ioctlsocket(s, FIONBIO, &yes)) {
        err = WSAGetLastError();
        closesocket(s);
        return err;
    }
    *out = s;
    return 0;
}

static void leave(struct field *f, int which)
{
    if (f->runner[which] != INVALID_SOCKET)
        closesocket(f->runner[which]);
    f->runner[which] = INVALID_SOCKET;
}

/* 0: it runs, and select() will tell, also if it is there already. */
static int run(struct field *f, struct race_model *m, int which, const SOCKET_ADDRESS *to)
{
    int err = runner_new(m, &f->runner[which]);

    if (err) {
        f->runner[which] = INVALID_SOCKET;
        return err;
    }
    if (!connect(f->runner[which], to->lpSockaddr, to->iSockaddrLength) || WSAGetLastError() == WSAEWOULDBLOCK)
        return 0;
    err = WSAGetLastError();
    leave(f, which);
    return err;
}

static DWORD smaller(DWORD ms, uint64_t other)
{
    return other < ms ? (DWORD)other : ms;
}

/*
 * Until somebody has arrived or failed, the next one may start, or time is up. *arrived is the first of those that have, or
 * RACE_NONE; whoever has failed is out, with the error of the last in *err.
 */
static void watch(struct field *f, const struct race_limit *l, int *arrived, int *err)
{
    DWORD ms = smaller(left(l), race_wait_ms(&f->race, GetTickCount64()));
    struct timeval time = {(long)(ms / 1000), (long)(ms % 1000 * 1000)};
    fd_set done, failed;
    int ready, select_err;

    FD_ZERO(&done);
    FD_ZERO(&failed);
    for (size_t i = 0; i < f->race.started; i++)
        if (f->runner[i] != INVALID_SOCKET) {
            FD_SET(f->runner[i], &done);
            FD_SET(f->runner[i], &failed);
        }
    *arrived = RACE_NONE;
    ready = done.fd_count ? select(0, NULL, &done, &failed, ms == INFINITE ? NULL : &time) : 0;
    select_err = ready < 0 ? WSAGetLastError() : 0; /* WSACleanup, for one: then it is over for all */
    for (size_t i = 0; ready && i < f->race.started; i++) {
        SOCKET s = f->runner[i];

        if (s == INVALID_SOCKET)
            continue;
        if (ready < 0 || FD_ISSET(s, &failed)) {
            *err = select_err ? select_err : socket_error(s);
            leave(f, (int)i);
            race_fail(&f->race, (int)i);
        } else if (*arrived == RACE_NONE && FD_ISSET(s, &done)) {
            *arrived = (int)i;
        }
    }
}

/* The program's socket takes its turn at an address. */
static int take(struct field *f, const struct race_model *m, int which, const SOCKET_ADDRESS *to,
                const struct race_limit *l)
{
    int err;

    leave(f, which);
    err = connect_own(m, to, l);
    if (err)
        race_fail(&f->race, which);
    return err;
}

static int race_to(struct field *f, struct race_model *m, const SOCKET_ADDRESS *to, const struct race_limit *l)
{
    int err = WSAEHOSTUNREACH;

    while (!race_is_lost(&f->race)) {
        int which = race_start(&f->race, GetTickCount64());

        if (which != RACE_NONE && !race_is_alone(&f->race, which)) {
            int run_err = run(f, m, which, &to[which]);

            if (run_err) {
                err = run_err;
                race_fail(&f->race, which);
            }
            continue;
        }
        if (which == RACE_NONE)
            watch(f, l, &which, &err);
        if (which != RACE_NONE) {
            err = take(f, m, which, &to[which], l);
            if (!err)
                return 0;
        }
        if (is_late(l))
            return WSAETIMEDOUT;
    }
    return err;
}

int race_connect(struct race_model *m, const SOCKET_ADDRESS *to, size_t count, const struct race_limit *l)
{
    struct field f;
    int err;

    race_init(&f.race, count, GetTickCount64());
    for (int i = 0; i < RACE_MAX; i++)
        f.runner[i] = INVALID_SOCKET;
    err = race_to(&f, m, to, l);
    for (int i = 0; i < RACE_MAX; i++)
        leave(&f, i);
    return err;
}
