/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_SOURCE_H
#define WS2_32_NAMES_SOURCE_H
/*
 * Where answers about hosts come from: the name-space providers of the catalog, in its order. Every public call asks
 * source_lookup(), and nothing outside of it knows what there is to ask.
 *
 * Our own two providers are not asked by way of the SPI: ws2hosts.dll is source_local() and ws2dns.dll is source_dns(),
 * which this DLL has as well. tests/cli/dns asks both ways and compares.
 */
#include <stdbool.h>
#include <stdint.h>

#include "ws2_32/names/answer.h"

struct lookup {
    const char *name;             /* UTF-8; NULL: find the name of `addr` */
    const struct name_addr *addr;
    int family;                   /* only this one is of use to the caller; 0: all. A source may give more */
    bool unnamed;                 /* names are of no use to the caller; a source may give them */
    uint32_t name_space;          /* NS_*; 0 is NS_ALL */
    const void *provider;         /* a GUID, or NULL for any */
    bool as_is;                   /* other letters than ASCII's are not to be encoded for the DNS (IDNA) */
};

/*
 * The answer of the first source that knows the name or the address. The caller frees *out with answer_free(); it is
 * empty on failure. WSAHOST_NOT_FOUND: nobody knows it. WSASERVICE_NOT_FOUND: nobody serves that name space.
 * WSAEINVAL: no such provider. WSATRY_AGAIN, WSANO_RECOVERY, WSANO_DATA, WSA_NOT_ENOUGH_MEMORY as they are documented.
 */
int source_lookup(const struct lookup *q, struct answer *out);

/* Our own. Each returns 0 or an error as above, of which none keeps the next from being asked but want of memory. */
int source_local(const struct lookup *q, struct answer *out); /* the next four, in their order */
int source_dns(const struct lookup *q, struct answer *out);   /* may take seconds */

int source_localhost(const struct lookup *q, struct answer *out); /* touches no file, makes no system call */
int source_own(const struct lookup *q, struct answer *out);       /* this machine's name and addresses */
int source_own_reverse(const struct lookup *q, struct answer *out);
int source_hosts(const struct lookup *q, struct answer *out);     /* the prefix's file, then the machine's */

/* ---- the catalog, as source_lookup() sees it ---- */

enum source_kind { SOURCE_LOCAL, SOURCE_DNS, SOURCE_PROVIDER };

struct source {
    enum source_kind kind;
    uint8_t provider[16]; /* SOURCE_PROVIDER: its GUID */
};

/*
 * The enabled providers of the question's scope, in the order of asking. *list is constant (*owned NULL) or in *owned,
 * for free(). Reads the catalog at the first call; while it is as it comes, takes no lock. WSASERVICE_NOT_FOUND and
 * WSAEINVAL as above.
 */
int sources_of(const struct lookup *q, const struct source **list, size_t *count, void **owned);

/* Asks one by way of the SPI. WSAEPROVIDERFAILEDINIT and its kin: it cannot be asked. */
int source_provider(const uint8_t provider[16], const struct lookup *q, struct answer *out);

#endif
