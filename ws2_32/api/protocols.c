/* SPDX-License-Identifier: MIT */
/*
 * The protocols a program may use: base entries and chains that are not hidden, in catalog order. From the same snapshot that
 * socket() chooses from.
 */
#include <string.h>

#include "ws2_32/api/info.h"
#include "ws2_32/core/snapshot.h"
#include "ws2_32/core/thread.h"

static BOOL wanted(const struct catalog_info *info, const int *protocols)
{
    if (info->chain_len < CATALOG_BASE || info->chain_len > CATALOG_CHAIN_MAX ||
        info->provider_flags & CATALOG_PFL_HIDDEN)
        return FALSE;
    if (!protocols)
        return TRUE;
    for (; *protocols; protocols++)
        if (*protocols == info->protocol)
            return TRUE;
    return FALSE;
}

/* In the size and form that `to_a` says; nothing is written unless all of it fits. */
static int enumerate(const struct catalog *cat, const int *protocols, void *buffer, DWORD *bytes,
                     BOOL to_a)
{
    DWORD each = to_a ? sizeof(WSAPROTOCOL_INFOA) : sizeof(WSAPROTOCOL_INFOW);
    WSAPROTOCOL_INFOW info;
    char *to = buffer;
    DWORD count = 0;

    for (uint32_t i = 0; i < cat->count; i++)
        count += wanted(&cat->entry[i].info, protocols);
    if (!buffer || *bytes < count * each) {
        *bytes = count * each;
        return api_fail(WSAENOBUFS);
    }

    for (uint32_t i = 0; i < cat->count; i++) {
        if (!wanted(&cat->entry[i].info, protocols))
            continue;
        memcpy(&info, &cat->entry[i].info, sizeof info);
        if (to_a)
            info_to_a(&info, (WSAPROTOCOL_INFOA *)to);
        else
            memcpy(to, &info, sizeof info);
        to += each;
    }
    SetLastError(0);
    return count;
}

static int enum_protocols(const int *protocols, void *buffer, DWORD *bytes, BOOL to_a)
{
    struct snapshot *snap;
    int err = startup_check();
    int count;

    if (err)
        return api_fail(err);
    if (!bytes)
        return api_fail(WSAEFAULT);
    err = snapshot_get(&snap);
    if (err)
        return api_fail(err);
    count = enumerate(&snap->cat, protocols, buffer, bytes, to_a);
    snapshot_put(snap);
    return count;
}

int WSAAPI WSAEnumProtocolsW(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD bytes)
{
    return enum_protocols(protocols, buffer, bytes, FALSE);
}

int WSAAPI WSAEnumProtocolsA(LPINT protocols, LPWSAPROTOCOL_INFOA buffer, LPDWORD bytes)
{
    return enum_protocols(protocols, buffer, bytes, TRUE);
}
