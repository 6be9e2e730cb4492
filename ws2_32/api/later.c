/* SPDX-License-Identifier: MIT */
/*
 * Exports that exist and fail. Of the ...Ex siblings and of these two Wah functions (the others: wah.h) only names and argument sizes are
 * public (spi.md 10.16), and nothing follows from them: SOCKET_ERROR, with WSAEOPNOTSUPP as last error.
 * ProcessSocketNotifications returns its error.
 */
#include "ws2_32/api/later.h"

FAILS(ProcessSocketNotifications, 7, 10045, 10045)
UNKNOWN(WPUGetProviderPathEx, 5)
UNKNOWN(WSCDeinstallProviderEx, 3)
UNKNOWN(WSCEnumProtocolsEx, 5)
UNKNOWN(WSCGetApplicationCategoryEx, 7)
UNKNOWN(WSCInstallNameSpaceEx2, 7)
UNKNOWN(WSCInstallProviderEx, 7)
UNKNOWN(WSCSetApplicationCategoryEx, 8)
UNKNOWN(WSCUnInstallNameSpaceEx2, 2)
UNKNOWN(WSCUpdateProviderEx, 6)
UNKNOWN(WSCWriteProviderOrderEx, 3)
UNKNOWN(WahNotifyAllProcesses, 1)
UNKNOWN(WahWriteLSPEvent, 2)
