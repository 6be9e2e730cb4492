/* SPDX-License-Identifier: MIT */
#ifndef WS2_PROXY_ENDPOINT_H
#define WS2_PROXY_ENDPOINT_H
/* A host, by name or by address, and a port: where a connection goes, or where a proxy is. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ENDPOINT_NAME_BYTES = 256,  /* RFC 1928: one byte counts a name, so 255 and our NUL */
    ENDPOINT_TEXT_BYTES = 272,  /* a name, brackets, colon, port, NUL */
};

enum endpoint_kind { ENDPOINT_NAME, ENDPOINT_IP4, ENDPOINT_IP6 };

struct endpoint {
    enum endpoint_kind kind;
    uint16_t port;                  /* host order */
    uint8_t ip[16];                 /* the first 4 for ENDPOINT_IP4 */
    char name[ENDPOINT_NAME_BYTES]; /* ENDPOINT_NAME: as endpoint_name_is_good() has it */
};

/*
 * Letters, digits, "-", "_" and ".", at most 255: what host names are made of once an international one has its ASCII form.
 * Nothing that could mean something else to a proxy or in an HTTP header.
 */
bool endpoint_name_is_good(const char *name, size_t chars);

/* "name", "1.2.3.4", "[::1]" or "::1"; sets everything but the port. */
bool endpoint_parse_host(const char *text, size_t chars, struct endpoint *e);

/* 1 to 65535, in decimal. */
bool endpoint_parse_port(const char *text, size_t chars, uint16_t *port);

/*
 * From a sockaddr in Windows' layout (base/addr.h); false for other families and for one that is too short. ::ffff:1.2.3.4
 * becomes 1.2.3.4: it goes where that goes.
 */
bool endpoint_from_sockaddr(const void *sockaddr, size_t bytes, struct endpoint *e);

/* "host:port", an IPv6 address in brackets: an HTTP authority. Returns the length without NUL. */
size_t endpoint_format(const struct endpoint *e, char text[ENDPOINT_TEXT_BYTES]);

#endif
