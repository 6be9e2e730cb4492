/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_WIRE_H
#define WS2_DNS_WIRE_H
/*
 * DNS messages as they are on the wire: RFC 1035 (format), 2181 (clarifications), 2782 (SRV), 3596 (AAAA), 6891
 * (EDNS0). Messages are read through one bounded reader, which cannot run off the end and remembers that it tried.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DNS_HEADER_BYTES = 12,
    DNS_NAME_BYTES = 255,       /* RFC 1035 2.3.4, the final empty label included */
    DNS_LABEL_BYTES = 63,
    DNS_NAME_CHARS = 1024,      /* any name as text, each byte as \DDD, with the NUL */
    DNS_QUERY_BYTES = DNS_HEADER_BYTES + DNS_NAME_BYTES + 4 + 11,
    DNS_UDP_BYTES = 1232,       /* what we offer by EDNS0: fits every path without fragments (DNS flag day 2020) */
    DNS_MESSAGE_BYTES = 0xffff, /* TCP's length field */
    DNS_RDATA_BYTES = 0xffff,

    DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16, DNS_AAAA = 28,
    DNS_SRV = 33, DNS_DNAME = 39, DNS_OPT = 41,
    DNS_IN = 1,

    DNS_NOERROR = 0, DNS_FORMERR = 1, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_NOTIMP = 4, DNS_REFUSED = 5,
    DNS_BADVERS = 16,

    DNS_QR = 0x8000, DNS_TC = 0x0200, DNS_RD = 0x0100, /* in dns_header.flags */
    DNS_OPCODE_MASK = 0x7800,
};

/* A name without compression: labels with their lengths, the empty one at the end. */
struct dns_name {
    uint8_t len;
    uint8_t wire[DNS_NAME_BYTES];
};

/* "www.example.com", a final dot allowed, "\." and "\065" as in RFC 1035 5.1. False: not a name. "." is the root. */
bool dns_name_parse(const char *text, struct dns_name *out);

/* The reverse, without a final dot. Whatever is no printable ASCII becomes \DDD. Returns the length. */
size_t dns_name_format(const struct dns_name *name, char text[DNS_NAME_CHARS]);

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);          /* in any case (RFC 4343) */
bool dns_name_within(const struct dns_name *name, const struct dns_name *zone);   /* equal counts */

struct dns_reader {
    const uint8_t *msg;
    size_t len, pos;
    bool bad; /* something was missing or wrong; nothing read since is worth anything */
};

struct dns_header {
    uint16_t id, flags;
    uint16_t questions, answers, authorities, additionals;
};

struct dns_question {
    struct dns_name name;
    uint16_t type, class;
};

struct dns_record {
    struct dns_name name;
    uint16_t type, class;
    uint32_t ttl; /* a value with the top bit set is read as 0 (RFC 2181 8) */
    uint16_t rdata_len;
    const uint8_t *rdata; /* in the message; NULL only when reading failed */
};

uint8_t dns_read_u8(struct dns_reader *r);
uint16_t dns_read_u16(struct dns_reader *r);
uint32_t dns_read_u32(struct dns_reader *r);
void dns_read_name(struct dns_reader *r, struct dns_name *name);
void dns_read_header(struct dns_reader *r, struct dns_header *h);
void dns_read_question(struct dns_reader *r, struct dns_question *q);
void dns_read_record(struct dns_reader *r, struct dns_record *rec);

/*
 * The data of `rec`, which was read from `msg`, with the names in it uncompressed and its form checked for the types
 * known here (others come as they are). Writes at most `cap` bytes; false: malformed or too long.
 */
bool dns_rdata(const struct dns_reader *msg, const struct dns_record *rec, uint8_t *out, size_t cap, size_t *bytes);

/*
 * A query with recursion desired; `edns_bytes` 0 leaves EDNS0 out. Returns its length, which is at most
 * DNS_QUERY_BYTES.
 */
size_t dns_write_query(uint16_t id, const struct dns_question *q, uint16_t edns_bytes, uint8_t msg[DNS_QUERY_BYTES]);

/* A record without compression, added at *pos of a message of `cap` bytes; false if it does not fit. */
bool dns_write_record(uint8_t *msg, size_t cap, size_t *pos, const struct dns_record *rec);

#endif
