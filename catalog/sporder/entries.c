/* SPDX-License-Identifier: MIT */
#include "catalog/sporder/entries.h"

#include <ws2spi.h>
#include <sporder.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUID_CHARS = 39, ATTEMPTS = 4 };

/* ---- text ---- */

static void guid_text(const GUID *g, WCHAR text[GUID_CHARS])
{
    swprintf(text, GUID_CHARS, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", g->Data1, g->Data2, g->Data3,
             g->Data4[0], g->Data4[1], g->Data4[2], g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);
}

/* Appends; what does not fit is left out. */
static void add(WCHAR text[DETAILS_CHARS], const WCHAR *format, ...)
{
    size_t at = wcslen(text);
    va_list args;

    va_start(args, format);
    if (_vsnwprintf(text + at, DETAILS_CHARS - 1 - at, format, args) < 0)
        text[at] = 0;
    va_end(args);
}

static const WCHAR *kind(const WSAPROTOCOL_INFOW *info)
{
    int len = info->ProtocolChain.ChainLen;

    return len == 0 ? L"layer" : len == 1 ? L"base" : L"chain";
}

static const WSAPROTOCOL_INFOW *find(const WSAPROTOCOL_INFOW *all, int count, DWORD id)
{
    for (int i = 0; i < count; i++)
        if (all[i].dwCatalogEntryId == id)
            return &all[i];
    return NULL;
}

static void add_chain(WCHAR *text, const WSAPROTOCOL_INFOW *all, int count, const WSAPROTOCOL_INFOW *info)
{
    const WSAPROTOCOLCHAIN *chain = &info->ProtocolChain;

    if (chain->ChainLen < 2 || chain->ChainLen > MAX_PROTOCOL_CHAIN)
        return;
    add(text, L"Way: ");
    for (int i = 0; i < chain->ChainLen; i++) {
        const WSAPROTOCOL_INFOW *element = find(all, count, chain->ChainEntries[i]);

        add(text, L"%ls%lu %ls", i ? L" \x2192 " : L"", chain->ChainEntries[i], element ? element->szProtocol : L"(missing)");
    }
    add(text, L"\r\n");
}

static const WCHAR *family_word(int family)
{
    return family == AF_INET ? L" (IPv4)" : family == AF_INET6 ? L" (IPv6)" : L"";
}

static const WCHAR *type_word(int type)
{
    static const WCHAR *const words[] = {L"", L" (stream)", L" (datagrams)", L" (raw)", L" (reliable datagrams)", L" (packets)"};

    return type > 0 && type < 6 ? words[type] : L"";
}

static void describe_protocol(WCHAR *text, const WSAPROTOCOL_INFOW *all, int count, const WSAPROTOCOL_INFOW *info)
{
    GUID provider = info->ProviderId;
    WCHAR path[MAX_PATH], guid[GUID_CHARS];
    INT chars = MAX_PATH, err;

    if (WSCGetProviderPath(&provider, path, &chars, &err))
        wcscpy(path, L"(none)");
    guid_text(&provider, guid);
    add(text, L"%ls, entry %lu, %ls%ls\r\n", info->szProtocol, info->dwCatalogEntryId, kind(info),
        info->dwProviderFlags & PFL_HIDDEN ? L", hidden" : L"");
    add_chain(text, all, count, info);
    add(text, L"DLL: %ls\r\nProvider: %ls\r\n", path, guid);
    add(text, L"Family: %d%ls   Type: %d%ls   Protocol: %d", info->iAddressFamily, family_word(info->iAddressFamily),
        info->iSocketType, type_word(info->iSocketType), info->iProtocol);
    if (info->iProtocolMaxOffset)
        add(text, L" to %d", info->iProtocol + info->iProtocolMaxOffset);
    add(text, L"\r\nAddresses: %d to %d bytes   Largest message: %lu\r\n", info->iMinSockAddr, info->iMaxSockAddr,
        info->dwMessageSize);
    add(text, L"Service flags: 0x%lX%ls   Provider flags: 0x%lX   Version: %d", info->dwServiceFlags1,
        info->dwServiceFlags1 & XP1_IFS_HANDLES ? L" (IFS)" : L"", info->dwProviderFlags, info->iVersion);
}

static void describe_name_space(WCHAR *text, const WSANAMESPACE_INFOW *info)
{
    WCHAR guid[GUID_CHARS];

    guid_text(&info->NSProviderId, guid);
    add(text, L"%ls\r\nName space: %lu%ls\r\nProvider: %ls\r\n", info->lpszIdentifier, info->dwNameSpace,
        info->dwNameSpace == NS_DNS ? L" (DNS)" : L"", guid);
    add(text, L"Enabled: %ls   Version: %lu", info->fActive ? L"yes" : L"no", info->dwVersion);
}

