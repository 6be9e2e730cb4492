/* SPDX-License-Identifier: MIT */
#ifndef WS2_TLS_SESSION_H
#define WS2_TLS_SESSION_H
/*
 * A TLS client over SSPI, as a machine that turns bytes into bytes: it knows no sockets and never waits. One thread at a time for
 * each session.
 */
#include <stdbool.h>
#include <stddef.h>

struct session;

enum { SESSION_DONE = 0, SESSION_MORE = -1, SESSION_END = -2 }; /* positive: a Winsock code, and session_reason() */

/* What went in and came out; both are added to. */
struct session_in {
    const char *data;
    size_t bytes, used;
};
struct session_out {
    char *data;
    size_t room, bytes;
};

struct session_settings {
    const char *name;     /* for SNI, and what the certificate is checked against: a host name or an address */
    const char *alpn;     /* "h2|http/1.1", or NULL */
    const char *versions; /* "1.2", "1.3", or NULL: whatever both know */
    bool insecure;        /* any certificate will do */
};

enum { SESSION_RECORD = 16384 + 512 }; /* least room for one record of plain or of protected bytes */

/* 0, or a Winsock code and its reason at *why (a constant). */
int session_new(const struct session_settings *settings, struct session **out, const char **why);
void session_free(struct session *s);

/* DONE: bytes that are left in `in` are the first for session_incoming(). MORE: needs input, or room. */
int session_handshake(struct session *s, struct session_in *in, struct session_out *to_peer);
/* DONE: as much as there was room for. */
int session_outgoing(struct session *s, struct session_in *in, struct session_out *to_peer);
/* DONE: as far as there were whole records and room. END: the peer has ended the stream properly. */
int session_incoming(struct session *s, struct session_in *in, struct session_out *to_program,
                     struct session_out *to_peer);
/* The last words (close_notify). MORE: not enough room. */
int session_end(struct session *s, struct session_out *to_peer);

/* After an error: what was wrong, and what can be done about it; for people. */
const char *session_reason(const struct session *s);
/* After the handshake, for people: "TLS 1.3". */
const char *session_version(const struct session *s);

#endif
