/* SPDX-License-Identifier: MIT */
#include "net.h"
#include <string.h>

int addr_len(int af)
{
    return af == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

union addr loopback(int af, unsigned short port)
{
    union addr a;

    memset(&a, 0, sizeof a);
    a.sa.sa_family = af;
    if (af == AF_INET6) {
        a.v6.sin6_port = htons(port);
        a.v6.sin6_addr.s6_addr[15] = 1;
    } else {
        a.v4.sin_port = htons(port);
        a.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    return a;
}

static SOCKET socket_or_end(int af, int type)
{
    SOCKET s = socket(af, type, 0);

    if (s == INVALID_SOCKET && af == AF_INET6 && WSAGetLastError() == WSAEAFNOSUPPORT)
        skip("this host has no IPv6");
    NEED(s != INVALID_SOCKET);
    return s;
}

SOCKET tcp_new(int af)
{
    return socket_or_end(af, SOCK_STREAM);
}

SOCKET udp_new(int af)
{
    return socket_or_end(af, SOCK_DGRAM);
}

void bind_any_port(SOCKET s, int af, union addr *at)
{
    union addr a = loopback(af, 0);
    int len = sizeof a;

    NEED_OK(bind(s, &a.sa, addr_len(af)));
    NEED_OK(getsockname(s, &a.sa, &len));
    NEED(len == addr_len(af));
    if (at)
        *at = a;
}

SOCKET tcp_listen(int af, union addr *at)
{
    SOCKET s = tcp_new(af);

    bind_any_port(s, af, at);
    NEED_OK(listen(s, SOMAXCONN));
    return s;
}

SOCKET udp_bound(int af, union addr *at)
{
    SOCKET s = udp_new(af);

    bind_any_port(s, af, at);
    return s;
}

void tcp_pair(int af, SOCKET pair[2])
{
    union addr at;
    SOCKET listener = tcp_listen(af, &at);

    pair[0] = tcp_new(af);
    NEED_OK(connect(pair[0], &at.sa, addr_len(af)));
    pair[1] = accept(listener, NULL, NULL);
    NEED(pair[1] != INVALID_SOCKET);
    NEED_OK(closesocket(listener));
}

void udp_pair(int af, SOCKET pair[2])
{
    union addr a, b;

    pair[0] = udp_bound(af, &a);
    pair[1] = udp_bound(af, &b);
    NEED_OK(connect(pair[0], &b.sa, addr_len(af)));
    NEED_OK(connect(pair[1], &a.sa, addr_len(af)));
}

void set_nonblocking(SOCKET s, int on)
{
    u_long value = on;

    NEED_OK(ioctlsocket(s, FIONBIO, &value));
}

void send_all(SOCKET s, const void *data, int n)
{
    const char *p = data;

    while (n > 0) {
        int sent = send(s, p, n, 0);

        NEED(sent > 0);
        p += sent;
        n -= sent;
    }
}

int recv_all(SOCKET s, void *buf, int n)
{
    int have = 0;

    while (have < n) {
        int got = recv(s, (char *)buf + have, n - have, 0);

        NEED(got >= 0);
        if (got == 0)
            break;
        have += got;
    }
    return have;
}

int wait_readable(SOCKET s)
{
    struct timeval limit = { 10, 0 };
    fd_set set;

    FD_ZERO(&set);
    FD_SET(s, &set);
    return select(0, &set, NULL, NULL, &limit) == 1;
}

void reset_connection(SOCKET s)
{
    struct linger hard = { 1, 0 };

    NEED_OK(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard));
    NEED_OK(closesocket(s));
}

static unsigned char pattern_at(size_t i, unsigned seed)
{
    return (unsigned char)((i * 131 + (i >> 8) * 17 + (i >> 16) * 7) ^ seed);
}

void pattern_fill(void *buf, size_t n, unsigned seed)
{
    unsigned char *p = buf;

    for (size_t i = 0; i < n; i++)
        p[i] = pattern_at(i, seed);
}

int pattern_check(const void *buf, size_t n, unsigned seed)
{
    const unsigned char *p = buf;

    for (size_t i = 0; i < n; i++)
        if (p[i] != pattern_at(i, seed))
            return check_fail(__FILE__, __LINE__, "pattern: byte %zu of %zu is 0x%02x, expected 0x%02x", i, n, p[i],
                              pattern_at(i, seed));
    return 1;
}

static void CALLBACK set_event(ULONG_PTR event)
{
    SetEvent((HANDLE)event);
}

void tell_wait(HANDLE event)
{
    QueueUserAPC(set_event, GetCurrentThread(), (ULONG_PTR)event);
}

HANDLE thread_start(DWORD(WINAPI *run)(void *), void *arg)
{
    HANDLE thread = CreateThread(NULL, 0, run, arg, 0, NULL);

    NEED(thread != NULL);
    return thread;
}

DWORD thread_join(HANDLE thread)
{
    DWORD code = 0;

    NEED(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

void *extension(SOCKET s, GUID id)
{
    void *f = NULL;
    DWORD n = 0;

    NEED_OK(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &f, sizeof f, &n, NULL, NULL));
    CHECK_INT(n, sizeof f);
    NEED(f != NULL);
    return f;
}
