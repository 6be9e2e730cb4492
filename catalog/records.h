/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_RECORDS_H
#define WS2_CATALOG_RECORDS_H
/*
 * The records of one catalog in Windows' schema: Catalog_Entries[64]\000000000001 and so on
 * (spi.md 2.1).
 */
#include "catalog/numbered.h"

/* A catalog has some tens of entries. The bound keeps a wild tree from costing gigabytes. */
enum { RECORDS_MAX = 16384 };

/* What is to be known about a section besides its entries. */
struct records_state {
    bool exists; /* somebody wrote this catalog, even if it is empty now */
    bool exact;  /* record n is entry n - 1, and there is nothing else */
};

/*
 * Reads what is readable, in order, into *cat (initialised, empty). Not guarded against a writer;
 * the caller is.
 */
int records_read(struct reg_key *catalog_key, enum records_section section, struct catalog *cat,
                 struct records_state *state);

/*
 * Makes the stored records equal to `cat`, with its counter; may be repeated after a failure.
 * `old` is what they are now, exactly, and saves writing what is there; NULL: unknown.
 */
int records_write(struct reg_key *catalog_key, enum records_section section,
                  const struct catalog *cat, const struct catalog *old);

#endif
