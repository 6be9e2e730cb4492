/* SPDX-License-Identifier: MIT */
/* An echo server on completion routines: one thread that sleeps alertably; everything happens in its APCs. */
#include "bench.h"
#include "serve.h"
#include <stdlib.h>

struct connection {
    OVERLAPPED ov;
    SOCKET s;
    int sending;
    char data[4096];
};

static int live;

static void start(struct connection *c, DWORD length);

static void CALLBACK done(DWORD err, DWORD bytes, OVERLAPPED *ov, DWORD flags)
{
    struct connection *c = (struct connection *)ov;

    (void)flags;
    if (err || (!c->sending && !bytes)) {
        closesocket(c->s);
        live--;
        return;
    }
    c->sending = !c->sending;
    start(c, bytes);
}

static void start(struct connection *c, DWORD length)
{
    WSABUF buf = { c->sending ? length : sizeof c->data, c->data };
    DWORD flags = 0, bytes;
    int result = c->sending ? WSASend(c->s, &buf, 1, &bytes, 0, &c->ov, done)
                            : WSARecv(c->s, &buf, 1, &bytes, &flags, &c->ov, done);

    if (result && WSAGetLastError() != WSA_IO_PENDING) {
        closesocket(c->s);
        live--;
    }
}

void serve(SOCKET listener, int argc, char **argv)
{
    SOCKET *sockets = serve_accept_all(listener, argc, argv, &live);
    struct connection *all = calloc((size_t)live, sizeof *all);
    int count = live;

    if (!all)
        bench_refuse("no memory");
    for (int i = 0; i < count; i++) {
        all[i].s = sockets[i];
        start(&all[i], 0);
    }
    while (live)
        SleepEx(INFINITE, TRUE);
}
