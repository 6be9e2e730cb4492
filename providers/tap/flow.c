/* SPDX-License-Identifier: MIT */
#include "providers/tap/flow.h"

#include <stdlib.h>
#include <string.h>

/* So many bytes may be on their way before the receiver is made to acknowledge them. */
enum { UNANSWERED = 65536 };

struct flow {
    struct flow *next;            /* in the bucket */
    struct flow *older, *newer;   /* while it lingers */
    struct end end[2];
    struct way {
        uint32_t first; /* sequence number of the SYN */
        uint64_t written, sent, received, acknowledged;
        bool syn, fin;
    } way[2]; /* from that end to the other */
    bool open, over;
    unsigned here[2];     /* sockets of this process that are this end */
    bool was_here[2];
    bool hashed;
};

static unsigned hash_end(const struct end *e)
{
    unsigned h = e->port * 2654435761u;

    for (size_t i = 0; i < (e->version == 4 ? 4u : 16u); i++)
        h = h * 31 + e->ip[i];
    return h;
}

/* The same from both ends. */
static struct flow **bucket_of(struct flows *f, const struct end *a, const struct end *b)
{
    return &f->bucket[(hash_end(a) + hash_end(b)) % FLOW_BUCKETS];
}

static void unhash(struct flows *f, struct flow *c)
{
    struct flow **at = bucket_of(f, &c->end[0], &c->end[1]);

    if (!c->hashed)
        return;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    c->hashed = false;
}

static void stop_lingering(struct flows *f, struct flow *c)
{
    *(c->older ? &c->older->newer : &f->oldest) = c->newer;
    *(c->newer ? &c->newer->older : &f->newest) = c->older;
    c->older = c->newer = NULL;
    f->lingering--;
}

static void drop_oldest(struct flows *f)
{
    struct flow *c = f->oldest;

    stop_lingering(f, c);
    unhash(f, c);
    free(c);
}

static struct flow *look_up(struct flows *f, const struct end *own, const struct end *peer,
                         unsigned *which)
{
    for (struct flow *c = *bucket_of(f, own, peer); c; c = c->next)
        for (unsigned i = 0; i < 2; i++)
            if (end_equal(&c->end[i], own) && end_equal(&c->end[1 - i], peer)) {
                *which = i;
                return c;
            }
    return NULL;
}

static struct flow *make(struct flows *f, const struct end *own, const struct end *peer)
{
    struct flow **bucket = bucket_of(f, own, peer), *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->end[0] = *own;
    c->end[1] = *peer;
    for (unsigned i = 0; i < 2; i++)
        c->way[i].first = f->numbers += 0x01000193; /* so that connections between the same ports are told apart */
    c->next = *bucket;
    *bucket = c;
    c->hashed = true;
    return c;
}

struct flow *flow_join(struct flows *f, const struct end *own, const struct end *peer, unsigned *which)
{
    struct flow *c = look_up(f, own, peer, which);

    /* A socket joins a connection once: who comes again from the same port has a new one. */
    if (c && c->was_here[*which]) {
        unhash(f, c);
        if (!c->here[0] && !c->here[1]) {
            stop_lingering(f, c);
            free(c);
        }
        c = NULL;
    } else if (c && !c->here[1 - *which]) {
        stop_lingering(f, c);
    }
    if (!c) {
        *which = 0;
        c = make(f, own, peer);
    }
    if (c) {
        c->here[*which]++;
        c->was_here[*which] = true;
    }
    return c;
}

struct flow *flow_find(struct flows *f, const struct end *own, const struct end *peer, unsigned *which)
{
    struct flow *c = look_up(f, own, peer, which);

    if (c && c->here[*which]) {
        c->here[*which]++;
        return c;
    }
    c = flow_join(f, own, peer, which);
    if (c && !c->open)
        c->open = c->way[0].syn = c->way[1].syn = true;
    return c;
}

bool flow_last(const struct flow *c, unsigned which)
{
    return c->here[which] == 1;
}

