/* SPDX-License-Identifier: MIT */
/*
 * The tls layer: the program speaks plainly, the wire carries TLS. The kit's relay has the sockets, session_pe.c the protocol; what is
 * here chooses the connections and says what went wrong.
 */
#include "providers/kit/ws2kit_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ws2tcpip.h>

#include "base/addr.h"
#include "providers/tls/rules.h"
#include "providers/tls/session.h"
#include "providers/tls/verify.h"

/* Constant between start and stop. */
static struct rules rules;
static char sni[256], alpn[256], versions[8];
static BOOL insecure, ragged, has_alpn, has_versions, broken;

struct tls {
    struct session *session;
    char who[256 + 8]; /* "host:port", for people */
};

static void say(const char *text)
{
    DWORD written;

    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)strlen(text), &written, NULL);
}

static void complain(const char *who, const char *what)
{
    char line[1024];

    snprintf(line, sizeof line, "tls: %s: %s\n", who, what);
    say(line);
}

/*
 * An option that means nothing. The layer starts all the same: if it did not, the run might go on without it, and what was to be
 * protected would go out in the clear.
 */
static int refuse(const char *option, const char *value, const char *what)
{
    char line[1024];

    snprintf(line, sizeof line, "tls: %s=%s: %s; no connection will be made\n", option, value, what);
    say(line);
    broken = TRUE;
    return 0;
}

static int start(void)
{
    static char text[4096], ca[4096];
    char number[16] = "";
    const char *wrong;
    BOOL has_ca;

    broken = FALSE;
    *text = *sni = 0;
    ws2kit_option("to", text, sizeof text);
    ws2kit_option("sni", sni, sizeof sni);
    has_alpn = ws2kit_option("alpn", alpn, sizeof alpn);
    has_versions = ws2kit_option("version", versions, sizeof versions);
    has_ca = ws2kit_option("ca", ca, sizeof ca);
    insecure = ws2kit_option("insecure", number, sizeof number) && strcmp(number, "0");
    ragged = ws2kit_option("ragged", number, sizeof number) && strcmp(number, "0");

    if (!*text)
        return refuse("to", "", "missing; say which connections to wrap: to=HOST:PORT|HOST:PORT");
    wrong = rules_parse(text, &rules);
    if (wrong)
        return refuse("to", text, wrong);
    if (has_versions && strcmp(versions, "1.2") && strcmp(versions, "1.3"))
        return refuse("version", versions, "not known (1.2 or 1.3)");
    if (has_ca && !verify_trust(ca))
        return refuse("ca", ca, "cannot be read, or holds no certificate (PEM or DER)");
    return 0;
}

/* ---- a connection ---- */

/* Of an address as the rules want it. 0: none. */
static size_t address_of(const SOCKADDR_STORAGE *name, uint8_t *address, uint16_t *port)
{
    const struct sockaddr_in *v4 = (const void *)name;
    const struct sockaddr_in6 *v6 = (const void *)name;

    if (name->ss_family == AF_INET) {
        *port = ntohs(v4->sin_port);
        memcpy(address, &v4->sin_addr, 4);
        return 4;
    }
    if (name->ss_family != AF_INET6)
        return 0;
    *port = ntohs(v6->sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        memcpy(address, v6->sin6_addr.s6_addr + 12, 4);
        return 4;
    }
    memcpy(address, &v6->sin6_addr, 16);
    return 16;
}

static int tls_open(struct ws2kit_connection *c)
{
    struct session_settings settings = { .alpn = has_alpn ? alpn : NULL, .versions = has_versions ? versions : NULL,
                                         .insecure = insecure };
    char name[256], text[ADDR_TEXT_CHARS];
    uint8_t address[16];
    size_t bytes;
    uint16_t port;
    BOOL named;
    const char *why;
    struct tls *t;
    int err;

    if (broken)
        return WSAEACCES;
    bytes = address_of(&c->peer, address, &port);
    named = ws2kit_name_of((struct sockaddr *)&c->peer, c->peer_bytes, name, sizeof name);
    if (!bytes || !rules_find(&rules, named ? name : NULL, address, bytes, port))
        return WS2KIT_PASS;
    if (bytes == 4)
        addr_ip4_format(address, text);
    else
        addr_ip6_format(address, text);
    settings.name = *sni ? sni : named ? name : text;
    t = calloc(1, sizeof *t);
    if (!t)
        return WSAENOBUFS;
    snprintf(t->who, sizeof t->who, "%s:%u", named ? name : text, port);
    err = session_new(&settings, &t->session, &why);
    if (err) {
        complain(t->who, why);
        free(t);
        return err;
    }
    c->context = t;
    return WS2KIT_RELAY;
}

