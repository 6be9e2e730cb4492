/* SPDX-License-Identifier: MIT */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "ws2_32/core/startup.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/own_pe.h"
#include "ws2_32/names/source.h"
#include "ws2_32/names/text_pe.h"

/* What the program gave for one of the two texts; `chars` 0 or NULL: it does not want it. */
struct out_text {
    void *at;
    DWORD chars;
    bool wide;
};

static bool wanted(const struct out_text *o)
{
    return o->at && o->chars;
}

static int put(const struct out_text *o, const char *utf8)
{
    void *text = o->wide ? (void *)text_to_wide(utf8) : text_to_ansi(utf8);
    size_t chars, unit = o->wide ? sizeof(wchar_t) : 1;
    int err = 0;

    if (!text)
        return WSA_NOT_ENOUGH_MEMORY;
    chars = (o->wide ? wcslen(text) : strlen(text)) + 1;
    if (chars > o->chars)
        err = ERROR_INSUFFICIENT_BUFFER; /* documented; not a WSA code */
    else
        memcpy(o->at, text, chars * unit);
    free(text);
    return err;
}

/* "box.example.net" for a machine of the same domain is "box" (NI_NOFQDN); without a domain of our own all stays. */
static void cut_domain(char *name)
{
    const char *own = strchr(own_name(), '.');
    char *dot = strchr(name, '.');

    if (own && dot && !_stricmp(own, dot))
        *dot = 0;
}

static int put_host(const struct sockaddr *sa, int sa_bytes, const struct out_text *o, int flags)
{
    struct name_addr addr = {sa->sa_family, {0}, 0};
    struct lookup q = {.addr = &addr};
    struct answer a = {0};
    union {
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } numeric = {0};
    char text[ADDR_TEXT_CHARS];
    int err = WSAHOST_NOT_FOUND;

    memcpy(&numeric, sa, addr_bytes(sa->sa_family));
    numeric.four.sin_port = 0;
    if (sa->sa_family == AF_INET)
        memcpy(addr.ip, &numeric.four.sin_addr, 4);
    else
        memcpy(addr.ip, &numeric.six.sin6_addr, 16);

    if (!(flags & NI_NUMERICHOST))
        err = source_lookup(&q, &a);
    if (!err) {
        if (flags & NI_NOFQDN)
            cut_domain(a.canon);
        err = put(o, a.canon);
        answer_free(&a);
        return err;
    }
    if (err == WSA_NOT_ENOUGH_MEMORY || flags & NI_NAMEREQD)
        return err;
    addr_format(&numeric, sa_bytes, text);
    return put(o, text);
}

static int put_service(u_short port, const struct out_text *o, int flags)
{
    struct db_query q = {DB_SERVICES, NULL, port, flags & NI_DGRAM ? "udp" : "tcp"};
    struct file_text *text;
    struct db_entry e;
    char name[NI_MAXSERV * 4];

    if (flags & NI_NUMERICSERV || file_find(&q, &e, &text)) {
        _ultoa(port, name, 10);
        return put(o, name);
    }
    snprintf(name, sizeof name, "%.*s", (int)e.name.chars, e.name.at);
    file_put(text);
    return put(o, name);
}

static int get(const struct sockaddr *sa, socklen_t sa_bytes, const struct out_text *host, const struct out_text *service,
               int flags)
{
    const int known = NI_NOFQDN | NI_NUMERICHOST | NI_NAMEREQD | NI_NUMERICSERV | NI_DGRAM;
    BOOL lent;
    int err = startup_lend(&lent);

    if (!err && (text_is_bad(sa) || sa_bytes < (int)sizeof sa->sa_family))
        err = WSAEFAULT;
    if (!err && !addr_bytes(sa->sa_family))
        err = WSAEAFNOSUPPORT;
    if (!err && sa_bytes < (int)addr_bytes(sa->sa_family))
        err = WSAEFAULT;
    if (!err && flags & ~known)
        err = WSAEINVAL;
    if (!err && !wanted(host) && !wanted(service))
        err = WSAHOST_NOT_FOUND;
    if (!err && wanted(host))
        err = put_host(sa, sa_bytes, host, flags);
    if (!err && wanted(service))
        err = put_service(ntohs(((const struct sockaddr_in *)sa)->sin_port), service, flags);
    startup_take_back(lent);
    WSASetLastError(err);
    return err;
}

int WSAAPI getnameinfo(const struct sockaddr *sa, socklen_t sa_bytes, char *host, DWORD host_chars, char *service,
                       DWORD service_chars, int flags)
{
    struct out_text h = {host, host_chars, false}, s = {service, service_chars, false};

    return get(sa, sa_bytes, &h, &s, flags);
}

INT WSAAPI GetNameInfoW(const SOCKADDR *sa, socklen_t sa_bytes, PWCHAR host, DWORD host_chars, PWCHAR service,
                        DWORD service_chars, INT flags)
{
    struct out_text h = {host, host_chars, true}, s = {service, service_chars, true};

    return get(sa, sa_bytes, &h, &s, flags);
}
