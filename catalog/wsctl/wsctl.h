/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_WSCTL_WSCTL_H
#define WS2_CATALOG_WSCTL_WSCTL_H
/*
 * wsctl: looks at the catalogs and changes them, without ws2_32, so that it still works when
 * that is what is broken. It shows what is stored; the layers of one run (WS2KIT_LAYERS) are none
 * of its business.
 *
 * A command returns the exit status, having said on stderr what failed, why, and what to do next.
 */
#include "catalog/catalog.h"
#include "catalog/guid.h"
#include "catalog/store.h"

enum { WSCTL_OK = 0, WSCTL_FAILED = 1, WSCTL_USAGE = 2 };

enum { TEXT_BYTES = 3 * CATALOG_NAME_CHARS, CHAIN_BYTES = 16384 };

int list_command(int argc, char **argv);
int create_command(int argc, char **argv);
int install_command(int argc, char **argv);
int remove_command(int argc, char **argv);
int path_command(int argc, char **argv);
int show_command(int argc, char **argv);
int order_command(int argc, char **argv);
int verify_command(int argc, char **argv);
int repair_command(int argc, char **argv);
int reset_command(int argc, char **argv);
int backup_command(int argc, char **argv);
int history_command(int argc, char **argv);
int restore_command(int argc, char **argv);
int export_command(int argc, char **argv);
int import_command(int argc, char **argv);
int category_command(int argc, char **argv);
int policy_command(int argc, char **argv);
int watch_command(int argc, char **argv);
int enable_command(int argc, char **argv);
int disable_command(int argc, char **argv);

/* A change of the catalog: made, or with `dry_run` only shown. */
struct change {
    enum store_width width;
    bool both, dry_run;
    bool repair; /* from what programs use, not from the records: store_repair() */
    const char *why;
    int (*apply)(struct catalog *cat, void *arg);
    void *arg;
};
int change_make(const struct change *c);

/* Prints a line for each entry that differs, and the order if that does; false if nothing does. */
bool print_difference(const struct catalog *before, const struct catalog *after);

/* The last line of a dry run. */
void print_dry_run(bool any);
/* The same as change_make() without it; *any is set if something differs. Only for dry runs. */
int change_show(const struct change *c, bool *any);

/* Takes a flag off the command line; false if it is not there. */
bool take_flag(int *argc, char **argv, const char *flag);

/* Prints "wsctl: ..." on stderr and returns WSCTL_FAILED. */
int complain(const char *format, ...) __attribute__((format(gnu_printf, 1, 2)));
/* For a failed store_...(): what was attempted, and what the code means here. */
int complain_store(const char *attempt, int err);

/* There is no such entry. */
int complain_missing(const char *what);

/* One line of `show`. */
void print_row(const char *name, const char *format, ...) __attribute__((format(gnu_printf, 2, 3)));
void print_json_string(const char *text);
/* How many columns UTF-8 text takes in a table. */
int text_columns(const char *text);

/* "layer", "base", "chain" or "damaged". */
const char *kind_word(const struct catalog_entry *e);
/* The way a call takes: "1007 trace -> 1001 MSAFD Tcpip [TCP/IP]". */
void chain_text(const struct catalog *cat, const struct catalog_entry *e, char text[CHAIN_BYTES]);

/* UTF-8 of text in the catalogs, of a protocol entry's path, and back from a command line. */
void utf8_text(const wchar_t *wide, char text[TEXT_BYTES]);
void path_text(const char *stored, char text[TEXT_BYTES]);
bool wide_text(const char *utf8, wchar_t *wide, int room);

/* A name, rather than the path of a file. */
bool is_bare_name(const char *dll);
/*
 * The path to store for a DLL: absolute, since the programs that will load it run in other folders;
 * what begins with a variable stays as it is. False: it is none.
 */
bool dll_path(const char *dll, wchar_t path[260]);
/* The same as the protocol catalog keeps it, by its short name if need be; false if that cannot be. */
bool dll_path_stored(const wchar_t *path, char stored[CATALOG_PATH_BYTES]);
bool dll_exists(const wchar_t *path);
/* After a failed LoadLibrary. */
int complain_not_loadable(const char *what, const char *path);

/*
 * The entry that an ID, {GUID} or NAME on the command line means; layers first among equal names.
 * NULL if none.
 */
const struct catalog_entry *find_entry(const struct catalog *cat, const char *what);

#endif
