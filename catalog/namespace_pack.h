/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NAMESPACE_PACK_H
#define WS2_CATALOG_NAMESPACE_PACK_H
/*
 * Both name-space catalogs as one registry value: what catalog/journal.h is to the protocol
 * catalog. Pending ones are committed and have yet to be written out as Windows' records; otherwise
 * the copies are good as long as the stamp is.
 */
#include "catalog/namespace.h"
#include "catalog/records.h"

struct namespace_journal {
    uint32_t generation, serial;
    uint32_t index;   /* of the catalog's key among its siblings */
    uint64_t written; /* when that key was last written to; 0: not known */
    bool pending[RECORDS_SECTIONS], held[RECORDS_SECTIONS];
    struct namespaces ns[RECORDS_SECTIONS]; /* owned */
};

void namespace_journal_init(struct namespace_journal *j);
void namespace_journal_deinit(struct namespace_journal *j);

/* In memory that the caller frees. */
int namespace_journal_encode(const struct namespace_journal *j, uint8_t **out, size_t *bytes);
/* WSAEINVAL for anything that encode did not write, to the bit. *j is initialised in any case. */
int namespace_journal_decode(const uint8_t *bytes, size_t count, struct namespace_journal *j);

#endif
