/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_UNIT_DNS_NET_H
#define WS2_TESTS_UNIT_DNS_NET_H
/*
 * A network of scripted servers on a clock of its own: waiting costs nothing, and every call into it is a point of the
 * fault loop.
 */
#include "namespace/dns/query.h"
#include "tests/unit/dns/message.h"

/* Writes the answer to `query` into m; m->len 0: silence. `n` counts the queries of this server, from 0. */
typedef void responder(struct message *m, const struct dns_question *q, unsigned id, bool edns, bool tcp, unsigned n);

struct net_stats {
    unsigned udp, tcp; /* queries */
    uint16_t last_id;
};

extern const struct dns_net net_fake;
extern uint64_t net_clock;
extern struct net_stats net_stats[DNS_SERVERS_MAX];
extern unsigned net_open_conns;
extern size_t net_piece; /* how many bytes of a stream come at once */

/* The script of server number i, whose address is 10.0.0.(1+i) port 53. */
void net_reset(struct dns_config *config, size_t servers, responder *const *script);

/* As the message comes from elsewhere: call in a responder. */
void net_from_stranger(void);

#endif
