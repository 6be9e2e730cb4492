/* SPDX-License-Identifier: MIT */
#include "namespace/dns/wire.h"

#include <string.h>

/* ---- names ---- */

/* One byte of a label: the character itself, "\x" or "\DDD". Advances *text; -1: not a name. */
static int take_char(const char **text)
{
    const char *t = *text;
    int value;

    if (*t != '\\') {
        *text = t + 1;
        return (unsigned char)*t;
    }
    if (t[1] < '0' || t[1] > '9') {
        *text = t + 2;
        return t[1] ? (unsigned char)t[1] : -1;
    }
    if (t[2] < '0' || t[2] > '9' || t[3] < '0' || t[3] > '9')
        return -1;
    value = (t[1] - '0') * 100 + (t[2] - '0') * 10 + t[3] - '0';
    *text = t + 4;
    return value <= 255 ? value : -1;
}

bool dns_name_parse(const char *text, struct dns_name *out)
{
    size_t len = 0;

    if (!strcmp(text, "."))
        text = "";
    while (*text) {
        size_t label = len++;

        for (; *text && *text != '.'; len++) {
            int ch = take_char(&text);

            if (ch < 0 || len >= DNS_NAME_BYTES - 1 || len - label > DNS_LABEL_BYTES)
                return false;
            out->wire[len] = (uint8_t)ch;
        }
        if (len == label + 1)
            return false; /* an empty label in the middle */
        out->wire[label] = (uint8_t)(len - label - 1);
        if (*text)
            text++;
    }
    if (len >= DNS_NAME_BYTES)
        return false;
    out->wire[len++] = 0;
    out->len = (uint8_t)len;
    return true;
}

static char *put_char(char *to, uint8_t ch)
{
    if (ch <= ' ' || ch >= 0x7f) {
        *to++ = '\\';
        *to++ = (char)('0' + ch / 100);
        *to++ = (char)('0' + ch / 10 % 10);
        *to++ = (char)('0' + ch % 10);
        return to;
    }
    if (ch == '.' || ch == '\\')
        *to++ = '\\';
    *to++ = (char)ch;
    return to;
}

size_t dns_name_format(const struct dns_name *name, char text[DNS_NAME_CHARS])
{
    char *to = text;

    for (size_t at = 0; name->wire[at]; at += name->wire[at] + 1u) {
        if (at)
            *to++ = '.';
        for (size_t i = 1; i <= name->wire[at]; i++)
            to = put_char(to, name->wire[at + i]);
    }
    if (to == text)
        *to++ = '.';
    *to = 0;
    return (size_t)(to - text);
}

/* Lengths are below 'A', so folding whole names is folding their labels. */
static uint8_t lower(uint8_t ch)
{
    return ch >= 'A' && ch <= 'Z' ? (uint8_t)(ch + 'a' - 'A') : ch;
}

static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
    return a->len == b->len && same(a->wire, b->wire, a->len);
}

bool dns_name_within(const struct dns_name *name, const struct dns_name *zone)
{
    size_t at = 0;

    while (name->len - at > zone->len && name->wire[at])
        at += name->wire[at] + 1u;
    return name->len - at == zone->len && same(name->wire + at, zone->wire, zone->len);
}

/* ---- reading ---- */

/* The next `n` bytes, or NULL once the message has run out; all reading goes through here. */
static const uint8_t *take(struct dns_reader *r, size_t n)
{
    r->bad = r->bad || r->len - r->pos < n;
    if (r->bad)
        return NULL;
    r->pos += n;
    return r->msg + r->pos - n;
}

uint8_t dns_read_u8(struct dns_reader *r)
{
    const uint8_t *p = take(r, 1);

    return p ? *p : 0;
}

