/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_UNIT_DNS_MESSAGE_H
#define WS2_TESTS_UNIT_DNS_MESSAGE_H
/* Builds DNS messages for tests, independently of our own writer. */
#include <string.h>

#include "namespace/dns/wire.h"

struct message {
    uint8_t at[70000];
    size_t len;
};

static inline void put8(struct message *m, unsigned v) { m->at[m->len++] = (uint8_t)v; }
static inline void put16(struct message *m, unsigned v) { put8(m, v >> 8), put8(m, v & 0xff); }
static inline void put32(struct message *m, uint32_t v) { put16(m, v >> 16), put16(m, v & 0xffff); }

/* Plain text only: "www.example". */
static inline void put_name(struct message *m, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");

        put8(m, (unsigned)n);
        memcpy(m->at + m->len, name, n);
        m->len += n;
        name += n + (name[n] == '.');
    }
    put8(m, 0);
}

static inline void begin(struct message *m, unsigned id, unsigned flags, const char *name, unsigned type)
{
    m->len = 0;
    put16(m, id), put16(m, flags), put16(m, 1), put16(m, 0), put16(m, 0), put16(m, 0);
    put_name(m, name);
    put16(m, type), put16(m, DNS_IN);
}

enum { ANSWERS = 6, AUTHORITIES = 8 }; /* where the section's count is */

/* A record up to its data, which the caller adds; then end_record(). */
static inline size_t begin_record(struct message *m, int section, const char *name, unsigned type, uint32_t ttl)
{
    unsigned count = (unsigned)(m->at[section] << 8 | m->at[section + 1]) + 1;

    m->at[section] = (uint8_t)(count >> 8);
    m->at[section + 1] = (uint8_t)count;
    put_name(m, name);
    put16(m, type), put16(m, DNS_IN), put32(m, ttl), put16(m, 0);
    return m->len;
}

static inline void end_record(struct message *m, size_t begun)
{
    m->at[begun - 2] = (uint8_t)((m->len - begun) >> 8);
    m->at[begun - 1] = (uint8_t)(m->len - begun);
}

static inline void put_a(struct message *m, const char *name, uint32_t ttl, uint32_t ip)
{
    size_t r = begin_record(m, ANSWERS, name, DNS_A, ttl);

    put32(m, ip);
    end_record(m, r);
}

static inline void put_cname(struct message *m, const char *name, uint32_t ttl, const char *target)
{
    size_t r = begin_record(m, ANSWERS, name, DNS_CNAME, ttl);

    put_name(m, target);
    end_record(m, r);
}

static inline void put_soa(struct message *m, const char *zone, uint32_t ttl, uint32_t minimum)
{
    size_t r = begin_record(m, AUTHORITIES, zone, DNS_SOA, ttl);

    put_name(m, "ns"), put_name(m, "root");
    put32(m, 1), put32(m, 2), put32(m, 3), put32(m, 4), put32(m, minimum);
    end_record(m, r);
}

#endif
