/* SPDX-License-Identifier: MIT */
/*
 * wsock32.dll: what Winsock 1.1 programs see differently from 2.x ones. All else in wsock32.def is a forward.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

int WSAAPI wsock32_getsockopt(SOCKET s, int level, int option, char *value, int *value_bytes);
int WSAAPI wsock32_setsockopt(SOCKET s, int level, int option, const char *value, int value_bytes);
int WSAAPI wsock32_recv(SOCKET s, char *buf, int bytes, int flags);
int WSAAPI wsock32_recvfrom(SOCKET s, char *buf, int bytes, int flags, struct sockaddr *from, int *from_bytes);
DWORD WINAPI wsock32_WsControl(DWORD protocol, DWORD action, LPVOID in, LPDWORD in_bytes, LPVOID out, LPDWORD out_bytes);

/* The IP options have other numbers in 1.1 (spi.md 9.6); above 9 they are the same. */
static int option_of_2(int level, int option)
{
    static const unsigned char renumbered[] = {
        [2] = IP_MULTICAST_IF,  [3] = IP_MULTICAST_TTL,     [4] = IP_MULTICAST_LOOP,
        [5] = IP_ADD_MEMBERSHIP, [6] = IP_DROP_MEMBERSHIP, [7] = IP_TTL,
        [8] = IP_TOS,           [9] = IP_DONTFRAGMENT,
    };

    if (level != IPPROTO_IP || option < 2 || option >= (int)sizeof renumbered)
        return option;
    return renumbered[option];
}

int WSAAPI wsock32_getsockopt(SOCKET s, int level, int option, char *value, int *value_bytes)
{
    return getsockopt(s, level, option_of_2(level, option), value, value_bytes);
}

int WSAAPI wsock32_setsockopt(SOCKET s, int level, int option, const char *value, int value_bytes)
{
    return setsockopt(s, level, option_of_2(level, option), value, value_bytes);
}

/* A part of a message is an error to 1.1's recv, which cannot say so otherwise; WSARecvEx can. */
static int received(int result, DWORD got, DWORD flags)
{
    if (result)
        return SOCKET_ERROR;
    if (!(flags & MSG_PARTIAL))
        return (int)got;
    WSASetLastError(WSAEMSGSIZE);
    return SOCKET_ERROR;
}

int WSAAPI wsock32_recv(SOCKET s, char *buf, int bytes, int flags)
{
    WSABUF b = {(ULONG)bytes, buf};
    DWORD got = 0, io_flags = (DWORD)flags;
    int result = WSARecv(s, &b, 1, &got, &io_flags, NULL, NULL);

    return received(result, got, io_flags);
}

int WSAAPI wsock32_recvfrom(SOCKET s, char *buf, int bytes, int flags, struct sockaddr *from, int *from_bytes)
{
    WSABUF b = {(ULONG)bytes, buf};
    DWORD got = 0, io_flags = (DWORD)flags;
    int result = WSARecvFrom(s, &b, 1, &got, &io_flags, from, from_bytes, NULL, NULL);

    return received(result, got, io_flags);
}

/* An undocumented way into the TCP/IP driver of Windows 95. */
DWORD WINAPI wsock32_WsControl(DWORD protocol, DWORD action, LPVOID in, LPDWORD in_bytes, LPVOID out, LPDWORD out_bytes)
{
    (void)protocol, (void)action, (void)in, (void)in_bytes, (void)out, (void)out_bytes;
    return WSAEOPNOTSUPP;
}
