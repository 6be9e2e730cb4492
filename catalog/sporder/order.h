/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_SPORDER_ORDER_H
#define WS2_CATALOG_SPORDER_ORDER_H
/* An order that is being changed: which of the entries, numbered as they were read, stands where. */
#include <stdbool.h>
#include <stdint.h>

struct order {
    uint32_t count, *at; /* owned */
};

/* The order as read; false: no memory. */
bool order_init(struct order *o, uint32_t count);
void order_deinit(struct order *o);

/* Moves what stands at `from` to `to`; false, and no change, if one of them is no place. */
bool order_move(struct order *o, uint32_t from, int64_t to);

/* Is it another than was read, or written last? */
bool order_changed(const struct order *o);

#endif
