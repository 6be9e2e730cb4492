/* SPDX-License-Identifier: MIT */
/*
 * A stream layer for tests, in two forms. PLAIN: bytes go through as they are. FRAMED: the two sides greet each other, and each piece travels behind
 * its length, with every byte changed, until an empty piece says that this was all; both sides need the layer.
 */
#include <stdlib.h>
#include <string.h>
#include <ws2kit_stream.h>

#ifdef FRAMED

static const char hello[] = "who is there?", answer[] = "it is me";

/* Of the peer's words: 1: all there, 0: not yet, -1: others. */
static int hears(struct ws2kit_source *from, const char *words)
{
    size_t n = strlen(words);

    if (memcmp(from->data, words, from->bytes < n ? from->bytes : n))
        return -1;
    if (from->bytes < n)
        return 0;
    from->used = n;
    return 1;
}

static void say(struct ws2kit_sink *to, const char *words)
{
    memcpy(to->data, words, strlen(words));
    to->bytes = strlen(words);
}

static int handshake(struct ws2kit_connection *c, struct ws2kit_source *from,
                     struct ws2kit_sink *to)
{
    int heard;

    if (!c->accepted && !c->context) {
        say(to, hello);
        c->context = c;
    }
    heard = hears(from, c->accepted ? hello : answer);
    if (heard > 0 && c->accepted)
        say(to, answer);
    return heard > 0 ? WS2KIT_DONE : heard ? WSAEPROTONOSUPPORT : WS2KIT_MORE;
}

enum { HEAD = 2, PIECE = 1000 };

static int outgoing(struct ws2kit_connection *c, struct ws2kit_source *from, struct ws2kit_sink *to)
{
    size_t n = from->bytes < PIECE ? from->bytes : PIECE;

    (void)c;
    if (to->room < HEAD + n)
        return WS2KIT_MORE;
    to->data[0] = (char)(n >> 8);
    to->data[1] = (char)n;
    for (size_t i = 0; i < n; i++)
        to->data[HEAD + i] = from->data[i] ^ 0x5a;
    from->used = n;
    to->bytes = HEAD + n;
    return WS2KIT_DONE;
}

static int outgoing_end(struct ws2kit_connection *c, struct ws2kit_sink *to)
{
    (void)c;
    memset(to->data, 0, HEAD);
    to->bytes = HEAD;
    return WS2KIT_DONE;
}

static int incoming(struct ws2kit_connection *c, struct ws2kit_source *from, struct ws2kit_sink *to,
                    struct ws2kit_sink *to_peer)
{
    size_t n;

    (void)c, (void)to_peer;
    if (from->bytes < HEAD)
        return WS2KIT_MORE;
    n = (size_t)(unsigned char)from->data[0] << 8 | (unsigned char)from->data[1];
    if (!n)
        return WS2KIT_END;
    if (from->bytes < HEAD + n || to->room < n)
        return WS2KIT_MORE;
    for (size_t i = 0; i < n; i++)
        to->data[i] = from->data[HEAD + i] ^ 0x5a;
    from->used = HEAD + n;
    to->bytes = n;
    return WS2KIT_DONE;
}

static int incoming_end(struct ws2kit_connection *c, size_t bytes)
{
    (void)c, (void)bytes;
    return WSAECONNRESET; /* the empty piece is missing */
}

const struct ws2kit_stream ws2kit_stream = {
    .handshake = handshake,
    .outgoing = outgoing,
    .outgoing_end = outgoing_end,
    .incoming = incoming,
    .incoming_end = incoming_end,
    .accepts = TRUE,
};

#else
const struct ws2kit_stream ws2kit_stream = {.accepts = TRUE};
#endif

const struct ws2kit_layer ws2kit_layer = {.name = "relayed", .relay = &ws2kit_relay};
