/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_UNFOLD_H
#define WS2_CATALOG_UNFOLD_H
/*
 * The way that a call takes through a chain. Pure; in ws2_32's catalog and in the layers' kit.
 *
 * An element below the top may be a chain itself, and what stands below it is then what that chain says: its layer is started with it
 * and looks there. As a rule the outer chain repeats those elements (Microsoft's form, spi.md 1.2). Where they do not fit, since a
 * chain has seven, it does not, and goes from the inner chain straight to the base: { our layer, the chain beneath, base }.
 */
#include "catalog/catalog.h"

enum { CATALOG_DEEP = 64 }; /* elements of the longest way that anyone follows */

/*
 * Fills list[] with the ids of all elements, outermost first, base last; a chain's id stands for its layer. Returns how many, 0 for
 * what is no chain, or -1 for a way that goes round or is longer than CATALOG_DEEP. Ids without an entry are in the list.
 */
int32_t catalog_unfold(const struct catalog_info *chain,
                       const struct catalog_info *(*find)(const void *in, uint32_t id), const void *in,
                       uint32_t list[CATALOG_DEEP]);

#endif
