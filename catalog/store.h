/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_STORE_H
#define WS2_CATALOG_STORE_H
/*
 * The catalog in the registry, in Windows' schema (spi.md 2.1): read as a snapshot, changed as a
 * transaction. Portable; the registry itself is catalog/reg.h, so that the host tests run this code
 * over a registry in memory that can be told to fail.
 */
#include "catalog/keys.h"

/*
 * Reads the stored catalog into *cat (uninitialised before; the caller deinits it). Damaged
 * records are passed over (spi.md 2.6). A prefix without a catalog gives the built-in entries,
 * without writing them. Three registry requests, as long as nobody but us has changed the catalog.
 */
int store_read(enum store_width width, struct catalog *cat);

/* The same; *no_apps: no program has LSP categories. */
int store_read_apps(enum store_width width, struct catalog *cat, bool *no_apps);

/* The same from Windows' records alone, one by one: for tools that look for what is wrong. */
int store_read_records(enum store_width width, struct catalog *cat);

/*
 * Applies `change` to the stored catalog, all of it or none of it, under the cross-process lock,
 * and keeps a backup of what was, with `why` (catalog/backup.h). `change` may be called with a
 * catalog that another process wrote a moment ago; what it returns is returned. WSATRY_AGAIN:
 * another writer held the lock for seconds. WSANO_RECOVERY: no rights, or the registry failed.
 */
int store_edit(enum store_width width, const char *why, int (*change)(struct catalog *cat, void *arg),
               void *arg);

/*
 * The same for the catalogs of both widths at once: `change` is called for the native one, then
 * for the other.
 */
int store_edit_both(const char *why, int (*change)(struct catalog *cat, void *arg), void *arg);

/*
 * The same, but from what programs use: if the records were damaged and nothing counted it, that is
 * the copy of them in the journal. All records are written anew.
 */
int store_repair(const char *why, int (*change)(struct catalog *cat, void *arg), void *arg);

/*
 * Writes the whole schema with built-in entries for both widths if there is none yet (`./ws2
 * prefix`), and makes the next store_read() quick if it would not be.
 */
int store_create(void);

struct fault_list;

/* Adds what is wrong with the stored catalogs of both widths (catalog/verify.h). Changes nothing. */
int store_verify(struct fault_list *list);

/* Keeps a backup of what is, name spaces included, without a change. */
int store_backup(const char *why, uint32_t *number);

/*
 * Serial_Access_Num: another number after each change, ours or another program's. WSANO_DATA: there
 * is no catalog.
 */
int store_serial(uint32_t *serial);

/*
 * What a program sees: store_read() plus the layers of the environment variable WS2KIT_LAYERS,
 * which `./ws2 run --layer` sets: "NAME[,key=value...][;NAME...]", outermost first. NAME is a
 * ws2kit layer (trace: %SystemRoot%\system32\ws2trace.dll) or the path of a DLL. They are put over
 * TCP and UDP in memory; nothing is written. A NAME whose DLL does not exist, or a malformed list,
 * gives WSAEPROVIDERFAILEDINIT: the run was asked to be layered and must not go on without.
 */
int store_read_effective(struct catalog *cat);

/*
 * What a program may use: store_read_effective() without the chains that its LSP categories keep
 * out (catalog/category.h).
 */
int store_read_permitted(struct catalog *cat);

#endif
