/* SPDX-License-Identifier: MIT */
/*
 * The base provider under a chain, past all layers between: P and C are its sockets, and what goes through them is not for the
 * layers below, which see U.
 */
#include "providers/kit/relay.h"

#include <stdlib.h>

struct base {
    struct base *next;
    DWORD id; /* catalog entry */
    WSAPROTOCOL_INFOW info;
    HMODULE module;
    WSPPROC_TABLE table;
};

static struct lock lock;
static struct base *bases; /* guarded by lock; entries stay until relay_base_stop() */

static BOOL entry_of(DWORD id, WSAPROTOCOL_INFOW *out)
{
    WSAPROTOCOL_INFOW *all = NULL;
    DWORD bytes = 0;
    BOOL found = FALSE;
    int err, n = WSCEnumProtocols(NULL, NULL, &bytes, &err);

    if (n == SOCKET_ERROR && err == WSAENOBUFS)
        all = malloc(bytes);
    n = all ? WSCEnumProtocols(NULL, all, &bytes, &err) : 0;
    for (int i = 0; i < n && !found; i++)
        if (all[i].dwCatalogEntryId == id) {
            *out = all[i];
            found = TRUE;
        }
    free(all);
    return found;
}

static HMODULE load(const WSAPROTOCOL_INFOW *info)
{
    GUID id = info->ProviderId;
    WCHAR stored[MAX_PATH], path[MAX_PATH];
    int chars = MAX_PATH, err;
    DWORD expanded;

    if (upcalls.lpWPUGetProviderPath(&id, stored, &chars, &err) == SOCKET_ERROR)
        return NULL;
    expanded = ExpandEnvironmentStringsW(stored, path, MAX_PATH);
    return expanded && expanded <= MAX_PATH ? LoadLibraryW(path) : NULL;
}

static int start(struct base *b, DWORD id)
{
    LPWSPSTARTUP startup;
    WSPDATA data;

    if (!entry_of(id, &b->info) || b->info.ProtocolChain.ChainLen != BASE_PROTOCOL)
        return WSAEINVALIDPROVIDER;
    b->id = id;
    b->module = load(&b->info);
    startup = b->module ? (LPWSPSTARTUP)(void *)GetProcAddress(b->module, "WSPStartup") : NULL;
    return startup ? startup(MAKEWORD(2, 2), &data, &b->info, upcalls, &b->table)
                   : WSAEPROVIDERFAILEDINIT;
}

static struct base *find(DWORD id)
{
    struct base *b = __atomic_load_n(&bases, __ATOMIC_ACQUIRE);

    while (b && b->id != id)
        b = b->next;
    return b;
}

/* The last element of a chain is its base, and a base stands nowhere else. */
static DWORD base_id(const struct chain *c)
{
    const WSAPROTOCOLCHAIN *chain = &c->mine.ProtocolChain;

    if (c->over_base)
        return c->below.dwCatalogEntryId;
    return chain->ChainLen > 1 && chain->ChainLen <= MAX_PROTOCOL_CHAIN
               ? chain->ChainEntries[chain->ChainLen - 1]
               : 0;
}

/* Two threads may both start it: providers count their starts, so one of them is taken back. */
const WSPPROC_TABLE *relay_base(struct chain *c, int *err)
{
    DWORD id = base_id(c);
    struct base *b = find(id), *fresh;
    int ignored;

    *err = 0;
    if (c->over_base)
        return &c->next;
    if (b)
        return &b->table;
    fresh = calloc(1, sizeof *fresh);
    *err = fresh ? start(fresh, id) : WSA_NOT_ENOUGH_MEMORY;
    if (!*err) {
        lock_take(&lock);
        b = find(id);
        if (!b) {
            fresh->next = bases;
            __atomic_store_n(&bases, fresh, __ATOMIC_RELEASE);
        }
        lock_drop(&lock);
        if (!b)
            return &fresh->table;
        fresh->table.lpWSPCleanup(&ignored);
    }
    if (fresh && fresh->module)
        FreeLibrary(fresh->module);
    free(fresh);
    return b ? &b->table : NULL;
}

