/* SPDX-License-Identifier: MIT */
#include "providers/proxy/url.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static const struct {
    const char *why, *text, *shown, *user, *password; /* user NULL: none */
} good[] = {
    { "the least", "socks5://h", "socks5://h:1080", NULL, "" },
    { "HTTP's default port", "http://h", "http://h:80", NULL, "" },
    { "a port", "http://proxy.example:3128", "http://proxy.example:3128", NULL, "" },
    { "a slash at the end", "http://h:3128/", "http://h:3128", NULL, "" },
    { "letters of any case", "SOCKS5://h:1", "socks5://h:1", NULL, "" },
    { "curl's socks5h", "socks5h://h:1", "socks5://h:1", NULL, "" },
    { "IPv4", "socks5://127.0.0.1:1081", "socks5://127.0.0.1:1081", NULL, "" },
    { "IPv6", "socks5://[::1]:1081", "socks5://[::1]:1081", NULL, "" },
    { "IPv6 without port", "socks5://[2001:db8::1]", "socks5://[2001:db8::1]:1080", NULL, "" },
    { "user and password", "socks5://u:p@h:1", "socks5://h:1", "u", "p" },
    { "user alone", "socks5://u@h:1", "socks5://h:1", "u", "" },
    { "a password with a colon", "socks5://u:p:q@h", "socks5://h:1080", "u", "p:q" },
    { "a password with an @", "socks5://u:p@q@h", "socks5://h:1080", "u", "p@q" },
    { "comma, semicolon and others as %XX", "http://u%2c%3B:%40%3a%2F%25@h", "http://h:80", "u,;", "@:/%" },
    { "a SOCKS user with a colon", "socks5://a%3ab:c@h", "socks5://h:1080", "a:b", "c" },
    { "UTF-8", "socks5://\xc3\xa4:\xc3\xb6@h", "socks5://h:1080", "\xc3\xa4", "\xc3\xb6" },
};

START_TEST(reads_urls)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct url url;
        char shown[URL_TEXT_BYTES];
        const char *wrong = url_parse(good[i].text, &url);

        ck_assert_msg(!wrong, "%s: %s", good[i].why, wrong);
        url_format(&url, shown);
        ck_assert_msg(!strcmp(shown, good[i].shown), "%s: %s, not %s", good[i].why, shown, good[i].shown);
        CASE_INT_EQ(url.names, !strncmp(good[i].text, "socks5h:", 8), good[i].why);
        CASE_INT_EQ(url.has_user, good[i].user != NULL, good[i].why);
        ck_assert_msg(!strcmp(url.user, good[i].user ? good[i].user : ""), "%s: user %s", good[i].why, url.user);
        ck_assert_msg(!strcmp(url.password, good[i].password), "%s: password %s", good[i].why, url.password);
    }
}
END_TEST

static const struct {
    const char *why, *text, *says; /* a part of the sentence */
} bad[] = {
    { "nothing", "", "begins with none" },
    { "no scheme", "127.0.0.1:1080", "begins with none" },
    { "another scheme", "https://h", "begins with none" },
    { "SOCKS4", "socks4://h", "begins with none" },
    { "no host", "socks5://", "host" },
    { "no host, a port", "socks5://:1080", "host" },
    { "port 0", "socks5://h:0", "port" },
    { "an empty port", "socks5://h:", "port" },
    { "port 65536", "socks5://h:65536", "port" },
    { "a port with letters", "socks5://h:10a", "port" },
    { "a path", "http://h/x", "after the host" },
    { "a query", "http://h?x", "after the host" },
    { "bare IPv6", "socks5://::1", "brackets" },
    { "bare IPv6 with port", "socks5://fe80::1:1080", "brackets" },
    { "brackets around a name", "socks5://[h]:1", "host" },
    { "an open bracket", "socks5://[::1:1080", "host" },
    { "a host with a space", "socks5://a b", "host" },
    { "a host with a line end", "socks5://a\r\nb", "host" },
    { "no user", "socks5://@h", "no user name" },
    { "no user, a password", "socks5://:p@h", "no user name" },
    { "half of %XX", "socks5://u:%4@h", "user name or the password" },
    { "no hex digits", "socks5://u:%4g@h", "user name or the password" },
    { "a coded NUL", "socks5://u:%00@h", "user name or the password" },
    { "a coded line end", "http://u:a%0d%0ab@h", "user name or the password" },
    { "an HTTP user with a colon", "http://a%3ab:c@h", "\":\"" },
};

START_TEST(refuses_what_is_no_url)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct url url;
        const char *wrong = url_parse(bad[i].text, &url);

        ck_assert_msg(wrong != NULL, "%s: taken", bad[i].why);
        ck_assert_msg(strstr(wrong, bad[i].says) != NULL, "%s: %s", bad[i].why, wrong);
    }
}
END_TEST

/* 255 characters of each kind fit, 256 do not. */
START_TEST(lengths_are_bounded)
{
    for (int more = 0; more < 2; more++) {
        char text[600], long_text[257] = "";
        struct url url;

        memset(long_text, 'a', 255 + more);
        snprintf(text, sizeof text, "socks5://u:%s@h", long_text);
        CASE_INT_EQ(url_parse(text, &url) != NULL, more, "a password");
        snprintf(text, sizeof text, "socks5://%s@h", long_text);
        CASE_INT_EQ(url_parse(text, &url) != NULL, more, "a user");
        snprintf(text, sizeof text, "socks5://%s:65535", long_text);
        CASE_INT_EQ(url_parse(text, &url) != NULL, more, "a host");
    }
}
END_TEST

UNIT_MAIN("proxy/url", reads_urls, refuses_what_is_no_url, lengths_are_bounded)
