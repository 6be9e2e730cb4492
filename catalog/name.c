/* SPDX-License-Identifier: MIT */
#include "catalog/name.h"

size_t name_chars(const catalog_char *name)
{
    size_t n = 0;

    while (n < CATALOG_NAME_CHARS && name[n])
        n++;
    return n;
}

bool name_equal(const catalog_char *a, const catalog_char *b)
{
    size_t n = name_chars(a);

    if (n != name_chars(b))
        return false;
    while (n && a[n - 1] == b[n - 1])
        n--;
    return !n;
}

void name_append(catalog_char to[CATALOG_NAME_CHARS], const catalog_char *more)
{
    size_t n = name_chars(to);

    for (size_t i = 0; n < CATALOG_NAME_CHARS - 1 && i < CATALOG_NAME_CHARS && more[i]; i++)
        to[n++] = more[i];
    to[n < CATALOG_NAME_CHARS ? n : CATALOG_NAME_CHARS - 1] = 0;
}

void name_append_ascii(catalog_char to[CATALOG_NAME_CHARS], const char *more)
{
    size_t n = name_chars(to);

    while (n < CATALOG_NAME_CHARS - 1 && *more)
        to[n++] = (unsigned char)*more++;
    to[n < CATALOG_NAME_CHARS ? n : CATALOG_NAME_CHARS - 1] = 0;
}