/*
 * The entries stay, and the DLLs loaded: somebody may still hold a table, or be in a call (chain_pe.c). A later start takes a new entry, since the
 * catalog may have changed.
 */
void relay_base_stop(void)
{
    struct base *b;
    int ignored;

    lock_take(&lock);
    b = bases;
    __atomic_store_n(&bases, NULL, __ATOMIC_RELEASE);
    lock_drop(&lock);
    for (; b; b = b->next)
        b->table.lpWSPCleanup(&ignored);
}

FARPROC relay_base_extension(SOCKET s, const WSPPROC_TABLE *table, GUID id)
{
    FARPROC function = NULL;
    DWORD bytes;
    int err;

    if (table->lpWSPIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                          sizeof function, &bytes, NULL, NULL, NULL, &err)) {
        WSASetLastError(err);
        return NULL;
    }
    return function;
}

LPFN_CONNECTEX relay_connect_ex(SOCKET s, const WSPPROC_TABLE *table)
{
    return (LPFN_CONNECTEX)(void *)relay_base_extension(s, table, (GUID)WSAID_CONNECTEX);
}

LPFN_ACCEPTEX relay_accept_ex(SOCKET s, const WSPPROC_TABLE *table)
{
    return (LPFN_ACCEPTEX)(void *)relay_base_extension(s, table, (GUID)WSAID_ACCEPTEX);
}

static SOCKET new_socket(const WSPPROC_TABLE *table, LPWSAPROTOCOL_INFOW info, int *err)
{
    return table->lpWSPSocket(info->iAddressFamily, SOCK_STREAM, IPPROTO_TCP, info, 0,
                              WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT, err);
}

/* Another chain through us, for sockets of another family than the program's. */
static struct chain *chain_for(int family, int *err)
{
    WSAPROTOCOL_INFOW *all = NULL;
    struct chain *c = NULL;
    DWORD bytes = 0;
    int n = WSCEnumProtocols(NULL, NULL, &bytes, err);

    while ((c = chain_each(c)))
        if (c->mine.iAddressFamily == family && c->mine.iSocketType == SOCK_STREAM)
            return c;
    if (n == SOCKET_ERROR && *err == WSAENOBUFS)
        all = malloc(bytes);
    n = all ? WSCEnumProtocols(NULL, all, &bytes, err) : 0;
    *err = WSAEAFNOSUPPORT;
    for (int i = 0; i < n && *err; i++)
        if (all[i].iAddressFamily == family && all[i].iSocketType == SOCK_STREAM &&
            all[i].ProtocolChain.ChainLen > 1)
            *err = chain_get(&all[i], &c);
    free(all);
    return *err ? NULL : c;
}

SOCKET relay_new_socket(struct chain *c, int family, const WSPPROC_TABLE **table, int *err)
{
    WSAPROTOCOL_INFOW info;

    if (family != c->mine.iAddressFamily)
        c = chain_for(family, err);
    if (!c)
        return INVALID_SOCKET;
    info = c->hand;
    *table = &c->next;
    return new_socket(&c->next, &info, err);
}

SOCKET relay_base_like(struct chain *c, const WSPPROC_TABLE **table, int *err)
{
    WSAPROTOCOL_INFOW info;

    *table = relay_base(c, err);
    if (!*table)
        return INVALID_SOCKET;
    info = c->over_base ? c->below : find(base_id(c))->info;
    return (*table)->lpWSPSocket(info.iAddressFamily, info.iSocketType, info.iProtocol, &info, 0,
                                 WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT, err);
}

/* C's family is the loopback's (relay_join_pe.c): IPv4 always. */
SOCKET relay_base_socket(struct chain *c, int family, const WSPPROC_TABLE **table, int *err)
{
    WSAPROTOCOL_INFOW info;

    if (family != c->mine.iAddressFamily)
        c = chain_for(family, err);
    if (!c)
        return INVALID_SOCKET;
    *table = relay_base(c, err);
    if (!*table)
        return INVALID_SOCKET;
    info = c->over_base ? c->below : find(base_id(c))->info;
    return new_socket(*table, &info, err);
}
