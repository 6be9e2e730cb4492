/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_JOURNAL_H
#define WS2_CATALOG_JOURNAL_H
/*
 * One registry value that makes an edit of many keys one event, and reading them one request;
 * store.c says how. It holds the whole of both catalogs: from commit to completion because the
 * records are not up to date yet, afterwards as a copy that is good while the stamp is.
 */
#include "catalog/pack.h"

struct journal {
    uint32_t generation; /* grows by one with each commit; 0 when there never was one */
    uint32_t serial, next_id;
    bool pending[RECORDS_SECTIONS];
    struct pack held;
    struct stamp stamp; /* of what the copy was made from; not known: no copy */
    bool has_apps;      /* there were categorised programs then */
};

void journal_init(struct journal *j);
void journal_deinit(struct journal *j);

/*
 * Reads it into *j (uninitialised before). An absent or damaged value reads as one at rest,
 * generation 0.
 */
int journal_read(struct reg_key *parameters, struct journal *j);
/* Writes it with a single request: this is the commit. */
int journal_write(struct reg_key *parameters, const struct journal *j);

static inline bool journal_is_pending(const struct journal *j)
{
    return j->pending[RECORDS_64] || j->pending[RECORDS_32];
}

#endif
