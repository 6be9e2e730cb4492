/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NS_CATALOG_PE_H
#define WS2_32_NAMES_NS_CATALOG_PE_H
/*
 * The name-space catalog as this process uses it: read at the first need, and again after this process has changed it
 * or called its last WSACleanup. What others change meanwhile is for programs that start later (spi.md 2.5).
 */
#include "catalog/namespace.h"

/* A copy, which the caller deinits. WSAEPROVIDERFAILEDINIT: WS2KIT_NAMESPACES names what is not there. */
int ns_catalog_get(struct namespaces *ns);
void ns_catalog_forget(void);

/*
 * True: the enabled providers are ours, hosts before DNS, and nothing else. No lock is taken. False also while it is not
 * known, before the first ns_catalog_get().
 */
bool ns_catalog_is_usual(void);

#endif
