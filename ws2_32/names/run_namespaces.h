/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_RUN_NAMESPACES_H
#define WS2_32_NAMES_RUN_NAMESPACES_H
/*
 * Name-space providers for one run: WS2KIT_NAMESPACES, "NAME[,key=value...][;NAME...]". A NAME is that of a ws2kit DLL
 * ("proxy": ws2proxy.dll of the system folder) or the path of a provider's. Text is UTF-8.
 */
#include "catalog/catalog.h"

enum { RUN_NAMESPACES_MAX = 8 };

struct run_namespace {
    char path[CATALOG_PATH_BYTES];
    catalog_char name[CATALOG_NAME_CHARS];
    struct catalog_guid provider; /* derived from the name: the same in every run */
    uint32_t name_space;          /* NS_DNS, or what the key `ns` says */
};

/* How many, the first to be asked first; -1 for a list that is malformed, too long or names a provider twice. */
int run_namespaces_parse(const char *list, struct run_namespace run[RUN_NAMESPACES_MAX]);

#endif
