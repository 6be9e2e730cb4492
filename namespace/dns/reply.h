/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_REPLY_H
#define WS2_DNS_REPLY_H
/*
 * Judges one message that came from a server: does it answer our question, and what does it say? Collects along a chain
 * of aliases, which may take several messages.
 */
#include "namespace/dns/answer.h"

enum {
    DNS_LINKS_MAX = 16,            /* aliases in a row */
    DNS_TTL_MAX = 24 * 3600,       /* what we believe of a server's TTL */
    DNS_NEGATIVE_TTL_MAX = 900,    /* as the Windows resolver's MaxNegativeCacheTtl */
};

enum dns_verdict {
    DNS_NOT_OURS,  /* another question's answer, or no answer: keep waiting */
    DNS_TRUNCATED, /* ask again over TCP */
    DNS_MANGLED,   /* ours, but not to be understood */
    DNS_FAILED,    /* the server says so: dns_collect.rcode */
    DNS_DONE,      /* dns_collect_finish() */
    DNS_GO_ON,     /* an alias whose end this server left out: ask for dns_collect.at */
    DNS_NO_MEMORY,
};

struct dns_collect {
    struct dns_question asked; /* by the caller */
    struct dns_name at;        /* what to ask the server for now */
    unsigned links;
    unsigned rcode;
    int err;
    uint32_t ttl;
    uint8_t *data;
    size_t bytes, room;
};

void dns_collect_begin(struct dns_collect *c, const struct dns_question *q);

/* Looks at a message; `id` is what the last query for c->at carried. */
enum dns_verdict dns_collect_reply(struct dns_collect *c, uint16_t id, const uint8_t *msg, size_t bytes);

/* The answer, after DNS_DONE. NULL: out of memory. Frees what was collected. */
struct dns_answer *dns_collect_finish(struct dns_collect *c);
void dns_collect_free(struct dns_collect *c);

#endif
