/* SPDX-License-Identifier: MIT */
/* Address text for programs. None of these needs WSAStartup. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <string.h>

#include "base/addr.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/text_pe.h"

enum { TEXT_MAX = 64 }; /* no address is longer */

unsigned long WSAAPI inet_addr(const char *cp)
{
    uint32_t value;
    uint8_t ip[4];
    size_t chars;

    if (text_is_bad(cp))
        return INADDR_NONE;
    if (!strcmp(cp, " ")) /* documented */
        return 0;
    chars = strcspn(cp, " \t\r\n\f\v"); /* as BSD did: what follows white space is not looked at */
    if (!addr_ip4_parse_loose(cp, chars, ip))
        return INADDR_NONE;
    memcpy(&value, ip, sizeof value);
    return value;
}

char *WSAAPI inet_ntoa(struct in_addr in)
{
    struct thread *t = thread_get();
    char text[ADDR_TEXT_CHARS];

    if (!t) {
        WSASetLastError(WSAENOBUFS);
        return NULL;
    }
    addr_ip4_format((const uint8_t *)&in, text);
    return memcpy(t->inet_ntoa_text, text, sizeof t->inet_ntoa_text);
}

static int parse(int family, const char *text, size_t chars, void *addr)
{
    if (family == AF_INET)
        return addr_ip4_parse(text, chars, addr);
    return addr_ip6_parse(text, chars, addr);
}

static int pton_check(int family, const void *text, const void *addr)
{
    if (family != AF_INET && family != AF_INET6)
        return WSAEAFNOSUPPORT;
    return text_is_bad(text) || text_is_bad(addr) ? WSAEFAULT : 0;
}

int WSAAPI inet_pton(int family, const char *text, void *addr)
{
    int err = pton_check(family, text, addr);

    if (err)
        return api_fail(err);
    return parse(family, text, strlen(text), addr);
}

int WSAAPI InetPtonW(int family, const wchar_t *text, void *addr)
{
    int err = pton_check(family, text, addr);
    char narrow[TEXT_MAX];
    size_t n = 0;

    if (err)
        return api_fail(err);
    for (; n < TEXT_MAX && text[n] > 0 && text[n] < 0x80; n++)
        narrow[n] = (char)text[n];
    if (n == TEXT_MAX || text[n])
        return 0;
    return parse(family, narrow, n, addr);
}

/* The length of the text, or 0 with the last error set: what does not fit is a bad parameter (documented). */
static size_t format(int family, const void *addr, const void *out, size_t out_chars, char text[ADDR_TEXT_CHARS])
{
    size_t n;

    if (family != AF_INET && family != AF_INET6) {
        api_fail(WSAEAFNOSUPPORT);
        return 0;
    }
    if (text_is_bad(addr) || text_is_bad(out)) {
        api_fail(WSA_INVALID_PARAMETER);
        return 0;
    }
    n = family == AF_INET ? addr_ip4_format(addr, text) : addr_ip6_format(addr, text);
    if (n < out_chars)
        return n;
    api_fail(WSA_INVALID_PARAMETER);
    return 0;
}

const char *WSAAPI inet_ntop(int family, const void *addr, char *out, size_t out_chars)
{
    char text[ADDR_TEXT_CHARS];
    size_t n = format(family, addr, out, out_chars, text);

    return n ? memcpy(out, text, n + 1) : NULL;
}

const wchar_t *WSAAPI InetNtopW(int family, const void *addr, wchar_t *out, size_t out_chars)
{
    char text[ADDR_TEXT_CHARS];
    size_t n = format(family, addr, out, out_chars, text);

    if (!n)
        return NULL;
    for (size_t i = 0; i <= n; i++)
        out[i] = (wchar_t)text[i];
    return out;
}
