/* SPDX-License-Identifier: MIT */
#include "namespace/dns/share_pe.h"

#include "namespace/dns/service_pe.h"

static const struct dns_share *share; /* set before the first lookup, the same each time */

BOOL dns_share_found(void)
{
    const struct dns_share *(WINAPI * get)(void);

    get = (void *)GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "ws2kit_dns");
    share = get ? get() : NULL;
    return share && share->version == DNS_SHARE_VERSION;
}

int dns_service_lookup(const char *name, const uint16_t *type, size_t count, struct dns_answer **out)
{
    return share->lookup(name, type, count, out);
}

int dns_service_lookup_as_is(const char *name, const uint16_t *type, size_t count, struct dns_answer **out)
{
    return share->lookup_as_is(name, type, count, out);
}

void dns_service_flush(void)
{
    share->flush();
}
