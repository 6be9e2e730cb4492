/* SPDX-License-Identifier: MIT */
/* A connection through a proxy, as the relay of the kit runs it (ws2kit_stream.h). */
#include "providers/proxy/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "providers/proxy/talk.h"

struct dial {
    struct endpoint target;
    const struct url *proxy;
    bool talking;     /* U is connected, and talk has begun */
    size_t sent;      /* of talk.out */
    struct talk talk;
};

/* "a.example:443 through socks5://127.0.0.1:1080: what" */
static void tell(const struct endpoint *target, const struct url *proxy, const char *what)
{
    char to[ENDPOINT_TEXT_BYTES], through[URL_TEXT_BYTES];

    endpoint_format(target, to);
    url_format(proxy, through);
    say("%s through %s: %s", to, through, what);
}

static void tell_rule(const struct endpoint *target, const char *what)
{
    char to[ENDPOINT_TEXT_BYTES];

    if (!config.verbose)
        return;
    endpoint_format(target, to);
    say("%s: %s", to, what);
}

/* A fake address is nobody's: sent out as it is, it could only tell the network what this machine does. */
static int pass(const struct endpoint *e, enum destination kind)
{
    if (kind != DEST_NAME) {
        tell_rule(e, "direct, by the rules");
        return WS2KIT_PASS;
    }
    tell_rule(e, "refused: direct by a rule that says a port, so its name was not resolved on this machine");
    return WSAEHOSTUNREACH;
}

static int begin(struct ws2kit_connection *c, const struct endpoint *e, int number)
{
    struct dial *d;
    int err = proxy_address(number, &c->target, &c->target_bytes);

    if (err)
        return err;
    d = calloc(1, sizeof *d);
    if (!d)
        return WSAENOBUFS;
    d->target = *e;
    d->proxy = &config.proxy[number];
    c->context = d;
    c->wake_us = ws2kit_clock() + config.timeout_us;
    return WS2KIT_RELAY;
}

static int dial_open(struct ws2kit_connection *c)
{
    struct endpoint e;
    char name[ENDPOINT_NAME_BYTES];
    enum destination kind = destination_of((struct sockaddr *)&c->peer, c->peer_bytes, &e, name);
    int action;

    if (kind == DEST_OTHER)
        return WS2KIT_PASS;
    if (kind == DEST_NOBODY) {
        tell_rule(&e, "refused: an address that stands for a name, of another process");
        return WSAEHOSTUNREACH;
    }
    action = decide(*name ? name : NULL, kind == DEST_ADDRESS ? &e : NULL, e.port);
    if (action == RULE_DIRECT)
        return pass(&e, kind);
    if (action == RULE_REFUSE) {
        tell_rule(&e, "refused, by the rules");
        return WSAEACCES;
    }
    return begin(c, &e, action - RULE_PROXY);
}

/* All that there is room for; the rest at the next call. */
static void move_out(struct dial *d, struct ws2kit_sink *sink)
{
    size_t left = d->talk.out_bytes - d->sent, room = sink->room - sink->bytes;
    size_t n = left < room ? left : room;

    memcpy(sink->data + sink->bytes, d->talk.out + d->sent, n);
    sink->bytes += n;
    d->sent += n;
    if (d->sent == d->talk.out_bytes)
        d->sent = d->talk.out_bytes = 0;
}

static int dial_handshake(struct ws2kit_connection *c, struct ws2kit_source *from_peer, struct ws2kit_sink *to_peer)
{
    struct dial *d = c->context;
    struct talk *t = &d->talk;

    if (!d->talking) {
        d->talking = true;
        talk_begin(t, d->proxy, &d->target);
    }
    from_peer->used += talk_take(t, (const uint8_t *)from_peer->data + from_peer->used, from_peer->bytes - from_peer->used);
    if (from_peer->ended)
        talk_closed(t);
    move_out(d, to_peer);
    switch (t->state) {
    case TALK_MORE:
        return WS2KIT_MORE;
    case TALK_FAILED:
        tell(&d->target, d->proxy, t->reason);
        return t->err;
    case TALK_DONE:
        break;
    }
    if (config.verbose)
        tell(&d->target, d->proxy, "connected");
    c->wake_us = WS2KIT_NEVER;
    return WS2KIT_DONE;
}

/* Only while the proxy is to answer. */
static int dial_wake(struct ws2kit_connection *c, uint64_t now)
{
    struct dial *d = c->context;

    (void)now;
    tell(&d->target, d->proxy, "no answer in time");
    return WSAETIMEDOUT;
}

static void dial_close(struct ws2kit_connection *c)
{
    free(c->context);
}

const struct ws2kit_stream ws2kit_stream = {
    .open = dial_open, .handshake = dial_handshake, .wake = dial_wake, .close = dial_close,
};
