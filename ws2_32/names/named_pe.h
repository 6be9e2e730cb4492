/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NAMED_PE_H
#define WS2_32_NAMES_NAMED_PE_H
#include <winsock2.h>
#include <ws2tcpip.h>

#include "ws2_32/names/named.h"

/* False if it is too short for its family, or of one that has no name_addr. */
bool name_addr_from_sockaddr(const struct sockaddr *sa, size_t bytes, struct name_addr *out);

/*
 * The export. FALSE: no name known for that address, or it does not fit with its NUL. The last error stays as it is. Works
 * before WSAStartup and after WSACleanup, on any thread, within any provider.
 */
BOOL WSAAPI ws2kit_name_of_address(const struct sockaddr *name, int name_bytes, char *utf8, size_t bytes);

#endif
