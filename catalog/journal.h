/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_JOURNAL_H
#define WS2_CATALOG_JOURNAL_H
/*
 * One registry value that makes an edit of many keys one event; store.c says how. At rest it holds
 * a generation number; between commit and completion it also holds the whole new catalog of each
 * width that changes.
 */
#include "catalog/catalog.h"
#include "catalog/records.h"

struct journal {
    uint32_t generation; /* grows by one with each commit; 0 when there never was one */
    uint32_t serial, next_id;
    bool pending[RECORDS_SECTIONS];
    struct catalog cat[RECORDS_SECTIONS]; /* owned */
};

void journal_deinit(struct journal *j);

/*
 * Reads it into *j (uninitialised before). An absent or damaged value reads as one at rest,
 * generation 0.
 */
int journal_read(struct reg_key *catalog_key, struct journal *j);
/* Writes it with a single request: this is the commit. */
int journal_write(struct reg_key *catalog_key, const struct journal *j);

static inline bool journal_is_pending(const struct journal *j)
{
    return j->pending[RECORDS_64] || j->pending[RECORDS_32];
}

#endif
