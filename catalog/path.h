/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_PATH_H
#define WS2_CATALOG_PATH_H
/*
 * DLL paths: single-byte in the catalog, UTF-16 in the API. Environment references stay as they
 * are.
 */
#include "catalog/catalog.h"

/*
 * WSAEINVAL for an empty path, one of more than 259 bytes, or one that the ANSI code page cannot
 * hold.
 */
int path_to_stored(const catalog_char *path, char stored[CATALOG_PATH_BYTES]);

/* Returns the length without NUL; 0 if the stored bytes are no text. */
size_t path_from_stored(const char *stored, catalog_char path[CATALOG_PATH_BYTES]);

#endif
