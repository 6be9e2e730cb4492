/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_SPORDER_ENTRIES_H
#define WS2_CATALOG_SPORDER_ENTRIES_H
/*
 * The two catalogs as the window shows them, read and written through the public functions alone:
 * WSCEnumProtocols, WSAEnumNameSpaceProviders, and the two order functions of sporder.dll.
 */
#include <winsock2.h>
#include <windows.h>

#include "catalog/sporder/order.h"

enum { LINE_CHARS = 320, DETAILS_CHARS = 4096 };

struct entry {
    DWORD id;                /* of a protocol */
    GUID provider;
    WCHAR line[LINE_CHARS];  /* in the list */
    WCHAR *details;          /* owned */
};

enum which { PROTOCOLS, NAME_SPACES, KINDS };

struct entries {
    enum which which;
    struct entry *entry; /* owned; as they were read */
    struct order order;
};

/* *e is empty before, and stays so after a failure; the error is a Winsock code. */
int entries_read(struct entries *e, enum which which);
void entries_free(struct entries *e);

/* Writes the order; what was read is then in that order. */
int entries_apply(struct entries *e);

#endif
