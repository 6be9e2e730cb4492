/* SPDX-License-Identifier: MIT */
/*
 * The installation API (spi.md 10 and 13.10). These cases change the catalog of the prefix, so they run alone, and
 * each leaves it as it was.
 */
#include "harness.h"

#include <ws2spi.h>
#include <sporder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN64
int WSPAPI WSCInstallProviderAndChains(const LPGUID, const LPWSTR, const LPWSTR, DWORD,
                                       const LPWSAPROTOCOL_INFOW, DWORD, LPDWORD, LPINT);
#endif

enum { ENTRIES = 128 };

static GUID guid = {0x77733274, 0x6573, 0x7431, {0x80, 0, 0, 0, 0, 0, 0, 1}},
            unknown = {0x77733274, 0x6573, 0x7432, {0x80, 0, 0, 0, 0, 0, 0, 2}};
static WSAPROTOCOL_INFOW entry[ENTRIES];
static INT err;

static int enumerate(void)
{
    DWORD bytes = sizeof entry;
    int count = WSCEnumProtocols(NULL, entry, &bytes, &err);

    NEED(count >= 6);
    return count;
}

static WSAPROTOCOL_INFOW *find(const GUID *id)
{
    int count = enumerate();

    for (int i = 0; i < count; i++)
        if (IsEqualGUID(&entry[i].ProviderId, id))
            return &entry[i];
    return NULL;
}

/* An entry that no other program is disturbed by: nobody has that address family. */
static WSAPROTOCOL_INFOW harmless(int chain_len)
{
    WSAPROTOCOL_INFOW info = {0};

    info.ProtocolChain.ChainLen = chain_len;
    info.iAddressFamily = 99;
    info.iSocketType = SOCK_STREAM;
    info.iProtocol = 9;
    wcscpy(info.szProtocol, L"ws2kit test");
    return info;
}

/* The thread's error tells the same as lpErrno. */
#define FAILS(call, want) (err = 0, CHECK_FAILS(call, want), CHECK_ERR(err, want))

static void enumerating(void)
{
    INT tcp[] = {IPPROTO_TCP, 0}, nobody[] = {99, 0}, none[] = {0};
    DWORD bytes = 0, needed;

    FAILS(WSCEnumProtocols(NULL, NULL, &bytes, &err), WSAENOBUFS);
    needed = bytes;
    CHECK(needed >= 6 * sizeof(WSAPROTOCOL_INFOW) && needed % sizeof(WSAPROTOCOL_INFOW) == 0);
    bytes = needed - 1;
    memset(entry, 0x5A, sizeof entry[0]);
    FAILS(WSCEnumProtocols(NULL, entry, &bytes, &err), WSAENOBUFS);
    CHECK_INT(bytes, needed);
    CHECK_INT(entry[0].dwServiceFlags1, 0x5A5A5A5A);
    bytes = needed;
    CHECK_INT(WSCEnumProtocols(NULL, entry, &bytes, &err), needed / sizeof entry[0]);
    bytes = sizeof entry;
    CHECK(WSCEnumProtocols(tcp, entry, &bytes, &err) >= 2);
    CHECK_INT(entry[0].iProtocol, IPPROTO_TCP);
    CHECK_INT(WSCEnumProtocols(nobody, entry, &bytes, &err), 0);
    CHECK_INT(WSCEnumProtocols(none, entry, &bytes, &err), 0);
    FAILS(WSCEnumProtocols(NULL, entry, NULL, &err), WSAEFAULT);
    CHECK_FAILS(WSCEnumProtocols(NULL, entry, NULL, NULL), WSAEFAULT);
}

