/* SPDX-License-Identifier: MIT */
/*
 * WSAConnectByName and WSAConnectByList: one connect() after the other until one succeeds. As documented, the time
 * limit is looked at between two attempts; a non-blocking socket is waited for within it.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/text_pe.h"

struct attempt {
    SOCKET s;
    bool timed;
    ULONGLONG deadline; /* of GetTickCount64, if timed */
};

/* Where the program wants the addresses of the connection; either pair may be NULL. */
struct ends {
    DWORD *local_bytes;
    struct sockaddr *local;
    DWORD *remote_bytes;
    struct sockaddr *remote;
};

static struct attempt attempt_for(SOCKET s, const struct timeval *timeout)
{
    struct attempt a = {s, timeout != NULL, 0};

    if (timeout)
        a.deadline = GetTickCount64() + (ULONGLONG)timeout->tv_sec * 1000 + (timeout->tv_usec + 999) / 1000;
    return a;
}

static bool is_late(const struct attempt *a, ULONGLONG *left)
{
    ULONGLONG now = GetTickCount64();

    *left = a->timed && a->deadline > now ? a->deadline - now : 0;
    return a->timed && !*left;
}

static int wait_connected(const struct attempt *a)
{
    fd_set done = {1, {a->s}}, failed = {1, {a->s}};
    struct timeval limit;
    ULONGLONG left;
    int err = 0, err_bytes = sizeof err, ready;

    if (is_late(a, &left))
        return WSAETIMEDOUT;
    limit.tv_sec = (long)(left / 1000);
    limit.tv_usec = (long)(left % 1000 * 1000);
    ready = select(0, NULL, &done, &failed, a->timed ? &limit : NULL);
    if (ready < 0)
        return WSAGetLastError();
    if (!ready)
        return WSAETIMEDOUT;
    if (getsockopt(a->s, SOL_SOCKET, SO_ERROR, (char *)&err, &err_bytes))
        return WSAGetLastError();
    return err;
}

static int try_one(const struct attempt *a, const struct sockaddr *to, int to_bytes)
{
    int err;

    if (!connect(a->s, to, to_bytes))
        return 0;
    err = WSAGetLastError();
    return err == WSAEWOULDBLOCK ? wait_connected(a) : err;
}

static int report(SOCKET s, const struct ends *e)
{
    if (e->local && e->local_bytes && getsockname(s, e->local, (int *)e->local_bytes))
        return WSAGetLastError();
    if (e->remote && e->remote_bytes && getpeername(s, e->remote, (int *)e->remote_bytes))
        return WSAGetLastError();
    return 0;
}

/* The socket's family, and whether it is an IPv6 one that takes mapped IPv4 addresses. */
static int family_of(SOCKET s, int *family, bool *mapped)
{
    WSAPROTOCOL_INFOW info;
    int info_bytes = sizeof info, only = 1, only_bytes = sizeof only;

    if (getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &info_bytes))
        return WSAGetLastError();
    *family = info.iAddressFamily;
    *mapped = *family == AF_INET6 && !getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&only, &only_bytes) && !only;
    return 0;
}

