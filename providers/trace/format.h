/* SPDX-License-Identifier: MIT */
#ifndef WS2_TRACE_FORMAT_H
#define WS2_TRACE_FORMAT_H
/*
 * One line of the trace, as text or as JSON: pure, bounded, no allocation, no locale.
 *
 * format_begin(), then the arguments, then format_result(), then what the call gave back, then format_end():
 *
 *   08:13:05.123456 32:36 trace WSPRecv(s=0x5c, buffers=1, bytes=4096, flags=0) = 0 bytes=17 flags=0 (312 us)
 *   {"time":"2026-11-21T08:13:05.123456","pid":32,"tid":36,"layer":"trace","call":"WSPRecv",
 *    "args":{"s":"0x5c","buffers":1,"bytes":4096,"flags":"0"},"result":0,"out":{"bytes":17,"flags":"0"},"us":312}
 *
 * What does not fit is left out whole, and a mark at the end says so; the line itself is always complete, and
 * JSON always parses. Keys are identifiers of ours; all other text may hold anything and is escaped.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORMAT_BYTES = 2048 };

struct format_name {
    const char *name; /* NULL ends a table */
    uint32_t value;
};

extern const struct format_name format_families[], format_types[], format_socket_flags[],
    format_message_flags[], format_events[], format_poll_events[], format_shutdowns[],
    format_leaf_flags[], format_transmit_flags[], format_ioctls[];

struct format {
    char text[FORMAT_BYTES + 1];
    size_t used;
    size_t limit; /* for the part being written; what comes after it has its room kept */
    bool json;
    bool over;     /* the part being written has hit the limit */
    bool cut;      /* something was left out */
    bool first;    /* no separator before the next argument */
    bool returned; /* past format_result() */
};

/* `time`: 100 ns units since 1601, as FILETIME, but local. */
void format_begin(struct format *f, bool json, uint64_t time, uint32_t process, uint32_t thread,
                  const char *layer, const char *call);

void format_number(struct format *f, const char *key, int64_t value);
/* Handles, pointers, bits without names. */
void format_hex(struct format *f, const char *key, uint64_t value);
/* Text of the program's: quoted and escaped. */
void format_text(struct format *f, const char *key, const char *value);
/* Text of ours: a name, an address. */
void format_word(struct format *f, const char *key, const char *value);
/* The name that `table` has for `value`, else the number. */
void format_name(struct format *f, const char *key, uint32_t value,
                 const struct format_name *table);
/* "A|B|0x40"; "0" for none. */
void format_flags(struct format *f, const char *key, uint32_t value,
                  const struct format_name *table);
/* The protocol of a socket triple; its numbers mean something else for families other than IP. */
void format_protocol(struct format *f, const char *key, int family, int protocol);
/* level=SOL_SOCKET, option=SO_RCVBUF: the option's name depends on the level. */
void format_option(struct format *f, int level, int option);
/* A sockaddr (base/addr.h) as text; one of an unknown family as its family and length. */
void format_address(struct format *f, const char *key, const void *sockaddr, size_t bytes);
/* Bytes as hex digits. */
void format_data(struct format *f, const char *key, const void *data, size_t bytes);
/* A GUID of SIO_GET_EXTENSION_FUNCTION_POINTER by its function's name; 16 bytes in memory order. */
void format_extension(struct format *f, const char *key, const uint8_t guid[16]);

struct format_handle {
    uint64_t handle;
    uint32_t events;
};
/* "{0x5c,0x60:POLLIN,+3}": `shown` of `count` handles, with their events unless `table` is NULL. */
void format_handles(struct format *f, const char *key, const struct format_handle *handle,
                    size_t shown, size_t count, const struct format_name *table);

/* The arguments are over; `err` is 0 for a call that succeeded, and `value` what it returned then. */
void format_result(struct format *f, int64_t value, bool is_handle, int err);
/* Ends the line with "\n" and returns its length. */
size_t format_end(struct format *f, uint64_t microseconds);

#endif
