/* SPDX-License-Identifier: MIT */
#ifndef WS2_BASE_ADDR_H
#define WS2_BASE_ADDR_H
/*
 * Address text, both ways, for everything that reads or prints addresses: WSPAddressToString,
 * inet_pton and its kin, getaddrinfo, hosts files, the trace layer. Pure; no locale, no allocation.
 *
 * A "sockaddr" here is the Windows layout as bytes: family u16 (host order), port u16 (network order),
 * then for ADDR_INET (16 bytes) the address, for ADDR_INET6 (28 bytes) flow info, 16 address bytes and
 * the scope id.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ADDR_INET = 2,
    ADDR_INET6 = 23,
    ADDR_INET_BYTES = 16,
    ADDR_INET6_BYTES = 28,
    ADDR_TEXT_CHARS = 80, /* enough for any text below, NUL included */
};

/* The length of a sockaddr of `family`; 0 for a family not known here. */
size_t addr_bytes(int family);

/* Writes "1.2.3.4" / RFC 5952 text of the 4 or 16 address bytes; returns the length without NUL. */
size_t addr_ip4_format(const uint8_t ip[4], char text[ADDR_TEXT_CHARS]);
size_t addr_ip6_format(const uint8_t ip[16], char text[ADDR_TEXT_CHARS]);

/* Strict dotted quad (inet_pton) and RFC 4291 text with optional embedded IPv4; `chars` bounds `text`. */
bool addr_ip4_parse(const char *text, size_t chars, uint8_t ip[4]);
bool addr_ip6_parse(const char *text, size_t chars, uint8_t ip[16]);

/* The loose BSD forms of inet_addr: 1 to 4 parts, decimal, octal (0…) or hex (0x…). */
bool addr_ip4_parse_loose(const char *text, size_t chars, uint8_t ip[4]);

/*
 * "1.2.3.4:80", "[fe80::1%3]:80"; without port and brackets when the port is 0 ("fe80::1%3").
 * This is the text of WSAAddressToString. Returns the length without NUL, or 0 for an address that is
 * too short for its family or of an unknown one.
 */
size_t addr_format(const void *sockaddr, size_t sockaddr_bytes, char text[ADDR_TEXT_CHARS]);

/*
 * The reverse, for ADDR_INET or ADDR_INET6: fills a whole zeroed sockaddr of addr_bytes(family). A missing
 * port gives 0. False for any text that is not wholly an address of that family.
 */
bool addr_parse(const char *text, size_t chars, int family, void *sockaddr);

#endif