static int check(SOCKET s, const struct timeval *timeout, const void *reserved, int *family, bool *mapped)
{
    int err = startup_check();

    if (err)
        return err;
    if (s == INVALID_SOCKET)
        return WSAENOTSOCK;
    if (reserved || (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
        return WSAEINVAL;
    return family_of(s, family, mapped);
}

static int connect_by_name(SOCKET s, const wchar_t *node, const wchar_t *service, const struct ends *ends,
                           const struct timeval *timeout, const void *reserved)
{
    ADDRINFOW hints = {.ai_socktype = SOCK_STREAM}, *list;
    struct attempt a = attempt_for(s, timeout);
    ULONGLONG left;
    bool mapped = false;
    int err = check(s, timeout, reserved, &hints.ai_family, &mapped);

    if (err)
        return err;
    if (mapped)
        hints.ai_flags = AI_V4MAPPED | AI_ALL;
    err = GetAddrInfoW(node, service, &hints, &list);
    if (err)
        return err;
    err = WSAEHOSTUNREACH;
    for (ADDRINFOW *i = list; err && i; i = i->ai_next) {
        err = try_one(&a, i->ai_addr, (int)i->ai_addrlen);
        if (err && is_late(&a, &left)) {
            err = WSAETIMEDOUT;
            break;
        }
    }
    FreeAddrInfoW(list);
    return err ? err : report(s, ends);
}

static int bad_argument(void)
{
    int err = startup_check();

    return err ? err : WSAEINVAL;
}

static BOOL result(int err)
{
    WSASetLastError(err);
    return !err;
}

BOOL PASCAL WSAConnectByNameW(SOCKET s, LPWSTR node, LPWSTR service, LPDWORD local_bytes, LPSOCKADDR local,
                              LPDWORD remote_bytes, LPSOCKADDR remote, const PTIMEVAL timeout, LPWSAOVERLAPPED reserved)
{
    struct ends ends = {local_bytes, local, remote_bytes, remote};

    if (text_is_bad(node) || text_is_bad(service))
        return result(bad_argument());
    return result(connect_by_name(s, node, service, &ends, timeout, reserved));
}

static wchar_t *widen(const char *ansi)
{
    char *utf8 = text_from_ansi(ansi);
    wchar_t *wide = utf8 ? text_to_wide(utf8) : NULL;

    free(utf8);
    return wide;
}

BOOL PASCAL WSAConnectByNameA(SOCKET s, LPSTR node, LPSTR service, LPDWORD local_bytes, LPSOCKADDR local,
                              LPDWORD remote_bytes, LPSOCKADDR remote, const PTIMEVAL timeout, LPWSAOVERLAPPED reserved)
{
    struct ends ends = {local_bytes, local, remote_bytes, remote};
    wchar_t *wide_node, *wide_service;
    int err = WSAENOBUFS;

    if (text_is_bad(node) || text_is_bad(service))
        return result(bad_argument());
    wide_node = widen(node);
    wide_service = widen(service);
    if (wide_node && wide_service)
        err = connect_by_name(s, wide_node, wide_service, &ends, timeout, reserved);
    free(wide_node);
    free(wide_service);
    return result(err);
}

static int connect_by_list(SOCKET s, const SOCKET_ADDRESS_LIST *list, const struct ends *ends,
                           const struct timeval *timeout, const void *reserved)
{
    struct attempt a = attempt_for(s, timeout);
    ULONGLONG left;
    bool mapped;
    int family, err = check(s, timeout, reserved, &family, &mapped);

    if (err)
        return err;
    if (text_is_bad(list) || list->iAddressCount <= 0)
        return WSAEINVAL;
    for (int i = 0; i < list->iAddressCount; i++) /* IPv4 through an IPv6 socket: the caller maps it (documented) */
        if (text_is_bad(list->Address[i].lpSockaddr) || list->Address[i].lpSockaddr->sa_family != family)
            return WSAEINVAL;

    err = WSAEHOSTUNREACH;
    for (int i = 0; err && i < list->iAddressCount; i++) {
        err = try_one(&a, list->Address[i].lpSockaddr, list->Address[i].iSockaddrLength);
        if (err && is_late(&a, &left))
            return WSAETIMEDOUT;
    }
    return err ? err : report(s, ends);
}

BOOL PASCAL WSAConnectByList(SOCKET s, PSOCKET_ADDRESS_LIST list, LPDWORD local_bytes, LPSOCKADDR local,
                             LPDWORD remote_bytes, LPSOCKADDR remote, const PTIMEVAL timeout, LPWSAOVERLAPPED reserved)
{
    struct ends ends = {local_bytes, local, remote_bytes, remote};

    return result(connect_by_list(s, list, &ends, timeout, reserved));
}
