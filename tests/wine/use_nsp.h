/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_WINE_USE_NSP_H
#define WS2_TESTS_WINE_USE_NSP_H
/* Puts providers that do as their GUIDs say (fake/nsp.h) into the prefix's catalog, so that a case must run alone. */
#include "harness.h"

#include <ws2spi.h>

#include "fake/nsp.h"

enum { TEST_NS = 4711 }; /* their name space */

extern volatile struct fake_nsp *fake; /* what has happened in them, once one is installed */
extern GUID fakes[8];                  /* those that are installed */

GUID fake_id(char letter, char how, int results);

/* At the end of the catalog. `how` 'x': the DLL of that one is not there. */
void install_fake(char letter, char how, int results);
void uninstall_all(void);

/* samples/directory with an empty book, in the same name space. */
void install_directory(void);
void uninstall_directory(void);

#endif
