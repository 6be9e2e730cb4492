/* SPDX-License-Identifier: MIT */
#include "ws2_32/compat/rnr1.h"

#include <stdlib.h>

int rnr1_fail(DWORD code, int result)
{
    SetLastError(code);
    return result;
}

DWORD rnr1_code(int err)
{
    switch (err) {
    case WSASERVICE_NOT_FOUND:
    case WSATYPE_NOT_FOUND:
    case WSAHOST_NOT_FOUND:
    case WSANO_DATA:
    case WSA_E_NO_MORE:
    case WSAENOMORE:
        return ERROR_SERVICE_NOT_FOUND;
    case WSAEINVAL:
    case WSAEFAULT:
        return ERROR_INVALID_PARAMETER;
    case WSAEALREADY:
        return ERROR_ALREADY_REGISTERED;
    case WSAEACCES:
        return ERROR_ACCESS_DENIED;
    case WSAEOPNOTSUPP:
        return ERROR_NOT_SUPPORTED;
    }
    return (DWORD)err; /* WSA_NOT_ENOUGH_MEMORY is ERROR_NOT_ENOUGH_MEMORY */
}

DWORD rnr1_start(void)
{
    WSADATA data;

    return (DWORD)WSAStartup(MAKEWORD(2, 2), &data);
}

void rnr1_stop(void)
{
    DWORD code = GetLastError();

    WSACleanup();
    SetLastError(code);
}

bool rnr1_text(const void *text, bool wide, WCHAR **out)
{
    int chars;

    *out = NULL;
    if (!text)
        return true;
    if (wide) {
        *out = _wcsdup(text);
        return *out != NULL;
    }
    chars = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
    *out = calloc((size_t)chars + 1, sizeof **out);
    if (*out)
        MultiByteToWideChar(CP_ACP, 0, text, -1, *out, chars);
    return *out != NULL;
}
