/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_SEAL_H
#define WS2_CATALOG_SEAL_H
/*
 * Registry values of our own: a magic number, a checksum, and what the owner puts after them. The
 * checksum (FNV-1a) finds a damaged value, not a forged one.
 */
#include "catalog/reg.h"

enum { SEAL_BYTES = 8 };

/* Fills the first SEAL_BYTES of `value`. */
void seal_set(uint8_t *value, size_t bytes, uint32_t magic);
bool seal_holds(const uint8_t *value, size_t bytes, uint32_t magic);

/* Reads a whole value into memory that the caller frees; `usual_bytes` with the first request. */
int seal_read(struct reg_key *key, const char *name, size_t usual_bytes, uint8_t **value, size_t *bytes);

#endif
