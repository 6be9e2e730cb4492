/* SPDX-License-Identifier: MIT */
/* names.h against the SDK's headers, all that they have for any version of Windows; no code. */
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#define NTDDI_VERSION 0x0A000008
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>

#include "providers/trace/names.h"

/* Not in MinGW-w64's headers: spi.md A.3, and Microsoft's lists of SOL_SOCKET and IPPROTO_TCP options. */
#ifndef SO_BSP_STATE
#define SO_BSP_STATE 0x1009
#endif
#ifndef SO_PAUSE_ACCEPT
#define SO_PAUSE_ACCEPT 0x3003
#define SO_RANDOMIZE_PORT 0x3005
#define SO_PORT_SCALABILITY 0x3006
#define SO_REUSE_UNICASTPORT 0x3007
#define SO_REUSE_MULTICASTPORT 0x3008
#endif
#ifndef TCP_KEEPALIVE
#define TCP_KEEPALIVE 3
#define TCP_MAXSEG 4
#define TCP_MAXRT 5
#define TCP_STDURG 6
#define TCP_ATMARK 8
#define TCP_TIMESTAMPS 10
#define TCP_FASTOPEN 15
#define TCP_KEEPCNT 16
#define TCP_KEEPINTVL 17
#endif

#define CHECK(name, value) _Static_assert((unsigned long)(name) == value##ul, #name);

NAMES_FAMILIES(CHECK)
NAMES_TYPES(CHECK)
NAMES_PROTOCOLS(CHECK)
NAMES_SOCKET_FLAGS(CHECK)
NAMES_MESSAGE_FLAGS(CHECK)
NAMES_EVENTS(CHECK)
NAMES_POLL_EVENTS(CHECK)
NAMES_SHUTDOWNS(CHECK)
NAMES_LEAF_FLAGS(CHECK)
NAMES_TRANSMIT_FLAGS(CHECK)
NAMES_LEVELS(CHECK)
NAMES_SOL_SOCKET(CHECK)
NAMES_IP(CHECK)
NAMES_IPV6(CHECK)
NAMES_TCP(CHECK)
NAMES_UDP(CHECK)
NAMES_IOCTLS(CHECK)