static void installing(void)
{
    WSAPROTOCOL_INFOW info[2] = {harmless(1), harmless(0)}, *found;
    WCHAR long_path[300];
    int before = enumerate();
    DWORD last_id;

    info[0].dwCatalogEntryId = 1001; /* both overwritten */
    info[0].ProviderId = unknown;
    info[0].dwServiceFlags1 = 0xFFFFFFFF; /* kept, known or not */
    for (int i = 0; i < 300; i++)
        long_path[i] = i < 299 ? 'p' : 0;

    FAILS(WSCInstallProvider(NULL, L"c:\\x.dll", info, 2, &err), WSAEFAULT);
    FAILS(WSCInstallProvider(&guid, NULL, info, 2, &err), WSAEFAULT);
    FAILS(WSCInstallProvider(&guid, L"c:\\x.dll", NULL, 2, &err), WSAEFAULT);
    FAILS(WSCInstallProvider(&guid, L"c:\\x.dll", info, 0, &err), WSAEINVAL);
    FAILS(WSCInstallProvider(&guid, L"", info, 2, &err), WSAEINVAL);
    FAILS(WSCInstallProvider(&guid, long_path, info, 2, &err), WSAEINVAL);
    CHECK_INT(enumerate(), before);

    CHECK_OK(WSCInstallProvider(&guid, L"c:\\x.dll", info, 2, &err));
    CHECK_INT(info[0].dwCatalogEntryId, 1001);
    CHECK_INT(enumerate(), before + 2);
    found = find(&guid);
    if (CHECK(found == &entry[before])) { /* at the end, in their order */
        last_id = found[0].dwCatalogEntryId;
        CHECK(last_id > 1006);
        CHECK_INT(found[1].dwCatalogEntryId, last_id + 1);
        CHECK_INT(found[0].dwServiceFlags1, 0xFFFFFFFF);
        CHECK_INT(found[1].ProtocolChain.ChainLen, 0);
    }
    FAILS(WSCInstallProvider(&guid, L"c:\\y.dll", info, 1, &err), WSANO_RECOVERY);

    FAILS(WSCDeinstallProvider(&unknown, &err), WSAEINVAL);
    FAILS(WSCDeinstallProvider(NULL, &err), WSAEFAULT);
    CHECK_OK(WSCDeinstallProvider(&guid, &err));
    FAILS(WSCDeinstallProvider(&guid, &err), WSAEINVAL);
    CHECK_INT(enumerate(), before);
}

static void paths(void)
{
    static const WCHAR want[] = L"%SystemRoot%\\x.dll";
    WSAPROTOCOL_INFOW info = harmless(0);
    WCHAR path[64];
    INT chars = 64;

    CHECK_OK(WSCInstallProvider(&guid, want, &info, 1, &err));
    CHECK_OK(WSCGetProviderPath(&guid, path, &chars, &err));
    CHECK_INT(wcscmp(path, want), 0);
    chars = 19;
    CHECK_OK(WSCGetProviderPath(&guid, path, &chars, &err));
    chars = 18;
    FAILS(WSCGetProviderPath(&guid, path, &chars, &err), WSAEFAULT);
    CHECK_INT(chars, 19);
    chars = 64;
    FAILS(WSCGetProviderPath(&unknown, path, &chars, &err), WSAEINVAL);
    FAILS(WSCGetProviderPath(NULL, path, &chars, &err), WSAEFAULT);
    FAILS(WSCGetProviderPath(&guid, NULL, &chars, &err), WSAEFAULT);
    FAILS(WSCGetProviderPath(&guid, path, NULL, &err), WSAEFAULT);
    CHECK_OK(WSCDeinstallProvider(&guid, &err));
}

static void updating(void)
{
    WSAPROTOCOL_INFOW info = harmless(1), *found;

    CHECK_OK(WSCInstallProvider(&guid, L"c:\\x.dll", &info, 1, &err));
    found = find(&guid);
    NEED(found != NULL);
    info = *found;
    info.dwMessageSize = 42;
    CHECK_OK(WSCUpdateProvider(&guid, L"c:\\y.dll", &info, 1, &err));
    found = find(&guid);
    CHECK(found && found->dwMessageSize == 42 && found->dwCatalogEntryId == info.dwCatalogEntryId);
    FAILS(WSCUpdateProvider(&unknown, L"c:\\y.dll", &info, 1, &err), WSANO_RECOVERY);
    info.dwCatalogEntryId = 1001; /* another provider's */
    FAILS(WSCUpdateProvider(&guid, L"c:\\y.dll", &info, 1, &err), WSAEINVAL);
    CHECK_OK(WSCDeinstallProvider(&guid, &err));
}

static void ordering(void)
{
    DWORD ids[ENTRIES], reversed[ENTRIES];
    int count = enumerate();

    for (int i = 0; i < count; i++) {
        ids[i] = entry[i].dwCatalogEntryId;
        reversed[count - 1 - i] = ids[i];
    }
    CHECK_INT(WSCWriteProviderOrder(reversed, count), 0);
    enumerate();
    CHECK_INT(entry[0].dwCatalogEntryId, ids[count - 1]);
    CHECK_INT(WSCWriteProviderOrder(ids, count), 0);
    enumerate();
    CHECK_INT(entry[0].dwCatalogEntryId, ids[0]);

    CHECK_INT(WSCWriteProviderOrder(ids, count - 1), WSAEINVAL);
    CHECK_INT(WSCWriteProviderOrder(NULL, count), WSAEFAULT);
    ids[count] = 999999;
    CHECK_INT(WSCWriteProviderOrder(ids, count + 1), WSAEINVAL);
    ids[0] = 999999;
    CHECK_INT(WSCWriteProviderOrder(ids, count), WSAEINVAL);
    ids[0] = ids[1];
    CHECK_INT(WSCWriteProviderOrder(ids, count), WSAEINVAL);
}

