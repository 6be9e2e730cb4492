/* SPDX-License-Identifier: MIT */
/* The tap layer's packets, connections and file blocks, read back by a reader that shares no code with the writer. */
#include <stdlib.h>
#include <string.h>

#include "providers/tap/flow.h"
#include "providers/tap/packet.h"
#include "providers/tap/pcapng.h"
#include "providers/tap/target.h"
#include "tests/unit/unit.h"

static const struct end v4[2] = { { 4, { 10, 0, 0, 1 }, 4000 }, { 4, { 10, 0, 0, 2 }, 80 } };
static const struct end v6[2] = { { 6, { 0xfd, [15] = 1 }, 4000 }, { 6, { 0xfd, [15] = 2 }, 80 } };

/* ---- a reader ---- */

struct seen {
    unsigned version, protocol, flags, urgent, from_port, to_port;
    uint32_t seq, ack;
    const uint8_t *data;
    size_t bytes;
};

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* The ones' complement sum of a right packet is all ones, pseudo header and checksum included. */
static unsigned folded(uint32_t start, const uint8_t *p, size_t n)
{
    uint32_t total = start;

    for (size_t i = 0; i < n; i++) {
        total += i % 2 ? p[i] : (uint32_t)p[i] << 8;
        total = (total & 0xffff) + (total >> 16);
    }
    return total;
}

static struct seen read_packet(const uint8_t *p, size_t bytes)
{
    struct seen s = { .version = p[0] >> 4 };
    size_t ip = s.version == 4 ? 20 : 40, addresses = s.version == 4 ? 4 : 16, header;
    uint32_t pseudo;

    if (s.version == 4) {
        ck_assert_uint_eq(p[0], 0x45);
        ck_assert_uint_eq(get16(p + 2), bytes);
        ck_assert_uint_eq(folded(0, p, 20), 0xffff);
        s.protocol = p[9];
    } else {
        ck_assert_uint_eq(s.version, 6);
        ck_assert_uint_eq(get16(p + 4), bytes - 40);
        s.protocol = p[6];
    }
    pseudo = folded((uint32_t)(s.protocol + (bytes - ip)), p + ip - 2 * addresses, 2 * addresses);
    ck_assert_uint_eq(folded(pseudo, p + ip, bytes - ip), 0xffff);
    p += ip;
    s.from_port = get16(p);
    s.to_port = get16(p + 2);
    if (s.protocol == 6) {
        s.seq = get32(p + 4);
        s.ack = get32(p + 8);
        header = (size_t)(p[12] >> 4) * 4;
        s.flags = p[13];
        s.urgent = get16(p + 18);
    } else {
        ck_assert_uint_eq(s.protocol, 17);
        ck_assert_uint_eq(get16(p + 4), bytes - ip);
        ck_assert_uint_ne(get16(p + 6), 0);
        header = 8;
    }
    s.data = p + header;
    s.bytes = bytes - ip - header;
    return s;
}

/* ---- packets ---- */

START_TEST(packets_of_all_sizes)
{
    static uint8_t data[70000], out[PACKET_ROOM];
    static const size_t sizes[] = { 0, 1, 2, 3, 4, 1459, 1460, 1461, 65000, PACKET_SEGMENT };

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 31 + i / 256);
    for (unsigned k = 0; k < 4 * sizeof sizes / sizeof *sizes; k++) {
        const struct end *end = k & 1 ? v6 : v4;
        size_t bytes = sizes[k / 4];
        struct piece piece[3] = { { data, 1 }, { data + 1, 0 }, { data + 1, sizeof data - 1 } };
        struct pieces all = { piece, 3 };
        struct packet p = { .from = &end[0], .to = &end[1], .tcp = k & 2, .flags = TCP_ACK, .seq = 0xfffffff0,
                            .ack = 77, .data = &all, .offset = k % 5, .bytes = bytes };
        struct seen s = read_packet(out, packet_build(&p, (uint16_t)k, out));

        ck_assert_uint_eq(s.version, end->version);
        ck_assert_uint_eq(s.from_port, 4000);
        ck_assert_uint_eq(s.to_port, 80);
        ck_assert_uint_eq(s.bytes, bytes);
        ck_assert_mem_eq(s.data, data + k % 5, bytes);
        if (p.tcp)
            ck_assert_uint_eq(s.seq, 0xfffffff0);
    }
}
END_TEST

START_TEST(packet_that_is_too_large_is_cut)
{
    static uint8_t data[70000], out[PACKET_ROOM];
    struct piece piece = { data, sizeof data };
    struct pieces all = { &piece, 1 };
    struct packet p = { .from = &v4[0], .to = &v4[1], .data = &all, .bytes = sizeof data };

    ck_assert_uint_eq(packet_build(&p, 0, out), 65535);
    read_packet(out, 65535);
    p.from = &v6[0];
    p.to = &v6[1];
    ck_assert_uint_eq(packet_build(&p, 0, out), 65575);
    read_packet(out, 65575);
    p.to = &v4[1];
    ck_assert_uint_eq(packet_build(&p, 0, out), 0);
}
END_TEST

