/* SPDX-License-Identifier: MIT */
/* The client's side of CONNECT: RFC 9110 9.3.6, in the form of RFC 9112, with Basic credentials (RFC 7617). */
#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"
#include "providers/proxy/talk.h"

enum step { GET_STATUS, GET_FIELDS };

/* 502 to 504 and 500 are what proxies answer when the target, not they, did not answer: tinyproxy 500, Squid 503. */
#define STATUS_ROWS(X)                                                                              \
    X(400, WSAEINVAL)                                                                               \
    X(401, WSAEACCES)                                                                               \
    X(403, WSAEACCES)                                                                               \
    X(404, WSAEHOSTUNREACH)                                                                         \
    X(405, WSAEOPNOTSUPP)                                                                           \
    X(407, WSAEACCES)                                                                               \
    X(408, WSAETIMEDOUT)                                                                            \
    X(500, WSAECONNREFUSED)                                                                         \
    X(501, WSAEOPNOTSUPP)                                                                           \
    X(502, WSAECONNREFUSED)                                                                         \
    X(503, WSAECONNREFUSED)                                                                         \
    X(504, WSAETIMEDOUT)

static int err_of_status(int status)
{
    switch (status) {
#define X(code, err)                                                                                \
    case code:                                                                                      \
        return err;
        STATUS_ROWS(X)
#undef X
    }
    return status >= 400 && status < 500 ? WSAEACCES : WSAENETDOWN;
}

/* RFC 4648, section 4. */
static size_t base64(const char *in, size_t bytes, char *out)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = 0;

    for (size_t i = 0; i < bytes; i += 3) {
        uint32_t v = (uint32_t)(uint8_t)in[i] << 16;

        if (i + 1 < bytes)
            v |= (uint32_t)(uint8_t)in[i + 1] << 8;
        if (i + 2 < bytes)
            v |= (uint8_t)in[i + 2];
        out[n++] = digit[v >> 18];
        out[n++] = digit[v >> 12 & 63];
        out[n++] = i + 1 < bytes ? digit[v >> 6 & 63] : '=';
        out[n++] = i + 2 < bytes ? digit[v & 63] : '=';
    }
    return n;
}

static void say_text(struct talk *t, const char *text)
{
    talk_say(t, text, strlen(text));
}

static void say_credentials(struct talk *t)
{
    char plain[2 * URL_CREDENTIAL_BYTES], coded[(sizeof plain + 2) / 3 * 4];
    int n = snprintf(plain, sizeof plain, "%s:%s", t->proxy->user, t->proxy->password);

    say_text(t, "Proxy-Authorization: Basic ");
    talk_say(t, coded, base64(plain, (size_t)n, coded));
    say_text(t, "\r\n");
}

void http_begin(struct talk *t)
{
    char authority[ENDPOINT_TEXT_BYTES];

    endpoint_format(t->target, authority);
    say_text(t, "CONNECT ");
    say_text(t, authority);
    say_text(t, " HTTP/1.1\r\nHost: ");
    say_text(t, authority);
    say_text(t, "\r\n");
    if (t->proxy->has_user)
        say_credentials(t);
    say_text(t, "\r\n");
    t->step = GET_STATUS;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 Connection established": RFC 9112, section 4. The text may be missing. */
static bool parse_status(const uint8_t *line, size_t bytes, int *status)
{
    if (bytes < 12 || memcmp(line, "HTTP/1.", 7) || !is_digit(line[7]) || line[8] != ' ' || !is_digit(line[9]) ||
        !is_digit(line[10]) || !is_digit(line[11]) || (bytes > 12 && line[12] != ' '))
        return false;
    *status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    return *status >= 100 && *status < 600;
}

/* The proxy's own words, without what a terminal would obey. */
static void fail_by_status(struct talk *t, size_t line_bytes)
{
    char words[TALK_REASON_BYTES - 24];
    size_t n = 0;

    for (size_t i = 9; i < line_bytes && n < sizeof words - 1; i++)
        words[n++] = t->in[i] >= 0x20 && t->in[i] < 0x7f ? (char)t->in[i] : '?';
    words[n] = 0;
    talk_fail(t, err_of_status(t->status), "it answered %s", words);
}

static void got_status(struct talk *t, size_t line_bytes)
{
    if (!parse_status(t->in, line_bytes, &t->status))
        talk_fail(t, WSAENETDOWN, "it does not speak HTTP/1");
    else if (t->status >= 300 || t->status == 101) /* 101 answers an Upgrade, which was not asked for */
        fail_by_status(t, line_bytes);
    else if (t->status < 200 && ++t->interim > TALK_HTTP_INTERIM)
        talk_fail(t, WSAENETDOWN, "it sends one 1xx after the other");
    else
        t->step = GET_FIELDS;
}

/* Nothing in the fields matters: after a 2xx to CONNECT there is no body, whatever they say (RFC 9110 9.3.6). */
static void got_line(struct talk *t, size_t line_bytes)
{
    if (t->step == GET_STATUS)
        got_status(t, line_bytes);
    else if (!line_bytes && t->status >= 200)
        t->state = TALK_DONE;
    else if (!line_bytes)
        t->step = GET_STATUS;
}

/* in_bytes counts the line on, past the part of it that is kept. */
void http_take(struct talk *t, uint8_t byte)
{
    if (++t->seen > TALK_HTTP_BYTES) {
        talk_fail(t, WSAENETDOWN, "its answer does not end within %d bytes", TALK_HTTP_BYTES);
    } else if (byte == '\n') {
        size_t kept = t->in_bytes < sizeof t->in ? t->in_bytes : sizeof t->in;

        if (kept && kept == t->in_bytes && t->in[kept - 1] == '\r')
            kept--;
        t->in_bytes = 0;
        got_line(t, kept);
    } else if (!byte) {
        talk_fail(t, WSAENETDOWN, "there is a NUL in its answer");
    } else {
        if (t->in_bytes < sizeof t->in)
            t->in[t->in_bytes] = byte;
        t->in_bytes++;
        /* A server that speaks first, and no HTTP, would otherwise be waited for. */
        if (t->step == GET_STATUS && t->in_bytes <= 7 && memcmp(t->in, "HTTP/1.", t->in_bytes))
            talk_fail(t, WSAENETDOWN, "it does not speak HTTP/1");
    }
}
