/* SPDX-License-Identifier: MIT */
#ifndef WS2_TAP_PACKET_H
#define WS2_TAP_PACKET_H
/* Internet packets from what a socket layer knows: addresses and bytes. Portable. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PACKET_MOST = 65535,    /* bytes of the largest packet that packet_build() makes; IPv6's own header comes on top */
    PACKET_ROOM = PACKET_MOST + 40,
    PACKET_SEGMENT = 65280, /* most payload of one TCP segment */
};

/* One end. IPv4 addresses that an IPv6 socket shows as ::ffff:a.b.c.d are IPv4 here, as they are on the wire. */
struct end {
    uint8_t version; /* 4, 6; 0: unknown */
    uint8_t ip[16];  /* network order; IPv4 uses the first four */
    uint16_t port;   /* host order */
};

bool end_equal(const struct end *a, const struct end *b);
/* True for 0.0.0.0 and ::. */
bool end_is_any(const struct end *e);
bool end_is_loopback(const struct end *e);

/* The bytes of an operation, as they lie in the program's buffers. */
struct piece {
    const void *at; /* NULL: they are not to be had, and written as zeros */
    size_t bytes;
};
struct pieces {
    const struct piece *piece;
    size_t count;
};
size_t pieces_bytes(const struct pieces *p);

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

struct packet {
    const struct end *from, *to;
    bool tcp; /* else UDP */
    /* TCP */
    uint8_t flags;
    uint32_t seq, ack;
    /* the payload: `bytes` bytes of `data` from `offset` on; more than fits is left out */
    const struct pieces *data;
    size_t offset, bytes;
    /* what the reader is told about it beside the packet */
    uint64_t time; /* nanoseconds since 1970 */
    bool inbound;
    const char *note; /* or NULL */
};

/*
 * Writes the packet, beginning with its IP header, all checksums right, into `out` with room for PACKET_ROOM bytes. `id`: of the IPv4
 * header. Returns its length; 0 when the two ends do not speak the same protocol.
 */
size_t packet_build(const struct packet *p, uint16_t id, uint8_t *out);

#endif
