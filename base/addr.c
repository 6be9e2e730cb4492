/* SPDX-License-Identifier: MIT */
#include "base/addr.h"

#include <string.h>

/* Port, address and scope as they lie in a sockaddr (addr.h); memcpy because callers' buffers may be unaligned. */
enum { PORT_AT = 2, IP4_AT = 4, IP6_AT = 8, SCOPE_AT = 24 };

/* What is left to read; every parser below takes what it knows off the front. */
struct cursor {
    const char *at, *end;
};

static bool take_char(struct cursor *c, char want)
{
    if (c->at == c->end || *c->at != want)
        return false;
    c->at++;
    return true;
}

static int digit_of(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    if (ch >= 'a' && ch <= 'f')
        return ch - 'a' + 10;
    if (ch >= 'A' && ch <= 'F')
        return ch - 'A' + 10;
    return 16;
}

/* At least one digit of `base`, at most `max` in value. Stops before the first character that is none. */
static bool take_number(struct cursor *c, int base, uint32_t max, uint32_t *value)
{
    const char *start = c->at;
    uint64_t v = 0;

    while (c->at < c->end && digit_of(*c->at) < base) {
        v = v * base + digit_of(*c->at++);
        if (v > max)
            return false;
    }
    *value = (uint32_t)v;
    return c->at > start;
}

/* C notation: 0x… is hex, 0… octal, the rest decimal. */
static bool take_c_number(struct cursor *c, uint32_t max, uint32_t *value)
{
    if (!take_char(c, '0'))
        return take_number(c, 10, max, value);
    if (take_char(c, 'x') || take_char(c, 'X'))
        return take_number(c, 16, max, value);
    c->at--; /* the zero is a digit too: "0" alone is a number */
    return take_number(c, 8, max, value);
}

/* One octet of a dotted quad. No leading zeros: others read those as octal. */
static bool take_octet(struct cursor *c, uint8_t *octet)
{
    const char *start = c->at;
    unsigned v = 0;

    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9' && v <= 255; c->at++)
        v = v * 10 + (unsigned)(*c->at - '0');
    if (c->at == start || v > 255 || (*start == '0' && c->at > start + 1))
        return false;
    *octet = (uint8_t)v;
    return true;
}

static bool take_quad(struct cursor *c, uint8_t ip[4])
{
    for (int i = 0; i < 4; i++)
        if ((i && !take_char(c, '.')) || !take_octet(c, &ip[i]))
            return false;
    return true;
}

static bool take_loose(struct cursor *c, uint8_t ip[4])
{
    uint32_t part[4], last, value = 0;
    int n = 0;

    do {
        if (n == 4 || !take_c_number(c, UINT32_MAX, &part[n]))
            return false;
        n++;
    } while (take_char(c, '.'));

    /* All parts but the last are one byte each; the last fills what remains. */
    last = part[n - 1];
    if (n > 1 && last >> (8 * (5 - n)))
        return false;
    for (int i = 0; i < n - 1; i++) {
        if (part[i] > 255)
            return false;
        value |= part[i] << (24 - 8 * i);
    }
    value |= last;
    for (int i = 0; i < 4; i++)
        ip[i] = (uint8_t)(value >> (24 - 8 * i));
    return true;
}

/* RFC 4291 section 2.2. Ends before the first character that cannot belong to the address. */
static bool take_ip6(struct cursor *c, uint8_t ip[16])
{
    uint8_t out[16] = {0};
    int n = 0, gap = -1; /* bytes written; where "::" stood */

    if (take_char(c, ':')) {
        if (!take_char(c, ':'))
            return false;
        gap = 0;
    }
    while (n < 16 && c->at < c->end && digit_of(*c->at) < 16) {
        struct cursor group = *c;
        uint32_t v;

        if (!take_number(c, 16, 0xffff, &v) || c->at - group.at > 4)
            return false;
        if (c->at < c->end && *c->at == '.') { /* it was an IPv4 tail */
            *c = group;
            if (n > 12 || !take_quad(c, out + n))
                return false;
            n += 4;
            break;
        }
        out[n++] = (uint8_t)(v >> 8);
        out[n++] = (uint8_t)v;
        if (n == 16 || !take_char(c, ':'))
            break;
        if (take_char(c, ':')) {
            if (gap >= 0)
                return false;
            gap = n;
        } else if (c->at == c->end || digit_of(*c->at) == 16) {
            return false; /* a single colon at the end */
        }
    }
    if ((gap < 0) != (n == 16)) /* "::" stands for one group at least */
        return false;
    if (gap >= 0) {
        memmove(out + 16 - (n - gap), out + gap, n - gap);
        memset(out + gap, 0, 16 - n);
    }
    memcpy(ip, out, 16);
    return true;
}

static struct cursor cursor_over(const char *text, size_t chars)
{
    const char *nul = memchr(text, 0, chars);

    return (struct cursor){text, nul ? nul : text + chars};
}

size_t addr_bytes(int family)
{
    return family == ADDR_INET ? ADDR_INET_BYTES : family == ADDR_INET6 ? ADDR_INET6_BYTES : 0;
}

bool addr_ip4_parse(const char *text, size_t chars, uint8_t ip[4])
{
    struct cursor c = cursor_over(text, chars);
    uint8_t out[4];

    if (!take_quad(&c, out) || c.at < c.end)
        return false;
    memcpy(ip, out, 4);
    return true;
}

