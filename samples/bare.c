/* SPDX-License-Identifier: MIT */
/*
 * The smallest layer without the kit, to show what a layer is: it counts the calls of WSPSend. With it comes what the kit does for
 * you and this does not: duplicated sockets, SO_PROTOCOL_INFO, extension functions, several protocols in one process, unloading.
 *
 *   x86_64-w64-mingw32-gcc -O2 -shared -o bare.dll bare.c -lws2_32 -Wl,--kill-at
 *   ./ws2 run --layer ./bare.dll PROG.exe
 *
 * Needs nothing of ws2kit's, so it is a layer for Windows as well (its installer is not here).
 */
#include <winsock2.h>
#include <ws2spi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static WSPUPCALLTABLE up;
static WSPPROC_TABLE next;         /* the provider below: one chain only, the first that starts */
static WSAPROTOCOL_INFOW mine, below;
static LONG volatile starts, sends;

static BOOL path_of(WSAPROTOCOL_INFOW *entry, WCHAR path[MAX_PATH])
{
    WCHAR stored[MAX_PATH];
    int chars = MAX_PATH, err;

    return !up.lpWPUGetProviderPath(&entry->ProviderId, stored, &chars, &err) && ExpandEnvironmentStringsW(stored, path, MAX_PATH);
}

static BOOL is_ours(WSAPROTOCOL_INFOW *entry)
{
    WCHAR path[MAX_PATH];
    HMODULE self;

    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                              (LPCWSTR)(const void *)&up, &self) &&
           path_of(entry, path) && GetModuleHandleW(path) == self;
}

/*
 * The chain we were started with begins with us if ws2_32 did it; a layer above us hands its own down, of which one element is a chain
 * of ours. What lies below is element 1 of our chain.
 */
static int find_place(const WSAPROTOCOL_INFOW *chain)
{
    WSAPROTOCOL_INFOW *all;
    DWORD bytes = 0;
    int count, err = 0, found = WSAEPROVIDERFAILEDINIT;

    WSCEnumProtocols(NULL, NULL, &bytes, &err);
    all = malloc(bytes);
    count = all ? WSCEnumProtocols(NULL, all, &bytes, &err) : 0;
    mine = *chain;
    for (int e = 1; e < chain->ProtocolChain.ChainLen && e < MAX_PROTOCOL_CHAIN; e++)
        for (int i = 0; i < count; i++)
            if (all[i].dwCatalogEntryId == chain->ProtocolChain.ChainEntries[e] && all[i].ProtocolChain.ChainLen > 1 &&
                is_ours(&all[i]))
                mine = all[i];
    for (int i = 0; i < count; i++)
        if (all[i].dwCatalogEntryId == mine.ProtocolChain.ChainEntries[1]) {
            below = all[i];
            found = 0;
        }
    free(all);
    return found;
}

static int start_below(WORD version, WSPDATA *data)
{
    WCHAR path[MAX_PATH];
    LPWSPSTARTUP startup;
    HMODULE dll;

    if (!path_of(&below, path))
        return WSAEPROVIDERFAILEDINIT;
    dll = LoadLibraryW(path);
    startup = dll ? (LPWSPSTARTUP)(void *)GetProcAddress(dll, "WSPStartup") : NULL;
    return startup ? startup(version, data, &below, up, &next) : WSAEPROVIDERFAILEDINIT;
}

/* The base provider has made itself the owner of the socket; from now on calls on it come to us. */
static SOCKET own(SOCKET s, LPINT err)
{
    return s == INVALID_SOCKET ? s : up.lpWPUModifyIFSHandle(mine.dwCatalogEntryId, s, err);
}

static SOCKET WSPAPI bare_socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group, DWORD flags, LPINT err)
{
    WSAPROTOCOL_INFOW lower = below;

    lower.dwProviderReserved = info->dwProviderReserved;
    return own(next.lpWSPSocket(family, type, protocol, &lower, group, flags, err), err);
}

static SOCKET WSPAPI bare_accept(SOCKET s, struct sockaddr *name, LPINT bytes, LPCONDITIONPROC condition, DWORD_PTR data, LPINT err)
{
    return own(next.lpWSPAccept(s, name, bytes, condition, data, err), err);
}

static int WSPAPI bare_send(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags, LPWSAOVERLAPPED ov,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    InterlockedIncrement(&sends);
    return next.lpWSPSend(s, buf, count, sent, flags, ov, routine, thread, err);
}

static int WSPAPI bare_cleanup(LPINT err)
{
    char line[64];
    DWORD written;
    int n = snprintf(line, sizeof line, "bare: %ld sends\n", (long)sends);

    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, n, &written, NULL);
    InterlockedDecrement(&starts);
    return next.lpWSPCleanup(err);
}

__declspec(dllexport) int WSPAPI WSPStartup(WORD version, LPWSPDATA data, LPWSAPROTOCOL_INFOW info, WSPUPCALLTABLE table,
                                            LPWSPPROC_TABLE entries)
{
    int err;

    if (InterlockedIncrement(&starts) > 1) {
        InterlockedDecrement(&starts);
        return WSAEPROVIDERFAILEDINIT; /* a second protocol: see above */
    }
    up = table;
    err = info->ProtocolChain.ChainLen < 2 ? WSAEINVALIDPROVIDER : find_place(info);
    if (!err)
        err = start_below(version, data);
    if (err) {
        InterlockedDecrement(&starts);
        return err;
    }
    *entries = next; /* everything passes through, but for this */
    entries->lpWSPSocket = bare_socket;
    entries->lpWSPAccept = bare_accept;
    entries->lpWSPSend = bare_send;
    entries->lpWSPCleanup = bare_cleanup;
    return 0;
}
