/* SPDX-License-Identifier: MIT */
/* Temporary: exports whose owner has not landed them yet. Owner: catalog. A line goes when the real one comes. */
#include "ws2_32/api/missing.h"


MISSING(WSCEnableNSProvider, 2)
MISSING(WSCEnableNSProvider32, 2)
MISSING(WSCEnumNameSpaceProviders32, 2)
MISSING(WSCEnumNameSpaceProvidersEx32, 2)
MISSING(WSCInstallNameSpace, 5)
MISSING(WSCInstallNameSpace32, 5)
MISSING(WSCInstallNameSpaceEx, 6)
MISSING(WSCInstallNameSpaceEx32, 6)
MISSING(WSCUnInstallNameSpace, 1)
MISSING(WSCUnInstallNameSpace32, 1)
MISSING(WSCWriteNameSpaceOrder, 2)
MISSING(WSCWriteNameSpaceOrder32, 2)