/* RFC 768: a checksum that comes out as zero is sent as all ones, and every sum occurs with two bytes of data. */
START_TEST(udp_checksum_is_never_zero)
{
    uint8_t data[2], out[64];
    struct piece piece = { data, 2 };
    struct pieces all = { &piece, 1 };
    struct packet p = { .from = &v4[0], .to = &v4[1], .data = &all, .bytes = 2 };
    unsigned ones = 0;

    for (unsigned i = 0; i < 65536; i++) {
        data[0] = (uint8_t)(i >> 8);
        data[1] = (uint8_t)i;
        read_packet(out, packet_build(&p, 0, out));
        ones += get16(out + 26) == 0xffff;
    }
    ck_assert_uint_ge(ones, 1);
}
END_TEST

/* ---- connections ---- */

/* What a reader of the file makes of one connection, from end 0 (v4[0]) and end 1. */
static struct reader {
    struct {
        bool syn, fin;
        uint32_t next; /* sequence number */
        uint8_t data[1 << 20];
        size_t bytes;
        uint32_t urgent_at;
    } way[2];
    unsigned packets, resets;
} reader;

static void read_segment(void *arg, const struct packet *p)
{
    static uint8_t out[PACKET_ROOM];
    struct seen s = read_packet(out, packet_build(p, 0, out));
    unsigned from = s.from_port == 80;

    (void)arg;
    reader.packets++;
    ck_assert_uint_eq(reader.resets, 0); /* nothing follows one */
    if (s.flags & TCP_SYN) {
        ck_assert(!reader.way[from].syn);
        reader.way[from].syn = true;
        reader.way[from].next = s.seq;
    }
    ck_assert_uint_eq(s.seq, reader.way[from].next); /* no gap, nothing twice */
    if (s.flags & TCP_ACK)
        ck_assert_uint_eq(s.ack, reader.way[1 - from].next);
    ck_assert(!reader.way[from].fin || !s.bytes);
    memcpy(reader.way[from].data + reader.way[from].bytes, s.data, s.bytes);
    reader.way[from].bytes += s.bytes;
    if (s.flags & TCP_URG)
        reader.way[from].urgent_at = (uint32_t)reader.way[from].bytes;
    if (s.flags & TCP_FIN)
        reader.way[from].fin = true;
    reader.resets += (s.flags & TCP_RST) != 0;
    reader.way[from].next += (uint32_t)s.bytes + !!(s.flags & TCP_SYN) + !!(s.flags & TCP_FIN);
}

static struct flows *new_flows(void)
{
    struct flows *f = calloc(1, sizeof *f);

    f->emit = read_segment;
    memset(&reader, 0, sizeof reader);
    return f;
}

static void say(struct flows *f, struct flow *c, unsigned from, bool received, const uint8_t *data, size_t bytes)
{
    struct piece piece[2] = { { data, bytes / 2 }, { data + bytes / 2, bytes - bytes / 2 } };

    flow_bytes(f, c, from, received, &(struct pieces){ piece, 2 }, false, 1);
}

START_TEST(client_and_foreign_server)
{
    struct flows *f = new_flows();
    unsigned me;
    struct flow *c = flow_join(f, &v4[0], &v4[1], &me);

    flow_ask(f, c, me, 1);
    flow_ask(f, c, me, 1);
    ck_assert_uint_eq(reader.packets, 1);
    flow_open(f, c, me, 1);
    flow_open(f, c, me, 1);
    ck_assert_uint_eq(reader.packets, 3);
    say(f, c, me, false, (const uint8_t *)"question", 8);
    say(f, c, 1 - me, true, (const uint8_t *)"answer", 6);
    flow_end(f, c, 1 - me, 1, NULL);
    flow_end(f, c, me, 1, NULL);
    flow_end(f, c, me, 1, NULL);
    flow_reset(f, c, me, 1, NULL); /* both have ended: nothing to reset */
    flow_leave(f, c, me);
    ck_assert_mem_eq(reader.way[0].data, "question", 8);
    ck_assert_mem_eq(reader.way[1].data, "answer", 6);
    ck_assert(reader.way[0].fin && reader.way[1].fin);
    ck_assert_uint_eq(reader.packets, 9);
    flows_free(f);
    free(f);
}
END_TEST

START_TEST(refused)
{
    struct flows *f = new_flows();
    unsigned me;
    struct flow *c = flow_join(f, &v4[0], &v4[1], &me);

    flow_ask(f, c, me, 1);
    flow_reset(f, c, 1 - me, 1, NULL);
    say(f, c, me, false, (const uint8_t *)"x", 1);
    flow_end(f, c, me, 1, NULL);
    flow_leave(f, c, me);
    ck_assert_uint_eq(reader.packets, 2);
    flows_free(f);
    free(f);
}
END_TEST

