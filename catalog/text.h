/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_TEXT_H
#define WS2_CATALOG_TEXT_H
/*
 * Catalogs as text that people read, compare and keep: one line per field, names in UTF-8, a DLL's
 * path as it is stored. What is read back is equal to the bit.
 */
#include "catalog/pack.h"

/* Of what is held; in memory that the caller frees. */
int text_write(const struct pack *p, char **out);

/*
 * Reads text into *p (uninitialised before). WSAEINVAL: *line is the first that is wrong, *why says
 * what is.
 */
int text_read(const char *text, size_t bytes, struct pack *p, unsigned *line, const char **why);

#endif