static void tls_close(struct ws2kit_connection *c)
{
    struct tls *t = c->context;

    session_free(t->session);
    free(t);
}

/* What the session did becomes what the relay is told; an error is said once, here. */
static int answer(struct tls *t, int result)
{
    if (result > 0)
        complain(t->who, session_reason(t->session));
    return result == SESSION_MORE ? WS2KIT_MORE : result == SESSION_END ? WS2KIT_END : result;
}

/* The relay's buffers and the session's are the same but for the name. */
#define IN_OF(source) { (source)->data, (source)->bytes, (source)->used }
#define OUT_OF(sink)  { (sink)->data, (sink)->room, (sink)->bytes }

static int tls_handshake(struct ws2kit_connection *c, struct ws2kit_source *from_peer, struct ws2kit_sink *to_peer)
{
    struct tls *t = c->context;
    struct session_in in = IN_OF(from_peer);
    struct session_out out = OUT_OF(to_peer);
    int result = session_handshake(t->session, &in, &out);

    from_peer->used = in.used;
    to_peer->bytes = out.bytes;
    if (result == SESSION_MORE && from_peer->ended && out.bytes < out.room) {
        complain(t->who, "the server closed the connection during the TLS handshake; does it speak TLS on this port?");
        return WSAECONNABORTED;
    }
    return answer(t, result);
}

static int tls_outgoing(struct ws2kit_connection *c, struct ws2kit_source *from_program, struct ws2kit_sink *to_peer)
{
    struct tls *t = c->context;
    struct session_in in = IN_OF(from_program);
    struct session_out out = OUT_OF(to_peer);
    int result = session_outgoing(t->session, &in, &out);

    from_program->used = in.used;
    to_peer->bytes = out.bytes;
    return answer(t, result);
}

static int tls_outgoing_end(struct ws2kit_connection *c, struct ws2kit_sink *to_peer)
{
    struct tls *t = c->context;
    struct session_out out = OUT_OF(to_peer);
    int result = session_end(t->session, &out);

    to_peer->bytes = out.bytes;
    return answer(t, result);
}

static int tls_incoming(struct ws2kit_connection *c, struct ws2kit_source *from_peer,
                        struct ws2kit_sink *to_program, struct ws2kit_sink *to_peer)
{
    struct tls *t = c->context;
    struct session_in in = IN_OF(from_peer);
    struct session_out plain = OUT_OF(to_program), out = OUT_OF(to_peer);
    int result = session_incoming(t->session, &in, &plain, &out);

    from_peer->used = in.used;
    to_program->bytes = plain.bytes;
    to_peer->bytes = out.bytes;
    return answer(t, result);
}

/* Whoever cuts the wire must not be able to make a cut stream look like a whole one. */
static int tls_incoming_end(struct ws2kit_connection *c, size_t bytes)
{
    struct tls *t = c->context;

    if (ragged && !bytes)
        return WS2KIT_DONE;
    complain(t->who, "the connection ended without TLS' close_notify, so bytes may be missing and the program sees a reset; "
                     "ragged=1 accepts servers that always end so");
    return WSAECONNRESET;
}

const struct ws2kit_stream ws2kit_stream = {
    .open = tls_open,
    .handshake = tls_handshake,
    .outgoing = tls_outgoing,
    .outgoing_end = tls_outgoing_end,
    .incoming = tls_incoming,
    .incoming_end = tls_incoming_end,
    .close = tls_close,
};

const struct ws2kit_layer ws2kit_layer = {
    .name = "tls",
    .description = L"ws2kit tls: wraps outgoing connections in TLS",
    .start = start,
    .relay = &ws2kit_relay,
};
