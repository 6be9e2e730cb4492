/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NAMESPACE_RECORDS_H
#define WS2_CATALOG_NAMESPACE_RECORDS_H
/* Windows' records of one name-space catalog: Catalog_Entries[64]\000000000001 and so on. */
#include "catalog/namespace.h"
#include "catalog/numbered.h"

/*
 * Reads what is readable, in order, into *ns (initialised, empty). *exists: somebody wrote this
 * catalog, even if it is empty now.
 */
int namespace_records_read(struct reg_key *catalog_key, enum records_section section,
                           struct namespaces *ns, bool *exists);

/* Makes the stored records equal to `ns`, with their counter; may be repeated after a failure. */
int namespace_records_write(struct reg_key *catalog_key, enum records_section section,
                            const struct namespaces *ns);

struct fault_list;

/* Adds what is wrong with the records of one section. */
int namespace_records_verify(struct reg_key *catalog_key, enum records_section section, struct fault_list *list);

#endif
