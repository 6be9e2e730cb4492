/* SPDX-License-Identifier: MIT */
/*
 * The name-space provider of names=proxy. It stands before those that ask hosts files and DNS, and answers a host's name at
 * once with an address that stands for it (fakes.h). It says nothing of names that are this machine's business: localhost, the
 * machine's own, those that the rules reach directly, and the proxies' own.
 */
#include "providers/proxy/proxy.h"

#include <stdlib.h>
#include <string.h>
#include <ws2spi.h>
#include <ws2tcpip.h>

#include "namespace/kit/ws2kit_namespace.h"

enum { DNS_A = 1, DNS_AAAA = 28, DNS_PORT = 53 };

/* A lookup has one answer, and nothing waits; one lock covers them. */
struct lookup {
    struct lookup *next;
    WSAQUERYSETW *query; /* owned */
    struct nsk_query what; /* points into it */
    bool answered;
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct lookup *lookups; /* guarded by lock */

/* ---- which names are ours ---- */

/* The ASCII form of an international name, by the system's IDNA (kernel32 since Vista, normaliz before). */
static bool encode(const WCHAR *name, char out[ENDPOINT_NAME_BYTES])
{
    int(WINAPI *idn)(DWORD, const WCHAR *, int, WCHAR *, int);
    HMODULE loaded = NULL;
    WCHAR encoded[ENDPOINT_NAME_BYTES];
    int chars = 0;

    idn = (void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "IdnToAscii");
    if (!idn && (loaded = LoadLibraryW(L"normaliz.dll")))
        idn = (void *)GetProcAddress(loaded, "IdnToAscii");
    if (idn)
        chars = idn(0, name, -1, encoded, ENDPOINT_NAME_BYTES);
    if (loaded)
        FreeLibrary(loaded);
    return chars && WideCharToMultiByte(CP_UTF8, 0, encoded, -1, out, ENDPOINT_NAME_BYTES, NULL, NULL);
}

static bool to_ascii(const WCHAR *name, char out[ENDPOINT_NAME_BYTES])
{
    size_t chars = wcslen(name);
    bool plain = true;

    for (size_t i = 0; i < chars; i++)
        plain = plain && name[i] < 0x80;
    if (chars >= ENDPOINT_NAME_BYTES)
        return false;
    if (!plain)
        return encode(name, out);
    for (size_t i = 0; i <= chars; i++)
        out[i] = (char)name[i];
    return true;
}

static bool is_own_name(const char *name)
{
    static const COMPUTER_NAME_FORMAT forms[] = { ComputerNameDnsHostname, ComputerNameDnsFullyQualified, ComputerNameNetBIOS };

    for (size_t i = 0; i < ARRAYSIZE(forms); i++) {
        char own[ENDPOINT_NAME_BYTES];
        DWORD chars = sizeof own;

        if (GetComputerNameExA(forms[i], own, &chars) && !_stricmp(own, name))
            return true;
    }
    return false;
}

static bool is_proxy(const char *name)
{
    for (size_t i = 0; i < config.rules.proxies; i++)
        if (config.proxy[i].at.kind == ENDPOINT_NAME && !_stricmp(config.proxy[i].at.name, name))
            return true;
    return false;
}

/* A name whose host is found at the proxy. */
static bool is_ours(const WCHAR *text, char name[ENDPOINT_NAME_BYTES])
{
    struct endpoint e;

    if (!config.names_at_proxy || !text || !to_ascii(text, name) ||
        !endpoint_parse_host(name, strlen(name), &e) || e.kind != ENDPOINT_NAME)
        return false;
    return !rules_glob("localhost", name) && !rules_glob("*.localhost", name) && !is_own_name(name) && !is_proxy(name) &&
           !rules_name_is_direct(&config.rules, config.program, name);
}

/* ---- answering ---- */

static bool wants_family(const struct lookup *l, int family)
{
    return nsk_protocol_wanted(l->query, family, IPPROTO_TCP) || nsk_protocol_wanted(l->query, family, IPPROTO_UDP);
}

/* AF_INET wherever it will do, so that who takes either gets one address; 0: no family that is asked for. */
static int family_of(const struct lookup *l)
{
    bool records = l->what.class == NSK_CLASS_TCP && l->what.port == DNS_PORT && l->what.rr;

    if (records && l->what.rr == DNS_AAAA)
        return wants_family(l, AF_INET6) && !(l->query->dwNumberOfProtocols && wants_family(l, AF_INET)) ? AF_INET6 : 0;
    if (records && l->what.rr != DNS_A)
        return 0;
    return wants_family(l, AF_INET) ? AF_INET : wants_family(l, AF_INET6) && !records ? AF_INET6 : 0;
}

union address {
    SOCKADDR any;
    SOCKADDR_IN in;
    SOCKADDR_IN6 in6;
};

/* Fills both and returns their size. */
static INT fill(const struct lookup *l, int family, const uint8_t ip[16], union address *remote, union address *local)
{
    WORD port = l->what.rr ? 0 : l->what.port;

    memset(remote, 0, sizeof *remote);
    memset(local, 0, sizeof *local);
    remote->any.sa_family = local->any.sa_family = (u_short)family;
    if (family == AF_INET) {
        remote->in.sin_port = htons(port);
        memcpy(&remote->in.sin_addr, ip, 4);
        return sizeof remote->in;
    }
    remote->in6.sin6_port = htons(port);
    memcpy(&remote->in6.sin6_addr, ip, 16);
    return sizeof remote->in6;
}

/* With everything that anybody asks for; nsk_keep_wanted() takes out what this one did not. */
static INT pack(const struct lookup *l, WCHAR *name, const char *ascii, int family, const uint8_t ip[16], DWORD *bytes, void *buf)
{
    static const char *const no_alias[] = { NULL };
    const void *const list[] = { ip, NULL };
    const struct nsk_host host = { ascii, no_alias, family, family == AF_INET ? 4 : 16, list };
    union address remote, local;
    INT address_bytes = fill(l, family, ip, &remote, &local);
    bool udp = l->what.class == NSK_CLASS_UDP || !nsk_protocol_wanted(l->query, family, IPPROTO_TCP);
    CSADDR_INFO csa = { { &local.any, address_bytes }, { &remote.any, address_bytes }, udp ? SOCK_DGRAM : SOCK_STREAM,
                        udp ? IPPROTO_UDP : IPPROTO_TCP };
    BLOB blob = { (ULONG)nsk_host_blob(&host, NULL, 0), NULL };
    WSAQUERYSETW r = { .dwNameSpace = NS_DNS, .lpszServiceInstanceName = name, .lpServiceClassId = l->query->lpServiceClassId,
                       .dwNumberOfCsAddrs = 1, .lpcsaBuffer = &csa, .lpBlob = &blob };
    INT err;

    blob.pBlobData = malloc(blob.cbSize);
    if (!blob.pBlobData)
        return WSA_NOT_ENOUGH_MEMORY;
    nsk_host_blob(&host, blob.pBlobData, blob.cbSize);
    nsk_keep_wanted(&r, l->what.flags);
    err = nsk_pack(&r, buf, bytes);
    free(blob.pBlobData);
    return err;
}

static INT answer_name(const struct lookup *l, DWORD *bytes, void *buf)
{
    char name[ENDPOINT_NAME_BYTES];
    uint8_t ip[16];
    int family = family_of(l);

    if (!is_ours(l->what.name, name))
        return WSASERVICE_NOT_FOUND;
    if (!family)
        return WSANO_DATA;
    if (!fakes_put(config.fakes, name, family == AF_INET ? ENDPOINT_IP4 : ENDPOINT_IP6, ip))
        return WSA_NOT_ENOUGH_MEMORY;
    return pack(l, (WCHAR *)l->what.name, name, family, ip, bytes, buf);
}

/* The name behind one of our addresses, so that nobody else is asked for it. */
static INT answer_address(const struct lookup *l, DWORD *bytes, void *buf)
{
    char text[ENDPOINT_NAME_BYTES], name[ENDPOINT_NAME_BYTES];
    WCHAR wide[ENDPOINT_NAME_BYTES];
    struct endpoint e;

    if (!config.fakes || !l->what.name || !to_ascii(l->what.name, text) || !endpoint_parse_host(text, strlen(text), &e) ||
        !fakes_get(config.fakes, &e, name))
        return WSASERVICE_NOT_FOUND;
    for (size_t i = 0; i <= strlen(name); i++)
        wide[i] = (WCHAR)name[i];
    return pack(l, wide, name, e.kind == ENDPOINT_IP4 ? AF_INET : AF_INET6, e.ip, bytes, buf);
}

static INT answer(const struct lookup *l, DWORD *bytes, void *buf)
{
    switch (l->what.class) {
    case NSK_CLASS_HOST_BY_NAME:
    case NSK_CLASS_TCP:
    case NSK_CLASS_UDP:
        return answer_name(l, bytes, buf);
    case NSK_CLASS_HOST_BY_ADDR:
        return answer_address(l, bytes, buf);
    default:
        return WSASERVICE_NOT_FOUND;
    }
}

/* ---- the interface ---- */

static struct lookup **find(HANDLE handle)
{
    struct lookup **at;

