/* SPDX-License-Identifier: MIT */
#ifndef WS2_TLS_RULES_H
#define WS2_TLS_RULES_H
/*
 * Which connections are wrapped: the option `to`. Portable.
 *
 *     to   = rule *( "|" rule )
 *     rule = host ":" port
 *     host = a name / "*." and a name, for all names that end so / an address, IPv6 in brackets / "*"
 *     port = number / "*"
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RULES_MAX = 64 };

struct rule {
    enum { RULE_ANY, RULE_NAME, RULE_BELOW, RULE_ADDRESS } kind;
    char name[256];       /* RULE_BELOW: with its dot */
    uint8_t address[16];
    size_t address_bytes; /* 4 or 16 */
    uint16_t port;        /* 0: any */
};

struct rules {
    struct rule rule[RULES_MAX];
    size_t count;
};

/* NULL, or what is wrong with the text. */
const char *rules_parse(const char *text, struct rules *out);

/*
 * The first rule that fits, or NULL. `name`: the one that the program looked up, or NULL. `address`: 4 or 16 bytes, IPv4 addresses in
 * their own form.
 */
const struct rule *rules_find(const struct rules *rules, const char *name, const uint8_t *address,
                              size_t address_bytes, uint16_t port);

#endif
