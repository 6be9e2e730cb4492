/* SPDX-License-Identifier: MIT */
/* A server that takes connections with AcceptEx, 16 at a time on a completion port, and closes them. */
#include "bench.h"
#include "pair.h"
#include "serve.h"

#define WAITING   16
#define ADDR_ROOM (sizeof(struct sockaddr_in) + 16)

struct accept {
    OVERLAPPED ov;
    SOCKET s;
    char addrs[2 * ADDR_ROOM];
};

static LPFN_ACCEPTEX accept_ex;

static void start(SOCKET listener, struct accept *a)
{
    DWORD bytes;

    a->s = tcp_new();
    if (!accept_ex(listener, a->s, a->addrs, 0, ADDR_ROOM, ADDR_ROOM, &bytes, &a->ov) &&
        WSAGetLastError() != WSA_IO_PENDING)
        bench_fail("AcceptEx");
}

static void load_accept_ex(SOCKET s)
{
    GUID id = WSAID_ACCEPTEX;
    DWORD bytes;

    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &accept_ex, sizeof accept_ex, &bytes,
                 NULL, NULL))
        bench_fail("SIO_GET_EXTENSION_FUNCTION_POINTER");
}

void serve(SOCKET listener, int argc, char **argv)
{
    static struct accept all[WAITING];
    HANDLE port = CreateIoCompletionPort((HANDLE)listener, NULL, 0, 1);

    (void)argc;
    (void)argv;
    if (!port)
        bench_fail("CreateIoCompletionPort");
    load_accept_ex(listener);
    for (int i = 0; i < WAITING; i++)
        start(listener, &all[i]);
    for (;;) {
        struct accept *a;
        OVERLAPPED *ov;
        ULONG_PTR key;
        DWORD bytes;

        if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE))
            bench_fail("AcceptEx, completed");
        a = (struct accept *)ov;
        if (setsockopt(a->s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (const char *)&listener, sizeof listener))
            bench_fail("SO_UPDATE_ACCEPT_CONTEXT");
        close_hard(a->s);
        closesocket(a->s);
        start(listener, a);
    }
}
