/* SPDX-License-Identifier: MIT */
/* WSAStartup, WSACleanup, the thread's last error, and what happens when the DLL is loaded. */
#include <string.h>

#include "ws2_32/core/startup.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/core/version.h"

int WSAAPI WSAStartup(WORD wanted, LPWSADATA data)
{
    WORD use = VERSION_HIGHEST;
    int err;

    if (IsBadWritePtr(data, sizeof *data))
        return WSAEFAULT;
    memset(data, 0, sizeof *data);
    err = startup_begin(wanted, &use);
    data->wVersion = use;
    data->wHighVersion = VERSION_HIGHEST;
    if (err)
        return err;

    strcpy(data->szDescription, "WinSock 2.0");
    strcpy(data->szSystemStatus, "Running");
    if (LOBYTE(use) == 1) { /* the two mean nothing to a 2.x program, which finds 0 */
        data->iMaxSockets = 32767;
        data->iMaxUdpDg = 65467;
    }
    return 0;
}

int WSAAPI WSACleanup(void)
{
    int err = startup_end();

    if (err)
        return api_fail(err);
    SetLastError(0);
    return 0;
}

int WSAAPI WSAGetLastError(void)
{
    return GetLastError();
}

void WSAAPI WSASetLastError(int err)
{
    SetLastError(err);
}

/* A leftover of 16-bit DLLs that programs may import by ordinal. */
BOOL WSAAPI WEP(void);
BOOL WSAAPI WEP(void)
{
    return TRUE;
}

/* Nothing here may wait or call out: the loader lock is held. What the process still has open at its end the kernel closes. */
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    if (reason == DLL_PROCESS_ATTACH)
        return thread_process_attach();
    if (reason == DLL_THREAD_DETACH)
        thread_detach();
    if (reason == DLL_PROCESS_DETACH && !reserved)
        thread_process_detach();
    return TRUE;
}
