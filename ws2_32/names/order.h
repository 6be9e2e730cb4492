/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_ORDER_H
#define WS2_32_NAMES_ORDER_H
/*
 * RFC 6724 section 6: in which order to try several addresses of one host. The source address that would be used with each
 * is guessed from the machine's own addresses (section 5), without asking the routing table.
 */
#include "ws2_32/names/answer.h"

/* Sorts `addr` in place; `own` are this machine's addresses without loopback. Equal ones keep their order. */
void order_sort(struct name_addr *addr, size_t count, const struct name_addr *own, size_t own_count);

#endif
