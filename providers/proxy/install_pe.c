/* SPDX-License-Identifier: MIT */
/*
 * Puts the provider of names of names=proxy into a prefix for good, before all others, and takes it out again:
 *     wine rundll32 ws2proxy.dll,InstallNames
 *     wine rundll32 ws2proxy.dll,RemoveNames
 * The exit status is 0 or the Winsock error.
 */
#include "providers/proxy/proxy.h"

#include <stdlib.h>
#include <string.h>
#include <sporder.h>

void CALLBACK InstallNames(HWND window, HINSTANCE instance, LPSTR line, int show);
void CALLBACK RemoveNames(HWND window, HINSTANCE instance, LPSTR line, int show);

static GUID provider_id = { 0x7e0d21b4, 0x1c3f, 0x4a96, { 0x8d, 0x55, 0x60, 0xf2, 0x9a, 0x0b, 0x3e, 0xd7 } };

static WSANAMESPACE_INFOW *list_providers(INT *count)
{
    DWORD bytes = 0;
    WSANAMESPACE_INFOW *list;

    WSAEnumNameSpaceProvidersW(&bytes, NULL);
    list = malloc(bytes ? bytes : 1);
    *count = list ? WSAEnumNameSpaceProvidersW(&bytes, list) : SOCKET_ERROR;
    return list;
}

/* A new one comes last, and would only be asked for what the others do not know. */
static int move_to_front(void)
{
    int(WSPAPI *write_order)(LPGUID, DWORD) =
        (void *)GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "WSCWriteNameSpaceOrder");
    INT count;
    WSANAMESPACE_INFOW *list = list_providers(&count);
    GUID *order = count > 0 ? malloc((size_t)count * sizeof *order) : NULL;
    DWORD used = 0;
    int err = WSANO_RECOVERY;

    if (write_order && order) {
        order[used++] = provider_id;
        for (INT i = 0; i < count; i++)
            if (memcmp(&list[i].NSProviderId, &provider_id, sizeof provider_id))
                order[used++] = list[i].NSProviderId;
        err = write_order(order, used);
    }
    free(order);
    free(list);
    return err;
}

void CALLBACK InstallNames(HWND window, HINSTANCE instance, LPSTR line, int show)
{
    WCHAR name[] = L"ws2kit proxy", path[] = L"%SystemRoot%\\system32\\ws2proxy.dll";
    WSADATA data;

    (void)window, (void)instance, (void)line, (void)show;
    WSAStartup(MAKEWORD(2, 2), &data);
    if (WSCInstallNameSpace(name, path, NS_DNS, 1, &provider_id))
        ExitProcess((UINT)WSAGetLastError());
    ExitProcess((UINT)move_to_front());
}

void CALLBACK RemoveNames(HWND window, HINSTANCE instance, LPSTR line, int show)
{
    (void)window, (void)instance, (void)line, (void)show;
    ExitProcess(WSCUnInstallNameSpace(&provider_id) ? (UINT)WSAGetLastError() : 0);
}
