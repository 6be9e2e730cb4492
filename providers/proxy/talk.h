/* SPDX-License-Identifier: MIT */
#ifndef WS2_PROXY_TALK_H
#define WS2_PROXY_TALK_H
/*
 * What is said to a proxy before a connection is the program's: SOCKS5 (socks.c) or HTTP CONNECT (http.c), over byte
 * buffers. Pure. Anything that is not exactly an assent fails; nothing a proxy sends makes it read or keep more than a
 * fixed amount.
 *
 *     talk_begin(&t, &proxy, &target);
 *     while (t.state == TALK_MORE)
 *         send t.out, t.out_bytes of it; set t.out_bytes = 0;
 *         receive, and give it to talk_take(), or call talk_closed();
 *
 * When the state becomes TALK_DONE, what talk_take() has not used is the first of what the target sent.
 */
#include "providers/proxy/url.h"

enum {
    TALK_OUT_BYTES = 2048,     /* more than a CONNECT with the longest host, user name and password */
    TALK_HTTP_BYTES = 16384,   /* of all reply headers together */
    TALK_HTTP_INTERIM = 8,     /* 1xx replies before the real one */
    TALK_REASON_BYTES = 96,
};

enum talk_state { TALK_MORE, TALK_DONE, TALK_FAILED };

struct talk {
    enum talk_state state;
    int err;                         /* TALK_FAILED: what connect() fails with */
    char reason[TALK_REASON_BYTES];  /* TALK_FAILED: for people, in ASCII */
    uint8_t out[TALK_OUT_BYTES];     /* to send now */
    size_t out_bytes;

    /* The rest is socks.c's and http.c's. */
    const struct url *proxy;
    const struct endpoint *target;
    int step;
    uint8_t in[TALK_REASON_BYTES];   /* the message or the line as far as it has come; only the beginning of a long one */
    size_t in_bytes, wanted;
    size_t seen; /* HTTP: bytes of all replies together */
    int interim, status;
};

/* Both stay the caller's, and must last as long as the talk. The first words are then in t->out. */
void talk_begin(struct talk *t, const struct url *proxy, const struct endpoint *target);

/* Returns how many of the bytes were used: all of them, while the talk goes on. */
size_t talk_take(struct talk *t, const uint8_t *in, size_t bytes);

/* The proxy has ended the connection. */
void talk_closed(struct talk *t);

/* For socks.c and http.c. */
void talk_fail(struct talk *t, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
void talk_say(struct talk *t, const void *data, size_t bytes);
void socks_begin(struct talk *t);
void socks_take(struct talk *t, uint8_t byte);
void http_begin(struct talk *t);
void http_take(struct talk *t, uint8_t byte);

#endif
