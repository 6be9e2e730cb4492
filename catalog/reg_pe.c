/* SPDX-License-Identifier: MIT */
#include "catalog/reg.h"

#include <winsock2.h>
#include <windows.h>

#include "base/wsaerr.h"

enum { PATH_CHARS = 128, LOCK_MS = 10000 };

static int err_from_code(LSTATUS code)
{
    switch (code) {
    case ERROR_SUCCESS:
        return 0;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_NO_MORE_ITEMS:
    case ERROR_KEY_DELETED:
        return WSANO_DATA;
    case ERROR_ACCESS_DENIED:
        return WSAEACCES;
    case ERROR_MORE_DATA:
        return WSAEMSGSIZE;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
        return WSA_NOT_ENOUGH_MEMORY;
    }
    return WSANO_RECOVERY;
}

/*
 * ASCII by contract; the W functions, because the A ones would translate the data of strings as
 * well.
 */
static bool widen(const char *text, WCHAR wide[PATH_CHARS])
{
    size_t i = 0;

    do {
        if (i == PATH_CHARS)
            return false;
        wide[i] = (unsigned char)text[i];
    } while (text[i++]);
    return true;
}

static HKEY hkey(struct reg_key *key)
{
    return key ? (HKEY)(void *)key : HKEY_LOCAL_MACHINE;
}

int reg_create(struct reg_key *parent, const char *path, struct reg_key **out)
{
    WCHAR wide[PATH_CHARS];
    HKEY key;
    int err;

    if (!widen(path, wide))
        return WSANO_RECOVERY;
    err = err_from_code(RegCreateKeyExW(hkey(parent), wide, 0, NULL, 0, KEY_READ | KEY_WRITE | DELETE,
                                        NULL, &key, NULL));
    if (!err)
        *out = (struct reg_key *)(void *)key;
    return err;
}

void reg_close(struct reg_key *key)
{
    if (key)
        RegCloseKey(hkey(key));
}

int reg_set(struct reg_key *key, const char *name, uint32_t type, const void *data, size_t bytes)
{
    WCHAR wide[PATH_CHARS];

    if (!widen(name, wide))
        return WSANO_RECOVERY;
    return err_from_code(RegSetValueExW(hkey(key), wide, 0, type, data, (DWORD)bytes));
}

int reg_delete_value(struct reg_key *key, const char *name)
{
    WCHAR wide[PATH_CHARS];

    if (!widen(name, wide))
        return WSANO_RECOVERY;
    return err_from_code(RegDeleteValueW(hkey(key), wide));
}

int reg_delete_key(struct reg_key *parent, const char *name)
{
    WCHAR wide[PATH_CHARS];

    if (!widen(name, wide))
        return WSANO_RECOVERY;
    return err_from_code(RegDeleteTreeW(hkey(parent), wide));
}

int reg_count(struct reg_key *key, uint32_t *subkeys)
{
    DWORD count;
    int err = err_from_code(RegQueryInfoKeyW(hkey(key), NULL, NULL, NULL, &count, NULL, NULL, NULL,
                                             NULL, NULL, NULL, NULL));

    if (!err)
        *subkeys = count;
    return err;
}

int reg_name(struct reg_key *key, uint32_t index, char name[REG_NAME_CHARS])
{
    uint64_t written;

    return reg_child(key, index, name, &written);
}

uint64_t reg_now(void)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

void reg_program(char name[REG_NAME_CHARS])
{
    WCHAR path[MAX_PATH], *file = path;
    DWORD chars = GetModuleFileNameW(NULL, path, MAX_PATH), i;

    path[chars < MAX_PATH ? chars : MAX_PATH - 1] = 0;
    for (WCHAR *at = path; *at; at++)
        if (*at == '\\' || *at == '/')
            file = at + 1;
    for (i = 0; i < REG_NAME_CHARS - 1 && file[i]; i++)
        name[i] = file[i] >= 0x20 && file[i] < 0x7F ? (char)file[i] : '?';
    name[i] = 0;
}

/*
 * A handle per use: the lock is taken by installers, once in a process's life. An abandoned mutex
 * is ours like any other; the journal says what its last owner left.
 */
static HANDLE lock;

int reg_lock(void)
{
    HANDLE mutex = CreateMutexW(NULL, FALSE, L"Global\\ws2kit-protocol-catalog");
    DWORD wait;

    if (!mutex)
        return err_from_code((LSTATUS)GetLastError());
    wait = WaitForSingleObject(mutex, LOCK_MS);
    if (wait != WAIT_OBJECT_0 && wait != WAIT_ABANDONED) {
        CloseHandle(mutex);
        return WSATRY_AGAIN;
    }
    lock = mutex; /* guarded by the mutex itself: it has one owner, and is not taken twice */
    return 0;
}

void reg_unlock(void)
{
    HANDLE mutex = lock;

    lock = NULL;
    ReleaseMutex(mutex);
    CloseHandle(mutex);
}

bool reg_two_widths(void)
{
#ifdef _WIN64
    return true;
#else
    BOOL wow64 = FALSE;

    return IsWow64Process(GetCurrentProcess(), &wow64) && wow64;
#endif
}
