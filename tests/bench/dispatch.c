/* SPDX-License-Identifier: MIT */
/*
 * What does the way through ws2_32 cost, and a layer on it? send() on a socket of the base provider that does
 * nothing (null_provider.c), under as many layers as the case says; the runner sets WS2KIT_LAYERS accordingly. The zero is
 * a call of the provider's WSPSend through a pointer, without ws2_32.
 */
#include "bench.h"
#include "pair.h"
#include "null_provider.h"
#include <ws2spi.h>
#include <stdlib.h>
#include <string.h>

static GUID provider = NULL_PROVIDER_GUID;
static SOCKET s;
static char data[64];

/* The file of that name beside this program. */
static void beside(const WCHAR *name, WCHAR *path)
{
    WCHAR *slash;

    GetModuleFileNameW(NULL, path, MAX_PATH);
    slash = wcsrchr(path, L'\\');
    wcscpy(slash ? slash + 1 : path, name);
}

/* As one more TCP/IPv4, behind the real ones: the layers of WS2KIT_LAYERS come to stand over it as well. */
static void install(void)
{
    WSAPROTOCOL_INFOW info;
    WCHAR path[MAX_PATH + 32];
    int err;

    memset(&info, 0, sizeof info);
    info.dwServiceFlags1 = XP1_IFS_HANDLES | XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER;
    info.dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO;
    info.ProviderId = provider;
    info.ProtocolChain.ChainLen = BASE_PROTOCOL;
    info.iVersion = 2;
    info.iAddressFamily = AF_INET;
    info.iMaxSockAddr = info.iMinSockAddr = sizeof(struct sockaddr_in);
    info.iSocketType = SOCK_STREAM;
    info.iProtocol = IPPROTO_TCP;
    wcscpy(info.szProtocol, L"ws2kit benchmark: does nothing");
    beside(L"bench_null.dll", path);
    WSCDeinstallProvider(&provider, &err); /* left by a run that was ended */
    if (WSCInstallProvider(&provider, path, &info, 1, &err))
        bench_refuse("WSCInstallProvider: error %d", err);
}

static WSAPROTOCOL_INFOW *protocols(int *count)
{
    WSAPROTOCOL_INFOW *all;
    DWORD bytes = 0;
    int err;

    WSCEnumProtocols(NULL, NULL, &bytes, &err);
    all = malloc(bytes);
    *count = all ? WSCEnumProtocols(NULL, all, &bytes, &err) : SOCKET_ERROR;
    if (*count == SOCKET_ERROR)
        bench_refuse("WSCEnumProtocols: error %d", err);
    return all;
}

/* The entry that leads to our provider through `layers` layers. */
static WSAPROTOCOL_INFOW *find(WSAPROTOCOL_INFOW *all, int count, long layers)
{
    WSAPROTOCOL_INFOW *base = NULL;

    for (int i = 0; i < count; i++) {
        if (!memcmp(&all[i].ProviderId, &provider, sizeof provider))
            base = &all[i];
    }
    if (!base)
        bench_refuse("the null provider is not in the catalog");
    if (!layers)
        return base;
    for (int i = 0; i < count; i++) {
        const WSAPROTOCOLCHAIN *chain = &all[i].ProtocolChain;

        if (chain->ChainLen == layers + 1 && chain->ChainEntries[layers] == base->dwCatalogEntryId)
            return &all[i];
    }
    bench_refuse("no chain of %ld layers over the null provider", layers);
}

static void open(const struct bench_case *c)
{
    WSAPROTOCOL_INFOW *all;
    int count;

    install();
    WSACleanup(); /* the catalog is read anew */
    port_start();
    all = protocols(&count);
    s = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, find(all, count, c->count), 0, 0);
    if (s == INVALID_SOCKET)
        bench_fail("WSASocket");
    free(all);
}

static void run(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++) {
        if (send(s, data, sizeof data, 0) != sizeof data)
            bench_fail("send");
    }
}

static void close_socket(const struct bench_case *c)
{
    int err;

    (void)c;
    closesocket(s);
    WSCDeinstallProvider(&provider, &err);
}

static WSPPROC_TABLE table;

static void open_direct(const struct bench_case *c)
{
    WCHAR path[MAX_PATH + 32];
    WSAPROTOCOL_INFOW info;
    WSPUPCALLTABLE none;
    LPWSPSTARTUP startup;
    WSPDATA started;

    (void)c;
    memset(&info, 0, sizeof info);
    memset(&none, 0, sizeof none);
    beside(L"bench_null.dll", path);
    startup = (LPWSPSTARTUP)(void *)GetProcAddress(LoadLibraryW(path), "WSPStartup");
    if (!startup || startup(MAKEWORD(2, 2), &started, &info, none, &table))
        bench_refuse("bench_null.dll does not start");
}

static void run_direct(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++) {
        WSABUF buf = { sizeof data, data };
        DWORD sent;
        int err;

        if (table.lpWSPSend(4, &buf, 1, &sent, 0, NULL, NULL, NULL, &err) || sent != sizeof data)
            bench_fail("WSPSend");
    }
}

#define LAYERS(n) { .name = "dispatch-" #n, .open = open, .run = run, .close = close_socket, .count = n, .ns = 1 }

const struct bench_case bench_cases[] = {
    { .name = "dispatch-direct", .open = open_direct, .run = run_direct, .ns = 1 },
    LAYERS(0), LAYERS(1), LAYERS(2), LAYERS(4), { 0 },
};
