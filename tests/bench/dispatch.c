/* SPDX-License-Identifier: MIT */
/*
 * What does the way through ws2_32 cost, and a layer on it? send() on a socket of the base provider that does
 * nothing (null_provider.c), under as many layers as the case says, all installed in the
 * prefix's catalog meanwhile. The zero is a call of the provider's WSPSend through a pointer, without ws2_32.
 */
#include "bench.h"
#include "pair.h"
#include "null_provider.h"
#include <ws2spi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_LAYERS 4

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

/* Our entries differ in the last byte of their provider's GUID. */
enum entry_kind { BASE = 0x01, LAYER = 0x10, CHAIN = 0x20 };

static GUID guid_of(int entry)
{
    GUID id = NULL_PROVIDER_GUID;

    id.Data4[7] = (unsigned char)entry;
    return id;
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

static WSAPROTOCOL_INFOW installed(int entry)
{
    GUID id = guid_of(entry);
    WSAPROTOCOL_INFOW *all, found;
    int count;

    all = protocols(&count);
    for (int i = 0; i < count; i++) {
        if (!memcmp(&all[i].ProviderId, &id, sizeof id)) {
            found = all[i];
            free(all);
            return found;
        }
    }
    bench_refuse("entry %#x is not in the catalog", entry);
}

/* As one more TCP/IPv4, behind the real one, which stays what socket() finds first. */
static void install(int entry, const WCHAR *dll, const WSAPROTOCOLCHAIN *chain)
{
    GUID id = guid_of(entry);
    WSAPROTOCOL_INFOW info;
    WCHAR path[MAX_PATH + 32];
    int err;

    memset(&info, 0, sizeof info);
    info.dwServiceFlags1 = XP1_IFS_HANDLES | XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER;
    info.dwProviderFlags = chain->ChainLen == LAYERED_PROTOCOL ? PFL_HIDDEN : PFL_MATCHES_PROTOCOL_ZERO;
    info.ProviderId = id;
    info.ProtocolChain = *chain;
    info.iVersion = 2;
    info.iAddressFamily = AF_INET;
    info.iMaxSockAddr = info.iMinSockAddr = sizeof(struct sockaddr_in);
    info.iSocketType = SOCK_STREAM;
    info.iProtocol = IPPROTO_TCP;
    swprintf(info.szProtocol, COUNT(info.szProtocol), L"ws2kit benchmark %#x", entry);
    beside(dll, path);
    if (WSCInstallProvider(&id, path, &info, 1, &err))
        bench_refuse("WSCInstallProvider %#x: error %d", entry, err);
}

/* If it is there. */
static void uninstall_one(int entry)
{
    GUID id = guid_of(entry);
    int err;

    WSCDeinstallProvider(&id, &err);
}

static void uninstall(void)
{
    for (int i = 1; i <= MOST_LAYERS; i++)
        uninstall_one(CHAIN + i);
    for (int i = 1; i <= MOST_LAYERS; i++)
        uninstall_one(LAYER + i);
    uninstall_one(BASE);
}

/* The base, and over it a chain of `layers` layers; the entry to open a socket of. */
static WSAPROTOCOL_INFOW install_chain(int layers)
{
    WSAPROTOCOLCHAIN chain = { .ChainLen = BASE_PROTOCOL };
    WCHAR dll[32];

    uninstall(); /* what a run that was ended may have left */
    install(BASE, L"bench_null.dll", &chain);
    if (!layers)
        return installed(BASE);

    for (int i = layers; i >= 1; i--) {
        chain.ChainLen = LAYERED_PROTOCOL;
        swprintf(dll, COUNT(dll), L"bench_pass%d.dll", i);
        install(LAYER + i, dll, &chain);
    }
    chain.ChainLen = layers + 1;
    for (int i = 0; i < layers; i++)
        chain.ChainEntries[i] = installed(LAYER + i + 1).dwCatalogEntryId;
    chain.ChainEntries[layers] = installed(BASE).dwCatalogEntryId;
    install(CHAIN + layers, dll, &chain); /* the first layer's DLL, the last name made above */
    return installed(CHAIN + layers);
}

static void open(const struct bench_case *c)
{
    WSAPROTOCOL_INFOW info = install_chain((int)c->count);

    WSACleanup(); /* the catalog is read anew */
    port_start();
    s = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, 0);
    if (s == INVALID_SOCKET)
        bench_fail("WSASocket");
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
    (void)c;
    closesocket(s);
    uninstall();
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
