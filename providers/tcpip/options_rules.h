/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_OPTIONS_RULES_H
#define WS2_TCPIP_OPTIONS_RULES_H
/*
 * What getsockopt and setsockopt decide before and after anybody looks at a socket: which options exist, for
 * what kind of socket, and Windows' rules for lengths and values (wine-afd.md 2.5 to 2.7). Pure.
 */
#include <stdbool.h>
#include <stdint.h>

enum {
    OPTION_LEVEL_IP = 0,
    OPTION_LEVEL_TCP = 6,
    OPTION_LEVEL_IPV6 = 41,
    OPTION_LEVEL_SOCKET = 0xFFFF,
    OPTION_BYTES_MAX = 40, /* the longest value that is not answered by a function of its own */
};

/* How a value looks: which lengths are taken, and what becomes of the bytes. */
enum option_shape {
    SHAPE_BOOL,   /* 4-byte boolean; short lengths are taken; reads as 0 or 1 */
    SHAPE_FLAG,   /* one byte in effect: only the low byte counts, a read writes one byte */
    SHAPE_BYTE,   /* an int of 0..255 (or -1, see `flags`); short lengths are taken */
    SHAPE_SHORT,  /* any int; short lengths are taken */
    SHAPE_INT,    /* any int; a short length is WSAEFAULT */
    SHAPE_INT0,   /* the same, and a short read also sets the length to 0 */
    SHAPE_ZERO,   /* the same as SHAPE_INT, and a short read also zeroes the bytes offered */
    SHAPE_LINGER, /* two 16-bit values; short reads as SHAPE_ZERO */
    SHAPE_RAW,    /* bytes; at least `least` of them */
};

/* Who answers. */
enum option_home {
    HOME_KERNEL, /* the ioctls `get` and `set` */
    HOME_RECORD, /* kept per socket, `initial` until set */
    HOME_CODE,   /* a function in options.c */
};

enum {
    OPTION_NO_GET = 0x01,       /* WSAENOPROTOOPT */
    OPTION_NO_SET = 0x02,
    OPTION_NOT_STREAM = 0x04,   /* WSAEINVAL on a stream socket */
    OPTION_ONLY_RAW = 0x08,     /* WSAEINVAL on others */
    OPTION_ONLY_DGRAM = 0x10,
    OPTION_NOT_DGRAM = 0x20,    /* WSAENOPROTOOPT on a datagram socket */
    OPTION_MINUS_ONE = 0x40,    /* SHAPE_BYTE: -1 is a value too */
    OPTION_SWAPPED = 0x80,      /* the ioctl wants the other byte order */
    OPTION_BAD_GET = 0x100,     /* WSAEINVAL */
    OPTION_BAD_SET = 0x200,
    OPTION_ANY_FAMILY = 0x400,  /* an IPv6 option that an IPv4 socket has too */
    OPTION_NOT_ZERO = 0x800,    /* setting 0 is WSAEINVAL */
    OPTION_EARLY = 0x1000,      /* WSAEINVAL on a listening socket */
    OPTION_SMALL = 0x2000,      /* setting more than 255 is WSAEINVAL */
};

struct option_rule {
    uint16_t level;
    uint32_t name;
    uint8_t shape, home;
    uint16_t flags;
    uint32_t get, set; /* ioctl codes */
    int32_t initial;
    uint16_t least;
};

struct option_socket { /* what the rules need to know about a socket (Windows' numbers) */
    int family, type;
};

/* The rule for an option of this kind of socket; NULL and *err: WSAENOPROTOOPT, WSAEINVAL. */
const struct option_rule *option_find(int level, int name, struct option_socket sock, bool set,
                                      int *err);

/* How many of the caller's `bytes` bytes option_take() and who comes after it look at. */
int option_reads(const struct option_rule *rule, int bytes);

/*
 * setsockopt's view of the caller's bytes: checks length and value, and leaves in `to` what is to be set, *to_bytes
 * long. `from` may be NULL when `bytes` says so. Returns 0 or the error.
 */
int option_take(const struct option_rule *rule, const void *from, int bytes,
                uint8_t to[OPTION_BYTES_MAX], int *to_bytes);

/*
 * getsockopt's: the value `from`, `from_bytes` long, into the caller's *bytes long buffer. *bytes becomes what
 * getsockopt returns as the length, which is not always what was written.
 */
int option_give(const struct option_rule *rule, const uint8_t *from, int from_bytes, void *to,
                int *bytes);

/* getsockopt's check of a length that is too short, before the value is fetched. 0: go on. */
int option_check_room(const struct option_rule *rule, void *to, int *bytes);

/* Windows writes interface index n as the address 0.0.0.n: the index, or 0 for a real address. `addr` in memory order. */
uint32_t option_interface_index(const uint8_t addr[4]);

#endif
