/* SPDX-License-Identifier: MIT */
/* WSAConnectByName and WSAConnectByList: arguments and addresses; race_pe.h connects. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdlib.h>

#include "ws2_32/core/thread.h"
#include "ws2_32/names/race_pe.h"
#include "ws2_32/names/text_pe.h"

/* Where the program wants the addresses of the connection; either pair may be NULL. */
struct ends {
    DWORD *local_bytes;
    struct sockaddr *local;
    DWORD *remote_bytes;
    struct sockaddr *remote;
};

static int report(SOCKET s, const struct ends *e)
{
    if (e->local && e->local_bytes && getsockname(s, e->local, (int *)e->local_bytes))
        return WSAGetLastError();
    if (e->remote && e->remote_bytes && getpeername(s, e->remote, (int *)e->remote_bytes))
        return WSAGetLastError();
    return 0;
}

static int check(SOCKET s, const struct timeval *timeout, const void *reserved, struct race_model *m)
{
    int err = startup_check();

    if (err)
        return err;
    if (s == INVALID_SOCKET)
        return WSAENOTSOCK;
    if (reserved || (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
        return WSAEINVAL;
    return race_model(s, m);
}

static bool is_six(const struct sockaddr *a)
{
    return a->sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

/* The addresses of the list in the order to try them; their number. */
static size_t in_turns(const ADDRINFOW *list, SOCKET_ADDRESS to[RACE_MAX])
{
    const ADDRINFOW *info[RACE_MAX];
    size_t order[RACE_MAX], count = 0;
    bool six[RACE_MAX];

    for (; list && count < RACE_MAX; list = list->ai_next) {
        six[count] = is_six(list->ai_addr);
        info[count++] = list;
    }
    race_interleave(six, count, order);
    for (size_t i = 0; i < count; i++)
        to[i] = (SOCKET_ADDRESS){info[order[i]]->ai_addr, (int)info[order[i]]->ai_addrlen};
    return count;
}

static int connect_by_name(SOCKET s, const wchar_t *node, const wchar_t *service, const struct ends *ends,
                           const struct timeval *timeout, const void *reserved)
{
    ADDRINFOW hints = {.ai_socktype = SOCK_STREAM}, *list;
    struct race_limit l = race_limit(timeout);
    SOCKET_ADDRESS to[RACE_MAX];
    struct race_model m;
    int err = check(s, timeout, reserved, &m);

    if (err)
        return err;
    hints.ai_family = m.info.iAddressFamily;
    if (m.mapped)
        hints.ai_flags = AI_V4MAPPED | AI_ALL;
    err = GetAddrInfoW(node, service, &hints, &list);
    if (err)
        return err;
    err = race_connect(&m, to, in_turns(list, to), &l);
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

/* The list's order is the program's choice and stays. */
static int connect_by_list(SOCKET s, const SOCKET_ADDRESS_LIST *list, const struct ends *ends,
                           const struct timeval *timeout, const void *reserved)
{
    struct race_limit l = race_limit(timeout);
    struct race_model m;
    int err = check(s, timeout, reserved, &m);

    if (err)
        return err;
    if (text_is_bad(list) || list->iAddressCount <= 0)
        return WSAEINVAL;
    for (int i = 0; i < list->iAddressCount; i++) /* IPv4 through an IPv6 socket: the caller maps it (documented) */
        if (text_is_bad(list->Address[i].lpSockaddr) || list->Address[i].lpSockaddr->sa_family != m.info.iAddressFamily)
            return WSAEINVAL;
    err = race_connect(&m, list->Address, (size_t)list->iAddressCount, &l);
    return err ? err : report(s, ends);
}

BOOL PASCAL WSAConnectByList(SOCKET s, PSOCKET_ADDRESS_LIST list, LPDWORD local_bytes, LPSOCKADDR local,
                             LPDWORD remote_bytes, LPSOCKADDR remote, const PTIMEVAL timeout, LPWSAOVERLAPPED reserved)
{
    struct ends ends = {local_bytes, local, remote_bytes, remote};

    return result(connect_by_list(s, list, &ends, timeout, reserved));
}
