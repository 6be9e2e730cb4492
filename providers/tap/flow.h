/* SPDX-License-Identifier: MIT */
#ifndef WS2_TAP_FLOW_H
#define WS2_TAP_FLOW_H
/*
 * TCP connections as packets. A layer is told of bytes, not of segments: sequence numbers, acknowledgements and the segments that open and
 * end a connection are made here, so that a reader finds a connection without gaps, repetitions and surprises.
 *
 * Both ends of a connection may be sockets of this process. Then each byte is seen twice, when it is sent and when it is
 * received, in either order, and is written once: a way counts the bytes that its sender and its receiver have seen, and
 * what either sees beyond what is written already is written.
 *
 * Portable. The caller serialises all calls on one `struct flows`.
 */
#include "providers/tap/packet.h"

struct flow;

enum { FLOW_BUCKETS = 1024, FLOW_LINGERING = 256 };

/* Zero but for the first two; the rest is flow.c's. */
struct flows {
    void (*emit)(void *arg, const struct packet *p);
    void *arg;
    struct flow *bucket[FLOW_BUCKETS];
    struct flow *oldest, *newest; /* ended, and kept for an other end that this process may yet accept */
    unsigned lingering;
    uint32_t numbers; /* where the next connection's sequence numbers begin */
};

/*
 * The connection of a new socket at `own` with `peer`: that of the other end when this process has it, else a new one. `*which`: the index
 * of `own` in it, for the functions below. The caller has it until flow_leave(). NULL: no memory.
 */
struct flow *flow_join(struct flows *f, const struct end *own, const struct end *peer, unsigned *which);
/*
 * The same for a socket that came from elsewhere with its connection, which may be a second handle of one that we know. No segments open
 * the connection.
 */
struct flow *flow_find(struct flows *f, const struct end *own, const struct end *peer, unsigned *which);
/* TRUE when nobody else has that end, which then ends with the caller's socket. */
bool flow_last(const struct flow *c, unsigned which);
void flow_leave(struct flows *f, struct flow *c, unsigned which);
void flows_free(struct flows *f);

/* End `which` asks the other for a connection. */
void flow_ask(struct flows *f, struct flow *c, unsigned which, uint64_t time);
/* The connection that `asker` has asked for is there; nothing if it was before. */
void flow_open(struct flows *f, struct flow *c, unsigned asker, uint64_t time);

/* Bytes from end `from` to the other, as seen at `from` or (`received`) at the other. `urgent`: the last is out-of-band data. */
void flow_bytes(struct flows *f, struct flow *c, unsigned from, bool received,
                const struct pieces *data, bool urgent, uint64_t time);
/* End `from` will send no more: once. */
void flow_end(struct flows *f, struct flow *c, unsigned from, uint64_t time, const char *note);
/* End `from` breaks off, or refuses. Nothing follows. */
void flow_reset(struct flows *f, struct flow *c, unsigned from, uint64_t time, const char *note);

#endif
