/* SPDX-License-Identifier: MIT */
/*
 * What does a layer cost a program that works with a completion port? One connection, a receive and then a send on it overlapped, and
 * both packets taken: the time per completion, with the base provider alone, with a layer that passes everything on (IFS), and with
 * one and two layers that have sockets of their own (non-IFS), which start, hear of and tell every operation anew.
 */
#include "bench.h"
#include "pair.h"
#include <stdio.h>
#include <string.h>

static SOCKET pair[2];
static HANDLE port;

/* The layers of the case's name, from beside this program. */
static void set_layers(int own, int ifs)
{
    char path[MAX_PATH], list[4 * MAX_PATH] = "", *slash;

    GetModuleFileNameA(NULL, path, sizeof path);
    slash = strrchr(path, '\\');
    if (slash)
        *slash = 0;
    for (int i = 1; i <= own; i++)
        sprintf(list + strlen(list), "%s%s\\bench_own%d.dll", *list ? ";" : "", path, i);
    if (ifs)
        sprintf(list + strlen(list), "%s%s\\bench_pass1.dll", *list ? ";" : "", path);
    SetEnvironmentVariableA("WS2KIT_LAYERS", *list ? list : NULL);
}

static void open(const struct bench_case *c)
{
    set_layers((int)c->count, (int)c->size);
    WSACleanup(); /* the catalog is read anew */
    port_start();
    tcp_pair(pair);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 0, 0);
    if (!port || !CreateIoCompletionPort((HANDLE)pair[1], port, 0, 0))
        bench_fail("CreateIoCompletionPort");
}

static void close_all(const struct bench_case *c)
{
    (void)c;
    closesocket(pair[0]);
    closesocket(pair[1]);
    CloseHandle(port);
}

static void take(void)
{
    OVERLAPPED *ov;
    ULONG_PTR key;
    DWORD bytes;

    if (!GetQueuedCompletionStatus(port, &bytes, &key, &ov, 10000) || bytes != 64)
        bench_fail("GetQueuedCompletionStatus");
}

static void run(const struct bench_case *c, long n)
{
    char in[64], out[64] = { 0 };
    WSABUF to = { sizeof in, in }, from = { sizeof out, out };

    (void)c;
    for (long i = 0; i < n; i += 2) {
        OVERLAPPED received = { 0 }, sent = { 0 };
        DWORD flags = 0;

        if (WSARecv(pair[1], &to, 1, NULL, &flags, &received, NULL) && WSAGetLastError() != WSA_IO_PENDING)
            bench_fail("WSARecv");
        if (WSASend(pair[0], &from, 1, NULL, 0, &sent, NULL) && WSAGetLastError() != WSA_IO_PENDING)
            bench_fail("WSASend");
        take();
        take();
    }
}

#define LAYERS(name_, own, ifs) { .name = name_, .open = open, .run = run, .close = close_all, .count = own, .size = ifs }

const struct bench_case bench_cases[] = {
    LAYERS("completion-base", 0, 0),
    LAYERS("completion-ifs", 0, 1),
    LAYERS("completion-own", 1, 0),
    LAYERS("completion-own-2", 2, 0),
    { 0 },
};
