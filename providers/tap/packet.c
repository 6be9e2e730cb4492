/* SPDX-License-Identifier: MIT */
#include "providers/tap/packet.h"

#include <string.h>

enum { IPPROTO_NUMBER_TCP = 6, IPPROTO_NUMBER_UDP = 17, HOPS = 64 };

/* RFC 7323: both SYNs say that windows count in units of 2^14 bytes, so the fixed window below is 1 GiB and never full. */
static const uint8_t syn_options[] = { 2, 4, 0xff, 0xd7, 3, 3, 14, 0 }; /* segments of 65495 bytes; shift; end */
enum { WINDOW = 65535 };

static size_t address_bytes(const struct end *e)
{
    return e->version == 4 ? 4 : 16;
}

bool end_equal(const struct end *a, const struct end *b)
{
    return a->version == b->version && a->port == b->port && !memcmp(a->ip, b->ip, address_bytes(a));
}

bool end_is_any(const struct end *e)
{
    static const uint8_t any[16];

    return !memcmp(e->ip, any, address_bytes(e));
}

bool end_is_loopback(const struct end *e)
{
    static const uint8_t one[16] = { [15] = 1 };

    return e->version == 4 ? e->ip[0] == 127 : !memcmp(e->ip, one, sizeof one);
}

size_t pieces_bytes(const struct pieces *p)
{
    size_t total = 0;

    for (size_t i = 0; i < p->count; i++)
        total += p->piece[i].bytes;
    return total;
}

/* Copies `bytes` bytes from `offset` on. The caller has made sure that they are there. */
static void gather(const struct pieces *p, size_t offset, uint8_t *out, size_t bytes)
{
    for (size_t i = 0; bytes && i < p->count; i++) {
        size_t n = p->piece[i].bytes;

        if (offset >= n) {
            offset -= n;
            continue;
        }
        n = n - offset < bytes ? n - offset : bytes;
        if (p->piece[i].at)
            memcpy(out, (const uint8_t *)p->piece[i].at + offset, n);
        else
            memset(out, 0, n);
        out += n;
        bytes -= n;
        offset = 0;
    }
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* RFC 1071, not yet folded. A part that is not the last has an even number of bytes. */
static uint64_t sum(const uint8_t *at, size_t bytes, uint64_t total)
{
    size_t i = 0;

    for (; i + 1 < bytes; i += 2)
        total += (unsigned)at[i] << 8 | at[i + 1];
    if (i < bytes)
        total += (unsigned)at[i] << 8;
    return total;
}

static unsigned checksum(uint64_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return ~(unsigned)total & 0xffff;
}

static size_t ip_header(const struct packet *p, uint16_t id, size_t payload, uint8_t *out)
{
    uint8_t protocol = p->tcp ? IPPROTO_NUMBER_TCP : IPPROTO_NUMBER_UDP;

    if (p->from->version == 4) {
        memset(out, 0, 20);
        out[0] = 0x45;
        put16(out + 2, (unsigned)(20 + payload));
        put16(out + 4, id);
        put16(out + 6, 0x4000); /* not to be fragmented */
        out[8] = HOPS;
        out[9] = protocol;
        memcpy(out + 12, p->from->ip, 4);
        memcpy(out + 16, p->to->ip, 4);
        put16(out + 10, checksum(sum(out, 20, 0)));
        return 20;
    }
    memset(out, 0, 8);
    out[0] = 0x60;
    put16(out + 4, (unsigned)payload);
    out[6] = protocol;
    out[7] = HOPS;
    memcpy(out + 8, p->from->ip, 16);
    memcpy(out + 24, p->to->ip, 16);
    return 40;
}

/* Over the pseudo header (RFC 9293 3.1, RFC 8200 8.1), whose words are the same for both versions. */
static unsigned payload_checksum(const struct packet *p, const uint8_t *at, size_t bytes)
{
    uint64_t total = p->tcp ? IPPROTO_NUMBER_TCP : IPPROTO_NUMBER_UDP;

    total += bytes;
    total = sum(p->from->ip, address_bytes(p->from), total);
    total = sum(p->to->ip, address_bytes(p->to), total);
    return checksum(sum(at, bytes, total));
}

static size_t tcp_header(const struct packet *p, uint8_t *out)
{
    size_t options = p->flags & TCP_SYN ? sizeof syn_options : 0;

    memset(out, 0, 20);
    put16(out, p->from->port);
    put16(out + 2, p->to->port);
    put32(out + 4, p->seq);
    put32(out + 8, p->ack);
    out[12] = (uint8_t)((20 + options) << 2);
    out[13] = p->flags;
    put16(out + 14, WINDOW);
    if (p->flags & TCP_URG)
        put16(out + 18, (unsigned)p->bytes);
    memcpy(out + 20, syn_options, options);
    return 20 + options;
}

size_t packet_build(const struct packet *p, uint16_t id, uint8_t *out)
{
    size_t ip = p->from->version == 4 ? 20 : 40, header, payload = p->bytes, most;
    uint8_t *at = out + ip;
    unsigned check;

    if (p->from->version != p->to->version || (p->from->version != 4 && p->from->version != 6))
        return 0;
    header = p->tcp ? tcp_header(p, at) : 8;
    most = PACKET_MOST - header - (ip == 20 ? 20 : 0);
    if (payload > most)
        payload = most;
    if (payload)
        gather(p->data, p->offset, at + header, payload);
    if (!p->tcp) {
        put16(at, p->from->port);
        put16(at + 2, p->to->port);
        put16(at + 4, (unsigned)(header + payload));
        put16(at + 6, 0);
    }
    check = payload_checksum(p, at, header + payload);
    if (!p->tcp && !check)
        check = 0xffff; /* RFC 768: zero means none */
    put16(at + (p->tcp ? 16 : 6), check);
    ip_header(p, id, header + payload, out);
    return ip + header + payload;
}
