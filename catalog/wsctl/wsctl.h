/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_WSCTL_WSCTL_H
#define WS2_CATALOG_WSCTL_WSCTL_H
/*
 * wsctl: looks at the protocol catalog and changes it, without ws2_32, so that it still works when
 * that is what is broken. It shows what is stored; the layers of one run (WS2KIT_LAYERS) are none
 * of its business.
 *
 * A command returns the exit status, having said on stderr what failed, why, and what to do next.
 */
#include "catalog/catalog.h"
#include "catalog/guid.h"
#include "catalog/store.h"

enum { WSCTL_OK = 0, WSCTL_FAILED = 1, WSCTL_USAGE = 2 };

enum { TEXT_BYTES = 3 * CATALOG_NAME_CHARS };

int list_command(int argc, char **argv);
int create_command(int argc, char **argv);
int install_command(int argc, char **argv);
int remove_command(int argc, char **argv);
int path_command(int argc, char **argv);

/* Prints "wsctl: ..." on stderr and returns WSCTL_FAILED. */
int complain(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
/* For a failed store_...(): what was attempted, and what the code means here. */
int complain_store(const char *attempt, int err);

/* UTF-8 of an entry's name. */
void name_text(const catalog_char *name, char text[TEXT_BYTES]);

/*
 * The entry that an ID, {GUID} or NAME on the command line means; layers first among equal names.
 * NULL if none.
 */
const struct catalog_entry *find_entry(const struct catalog *cat, const char *what);

#endif
