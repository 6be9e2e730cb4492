/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_SHARE_PE_H
#define WS2_DNS_SHARE_PE_H
/*
 * The process has one resolver, and so one cache: ws2_32's. ws2dns.dll asks it by this table (share_pe.c gives service_pe.h's
 * functions over it), which ws2_32 exports as ws2kit_dns, by name only.
 */
#include <windows.h>

#include "namespace/dns/answer.h"

/* Changed with the table or with struct dns_answer, which both DLLs read, and free on the C library's one heap. */
enum { DNS_SHARE_VERSION = 1 };

struct dns_share {
    DWORD version;
    int (*lookup)(const char *name, const uint16_t *type, size_t count, struct dns_answer **out);
    int (*lookup_as_is)(const char *name, const uint16_t *type, size_t count, struct dns_answer **out);
    void (*flush)(void);
};

const struct dns_share *WINAPI ws2kit_dns(void);

/* In ws2dns.dll: FALSE when this process's ws2_32 is not one to share with. To be asked before service_pe.h's functions. */
BOOL dns_share_found(void);

#endif
