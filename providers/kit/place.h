/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_PLACE_H
#define WS2_KIT_PLACE_H
/*
 * Where a layer stands in a chain: pure, so that the host tests can ask it about every shape of chain.
 */
#include "catalog/catalog.h"

struct place_catalog {
    const struct catalog_info *entry; /* in catalog order */
    uint32_t count;
    const uint32_t *own; /* ids of our own layer entries (chain_len 0): one for each name our DLL is installed under */
    uint32_t own_count;
};

struct place {
    const struct catalog_info *mine; /* the chain whose id our sockets are registered with */
    const struct catalog_info *next; /* what stands below us: a base, a chain or a layer entry */
    const struct catalog_info *hand; /* what to start it with */
};

/*
 * Finds our place in the chain that `given`, the info a layer was started with, denotes. `given` is our own chain when
 * ws2_32 starts us, and the chain of a layer above when that one does.
 *
 * Results point into `cat`, `mine` and `hand` possibly at `given`. WSAEINVALIDPROVIDER: no chain, a chain without us, a
 * chain whose next element is not in the catalog, or one that goes round.
 */
int place_find(const struct place_catalog *cat, const struct catalog_info *given,
               struct place *out);

#endif
