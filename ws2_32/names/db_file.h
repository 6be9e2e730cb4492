/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_DB_FILE_H
#define WS2_32_NAMES_DB_FILE_H
/*
 * Looks things up in the text of a services ("http 80/tcp www"), protocol ("tcp 6 TCP") or networks ("loopback 127")
 * file, or in the built-in ones, which have the same form.
 */
#include <stdint.h>

#include "ws2_32/names/lines.h"

enum db_kind { DB_SERVICES, DB_PROTOCOLS, DB_NETWORKS };

struct db_query {
    enum db_kind kind;
    const char *name;  /* official name or alias; NULL: find by number */
    uint32_t number;   /* port, protocol number or network, in host order */
    const char *proto; /* services: "tcp"; NULL or "": any */
};

/* All spans lie inside the text that was searched. */
struct db_entry {
    struct span name, proto, aliases; /* aliases: the rest of the line, for lines_word() */
    uint32_t number;
};

/* The first entry that fits. */
bool db_find(struct span text, const struct db_query *q, struct db_entry *out);

/* Whether the text has a single well-formed entry. */
bool db_has_entries(struct span text, enum db_kind kind);

/* The IANA entries that programs ask for, for a prefix without the file. */
struct span db_builtin(enum db_kind kind);

/* "127", "192.168": the parts right-aligned, as inet_network() reads them. */
bool db_parse_network(struct span text, uint32_t *number);

#endif
