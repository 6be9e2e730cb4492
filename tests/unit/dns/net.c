/* SPDX-License-Identifier: MIT */
#include "tests/unit/dns/net.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"

uint64_t net_clock;
struct net_stats net_stats[DNS_SERVERS_MAX];
unsigned net_open_conns;
size_t net_piece;
static responder *const *script;
static bool stranger;

struct conn {
    size_t server;
    bool tcp;
    struct {
        struct message m;
        bool stranger;
    } queue[DNS_BATCH_MAX];
    size_t first, last, read;
};

void net_reset(struct dns_config *config, size_t servers, responder *const *responders)
{
    *config = (struct dns_config){.ndots = 1};
    memset(net_stats, 0, sizeof net_stats);
    script = responders;
    net_clock = 1000000;
    net_piece = 1 << 20;
    for (size_t i = 0; i < servers; i++) {
        char text[32];

        snprintf(text, sizeof text, "10.0.0.%zu", i + 1);
        dns_server_parse(text, &config->server[config->servers++]);
    }
}

void net_from_stranger(void)
{
    stranger = true;
}

static int net_open(const struct dns_net *net, const struct dns_server *to, bool tcp, unsigned wait_ms, void **out)
{
    struct conn *c;

    (void)net, (void)wait_ms;
    if (fault_now())
        return WSAENOBUFS;
    c = fault_free_calloc(1, sizeof *c);
    c->server = to->sockaddr[7] - 1u;
    c->tcp = tcp;
    net_open_conns++;
    *out = c;
    return 0;
}

static int net_send(const struct dns_net *net, void *conn, const void *bytes, size_t len)
{
    struct conn *c = conn;
    struct dns_reader r = {(const uint8_t *)bytes + (c->tcp ? 2 : 0), len - (c->tcp ? 2 : 0), 0, false};
    struct message *m = &c->queue[c->last % DNS_BATCH_MAX].m;
    struct dns_header h;
    struct dns_question q;
    unsigned n = net_stats[c->server].udp + net_stats[c->server].tcp;

    (void)net;
    if (fault_now())
        return WSAECONNRESET;
    dns_read_header(&r, &h);
    dns_read_question(&r, &q);
    (*(c->tcp ? &net_stats[c->server].tcp : &net_stats[c->server].udp))++;
    net_stats[c->server].last_id = h.id;
    m->len = c->tcp ? 2 : 0;
    stranger = false;
    script[c->server](m, &q, h.id, h.additionals, c->tcp, n);
    c->queue[c->last % DNS_BATCH_MAX].stranger = stranger;
    if (m->len && c->tcp) {
        memmove(m->at + 2, m->at, m->len);
        m->at[0] = (uint8_t)(m->len >> 8);
        m->at[1] = (uint8_t)m->len;
        m->len += 2;
    }
    c->last += m->len != 0;
    c->read = 0;
    return 0;
}

static int net_recv(const struct dns_net *net, void *conn, unsigned wait_ms, void *buf, size_t cap, size_t *len,
                    struct dns_server *from)
{
    struct conn *c = conn;
    struct message *m = &c->queue[c->first % DNS_BATCH_MAX].m;
    size_t n;

    (void)net;
    if (fault_now())
        return WSAECONNRESET;
    if (c->first == c->last) {
        net_clock += wait_ms;
        return WSAETIMEDOUT;
    }
    net_clock++;
    memset(from, 0, sizeof *from);
    dns_server_parse("10.0.0.1", from);
    from->sockaddr[7] = (uint8_t)(c->server + 1);
    from->sockaddr[3] += c->queue[c->first % DNS_BATCH_MAX].stranger;
    n = m->len - c->read;
    if (c->tcp && n > net_piece)
        n = net_piece;
    if (n > cap)
        n = cap;
    memcpy(buf, m->at + c->read, n);
    c->read += n;
    if (!c->tcp || c->read == m->len) {
        c->first++;
        c->read = 0;
    }
    *len = n;
    return 0;
}

static void net_close(const struct dns_net *net, void *conn)
{
    (void)net;
    net_open_conns--;
    free(conn);
}

static uint64_t net_now(const struct dns_net *net)
{
    (void)net;
    return net_clock;
}

static bool net_random(const struct dns_net *net, void *bytes, size_t len)
{
    static unsigned counter;

    (void)net;
    if (fault_now())
        return false;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)(++counter * 37);
    return true;
}

const struct dns_net net_fake = {net_open, net_send, net_recv, net_close, net_now, net_random};