START_TEST(urgent_data)
{
    struct flows *f = new_flows();
    struct piece piece = { "abc", 3 };
    unsigned me;
    struct flow *c = flow_join(f, &v4[0], &v4[1], &me);

    flow_open(f, c, me, 1);
    flow_bytes(f, c, me, false, &(struct pieces){ &piece, 1 }, true, 1);
    ck_assert_uint_eq(reader.way[0].urgent_at, 3);
    flow_leave(f, c, me);
    flows_free(f);
    free(f);
}
END_TEST

/*
 * Both ends here: sends and receives of random sizes, and a receive may be seen before the send that it receives. Each byte is
 * written once.
 */
START_TEST(both_ends_in_one_process)
{
    static uint8_t data[2][1 << 20];

    srand(1);
    for (size_t i = 0; i < sizeof data[0]; i++) {
        data[0][i] = (uint8_t)rand();
        data[1][i] = (uint8_t)rand();
    }
    for (unsigned round = 0; round < 100; round++) {
        struct flows *f = new_flows();
        size_t sent[2] = { 0 }, received[2] = { 0 };
        unsigned a, b;
        struct flow *c = flow_join(f, &v4[0], &v4[1], &a);

        flow_open(f, c, a, 1);
        ck_assert_ptr_eq(flow_join(f, &v4[1], &v4[0], &b), c);
        ck_assert_uint_eq(b, 1 - a);
        flow_open(f, c, a, 1);
        for (unsigned step = 0; step < 60; step++) {
            unsigned way = (unsigned)rand() % 2, receive = (unsigned)rand() % 2;
            size_t *at = receive ? &received[way] : &sent[way], n = (size_t)rand() % (rand() % 8 ? 3000 : 150000);

            if (n > sizeof data[way] - *at)
                n = sizeof data[way] - *at;
            say(f, c, way ? b : a, receive, data[way] + *at, n);
            *at += n;
        }
        for (unsigned way = 0; way < 2; way++) {
            size_t most = sent[way] > received[way] ? sent[way] : received[way];

            ck_assert_uint_eq(reader.way[way].bytes, most);
            ck_assert_mem_eq(reader.way[way].data, data[way], most);
        }
        flow_end(f, c, a, 1, NULL);
        flow_leave(f, c, a);
        flow_end(f, c, b, 1, NULL);
        flow_leave(f, c, b);
        flows_free(f);
        free(f);
    }
}
END_TEST

START_TEST(accepted_after_the_client_has_gone)
{
    struct flows *f = new_flows();
    unsigned a, b;
    struct flow *c = flow_join(f, &v4[0], &v4[1], &a);

    flow_open(f, c, a, 1);
    say(f, c, a, false, (const uint8_t *)"hello", 5);
    flow_end(f, c, a, 1, NULL);
    flow_leave(f, c, a);
    ck_assert_ptr_eq(flow_join(f, &v4[1], &v4[0], &b), c);
    say(f, c, a, true, (const uint8_t *)"hello", 5);
    flow_end(f, c, a, 1, NULL);
    say(f, c, b, false, (const uint8_t *)"late", 4);
    flow_end(f, c, b, 1, NULL);
    flow_leave(f, c, b);
    ck_assert_uint_eq(reader.way[0].bytes, 5);
    ck_assert_uint_eq(reader.way[1].bytes, 4);
    flows_free(f);
    free(f);
}
END_TEST

/* The same ports again are a new connection, with other numbers; and those that nobody joins are not kept for ever. */
START_TEST(ports_used_again)
{
    struct flows *f = new_flows();
    struct flow *c, *other;
    unsigned me, second;
    struct end many = v4[0];

    for (unsigned round = 0; round < 3; round++) {
        memset(&reader, 0, sizeof reader);
        c = flow_join(f, &v4[0], &v4[1], &me);
        flow_open(f, c, me, 1);
        say(f, c, me, false, (const uint8_t *)"x", 1);
        ck_assert_uint_eq(reader.way[0].bytes, 1);
        if (round == 1) { /* the old socket stays, and its place is taken */
            other = flow_join(f, &v4[0], &v4[1], &second);
            ck_assert_ptr_ne(other, c);
            flow_leave(f, other, second);
        }
        flow_leave(f, c, me);
    }
    for (unsigned i = 0; i < 3 * FLOW_LINGERING; i++) {
        many.port = (uint16_t)(i + 1);
        c = flow_join(f, &many, &v4[1], &me);
        flow_leave(f, c, me);
        ck_assert_uint_le(f->lingering, FLOW_LINGERING);
    }
    flows_free(f);
    free(f);
}
END_TEST

