/* SPDX-License-Identifier: MIT */
#include "providers/proxy/url.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *prefix;
    enum url_kind kind;
    uint16_t port;
    bool names;
} schemes[] = {
    { "socks5://", URL_SOCKS5, 1080 }, /* RFC 1928, section 3 */
    { "socks5h://", URL_SOCKS5, 1080, true },
    { "http://", URL_HTTP, 80 },
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins(const char *text, const char *prefix)
{
    for (; *prefix; text++, prefix++)
        if (lower(*text) != *prefix)
            return false;
    return true;
}

static int hex(char c)
{
    c = lower(c);
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Control characters cannot be sent to either kind of proxy without meaning something else. */
static bool decode(const char *text, size_t chars, char out[URL_CREDENTIAL_BYTES])
{
    size_t n = 0;

    for (size_t i = 0; i < chars; i++) {
        int c = (unsigned char)text[i];

        if (c == '%') {
            if (chars - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
                return false;
            c = hex(text[i + 1]) * 16 + hex(text[i + 2]);
            i += 2;
        }
        if (c < 0x20 || c == 0x7f || n == URL_CREDENTIAL_BYTES - 1)
            return false;
        out[n++] = (char)c;
    }
    out[n] = 0;
    return true;
}

static const char *parse_user(const char *text, size_t chars, struct url *url)
{
    const char *colon = memchr(text, ':', chars);
    size_t user_chars = colon ? (size_t)(colon - text) : chars;

    if (!decode(text, user_chars, url->user) ||
        (colon && !decode(colon + 1, chars - user_chars - 1, url->password)))
        return "the user name or the password is not what a proxy takes (at most 255 characters, none of them a control "
               "character; % only in %XX)";
    if (!url->user[0])
        return "there is an \"@\" and no user name before it";
    if (url->kind == URL_HTTP && strchr(url->user, ':'))
        return "a user name with \":\" cannot be sent to an HTTP proxy"; /* RFC 7617, section 2 */
    url->has_user = true;
    return NULL;
}

const char *url_parse(const char *text, struct url *url)
{
    const char *at, *port, *end;
    const char *wrong;
    size_t i;

    memset(url, 0, sizeof *url);
    for (i = 0; i < sizeof schemes / sizeof *schemes && !begins(text, schemes[i].prefix); i++)
        ;
    if (i == sizeof schemes / sizeof *schemes)
        return "it begins with none of socks5://, socks5h://, http://";
    url->kind = schemes[i].kind;
    url->names = schemes[i].names;
    url->at.port = schemes[i].port;
    text += strlen(schemes[i].prefix);

    end = text + strcspn(text, "/?#");
    if (strcmp(end, "/") && *end)
        return "there is something after the host and the port";
    for (at = end; at > text && at[-1] != '@'; at--)
        ;
    if (at > text) {
        wrong = parse_user(text, (size_t)(at - 1 - text), url);
        if (wrong)
            return wrong;
    }

    for (port = end; port > at && port[-1] != ':' && port[-1] != ']'; port--)
        ;
    if (port > at && port[-1] == ':') {
        if (!endpoint_parse_port(port, (size_t)(end - port), &url->at.port))
            return "the port is not a number from 1 to 65535";
        end = port - 1;
    }
    if (memchr(at, ':', (size_t)(end - at)) && *at != '[')
        return "an IPv6 address stands in brackets, as in http://[::1]:3128";
    if (!endpoint_parse_host(at, (size_t)(end - at), &url->at))
        return "the host is neither a name nor an address";
    return NULL;
}

void url_format(const struct url *url, char text[URL_TEXT_BYTES])
{
    char host[ENDPOINT_TEXT_BYTES];

    endpoint_format(&url->at, host);
    snprintf(text, URL_TEXT_BYTES, "%s://%s", url->kind == URL_SOCKS5 ? "socks5" : "http", host);
}
