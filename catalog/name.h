/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NAME_H
#define WS2_CATALOG_NAME_H
/*
 * The UTF-16 protocol names of catalog entries: fixed arrays that are always terminated and cut,
 * never overrun.
 */
#include "catalog/catalog.h"

/* Up to the NUL, or CATALOG_NAME_CHARS when there is none. */
size_t name_chars(const catalog_char *name);
bool name_equal(const catalog_char *a, const catalog_char *b);

void name_append(catalog_char to[CATALOG_NAME_CHARS], const catalog_char *more);
void name_append_ascii(catalog_char to[CATALOG_NAME_CHARS], const char *more);

#endif