static void remove_chains_of(DWORD layer_id)
{
    int count = enumerate();
    static WSAPROTOCOL_INFOW copy[ENTRIES];

    memcpy(copy, entry, sizeof copy);
    for (int i = 0; i < count; i++)
        if (copy[i].ProtocolChain.ChainLen > 1 && copy[i].ProtocolChain.ChainEntries[0] == layer_id)
            CHECK_OK(WSCDeinstallProvider(&copy[i].ProviderId, &err));
}

static void a_layer_and_its_chains(void)
{
    static const INT over_len = 8;
    WCHAR name[] = L"ws2kit test", path[] = L"c:\\x.dll", other[] = L"other", long_name[300];
    WSAPROTOCOL_INFOW base, *found;
    DWORD id = 0;
    int before = enumerate(), chains = 0;

    base = entry[0];
    for (int i = 0; i < 300; i++)
        long_name[i] = i < 299 ? 'n' : 0;
    CHECK_OK(WSCInstallProviderAndChains(&guid, path, name, 0, NULL, 0, &id, &err));
    found = find(&guid);
    CHECK(found && found->dwCatalogEntryId == id && found->ProtocolChain.ChainLen == 0 &&
          found->dwProviderFlags & PFL_HIDDEN);
    for (int i = 0; i < enumerate() && entry[i].ProtocolChain.ChainLen > 1; i++) {
        chains++; /* they come first */
        CHECK_INT(entry[i].ProtocolChain.ChainEntries[0], id);
        CHECK_INT(entry[i].dwServiceFlags1 & XP1_IFS_HANDLES, 0);
        CHECK(wcsstr(entry[i].szProtocol, L" over [") != NULL);
    }
    CHECK_INT(enumerate(), before + chains + 1);
    CHECK_INT(entry[0].ProtocolChain.ChainEntries[1], base.dwCatalogEntryId);
    CHECK_INT(wcslen(entry[0].szProtocol), wcslen(name) + wcslen(base.szProtocol) + over_len);

    FAILS(WSCInstallProviderAndChains(&guid, path, other, 0, NULL, 0, &id, &err), WSAEINVAL);
    FAILS(WSCInstallProviderAndChains(&unknown, path, name, 0, NULL, 0, &id, &err), WSAEINVAL);
    FAILS(WSCInstallProviderAndChains(NULL, path, other, 0, NULL, 0, &id, &err), WSAEINVAL);
    FAILS(WSCInstallProviderAndChains(&unknown, NULL, other, 0, NULL, 0, &id, &err), WSAEFAULT);
    FAILS(WSCInstallProviderAndChains(&unknown, path, NULL, 0, NULL, 0, &id, &err), WSAEFAULT);
    FAILS(WSCInstallProviderAndChains(&unknown, path, other, 1, NULL, 0, &id, &err), WSAEINVAL);
    FAILS(WSCInstallProviderAndChains(&unknown, path, other, 0, &base, 0, &id, &err), WSAEINVAL);
    FAILS(WSCInstallProviderAndChains(&unknown, path, other, 0, NULL, 3, &id, &err), WSAEINVAL);
    FAILS(WSCInstallProviderAndChains(&unknown, path, long_name, 0, NULL, 0, &id, &err), WSAEINVAL);
    base.iAddressFamily = 99;
    FAILS(WSCInstallProviderAndChains(&unknown, path, other, 0, &base, 1, &id, &err), WSAEINVAL);

    found = find(&guid);
    id = found ? found->dwCatalogEntryId : 0;
    remove_chains_of(id);
    CHECK_OK(WSCDeinstallProvider(&guid, &err));
    CHECK_INT(enumerate(), before);
}

/* 10.7: the hidden entry goes first, the chain stays for repair tools to find, and sockets are made without it. */
static void an_orphan(void)
{
    WCHAR name[] = L"ws2kit test", path[] = L"c:\\there-is-no-such.dll";
    int before = enumerate();
    DWORD id = 0;
    SOCKET s;

    CHECK_OK(WSCInstallProviderAndChains(&guid, path, name, 0, NULL, 0, &id, &err));
    CHECK_OK(WSCDeinstallProvider(&guid, &err));
    CHECK(enumerate() > before);
    s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(s != INVALID_SOCKET);
    closesocket(s);
    remove_chains_of(id);
    CHECK_INT(enumerate(), before);
}

