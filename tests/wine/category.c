/* SPDX-License-Identifier: MIT */
/*
 * LSP categories (spi.md 2.7, 10.9, 10.10): the words are kept, and obeyed when a program starts. These cases change the
 * catalog of the prefix, so they run alone, and each leaves it as it was.
 */
#include "harness.h"

#include <ws2spi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN64
int WSPAPI WSCInstallProviderAndChains(const LPGUID, const LPWSTR, const LPWSTR, DWORD,
                                       const LPWSAPROTOCOL_INFOW, DWORD, LPDWORD, LPINT);
#endif

enum { FIREWALL = 8, CRYPTO = 0x40 };

static GUID guid = {0x77733274, 0x6573, 0x7431, {0x80, 0, 0, 0, 0, 0, 2, 1}},
            unknown = {0x77733274, 0x6573, 0x7432, {0x80, 0, 0, 0, 0, 0, 2, 2}};
static WSAPROTOCOL_INFOW entry[128];
static INT err;

#define FAILS(call, want) (err = 0, CHECK_FAILS(call, want), CHECK_ERR(err, want))

static int enumerate(void)
{
    DWORD bytes = sizeof entry;

    return WSCEnumProtocols(NULL, entry, &bytes, &err);
}

/* A layer whose DLL does not exist over all protocols: who is not kept from it has no network. */
static void put_layer(void)
{
    WCHAR name[] = L"ws2kit category", path[] = L"c:\\there-is-no-such.dll";
    DWORD id;

    NEED_OK(WSCInstallProviderAndChains(&guid, path, name, 0, NULL, 0, &id, &err));
}

static void take_layer(void)
{
    static WSAPROTOCOL_INFOW all[128];
    int count = enumerate();
    DWORD id = 0;

    memcpy(all, entry, sizeof all);
    for (int i = 0; i < count; i++)
        if (IsEqualGUID(&all[i].ProviderId, &guid))
            id = all[i].dwCatalogEntryId;
    for (int i = 0; i < count; i++)
        if (all[i].ProtocolChain.ChainLen > 1 && all[i].ProtocolChain.ChainEntries[0] == id)
            CHECK_OK(WSCDeinstallProvider(&all[i].ProviderId, &err));
    CHECK_OK(WSCDeinstallProvider(&guid, &err));
}

static void provider_info(void)
{
    DWORD word = 0;
    size_t bytes = 0;

    put_layer();
    FAILS(WSCGetProviderInfo(&guid, ProviderInfoLspCategories, NULL, &bytes, 0, &err), WSAEFAULT);
    CHECK_INT(bytes, 4);
    word = 99;
    CHECK_OK(WSCGetProviderInfo(&guid, ProviderInfoLspCategories, (BYTE *)&word, &bytes, 0, &err));
    CHECK_INT(word, 0); /* never set */
    word = FIREWALL;
    CHECK_OK(WSCSetProviderInfo(&guid, ProviderInfoLspCategories, (BYTE *)&word, 4, 0, &err));
    word = 0;
    CHECK_OK(WSCGetProviderInfo(&guid, ProviderInfoLspCategories, (BYTE *)&word, &bytes, 0, &err));
    CHECK_INT(word, FIREWALL);
    FAILS(WSCSetProviderInfo(&unknown, ProviderInfoLspCategories, (BYTE *)&word, 4, 0, &err), WSAEINVALIDPROVIDER);
    FAILS(WSCSetProviderInfo(&guid, ProviderInfoAudit, (BYTE *)&word, 4, 0, &err), ERROR_CALL_NOT_IMPLEMENTED);
    FAILS(WSCSetProviderInfo(&guid, ProviderInfoLspCategories, (BYTE *)&word, 4, 1, &err), WSAEINVAL);
    FAILS(WSCSetProviderInfo(&guid, ProviderInfoLspCategories, (BYTE *)&word, 2, 0, &err), WSAEFAULT);
    FAILS(WSCSetProviderInfo(&guid, ProviderInfoLspCategories, NULL, 4, 0, &err), WSAEFAULT);
    take_layer();
    put_layer(); /* who comes back does not inherit the word */
    CHECK_OK(WSCGetProviderInfo(&guid, ProviderInfoLspCategories, (BYTE *)&word, &bytes, 0, &err));
    CHECK_INT(word, 0);
    take_layer();
}

