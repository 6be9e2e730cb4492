/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_PATCH_H
#define WS2_32_CORE_PATCH_H
/*
 * Putting a function of ours before one of ntdll's, while other threads may be running it. Not to be undone: the module
 * that `hook` lies in must stay.
 */
#include <winsock2.h>

/*
 * At the function's own entry, so that every caller comes by. *original becomes callable before the hook can be
 * reached. False, and nothing changed, when the entry is not what we know or its surroundings are taken.
 */
BOOL patch_entry(void *function, void *hook, void **original);

/* In the import table of one module. False: it does not import the function. */
BOOL patch_import(HMODULE importer, void *function, void *hook);

#endif
