/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NAMED_H
#define WS2_32_NAMES_NAMED_H
/*
 * By which host name this process last found an address. A layer sees addresses only; one that checks certificates or asks
 * a proxy by name needs the name that the program meant.
 *
 * Bounded: NAMED_MAX addresses, a new one in the place of one of the oldest. Any thread; no failure but forgetting.
 */
#include "ws2_32/names/answer.h"

enum { NAMED_MAX = 1024, NAMED_BYTES = 256 /* of a name, NUL included: a longer one is not kept */ };

/*
 * The program asked for `name` and gets `a`. A name that is itself an address or is empty says nothing and is not kept; a
 * dot at the end is left out. Cheap, and without a lock, when it was so already.
 */
void named_put(const struct name_addr *a, const char *name);

/* The same for all addresses of an answer. */
void named_put_all(const struct answer *a, const char *name);

/* False: not known, or longer than `bytes` with its NUL; `name` is then untouched. An IPv4 address and its mapped form are one. */
bool named_find(const struct name_addr *a, char *name, size_t bytes);

#endif