static void forget_programs(void)
{
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\AppId_Catalog");
}

static void programs(void)
{
    static const WCHAR path[] = L"%SystemRoot%\\some.exe", args[] = L"-a b";
    WCHAR plain[MAX_PATH];
    DWORD word = 99, chars = wcslen(path);
    INT windows_chars = GetWindowsDirectoryW(plain, MAX_PATH);

    forget_programs();
    FAILS(WSCGetApplicationCategory(path, chars, NULL, 0, &word, &err), WSASERVICE_NOT_FOUND);
    CHECK_OK(WSCSetApplicationCategory(path, chars, args, 4, FIREWALL, &word, &err));
    CHECK_INT(word, 0);
    CHECK_OK(WSCSetApplicationCategory(path, chars, args, 4, CRYPTO, &word, &err));
    CHECK_INT(word, FIREWALL);
    wcscpy(plain + windows_chars, L"\\SOME.exe");
    CHECK_OK(WSCGetApplicationCategory(plain, wcslen(plain), args, 4, &word, &err));
    CHECK_INT(word, FIREWALL | CRYPTO);
    FAILS(WSCGetApplicationCategory(plain, wcslen(plain), args, 3, &word, &err), WSASERVICE_NOT_FOUND);
    FAILS(WSCSetApplicationCategory(NULL, chars, NULL, 0, 1, &word, &err), WSAEINVAL);
    FAILS(WSCSetApplicationCategory(path, 0, NULL, 0, 1, &word, &err), WSAEINVAL);
    FAILS(WSCGetApplicationCategory(path, chars, NULL, 0, NULL, &err), WSAEINVAL);
    forget_programs();
}

/* 0: it has sockets and sees no chain; else what is in its way. */
static int child(int argc, char **argv)
{
    static WSAPROTOCOL_INFOW seen[128];
    DWORD bytes = sizeof seen;
    WSADATA data;
    int count;

    (void)argc;
    (void)argv;
    if (WSAStartup(MAKEWORD(2, 2), &data))
        return 1;
    count = WSAEnumProtocolsW(NULL, seen, &bytes);
    for (int i = 0; i < count; i++)
        if (seen[i].ProtocolChain.ChainLen > 1)
            return 2;
    return socket(AF_INET, SOCK_STREAM, 0) == INVALID_SOCKET ? 3 : 0;
}

static void obeyed(void)
{
    WCHAR own[MAX_PATH];
    DWORD chars = GetModuleFileNameW(NULL, own, MAX_PATH), word = FIREWALL, was;

    forget_programs();
    put_layer();
    CHECK_INT(child_wait(child_start("x", 0)), 2); /* no category: everything is loaded */
    CHECK_OK(WSCSetApplicationCategory(own, chars, L"--child y", 9, CRYPTO, &was, &err));
    CHECK_INT(child_wait(child_start("y", 0)), 0);
    CHECK_INT(child_wait(child_start("x", 0)), 2); /* other arguments */
    CHECK_OK(WSCSetProviderInfo(&guid, ProviderInfoLspCategories, (BYTE *)&word, 4, 0, &err));
    CHECK_INT(child_wait(child_start("y", 0)), 0); /* CRYPTO does not admit FIREWALL */
    CHECK_OK(WSCSetApplicationCategory(own, chars, L"--child y", 9, FIREWALL, &was, &err));
    CHECK_INT(child_wait(child_start("y", 0)), 2);
    CHECK_INT(enumerate() > 7, 1); /* installers see it all the same */
    take_layer();
    forget_programs();
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

const struct test_case test_cases[] = {
    { "provider-info", provider_info, .unstarted = 1 },
    { "programs", programs, .unstarted = 1 },
    { "obeyed", obeyed, .unstarted = 1 },
    { 0 },
};
