/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_CACHE_H
#define WS2_DNS_CACHE_H
/*
 * Answers by question, for as long as their TTL says, negative ones included (RFC 2308). Of several threads that want
 * one answer which is not there, one fetches it and the others wait for it. Bounded in answers and in bytes; one not used
 * lately goes first. Those who find what they want do not hold each other up. Usable after zero-initialisation.
 */
#include "base/lock.h"
#include "namespace/dns/answer.h"
#include "namespace/dns/turn.h"

enum { DNS_CACHE_ANSWERS = 2048, DNS_CACHE_BYTES = 4 << 20, DNS_CACHE_BUCKETS = 1024 };

struct dns_cache {
    struct lock lock;
    struct turn turn;
    struct dns_cache_entry *bucket[DNS_CACHE_BUCKETS]; /* all guarded by lock */
    struct dns_cache_entry *newest, *oldest;
    size_t answers, bytes;
    uint32_t salt; /* set before the first use, at random: nobody outside can aim at one bucket */
};

/*
 * Fetches the answers to `count` questions; 0 or WSA_NOT_ENOUGH_MEMORY, and then sets all of out. Called with no locks held.
 */
typedef int dns_fetch_fn(void *arg, const struct dns_question *q, size_t count, struct dns_answer **out);

/*
 * The answers to `count` questions (at most DNS_BATCH_MAX), from here or fetched. The caller gives each back with
 * dns_answer_put(). Failed answers (WSATRY_AGAIN and the like) are given to everybody who waited, and not kept.
 */
int dns_cache_get(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q, size_t count, dns_fetch_fn *fetch,
                  void *arg, struct dns_answer **out);

/* The answer if it is here and fresh, or NULL. */
struct dns_answer *dns_cache_peek(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q);

void dns_cache_flush(struct dns_cache *c); /* what is being fetched meanwhile is not kept either */

#endif
