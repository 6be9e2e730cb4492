/* SPDX-License-Identifier: MIT */
#include "namespace/dns/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "namespace/dns/reply.h"

enum { PORT = 53 };

enum ask_state {
    ASK_UNSENT,
    ASK_SENT,
    ASK_TCP,       /* the answer was truncated */
    ASK_NEXT,      /* this server has nothing more to say */
    ASK_ANSWERED,
    ASK_BROKEN,    /* out of memory */
};

struct ask {
    struct dns_collect collect;
    enum ask_state state;
    uint16_t id;
    bool plain;       /* without EDNS0: the server does not know it */
    unsigned refused; /* servers that said they cannot, in this round */
    bool passing;     /* some failure may pass: silence, or SERVFAIL */
};

struct batch {
    const struct dns_net *net;
    const struct dns_server *server;
    struct ask ask[DNS_BATCH_MAX];
    size_t count;
    uint64_t end_ms;
    bool heard; /* this server said something about a question of ours */
    uint8_t *buf; /* of DNS_MESSAGE_BYTES */
};

bool dns_server_parse(const char *text, struct dns_server *out)
{
    size_t chars = strlen(text);

    memset(out, 0, sizeof *out);
    if (!addr_parse(text, chars, ADDR_INET, out->sockaddr) && !addr_parse(text, chars, ADDR_INET6, out->sockaddr))
        return false;
    if (!out->sockaddr[2] && !out->sockaddr[3])
        out->sockaddr[3] = PORT;
    return true;
}

/* Family, port, address. The scope is left out: some systems report none. */
bool dns_server_equal(const struct dns_server *a, const struct dns_server *b)
{
    if (memcmp(a->sockaddr, b->sockaddr, 4))
        return false;
    if (a->sockaddr[0] == ADDR_INET)
        return !memcmp(a->sockaddr + 4, b->sockaddr + 4, 4);
    return !memcmp(a->sockaddr + 8, b->sockaddr + 8, 16);
}

static struct ask *find_state(struct batch *b, enum ask_state state)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->ask[i].state == state)
            return &b->ask[i];
    return NULL;
}

/* Ids must not be foreseen, and must differ within the batch. */
static bool pick_id(struct batch *b, struct ask *a)
{
    bool taken;

    do {
        if (!b->net->random(b->net, &a->id, sizeof a->id))
            return false;
        taken = false;
        for (size_t i = 0; i < b->count; i++)
            taken = taken || (&b->ask[i] != a && b->ask[i].state == ASK_SENT && b->ask[i].id == a->id);
    } while (taken);
    return true;
}

static size_t write_query(struct ask *a, uint8_t msg[DNS_QUERY_BYTES])
{
    struct dns_question q = a->collect.asked;

    q.name = a->collect.at;
    return dns_write_query(a->id, &q, a->plain ? 0 : DNS_UDP_BYTES, msg);
}

static int send_unsent(struct batch *b, void *conn)
{
    uint8_t msg[DNS_QUERY_BYTES];
    struct ask *a;
    int err = 0;

    while (!err && (a = find_state(b, ASK_UNSENT))) {
        if (!pick_id(b, a))
            return WSATRY_AGAIN;
        err = b->net->send(b->net, conn, msg, write_query(a, msg));
        if (!err)
            a->state = ASK_SENT;
    }
    return err;
}

static void server_failed(struct ask *a)
{
    unsigned rcode = a->collect.rcode;

    if (!a->plain && (rcode == DNS_FORMERR || rcode == DNS_NOTIMP)) { /* RFC 6891 7 */
        a->plain = true;
        a->state = ASK_UNSENT;
        return;
    }
    a->passing = a->passing || rcode == DNS_SERVFAIL;
    a->refused++;
    a->state = ASK_NEXT;
}

static void judge(struct batch *b, struct ask *a, const uint8_t *msg, size_t bytes)
{
    enum dns_verdict verdict = dns_collect_reply(&a->collect, a->id, msg, bytes);

    b->heard = b->heard || verdict != DNS_NOT_OURS;
    switch (verdict) {
    case DNS_NOT_OURS:
        break;
    case DNS_TRUNCATED:
        a->refused += a->state == ASK_TCP;
        a->state = a->state == ASK_TCP ? ASK_NEXT : ASK_TCP;
        break;
    case DNS_MANGLED:
        a->refused++;
        a->state = ASK_NEXT;
        break;
    case DNS_FAILED:
        server_failed(a);
        break;
    case DNS_GO_ON:
        a->state = ASK_UNSENT;
        break;
    case DNS_DONE:
        a->state = ASK_ANSWERED;
        break;
    case DNS_NO_MEMORY:
        a->state = ASK_BROKEN;
        break;
    }
}

