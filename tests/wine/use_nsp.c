/* SPDX-License-Identifier: MIT */
#include "use_nsp.h"

volatile struct fake_nsp *fake;
GUID fakes[8];
static int uses;

GUID fake_id(char letter, char how, int results)
{
    GUID id = {FAKE_NSP_DATA1, 0, 0, {0x80, 0, 0, 0, 0, (BYTE)letter, (BYTE)results, (BYTE)how}};

    return id;
}

void install_fake(char letter, char how, int results)
{
    GUID id = fake_id(letter, how, results);
    WCHAR path[MAX_PATH];

    GetModuleFileNameW(NULL, path, MAX_PATH);
    lstrcpyW(wcsrchr(path, '\\') + 1, L"fake\\wt_nsp.dll");
    if (!fake)
        fake = (volatile struct fake_nsp *)(void *)GetProcAddress(LoadLibraryW(path), "fake_nsp");
    NEED(fake != NULL);
    WSCUnInstallNameSpace(&id); /* of a run that was cut short */
    NEED_OK(WSCInstallNameSpace(L"fake", how == 'x' ? L"C:\\no such.dll" : path, TEST_NS, 1, &id));
    fakes[uses++] = id;
}

void uninstall_all(void)
{
    while (uses)
        CHECK_OK(WSCUnInstallNameSpace(&fakes[--uses]));
}

/* ---- samples/directory ---- */

static GUID directory_id = {0x5D1A3C50, 0x7B1E, 0x4C0A, {0x9E, 0x42, 0x0D, 0x2F, 0x6B, 0x51, 0xA7, 0x33}};
static WCHAR book[MAX_PATH];

void install_directory(void)
{
    WCHAR path[MAX_PATH], folder[MAX_PATH];

    GetTempPathW(MAX_PATH, folder);
    NEED(GetTempFileNameW(folder, L"dir", 0, book) != 0);
    SetEnvironmentVariableW(L"WS2KIT_DIRECTORY", book);
    GetModuleFileNameW(NULL, path, MAX_PATH);
    lstrcpyW(wcsrchr(path, '\\') + 1, L"..\\..\\samples\\directory.dll");
    WSCUnInstallNameSpace(&directory_id);
    NEED_OK(WSCInstallNameSpace(L"directory", path, TEST_NS, 1, &directory_id));
}

void uninstall_directory(void)
{
    CHECK_OK(WSCUnInstallNameSpace(&directory_id));
    DeleteFileW(book);
}
