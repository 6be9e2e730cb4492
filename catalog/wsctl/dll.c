/* SPDX-License-Identifier: MIT */
/* DLLs on the command line: UTF-8 there, UTF-16 for the system, one byte a character in the protocol catalog. */
#include "catalog/wsctl/wsctl.h"

#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"
#include "catalog/path.h"

bool wide_text(const char *utf8, WCHAR *wide, int room)
{
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, room) > 0;
}

void utf8_text(const WCHAR *wide, char text[TEXT_BYTES])
{
    if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, TEXT_BYTES, NULL, NULL))
        text[0] = 0;
}

void path_text(const char *stored, char text[TEXT_BYTES])
{
    WCHAR wide[CATALOG_PATH_BYTES];

    text[0] = 0;
    if (path_from_stored(stored, wide))
        utf8_text(wide, text);
}

bool is_bare_name(const char *dll)
{
    return !strpbrk(dll, "\\/.:%");
}

bool dll_path(const char *dll, WCHAR path[MAX_PATH])
{
    WCHAR given[MAX_PATH];
    DWORD chars;

    if (!wide_text(dll, given, MAX_PATH))
        return false;
    if (given[0] == '%') {
        memcpy(path, given, sizeof given);
        return true;
    }
    chars = GetFullPathNameW(given, MAX_PATH, path, NULL);
    return chars && chars < MAX_PATH;
}

/* What the code page cannot hold goes by the short name that the file has besides. */
bool dll_path_stored(const WCHAR *path, char stored[CATALOG_PATH_BYTES])
{
    WCHAR alias[MAX_PATH];
    DWORD chars;

    if (!path_to_stored(path, stored))
        return true;
    chars = GetShortPathNameW(path, alias, MAX_PATH);
    return chars && chars < MAX_PATH && !path_to_stored(alias, stored);
}

bool dll_exists(const WCHAR *path)
{
    WCHAR file[MAX_PATH];
    DWORD chars = ExpandEnvironmentStringsW(path, file, MAX_PATH);

    return chars && chars <= MAX_PATH && GetFileAttributesW(file) != INVALID_FILE_ATTRIBUTES;
}

int complain_not_loadable(const char *what, const char *path)
{
    DWORD code = GetLastError();

    if (code == ERROR_BAD_EXE_FORMAT)
        return complain("cannot install %s: %s is not a %d-bit DLL; give the %d-bit build of it", what, path,
                        (int)sizeof(void *) * 8, (int)sizeof(void *) * 8);
    return complain("cannot install %s: %s cannot be loaded (error %lu); check that the DLLs it needs are beside it "
                    "or in system32",
                    what, path, (unsigned long)code);
}
