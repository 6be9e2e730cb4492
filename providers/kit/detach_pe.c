/* SPDX-License-Identifier: MIT */
#include "providers/kit/chain.h"

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID process_ends);

/*
 * In a file of its own: the linker takes it for a layer that has no DllMain itself. One that has goes without the stop()
 * at the end of a process that never called WSACleanup.
 */
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID process_ends)
{
    (void)module;
    if (reason == DLL_PROCESS_DETACH && process_ends)
        layer_detach();
    return TRUE;
}
