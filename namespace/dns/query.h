/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_QUERY_H
#define WS2_DNS_QUERY_H
/*
 * Asks servers: which one when, how long to wait, when to go on to the next, when over TCP. The network is behind
 * struct dns_net, so that all of it runs against a scripted one in the unit tests.
 *
 * How long it takes at most, with S servers: each is asked up to three times (DNS_ROUNDS), waiting 1, 2 and 4 seconds,
 * and no question takes longer than 12 seconds in all. A server that says it cannot answer is not asked again.
 */
#include "namespace/dns/answer.h"

enum {
    DNS_SERVERS_MAX = 8,
    DNS_SEARCH_MAX = 8,
    DNS_BATCH_MAX = 4, /* questions asked side by side */
    DNS_ROUNDS = 3,
    DNS_FIRST_WAIT_MS = 1000,
    DNS_TCP_WAIT_MS = 4000,
    DNS_TOTAL_MS = 12000,
    DNS_SHUN_MS = 30000, /* a server that was silent comes last for so long */
};

struct dns_server {
    uint8_t sockaddr[28]; /* as base/addr.h has it, the port always given */
};

struct dns_config {
    struct dns_server server[DNS_SERVERS_MAX];
    size_t servers;
    char search[DNS_SEARCH_MAX][256];
    size_t searches;
    unsigned ndots; /* a name with fewer dots tries the search list first */
};

/* All calls may fail with an error that the state machine does not look into, WSAETIMEDOUT excepted. */
struct dns_net {
    /* A connection to `to` from a port of its own, not to be foreseen. TCP: connected, or failed, within wait_ms. */
    int (*open)(const struct dns_net *net, const struct dns_server *to, bool tcp, unsigned wait_ms, void **conn);
    int (*send)(const struct dns_net *net, void *conn, const void *bytes, size_t len); /* all of it */
    /* One datagram and who sent it, or some bytes of the stream (0: it ended). */
    int (*recv)(const struct dns_net *net, void *conn, unsigned wait_ms, void *buf, size_t cap, size_t *len,
                struct dns_server *from);
    void (*close)(const struct dns_net *net, void *conn);
    uint64_t (*now_ms)(const struct dns_net *net);
    bool (*random)(const struct dns_net *net, void *bytes, size_t len);
};

/* Which servers were silent lately; one for the process. Written and read without a lock: a lost note costs a second. */
struct dns_shun {
    uint64_t until_ms[DNS_SERVERS_MAX];
};

/*
 * Asks all `count` questions (at most DNS_BATCH_MAX) side by side. out[i] is always set on success, to an answer or
 * to a failed one (dns_answer.err: WSATRY_AGAIN if no server answered in time or one had a passing failure,
 * WSANO_RECOVERY if they all refused or answered nonsense). WSA_NOT_ENOUGH_MEMORY: nothing is set.
 */
int dns_ask(const struct dns_config *config, const struct dns_net *net, struct dns_shun *shun,
            const struct dns_question *question, size_t count, struct dns_answer **out);

bool dns_server_parse(const char *text, struct dns_server *out); /* "1.2.3.4", "1.2.3.4:5353", "::1", "[::1]:5353" */
bool dns_server_equal(const struct dns_server *a, const struct dns_server *b);

#endif
