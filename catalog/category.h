/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_CATEGORY_H
#define WS2_CATALOG_CATEGORY_H
/*
 * LSP categories (spi.md 2.7): a layer has a word that says what kind it is, a program may have one
 * that says which kinds it admits. A program's word is read once, when its snapshot of the catalog
 * is made, and the chains it does not admit are left out of that.
 *
 * The words of programs lie in Windows' AppId_Catalog. Where Windows keeps those of layers is not
 * public; here they are values named by GUID in a key of our own.
 */
#include "catalog/catalog.h"
#include "catalog/store.h"

enum { CATEGORY_SYSTEM = 0x80000000u };

/* May a layer of category `layer` be loaded into a program that has word `app`? */
bool category_permits(uint32_t app, uint32_t layer);

/* The word of a layer, by the GUID of its hidden entry. WSANO_DATA: it never got one. */
int category_get(enum store_width width, const struct catalog_guid *provider, uint32_t *word);
int category_set(enum store_width width, const struct catalog_guid *provider, uint32_t word);
/* For who removes a provider; failing leaves a word that nobody reads. */
void category_forget(enum store_width width, const struct catalog_guid *provider);

/* A program: its path and its arguments (empty: whatever they are). Not terminated. */
struct app_id {
    const catalog_char *path, *args;
    size_t path_chars, args_chars;
};

/* The word of exactly this path and arguments, in any case of letters. WSANO_DATA: none. */
int app_category_get(const struct app_id *app, uint32_t *word);
/* Adds bits to it; *previous is what it was. */
int app_category_add(const struct app_id *app, uint32_t word, uint32_t *previous);
/* What applies to a program that was started so: that of its arguments goes before that of any. */
int app_category_find(const struct app_id *app, uint32_t *word);

/* Takes the chains out that a program with word `app` does not admit. */
int category_filter(enum store_width width, struct catalog *cat, uint32_t app);

#ifdef _WIN32
/* That of the running program, as app_category_find() says. */
int app_category_own(uint32_t *word);
#endif

#endif
