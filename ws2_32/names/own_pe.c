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
#include "ws2_32/names/text_pe.h"

enum { NAME_CHARS = 256, ADAPTER_BYTES = 16 << 10, ADAPTER_TRIES = 4 };

/* Under Wine the first is the Unix node name up to its first dot; the NetBIOS name is the same in capitals. */
static const COMPUTER_NAME_FORMAT formats[] = {ComputerNamePhysicalDnsHostname, ComputerNamePhysicalNetBIOS,
                                               ComputerNamePhysicalDnsFullyQualified};
enum { FORMATS = sizeof formats / sizeof *formats };

static struct lock lock;
static char *names[FORMATS]; /* set once, then constant; published by `ready` */
static int ready;

static char *fetch(COMPUTER_NAME_FORMAT format)
{
    wchar_t name[NAME_CHARS];
    DWORD chars = NAME_CHARS;

    if (!GetComputerNameExW(format, name, &chars) || !*name)
        return NULL;
    return text_from_wide(name);
}

static void fetch_names(void)
{
    char *fetched[FORMATS];

    if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        return;
    for (int i = 0; i < FORMATS; i++)
        fetched[i] = fetch(formats[i]);
    lock_take(&lock);
    for (int i = 0; !ready && i < FORMATS; i++) {
        names[i] = fetched[i];
        fetched[i] = NULL;
    }
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    lock_drop(&lock);
    for (int i = 0; i < FORMATS; i++)
        free(fetched[i]);
}

const char *own_name(void)
{
    fetch_names();
    return names[0] ? names[0] : names[1] ? names[1] : "localhost"; /* a token name must resolve */
}

static bool is_own(const char *name)
{
    fetch_names();
    if (!*name)
        return true;
    for (int i = 0; i < FORMATS; i++)
        if (names[i] && lines_equal(span_of(names[i]), name))
            return true;
    return false;
}

typedef ULONG(WINAPI *adapters_fn)(ULONG, ULONG, PVOID, PIP_ADAPTER_ADDRESSES, PULONG);

/*
 * Keeps iphlpapi from coming and going between two lookups. It must go in the end: it imports ws2_32, which
 * would otherwise never be unloaded.
 */
static HMODULE held;

void own_cleanup(void)
{
    HMODULE module = __atomic_exchange_n(&held, NULL, __ATOMIC_ACQ_REL);

    if (module)
        FreeLibrary(module);
}

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

static int add_own_addresses(struct answer *out)
{
    static const struct name_addr loopback = {ADDR_INET, {127, 0, 0, 1}, 0};
    IP_ADAPTER_ADDRESSES *list = adapters();
    int err = add_family(list, AF_INET6, out);

    if (!err)
        err = add_family(list, AF_INET, out);
    if (!err && !out->addr_count)
        err = answer_add_addr(out, &loopback);
    free(list);
    return err;
}

int source_own(const struct lookup *q, struct answer *out)
{
    int err;

    if (!is_own(q->name) && _stricmp(q->name, "..localmachine")) /* the documented other name of "" */
        return WSAHOST_NOT_FOUND;
    err = answer_set_canon(out, span_of(own_name()));
    if (!err)
        err = add_own_addresses(out);
    if (err)
        answer_free(out);
    return err;
}

int source_own_reverse(const struct lookup *q, struct answer *out)
{
    struct answer own = {0};
    bool mine = name_addr_is_loopback(q->addr);
    int err = mine ? 0 : add_own_addresses(&own);

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

void resolve_own_families(bool *ip4, bool *ip6)
{
    IP_ADAPTER_ADDRESSES *list = adapters();
    struct answer four = {0}, six = {0};

    add_family(list, AF_INET, &four);
    add_family(list, AF_INET6, &six);
    *ip4 = four.addr_count;
    *ip6 = false;
    for (size_t i = 0; i < six.addr_count; i++) /* a link-local address alone reaches no one by name */
        *ip6 = *ip6 || !(six.addr[i].ip[0] == 0xfe && (six.addr[i].ip[1] & 0xc0) == 0x80);
    answer_free(&four);
    answer_free(&six);
    free(list);
}
