/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_WSCTL_NAMES_H
#define WS2_CATALOG_WSCTL_NAMES_H
/* wsctl's commands about the name-space catalog: who is asked about names, and in which order. */
#include "catalog/namespace_store.h"
#include "catalog/wsctl/wsctl.h"

/* A change of that catalog: made, or with `dry_run` only shown. */
struct names_change {
    enum store_width width;
    bool both, dry_run;
    const char *why;
    int (*apply)(struct namespaces *ns, void *arg);
    void *arg;
};
int names_change_make(const struct names_change *c);
/* The same, without a word about whether anything differs: *any is set if something does. */
int names_change_show(const struct names_change *c, bool *any);

/* A line for each entry that differs, and the order if that does; false if nothing does. */
bool names_difference(const struct namespaces *before, const struct namespaces *after);

/* Is WHAT no protocol entry, but a name-space provider? */
bool means_names(enum store_width width, const char *what);

enum list_form { LIST_TABLE, LIST_JSON, LIST_NETSH };
int names_list(enum store_width width, enum list_form form);
int names_show(enum store_width width, const char *what);
int names_path(const char *what);
int names_install(int argc, char **argv);
int names_remove(enum store_width width, const char *what, bool dry_run);

/* WHERE of `order`, for both catalogs: the place for entry `from` of `count`, `beside` being its neighbour-to-be. */
enum where { FIRST, LAST, UP, DOWN, BEFORE, AFTER };
uint32_t order_place(enum where where, uint32_t from, uint32_t beside, uint32_t count);
/* Moves one element of an array; those between make room. */
void move_element(void *array, size_t bytes, uint32_t from, uint32_t to);
struct move {
    const char *what, *beside;
    enum where where;
    const char *missing; /* what was not found */
};
int names_order(enum store_width width, struct move *m, const char *why, bool dry_run);

#endif
