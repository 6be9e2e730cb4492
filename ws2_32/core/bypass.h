/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_BYPASS_H
#define WS2_32_CORE_BYPASS_H
/*
 * Starting the provider of a catalog entry, or, where the policy says so (catalog/policy.h), that
 * of the entry beneath when a layer does not start.
 */
#include "ws2_32/core/provider.h"

/*
 * Starts the provider of *entry, an entry of `cat`. When a layer was left out, *entry is the one
 * that serves instead. Errors and conditions as provider_start().
 */
int provider_start_any(const struct catalog *cat, const struct catalog_entry **entry, struct provider **p);

#endif