static unsigned left_until(const struct batch *b, uint64_t deadline)
{
    uint64_t now = b->net->now_ms(b->net);

    if (deadline > b->end_ms)
        deadline = b->end_ms;
    return now < deadline ? (unsigned)(deadline - now) : 0;
}

/* Questions and answers as datagrams, until all have an end or `wait_ms` passed without one. */
static int over_udp(struct batch *b, void *conn, unsigned wait_ms)
{
    uint64_t deadline = b->net->now_ms(b->net) + wait_ms;
    struct dns_server from;
    size_t bytes;
    int err = send_unsent(b, conn);

    while (!err && find_state(b, ASK_SENT)) {
        unsigned left = left_until(b, deadline);

        if (!left)
            return WSAETIMEDOUT;
        err = b->net->recv(b->net, conn, left, b->buf, DNS_MESSAGE_BYTES, &bytes, &from);
        if (err || !dns_server_equal(&from, b->server))
            continue;
        for (size_t i = 0; i < b->count; i++)
            if (b->ask[i].state == ASK_SENT)
                judge(b, &b->ask[i], b->buf, bytes);
        if (find_state(b, ASK_UNSENT)) {
            deadline = b->net->now_ms(b->net) + wait_ms;
            err = send_unsent(b, conn);
        }
    }
    return err;
}

/* Exactly `len` bytes of the stream. */
static int recv_all(struct batch *b, void *conn, uint64_t deadline, uint8_t *buf, size_t len)
{
    struct dns_server from;
    size_t got, done = 0;

    while (done < len) {
        unsigned left = left_until(b, deadline);
        int err = left ? b->net->recv(b->net, conn, left, buf + done, len - done, &got, &from) : WSAETIMEDOUT;

        if (!err && !got)
            err = WSAECONNRESET;
        if (err)
            return err;
        done += got;
    }
    return 0;
}

static int exchange_tcp(struct batch *b, struct ask *a, void *conn, uint64_t deadline)
{
    uint8_t msg[2 + DNS_QUERY_BYTES], head[2];
    size_t bytes;
    int err;

    bytes = write_query(a, msg + 2);
    msg[0] = (uint8_t)(bytes >> 8);
    msg[1] = (uint8_t)bytes;
    err = b->net->send(b->net, conn, msg, 2 + bytes);
    if (!err)
        err = recv_all(b, conn, deadline, head, 2);
    bytes = (size_t)head[0] << 8 | head[1];
    if (!err)
        err = recv_all(b, conn, deadline, b->buf, bytes);
    if (err)
        return err;
    judge(b, a, b->buf, bytes);
    if (a->state == ASK_TCP) { /* over a stream nobody else can have sent it */
        a->refused++;
        a->state = ASK_NEXT;
    }
    return 0;
}

static void over_tcp(struct batch *b, struct ask *a)
{
    uint64_t deadline = b->net->now_ms(b->net) + DNS_TCP_WAIT_MS;
    void *conn;
    int err = pick_id(b, a) ? 0 : WSATRY_AGAIN;

    if (!err)
        err = b->net->open(b->net, b->server, true, left_until(b, deadline), &conn);
    if (!err) {
        do {
            if (a->state == ASK_UNSENT)
                a->state = ASK_TCP;
            err = exchange_tcp(b, a, conn, deadline);
        } while (!err && a->state == ASK_UNSENT);
        b->net->close(b->net, conn);
    }
    if (err) {
        a->passing = true;
        a->state = ASK_NEXT;
    }
}

