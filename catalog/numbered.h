/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NUMBERED_H
#define WS2_CATALOG_NUMBERED_H
/*
 * Records as Windows keeps them in both catalogs: keys with names of twelve digits, whose number is
 * the order, beneath Catalog_Entries[64], and a counter beside (spi.md 2.1).
 */
#include "catalog/keys.h"

enum { NUMBERED_CHARS = 13 };

/* The key of the records, and the value that counts them. */
struct numbered_names {
    const char *entries, *counter;
};
extern const struct numbered_names numbered_names[RECORDS_SECTIONS];

void numbered_name(uint64_t number, char name[NUMBERED_CHARS]);
/* 0 for a key that is no record. */
uint64_t numbered_number(const char *name);

/*
 * The numbers of the records among the first `subkeys` keys, in order; the caller frees them.
 * `foreign` (may be NULL) is told the place of each key that is no record. Keys that went meanwhile
 * are passed over.
 */
int numbered_list(struct reg_key *entries, uint32_t subkeys, void (*foreign)(void *arg, uint32_t place), void *arg,
                  uint64_t **numbers, uint32_t *count);

/* Deletes whatever is not a record of 1 to `count`, which are all there. */
int numbered_sweep(struct reg_key *entries, uint32_t count);

/* WSANO_DATA: there is no such value, or it is no DWORD. */
int numbered_get_dword(struct reg_key *key, const char *name, uint32_t *value);

#endif
