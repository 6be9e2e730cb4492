/* SPDX-License-Identifier: MIT */
/*
 * Exports that exist and fail. The Wah functions were the handle helper of a separate DLL; of them and of the ...Ex
 * siblings only names and argument sizes are public (spi.md 10.16), so nothing else can be promised: SOCKET_ERROR, or NULL
 * where the name says that an object is handed out, with WSAEOPNOTSUPP as last error.
 * ProcessSocketNotifications returns its error.
 */
#include "ws2_32/api/missing.h"

FAILS(ProcessSocketNotifications, 7, 10045, 10045)
MISSING(WPUGetProviderPathEx, 5)
MISSING(WSCDeinstallProviderEx, 3)
MISSING(WSCEnumProtocolsEx, 5)
MISSING(WSCGetApplicationCategoryEx, 7)
MISSING(WSCInstallNameSpaceEx2, 7)
MISSING(WSCInstallProviderEx, 7)
MISSING(WSCSetApplicationCategoryEx, 8)
MISSING(WSCUnInstallNameSpaceEx2, 2)
MISSING(WSCUpdateProviderEx, 6)
MISSING(WSCWriteProviderOrderEx, 3)
MISSING(WahCloseApcHelper, 1)
MISSING(WahCloseHandleHelper, 1)
MISSING(WahCloseNotificationHandleHelper, 1)
MISSING(WahCloseSocketHandle, 2)
MISSING(WahCloseThread, 2)
MISSING(WahCompleteRequest, 5)
MISSING(WahCreateHandleContextTable, 1)
MISSING(WahCreateNotificationHandle, 2)
MISSING(WahCreateSocketHandle, 2)
MISSING(WahDestroyHandleContextTable, 1)
MISSING(WahDisableNonIFSHandleSupport, 0)
MISSING(WahEnableNonIFSHandleSupport, 0)
MISSING(WahEnumerateHandleContexts, 3)
FAILS(WahInsertHandleContext, 2, 0, 10045)
MISSING(WahNotifyAllProcesses, 1)
MISSING(WahOpenApcHelper, 1)
MISSING(WahOpenCurrentThread, 2)
MISSING(WahOpenHandleHelper, 1)
MISSING(WahOpenNotificationHandleHelper, 1)
MISSING(WahQueueUserApc, 4)
FAILS(WahReferenceContextByHandle, 2, 0, 10045)
MISSING(WahRemoveHandleContext, 2)
MISSING(WahWaitForNotification, 4)
MISSING(WahWriteLSPEvent, 2)
