/* SPDX-License-Identifier: MIT */
#include "namespace/dns/net_pe.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/lock.h"

static int wait_for(SOCKET s, bool writing, unsigned wait_ms)
{
    fd_set ready = {1, {s}}, failed = {1, {s}};
    struct timeval limit = {(long)(wait_ms / 1000), (long)(wait_ms % 1000 * 1000)};
    int count = select(0, writing ? NULL : &ready, writing ? &ready : NULL, &failed, &limit);

    return count < 0 ? WSAGetLastError() : count ? 0 : WSAETIMEDOUT;
}

static int finish_connect(SOCKET s, unsigned wait_ms)
{
    int err = wait_for(s, true, wait_ms), so_error = 0, bytes = sizeof so_error;

    if (!err && getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&so_error, &bytes))
        err = WSAGetLastError();
    return err ? err : so_error;
}

/*
 * Each connection is a new socket that the system gives a port when it is connected: Linux and Windows choose it at random.
 * A connected datagram socket takes nothing from other senders, and hears at once that nobody listens there.
 */
static int net_open(const struct dns_net *net, const struct dns_server *to, bool tcp, unsigned wait_ms, void **conn)
{
    const struct sockaddr *sa = (const struct sockaddr *)to->sockaddr;
    SOCKET s = WSASocketW(sa->sa_family, tcp ? SOCK_STREAM : SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    u_long on = 1;
    int err = 0;

    (void)net;
    if (s == INVALID_SOCKET)
        return WSAGetLastError();
    if (ioctlsocket(s, FIONBIO, &on) || connect(s, sa, (int)addr_bytes(sa->sa_family)))
        err = WSAGetLastError();
    if (err == WSAEWOULDBLOCK)
        err = finish_connect(s, wait_ms);
    if (err) {
        closesocket(s);
        return err;
    }
    *conn = (void *)s;
    return 0;
}

static int net_send(const struct dns_net *net, void *conn, const void *bytes, size_t len)
{
    (void)net;
    return send((SOCKET)conn, bytes, (int)len, 0) == (int)len ? 0 : WSAGetLastError() ? WSAGetLastError() : WSAENOBUFS;
}

static int net_recv(const struct dns_net *net, void *conn, unsigned wait_ms, void *buf, size_t cap, size_t *len,
                    struct dns_server *from)
{
    SOCKET s = (SOCKET)conn;
    int got, from_bytes = sizeof from->sockaddr, err = wait_for(s, false, wait_ms);

    (void)net;
    if (err)
        return err;
    memset(from, 0, sizeof *from);
    got = recvfrom(s, buf, (int)cap, 0, (struct sockaddr *)from->sockaddr, &from_bytes);
    if (got < 0)
        return WSAGetLastError();
    *len = (size_t)got;
    return 0;
}

static void net_close(const struct dns_net *net, void *conn)
{
    (void)net;
    closesocket((SOCKET)conn);
}

static uint64_t net_now(const struct dns_net *net)
{
    (void)net;
    return GetTickCount64();
}

/*
 * RtlGenRandom(), by the name that it is exported by. advapi32 and what it needs are three DLLs, which no program is to load
 * for a question that it may never ask.
 */
typedef BOOLEAN(WINAPI *generator)(void *bytes, ULONG count);

static generator find_generator(void)
{
    static generator volatile found;
    HMODULE module;

    if (!found) {
        module = LoadLibraryW(L"advapi32.dll");
        if (module)
            found = (generator)(void *)GetProcAddress(module, "SystemFunction036");
    }
    return found;
}

/* The system's generator costs a trip to the wineserver under Wine, so its bytes are fetched in stock. */
static bool net_random(const struct dns_net *net, void *bytes, size_t len)
{
    static struct lock lock;
    static uint8_t stock[256]; /* guarded by lock */
    static size_t left;        /* guarded by lock */
    generator generate = find_generator();
    bool ok = true;

    (void)net;
    lock_take(&lock);
    if (left < len) {
        ok = generate && generate(stock, sizeof stock);
        left = ok ? sizeof stock : 0;
    }
    if (ok) {
        left -= len;
        memcpy(bytes, stock + left, len);
        SecureZeroMemory(stock + left, len);
    }
    lock_drop(&lock);
    return ok;
}

const struct dns_net dns_net_winsock = {
    .open = net_open, .send = net_send, .recv = net_recv, .close = net_close, .now_ms = net_now, .random = net_random};
