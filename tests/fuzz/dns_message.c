/* SPDX-License-Identifier: MIT */
/*
 * Whatever a server sends, reading it stays inside the message, comes to an end, and what comes out is well-formed. The
 * question that it is held against is the one in the message itself, so that mutations get past the first check.
 */
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "namespace/dns/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(int ok)
{
    if (!ok)
        abort();
}

static void check_name(const struct dns_name *name)
{
    char text[DNS_NAME_CHARS];
    struct dns_name back;

    check(dns_name_format(name, text) == strlen(text));
    check(dns_name_parse(text, &back) && dns_name_equal(name, &back));
}

static void check_answer(struct dns_answer *a)
{
    static uint8_t msg[1 << 20];
    struct dns_name name;
    struct dns_datum d;
    size_t pos = 0, aliases = 0, message_bytes;

    check(a->err == 0 || a->err == WSAHOST_NOT_FOUND || a->err == WSANO_DATA);
    while (dns_answer_next(a, &pos, &d)) {
        check(d.at + d.bytes <= a->data + a->bytes);
        aliases += d.type == DNS_CNAME && a->question.type != DNS_CNAME;
        if (d.type == DNS_CNAME || d.type == DNS_PTR || d.type == DNS_NS) {
            check(dns_name_at(d.at, d.bytes, &name) && name.len == d.bytes);
            check_name(&name);
        }
    }
    check(pos == a->bytes && aliases <= DNS_LINKS_MAX);
    dns_answer_canon(a, &name);
    check_name(&name);

    /* Our own writer's message says the same once more. */
    message_bytes = dns_answer_message(a, msg, sizeof msg);
    if (message_bytes && message_bytes <= DNS_MESSAGE_BYTES && !a->err) {
        struct dns_collect c;
        struct dns_answer *again;

        dns_collect_begin(&c, &a->question);
        check(dns_collect_reply(&c, 0, msg, message_bytes) == DNS_DONE);
        again = dns_collect_finish(&c);
        check(again && again->bytes == a->bytes && !memcmp(again->data, a->data, a->bytes));
        dns_answer_put(again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct dns_reader r = {data, bytes, 0, false};
    struct dns_header h;
    struct dns_question q;
    struct dns_collect c;
    struct dns_answer *a;

    if (bytes > DNS_MESSAGE_BYTES)
        return 0;
    dns_read_header(&r, &h);
    dns_read_question(&r, &q);
    if (r.bad)
        return 0;
    check_name(&q.name);
    dns_collect_begin(&c, &q);
    if (dns_collect_reply(&c, h.id, data, bytes) == DNS_DONE) {
        a = dns_collect_finish(&c);
        check(a != NULL);
        check_answer(a);
        dns_answer_put(a);
    }
    dns_collect_free(&c);
    return 0;
}
