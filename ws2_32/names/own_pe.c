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
 * one name with AI_ADDRCONFIG look up many; a network does not come up faster than this grows old. When it has, one thread asks
 * anew, and the others go on with what there is.
 */
enum { FRESH_MS = 1000 };

struct addresses {
    struct answer answer; /* constant; comes first */
    long refs;
};
static struct addresses *known; /* guarded by lock, with what follows */
static ULONGLONG known_at;      /* when it was asked for; 0: nothing known */
static bool asking;

static void addresses_put(struct addresses *a)
{
    if (a && !__atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL)) {
        answer_free(&a->answer);
        free(a);
    }
}

/* Makes it what is known; NULL: nothing is. */
static void remember(struct addresses *fresh)
{
    struct addresses *old;

    lock_take(&lock);
    old = known;
    known = fresh;
    known_at = fresh ? GetTickCount64() : 0;
    asking = false;
    lock_drop(&lock);
    addresses_put(old);
}

void own_cleanup(void)
{
    HMODULE module = __atomic_exchange_n(&held, NULL, __ATOMIC_ACQ_REL);

    remember(NULL);
    if (module)
        FreeLibrary(module);
}

/* What is known, held; NULL: this thread has to ask. */
static struct addresses *hold_known(void)
{
    struct addresses *a = NULL;
    bool fresh;

    lock_take_shared(&lock);
    fresh = known_at && GetTickCount64() - known_at < FRESH_MS;
    if (fresh) {
        a = known;
        __atomic_add_fetch(&a->refs, 1, __ATOMIC_RELAXED);
    }
    lock_drop_shared(&lock);
    if (fresh)
        return a;

    lock_take(&lock);
    if (known && asking) { /* another thread is about to know better */
        a = known;
        __atomic_add_fetch(&a->refs, 1, __ATOMIC_RELAXED);
    }
    asking = true;
    lock_drop(&lock);
    return a;
}

/* The addresses of this machine that are not loopback: IPv6, then IPv4; none on failure. NULL: out of memory. */
static struct addresses *ask(void)
{
    struct addresses *a = calloc(1, sizeof *a);
    IP_ADAPTER_ADDRESSES *list;
    int err;

    if (!a)
        return NULL;
    a->refs = 1;
    list = adapters();
    err = add_family(list, AF_INET6, &a->answer);
    if (!err)
        err = add_family(list, AF_INET, &a->answer);
    free(list);
    if (err) {
        addresses_put(a);
        return NULL;
    }
    return a;
}

static struct addresses *own_hold(void)
{
    struct addresses *a = hold_known();

    if (a)
        return a;
    a = ask();
    if (a)
        __atomic_add_fetch(&a->refs, 1, __ATOMIC_RELAXED); /* the caller's besides the one of `known` */
    remember(a);
    return a;
}

/* A copy. 0 or WSA_NOT_ENOUGH_MEMORY. */
static int own_addresses(struct answer *out)
{
    struct addresses *a = own_hold();
    int err = a ? 0 : WSA_NOT_ENOUGH_MEMORY;

    for (size_t i = 0; !err && i < a->answer.addr_count; i++)
        err = answer_add_addr(out, &a->answer.addr[i]);
    addresses_put(a);
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
    bool mine = name_addr_is_loopback(q->addr);
    struct addresses *own = mine ? NULL : own_hold();
    int err = mine || own ? 0 : WSA_NOT_ENOUGH_MEMORY;

    for (size_t i = 0; own && !mine && i < own->answer.addr_count; i++)
        mine = name_addr_equal(&own->answer.addr[i], q->addr);
    addresses_put(own);
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

const struct answer *resolve_own_get(void)
{
    struct addresses *own = own_hold();

    return own ? &own->answer : NULL;
}

void resolve_own_put(const struct answer *own)
{
    addresses_put((struct addresses *)own);
}

void resolve_own_families(bool *ip4, bool *ip6)
{
    struct addresses *own = own_hold();

    *ip4 = *ip6 = !own;
    for (size_t i = 0; own && i < own->answer.addr_count; i++) {
        const uint8_t *ip = own->answer.addr[i].ip;

        if (own->answer.addr[i].family == ADDR_INET)
            *ip4 = true;
        else if (!(ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)) /* a link-local address alone reaches no one by name */
            *ip6 = true;
    }
    addresses_put(own);
}
