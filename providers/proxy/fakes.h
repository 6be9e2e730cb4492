/* SPDX-License-Identifier: MIT */
#ifndef WS2_PROXY_FAKES_H
#define WS2_PROXY_FAKES_H
/*
 * Addresses that stand for names (names=proxy). The program asks for a name and gets an address that exists nowhere; when it
 * connects to that, the layer knows which name it meant and has the proxy resolve it. Pure; any thread.
 *
 * The addresses come from the blocks for benchmarks between networks, 198.18.0.0/15 (RFC 2544) and 2001:2::/48 (RFC 5180),
 * which no host on the Internet has. A name keeps its address as long as the process lives, unless FAKES_MAX others
 * came after it: then it may be given to another name.
 */
#include "providers/proxy/endpoint.h"

enum { FAKES_MAX = 65536 };

struct fakes;

struct fakes *fakes_new(void);
void fakes_free(struct fakes *f);

/*
 * The address of `kind` (ENDPOINT_IP4 or ENDPOINT_IP6) that stands for a name, which must be good (endpoint.h); both kinds of
 * one name go together. Names compare without case, and with or without a dot at the end. False: no memory.
 */
bool fakes_put(struct fakes *f, const char *name, enum endpoint_kind kind, uint8_t ip[16]);

/* Whether an address is one of the two blocks'; e->port is not looked at. */
bool fakes_is_fake(const struct endpoint *e);

/* The name it stands for; false if it stands for none. */
bool fakes_get(struct fakes *f, const struct endpoint *e, char name[ENDPOINT_NAME_BYTES]);

#endif
