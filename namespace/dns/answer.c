/* SPDX-License-Identifier: MIT */
#include "namespace/dns/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

enum { DATUM_HEAD_BYTES = 8 };

bool dns_answer_next(const struct dns_answer *a, size_t *pos, struct dns_datum *out)
{
    struct dns_reader r = {a->data, a->bytes, *pos, false};

    if (*pos >= a->bytes)
        return false;
    out->type = dns_read_u16(&r);
    out->ttl = dns_read_u32(&r);
    out->bytes = dns_read_u16(&r);
    out->at = a->data + r.pos;
    *pos = r.pos + out->bytes;
    return true;
}

bool dns_name_at(const uint8_t *at, size_t bytes, struct dns_name *out)
{
    struct dns_reader r = {at, bytes, 0, false};

    dns_read_name(&r, out);
    return !r.bad;
}

void dns_answer_canon(const struct dns_answer *a, struct dns_name *out)
{
    struct dns_datum d;
    size_t pos = 0;

    *out = a->question.name;
    while (a->question.type != DNS_CNAME && dns_answer_next(a, &pos, &d) && d.type == DNS_CNAME)
        dns_name_at(d.at, d.bytes, out);
}

size_t dns_answer_message(const struct dns_answer *a, uint8_t *msg, size_t cap)
{
    uint8_t query[DNS_QUERY_BYTES];
    size_t pos = dns_write_query(0, &a->question, 0, query), at = 0, count = 0;
    struct dns_record rec = {.name = a->question.name, .class = DNS_IN};
    struct dns_datum d;

    if (cap < pos)
        return 0;
    memcpy(msg, query, pos);
    while (dns_answer_next(a, &at, &d)) {
        rec.type = d.type;
        rec.ttl = d.ttl;
        rec.rdata = d.at;
        rec.rdata_len = d.bytes;
        if (!dns_write_record(msg, cap, &pos, &rec))
            return 0;
        if (d.type == DNS_CNAME)
            dns_name_at(d.at, d.bytes, &rec.name);
        count++;
    }
    msg[2] = 0x81; /* QR, RD */
    msg[3] = (uint8_t)(0x80 | (a->err == WSAHOST_NOT_FOUND ? DNS_NXDOMAIN : DNS_NOERROR)); /* RA */
    msg[6] = (uint8_t)(count >> 8);
    msg[7] = (uint8_t)count;
    return pos;
}

void dns_answer_hold(struct dns_answer *a)
{
    __atomic_add_fetch(&a->refs, 1, __ATOMIC_RELAXED);
}

void dns_answer_put(struct dns_answer *a)
{
    if (a && !__atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL))
        free(a);
}

struct dns_answer *dns_answer_failed(const struct dns_question *q, int err, uint32_t ttl)
{
    struct dns_answer *a = calloc(1, sizeof *a);

    if (a) {
        a->refs = 1;
        a->err = err;
        a->ttl = ttl;
        a->question = *q;
    }
    return a;
}
