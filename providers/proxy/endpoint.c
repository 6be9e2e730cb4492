/* SPDX-License-Identifier: MIT */
#include "providers/proxy/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"

bool endpoint_name_is_good(const char *name, size_t chars)
{
    if (!chars || chars >= ENDPOINT_NAME_BYTES)
        return false;
    for (size_t i = 0; i < chars; i++) {
        char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
    }
    return true;
}

bool endpoint_parse_host(const char *text, size_t chars, struct endpoint *e)
{
    memset(e->ip, 0, sizeof e->ip);
    e->name[0] = 0;
    if (chars >= 2 && text[0] == '[' && text[chars - 1] == ']') {
        e->kind = ENDPOINT_IP6;
        return addr_ip6_parse(text + 1, chars - 2, e->ip);
    }
    if (addr_ip6_parse(text, chars, e->ip)) {
        e->kind = ENDPOINT_IP6;
        return true;
    }
    if (addr_ip4_parse(text, chars, e->ip)) {
        e->kind = ENDPOINT_IP4;
        return true;
    }
    if (!endpoint_name_is_good(text, chars))
        return false;
    e->kind = ENDPOINT_NAME;
    memcpy(e->name, text, chars);
    e->name[chars] = 0;
    return true;
}

bool endpoint_parse_port(const char *text, size_t chars, uint16_t *port)
{
    unsigned value = 0;

    for (size_t i = 0; i < chars; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
        if (value > 65535)
            return false;
    }
    *port = (uint16_t)value;
    return value != 0;
}

bool endpoint_from_sockaddr(const void *sockaddr, size_t bytes, struct endpoint *e)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    const uint8_t *at = sockaddr;
    uint16_t family;

    if (bytes < sizeof family)
        return false;
    memcpy(&family, at, sizeof family);
    if (!addr_bytes(family) || bytes < addr_bytes(family))
        return false;
    memset(e, 0, sizeof *e);
    e->port = (uint16_t)(at[2] << 8 | at[3]);
    at += family == ADDR_INET ? 4 : 8;
    e->kind = family == ADDR_INET ? ENDPOINT_IP4 : ENDPOINT_IP6;
    if (family == ADDR_INET6 && !memcmp(at, mapped, sizeof mapped)) {
        e->kind = ENDPOINT_IP4;
        at += sizeof mapped;
    }
    memcpy(e->ip, at, e->kind == ENDPOINT_IP4 ? 4 : 16);
    return true;
}

size_t endpoint_format(const struct endpoint *e, char text[ENDPOINT_TEXT_BYTES])
{
    char ip[ADDR_TEXT_CHARS];
    int n;

    switch (e->kind) {
    case ENDPOINT_IP4:
        addr_ip4_format(e->ip, ip);
        n = snprintf(text, ENDPOINT_TEXT_BYTES, "%s:%u", ip, e->port);
        break;
    case ENDPOINT_IP6:
        addr_ip6_format(e->ip, ip);
        n = snprintf(text, ENDPOINT_TEXT_BYTES, "[%s]:%u", ip, e->port);
        break;
    default:
        n = snprintf(text, ENDPOINT_TEXT_BYTES, "%s:%u", e->name, e->port);
        break;
    }
    return (size_t)n;
}
