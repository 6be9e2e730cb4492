/* SPDX-License-Identifier: MIT */
#ifndef WS2_PROXY_URL_H
#define WS2_PROXY_URL_H
/*
 * Where a proxy is and how one speaks to it, as people write it: "socks5://user:password@host:1080", "http://host:3128".
 * Reserved characters in user name and password are written %XX (RFC 3986 2.1); "," and ";" must be, since they separate
 * the options of a layer. Pure.
 */
#include "providers/proxy/endpoint.h"

enum { URL_CREDENTIAL_BYTES = 256 }; /* RFC 1929: 255 of each, and our NUL */

enum url_kind { URL_SOCKS5, URL_HTTP };

struct url {
    enum url_kind kind;
    struct endpoint at;
    bool names; /* socks5h, as curl spells it: names are resolved at the proxy */
    bool has_user;
    char user[URL_CREDENTIAL_BYTES];
    char password[URL_CREDENTIAL_BYTES];
};

/* NULL, or a sentence that says what is wrong with the text; *url is then undefined. */
const char *url_parse(const char *text, struct url *url);

/* "socks5://host:port": without the password, for messages. */
enum { URL_TEXT_BYTES = ENDPOINT_TEXT_BYTES + 16 };
void url_format(const struct url *url, char text[URL_TEXT_BYTES]);

#endif
