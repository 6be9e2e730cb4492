/* SPDX-License-Identifier: MIT */
/*
 * Name spaces (spi.md 10.11 to 10.14, 11, 13.11). The cases install providers into the prefix's catalog, so they run
 * alone, and each leaves it as it was.
 */
#include "harness.h"

#include <ws2spi.h>
#include <sporder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEST_NS = 4711, ROOM = 16384 };

static GUID id_a = {0x77733274, 0x6573, 0x7441, {0x81, 0, 0, 0, 0, 0, 0, 1}},
            id_b = {0x77733274, 0x6573, 0x7442, {0x81, 0, 0, 0, 0, 0, 0, 2}},
            unknown = {0x77733274, 0x6573, 0x7443, {0x81, 0, 0, 0, 0, 0, 0, 3}};
static GUID id_dns = {0x22059D40, 0x7E9E, 0x11CF, {0xAE, 0x5A, 0x00, 0xAA, 0x00, 0xA7, 0x11, 0x2B}};

/* ---- the catalog ---- */

static union {
    WSANAMESPACE_INFOW w[1];
    WSANAMESPACE_INFOA a[1];
    WSANAMESPACE_INFOEXW exw[1];
    char byte[ROOM];
} list;

static int enumerate(void)
{
    DWORD bytes = sizeof list;
    int count = WSAEnumNameSpaceProvidersW(&bytes, list.w);

    NEED(count >= 0);
    return count;
}

static WSANAMESPACE_INFOW *find(const GUID *id)
{
    int count = enumerate();

    for (int i = 0; i < count; i++)
        if (IsEqualGUID(&list.w[i].NSProviderId, id))
            return &list.w[i];
    return NULL;
}

static int inside(const void *p, size_t bytes, DWORD used)
{
    return (char *)p >= list.byte && (char *)p + bytes <= list.byte + used;
}

static void listing(void)
{
    DWORD bytes = 0, needed;
    int count;

    CHECK_FAILS(WSAEnumNameSpaceProvidersW(NULL, list.w), WSAEFAULT);
    CHECK_FAILS(WSAEnumNameSpaceProvidersW(&bytes, NULL), WSAEFAULT);
    needed = bytes;
    CHECK(needed > 2 * sizeof list.w[0] && needed < sizeof list);
    bytes = needed - 1;
    memset(&list, 0x5A, sizeof list);
    CHECK_FAILS(WSAEnumNameSpaceProvidersW(&bytes, list.w), WSAEFAULT);
    CHECK_INT(bytes, needed);
    CHECK_INT(list.byte[0], 0x5A);
    count = WSAEnumNameSpaceProvidersW(&bytes, list.w);
    CHECK(count >= 2);
    CHECK_INT(list.byte[needed], 0x5A);
    for (int i = 0; i < count; i++)
        CHECK(inside(list.w[i].lpszIdentifier, (wcslen(list.w[i].lpszIdentifier) + 1) * 2, needed));
    if (CHECK(find(&id_dns) != NULL)) {
        CHECK_INT(find(&id_dns)->dwNameSpace, NS_DNS);
        CHECK_INT(find(&id_dns)->fActive, TRUE);
        CHECK_INT(wcscmp(find(&id_dns)->lpszIdentifier, L"Tcpip"), 0);
    }

    bytes = 0;
    CHECK_FAILS(WSAEnumNameSpaceProvidersA(&bytes, NULL), WSAEFAULT);
    needed = bytes;
    CHECK_INT(WSAEnumNameSpaceProvidersA(&bytes, list.a), count);
    for (int i = 0; i < count; i++)
        CHECK(inside(list.a[i].lpszIdentifier, strlen(list.a[i].lpszIdentifier) + 1, needed));
}

