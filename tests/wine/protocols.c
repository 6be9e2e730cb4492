/* SPDX-License-Identifier: MIT */
/* WSAEnumProtocols and the reading half of the installation API (spi.md 13.1). */
#include "net.h"
#include <ws2spi.h>
#include <stdlib.h>
#include <string.h>

static void enumerate(void)
{
    DWORD size = 0, size_a = 0, exact;
    WSAPROTOCOL_INFOW *w;
    WSAPROTOCOL_INFOA *a;
    int n, seen = 0;

    CHECK_FAILS(WSAEnumProtocolsW(NULL, NULL, &size), WSAENOBUFS);
    CHECK_FAILS(WSAEnumProtocolsA(NULL, NULL, &size_a), WSAENOBUFS);
    CHECK_INT(size % sizeof *w, 0);
    CHECK_INT(size_a % sizeof *a, 0);
    CHECK_INT(size / sizeof *w, size_a / sizeof *a);
    w = malloc(size);
    a = malloc(size_a);
    check_about("one byte short");
    memset(w, 0x5a, size);
    exact = size - 1;
    CHECK_FAILS(WSAEnumProtocolsW(NULL, w, &exact), WSAENOBUFS);
    CHECK_INT(exact, size);
    CHECK_INT(*(unsigned char *)w, 0x5a);
    check_about(NULL);
    n = WSAEnumProtocolsW(NULL, w, &exact);
    CHECK_INT(n, size / sizeof *w);
    CHECK_INT(WSAEnumProtocolsA(NULL, a, &size_a), n);
    for (int i = 0; i < n; i++) {
        check_about("entry %d", i);
        CHECK_INT(w[i].dwCatalogEntryId, a[i].dwCatalogEntryId);
        CHECK(w[i].ProtocolChain.ChainLen != 0);
        CHECK(!(w[i].dwProviderFlags & PFL_HIDDEN));
        CHECK(w[i].szProtocol[0] != 0);
        CHECK_INT(w[i].iVersion == 2, 1);
        if (w[i].iAddressFamily == AF_INET || w[i].iAddressFamily == AF_INET6)
            seen |= 1 << ((w[i].iAddressFamily == AF_INET6) * 2 + (w[i].iSocketType == SOCK_DGRAM));
    }
    check_about("TCP and UDP, both families");
    CHECK_INT(seen, 15);
    CHECK_FAILS(WSAEnumProtocolsW(NULL, w, NULL), WSAEFAULT);
}

static void filters(void)
{
    static WSAPROTOCOL_INFOW w[64];
    int tcp[] = { IPPROTO_TCP, 0 }, none[] = { 99, 0 }, empty[] = { 0 };
    DWORD size = sizeof w;
    int n = WSAEnumProtocolsW(tcp, w, &size);

    CHECK(n >= 2);
    for (int i = 0; i < n; i++)
        CHECK_INT(w[i].iProtocol, IPPROTO_TCP);
    size = sizeof w;
    CHECK_RET(WSAEnumProtocolsW(none, w, &size), 0);
    size = sizeof w;
    CHECK_RET(WSAEnumProtocolsW(empty, w, &size), 0);
}

/* WSCEnumProtocols needs no WSAStartup, shows the hidden ones too, and returns its error through a pointer. */
static void installer_view(void)
{
    static WSAPROTOCOL_INFOW all[64], visible[64];
    DWORD size = 0, size2 = sizeof visible;
    WSADATA data;
    int err = 0, n, m, found = 0;

    CHECK_INT(WSCEnumProtocols(NULL, NULL, &size, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAENOBUFS);
    n = WSCEnumProtocols(NULL, all, &size, &err);
    CHECK_INT(n, size / sizeof *all);
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    m = WSAEnumProtocolsW(NULL, visible, &size2);
    CHECK(m > 0 && m <= n);
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++)
            found += all[k].dwCatalogEntryId == visible[i].dwCatalogEntryId;
    CHECK_INT(found, m);
}

static void provider_path(void)
{
    static WSAPROTOCOL_INFOW all[64];
    DWORD size = sizeof all;
    GUID unknown = { 1, 2, 3, { 4 } };
    int err = 0, n = WSCEnumProtocols(NULL, all, &size, &err);

    NEED(n > 0);
    for (int i = 0; i < n; i++) {
        WCHAR path[MAX_PATH];
        int chars = MAX_PATH, exact;

        check_about("entry %d", i);
        CHECK_INT(WSCGetProviderPath(&all[i].ProviderId, path, &chars, &err), 0);
        exact = (int)wcslen(path) + 1;
        chars = exact;
        CHECK_INT(WSCGetProviderPath(&all[i].ProviderId, path, &chars, &err), 0);
        chars = exact - 1;
        CHECK_INT(WSCGetProviderPath(&all[i].ProviderId, path, &chars, &err), SOCKET_ERROR);
        CHECK_ERR(err, WSAEFAULT);
        CHECK_INT(chars, exact);
    }
    check_about("unknown");
    size = MAX_PATH;
    {
        WCHAR path[MAX_PATH];
        int chars = MAX_PATH;

        CHECK_INT(WSCGetProviderPath(&unknown, path, &chars, &err), SOCKET_ERROR);
        CHECK_ERR(err, WSAEINVAL);
    }
}

static void name_spaces(void)
{
    DWORD size = 0;
    WSANAMESPACE_INFOW *list;
    int n, dns = 0;

    CHECK_FAILS(WSAEnumNameSpaceProvidersW(&size, NULL), WSAEFAULT);
    CHECK(size >= sizeof *list);
    list = malloc(size);
    n = WSAEnumNameSpaceProvidersW(&size, list);
    CHECK(n >= 1);
    for (int i = 0; i < n; i++) {
        dns += list[i].dwNameSpace == NS_DNS;
        CHECK(list[i].lpszIdentifier && list[i].lpszIdentifier[0]);
    }
    CHECK(dns >= 1);
}

const struct test_case test_cases[] = {
    { "enumerate", enumerate },
    { "filters", filters },
    { "installer-view", installer_view, .unstarted = 1 },
    { "provider-path", provider_path, .unstarted = 1 },
    { "name-spaces", name_spaces },
    { 0 },
};
