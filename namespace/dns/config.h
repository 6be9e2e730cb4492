/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_CONFIG_H
#define WS2_DNS_CONFIG_H
/* Server and search lists as text: items parted by spaces, commas or semicolons. */
#include "namespace/dns/query.h"

/* Adds to what is there; what is no address, and what does not fit any more, is left out. */
void dns_config_add_servers(struct dns_config *c, const char *list);
void dns_config_add_search(struct dns_config *c, const char *list);

#endif
