/* SPDX-License-Identifier: MIT */
/*
 * Exports of mswsock.dll that have no meaning here. Of most only the name and the number of stack words is public, so
 * all that can be promised is that they fail.
 */
#include "ws2_32/api/later.h"

/* The transport helper functions return their error. On Windows afd's user half calls them; here nothing does. */
#define WORDS_13 WORDS_12, DWORD_PTR m
#define HELPER(name, words) FAILS(name, words, 10045, 10045 /* WSAEOPNOTSUPP */)

HELPER(Tcpip4_WSHAddressToString, 5)
HELPER(Tcpip4_WSHEnumProtocols, 4)
HELPER(Tcpip4_WSHGetBroadcastSockaddr, 3)
HELPER(Tcpip4_WSHGetProviderGuid, 2)
HELPER(Tcpip4_WSHGetSockaddrType, 3)
HELPER(Tcpip4_WSHGetSocketInformation, 8)
HELPER(Tcpip4_WSHGetWSAProtocolInfo, 3)
HELPER(Tcpip4_WSHGetWildcardSockaddr, 3)
HELPER(Tcpip4_WSHGetWinsockMapping, 2)
HELPER(Tcpip4_WSHIoctl, 13)
HELPER(Tcpip4_WSHJoinLeaf, 13)
HELPER(Tcpip4_WSHNotify, 5)
HELPER(Tcpip4_WSHOpenSocket, 6)
HELPER(Tcpip4_WSHOpenSocket2, 8)
HELPER(Tcpip4_WSHSetSocketInformation, 8)
HELPER(Tcpip4_WSHStringToAddress, 5)
HELPER(Tcpip6_WSHAddressToString, 5)
HELPER(Tcpip6_WSHEnumProtocols, 4)
HELPER(Tcpip6_WSHGetProviderGuid, 2)
HELPER(Tcpip6_WSHGetSockaddrType, 3)
HELPER(Tcpip6_WSHGetSocketInformation, 8)
HELPER(Tcpip6_WSHGetWSAProtocolInfo, 3)
HELPER(Tcpip6_WSHGetWildcardSockaddr, 3)
HELPER(Tcpip6_WSHGetWinsockMapping, 2)
HELPER(Tcpip6_WSHIoctl, 13)
HELPER(Tcpip6_WSHJoinLeaf, 13)
HELPER(Tcpip6_WSHNotify, 5)
HELPER(Tcpip6_WSHOpenSocket, 6)
HELPER(Tcpip6_WSHOpenSocket2, 8)
HELPER(Tcpip6_WSHSetSocketInformation, 8)
HELPER(Tcpip6_WSHStringToAddress, 5)

UNKNOWN(NSPStartup, 2) /* the name spaces live in DLLs of their own */
UNKNOWN(NPLoadNameSpaces, 3)
UNKNOWN(MigrateWinsockConfiguration, 3)
UNKNOWN(MigrateWinsockConfigurationEx, 5)
UNKNOWN(StartWsdpService, 0)
UNKNOWN(StopWsdpService, 0)
FAILS(GetSocketErrorMessageW, 1, 0, 10045)

/* Entry points of a Windows service that this DLL is not; Wine's DLL has the names. */
UNKNOWN(ServiceMain, 2)
UNKNOWN(SvchostPushServiceGlobals, 1)
