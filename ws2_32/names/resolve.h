/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_RESOLVE_H
#define WS2_32_NAMES_RESOLVE_H
/*
 * What getaddrinfo and its kin decide: which hints are good, which addresses and ports come out and in which order.
 * The functions of the API around it only turn text and structures into these and back.
 */
#include "ws2_32/names/answer.h"
#include "ws2_32/names/source.h"

/* The values of AI_*; one Windows file asserts it. */
enum {
    RESOLVE_PASSIVE = 0x1,
    RESOLVE_CANONNAME = 0x2,
    RESOLVE_NUMERICHOST = 0x4,
    RESOLVE_NUMERICSERV = 0x8,
    RESOLVE_ALL = 0x100,
    RESOLVE_ADDRCONFIG = 0x400,
    RESOLVE_V4MAPPED = 0x800,
    RESOLVE_FQDN = 0x20000,
    /* These ask for something of a DNS or e-mail name space and mean nothing to an answer from elsewhere: AI_DNS_ONLY,
     * AI_NON_AUTHORITATIVE, AI_SECURE, AI_RETURN_PREFERRED_NAMES, AI_FILESERVER, AI_DISABLE_IDN_ENCODING. */
    RESOLVE_OTHERS = 0x10 | 0x4000 | 0x8000 | 0x10000 | 0x40000 | 0x80000,

    RESOLVE_STREAM = 1,
    RESOLVE_DGRAM = 2,
    RESOLVE_RAW = 3,
    RESOLVE_TCP = 6,
    RESOLVE_UDP = 17,

    RESOLVE_NODE_MAX = 1025, /* NI_MAXHOST */
};

struct resolve_request {
    const char *node, *service; /* UTF-8; either may be NULL */
    int flags, family, socktype, protocol;
    uint32_t name_space;
    const void *provider;
};

struct resolve_result {
    const struct name_addr *addr; /* the addresses to return, in order; within this structure, or `host`'s */
    size_t addr_count;
    const char *canon; /* if it was asked for: the request's node, or `host`'s */
    struct resolve_port {
        int socktype;
        uint16_t port; /* host order */
    } port[2];         /* every address goes with each of them */
    size_t port_count;
    struct name_addr few[4]; /* few addresses take no memory of their own */
    struct answer host;
};

/*
 * 0, and the caller ends with resolve_free(); or the documented code (EAI_* are WSA codes on Windows). The result points
 * into itself and into the request.
 */
int resolve(const struct resolve_request *rq, struct resolve_result *out);
void resolve_free(struct resolve_result *r);

/* The port of a service in the database, from the Windows side. proto is "tcp" or "udp". */
bool resolve_service(const char *name, const char *proto, uint16_t *port);

/* Which families have an address that is not loopback on this machine. */
void resolve_own_families(bool *ip4, bool *ip6);

/* The addresses of this machine that are not loopback, until resolve_own_put(). NULL: out of memory. */
const struct answer *resolve_own_get(void);
void resolve_own_put(const struct answer *own);

#endif
