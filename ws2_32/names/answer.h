/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_ANSWER_H
#define WS2_32_NAMES_ANSWER_H
/*
 * What a source knows about a host: its canonical name, other names, addresses. Strings are UTF-8. The answer owns
 * all it points to, but for `room`; a zeroed one is empty, and so is one that has nothing but room.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ws2_32/names/lines.h"

enum { ANSWER_MAX = 1024 }; /* addresses, and names: further ones are left out */

struct name_addr {
    int family;     /* ADDR_INET or ADDR_INET6 of base/addr.h */
    uint8_t ip[16]; /* the first 4 count for ADDR_INET, the rest is zero */
    uint32_t scope; /* ADDR_INET6 */
};

struct answer {
    char *canon; /* NULL: not known */
    char **alias;
    size_t alias_count;
    struct name_addr *addr;
    size_t addr_count;
    struct name_addr *room; /* where the first `room_count` addresses may lie instead of in memory of their own; or NULL */
    size_t room_count;
};

void answer_free(struct answer *a); /* leaves it empty, with its room */

/* Each returns 0 or WSA_NOT_ENOUGH_MEMORY. What is there already (names: in any case) is not added again. */
int answer_set_canon(struct answer *a, struct span name);
int answer_add_alias(struct answer *a, struct span name);
int answer_add_addr(struct answer *a, const struct name_addr *addr);

struct span span_of(const char *text);

bool name_addr_equal(const struct name_addr *a, const struct name_addr *b);
/* ::ffff:a.b.c.d of an IPv4 address. */
struct name_addr name_addr_mapped(const struct name_addr *a);
bool name_addr_is_loopback(const struct name_addr *a);

/* A numeric address, the loose IPv4 forms and IPv6 scopes included; no port, no brackets. */
bool name_addr_parse(struct span text, struct name_addr *out);

#endif