    for (at = &lookups; *at && *at != handle; at = &(*at)->next)
        ;
    return at;
}

static INT WSAAPI begin(LPGUID id, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW info, DWORD flags, LPHANDLE handle)
{
    struct lookup *l;
    INT err;

    (void)id, (void)info;
    if (flags & LUP_CONTAINERS)
        return nsk_result(WSANO_DATA);
    l = calloc(1, sizeof *l);
    if (!l)
        return nsk_result(WSA_NOT_ENOUGH_MEMORY);
    l->query = nsk_copy(restrictions);
    err = l->query ? nsk_parse(l->query, flags, &l->what) : WSA_NOT_ENOUGH_MEMORY;
    if (err) {
        free(l->query);
        free(l);
        return nsk_result(err);
    }
    AcquireSRWLockExclusive(&lock);
    l->next = lookups;
    lookups = l;
    ReleaseSRWLockExclusive(&lock);
    *handle = l;
    return NO_ERROR;
}

static INT WSAAPI next(HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSETW result)
{
    struct lookup *l;
    INT err;

    AcquireSRWLockExclusive(&lock);
    l = *find(handle);
    if (!l) {
        err = WSA_INVALID_HANDLE;
    } else if (l->answered || flags & LUP_FLUSHPREVIOUS) {
        l->answered = true;
        err = WSA_E_NO_MORE;
    } else {
        err = answer(l, bytes, result);
        l->answered = !err;
    }
    ReleaseSRWLockExclusive(&lock);
    return nsk_result(err);
}

static INT WSAAPI end(HANDLE handle)
{
    struct lookup **at, *l;

    AcquireSRWLockExclusive(&lock);
    at = find(handle);
    l = *at;
    if (l)
        *at = l->next;
    ReleaseSRWLockExclusive(&lock);
    if (!l)
        return nsk_result(WSA_INVALID_HANDLE);
    free(l->query);
    free(l);
    return NO_ERROR;
}

static INT WSAAPI cleanup(LPGUID id)
{
    (void)id;
    config_drop();
    return NO_ERROR;
}

INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routine)
{
    const NSP_ROUTINE ours = { offsetof(NSP_ROUTINE, NSPIoctl), 1, 0, cleanup, begin, next, end, nsk_no_service,
                               nsk_no_new_class, nsk_no_class_to_remove, nsk_no_class, NULL };
    int err = config_hold();

    (void)id;
    if (err)
        return nsk_result(err);
    *routine = ours;
    return NO_ERROR;
}
