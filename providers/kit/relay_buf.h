/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_RELAY_BUF_H
#define WS2_KIT_RELAY_BUF_H
/*
 * What a direction of a relayed connection holds: bytes that have come in and wait for the layer's filter, bytes that wait to go out, and when
 * they may. Portable; one thread.
 *
 * Room is lent: to an overlapped receive or to a filter, one at a time, and stays where it is until it is given back.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FIFO_BLOCK = 64 * 1024 };

struct fifo_block {
    struct fifo_block *next;
    size_t start, end; /* what is in it */
    char data[FIFO_BLOCK];
};

/* Blocks in a row. All zero: empty. */
struct fifo {
    struct fifo_block *first, *last;
    size_t bytes;
    bool lent; /* room behind the last byte */
};

/* At least `wanted` (<= FIFO_BLOCK) bytes of room in one piece, to be given back by fifo_added(); NULL: no memory. */
char *fifo_room(struct fifo *f, size_t wanted, size_t *room);
/* The first `bytes` bytes of the room are filled. */
void fifo_added(struct fifo *f, size_t bytes);
/* Copies `bytes` bytes in. false: no memory, nothing changed. The room must not be lent. */
bool fifo_put(struct fifo *f, const char *data, size_t bytes);
/* The oldest bytes that lie in one piece; they stay there until fifo_taken(). 0 bytes: empty. */
const char *fifo_front(const struct fifo *f, size_t *bytes);
void fifo_taken(struct fifo *f, size_t bytes);
/* Lent room stays, everything else is freed. */
void fifo_clear(struct fifo *f);
/* Frees all of it; nothing may be lent, or the borrower be gone. */
void fifo_free(struct fifo *f);

/* Bytes in one piece, that a filter takes from in front. All zero: empty. */
struct inbox {
    char *data;
    size_t start, end, size;
    bool lent;
};

enum { INBOX_FIRST = 16 * 1024, INBOX_MOST = 128 * 1024, INBOX_LEAST_ROOM = 4 * 1024 };

/* Room for more. NULL with *full: it holds so much that nobody should wait for more (over 64 KiB); NULL without: no memory. */
char *inbox_room(struct inbox *b, size_t *room, bool *full);
void inbox_added(struct inbox *b, size_t bytes);
void inbox_taken(struct inbox *b, size_t bytes);
void inbox_free(struct inbox *b);

static inline size_t inbox_bytes(const struct inbox *b)
{
    return b->end - b->start;
}

/* When the bytes of a fifo may go, in the order of the bytes. All zero: nothing. */
struct due_span {
    size_t bytes;
    uint64_t at;
};
struct due {
    struct due_span *span; /* a ring */
    size_t first, count, size;
    size_t bytes; /* of all spans */
    uint64_t last;
};

/* `bytes` more may go at `at`, or when those before them may, if that is later. false: no memory. */
bool due_add(struct due *d, size_t bytes, uint64_t at);
/* How many of the bytes may go at `now`. *next: when more may, UINT64_MAX if no more wait, or never may. */
size_t due_ready(const struct due *d, uint64_t now, uint64_t *next);
void due_taken(struct due *d, size_t bytes);
void due_free(struct due *d);

#endif