/* ---- reading ---- */

/* Both functions say how much they need; the catalog may grow between two calls. */
static int ask(enum which which, void **all, int *count, int too_small)
{
    DWORD bytes = 16384;
    INT err = too_small;

    for (int i = 0; i < ATTEMPTS && err == too_small; i++) {
        free(*all);
        *all = malloc(bytes);
        if (!*all)
            return WSA_NOT_ENOUGH_MEMORY;
        *count = which == PROTOCOLS ? WSCEnumProtocols(NULL, *all, &bytes, &err) : WSAEnumNameSpaceProvidersW(&bytes, *all);
        if (which == NAME_SPACES)
            err = WSAGetLastError();
        if (*count != SOCKET_ERROR)
            return 0;
    }
    return err;
}

static BOOL prepare(struct entries *e, int count)
{
    e->entry = calloc((size_t)count + 1, sizeof *e->entry);
    if (!e->entry || !order_init(&e->order, (uint32_t)count))
        return FALSE;
    for (int i = 0; i < count; i++) {
        e->entry[i].details = calloc(DETAILS_CHARS, sizeof(WCHAR));
        if (!e->entry[i].details)
            return FALSE;
    }
    return TRUE;
}

static void fill_protocols(struct entries *e, const WSAPROTOCOL_INFOW *all, int count)
{
    for (int i = 0; i < count; i++) {
        struct entry *entry = &e->entry[i];

        entry->id = all[i].dwCatalogEntryId;
        entry->provider = all[i].ProviderId;
        swprintf(entry->line, LINE_CHARS, L"%lu\t%ls\t%ls", entry->id, kind(&all[i]), all[i].szProtocol);
        describe_protocol(entry->details, all, count, &all[i]);
    }
}

static void fill_name_spaces(struct entries *e, const WSANAMESPACE_INFOW *all, int count)
{
    for (int i = 0; i < count; i++) {
        struct entry *entry = &e->entry[i];

        entry->provider = all[i].NSProviderId;
        swprintf(entry->line, LINE_CHARS, L"%lu\t%ls\t%.255ls", all[i].dwNameSpace, all[i].fActive ? L"on" : L"off",
                 all[i].lpszIdentifier);
        describe_name_space(entry->details, &all[i]);
    }
}

int entries_read(struct entries *e, enum which which)
{
    void *all = NULL;
    int count = 0, err = ask(which, &all, &count, which == PROTOCOLS ? WSAENOBUFS : WSAEFAULT);

    memset(e, 0, sizeof *e);
    e->which = which;
    if (!err && !prepare(e, count))
        err = WSA_NOT_ENOUGH_MEMORY;
    if (err)
        entries_free(e);
    else if (which == PROTOCOLS)
        fill_protocols(e, all, count);
    else
        fill_name_spaces(e, all, count);
    free(all);
    return err;
}

void entries_free(struct entries *e)
{
    for (uint32_t i = 0; e->entry && i < e->order.count; i++)
        free(e->entry[i].details);
    free(e->entry);
    e->entry = NULL;
    order_deinit(&e->order);
}

/* ---- writing ---- */

static int write_protocols(const struct entries *e)
{
    DWORD *ids = calloc(e->order.count + 1, sizeof *ids);
    int err;

    if (!ids)
        return WSA_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 0; i < e->order.count; i++)
        ids[i] = e->entry[e->order.at[i]].id;
    err = WSCWriteProviderOrder(ids, e->order.count);
    free(ids);
    return err;
}

static int write_name_spaces(const struct entries *e)
{
    GUID *ids = calloc(e->order.count + 1, sizeof *ids);
    int err;

    if (!ids)
        return WSA_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 0; i < e->order.count; i++)
        ids[i] = e->entry[e->order.at[i]].provider;
    err = WSCWriteNameSpaceOrder(ids, e->order.count);
    free(ids);
    return err;
}

int entries_apply(struct entries *e)
{
    struct entry *sorted = calloc(e->order.count + 1, sizeof *sorted);
    int err = WSA_NOT_ENOUGH_MEMORY;

    if (sorted)
        err = e->which == PROTOCOLS ? write_protocols(e) : write_name_spaces(e);
    for (uint32_t i = 0; !err && i < e->order.count; i++)
        sorted[i] = e->entry[e->order.at[i]];
    if (err) {
        free(sorted);
        return err;
    }
    for (uint32_t i = 0; i < e->order.count; i++)
        e->order.at[i] = i;
    free(e->entry);
    e->entry = sorted;
    return 0;
}
