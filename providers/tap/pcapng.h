/* SPDX-License-Identifier: MIT */
#ifndef WS2_TAP_PCAPNG_H
#define WS2_TAP_PCAPNG_H
/*
 * Blocks of a pcapng file (draft-ietf-opsawg-pcapng), written into the caller's memory, in the byte order of the machine,
 * as the format has it. One section with one interface, whose packets begin with their IP header. Portable.
 *
 * Each function appends one block to `b`, or nothing when there is no room and sets `full`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blocks {
    uint8_t *at;
    size_t bytes, room;
    bool full;
};

struct end;

/* Texts are UTF-8; NULL leaves the option out. */
void pcapng_section(struct blocks *b, const char *os, const char *application, const char *comment);
/* `snap`: the most bytes of a packet that are kept; 0: all. Times have nanoseconds. */
void pcapng_interface(struct blocks *b, const char *name, const char *description, uint32_t snap);
/* The first `kept` of `bytes` bytes, which is the true length. `note`: a comment, or NULL. */
void pcapng_packet(struct blocks *b, uint64_t time, const uint8_t *packet, size_t kept, size_t bytes,
                   bool inbound, const char *note);
/* A name for the address of `e`. */
void pcapng_name(struct blocks *b, const struct end *e, const char *name);

#endif
