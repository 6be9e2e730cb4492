/* SPDX-License-Identifier: MIT */
#include "namespace/dns/reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

void dns_collect_begin(struct dns_collect *c, const struct dns_question *q)
{
    *c = (struct dns_collect){.asked = *q, .at = q->name, .ttl = DNS_TTL_MAX};
}

void dns_collect_free(struct dns_collect *c)
{
    free(c->data);
    c->data = NULL;
    c->bytes = c->room = 0;
}

static bool make_room(struct dns_collect *c, size_t bytes)
{
    size_t room = c->room ? c->room : 128;
    uint8_t *data;

    while (room - c->bytes < bytes)
        room *= 2;
    if (room == c->room)
        return true;
    data = realloc(c->data, room);
    if (!data)
        return false;
    c->data = data;
    c->room = room;
    return true;
}

static bool add(struct dns_collect *c, uint16_t type, uint32_t ttl, const uint8_t *data, size_t bytes)
{
    const uint8_t head[] = {(uint8_t)(type >> 8),  (uint8_t)type,       (uint8_t)(ttl >> 24),  (uint8_t)(ttl >> 16),
                            (uint8_t)(ttl >> 8),   (uint8_t)ttl,        (uint8_t)(bytes >> 8), (uint8_t)bytes};

    if (!make_room(c, sizeof head + bytes))
        return false;
    memcpy(c->data + c->bytes, head, sizeof head);
    if (bytes)
        memcpy(c->data + c->bytes + sizeof head, data, bytes);
    c->bytes += sizeof head + bytes;
    if (ttl < c->ttl)
        c->ttl = ttl;
    return true;
}

/* The three sections after the question; each is gone through more than once. */
struct message {
    struct dns_reader answers; /* at the first answer */
    struct dns_header header;
};

/* The alias of c->at among the answers (first match). Bailiwick: an answer that no chain from the question leads to counts for nothing. */
static bool find_alias(const struct dns_collect *c, const struct message *m, struct dns_name *target, uint32_t *ttl,
                       bool *bad)
{
    struct dns_reader r = m->answers;
    struct dns_record rec;
    uint8_t name[DNS_NAME_BYTES];
    size_t bytes;

    for (unsigned i = 0; i < m->header.answers; i++) {
        dns_read_record(&r, &rec);
        if (r.bad)
            break;
        if (rec.type != DNS_CNAME || rec.class != DNS_IN || !dns_name_equal(&rec.name, &c->at))
            continue;
        *ttl = rec.ttl;
        if (dns_rdata(&m->answers, &rec, name, sizeof name, &bytes) && dns_name_at(name, bytes, target))
            return true;
        *bad = true;
    }
    *bad = *bad || r.bad;
    return false;
}

static enum dns_verdict follow_aliases(struct dns_collect *c, const struct message *m, bool *moved)
{
    struct dns_name target;
    uint32_t ttl;
    bool bad = false;

    while (find_alias(c, m, &target, &ttl, &bad)) {
        if (++c->links > DNS_LINKS_MAX)
            return DNS_MANGLED;
        if (!add(c, DNS_CNAME, ttl, target.wire, target.len))
            return DNS_NO_MEMORY;
        c->at = target;
        *moved = true;
    }
    return bad ? DNS_MANGLED : DNS_DONE;
}

static enum dns_verdict take_data(struct dns_collect *c, const struct message *m, unsigned *taken)
{
    struct dns_reader r = m->answers;
    struct dns_record rec;
    enum dns_verdict verdict = DNS_DONE;
    uint8_t *data = malloc(DNS_RDATA_BYTES);
    size_t bytes;

    if (!data)
        return DNS_NO_MEMORY;
    for (unsigned i = 0; verdict == DNS_DONE && i < m->header.answers && *taken < DNS_RECORDS_MAX; i++) {
        dns_read_record(&r, &rec);
        if (r.bad)
            verdict = DNS_MANGLED;
        else if (rec.type != c->asked.type || rec.class != DNS_IN || !dns_name_equal(&rec.name, &c->at))
            continue;
        else if (!dns_rdata(&m->answers, &rec, data, DNS_RDATA_BYTES, &bytes))
            verdict = DNS_MANGLED;
        else if (!add(c, rec.type, rec.ttl, data, bytes))
            verdict = DNS_NO_MEMORY;
        else
            ++*taken;
    }
    free(data);
    return verdict;
}

