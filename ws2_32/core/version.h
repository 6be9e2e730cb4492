/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_VERSION_H
#define WS2_32_CORE_VERSION_H
/* Which Winsock version a WSAStartup gets. Versions are as in WSADATA: major in the low byte. */
#include <stdint.h>

enum { VERSION_HIGHEST = 0x0202 };

/*
 * The highest of 1.0, 1.1, 2.0, 2.1, 2.2 that is not above `wanted`, or WSAVERNOTSUPPORTED. Whatever the outcome,
 * VERSION_HIGHEST is what WSADATA.wHighVersion says.
 */
int version_negotiate(uint16_t wanted, uint16_t *use);

#endif
