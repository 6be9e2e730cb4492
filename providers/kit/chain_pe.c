/* SPDX-License-Identifier: MIT */
#include "providers/kit/chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/handle_map.h"
#include "base/lock.h"
#include "providers/kit/place.h"

_Static_assert(sizeof(WSAPROTOCOL_INFOW) == sizeof(struct catalog_info), "catalog_info");

/* Retired: the last WSPCleanup has come, the next provider is not cleaned up yet. Then stopping, then free again. */
enum chain_state { CHAIN_FREE, CHAIN_LIVE, CHAIN_RETIRED, CHAIN_STOPPING };

static struct lock chain_lock;
static struct chain *chains;          /* grows only; read without lock */
static const WSPPROC_TABLE *one_next; /* the table below if all live chains have the same, else NULL */
static struct handle_map sockets;     /* SOCKET -> struct chain */

/* ---- finding our place ---- */

HMODULE chain_own_module(void)
{
    HMODULE self = NULL;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                           GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCWSTR)(const void *)&ws2kit_layer, &self);
    return self;
}

/* The DLL of a catalog entry, as a path to load. */
static BOOL provider_path(const WSAPROTOCOL_INFOW *info, WCHAR path[MAX_PATH])
{
    GUID id = info->ProviderId;
    WCHAR stored[MAX_PATH];
    int chars = MAX_PATH, err;
    DWORD expanded;

    if (upcalls.lpWPUGetProviderPath(&id, stored, &chars, &err) == SOCKET_ERROR)
        return FALSE;
    expanded = ExpandEnvironmentStringsW(stored, path, MAX_PATH);
    return expanded && expanded <= MAX_PATH;
}

/* The whole catalog, hidden entries included; free() it. NULL: not to be had. */
static WSAPROTOCOL_INFOW *enumerate(uint32_t *count)
{
    DWORD bytes = 0;

    /* Asks for the size first; the catalog may grow between two calls, but not for ever. */
    for (int tries = 0; tries < 8; tries++) {
        WSAPROTOCOL_INFOW *all = bytes ? malloc(bytes) : NULL;
        int err = 0;
        int n = WSCEnumProtocols(NULL, all, &bytes, &err);

        if (n >= 0 && all) {
            *count = (uint32_t)n;
            return all;
        }
        free(all);
        if (n >= 0 || err != WSAENOBUFS)
            return NULL;
    }
    return NULL;
}

/*
 * Which layer entries are ours: those whose DLL is this module. So a layer needs no GUID compiled in and works under any
 * name it is installed as.
 */
static uint32_t own_ids(const WSAPROTOCOL_INFOW *all, uint32_t count, uint32_t *own)
{
    HMODULE self = chain_own_module();
    WCHAR path[MAX_PATH];
    uint32_t n = 0;

    for (uint32_t i = 0; i < count; i++)
        if (all[i].ProtocolChain.ChainLen == LAYERED_PROTOCOL && provider_path(&all[i], path) &&
            GetModuleHandleW(path) == self)
            own[n++] = all[i].dwCatalogEntryId;
    return n;
}

BOOL chain_wants_own(const WSAPROTOCOL_INFOW *mine)
{
    if (!ws2kit_layer.own || !ws2kit_layer.relay)
        return ws2kit_layer.own != NULL;
    /* An IFS layer above would take such a socket for a handle of the kernel's, so the catalog has to say it. */
    if (mine && (mine->iSocketType != SOCK_DGRAM || mine->dwServiceFlags1 & XP1_IFS_HANDLES))
        return FALSE;
    return !ws2kit_layer.owns_datagrams || ws2kit_layer.owns_datagrams();
}

/* Copies the entries out, since the enumeration does not outlive the call. */
static int find_place(const WSAPROTOCOL_INFOW *given, struct chain *c)
{
    struct place_catalog cat = { 0 };
    struct place place;
    WSAPROTOCOL_INFOW *all;
    uint32_t *own = NULL;
    int err = WSAEPROVIDERFAILEDINIT;

    all = enumerate(&cat.count);
    if (all)
        own = calloc(cat.count + 1, sizeof *own);
    if (own) {
        cat.entry = (const struct catalog_info *)all;
        cat.own_count = own_ids(all, cat.count, own);
        cat.own = own;
        err = place_find(&cat, (const struct catalog_info *)given, &place);
    }
    if (!err) {
        c->mine = *(const WSAPROTOCOL_INFOW *)place.mine;
        c->below = *(const WSAPROTOCOL_INFOW *)place.next;
        c->over_base = c->below.ProtocolChain.ChainLen == BASE_PROTOCOL;
        c->hand = c->over_base ? c->below : *(const WSAPROTOCOL_INFOW *)place.hand;
        c->hand.dwProviderReserved = 0; /* a token is for one socket */
        c->own = chain_wants_own(&c->mine);
    }
    free(own);
    free(all);
    return err;
}

