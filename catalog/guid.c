/* SPDX-License-Identifier: MIT */
/*
 * GUIDs made from a name (RFC 4122, section 4.3, version 5). Two processes of one run must give a
 * layer the same GUID without talking to each other: WSADuplicateSocket finds the chain by GUID in
 * the target process.
 *
 * SHA-1 (RFC 3174) serves as a plain hash here; nothing relies on it being hard to invert.
 */
#include "catalog/guid.h"

#include <stdio.h>
#include <string.h>

struct sha1 {
    uint32_t h[5];
    uint8_t block[64];
    uint64_t bytes;
};

static uint32_t rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

static void compress(struct sha1 *s)
{
    uint32_t w[80], a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];

    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)s->block[4 * t] << 24 | (uint32_t)s->block[4 * t + 1] << 16 |
               (uint32_t)s->block[4 * t + 2] << 8 | s->block[4 * t + 3];
    for (int t = 16; t < 80; t++)
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

    for (int t = 0; t < 80; t++) {
        uint32_t f, k, next;

        if (t < 20)
            f = (b & c) | (~b & d), k = 0x5A827999;
        else if (t < 40)
            f = b ^ c ^ d, k = 0x6ED9EBA1;
        else if (t < 60)
            f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
        else
            f = b ^ c ^ d, k = 0xCA62C1D6;
        next = rotate(a, 5) + f + e + w[t] + k;
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    s->h[0] += a;
    s->h[1] += b;
    s->h[2] += c;
    s->h[3] += d;
    s->h[4] += e;
}

static void feed(struct sha1 *s, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        s->block[s->bytes++ % 64] = bytes[i];
        if (s->bytes % 64 == 0)
            compress(s);
    }
}

static void finish(struct sha1 *s)
{
    uint64_t bits = s->bytes * 8;
    uint8_t byte = 0x80;

    feed(s, &byte, 1);
    byte = 0;
    while (s->bytes % 64 != 56)
        feed(s, &byte, 1);
    for (int shift = 56; shift >= 0; shift -= 8) {
        byte = (uint8_t)(bits >> shift);
        feed(s, &byte, 1);
    }
}

/*
 * Between memory order, where the first three fields are little-endian, and the RFC's network
 * order.
 */
static void swap_fields(uint8_t b[16])
{
    static const uint8_t from[8] = {3, 2, 1, 0, 5, 4, 7, 6};
    uint8_t old[8];

    memcpy(old, b, sizeof old);
    for (int i = 0; i < 8; i++)
        b[i] = old[from[i]];
}

void catalog_guid_derive(const struct catalog_guid *space, const void *bytes, size_t count,
                         struct catalog_guid *out)
{
    struct sha1 s = {{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, {0}, 0};
    uint8_t prefix[16];

    memcpy(prefix, space->byte, sizeof prefix);
    swap_fields(prefix);
    feed(&s, prefix, sizeof prefix);
    feed(&s, bytes, count);
    finish(&s);

    for (int i = 0; i < 16; i++)
        out->byte[i] = (uint8_t)(s.h[i / 4] >> (24 - 8 * (i % 4)));
    out->byte[6] = (out->byte[6] & 0x0F) | 0x50; /* version 5 */
    out->byte[8] = (out->byte[8] & 0x3F) | 0x80; /* the RFC's variant */
    swap_fields(out->byte);
}

/* Where the text's pairs of digits lie in memory: the first three groups are little-endian numbers. */
static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

static bool dash_before(int pair)
{
    return pair == 4 || pair == 6 || pair == 8 || pair == 10;
}

void guid_text(const struct catalog_guid *guid, char text[GUID_BYTES])
{
    char *at = text;

    *at++ = '{';
    for (int i = 0; i < 16; i++) {
        if (dash_before(i))
            *at++ = '-';
        sprintf(at, "%02X", guid->byte[place[i]]);
        at += 2;
    }
    memcpy(at, "}", 2);
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

    return at ? (int)((at - digits) % 16) : -1;
}

bool guid_parse(const char *text, struct catalog_guid *guid)
{
    if (strlen(text) != GUID_BYTES - 1 || *text++ != '{')
        return false;
    for (int i = 0; i < 16; i++, text += 2) {
        if (dash_before(i) && *text++ != '-')
            return false;
        if (digit(text[0]) < 0 || digit(text[1]) < 0)
            return false;
        guid->byte[place[i]] = (uint8_t)(digit(text[0]) * 16 + digit(text[1]));
    }
    return *text == '}';
}