uint16_t dns_read_u16(struct dns_reader *r)
{
    const uint8_t *p = take(r, 2);

    return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t dns_read_u32(struct dns_reader *r)
{
    const uint8_t *p = take(r, 4);

    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static bool append(struct dns_name *name, size_t *len, uint8_t label_len, const uint8_t *label)
{
    if (*len + 1 + label_len > DNS_NAME_BYTES)
        return false;
    name->wire[(*len)++] = label_len;
    if (label_len)
        memcpy(name->wire + *len, label, label_len);
    *len += label_len;
    return true;
}

/*
 * Ends because a pointer must aim below everything that the name has used so far, so each jump lands lower than the
 * last; stays cheap because a name has at most 127 labels and this many jumps are allowed too (a chain of bare
 * pointers adds no length).
 */
void dns_read_name(struct dns_reader *r, struct dns_name *name)
{
    struct dns_reader at = *r;
    size_t lowest = r->pos, len = 0;
    unsigned jumps = 0;

    name->len = 1;
    name->wire[0] = 0;
    for (;;) {
        uint8_t head = dns_read_u8(&at);

        if (head >= 0xc0) {
            size_t target = (size_t)(head & 0x3f) << 8 | dns_read_u8(&at);

            if (!jumps++)
                r->pos = at.pos;
            if (at.bad || target >= lowest || jumps > 127)
                break;
            lowest = at.pos = target;
        } else {
            const uint8_t *label = head <= DNS_LABEL_BYTES ? take(&at, head) : NULL;

            if (at.bad || !label || !append(name, &len, head, label))
                break;
            if (!head) {
                name->len = (uint8_t)len;
                if (!jumps)
                    r->pos = at.pos;
                return;
            }
        }
    }
    r->bad = true;
    name->wire[0] = 0;
}

void dns_read_header(struct dns_reader *r, struct dns_header *h)
{
    h->id = dns_read_u16(r);
    h->flags = dns_read_u16(r);
    h->questions = dns_read_u16(r);
    h->answers = dns_read_u16(r);
    h->authorities = dns_read_u16(r);
    h->additionals = dns_read_u16(r);
}

void dns_read_question(struct dns_reader *r, struct dns_question *q)
{
    dns_read_name(r, &q->name);
    q->type = dns_read_u16(r);
    q->class = dns_read_u16(r);
}

void dns_read_record(struct dns_reader *r, struct dns_record *rec)
{
    dns_read_name(r, &rec->name);
    rec->type = dns_read_u16(r);
    rec->class = dns_read_u16(r);
    rec->ttl = dns_read_u32(r);
    if (rec->ttl >> 31)
        rec->ttl = 0;
    rec->rdata_len = dns_read_u16(r);
    rec->rdata = take(r, rec->rdata_len);
}

/*
 * What the data of a type is made of: a digit is so many bytes, n a name, s one or more strings with a length byte up
 * to the end. Only the types of RFC 1035 may have their names compressed (RFC 3597 4); SRV servers exist that do it.
 */
static const char *form_of(uint16_t type)
{
    switch (type) {
    case DNS_A:
        return "4";
    case DNS_AAAA:
        return "88";
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
    case DNS_DNAME:
        return "n";
    case DNS_MX:
        return "2n";
    case DNS_SRV:
        return "6n";
    case DNS_SOA:
        return "nn884";
    case DNS_TXT:
        return "s";
    default:
        return NULL;
    }
}

struct out {
    uint8_t *at;
    size_t cap, len;
    bool full;
};

static void put(struct out *o, const void *bytes, size_t len)
{
    o->full = o->full || o->cap - o->len < len;
    if (o->full || !len)
        return;
    memcpy(o->at + o->len, bytes, len);
    o->len += len;
}

static void copy_bytes(struct dns_reader *r, struct out *o, size_t n)
{
    const uint8_t *bytes = take(r, n);

    if (bytes)
        put(o, bytes, n);
}

static void copy_name(struct dns_reader *r, struct out *o)
{
    struct dns_name name;

    dns_read_name(r, &name);
    if (!r->bad)
        put(o, name.wire, name.len);
}

static void copy_strings(struct dns_reader *r, struct out *o)
{
    do {
        uint8_t len = dns_read_u8(r);

        put(o, &len, 1);
        copy_bytes(r, o, len);
    } while (!r->bad && r->pos < r->len);
}

bool dns_rdata(const struct dns_reader *msg, const struct dns_record *rec, uint8_t *out, size_t cap, size_t *bytes)
{
    const char *form = form_of(rec->type);
    struct dns_reader r = *msg;
    struct out o = {out, cap, 0, false};

    if (!rec->rdata)
        return false;
    r.pos = (size_t)(rec->rdata - msg->msg);
    r.len = r.pos + rec->rdata_len; /* a pointer goes backwards only, so the shorter end cuts nothing off */
    r.bad = false;
    if (!form)
        copy_bytes(&r, &o, rec->rdata_len);
    for (; form && *form; form++) {
        if (*form == 'n')
            copy_name(&r, &o);
        else if (*form == 's')
            copy_strings(&r, &o);
        else
            copy_bytes(&r, &o, (size_t)(*form - '0'));
    }
    *bytes = o.len;
    return !r.bad && !o.full && r.pos == r.len;
}

/* ---- writing ---- */

static void put_u16(struct out *o, uint16_t value)
{
    uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

    put(o, bytes, 2);
}

size_t dns_write_query(uint16_t id, const struct dns_question *q, uint16_t edns_bytes, uint8_t msg[DNS_QUERY_BYTES])
{
    struct out o = {msg, DNS_QUERY_BYTES, 0, false};

    put_u16(&o, id);
    put_u16(&o, DNS_RD);
    put_u16(&o, 1);
    put_u16(&o, 0);
    put_u16(&o, 0);
    put_u16(&o, edns_bytes ? 1 : 0);
    put(&o, q->name.wire, q->name.len);
    put_u16(&o, q->type);
    put_u16(&o, q->class);
    if (edns_bytes) { /* RFC 6891 6.1.2: the root's name, OPT, our size, no extended code or flags, no options */
        put(&o, "", 1);
        put_u16(&o, DNS_OPT);
        put_u16(&o, edns_bytes);
        put(&o, "\0\0\0\0\0", 6);
    }
    return o.len;
}

bool dns_write_record(uint8_t *msg, size_t cap, size_t *pos, const struct dns_record *rec)
{
    struct out o = {msg, cap, *pos, false};

    put(&o, rec->name.wire, rec->name.len);
    put_u16(&o, rec->type);
    put_u16(&o, rec->class);
    put_u16(&o, (uint16_t)(rec->ttl >> 16));
    put_u16(&o, (uint16_t)rec->ttl);
    put_u16(&o, rec->rdata_len);
    put(&o, rec->rdata, rec->rdata_len);
    if (!o.full)
        *pos = o.len;
    return !o.full;
}