/*
 * What the authority section says of c->at: its zone's SOA gives a negative answer its TTL (RFC 2308 5); name servers
 * without it are a referral, which a server that does not recurse gives instead of an answer.
 */
static void read_authority(const struct dns_collect *c, const struct message *m, bool *soa, uint32_t *ttl, bool *referral)
{
    struct dns_reader r = m->answers, tail;
    struct dns_record rec;
    uint8_t data[2 * DNS_NAME_BYTES + 20];
    size_t bytes;
    uint32_t minimum;

    for (unsigned i = 0; !r.bad && i < m->header.answers; i++)
        dns_read_record(&r, &rec);
    for (unsigned i = 0; !*soa && i < m->header.authorities; i++) {
        dns_read_record(&r, &rec);
        if (r.bad)
            return;
        *referral = *referral || rec.type == DNS_NS;
        if (rec.type != DNS_SOA || rec.class != DNS_IN || !dns_name_within(&c->at, &rec.name))
            continue;
        if (!dns_rdata(&m->answers, &rec, data, sizeof data, &bytes))
            continue;
        tail = (struct dns_reader){data, bytes, bytes - 4, false};
        minimum = dns_read_u32(&tail);
        *ttl = rec.ttl < minimum ? rec.ttl : minimum;
        *soa = true;
    }
}

static enum dns_verdict no_data(struct dns_collect *c, const struct message *m, bool moved)
{
    uint32_t ttl = 0;
    bool soa = false, referral = false, recursion = m->header.flags & 0x80;

    read_authority(c, m, &soa, &ttl, &referral);
    c->rcode = m->header.flags & 0xf;
    if (c->rcode == DNS_NOERROR && !soa) {
        if (moved)
            return DNS_GO_ON;
        if (referral && !recursion) {
            c->rcode = DNS_REFUSED;
            return DNS_FAILED;
        }
    }
    c->err = c->rcode == DNS_NXDOMAIN ? WSAHOST_NOT_FOUND : WSANO_DATA;
    if (ttl < c->ttl)
        c->ttl = ttl;
    if (c->ttl > DNS_NEGATIVE_TTL_MAX)
        c->ttl = DNS_NEGATIVE_TTL_MAX;
    if (!soa)
        c->ttl = 0;
    return DNS_DONE;
}

/* Whether the message answers a query for c->at with that id. Leaves the reader at the answers. */
static bool is_ours(const struct dns_collect *c, uint16_t id, struct message *m)
{
    struct dns_question q;

    dns_read_header(&m->answers, &m->header);
    if (m->answers.bad || m->header.id != id || !(m->header.flags & DNS_QR) || m->header.flags & DNS_OPCODE_MASK)
        return false;
    /* A server that could not read the question may leave it out. */
    if (!m->header.questions)
        return (m->header.flags & 0xf) == DNS_FORMERR || (m->header.flags & 0xf) == DNS_NOTIMP;
    if (m->header.questions != 1)
        return false;
    dns_read_question(&m->answers, &q);
    return !m->answers.bad && q.type == c->asked.type && q.class == DNS_IN && dns_name_equal(&q.name, &c->at);
}

enum dns_verdict dns_collect_reply(struct dns_collect *c, uint16_t id, const uint8_t *msg, size_t bytes)
{
    struct message m = {{msg, bytes, 0, false}, {0}};
    enum dns_verdict verdict = DNS_DONE;
    unsigned taken = 0;
    bool moved = false;

    if (!is_ours(c, id, &m))
        return DNS_NOT_OURS;
    if (m.header.flags & DNS_TC)
        return DNS_TRUNCATED;
    c->rcode = m.header.flags & 0xf;
    if (c->rcode != DNS_NOERROR && c->rcode != DNS_NXDOMAIN)
        return DNS_FAILED;
    if (c->asked.type != DNS_CNAME)
        verdict = follow_aliases(c, &m, &moved);
    if (verdict == DNS_DONE)
        verdict = take_data(c, &m, &taken);
    if (verdict == DNS_DONE && !taken)
        verdict = no_data(c, &m, moved);
    return verdict;
}

struct dns_answer *dns_collect_finish(struct dns_collect *c)
{
    struct dns_answer *a = malloc(sizeof *a + c->bytes);

    if (a) {
        *a = (struct dns_answer){.refs = 1, .err = c->err, .ttl = c->ttl, .question = c->asked, .bytes = c->bytes};
        if (c->bytes)
            memcpy(a->data, c->data, c->bytes);
    }
    dns_collect_free(c);
    return a;
}
