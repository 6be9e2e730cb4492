/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_SNAPSHOT_H
#define WS2_32_CORE_SNAPSHOT_H
/*
 * The catalog as this process sees it: read at the first need, then the same until the final WSACleanup, no
 * matter what installers do meanwhile (spi.md 2.5.6).
 */
#include "catalog/catalog.h"

struct snapshot {
    unsigned refs;
    struct catalog cat;
};

/* A reference to the snapshot, given back with snapshot_put(). Fails as store_read_permitted() does. */
int snapshot_get(struct snapshot **out);
void snapshot_put(struct snapshot *snap);

/* The next snapshot_get() reads anew. */
void snapshot_forget(void);

#endif
