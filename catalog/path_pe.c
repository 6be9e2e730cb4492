/* SPDX-License-Identifier: MIT */
#include "catalog/path.h"

#include <winsock2.h>
#include <windows.h>

#include <string.h>

#include "base/wsaerr.h"

size_t path_from_stored(const char *stored, catalog_char path[CATALOG_PATH_BYTES])
{
    int chars = MultiByteToWideChar(CP_ACP, 0, stored, -1, path, CATALOG_PATH_BYTES);

    return chars > 0 ? (size_t)chars - 1 : 0;
}

int path_to_stored(const catalog_char *path, char stored[CATALOG_PATH_BYTES])
{
    catalog_char back[CATALOG_PATH_BYTES];
    size_t chars;

    if (!path[0])
        return WSAEINVAL;
    if (!WideCharToMultiByte(CP_ACP, 0, path, -1, stored, CATALOG_PATH_BYTES, NULL, NULL))
        return WSAEINVAL;
    chars = path_from_stored(stored, back); /* asks in one way, for any code page, whether all of it came through */
    return chars && !wcscmp(path, back) ? 0 : WSAEINVAL;
}
