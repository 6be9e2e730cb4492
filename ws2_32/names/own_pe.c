/* SPDX-License-Identifier: MIT */
/*
 * The machine itself as a source: its name from kernel32, its addresses from iphlpapi, which is loaded at the first
 * need only because it imports much, ws2_32 among it.
 */
#include "ws2_32/names/own_pe.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/lock.h"
#include "ws2_32/names/resolve.h"
#include "ws2_32/names/source.h"

enum { NAME_CHARS = 256, ADAPTER_BYTES = 16 << 10, ADAPTER_TRIES = 4 };

/* Under Wine the first is the Unix node name up to its first dot; the NetBIOS name is the same in capitals. */
static const COMPUTER_NAME_FORMAT formats[] = {ComputerNamePhysicalDnsHostname, ComputerNamePhysicalNetBIOS,
                                               ComputerNamePhysicalDnsFullyQualified};
enum { FORMATS = sizeof formats / sizeof *formats };

enum { NAME_BYTES = 256 }; /* UTF-8 */
static struct lock lock;
static char names[FORMATS][NAME_BYTES]; /* "" if there is none; set once, then constant; published by `ready` */
static int ready;

static void fetch(COMPUTER_NAME_FORMAT format, char name[NAME_BYTES])
{
    wchar_t wide[NAME_CHARS];
    DWORD chars = NAME_CHARS;

    if (!GetComputerNameExW(format, wide, &chars) ||
        !WideCharToMultiByte(CP_UTF8, 0, wide, -1, name, NAME_BYTES, NULL, NULL))
        name[0] = 0;
}

static void fetch_names(void)
{
    char fetched[FORMATS][NAME_BYTES];

    if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        return;
    for (int i = 0; i < FORMATS; i++)
        fetch(formats[i], fetched[i]);
    lock_take(&lock);
    if (!ready)
        memcpy(names, fetched, sizeof names);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    lock_drop(&lock);
}

const char *own_name(void)
{
    fetch_names();
    return *names[0] ? names[0] : *names[1] ? names[1] : "localhost"; /* a token name must resolve */
}

static bool is_own(const char *name)
{
    fetch_names();
    if (!*name)
        return true;
    for (int i = 0; i < FORMATS; i++)
        if (*names[i] && lines_equal(span_of(names[i]), name))
            return true;
    return false;
}

typedef ULONG(WINAPI *adapters_fn)(ULONG, ULONG, PVOID, PIP_ADAPTER_ADDRESSES, PULONG);

/*
 * Keeps iphlpapi from coming and going between two lookups. It must go in the end: it imports ws2_32, which
 * would otherwise never be unloaded.
 */
static HMODULE held;

static IP_ADAPTER_ADDRESSES *ask_adapters(adapters_fn get)
{
    const ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER |
                        GAA_FLAG_SKIP_FRIENDLY_NAME;
    IP_ADAPTER_ADDRESSES *list = NULL;
    ULONG bytes = ADAPTER_BYTES, code = ERROR_BUFFER_OVERFLOW;

    for (int i = 0; code == ERROR_BUFFER_OVERFLOW && i < ADAPTER_TRIES; i++) { /* adapters may come meanwhile */
        free(list);
        list = malloc(bytes);
        if (!list)
            return NULL;
        code = get(AF_UNSPEC, flags, NULL, list, &bytes);
    }
    if (code) {
        free(list);
        list = NULL;
    }
    return list;
}

