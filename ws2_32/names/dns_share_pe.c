/* SPDX-License-Identifier: MIT */
#include "namespace/dns/share_pe.h"

#include "namespace/dns/service_pe.h"

const struct dns_share *WINAPI ws2kit_dns(void)
{
    static const struct dns_share share = {DNS_SHARE_VERSION, dns_service_lookup, dns_service_lookup_as_is, dns_service_flush};

    return &share;
}
