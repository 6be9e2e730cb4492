/* SPDX-License-Identifier: MIT */
/*
 * sporder.dll: the two order functions where the SDK's import library of 1996 looks for them. Installers link it and
 * ship no copy, so a system must have one. The work is ws2_32's.
 */
#include <winsock2.h>
#include <ws2spi.h>
#include <sporder.h>

/* Called through pointers: within this DLL the names are our own. */
typedef int(WSPAPI *order_fn)(void *ids, DWORD count);

static int pass_on(const char *name, void *ids, DWORD count)
{
    HMODULE ws2_32 = LoadLibraryW(L"ws2_32.dll");
    order_fn order = ws2_32 ? (order_fn)(void *)GetProcAddress(ws2_32, name) : NULL;
    int err = order ? order(ids, count) : WSASYSCALLFAILURE;

    if (ws2_32)
        FreeLibrary(ws2_32);
    return err;
}

int WSPAPI WSCWriteProviderOrder(LPDWORD ids, DWORD count)
{
    return pass_on("WSCWriteProviderOrder", ids, count);
}

int WSPAPI WSCWriteNameSpaceOrder(LPGUID ids, DWORD count)
{
    return pass_on("WSCWriteNameSpaceOrder", ids, count);
}
