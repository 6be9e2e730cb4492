/* SPDX-License-Identifier: MIT */
#include "providers/tls/rules.h"

#include <string.h>

#include "base/addr.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

/* Host names compare without case, and ASCII is all that they are here. */
static bool same(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return lower(*a) == lower(*b);
}

static bool parse_port(const char *text, size_t chars, uint16_t *port)
{
    unsigned value = 0;

    *port = 0;
    if (chars == 1 && *text == '*')
        return true;
    if (!chars || chars > 5)
        return false;
    for (size_t i = 0; i < chars; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return value && value <= 65535;
}

static bool parse_host(const char *text, size_t chars, struct rule *r)
{
    if (!chars || chars >= sizeof r->name)
        return false;
    if (chars == 1 && *text == '*') {
        r->kind = RULE_ANY;
        return true;
    }
    if (*text == '[') {
        r->kind = RULE_ADDRESS;
        r->address_bytes = 16;
        return chars > 2 && text[chars - 1] == ']' && addr_ip6_parse(text + 1, chars - 2, r->address);
    }
    if (addr_ip4_parse(text, chars, r->address)) {
        r->kind = RULE_ADDRESS;
        r->address_bytes = 4;
        return true;
    }
    r->kind = chars > 2 && text[0] == '*' && text[1] == '.' ? RULE_BELOW : RULE_NAME;
    if (r->kind == RULE_BELOW) {
        text++;
        chars--;
    }
    memcpy(r->name, text, chars);
    r->name[chars] = 0;
    return !memchr(text, '*', chars) && !memchr(text, ':', chars);
}

const char *rules_parse(const char *text, struct rules *out)
{
    memset(out, 0, sizeof *out);
    while (*text) {
        size_t chars = strcspn(text, "|"), host = chars;
        struct rule *r = &out->rule[out->count];

        if (out->count == RULES_MAX)
            return "more than 64 rules";
        while (host && text[host - 1] != ':')
            host--;
        if (!host)
            return "a rule without a port (HOST:PORT, or HOST:* for all)";
        if (!parse_port(text + host, chars - host, &r->port))
            return "a port that is no number from 1 to 65535 and not *";
        if (!parse_host(text, host - 1, r))
            return "a host that is no name, *.NAME, address ([...] for IPv6) or *";
        out->count++;
        text += chars + (text[chars] == '|');
    }
    return out->count ? NULL : "no rule";
}

static bool fits(const struct rule *r, const char *name, const uint8_t *address, size_t address_bytes)
{
    size_t own = strlen(r->name), other = name ? strlen(name) : 0;

    switch (r->kind) {
    case RULE_ANY:
        return true;
    case RULE_NAME:
        return name && same(name, r->name);
    case RULE_BELOW:
        return other > own && same(name + other - own, r->name);
    case RULE_ADDRESS:
        return address_bytes == r->address_bytes && !memcmp(address, r->address, address_bytes);
    }
    return false;
}

const struct rule *rules_find(const struct rules *rules, const char *name, const uint8_t *address,
                              size_t address_bytes, uint16_t port)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *r = &rules->rule[i];

        if ((!r->port || r->port == port) && fits(r, name, address, address_bytes))
            return r;
    }
    return NULL;
}
