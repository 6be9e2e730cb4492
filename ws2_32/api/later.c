/* SPDX-License-Identifier: MIT */
/*
 * Exports that exist and fail. The Wah functions were the handle helper of a separate DLL; of them and of the ...Ex
 * siblings only names and argument sizes are public (spi.md 10.16), so nothing else can be promised: SOCKET_ERROR, or NULL
 * where the name says that an object is handed out, with WSAEOPNOTSUPP as last error.
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
UNKNOWN(WahCloseApcHelper, 1)
UNKNOWN(WahCloseHandleHelper, 1)
UNKNOWN(WahCloseNotificationHandleHelper, 1)
UNKNOWN(WahCloseSocketHandle, 2)
UNKNOWN(WahCloseThread, 2)
UNKNOWN(WahCompleteRequest, 5)
UNKNOWN(WahCreateHandleContextTable, 1)
UNKNOWN(WahCreateNotificationHandle, 2)
UNKNOWN(WahCreateSocketHandle, 2)
UNKNOWN(WahDestroyHandleContextTable, 1)
UNKNOWN(WahDisableNonIFSHandleSupport, 0)
UNKNOWN(WahEnableNonIFSHandleSupport, 0)
UNKNOWN(WahEnumerateHandleContexts, 3)
FAILS(WahInsertHandleContext, 2, 0, 10045)
UNKNOWN(WahNotifyAllProcesses, 1)
UNKNOWN(WahOpenApcHelper, 1)
UNKNOWN(WahOpenCurrentThread, 2)
UNKNOWN(WahOpenHandleHelper, 1)
UNKNOWN(WahOpenNotificationHandleHelper, 1)
UNKNOWN(WahQueueUserApc, 4)
FAILS(WahReferenceContextByHandle, 2, 0, 10045)
UNKNOWN(WahRemoveHandleContext, 2)
UNKNOWN(WahWaitForNotification, 4)
UNKNOWN(WahWriteLSPEvent, 2)
