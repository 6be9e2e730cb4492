/* SPDX-License-Identifier: MIT */
/*
 * Proves that struct catalog_info is the SDK's WSAPROTOCOL_INFOW, so that one may be cast to the
 * other.
 */
#include "catalog/catalog.h"

#include <winsock2.h>
#include <ws2spi.h>

#include "catalog/reg.h"

#define SAME(ours, theirs)                                                                          \
    _Static_assert(offsetof(struct catalog_info, ours) == offsetof(WSAPROTOCOL_INFOW, theirs) &&    \
                       sizeof(((struct catalog_info *)0)->ours) ==                                  \
                           sizeof(((WSAPROTOCOL_INFOW *)0)->theirs),                                \
                   #ours " is " #theirs)

_Static_assert(sizeof(struct catalog_info) == sizeof(WSAPROTOCOL_INFOW), "WSAPROTOCOL_INFOW");
_Static_assert(_Alignof(struct catalog_info) == _Alignof(WSAPROTOCOL_INFOW), "alignment");
_Static_assert(sizeof(struct catalog_guid) == sizeof(GUID), "GUID");
_Static_assert(offsetof(struct catalog_info, service_flags[1]) ==
                       offsetof(WSAPROTOCOL_INFOW, dwServiceFlags2) &&
                   offsetof(struct catalog_info, service_flags[3]) ==
                       offsetof(WSAPROTOCOL_INFOW, dwServiceFlags4),
               "service flags");
SAME(provider_flags, dwProviderFlags);
SAME(provider, ProviderId);
SAME(id, dwCatalogEntryId);
SAME(chain_len, ProtocolChain.ChainLen);
SAME(chain, ProtocolChain.ChainEntries);
SAME(version, iVersion);
SAME(family, iAddressFamily);
SAME(max_addr, iMaxSockAddr);
SAME(min_addr, iMinSockAddr);
SAME(type, iSocketType);
SAME(protocol, iProtocol);
SAME(protocol_max_offset, iProtocolMaxOffset);
SAME(network_byte_order, iNetworkByteOrder);
SAME(security_scheme, iSecurityScheme);
SAME(message_size, dwMessageSize);
SAME(reserved, dwProviderReserved);
SAME(name, szProtocol);

_Static_assert(CATALOG_PATH_BYTES == MAX_PATH, "path");
_Static_assert(CATALOG_CHAIN_MAX == MAX_PROTOCOL_CHAIN, "chain");
_Static_assert(CATALOG_NAME_CHARS == WSAPROTOCOL_LEN + 1, "name");
_Static_assert(CATALOG_LAYER == LAYERED_PROTOCOL && CATALOG_BASE == BASE_PROTOCOL, "chain lengths");
_Static_assert(CATALOG_PFL_HIDDEN == PFL_HIDDEN &&
                   CATALOG_PFL_MATCHES_ZERO == PFL_MATCHES_PROTOCOL_ZERO &&
                   CATALOG_XP1_IFS == XP1_IFS_HANDLES,
               "flags");
_Static_assert((int)REG_TYPE_STRING == REG_SZ && (int)REG_TYPE_EXPAND == REG_EXPAND_SZ &&
                   (int)REG_TYPE_BINARY == REG_BINARY && (int)REG_TYPE_DWORD == REG_DWORD,
               "registry types");
