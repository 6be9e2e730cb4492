/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_CONFIG_PE_H
#define WS2_DNS_CONFIG_PE_H
/*
 * Where the servers are. The first of these that names any counts:
 *   the environment variable WS2KIT_DNS, for one run: "127.0.0.1:5353 [::1]:5354"; "none" is for no server at all
 *   HKLM\System\CurrentControlSet\Services\WinSock2\Parameters\ws2kit\Dns, Servers (REG_SZ, the same form)
 *   HKLM\System\CurrentControlSet\Services\Tcpip\Parameters, NameServer
 *   what GetNetworkParams says, which under Wine is the machine's resolv.conf
 * The search list: WS2KIT_DNS_SEARCH; Search beside Servers; SearchList, or else Domain, beside NameServer; the domain of
 * GetNetworkParams when the servers are from there. Ndots (REG_DWORD beside Servers) is 1 if it is not given.
 */
#include "namespace/dns/query.h"

void dns_config_read(struct dns_config *out);

#endif
