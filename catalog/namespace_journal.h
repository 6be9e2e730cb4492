/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NAMESPACE_JOURNAL_H
#define WS2_CATALOG_NAMESPACE_JOURNAL_H
/* What catalog/journal.h is to the protocol catalog. */
#include "catalog/namespace_pack.h"

struct namespace_journal {
    uint32_t generation, serial;
    bool pending[RECORDS_SECTIONS]; /* committed, and yet to be written out as Windows' records */
    struct stamp stamp;             /* of what the copies were made from */
    struct namespace_pack held;
};

void namespace_journal_init(struct namespace_journal *j);
void namespace_journal_deinit(struct namespace_journal *j);

/* An absent or damaged value reads as one at rest, generation 0. *j may be uninitialised. */
int namespace_journal_read(struct reg_key *parameters, struct namespace_journal *j);
/* With a single request: this is the commit. */
int namespace_journal_write(struct reg_key *parameters, const struct namespace_journal *j);

#endif
