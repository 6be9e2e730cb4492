/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <string.h>

#include "providers/tcpip/fast.h"
#include "providers/tcpip/pend.h"

WSPUPCALLTABLE upcalls;

static struct lock startup_lock;
static LONG starts; /* guarded by startup_lock */

static const WSPPROC_TABLE entries = {
    WSPAccept,        WSPAddressToString,     WSPAsyncSelect,     WSPBind,
    WSPCancelBlockingCall, WSPCleanup,        WSPCloseSocket,     WSPConnect,
    WSPDuplicateSocket, WSPEnumNetworkEvents, WSPEventSelect,     WSPGetOverlappedResult,
    WSPGetPeerName,   WSPGetSockName,         WSPGetSockOpt,      WSPGetQOSByName,
    WSPIoctl,         WSPJoinLeaf,            WSPListen,          WSPRecv,
    WSPRecvDisconnect, WSPRecvFrom,           WSPSelect,          WSPSend,
    WSPSendDisconnect, WSPSendTo,             WSPSetSockOpt,      WSPShutdown,
    WSPSocket,        WSPStringToAddress,
};

int spi_fail(LPINT lp_errno, int err)
{
    if (lp_errno)
        *lp_errno = err;
    return SOCKET_ERROR;
}

/*
 * A base provider is started by ws2_32 and again by every layer above it, each of which calls WSPCleanup once
 * (spi.md 4.7). The upcalls are the same every time.
 */
int WSPAPI WSPStartup(WORD version, LPWSPDATA data, LPWSAPROTOCOL_INFOW info,
                      WSPUPCALLTABLE upcall_table, LPWSPPROC_TABLE table)
{
    static const WCHAR description[] = L"ws2kit TCP/IP";

    if (check_pointer(data) || check_pointer(table))
        return WSAEFAULT;
    if (LOBYTE(version) < 2 || (LOBYTE(version) == 2 && HIBYTE(version) < 2))
        return WSAVERNOTSUPPORTED;
    if (!afd_device())
        return WSASYSNOTREADY;

    fast_start();
    lock_take(&startup_lock);
    upcalls = upcall_table;
    starts++;
    lock_drop(&startup_lock);

    if (!check_pointer(info))
        provider_remember(info);
    data->wVersion = data->wHighVersion = MAKEWORD(2, 2);
    memcpy(data->szDescription, description, sizeof description);
    *table = entries;
    return 0;
}

static void drop_socket(struct sock *k)
{
    /* One that is closing already is left to finish its sends. */
    if (!sock_forget(k))
        return;
    afd_cancel_blocking(k);
    pend_cancel(k, NULL, FALSE);
    afd_cancel_pending(k, FALSE);
}

int WSPAPI WSPCleanup(LPINT lp_errno)
{
    BOOL last = FALSE;
    int err = 0;

    lock_take(&startup_lock);
    if (!starts)
        err = WSANOTINITIALISED;
    else
        last = --starts == 0;
    lock_drop(&startup_lock);

    if (last) {
        sock_each(drop_socket);
        afd_cancel_blocking(NULL);
    }
    return spi_end(lp_errno, err);
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)module;
    if (reason == DLL_THREAD_DETACH)
        afd_thread_done();
    if (reason == DLL_PROCESS_DETACH && !reserved) /* unloaded; at process end there is nothing to do */
        afd_done();
    return TRUE;
}