void flow_leave(struct flows *f, struct flow *c, unsigned which)
{
    c->here[which]--;
    if (c->here[0] || c->here[1])
        return;
    if (!c->hashed) {
        free(c);
        return;
    }
    c->older = f->newest;
    *(c->older ? &c->older->newer : &f->oldest) = c;
    f->newest = c;
    if (++f->lingering > FLOW_LINGERING)
        drop_oldest(f);
}

void flows_free(struct flows *f)
{
    while (f->oldest)
        drop_oldest(f);
}

/* ---- segments ---- */

static uint32_t next_number(const struct way *w)
{
    return w->first + w->syn + (uint32_t)w->written + w->fin;
}

static void segment(struct flows *f, struct flow *c, unsigned from, uint8_t flags, uint64_t time,
                    const char *note, const struct pieces *data, size_t offset, size_t bytes)
{
    struct way *back = &c->way[1 - from];
    struct packet p = { .from = &c->end[from], .to = &c->end[1 - from], .tcp = true, .flags = flags,
                        .data = data, .offset = offset, .bytes = bytes,
                        .time = time, .inbound = !c->here[from], .note = note };

    if (c->way[from].syn || flags & TCP_SYN) /* who refuses has no numbers yet, and says 0 */
        p.seq = next_number(&c->way[from]);
    if (flags & TCP_ACK) {
        p.ack = next_number(back);
        back->acknowledged = back->written;
    }
    f->emit(f->arg, &p);
}

static void bare(struct flows *f, struct flow *c, unsigned from, uint8_t flags, uint64_t time,
                 const char *note)
{
    segment(f, c, from, flags, time, note, NULL, 0, 0);
}

void flow_ask(struct flows *f, struct flow *c, unsigned which, uint64_t time)
{
    if (c->open || c->over || c->way[which].syn)
        return;
    bare(f, c, which, TCP_SYN, time, NULL);
    c->way[which].syn = true;
}

void flow_open(struct flows *f, struct flow *c, unsigned asker, uint64_t time)
{
    if (c->open || c->over)
        return;
    flow_ask(f, c, asker, time);
    bare(f, c, 1 - asker, TCP_SYN | TCP_ACK, time, NULL);
    c->way[1 - asker].syn = true;
    bare(f, c, asker, TCP_ACK, time, NULL);
    c->open = true;
}

void flow_bytes(struct flows *f, struct flow *c, unsigned from, bool received,
                const struct pieces *data, bool urgent, uint64_t time)
{
    struct way *w = &c->way[from];
    uint64_t *seen = received ? &w->received : &w->sent;
    size_t bytes = pieces_bytes(data);

    *seen += bytes;
    while (w->written < *seen && !w->fin && !c->over) {
        size_t left = (size_t)(*seen - w->written);
        size_t n = left < PACKET_SEGMENT ? left : PACKET_SEGMENT;
        uint8_t flags = TCP_ACK;

        if (n == left)
            flags |= TCP_PSH | (urgent ? TCP_URG : 0);
        segment(f, c, from, flags, time, NULL, data, bytes - left, n);
        w->written += n;
        if (w->written - w->acknowledged > UNANSWERED)
            bare(f, c, 1 - from, TCP_ACK, time, NULL);
    }
}

void flow_end(struct flows *f, struct flow *c, unsigned from, uint64_t time, const char *note)
{
    if (!c->open || c->over || c->way[from].fin)
        return;
    bare(f, c, from, TCP_FIN | TCP_ACK, time, note);
    c->way[from].fin = true;
    bare(f, c, 1 - from, TCP_ACK, time, NULL);
}

void flow_reset(struct flows *f, struct flow *c, unsigned from, uint64_t time, const char *note)
{
    if (c->over || (c->way[0].fin && c->way[1].fin))
        return;
    bare(f, c, from, TCP_RST | TCP_ACK, time, note);
    c->over = true;
}
