/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_LOOKUP_H
#define WS2_DNS_LOOKUP_H
/* A name as programs write it, through the search list and the cache, to the servers. */
#include "namespace/dns/cache.h"
#include "namespace/dns/query.h"

struct dns_resolver {
    struct dns_cache cache;
    struct dns_shun shun;
};

/*
 * The answers of each of `count` types for the first name of the search list that exists; out[i] as of dns_cache_get().
 * A name with a final dot is taken as it stands. WSAHOST_NOT_FOUND: it cannot be a name, or there is no server to ask.
 * WSA_NOT_ENOUGH_MEMORY. Answers that say no are answers: dns_answer.err.
 */
int dns_lookup(struct dns_resolver *r, const struct dns_config *config, const struct dns_net *net, const char *name,
               const uint16_t *type, size_t count, struct dns_answer **out);

/* "4.3.2.1.in-addr.arpa." or the like under ip6.arpa. `ip_bytes` is 4 or 16. */
enum { DNS_REVERSE_CHARS = 80 };
void dns_reverse_name(const uint8_t *ip, size_t ip_bytes, char text[DNS_REVERSE_CHARS]);

#endif
