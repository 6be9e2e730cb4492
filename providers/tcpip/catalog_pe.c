/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/sock.h"

#include <stdlib.h>

/*
 * Which catalog entries are ours: those that ws2_32 or a layer showed us at WSPStartup and WSPSocket. A socket that
 * came another way (inherited) is looked up in the catalog by family and type.
 */
enum { KNOWN_MAX = 16 };

static struct lock known_lock;
static unsigned known_count; /* guarded by known_lock, as is known[] */
static WSAPROTOCOL_INFOW known[KNOWN_MAX];

void provider_remember(const WSAPROTOCOL_INFOW *info)
{
    unsigned i = 0;

    if (info->ProtocolChain.ChainLen != BASE_PROTOCOL)
        return;
    lock_take(&known_lock);
    while (i < known_count && known[i].dwCatalogEntryId != info->dwCatalogEntryId)
        i++;
    if (i < KNOWN_MAX) {
        known[i] = *info;
        known[i].dwProviderReserved = 0;
        if (i == known_count)
            known_count++;
    }
    lock_drop(&known_lock);
}

static BOOL wanted(const WSAPROTOCOL_INFOW *info, DWORD id, INT family, INT type)
{
    if (info->ProtocolChain.ChainLen != BASE_PROTOCOL)
        return FALSE;
    return id ? info->dwCatalogEntryId == id
              : info->iAddressFamily == family && info->iSocketType == type;
}

static BOOL find_known(DWORD id, INT family, INT type, WSAPROTOCOL_INFOW *out)
{
    BOOL found = FALSE;

    lock_take(&known_lock);
    for (unsigned i = 0; i < known_count && !found; i++) {
        if (wanted(&known[i], id, family, type)) {
            *out = known[i];
            found = TRUE;
        }
    }
    lock_drop(&known_lock);
    return found;
}

/* Through the published installer interface, as a third party would. Without ws2_32 there is no catalog. */
static BOOL find_stored(DWORD id, INT family, INT type, WSAPROTOCOL_INFOW *out)
{
    HMODULE ws2_32 = GetModuleHandleW(L"ws2_32.dll");
    LPWSCENUMPROTOCOLS enumerate =
        ws2_32 ? (LPWSCENUMPROTOCOLS)(void *)GetProcAddress(ws2_32, "WSCEnumProtocols") : NULL;
    WSAPROTOCOL_INFOW *infos = NULL;
    BOOL found = FALSE;
    DWORD bytes = 0;
    int count, err;

    if (!enumerate || enumerate(NULL, NULL, &bytes, &err) != SOCKET_ERROR || !bytes)
        return FALSE;
    infos = malloc(bytes);
    if (!infos)
        return FALSE;
    count = enumerate(NULL, infos, &bytes, &err);
    for (int i = 0; i < count && !found; i++) {
        if (wanted(&infos[i], id, family, type)) {
            *out = infos[i];
            found = TRUE;
        }
    }
    free(infos);
    if (found)
        provider_remember(out);
    return found;
}

static BOOL find(DWORD id, INT family, INT type, WSAPROTOCOL_INFOW *out)
{
    return find_known(id, family, type, out) || find_stored(id, family, type, out);
}

DWORD provider_catalog_id(INT family, INT type)
{
    WSAPROTOCOL_INFOW info;

    return find(0, family, type, &info) ? info.dwCatalogEntryId : 0;
}

BOOL provider_info(DWORD catalog_id, WSAPROTOCOL_INFOW *info)
{
    return catalog_id && find(catalog_id, 0, 0, info);
}
