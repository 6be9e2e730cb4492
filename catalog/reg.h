/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_REG_H
#define WS2_CATALOG_REG_H
/*
 * The registry as the catalog needs it: few operations, ASCII names, raw bytes. catalog/reg_pe.c
 * is the real one; tests/unit/fake/reg.c keeps it in memory and can fail or stop at any call.
 *
 * Under Wine each call but reg_lock() and reg_unlock() costs one request of 45 us (reg_create and
 * reg_delete_key some more): callers keep their number down. Every function returns 0 or a Winsock code:
 *   WSANO_DATA               there is no such key, value or index
 *   WSAEACCES                no rights
 *   WSAEMSGSIZE              the value does not fit (reg_get)
 *   WSA_NOT_ENOUGH_MEMORY    and WSANO_RECOVERY for whatever else went wrong
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reg_key; /* an open key; an HKEY on Windows */

enum reg_type { REG_TYPE_STRING = 1, REG_TYPE_EXPAND = 2, REG_TYPE_BINARY = 3, REG_TYPE_DWORD = 4 };

enum { REG_NAME_CHARS = 64 };

/*
 * Opens `path` ("a\\b") beneath `parent`, or beneath HKEY_LOCAL_MACHINE when that is NULL, for
 * reading.
 */
int reg_open(struct reg_key *parent, const char *path, struct reg_key **out);
/* The same for writing, and makes what is missing. */
int reg_create(struct reg_key *parent, const char *path, struct reg_key **out);
/* NULL is allowed. */
void reg_close(struct reg_key *key);

/*
 * Reads a value of at most `capacity` bytes. *type and *bytes are what it has; with WSAEMSGSIZE
 * *bytes is what it needs and nothing is copied.
 */
int reg_get(struct reg_key *key, const char *name, uint32_t *type, void *data, size_t capacity,
            size_t *bytes);
int reg_set(struct reg_key *key, const char *name, uint32_t type, const void *data, size_t bytes);
int reg_delete_value(struct reg_key *key, const char *name);
/* Deletes a subkey and all beneath it. */
int reg_delete_key(struct reg_key *parent, const char *name);

/*
 * The number of subkeys, and their names by index; a name that is not ASCII or too long comes out
 * as "".
 */
int reg_count(struct reg_key *key, uint32_t *subkeys);
int reg_name(struct reg_key *key, uint32_t index, char name[REG_NAME_CHARS]);
/* The same with the time when that subkey itself, not one beneath it, was last written to. */
int reg_child(struct reg_key *key, uint32_t index, char name[REG_NAME_CHARS], uint64_t *written);

/*
 * The catalog lock, across processes. It survives the death of its owner: what that one left half
 * done is for the next owner to find. WSATRY_AGAIN when it cannot be had in a few seconds.
 */
int reg_lock(void);
void reg_unlock(void);

/* The time now, in the units of reg_child(); and the file name of the running program. */
uint64_t reg_now(void);
void reg_program(char name[REG_NAME_CHARS]);

/* As the system compares file names without regard to the case of letters. */
uint16_t reg_upcase(uint16_t c);

/* Does this system have 64-bit programs, and so two catalogs? */
bool reg_two_widths(void);

#endif
