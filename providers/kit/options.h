/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_OPTIONS_H
#define WS2_KIT_OPTIONS_H
/* Reads WS2KIT_LAYERS, "NAME,key=value,...;NAME2..." (catalog/store.h). Pure; all text is UTF-8. */
#include <stdbool.h>
#include <stddef.h>

/*
 * Looks for `key` in the part of `list` that names this layer: by its name ("trace"), or by its DLL, with or without
 * folder and ".dll". Letters compare without case, as file names do. A key without "=" has the value "1".
 *
 * True: `value` holds the NUL-terminated text. False: not set, or longer than `bytes` - 1.
 */
bool options_find(const char *list, const char *layer, const char *dll, const char *key,
                  char *value, size_t bytes);

/*
 * The first key in that part of `list` which is not among `known`, keys with a blank between them.
 *
 * True: `key` holds it, cut short at `bytes` - 1.
 */
bool options_unknown(const char *list, const char *layer, const char *dll, const char *known, char *key, size_t bytes);

#endif