/* False: the server was silent. */
static bool ask_server(struct batch *b, unsigned wait_ms)
{
    void *conn;
    struct ask *a;
    int err;

    b->heard = false;
    for (size_t i = 0; i < b->count; i++) {
        a = &b->ask[i];
        if (a->state != ASK_NEXT)
            continue;
        dns_collect_free(&a->collect); /* an alias that the last server began with is not this one's */
        dns_collect_begin(&a->collect, &(struct dns_question){a->collect.asked.name, a->collect.asked.type, DNS_IN});
        a->plain = false;
        a->state = ASK_UNSENT;
    }
    err = b->net->open(b->net, b->server, false, wait_ms, &conn);
    if (!err) {
        err = over_udp(b, conn, wait_ms);
        b->net->close(b->net, conn);
    }
    while ((a = find_state(b, ASK_TCP)))
        over_tcp(b, a);
    for (size_t i = 0; i < b->count; i++) {
        a = &b->ask[i];
        if (a->state != ASK_UNSENT && a->state != ASK_SENT)
            continue;
        a->passing = true;
        a->state = ASK_NEXT;
    }
    return b->heard;
}

/* Questions that every server has refused in this round are not asked again. */
static bool is_open(const struct batch *b, size_t servers)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->ask[i].state == ASK_BROKEN)
            return false;
    for (size_t i = 0; i < b->count; i++)
        if (b->ask[i].state != ASK_ANSWERED && b->ask[i].refused < servers)
            return true;
    return false;
}

/* Servers in their order, those that were silent lately after the others. */
static size_t order_servers(const struct dns_config *config, const struct dns_shun *shun, uint64_t now,
                            size_t order[DNS_SERVERS_MAX])
{
    size_t n = 0;

    for (int shunned = 0; shunned < 2; shunned++)
        for (size_t i = 0; i < config->servers; i++)
            if ((__atomic_load_n(&shun->until_ms[i], __ATOMIC_RELAXED) > now) == shunned)
                order[n++] = i;
    return n;
}

static void ask_all(struct batch *b, const struct dns_config *config, struct dns_shun *shun)
{
    size_t order[DNS_SERVERS_MAX];
    size_t servers = order_servers(config, shun, b->net->now_ms(b->net), order);

    for (unsigned round = 0; round < DNS_ROUNDS; round++) {
        for (size_t i = 0; i < b->count; i++)
            b->ask[i].refused = 0;
        for (size_t i = 0; i < servers && is_open(b, servers); i++) {
            uint64_t now = b->net->now_ms(b->net);
            bool spoke;

            if (now >= b->end_ms)
                return;
            b->server = &config->server[order[i]];
            spoke = ask_server(b, DNS_FIRST_WAIT_MS << round);
            now = b->net->now_ms(b->net);
            __atomic_store_n(&shun->until_ms[order[i]], spoke ? 0 : now + DNS_SHUN_MS, __ATOMIC_RELAXED);
        }
        if (!is_open(b, servers))
            return;
    }
}

static struct dns_answer *conclude(struct ask *a)
{
    struct dns_answer *answer;

    if (a->state == ASK_ANSWERED)
        return dns_collect_finish(&a->collect);
    answer = a->state == ASK_BROKEN ? NULL
                                    : dns_answer_failed(&a->collect.asked, a->passing ? WSATRY_AGAIN : WSANO_RECOVERY, 0);
    dns_collect_free(&a->collect);
    return answer;
}

int dns_ask(const struct dns_config *config, const struct dns_net *net, struct dns_shun *shun,
            const struct dns_question *question, size_t count, struct dns_answer **out)
{
    struct batch *b = calloc(1, sizeof *b);
    int err = 0;

    if (!b)
        return WSA_NOT_ENOUGH_MEMORY;
    b->buf = malloc(DNS_MESSAGE_BYTES);
    if (!b->buf) {
        free(b);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    b->net = net;
    b->count = count;
    b->end_ms = net->now_ms(net) + DNS_TOTAL_MS;
    for (size_t i = 0; i < count; i++) {
        dns_collect_begin(&b->ask[i].collect, &question[i]);
        b->ask[i].state = ASK_NEXT;
    }
    ask_all(b, config, shun);
    for (size_t i = 0; i < count; i++) {
        out[i] = conclude(&b->ask[i]);
        if (!out[i])
            err = WSA_NOT_ENOUGH_MEMORY;
    }
    for (size_t i = 0; err && i < count; i++)
        dns_answer_put(out[i]);
    free(b->buf);
    free(b);
    return err;
}
