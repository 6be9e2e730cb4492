/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NAMESPACE_STORE_H
#define WS2_CATALOG_NAMESPACE_STORE_H
/*
 * The name-space catalog in the registry, in Windows' schema (NameSpace_Catalog5, spi.md 2.1).
 * Portable, over catalog/reg.h, like catalog/store.h, whose lock it shares.
 */
#include "catalog/namespace.h"
#include "catalog/store.h"

/*
 * Reads the stored catalog into *ns (uninitialised before; the caller deinits it). Damaged records
 * are passed over. A prefix without one gives the built-in entries, without writing them. Three
 * registry requests, as long as nobody but us has changed it.
 */
int namespace_store_read(enum store_width width, struct namespaces *ns);

/*
 * Applies `change`, all of it or none, under the cross-process lock, and keeps a backup of what was,
 * with `why` (catalog/backup.h); what `change` returns is returned. WSATRY_AGAIN: another writer held
 * the lock for seconds. WSAEACCES: no rights. WSANO_RECOVERY: the registry failed.
 */
int namespace_store_edit(enum store_width width, const char *why,
                         int (*change)(struct namespaces *ns, void *arg), void *arg);

/* The same for the catalogs of both widths at once: `change` is called for the native one, then for the other. */
int namespace_store_edit_both(const char *why, int (*change)(struct namespaces *ns, void *arg), void *arg);

/* Writes all records anew, from what programs use. */
int namespace_store_repair(const char *why);

struct fault_list;

/* Adds what is wrong with the stored catalogs of both widths (catalog/verify.h). Changes nothing. */
int namespace_store_verify(struct fault_list *list);

/* Writes the built-in entries for both widths where there are none yet. */
int namespace_store_create(void);

#endif