static void installing(void)
{
    BYTE data[] = {9, 8, 7};
    BLOB blob = {sizeof data, data};
    int before = enumerate(), count;
    DWORD bytes = sizeof list;
    WCHAR long_path[300];
    GUID order[16];

    for (int i = 0; i < 300; i++)
        long_path[i] = i < 299 ? 'p' : 0;
    CHECK_FAILS(WSCInstallNameSpace(NULL, L"c:\\x.dll", TEST_NS, 1, &id_a), WSAEFAULT);
    CHECK_FAILS(WSCInstallNameSpace(L"A", NULL, TEST_NS, 1, &id_a), WSAEFAULT);
    CHECK_FAILS(WSCInstallNameSpace(L"A", L"c:\\x.dll", TEST_NS, 1, NULL), WSAEFAULT);
    CHECK_FAILS(WSCInstallNameSpace(L"A", L"", TEST_NS, 1, &id_a), WSAEINVAL);
    CHECK_FAILS(WSCInstallNameSpace(L"A", long_path, TEST_NS, 1, &id_a), WSAEINVAL);
    CHECK_FAILS(WSCInstallNameSpace(L"A", L"c:\\x.dll", NS_ALL, 1, &id_a), WSAEINVAL);
    CHECK_INT(enumerate(), before);

    CHECK_OK(WSCInstallNameSpace(L"A", L"c:\\x.dll", TEST_NS, 1, &id_a));
    CHECK_FAILS(WSCInstallNameSpace(L"A2", L"c:\\y.dll", TEST_NS, 1, &id_a), WSAEINVAL);
    CHECK_OK(WSCInstallNameSpaceEx(L"B", L"c:\\x.dll", TEST_NS, 2, &id_b, &blob));
    CHECK_INT(enumerate(), before + 2);
    CHECK(IsEqualGUID(&list.w[before].NSProviderId, &id_a) && list.w[before].dwVersion == 1 && list.w[before].fActive);
    count = WSAEnumNameSpaceProvidersExW(&bytes, list.exw);
    CHECK_INT(count, before + 2);
    CHECK_INT(list.exw[before].ProviderSpecific.cbSize, 0);
    CHECK_INT(list.exw[before + 1].ProviderSpecific.cbSize, 3);
    CHECK(inside(list.exw[before + 1].ProviderSpecific.pBlobData, 3, sizeof list));
    CHECK_BYTES(list.exw[before + 1].ProviderSpecific.pBlobData, data, 3);

    CHECK_FAILS(WSCEnableNSProvider(&unknown, FALSE), WSAEINVAL);
    CHECK_FAILS(WSCEnableNSProvider(NULL, FALSE), WSAEFAULT);
    CHECK_OK(WSCEnableNSProvider(&id_b, FALSE));
    CHECK(find(&id_b) && !find(&id_b)->fActive);

    count = enumerate();
    for (int i = 0; i < count; i++)
        order[i] = list.w[count - 1 - i].NSProviderId;
    CHECK_INT(WSCWriteNameSpaceOrder(NULL, count), WSAEFAULT);
    CHECK_INT(WSCWriteNameSpaceOrder(order, count - 1), WSAEINVAL);
    CHECK_INT(WSCWriteNameSpaceOrder(order, count), 0);
    CHECK(find(&id_b) == &list.w[0]);
    for (int i = 0; i < count; i++)
        order[i] = list.w[count - 1 - i].NSProviderId;
    CHECK_INT(WSCWriteNameSpaceOrder(order, count), 0);

    CHECK_FAILS(WSCUnInstallNameSpace(&unknown), WSAEINVAL);
    CHECK_FAILS(WSCUnInstallNameSpace(NULL), WSAEFAULT);
    CHECK_OK(WSCUnInstallNameSpace(&id_a));
    CHECK_OK(WSCUnInstallNameSpace(&id_b));
    CHECK_INT(enumerate(), before);
}

static void listing_32(void)
{
#ifdef _WIN64
    DWORD bytes = sizeof list;
    int before = WSCEnumNameSpaceProviders32(&bytes, list.w);

    CHECK(before >= 2);
    CHECK_OK(WSCInstallNameSpace32(L"A", L"c:\\x.dll", TEST_NS, 1, &id_a));
    CHECK(find(&id_a) == NULL);
    bytes = sizeof list;
    CHECK_INT(WSCEnumNameSpaceProviders32(&bytes, list.w), before + 1);
    CHECK_OK(WSCEnableNSProvider32(&id_a, FALSE));
    CHECK_OK(WSCUnInstallNameSpace32(&id_a));
#else
    skip("a 32-bit program has one catalog");
#endif
}

const struct test_case test_cases[] = {
    {"listing", listing},
    {"installing", installing},
    {"listing-32", listing_32},
    {0},
};
