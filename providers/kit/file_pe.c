/* SPDX-License-Identifier: MIT */
#include "providers/kit/file.h"

#include <string.h>

HANDLE kit_open_file(const char *name, DWORD access, DWORD share, DWORD disposition)
{
    static const WCHAR linux_root[] = L"\\\\?\\unix";
    WCHAR wide[ARRAYSIZE(linux_root) + 1024] = { 0 };
    WCHAR *to = wide;

    if (*name == '/') {
        memcpy(wide, linux_root, sizeof linux_root);
        to += ARRAYSIZE(linux_root) - 1;
    }
    if (!MultiByteToWideChar(CP_UTF8, 0, name, -1, to, 1024))
        return INVALID_HANDLE_VALUE;
    for (WCHAR *c = to; *name == '/' && *c; c++)
        if (*c == '/')
            *c = '\\';
    return CreateFileW(wide, access, share, NULL, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
}
