/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_RECORDS_H
#define WS2_CATALOG_RECORDS_H
/*
 * The records of one catalog in Windows' schema: Catalog_Entries[64]\000000000001 and so on
 * (spi.md 2.1).
 */
#include "catalog/catalog.h"
#include "catalog/reg.h"

enum records_section { RECORDS_64, RECORDS_32, RECORDS_SECTIONS };

/*
 * Reads what is readable, in order, into *cat (initialised, empty). *exists: somebody wrote this
 * catalog, even if it is empty now. Not guarded against a writer; the caller is.
 */
int records_read(struct reg_key *catalog_key, enum records_section section, struct catalog *cat,
                 bool *exists);

/* Makes the stored records equal to `cat`, with its counter; may be repeated after a failure. */
int records_write(struct reg_key *catalog_key, enum records_section section,
                  const struct catalog *cat);

int records_get_dword(struct reg_key *key, const char *name, uint32_t *value);

#endif
