/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_BACKUP_H
#define WS2_CATALOG_BACKUP_H
/*
 * What the catalogs were before each of the last changes, with what made the change. Kept apart
 * from Windows' keys, so that a tool which resets those does not take the backups along.
 */
#include "catalog/namespace_pack.h"
#include "catalog/pack.h"

enum { BACKUPS_KEPT = 20, BACKUP_WHY_BYTES = 160 };

struct backup {
    uint32_t number; /* grows with each backup and is never given twice */
    uint64_t time;   /* as reg_now() */
    char why[BACKUP_WHY_BYTES];
    struct pack held;            /* the protocol catalogs, ... */
    struct namespace_pack names; /* ... the name-space catalogs, or both: whatever the change was about */
};

void backup_deinit(struct backup *b);

/* Sets `why` to the running program's name and that text. */
void backup_reason(struct backup *b, const char *why);
/* The reason for a backup of records that an edit writes over although they were never in force. */
extern const char backup_uncounted[];

/* Keeps `b` under the next number, which it returns there, and forgets the oldest. Under the catalog lock. */
int backup_write(struct backup *b);
/* WSANO_DATA: there is none of that number. */
int backup_read(uint32_t number, struct backup *b);
/* The number that was given last; 0 when there never was one. */
int backup_last(uint32_t *number);

#endif
