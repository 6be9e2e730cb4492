/* SPDX-License-Identifier: MIT */
#include "providers/shape/shape.h"

#include <stdlib.h>
#include <string.h>

/* Jitter is drawn once for each stretch of that many bytes, as if each were a packet. */
enum { STRETCH = 1460 };

const char *const shape_keys[] = { "latency",     "jitter",     "rate",     "loss",     "reset",     "stall",
                                   "out-latency", "out-jitter", "out-rate", "out-loss", "out-reset", "out-stall",
                                   "in-latency",  "in-jitter",  "in-rate",  "in-loss",  "in-reset",  "in-stall",
                                   "queue",       "out-queue",  "in-queue", "reorder",  "out-reorder", "in-reorder",
                                   "seed",        NULL };

void shape_init(struct shape *s)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 2; i++) {
        s->direction[i].reset.after = s->direction[i].stall.after = SHAPE_NEVER;
        s->direction[i].queue_bytes = SHAPE_QUEUE;
    }
}

/* ---- chance: SplitMix64 over what a decision hangs on ---- */

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool happens(uint64_t chance, uint32_t millionths)
{
    return chance % 1000000 < millionths;
}

/* ---- options ---- */

struct unit {
    const char *name;
    uint64_t factor;
};

/* A number, maybe with a fraction of up to six digits, and one of the units; the result is in the smallest, times `scale`. */
static bool read(const char *text, const struct unit *units, uint64_t scale, uint64_t *out)
{
    uint64_t whole = 0, part = 0, part_of = 1;
    const char *at = text;

    while (*at >= '0' && *at <= '9' && whole < 1000000000)
        whole = whole * 10 + (uint64_t)(*at++ - '0');
    if (at == text)
        return false;
    if (*at == '.')
        while (*++at >= '0' && *at <= '9' && part_of < 1000000) {
            part = part * 10 + (uint64_t)(*at - '0');
            part_of *= 10;
        }
    for (; units->name; units++)
        if (!strcmp(at, units->name)) {
            *out = whole * units->factor * scale + part * units->factor * scale / part_of;
            return true;
        }
    return false;
}

