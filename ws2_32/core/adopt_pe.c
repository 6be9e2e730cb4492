/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/adopt.h"

#include <string.h>

#include "ws2_32/core/handle.h"
#include "ws2_32/core/provider.h"
#include "ws2_32/core/snapshot.h"
#include "ws2_32/core/sockets.h"

/* Spares the providers a question about files, events and closed handles. Sockets are FILE_TYPE_PIPE, as on Windows. */
static BOOL may_be_socket(SOCKET s)
{
    return s && s != INVALID_SOCKET && !(s & 3) && GetFileType((HANDLE)s) == FILE_TYPE_PIPE;
}

/* The first of several entries of one GUID asks for them all. */
static BOOL asked_before(const struct catalog *cat, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (cat->entry[j].info.chain_len == CATALOG_BASE &&
            !memcmp(&cat->entry[j].info.provider, &cat->entry[i].info.provider,
                    sizeof cat->entry[i].info.provider))
            return TRUE;
    return FALSE;
}

static int ask(const struct catalog_entry *entry, SOCKET s)
{
    struct provider *p = provider_of(&entry->info.provider);
    WSAPROTOCOL_INFOW info;
    int bytes = sizeof info;
    int err;

    if (!p)
        return WSA_NOT_ENOUGH_MEMORY;
    err = provider_start(p, entry);
    if (err)
        return err;
    if (p->proc.lpWSPGetSockOpt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &bytes, &err))
        return WSAENOTSOCK;
    /* The provider may have registered it meanwhile, with more knowledge than ours. */
    return sockets_find(s) ? 0 : sockets_own(s, p, info.dwCatalogEntryId, TRUE);
}

int adopt(SOCKET s)
{
    struct snapshot *snap;
    int err;

    /*
     * A handle of WPUCreateSocketHandle, duplicated or inherited: its object is a socket of the base provider's kind, which would
     * claim it, and the program's bytes would go nowhere.
     */
    if (!may_be_socket(s) || handle_is_placeholder(s))
        return WSAENOTSOCK;
    err = snapshot_get(&snap);
    if (err)
        return err;

    /* Layers are not asked: they know no handles but their own (spi.md 7.7). */
    err = WSAENOTSOCK;
    for (uint32_t i = 0; err && i < snap->cat.count; i++) {
        const struct catalog_info *info = &snap->cat.entry[i].info;

        if (info->chain_len == CATALOG_BASE && info->service_flags[0] & CATALOG_XP1_IFS &&
            !(info->provider_flags & CATALOG_PFL_NETWORKDIRECT) && !asked_before(&snap->cat, i))
            err = ask(&snap->cat.entry[i], s);
    }
    snapshot_put(snap);
    return err ? WSAENOTSOCK : 0;
}