#ifdef _WIN64
static int enumerate_32(void)
{
    DWORD bytes = sizeof entry;

    return WSCEnumProtocols32(NULL, entry, &bytes, &err);
}

static void two_widths(void)
{
    WSAPROTOCOL_INFOW info = harmless(0);
    int native = enumerate(), narrow = enumerate_32();
    WCHAR path[64];
    INT chars = 64;

    CHECK(narrow >= 6);
    CHECK_OK(WSCInstallProvider(&guid, L"c:\\x.dll", &info, 1, &err));
    CHECK_INT(enumerate_32(), narrow);
    FAILS(WSCGetProviderPath32(&guid, path, &chars, &err), WSAEINVAL);
    CHECK_OK(WSCDeinstallProvider(&guid, &err));

    CHECK_OK(WSCInstallProvider64_32(&guid, L"c:\\x.dll", &info, 1, &err));
    CHECK_INT(enumerate(), native + 1);
    CHECK_INT(enumerate_32(), narrow + 1);
    CHECK_OK(WSCGetProviderPath32(&guid, path, &chars, &err));
    CHECK_OK(WSCDeinstallProvider32(&guid, &err));
    CHECK_INT(enumerate_32(), narrow);
    CHECK_INT(enumerate(), native + 1);
    CHECK_OK(WSCDeinstallProvider(&guid, &err));
}
#else
static void two_widths(void)
{
    skip("a 32-bit program has one catalog");
}
#endif

/* ---- several installers at once ---- */

enum { CHILDREN = 4, ROUNDS = 25 };
static const char at_work[] = "ws2kit-test-installer-at-work";

static int child(int argc, char **argv)
{
    WSAPROTOCOL_INFOW info = harmless(1);
    HANDLE told = OpenEventA(EVENT_MODIFY_STATE, FALSE, at_work); /* there: go on until killed */
    GUID own = guid;

    own.Data4[7] = (unsigned char)(argc > 0 ? 100 + atoi(argv[argc - 1]) : 100);
    if (told)
        SetEvent(told);
    for (int i = 0; told || i < ROUNDS; i++) {
        if (WSCInstallProvider(&own, L"c:\\x.dll", &info, 1, &err))
            return 1;
        if ((told || i < ROUNDS - 1) && WSCDeinstallProvider(&own, &err))
            return 2;
    }
    return 0;
}

static void at_once(void)
{
    int before = enumerate();
    HANDLE process[CHILDREN];
    char number[16];

    for (int i = 0; i < CHILDREN; i++) {
        snprintf(number, sizeof number, "%d", i);
        process[i] = child_start(number, 0);
    }
    for (int i = 0; i < CHILDREN; i++)
        CHECK_INT(child_wait(process[i]), 0);
    CHECK_INT(enumerate(), before + CHILDREN);
    for (int i = 0; i < CHILDREN; i++) {
        GUID own = guid;

        own.Data4[7] = (unsigned char)(100 + i);
        CHECK_OK(WSCDeinstallProvider(&own, &err));
    }
    CHECK_INT(enumerate(), before);
}

/* ---- installers that die ---- */

static void killed(void)
{
    HANDLE told = CreateEventA(NULL, FALSE, FALSE, at_work);
    int before = enumerate();
    GUID own = guid;

    own.Data4[7] = 100 + CHILDREN;
    for (int i = 0; i < 8; i++) {
        HANDLE process = child_start("4", 0);
        int count;

        CHECK_INT(WaitForSingleObject(told, 20000), WAIT_OBJECT_0);
        Sleep(i * 3); /* anywhere in its work, which takes some 10 ms a round; nothing is awaited */
        TerminateProcess(process, 0);
        child_wait(process);
        count = enumerate();
        CHECK(count == before || count == before + 1);
        if (count > before)
            CHECK_OK(WSCDeinstallProvider(&own, &err)); /* the lock is free, too */
    }
    CHECK_INT(enumerate(), before);
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

const struct test_case test_cases[] = {
    { "enumerating", enumerating, .unstarted = 1 },
    { "installing", installing, .unstarted = 1 },
    { "paths", paths, .unstarted = 1 },
    { "updating", updating, .unstarted = 1 },
    { "ordering", ordering, .unstarted = 1 },
    { "layer-and-chains", a_layer_and_its_chains, .unstarted = 1 },
    { "orphan", an_orphan },
    { "two-widths", two_widths, .unstarted = 1 },
    { "at-once", at_once, .unstarted = 1 },
    { "killed", killed, .unstarted = 1 },
    { 0 },
};
