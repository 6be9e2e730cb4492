/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_PACK_H
#define WS2_CATALOG_PACK_H
/*
 * Both catalogs in one piece of bytes with a head of the owner's, as the journal and the backups
 * keep them: magic, checksum, the head, the entries of each catalog that is held.
 */
#include "catalog/catalog.h"
#include "catalog/records.h"

struct pack {
    bool held[RECORDS_SECTIONS];
    struct catalog cat[RECORDS_SECTIONS]; /* owned */
};

enum { PACK_ENTRIES_MAX = RECORDS_MAX };

void pack_init(struct pack *p);
void pack_deinit(struct pack *p);
/* Copies one catalog in; what was there is freed. */
int pack_put(struct pack *p, enum records_section section, const struct catalog *cat);

/* In memory that the caller frees. WSAENOBUFS: too many entries. */
int pack_encode(uint32_t magic, const void *head, size_t head_bytes, const struct pack *p, uint8_t **out,
                size_t *out_bytes);
/* WSAEINVAL for anything that is not what pack_encode() wrote, to the bit. *p is initialised in any case. */
int pack_decode(uint32_t magic, void *head, size_t head_bytes, const uint8_t *bytes, size_t count,
                struct pack *p);

/* Reads and decodes a registry value; `usual_bytes` are read with the first request. */
int pack_read(struct reg_key *key, const char *name, size_t usual_bytes, uint32_t magic, void *head,
              size_t head_bytes, struct pack *p);
/* Encodes and writes it, with one request. */
int pack_write(struct reg_key *key, const char *name, uint32_t magic, const void *head, size_t head_bytes,
               const struct pack *p);

#endif
