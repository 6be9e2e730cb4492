/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_SOURCE_H
#define WS2_32_NAMES_SOURCE_H
/*
 * Where answers about hosts come from. Every public call asks source_lookup(), and nothing outside of it knows what
 * there is to ask: now a few built-in sources in a fixed order, later the name-space catalog with DNS in it.
 */
#include <stdint.h>

#include "ws2_32/names/answer.h"

struct lookup {
    const char *name;             /* UTF-8; NULL: find the name of `addr` */
    const struct name_addr *addr;
    int family;                   /* only this one is of use to the caller; 0: all. A source may give more */
    uint32_t name_space;          /* NS_*; 0 is NS_ALL */
    const void *provider;         /* a GUID, or NULL for any */
};

/*
 * The answer of the first source that knows the name or the address. The caller frees *out with answer_free(); it is
 * empty on failure. WSAHOST_NOT_FOUND: nobody knows it. WSASERVICE_NOT_FOUND: nobody serves that name space.
 * WSAEINVAL: no such provider. WSATRY_AGAIN, WSANO_RECOVERY, WSANO_DATA, WSA_NOT_ENOUGH_MEMORY as they are documented.
 */
int source_lookup(const struct lookup *q, struct answer *out);

/* The sources. Each returns 0 or an error as above; WSAHOST_NOT_FOUND lets the next one try. */
int source_localhost(const struct lookup *q, struct answer *out); /* touches no file, makes no system call */
int source_own(const struct lookup *q, struct answer *out);       /* this machine's name and addresses */
int source_own_reverse(const struct lookup *q, struct answer *out);
int source_hosts(const struct lookup *q, struct answer *out);     /* the prefix's file, then the machine's */
int source_dns(const struct lookup *q, struct answer *out);       /* may take seconds */

#endif