START_TEST(second_handle_of_a_connection)
{
    struct flows *f = new_flows();
    unsigned a, again;
    struct flow *c = flow_join(f, &v4[0], &v4[1], &a);

    flow_open(f, c, a, 1);
    ck_assert(flow_last(c, a));
    ck_assert_ptr_eq(flow_find(f, &v4[0], &v4[1], &again), c);
    ck_assert_uint_eq(again, a);
    ck_assert(!flow_last(c, a));
    flow_leave(f, c, a);
    ck_assert(flow_last(c, again));
    say(f, c, again, false, (const uint8_t *)"still there", 11);
    ck_assert_uint_eq(reader.way[0].bytes, 11);
    flow_leave(f, c, again);
    flows_free(f);
    free(f);
}
END_TEST

/* ---- the file ---- */

static uint32_t host32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

START_TEST(blocks_that_a_reader_can_walk)
{
    static const uint32_t types[] = { 0x0A0D0D0A, 1, 6, 4, 6 };
    uint8_t room[1000];
    struct blocks b = { room, 0, sizeof room, false };
    size_t at = 0, n = 0;

    pcapng_section(&b, "Wine", "tap", "a comment");
    pcapng_interface(&b, "tap", "of a program", 96);
    pcapng_packet(&b, 0x123456789abcdef0, (const uint8_t *)"packet", 5, 6, true, "note");
    pcapng_name(&b, &v6[0], "host.example");
    pcapng_packet(&b, 1, (const uint8_t *)"packet", 6, 6, false, NULL);
    ck_assert(!b.full);
    for (; at < b.bytes; n++) {
        uint32_t bytes = host32(room + at + 4);

        ck_assert_uint_lt(n, 5);
        ck_assert_uint_eq(host32(room + at), types[n]);
        ck_assert_uint_eq(bytes % 4, 0);
        ck_assert_uint_eq(host32(room + at + bytes - 4), bytes);
        if (n == 2) {
            ck_assert_uint_eq(host32(room + at + 12), 0x12345678);
            ck_assert_uint_eq(host32(room + at + 16), 0x9abcdef0);
            ck_assert_uint_eq(host32(room + at + 20), 5);
            ck_assert_uint_eq(host32(room + at + 24), 6);
            ck_assert_mem_eq(room + at + 28, "packe\0\0\0", 8);
        }
        at += bytes;
    }
    ck_assert_uint_eq(at, b.bytes);
    ck_assert_uint_eq(n, 5);
}
END_TEST

START_TEST(no_half_blocks)
{
    for (size_t size = 0; size < 120; size++) {
        uint8_t *room = malloc(size + 1); /* of its own: the sanitizer watches its end */
        struct blocks b = { room, 0, size, false };

        pcapng_packet(&b, 1, (const uint8_t *)"packet", 6, 6, true, "note");
        ck_assert(b.full == (b.bytes == 0));
        ck_assert_uint_le(b.bytes, size);
        free(room);
    }
}
END_TEST

START_TEST(names_of_files)
{
    static const struct {
        const char *why, *pattern, *program;
        unsigned attempt;
        const char *want;
    } cases[] = {
        { "as it is", "out.pcapng", "app.exe", 1, "out.pcapng" },
        { "all placeholders", "/tmp/%e.%p%%.pcapng", "app.exe", 1, "/tmp/app.4711%.pcapng" },
        { "in use", "out.pcapng", "app.exe", 2, "out-2.pcapng" },
        { "in use, no extension", "out", "app.exe", 12, "out-12" },
        { "a dot in the folder only", "a.b/out", "app.exe", 2, "a.b/out-2" },
        { "a stray percent sign", "100%.pcapng", "app.exe", 1, "100%.pcapng" },
        { "a program without .exe", "%e", "app", 1, "app" },
        { "just fits", "1234567890123456789012345678901", "", 1, "1234567890123456789012345678901" },
        { "too long", "12345678901234567890123456789012", "", 1, NULL },
        { "too long by the program", "%e%e%e%e", "a-long-name.exe", 1, NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[32];
        bool done = target_name(cases[i].pattern, cases[i].program, 4711, cases[i].attempt, name, sizeof name);

        ck_assert_msg(done == (cases[i].want != NULL), "%s", cases[i].why);
        if (done)
            ck_assert_str_eq(name, cases[i].want);
    }
}
END_TEST

UNIT_MAIN("tap", packets_of_all_sizes, packet_that_is_too_large_is_cut, udp_checksum_is_never_zero, client_and_foreign_server,
          refused, urgent_data, both_ends_in_one_process, accepted_after_the_client_has_gone, ports_used_again,
          second_handle_of_a_connection, blocks_that_a_reader_can_walk, no_half_blocks, names_of_files)