static const struct unit times[] = { { "", 1000 }, { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { NULL, 0 } };
static const struct unit rates[] = { { "", 1 },        { "bit", 1 },        { "kbit", 1000 },       { "mbit", 1000000 },
                                     { "gbit", 1000000000 }, { "B", 8 },    { "kB", 8000 },         { "mB", 8000000 },
                                     { NULL, 0 } };
static const struct unit sizes[] = { { "", 1 }, { "k", 1024 }, { "m", 1024 * 1024 }, { "g", 1024 * 1024 * 1024 }, { NULL, 0 } };
static const struct unit percents[] = { { "%", 1 }, { NULL, 0 } };

static bool read_percent(const char *text, uint32_t *millionths)
{
    uint64_t n;

    if (!read(text, percents, 10000, &n) || n > 1000000)
        return false;
    *millionths = (uint32_t)n;
    return true;
}

static bool read_event(const char *text, struct shape_event *e)
{
    struct shape_event got = { SHAPE_NEVER, 0 };

    if (!read_percent(text, &got.millionths) && !read(text, sizes, 1, &got.after))
        return false;
    *e = got;
    return true;
}

/* What waits is later counted in bytes times nanoseconds. */
static bool read_queue(const char *text, uint64_t *bytes)
{
    uint64_t n;

    if (!read(text, sizes, 1, &n) || n > 1024 * 1024 * 1024)
        return false;
    *bytes = n;
    return true;
}

static bool read_switch(const char *text, bool *on)
{
    if (strcmp(text, "0") && strcmp(text, "1"))
        return false;
    *on = *text == '1';
    return true;
}

static bool set_one(struct shape_direction *d, const char *key, const char *value)
{
    uint64_t bits;

    if (!strcmp(key, "latency"))
        return read(value, times, 1, &d->latency_us);
    if (!strcmp(key, "jitter"))
        return read(value, times, 1, &d->jitter_us);
    if (!strcmp(key, "loss"))
        return read_percent(value, &d->loss_millionths);
    if (!strcmp(key, "reset"))
        return read_event(value, &d->reset);
    if (!strcmp(key, "stall"))
        return read_event(value, &d->stall);
    if (!strcmp(key, "queue"))
        return read_queue(value, &d->queue_bytes);
    if (!strcmp(key, "reorder"))
        return read_switch(value, &d->reorder);
    if (strcmp(key, "rate") || !read(value, rates, 1, &bits) || bits < 8)
        return false;
    d->bytes_per_s = bits / 8;
    return true;
}

bool shape_set(struct shape *s, const char *key, const char *value)
{
    char *end;
    uint64_t seed;

    if (!strcmp(key, "seed")) {
        seed = strtoull(value, &end, 0);
        if (end == value || *end)
            return false;
        s->seed = seed;
        return true;
    }
    if (!strncmp(key, "out-", 4))
        return set_one(&s->direction[SHAPE_OUT], key + 4, value);
    if (!strncmp(key, "in-", 3))
        return set_one(&s->direction[SHAPE_IN], key + 3, value);
    return set_one(&s->direction[SHAPE_OUT], key, value) && set_one(&s->direction[SHAPE_IN], key, value);
}

/* ---- streams ---- */

/* What each number drawn is for. */
enum { FOR_RESET = 1, FOR_RESET_PLACE, FOR_STALL, FOR_STALL_PLACE, FOR_JITTER, FOR_LOSS };

static uint64_t loss_key(const struct shape *s, int direction, uint64_t number)
{
    return mix(mix(mix(s->seed, FOR_LOSS), number), (uint64_t)direction);
}

static uint64_t event_at(const struct shape_event *e, uint64_t key, int what)
{
    uint64_t at = e->after;

    if (happens(mix(key, (uint64_t)what), e->millionths))
        at = mix(key, (uint64_t)what + 1) % SHAPE_SOMEWHERE;
    return at;
}

void shape_stream_begin(struct shape_stream *t, const struct shape *s, int direction, uint64_t number)
{
    const struct shape_direction *d = &s->direction[direction];

    *t = (struct shape_stream){ .d = d, .key = mix(mix(s->seed, number), (uint64_t)direction),
                                .loss_key = loss_key(s, direction, number) };
    t->reset_at = event_at(&d->reset, t->key, FOR_RESET);
    t->stall_at = event_at(&d->stall, t->key, FOR_STALL);
}

static size_t up_to(size_t bytes, uint64_t position, uint64_t place)
{
    return place - position < bytes ? (size_t)(place - position) : bytes;
}

/* When `bytes` bytes are there that leave at `now`; `draw`: which drawing of jitter it is. */
static uint64_t arrival(struct shape_stream *t, uint64_t now, size_t bytes, uint64_t draw)
{
    const struct shape_direction *d = t->d;
    uint64_t due;

    if (t->free_ns < now * 1000)
        t->free_ns = now * 1000;
    if (d->bytes_per_s)
        t->free_ns += (uint64_t)bytes * 1000000000 / d->bytes_per_s; /* size_t may have 32 bits */
    due = t->free_ns / 1000 + d->latency_us;
    if (d->jitter_us)
        due += mix(mix(t->key, FOR_JITTER), draw) % (d->jitter_us + 1);
    return due;
}

enum shape_verdict shape_stream_next(struct shape_stream *t, uint64_t now, size_t *bytes, uint64_t *due)
{
    uint64_t stretch = t->position / STRETCH;
    size_t n = *bytes;

    if (t->position >= t->reset_at)
        return SHAPE_RESET;
    if (t->position >= t->stall_at) {
        *due = SHAPE_NEVER;
        return SHAPE_STALL;
    }
    n = up_to(n, t->position, t->reset_at);
    n = up_to(n, t->position, t->stall_at);
    n = up_to(n, t->position, (stretch + 1) * STRETCH);
    *due = arrival(t, now, n, stretch);
    t->position += n;
    *bytes = n;
    return SHAPE_GO;
}

/* ---- datagrams ---- */

bool shape_delays_datagrams(const struct shape_direction *d)
{
    return d->latency_us || d->jitter_us || d->bytes_per_s;
}

bool shape_is_for_datagrams(const struct shape_direction *d)
{
    return d->loss_millionths || shape_delays_datagrams(d);
}

/* A line that is free takes any datagram, as a router does that has begun to send it. */
static bool is_full(const struct shape_stream *t, uint64_t now, size_t bytes)
{
    uint64_t waiting;

    if (!t->d->bytes_per_s || t->free_ns <= now * 1000)
        return false;
    waiting = (t->free_ns - now * 1000) * t->d->bytes_per_s / 1000000000;
    return waiting + bytes > t->d->queue_bytes;
}

bool shape_datagram_next(struct shape_stream *t, uint64_t now, size_t bytes, uint64_t *due)
{
    uint64_t number = t->position++;

    if (happens(mix(t->loss_key, number), t->d->loss_millionths) || is_full(t, now, bytes))
        return false;
    *due = arrival(t, now, bytes, number);
    if (*due < t->last_due && !t->d->reorder)
        *due = t->last_due;
    t->last_due = *due;
    return true;
}

bool shape_lost(const struct shape *s, int direction, uint64_t socket, uint64_t number)
{
    return happens(mix(loss_key(s, direction, socket), number), s->direction[direction].loss_millionths);
}
