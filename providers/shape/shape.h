/* SPDX-License-Identifier: MIT */
#ifndef WS2_SHAPE_H
#define WS2_SHAPE_H
/*
 * What a bad network does, decided: when each byte of a stream travels, where the stream breaks or stalls, when each datagram arrives, and which are
 * lost. Portable.
 *
 * Decisions hang on the seed, the number of the connection (or socket) and the place in the stream, and on nothing else: not on how the program
 * cuts its data into calls, nor on time. The same run meets the same network. (Which datagrams a full queue loses hangs on how fast they come.)
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The place in a stream where nothing happens, and the time that never comes. */
#define SHAPE_NEVER UINT64_MAX

/* A thing that happens after so many bytes, or by chance. */
struct shape_event {
    uint64_t after;    /* bytes of the direction; SHAPE_NEVER: not that way */
    uint32_t millionths; /* of the connections, somewhere in their first SHAPE_SOMEWHERE bytes */
};
enum { SHAPE_SOMEWHERE = 64 * 1024, SHAPE_QUEUE = 64 * 1024 };

struct shape_direction {
    uint64_t latency_us, jitter_us;
    uint64_t bytes_per_s; /* 0: no limit */
    uint32_t loss_millionths; /* of datagrams */
    uint64_t queue_bytes; /* of datagrams that wait for the line, with a rate */
    bool reorder;         /* jitter may change the order of datagrams */
    struct shape_event reset, stall;
};

enum { SHAPE_OUT, SHAPE_IN };

struct shape {
    uint64_t seed;
    struct shape_direction direction[2];
};

void shape_init(struct shape *s);

/*
 * One option. Keys: latency, jitter (250us, 100ms, 2s; a bare number is ms), rate (1mbit, 64kbit, 10kB; a bare number is bit/s), loss (1%, 0.5%),
 * queue (64k: bytes, 1g at most), reorder (1 or 0), reset and stall (64k, 1m, 1000: bytes; 5%: of the connections), seed; all but seed also as out-KEY or
 * in-KEY, for one direction. false: no such key, or no such value; nothing changed.
 */
bool shape_set(struct shape *s, const char *key, const char *value);
/* The keys, for who asks for each; NULL behind the last. */
extern const char *const shape_keys[];

/* Datagrams of that direction are lost by chance, or arrive later. */
bool shape_is_for_datagrams(const struct shape_direction *d);
/* Datagrams of that direction arrive later than they leave. */
bool shape_delays_datagrams(const struct shape_direction *d);

/* One direction of one connection, or of the datagrams of one socket. */
struct shape_stream {
    const struct shape_direction *d;
    uint64_t key, loss_key;
    uint64_t position; /* bytes, or datagrams */
    uint64_t last_due; /* of datagrams */
    uint64_t free_ns; /* when the line has carried what it was given */
    uint64_t reset_at, stall_at;
};

/* `number`: which connection of the process it is, or which datagram socket. */
void shape_stream_begin(struct shape_stream *t, const struct shape *s, int direction, uint64_t number);

enum shape_verdict { SHAPE_GO, SHAPE_RESET, SHAPE_STALL };

/*
 * *bytes more are there at `now` (microseconds). For the first of them, whose number it puts into *bytes: SHAPE_GO, and *due is when they arrive;
 * STALL: never; RESET: the connection breaks here. *bytes == 0: the end of the stream.
 */
enum shape_verdict shape_stream_next(struct shape_stream *t, uint64_t now, size_t *bytes, uint64_t *due);

/*
 * The next datagram of `bytes` bytes leaves at `now`. true: it arrives at *due. false: it is lost, by chance or because too much waits for the line; a lost
 * one does not keep the line busy.
 */
bool shape_datagram_next(struct shape_stream *t, uint64_t now, size_t bytes, uint64_t *due);

/* Whether datagram `number` of socket `socket` is lost on its way by chance. */
bool shape_lost(const struct shape *s, int direction, uint64_t socket, uint64_t number);

#endif