/*
 * The relay stands on handles that the kernel serves. The catalog puts IFS layers below all others, so this is a layer that has the relay and sockets
 * of its own, named before one that has sockets of its own; said here, it does not come out as a listen that fails.
 */
static int check_below(const struct chain *c)
{
    static LONG volatile told;
    char below[3 * WSAPROTOCOL_LEN + 1], *end;

    if (!ws2kit_layer.relay || c->over_base || c->below.dwServiceFlags1 & XP1_IFS_HANDLES)
        return 0;
    if (!InterlockedExchange(&told, 1)) {
        if (!WideCharToMultiByte(CP_UTF8, 0, c->below.szProtocol, -1, below, sizeof below, NULL, NULL))
            *below = 0;
        end = strstr(below, " over ["); /* what it is called in a chain */
        if (end)
            *end = 0;
        fprintf(stderr, "%s: cannot stand over %s, which has sockets of its own; name it after that one: %s;%s,...\n",
                ws2kit_layer.name, below, below, ws2kit_layer.name);
        fflush(stderr);
    }
    return WSAEINVAL;
}

/* ---- the next provider ---- */

static BOOL is_complete(const WSPPROC_TABLE *table)
{
    FARPROC entry[sizeof *table / sizeof(FARPROC)];

    memcpy(entry, table, sizeof entry);
    for (size_t i = 0; i < ARRAYSIZE(entry); i++)
        if (!entry[i])
            return FALSE;
    return TRUE;
}

static int start_next(struct chain *c)
{
    WSAPROTOCOL_INFOW info = c->hand;
    LPWSPSTARTUP startup;
    int err, ignored;

    startup = (LPWSPSTARTUP)(void *)GetProcAddress(c->module, "WSPStartup");
    if (!startup)
        return WSAEPROVIDERFAILEDINIT;
    err = startup(MAKEWORD(2, 2), &c->data, &info, upcalls, &c->next);
    if (err)
        return err;

    if (!is_complete(&c->next))
        err = WSAEINVALIDPROCTABLE;
    else if (c->data.wVersion != MAKEWORD(2, 2))
        err = WSAEINVALIDPROVIDER;
    if (err && c->next.lpWSPCleanup)
        c->next.lpWSPCleanup(&ignored);
    return err;
}

/*
 * The DLL below stays loaded. Calls of other threads that its WSPCleanup has just ended are still on their way back through it; ws2_32 waits
 * for them before it unloads a provider, and it knows the first of a chain only.
 */
static void stop_next(struct chain *c)
{
    int ignored;

    c->next.lpWSPCleanup(&ignored);
}

/* Fills *c, which nobody else can see yet. On failure nothing stays loaded. */
static int start(struct chain *c, const WSAPROTOCOL_INFOW *given)
{
    WCHAR path[MAX_PATH];
    int err;

    c->given_id = given->dwCatalogEntryId;
    err = find_place(given, c);
    if (!err)
        err = check_below(c);
    if (err)
        return err;

    c->module = provider_path(&c->below, path) ? LoadLibraryW(path) : NULL;
    if (!c->module)
        return WSAEPROVIDERFAILEDINIT;
    err = start_next(c);
    if (err)
        FreeLibrary(c->module);
    return err;
}

/* ---- the list ---- */

static BOOL is_live(const struct chain *c)
{
    return __atomic_load_n(&c->state, __ATOMIC_ACQUIRE) == CHAIN_LIVE;
}

struct chain *chain_each(struct chain *after)
{
    struct chain *c = after ? after->link : __atomic_load_n(&chains, __ATOMIC_ACQUIRE);

    while (c && !is_live(c))
        c = c->link;
    return c;
}

static struct chain *find_live(DWORD given_id)
{
    struct chain *c = NULL;

    while ((c = chain_each(c)) && c->given_id != given_id)
        ;
    return c;
}

/* A place in the list for a new chain. */
static struct chain *take_free(void) WS2_REQUIRES(chain_lock)
{
    struct chain *c = chains;

