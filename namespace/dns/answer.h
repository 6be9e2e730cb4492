/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_ANSWER_H
#define WS2_DNS_ANSWER_H
/*
 * What the DNS says to one question: the aliases it went through, then the data, in one block that never changes once
 * it is made. Shared by counting references.
 */
#include "namespace/dns/wire.h"

enum { DNS_RECORDS_MAX = 1024 }; /* of one answer; further ones are left out */

struct dns_answer {
    long refs;
    int err;      /* 0, WSAHOST_NOT_FOUND, WSANO_DATA; after failure WSATRY_AGAIN or WSANO_RECOVERY */
    uint32_t ttl; /* seconds from when it came; 0 for failures */
    struct dns_question question;
    size_t bytes;
    uint8_t data[]; /* read with dns_answer_next() */
};

/* One CNAME (data: the next name) or one piece of data of the type asked for. */
struct dns_datum {
    uint16_t type;
    uint32_t ttl;
    uint16_t bytes;
    const uint8_t *at; /* names are uncompressed */
};

/* Reads on from *pos, which starts at 0; false at the end. Aliases come first and in order. */
bool dns_answer_next(const struct dns_answer *a, size_t *pos, struct dns_datum *out);

/* An uncompressed name at the start of `bytes` bytes; false: not a whole one. */
bool dns_name_at(const uint8_t *at, size_t bytes, struct dns_name *out);

/* The name that the data belongs to: the last alias, or the one asked for. */
void dns_answer_canon(const struct dns_answer *a, struct dns_name *out);

/*
 * The answer as a DNS message, without compression, for programs that want to read records by themselves. Returns the
 * bytes written, or 0 if `cap` is too small.
 */
size_t dns_answer_message(const struct dns_answer *a, uint8_t *msg, size_t cap);

void dns_answer_hold(struct dns_answer *a);
void dns_answer_put(struct dns_answer *a); /* NULL is allowed */

/* An answer without data. NULL: out of memory. */
struct dns_answer *dns_answer_failed(const struct dns_question *q, int err, uint32_t ttl);

#endif
