/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_HOSTS_FILE_H
#define WS2_32_NAMES_HOSTS_FILE_H
/*
 * Looks things up in the text of a hosts file: "address name alias…" on each line. Lines that are not of that form
 * count for nothing.
 */
#include "ws2_32/names/answer.h"

/*
 * All addresses of `name`, from every line that has it. The first such line gives the canonical name.
 * 0, WSAHOST_NOT_FOUND or WSA_NOT_ENOUGH_MEMORY; *out is empty unless 0.
 */
int hosts_find_name(struct span text, const char *name, struct answer *out);

/* The names in the first line for that address, and the address itself. */
int hosts_find_addr(struct span text, const struct name_addr *addr, struct answer *out);

/*
 * The same through an index: building it reads the whole file once, after that the length of the file does not count.
 * It keeps no pointer into the text; the caller gives the one it was built from.
 */
struct hosts_index;
struct hosts_index *hosts_index_new(struct span text); /* NULL: out of memory */
void hosts_index_free(struct hosts_index *ix);
int hosts_index_find_name(const struct hosts_index *ix, struct span text, const char *name, struct answer *out);
int hosts_index_find_addr(const struct hosts_index *ix, struct span text, const struct name_addr *addr,
                          struct answer *out);

#endif