    while (c && c->state != CHAIN_FREE)
        c = c->link;
    if (!c) {
        c = calloc(1, sizeof *c);
        if (!c)
            return NULL;
        c->link = chains;
        __atomic_store_n(&chains, c, __ATOMIC_RELEASE);
    }
    return c;
}

static void find_one_next(void) WS2_REQUIRES(chain_lock)
{
    struct chain *first = chain_each(NULL);
    const WSPPROC_TABLE *one = first ? &first->next : NULL;

    for (struct chain *c = first; c; c = chain_each(c))
        if (memcmp(&c->next, &first->next, sizeof c->next))
            one = NULL;
    __atomic_store_n(&one_next, one, __ATOMIC_RELEASE);
}

/* Puts *fresh in the list. NULL: no memory. */
static struct chain *publish(struct chain *fresh) WS2_REQUIRES(chain_lock)
{
    struct chain *c = take_free();

    if (!c)
        return NULL;
    fresh->link = c->link; /* others walk over it meanwhile */
    *c = *fresh;
    __atomic_store_n(&c->state, CHAIN_LIVE, __ATOMIC_RELEASE);
    find_one_next();
    return c;
}

/*
 * The next provider starts outside of the lock, since that runs foreign code. When two threads do it for one chain, the
 * second undoes its own start: providers count theirs (spi.md 4.7).
 */
int chain_get(const WSAPROTOCOL_INFOW *info, struct chain **out)
{
    struct chain fresh = { .state = CHAIN_FREE };
    struct chain *c = find_live(info->dwCatalogEntryId);
    BOOL taken = FALSE;
    int err;

    if (c) {
        *out = c;
        return 0;
    }
    err = start(&fresh, info);
    if (err)
        return err;

    lock_take(&chain_lock);
    c = find_live(fresh.given_id);
    if (!c) {
        c = publish(&fresh);
        taken = c != NULL;
    }
    lock_drop(&chain_lock);

    if (!taken)
        stop_next(&fresh);
    if (!c)
        return WSA_NOT_ENOUGH_MEMORY;
    *out = c;
    return 0;
}

void chain_retire_all(void)
{
    struct chain *c = NULL;

    lock_take(&chain_lock);
    while ((c = chain_each(c)))
        __atomic_store_n(&c->state, CHAIN_RETIRED, __ATOMIC_RELEASE);
    find_one_next();
    lock_drop(&chain_lock);
}

static struct chain *take_retired(void) WS2_EXCLUDES(chain_lock)
{
    struct chain *c;

    lock_take(&chain_lock);
    for (c = chains; c && c->state != CHAIN_RETIRED; c = c->link)
        ;
    if (c)
        __atomic_store_n(&c->state, CHAIN_STOPPING, __ATOMIC_RELEASE);
    lock_drop(&chain_lock);
    return c;
}

void chain_stop_retired(void)
{
    struct chain *c;

    while ((c = take_retired())) {
        stop_next(c);
        __atomic_store_n(&c->state, CHAIN_FREE, __ATOMIC_RELEASE);
    }
}

/* ---- sockets ---- */

/*
 * Nothing is ever taken out of the map. A handle that was closed, by closesocket or behind everybody's back by
 * CloseHandle, leads to a chain whose next provider answers WSAENOTSOCK; one that is used again is set again. Taking it
 * out after a close would race with just that.
 */
int chain_set(SOCKET s, struct chain *c)
{
    return handle_map_set(&sockets, s, c, NULL);
}

struct chain *chain_of(SOCKET s)
{
    struct chain *c = handle_map_find(&sockets, s);

    return c && is_live(c) ? c : NULL;
}

BOOL chain_owns(SOCKET s)
{
    struct chain *c = chain_of(s);

    return c && c->own;
}

/*
 * Chains over TCP, UDP, IPv4 and IPv6 end in one DLL as a rule, which gives each the same table: then there is
 * nothing to look up.
 */
const WSPPROC_TABLE *chain_next(SOCKET s)
{
    const WSPPROC_TABLE *one = __atomic_load_n(&one_next, __ATOMIC_ACQUIRE);
    struct chain *c;

    if (one)
        return one;
    c = chain_of(s);
    return c ? &c->next : NULL;
}

LPWSAPROTOCOL_INFOW chain_next_info(const struct chain *c, LPWSAPROTOCOL_INFOW info,
                                    WSAPROTOCOL_INFOW *room)
{
    if (c->hand.dwCatalogEntryId == info->dwCatalogEntryId)
        return info;
    *room = c->hand;
    room->dwProviderReserved = info->dwProviderReserved;
    return room;
}
