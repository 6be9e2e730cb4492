/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_NET_PE_H
#define WS2_DNS_NET_PE_H
/* The network by Winsock calls, as any program makes them: through the catalog and its layers. */
#include "namespace/dns/query.h"

extern const struct dns_net dns_net_winsock;

#endif
