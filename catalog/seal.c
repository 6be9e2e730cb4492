/* SPDX-License-Identifier: MIT */
#include "catalog/seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

static uint32_t check_of(const uint8_t *value, size_t bytes)
{
    uint32_t hash = 2166136261u;

    for (size_t i = SEAL_BYTES; i < bytes; i++)
        hash = (hash ^ value[i]) * 16777619u;
    return hash;
}

void seal_set(uint8_t *value, size_t bytes, uint32_t magic)
{
    uint32_t check = check_of(value, bytes);

    memcpy(value, &magic, sizeof magic); /* little-endian hosts only, as everywhere in the catalog */
    memcpy(value + sizeof magic, &check, sizeof check);
}

bool seal_holds(const uint8_t *value, size_t bytes, uint32_t magic)
{
    uint32_t head[2];

    if (bytes < SEAL_BYTES)
        return false;
    memcpy(head, value, sizeof head);
    return head[0] == magic && head[1] == check_of(value, bytes);
}

int seal_read(struct reg_key *key, const char *name, size_t usual_bytes, uint8_t **value, size_t *bytes)
{
    size_t capacity = usual_bytes;
    uint8_t *at = malloc(capacity);
    uint32_t type = 0;
    int err;

    if (!at)
        return WSA_NOT_ENOUGH_MEMORY;
    err = reg_get(key, name, &type, at, capacity, bytes);
    while (err == WSAEMSGSIZE && *bytes > capacity) { /* once, unless it grows in between */
        capacity = *bytes;
        free(at);
        at = malloc(capacity);
        if (!at)
            return WSA_NOT_ENOUGH_MEMORY;
        err = reg_get(key, name, &type, at, capacity, bytes);
    }
    if (err)
        free(at);
    else
        *value = at;
    return err;
}
