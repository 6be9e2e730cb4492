/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_UNIT_CATALOG_SAMPLE_H
#define WS2_TESTS_UNIT_CATALOG_SAMPLE_H
/* Catalogs for tests, made in a few words. */
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/name.h"

static inline struct catalog_guid sample_guid(uint8_t n)
{
    struct catalog_guid guid = {{n, 0x11, 0x22}};

    return guid;
}

/* An info of TCP over IPv4. */
static inline struct catalog_info sample_info(int32_t chain_len)
{
    struct catalog_info info;

    memset(&info, 0, sizeof info);
    info.chain_len = chain_len;
    info.family = 2;
    info.type = 1;
    info.protocol = 6;
    info.service_flags[0] = CATALOG_XP1_IFS;
    info.provider_flags = CATALOG_PFL_MATCHES_ZERO;
    name_append_ascii(info.name, "sample");
    return info;
}

/* Appends `info` as it is, ids and all, with a path. */
static inline void sample_add(struct catalog *cat, const struct catalog_info *info)
{
    cat->entry = realloc(cat->entry, (cat->count + 1) * sizeof *cat->entry);
    memset(&cat->entry[cat->count], 0, sizeof *cat->entry);
    strcpy(cat->entry[cat->count].path, "c:\\sample.dll");
    cat->entry[cat->count++].info = *info;
    if (cat->next_id <= info->id)
        cat->next_id = info->id + 1;
}

static inline bool sample_equal(const struct catalog *a, const struct catalog *b)
{
    return a->count == b->count &&
           (!a->count || !memcmp(a->entry, b->entry, a->count * sizeof *a->entry));
}

static inline void sample_name(catalog_char name[CATALOG_NAME_CHARS], const char *text)
{
    memset(name, 0, CATALOG_NAME_CHARS * sizeof name[0]);
    name_append_ascii(name, text);
}

static inline bool sample_everything(const struct catalog_info *lower, void *arg)
{
    (void)lower;
    (void)arg;
    return true;
}

static inline bool sample_is_tcp4(const struct catalog_info *lower, void *arg)
{
    (void)arg;
    return lower->family == 2 && lower->protocol == 6;
}

/* Lays a layer over TCP/IPv4; `n` tells it from others. */
static inline int sample_layer(struct catalog *cat, uint8_t n, uint32_t service_flags, uint32_t *id)
{
    catalog_char name[CATALOG_NAME_CHARS];
    struct catalog_guid guid = sample_guid(n);
    char text[] = "layer A";

    text[6] = (char)('A' + n);
    sample_name(name, text);
    return catalog_install_layer(cat, &guid, name, "c:\\layer.dll", service_flags, sample_is_tcp4, NULL,
                                 id);
}

#endif
