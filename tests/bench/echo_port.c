/* SPDX-License-Identifier: MIT */
/*
 * An echo server on one completion port, served by one thread. A connection always has one operation under way, a
 * receive or a send. With `--skip 1` operations that finish at once are handled at once
 * (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS).
 */
#include "bench.h"
#include "serve.h"
#include <stdlib.h>

struct connection {
    OVERLAPPED ov;
    SOCKET s;
    int sending;
    char data[4096];
};

static int skip;
static int live;

static void end(struct connection *c)
{
    closesocket(c->s);
    live--;
}

/* Starts what comes next; *bytes when it has finished and no packet will tell. */
static int start(struct connection *c, DWORD length, DWORD *bytes)
{
    WSABUF buf = { c->sending ? length : sizeof c->data, c->data };
    DWORD flags = 0;
    int result = c->sending ? WSASend(c->s, &buf, 1, bytes, 0, &c->ov, NULL)
                            : WSARecv(c->s, &buf, 1, bytes, &flags, &c->ov, NULL);

    if (result && WSAGetLastError() != WSA_IO_PENDING) {
        end(c);
        return 0;
    }
    return !result && skip;
}

/* An operation moved `bytes`. */
static void go_on(struct connection *c, DWORD bytes)
{
    do {
        if (!c->sending && !bytes) {
            end(c);
            return;
        }
        c->sending = !c->sending;
    } while (start(c, bytes, &bytes));
}

void serve(SOCKET listener, int argc, char **argv)
{
    const char *skipping = bench_option(argc, argv, "skip");
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    SOCKET *sockets = serve_accept_all(listener, argc, argv, &live);
    struct connection *all = calloc((size_t)live, sizeof *all);
    int count = live;

    skip = skipping && atoi(skipping);
    if (!port || !all)
        bench_refuse("no port or no memory");
    for (int i = 0; i < count; i++) {
        struct connection *c = &all[i];
        DWORD bytes;

        c->s = sockets[i];
        if (!CreateIoCompletionPort((HANDLE)c->s, port, (ULONG_PTR)c, 0))
            bench_fail("CreateIoCompletionPort");
        if (skip && !SetFileCompletionNotificationModes((HANDLE)c->s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
            bench_fail("SetFileCompletionNotificationModes");
        if (start(c, 0, &bytes))
            go_on(c, bytes);
    }
    while (live) {
        OVERLAPPED *ov;
        ULONG_PTR key;
        DWORD bytes;
        BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);

        if (!ov)
            bench_fail("GetQueuedCompletionStatus");
        go_on((struct connection *)key, good ? bytes : 0);
    }
}
