/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NS_V2_PE_H
#define WS2_32_NAMES_NS_V2_PE_H
/*
 * NSPv2 (spi.md 11.12): a process advertises its functions for a provider that is installed, and they are asked instead of
 * a DLL's. ns_provider_pe.h has them among its providers.
 */
#include <winsock2.h>
#include <ws2spi.h>

struct ns_provider;
struct ns_call;

/* The provider that this process advertises under that id; NULL: none. */
struct ns_provider *ns_v2_provider(const GUID *id);

/* ns_call() for one of them. WSASERVICE_NOT_FOUND once it is withdrawn. */
int ns_v2_call(struct ns_call *c);

/* The last WSACleanup. */
void ns_v2_withdraw_all(void);

#endif