bool addr_ip4_parse_loose(const char *text, size_t chars, uint8_t ip[4])
{
    struct cursor c = cursor_over(text, chars);
    struct cursor again = c;
    uint8_t out[4];

    if (take_quad(&c, out) && c.at == c.end) { /* nearly always, and quicker */
        memcpy(ip, out, 4);
        return true;
    }
    c = again;
    if (!take_loose(&c, out) || c.at < c.end)
        return false;
    memcpy(ip, out, 4);
    return true;
}

bool addr_ip6_parse(const char *text, size_t chars, uint8_t ip[16])
{
    struct cursor c = cursor_over(text, chars);
    uint8_t out[16];

    if (!take_ip6(&c, out) || c.at < c.end)
        return false;
    memcpy(ip, out, 16);
    return true;
}

static size_t put_number(char *text, uint32_t value, unsigned base)
{
    char reversed[10];
    size_t n = 0, i = 0;

    do {
        reversed[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n)
        text[i++] = reversed[--n];
    text[i] = 0;
    return i;
}

static size_t put_ip4(char *text, const uint8_t ip[4])
{
    size_t n = 0;

    for (int i = 0; i < 4; i++) {
        if (i)
            text[n++] = '.';
        n += put_number(text + n, ip[i], 10);
    }
    return n;
}

/* Forms whose last 32 bits are an IPv4 address by their prefix alone (RFC 5952 section 5). */
static bool ends_in_ip4(const uint16_t w[8])
{
    if (w[0] | w[1] | w[2] | w[3])
        return false;
    if (!w[4] && w[5] == 0xffff) /* mapped, RFC 4291 2.5.5.2 */
        return true;
    if (w[4] == 0xffff && !w[5]) /* translated, RFC 2765 2.1 */
        return true;
    return !w[4] && !w[5] && w[6]; /* compatible, RFC 4291 2.5.5.1; not :: and ::1 */
}

static size_t put_ip6(char *text, const uint8_t ip[16])
{
    uint16_t w[8];
    int gap = -1, gap_len = 1, words; /* a lone zero group is written out: RFC 5952 4.2.2 */
    size_t n = 0;

    for (int i = 0; i < 8; i++)
        w[i] = (uint16_t)(ip[2 * i] << 8 | ip[2 * i + 1]);
    words = ends_in_ip4(w) ? 6 : 8;
    for (int i = 0, run = 0; i < words; i++) {
        run = w[i] ? 0 : run + 1;
        if (run > gap_len) {
            gap_len = run;
            gap = i - run + 1;
        }
    }
    for (int i = 0; i < words; i++) {
        if (i == gap) {
            text[n++] = ':';
            i += gap_len - 1;
            if (i == words - 1)
                text[n++] = ':';
            continue;
        }
        if (i)
            text[n++] = ':';
        n += put_number(text + n, w[i], 16);
    }
    if (words == 6) {
        if (gap < 0 || gap + gap_len < 6)
            text[n++] = ':';
        n += put_ip4(text + n, ip + 12);
    }
    text[n] = 0;
    return n;
}

size_t addr_ip4_format(const uint8_t ip[4], char text[ADDR_TEXT_CHARS])
{
    return put_ip4(text, ip);
}

size_t addr_ip6_format(const uint8_t ip[16], char text[ADDR_TEXT_CHARS])
{
    return put_ip6(text, ip);
}

size_t addr_format(const void *sockaddr, size_t sockaddr_bytes, char text[ADDR_TEXT_CHARS])
{
    const uint8_t *sa = sockaddr;
    uint16_t family;
    uint32_t scope;
    unsigned port;
    size_t n = 0;

    if (sockaddr_bytes < sizeof family)
        return 0;
    memcpy(&family, sa, sizeof family);
    if (!addr_bytes(family) || sockaddr_bytes < addr_bytes(family))
        return 0;
    port = sa[PORT_AT] << 8 | sa[PORT_AT + 1];

    if (family == ADDR_INET) {
        n = put_ip4(text, sa + IP4_AT);
    } else {
        if (port)
            text[n++] = '[';
        n += put_ip6(text + n, sa + IP6_AT);
        memcpy(&scope, sa + SCOPE_AT, sizeof scope);
        if (scope) {
            text[n++] = '%';
            n += put_number(text + n, scope, 10);
        }
        if (port)
            text[n++] = ']';
    }
    if (port) {
        text[n++] = ':';
        n += put_number(text + n, port, 10);
    }
    return n;
}

bool addr_parse(const char *text, size_t chars, int family, void *sockaddr)
{
    struct cursor c = cursor_over(text, chars);
    uint8_t sa[ADDR_INET6_BYTES] = {0};
    uint16_t sa_family = (uint16_t)family;
    uint32_t scope = 0, port = 0;
    bool may_have_port = true;

    memcpy(sa, &sa_family, sizeof sa_family);
    if (family == ADDR_INET) {
        if (!take_loose(&c, sa + IP4_AT))
            return false;
    } else if (family == ADDR_INET6) {
        bool bracket = take_char(&c, '[');

        if (!take_ip6(&c, sa + IP6_AT))
            return false;
        if (take_char(&c, '%') && !take_number(&c, 10, UINT32_MAX, &scope))
            return false;
        if (bracket && !take_char(&c, ']'))
            return false;
        memcpy(sa + SCOPE_AT, &scope, sizeof scope);
        may_have_port = bracket;
    } else {
        return false;
    }
    if (may_have_port && take_char(&c, ':') && !take_c_number(&c, 0xffff, &port))
        return false;
    if (c.at < c.end)
        return false;

    sa[PORT_AT] = (uint8_t)(port >> 8);
    sa[PORT_AT + 1] = (uint8_t)port;
    memcpy(sockaddr, sa, addr_bytes(family));
    return true;
}
