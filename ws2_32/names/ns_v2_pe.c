/* SPDX-License-Identifier: MIT */
/*
 * NSPv2: providers that are processes and advertise themselves for an installed id (spi.md 11.12). Their calls would have
 * to cross processes; none are delivered, so advertising is refused rather than taken and forgotten.
 */
#include <winsock2.h>
#include <ws2spi.h>

#include "ws2_32/core/thread.h"
#include "ws2_32/names/ns_catalog_pe.h"
#include "ws2_32/names/text_pe.h"

static int why_not(const GUID *provider)
{
    struct namespaces ns;
    int err = ns_catalog_get(&ns);

    if (err)
        return err;
    err = namespaces_find(&ns, (const struct catalog_guid *)provider) ? WSAEOPNOTSUPP : WSAEINVALIDPROVIDER;
    namespaces_deinit(&ns);
    return err;
}

INT WSAAPI WSAAdvertiseProvider(const GUID *provider, const LPCNSPV2_ROUTINE *routine)
{
    /* The SDK's second type is a pointer to a pointer; what callers pass, and the reference says, is the table. */
    const NSPV2_ROUTINE *r = (const NSPV2_ROUTINE *)(const void *)routine;
    int err = startup_check();

    if (!err && (text_is_bad(provider) || text_is_bad(r) || !r->NSPv2LookupServiceBegin ||
                 !r->NSPv2LookupServiceNextEx || !r->NSPv2LookupServiceEnd))
        err = WSAEINVAL;
    return api_fail(err ? err : why_not(provider));
}

INT WSPAPI WSAUnadvertiseProvider(const GUID *provider)
{
    int err = startup_check();

    return api_fail(err ? err : text_is_bad(provider) ? WSAEINVAL : WSAEINVALIDPROVIDER);
}

INT WSPAPI WSAProviderCompleteAsyncCall(HANDLE call, INT code)
{
    int err = startup_check();

    (void)call, (void)code;
    return api_fail(err ? err : WSA_INVALID_HANDLE);
}