/* The adapters as one block to free(), or NULL. */
static IP_ADAPTER_ADDRESSES *adapters(void)
{
    HMODULE module = LoadLibraryW(L"iphlpapi.dll"), none = NULL;
    IP_ADAPTER_ADDRESSES *list = NULL;
    adapters_fn get;

    if (!module)
        return NULL;
    get = (adapters_fn)(void *)GetProcAddress(module, "GetAdaptersAddresses");
    if (get)
        list = ask_adapters(get);
    if (!__atomic_compare_exchange_n(&held, &none, module, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        FreeLibrary(module);
    return list;
}

static bool from_sockaddr(const SOCKET_ADDRESS *sa, struct name_addr *out)
{
    *out = (struct name_addr){0};
    if (!sa->lpSockaddr)
        return false;
    out->family = sa->lpSockaddr->sa_family;
    if (out->family == AF_INET) {
        memcpy(out->ip, &((struct sockaddr_in *)sa->lpSockaddr)->sin_addr, 4);
        return true;
    }
    if (out->family == AF_INET6) {
        memcpy(out->ip, &((struct sockaddr_in6 *)sa->lpSockaddr)->sin6_addr, 16);
        out->scope = ((struct sockaddr_in6 *)sa->lpSockaddr)->sin6_scope_id;
        return true;
    }
    return false;
}

/* The addresses of one family that other machines could use, the adapters in the order of the system. */
static int add_family(const IP_ADAPTER_ADDRESSES *list, int family, struct answer *out)
{
    struct name_addr addr;
    int err = 0;

    for (const IP_ADAPTER_ADDRESSES *a = list; a; a = a->Next) {
        if (a->OperStatus != IfOperStatusUp || a->IfType == IF_TYPE_SOFTWARE_LOOPBACK)
            continue;
        for (const IP_ADAPTER_UNICAST_ADDRESS *u = a->FirstUnicastAddress; !err && u; u = u->Next)
            if (from_sockaddr(&u->Address, &addr) && addr.family == family && !name_addr_is_loopback(&addr))
                err = answer_add_addr(out, &addr);
    }
    return err;
}

/*
 * What the adapters said last. GetAdaptersAddresses takes some ten milliseconds under Wine, and programs that look up
 * one name with AI_ADDRCONFIG look up many; a network does not come up faster than this grows old.
 */
enum { FRESH_MS = 1000 };
static struct answer known; /* guarded by lock */
static ULONGLONG known_at;  /* guarded by lock; 0: nothing known */

void own_cleanup(void)
{
    HMODULE module = __atomic_exchange_n(&held, NULL, __ATOMIC_ACQ_REL);
    struct answer old;

    lock_take(&lock);
    old = known;
    known = (struct answer){0};
    known_at = 0;
    lock_drop(&lock);
    answer_free(&old);
    if (module)
        FreeLibrary(module);
}

static bool copy_known(struct answer *out, int *err)
{
    bool fresh;

    *err = 0;
    lock_take(&lock);
    fresh = known_at && GetTickCount64() - known_at < FRESH_MS;
    for (size_t i = 0; fresh && !*err && i < known.addr_count; i++)
        *err = answer_add_addr(out, &known.addr[i]);
    lock_drop(&lock);
    return fresh;
}

static void remember(const struct answer *now)
{
    struct answer fresh = {0}, old;

    for (size_t i = 0; i < now->addr_count; i++)
        if (answer_add_addr(&fresh, &now->addr[i])) {
            answer_free(&fresh);
            return;
        }
    lock_take(&lock);
    old = known;
    known = fresh;
    known_at = GetTickCount64();
    lock_drop(&lock);
    answer_free(&old);
}

/* The addresses of this machine that are not loopback: IPv6, then IPv4. There may be none. */
static int own_addresses(struct answer *out)
{
    IP_ADAPTER_ADDRESSES *list;
    int err;

    if (copy_known(out, &err))
        return err;
    list = adapters();
    err = add_family(list, AF_INET6, out);
    if (!err)
        err = add_family(list, AF_INET, out);
    if (!err)
        remember(out);
    free(list);
    return err;
}

int source_own(const struct lookup *q, struct answer *out)
{
    static const struct name_addr loopback = {ADDR_INET, {127, 0, 0, 1}, 0};
    int err;

    if (!is_own(q->name) && _stricmp(q->name, "..localmachine")) /* the documented other name of "" */
        return WSAHOST_NOT_FOUND;
    err = answer_set_canon(out, span_of(own_name()));
    if (!err)
        err = own_addresses(out);
    if (!err && !out->addr_count)
        err = answer_add_addr(out, &loopback);
    if (err)
        answer_free(out);
    return err;
}

int source_own_reverse(const struct lookup *q, struct answer *out)
{
    struct answer own = {0};
    bool mine = name_addr_is_loopback(q->addr);
    int err = mine ? 0 : own_addresses(&own);

    for (size_t i = 0; !mine && i < own.addr_count; i++)
        mine = name_addr_equal(&own.addr[i], q->addr);
    answer_free(&own);
    if (!err && !mine)
        err = WSAHOST_NOT_FOUND;
    if (!err)
        err = answer_set_canon(out, span_of(own_name()));
    if (!err)
        err = answer_add_addr(out, q->addr);
    if (err)
        answer_free(out);
    return err;
}

int resolve_own_addresses(struct answer *out)
{
    int err = own_addresses(out);

    if (err)
        answer_free(out);
    return err;
}

void resolve_own_families(bool *ip4, bool *ip6)
{
    struct answer own = {0};

    *ip4 = *ip6 = false;
    if (own_addresses(&own))
        *ip4 = *ip6 = true;
    for (size_t i = 0; i < own.addr_count; i++) {
        const uint8_t *ip = own.addr[i].ip;

        if (own.addr[i].family == ADDR_INET)
            *ip4 = true;
        else if (!(ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)) /* a link-local address alone reaches no one by name */
            *ip6 = true;
    }
    answer_free(&own);
}
