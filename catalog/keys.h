/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_KEYS_H
#define WS2_CATALOG_KEYS_H
/*
 * The registry keys that the stores of both catalogs (store.c, namespace_store.c) open, and the
 * stamp by which a reader knows with one request that nobody else has written there.
 */
#include "catalog/catalog.h"
#include "catalog/reg.h"

/* Windows keeps the catalogs of 64-bit and of 32-bit programs side by side. */
enum records_section { RECORDS_64, RECORDS_32, RECORDS_SECTIONS };

/* Which catalog: of this process's pointer width, or the other one (the ...32 functions). */
enum store_width { STORE_NATIVE, STORE_32 };

enum records_section keys_section(enum store_width width);
/* Does this system have that catalog? */
bool keys_has_section(int section);

struct keys_name {
    const char *value; /* of Parameters: says what the catalog's key is called */
    const char *usual; /* what it is called if that says nothing */
};

/* The two keys that everything is about. */
struct keys {
    struct reg_key *parameters, *catalog;
    char name[REG_NAME_CHARS]; /* of the catalog's */
};

#define KEYS_NONE {NULL, NULL, ""}

/* Opens Parameters alone; the catalog's key is often not needed. *k may be uninitialised. */
int keys_open_parameters(struct keys *k);
/* Opens the catalog's key for reading too, unless it is open. WSANO_DATA: no catalog. */
int keys_open_catalog(struct keys *k, const struct keys_name *name);
/* Both for reading; nothing is open after a failure. */
int keys_open(struct keys *k, const struct keys_name *name);
/* Both for writing; makes what is missing. Nothing is open after a failure. */
int keys_create(struct keys *k, const struct keys_name *name);
void keys_close(struct keys *k);

struct stamp {
    uint64_t written;          /* when the catalog's key was last written to; 0: not known */
    uint32_t index;            /* that key's place among its siblings then */
    char name[REG_NAME_CHARS]; /* and its name */
};

/*
 * Sets the stamp to what is now. *has_apps (may be NULL): some program has LSP categories. Failing
 * costs speed only.
 */
void stamp_set(struct stamp *s, const struct keys *k, bool *has_apps);
/* Is it what is? One request; WSANO_DATA: no. */
int stamp_check(const struct stamp *s, struct reg_key *parameters);

/* What WSC functions return for registry errors that they have no room for. */
int keys_api_err(int err);

#endif
