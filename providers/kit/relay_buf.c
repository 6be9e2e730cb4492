/* SPDX-License-Identifier: MIT */
#include "providers/kit/relay_buf.h"

#include <stdlib.h>
#include <string.h>

char *fifo_room(struct fifo *f, size_t wanted, size_t *room)
{
    struct fifo_block *b = f->last;

    if (b && b->start == b->end)
        b->start = b->end = 0;
    if (!b || FIFO_BLOCK - b->end < wanted) {
        b = malloc(sizeof *b);
        if (!b)
            return NULL;
        b->next = NULL;
        b->start = b->end = 0;
        if (f->last)
            f->last->next = b;
        else
            f->first = b;
        f->last = b;
    }
    f->lent = true;
    *room = FIFO_BLOCK - b->end;
    return b->data + b->end;
}

/* An emptied block goes, unless it is where the next bytes will come. */
static void drop_empty(struct fifo *f)
{
    struct fifo_block *b;

    while ((b = f->first) && b->start == b->end && b != f->last) {
        f->first = b->next;
        free(b);
    }
    if (b && b == f->last && b->start == b->end && !f->lent) {
        f->first = f->last = NULL;
        free(b);
    }
}

void fifo_added(struct fifo *f, size_t bytes)
{
    f->last->end += bytes;
    f->bytes += bytes;
    f->lent = false;
    drop_empty(f);
}

bool fifo_put(struct fifo *f, const char *data, size_t bytes)
{
    while (bytes) {
        size_t room, n;
        char *to = fifo_room(f, 1, &room);

        if (!to)
            return false;
        n = bytes < room ? bytes : room;
        memcpy(to, data, n);
        fifo_added(f, n);
        data += n;
        bytes -= n;
    }
    return true;
}

const char *fifo_front(const struct fifo *f, size_t *bytes)
{
    const struct fifo_block *b = f->first;

    /* Only the first block can be an empty one, when room in the next is lent. */
    if (b && b->start == b->end)
        b = b->next;
    *bytes = b ? b->end - b->start : 0;
    return b ? b->data + b->start : NULL;
}

void fifo_taken(struct fifo *f, size_t bytes)
{
    drop_empty(f);
    f->bytes -= bytes;
    while (bytes) {
        struct fifo_block *b = f->first;
        size_t n = b->end - b->start < bytes ? b->end - b->start : bytes;

        b->start += n;
        bytes -= n;
        drop_empty(f);
    }
}

void fifo_clear(struct fifo *f)
{
    fifo_taken(f, f->bytes);
}

void fifo_free(struct fifo *f)
{
    f->lent = false;
    fifo_clear(f);
    drop_empty(f);
}

char *inbox_room(struct inbox *b, size_t *room, bool *full)
{
    *full = false;
    if (b->start) {
        memmove(b->data, b->data + b->start, b->end - b->start);
        b->end -= b->start;
        b->start = 0;
    }
    if (b->size - b->end < INBOX_LEAST_ROOM) {
        size_t size = b->size * 2 < INBOX_FIRST ? INBOX_FIRST : b->size * 2;
        char *grown;

        if (size > INBOX_MOST) {
            *full = true;
            return NULL;
        }
        grown = realloc(b->data, size);
        if (!grown)
            return NULL;
        b->data = grown;
        b->size = size;
    }
    b->lent = true;
    *room = b->size - b->end;
    return b->data + b->end;
}

void inbox_added(struct inbox *b, size_t bytes)
{
    b->end += bytes;
    b->lent = false;
}

void inbox_taken(struct inbox *b, size_t bytes)
{
    b->start += bytes;
    if (b->start == b->end && !b->lent)
        b->start = b->end = 0;
}

void inbox_free(struct inbox *b)
{
    free(b->data);
    *b = (struct inbox){0};
}

static bool grow(struct due *d)
{
    size_t size = d->size ? d->size * 2 : 16;
    struct due_span *span = malloc(size * sizeof *span);

    if (!span)
        return false;
    for (size_t i = 0; i < d->count; i++)
        span[i] = d->span[(d->first + i) % d->size];
    free(d->span);
    d->span = span;
    d->size = size;
    d->first = 0;
    return true;
}

bool due_add(struct due *d, size_t bytes, uint64_t at)
{
    struct due_span *last = d->count ? &d->span[(d->first + d->count - 1) % d->size] : NULL;

    if (at < d->last)
        at = d->last;
    if (last && last->at == at) {
        last->bytes += bytes;
    } else {
        if (d->count == d->size && !grow(d))
            return false;
        d->span[(d->first + d->count++) % d->size] = (struct due_span){bytes, at};
    }
    d->last = at;
    d->bytes += bytes;
    return true;
}

size_t due_ready(const struct due *d, uint64_t now, uint64_t *next)
{
    size_t ready = 0;

    *next = UINT64_MAX;
    for (size_t i = 0; i < d->count; i++) {
        const struct due_span *s = &d->span[(d->first + i) % d->size];

        if (s->at > now || s->at == UINT64_MAX) {
            *next = s->at;
            break;
        }
        ready += s->bytes;
    }
    return ready;
}

void due_taken(struct due *d, size_t bytes)
{
    d->bytes -= bytes;
    while (bytes) {
        struct due_span *s = &d->span[d->first];
        size_t n = s->bytes < bytes ? s->bytes : bytes;

        s->bytes -= n;
        bytes -= n;
        if (!s->bytes) {
            d->first = (d->first + 1) % d->size;
            d->count--;
        }
    }
}

void due_free(struct due *d)
{
    free(d->span);
    *d = (struct due){0};
}
