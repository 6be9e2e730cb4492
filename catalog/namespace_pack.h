/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NAMESPACE_PACK_H
#define WS2_CATALOG_NAMESPACE_PACK_H
/*
 * Both name-space catalogs in one piece of bytes with a head of the owner's: what catalog/pack.h is
 * to the protocol catalog.
 */
#include "catalog/keys.h"
#include "catalog/namespace.h"

struct namespace_pack {
    bool held[RECORDS_SECTIONS];
    struct namespaces ns[RECORDS_SECTIONS]; /* owned */
};

void namespace_pack_init(struct namespace_pack *p);
void namespace_pack_deinit(struct namespace_pack *p);
int namespace_pack_copy(struct namespace_pack *to, const struct namespace_pack *from);

/* In memory that the caller frees. */
int namespace_pack_encode(uint32_t magic, const void *head, size_t head_bytes, const struct namespace_pack *p,
                          uint8_t **out, size_t *out_bytes);
/* WSAEINVAL for anything that encode did not write, to the bit. *p is initialised in any case. */
int namespace_pack_decode(uint32_t magic, void *head, size_t head_bytes, const uint8_t *bytes, size_t count,
                          struct namespace_pack *p);

/* Reads and decodes a registry value; `usual_bytes` are read with the first request. */
int namespace_pack_read(struct reg_key *key, const char *name, size_t usual_bytes, uint32_t magic, void *head,
                        size_t head_bytes, struct namespace_pack *p);
/* Encodes and writes it, with one request. */
int namespace_pack_write(struct reg_key *key, const char *name, uint32_t magic, const void *head,
                         size_t head_bytes, const struct namespace_pack *p);

#endif
