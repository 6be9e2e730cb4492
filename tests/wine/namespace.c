/* SPDX-License-Identifier: MIT */
/*
 * Name spaces (spi.md 10.11 to 10.14, 11, 13.11). The cases install providers into the prefix's catalog, so they run
 * alone, and each leaves it as it was.
 */
#include "harness.h"

#include <ws2spi.h>
#include <sporder.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "use_nsp.h"

enum { ROOM = 16384 };

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

/* ---- providers that do as their GUIDs say (fake/nsp.h) ---- */

static GUID class_known = {0xC1A55, 0, 0, {1}}, class_unknown = {0xC1A55, 0, 0, {2}};

static union {
    WSAQUERYSETW w;
    WSAQUERYSETA a;
    char byte[ROOM];
} answer;

static HANDLE lookup;

static int begin(const GUID *provider, DWORD flags)
{
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &class_known,
                      .lpNSProviderId = (GUID *)provider, .lpszComment = L"Gr\x00FC\x00DF" L"e"};

    lookup = NULL;
    return WSALookupServiceBeginW(&q, flags, &lookup);
}

static int next(DWORD flags)
{
    DWORD bytes = sizeof answer;

    return WSALookupServiceNextW(lookup, flags, &bytes, &answer.w);
}

#define NEXT_IS(name) ((void)(CHECK_OK(next(0)) && CHECK_INT(wcsncmp(answer.w.lpszServiceInstanceName, name, 2), 0)))

static void merged_in_order(void)
{
    install_fake('A', 'g', 2);
    install_fake('B', 'm', 1);
    install_fake('C', 'g', 1);
    CHECK_OK(begin(NULL, LUP_RETURN_ALL));
    CHECK_INT(fake->begin_flags, LUP_RETURN_ALL);
    CHECK_INT(fake->had_class, TRUE);
    NEXT_IS(L"A0");
    NEXT_IS(L"A1");
    NEXT_IS(L"B0");
    NEXT_IS(L"C0");
    CHECK_FAILS(next(0), WSA_E_NO_MORE);
    CHECK_FAILS(next(0), WSA_E_NO_MORE);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(fake->ends, 3);
    CHECK_FAILS(WSALookupServiceEnd(lookup), WSA_INVALID_HANDLE);
    CHECK_FAILS(next(0), WSA_INVALID_HANDLE);

    CHECK_OK(begin(&fakes[1], 0)); /* one by its GUID */
    NEXT_IS(L"B0");
    CHECK_FAILS(next(0), WSA_E_NO_MORE);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_FAILS2(begin(&unknown, 0), WSAEINVAL, WSASERVICE_NOT_FOUND);

    CHECK_OK(WSCEnableNSProvider(&fakes[0], FALSE));
    CHECK_FAILS2(begin(&fakes[0], 0), WSAEINVAL, WSASERVICE_NOT_FOUND);
    CHECK_OK(begin(NULL, 0));
    NEXT_IS(L"B0");
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(fake->startups, 3);
    uninstall_all();
    CHECK_FAILS(begin(NULL, 0), WSASERVICE_NOT_FOUND);
}

static void misuse(void)
{
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &class_known};
    DWORD bytes = sizeof answer;
    HANDLE h;

    CHECK_FAILS(WSALookupServiceBeginW(NULL, 0, &h), WSAEFAULT);
    CHECK_FAILS(WSALookupServiceBeginW(&q, 0, NULL), WSAEFAULT);
    q.dwSize--;
    CHECK_FAILS(WSALookupServiceBeginW(&q, 0, &h), WSAEINVAL);
    q.dwSize++;
    q.lpServiceClassId = NULL;
    CHECK_FAILS(WSALookupServiceBeginW(&q, 0, &h), WSAEINVAL);
    CHECK_FAILS(WSALookupServiceNextW((HANDLE)4711, 0, &bytes, &answer.w), WSA_INVALID_HANDLE);
    CHECK_FAILS(WSALookupServiceNextW((HANDLE)4711, 0, NULL, &answer.w), WSAEFAULT);
    CHECK_FAILS(WSALookupServiceEnd(NULL), WSA_INVALID_HANDLE);
}

/* What is wrong with one provider, and the answer of it alone; with a good one beside it, that one's answer comes. */
static void broken_providers(void)
{
    static const struct {
        const char *why;
        char how;
        int begin_err, next_err;
    } rows[] = {
        {"no DLL", 'x', WSAEPROVIDERFAILEDINIT, 0},
        {"a short table", '4', WSAEINVALIDPROCTABLE, 0},
        {"a hole in the table", 'h', WSAEINVALIDPROCTABLE, 0},
        {"refuses to start", 's', WSASYSNOTREADY, 0},
        {"crashes as it starts", 'C', WSAEPROVIDERFAILEDINIT, 0},
        {"Begin fails", 'b', WSATYPE_NOT_FOUND, 0},
        {"knows nothing", 'f', 0, WSASERVICE_NOT_FOUND},
        {"fails", 'e', 0, WSATRY_AGAIN},
        {"crashes", 'c', 0, WSANO_RECOVERY},
        {"takes its time and fails", 't', 0, WSATRY_AGAIN},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_about("%s", rows[i].why);
        install_fake('A', rows[i].how, 1);
        if (rows[i].begin_err) {
            CHECK_FAILS(begin(NULL, 0), rows[i].begin_err);
        } else {
            CHECK_OK(begin(NULL, 0));
            CHECK_FAILS(next(0), rows[i].next_err);
            CHECK_OK(WSALookupServiceEnd(lookup));
        }
        install_fake('B', 'g', 1);
        CHECK_OK(begin(NULL, 0));
        NEXT_IS(L"B0");
        CHECK_FAILS(next(0), WSA_E_NO_MORE);
        CHECK_OK(WSALookupServiceEnd(lookup));
        uninstall_all();
    }
}

static void tables_of_all_sizes(void)
{
    install_fake('A', '8', 1);
    install_fake('B', '0', 1);
    CHECK_OK(begin(NULL, 0));
    NEXT_IS(L"A0");
    NEXT_IS(L"B0");
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
}

/* Both fail: the more telling error, once, and then that was all. */
static void both_fail(void)
{
    install_fake('A', 'f', 0);
    install_fake('B', 'e', 0);
    CHECK_OK(begin(NULL, 0));
    CHECK_FAILS(next(0), WSATRY_AGAIN);
    CHECK_FAILS(next(0), WSA_E_NO_MORE);
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
    install_fake('A', 'f', 0);
    install_fake('B', 'f', 0);
    CHECK_OK(begin(NULL, 0));
    CHECK_FAILS(next(0), WSASERVICE_NOT_FOUND);
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
    install_fake('A', 'B', 0);
    install_fake('B', 'b', 0);
    CHECK_FAILS(begin(NULL, 0), WSATYPE_NOT_FOUND);
    uninstall_all();
}

static void too_small(void)
{
    DWORD bytes = 0, needed;

    install_fake('A', 'g', 3);
    CHECK_OK(begin(NULL, 0));
    CHECK_FAILS(WSALookupServiceNextW(lookup, 0, &bytes, NULL), WSAEFAULT);
    needed = bytes;
    CHECK(needed > sizeof(WSAQUERYSETW) && needed < 1024);
    bytes = needed - 1;
    CHECK_FAILS(WSALookupServiceNextW(lookup, 0, &bytes, &answer.w), WSAEFAULT);
    CHECK_INT(bytes, needed);
    CHECK_OK(WSALookupServiceNextW(lookup, 0, &bytes, &answer.w));
    CHECK_INT(wcsncmp(answer.w.lpszServiceInstanceName, L"A0", 2), 0); /* kept */
    bytes = 10;
    CHECK_FAILS(WSALookupServiceNextW(lookup, 0, &bytes, &answer.w), WSAEFAULT);
    CHECK_OK(next(LUP_FLUSHPREVIOUS));
    CHECK_INT(wcsncmp(answer.w.lpszServiceInstanceName, L"A2", 2), 0); /* dropped */
    CHECK_INT(fake->next_flags, LUP_FLUSHPREVIOUS);
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
}

static int inside_answer(const void *p, size_t bytes, DWORD size)
{
    return (const char *)p >= answer.byte && (const char *)p + bytes <= answer.byte + size;
}

static void ansi(void)
{
    WSAQUERYSETA q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &class_known,
                      .lpszComment = "Gr\xFC\xDF" "e"};
    DWORD bytes = 0, needed, wide;

    install_fake('A', 'g', 3);
    NEED_OK(WSALookupServiceBeginA(&q, 0, &lookup));
    CHECK_FAILS(WSALookupServiceNextA(lookup, 0, &bytes, NULL), WSAEFAULT);
    needed = bytes;
    bytes = needed - 1;
    memset(&answer, 0x5A, sizeof answer);
    CHECK_FAILS(WSALookupServiceNextA(lookup, 0, &bytes, &answer.a), WSAEFAULT);
    CHECK_INT(bytes, needed);
    CHECK_INT(answer.byte[0], 0x5A);
    CHECK_OK(WSALookupServiceNextA(lookup, 0, &bytes, &answer.a));
    CHECK_INT(answer.byte[needed], 0x5A);
    CHECK_STR(answer.a.lpszServiceInstanceName, "A0\xE4");
    CHECK_STR(answer.a.lpszComment, "Gr\xFC\xDF" "e");
    CHECK(inside_answer(answer.a.lpszComment, 6, needed));
    CHECK(inside_answer(answer.a.lpcsaBuffer, sizeof(CSADDR_INFO), needed));
    CHECK(inside_answer(answer.a.lpcsaBuffer->RemoteAddr.lpSockaddr, 16, needed));
    CHECK_INT(answer.a.lpcsaBuffer->RemoteAddr.lpSockaddr->sa_family, AF_INET);

    /* What was too long for one is there for the other; and can be dropped. */
    bytes = 0;
    CHECK_FAILS(WSALookupServiceNextA(lookup, 0, &bytes, NULL), WSAEFAULT);
    wide = 0;
    CHECK_FAILS(WSALookupServiceNextW(lookup, 0, &wide, NULL), WSAEFAULT);
    CHECK(wide > bytes);
    bytes = sizeof answer;
    CHECK_OK(WSALookupServiceNextA(lookup, LUP_FLUSHPREVIOUS, &bytes, &answer.a));
    CHECK_STR(answer.a.lpszServiceInstanceName, "A2\xE4");
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
}

static void oversize(void)
{
    DWORD bytes = 100;

    install_fake('A', 'o', 1);
    CHECK_OK(begin(NULL, 0));
    CHECK_FAILS(WSALookupServiceNextA(lookup, 0, &bytes, &answer.a), WSANO_RECOVERY);
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
}

static DWORD WINAPI blocked_next(void *arg)
{
    (void)arg;
    return next(0) == SOCKET_ERROR ? (DWORD)WSAGetLastError() : 0;
}

static void cancelled(void)
{
    DWORD code = 0, start;
    HANDLE thread, second;

    install_fake('A', 'w', 1);
    CHECK_OK(begin(NULL, 0));
    thread = CreateThread(NULL, 0, blocked_next, NULL, 0, NULL);
    second = CreateThread(NULL, 0, blocked_next, NULL, 0, NULL);
    Sleep(100);
    start = GetTickCount();
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    CHECK_INT(WaitForSingleObject(second, 5000), WAIT_OBJECT_0);
    CHECK(GetTickCount() - start < 2000);
    GetExitCodeThread(thread, &code);
    CHECK_INT(code, WSA_E_CANCELLED);
    GetExitCodeThread(second, &code);
    CHECK_INT(code, WSA_E_CANCELLED);
    CHECK_INT(fake->ends, 1);
    uninstall_all();
}

/* The last WSACleanup ends lookups and stops providers, and all of it can begin anew. */
static void cleanup(void)
{
    WSADATA data;
    HANDLE thread;
    DWORD code = 0;

    install_fake('A', 'w', 1);
    CHECK_OK(begin(NULL, 0));
    thread = CreateThread(NULL, 0, blocked_next, NULL, 0, NULL);
    Sleep(100);
    CHECK_OK(WSACleanup());
    CHECK_INT(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    GetExitCodeThread(thread, &code);
    CHECK(code == WSA_E_CANCELLED || code == WSANOTINITIALISED);
    CHECK_INT(fake->ends, 1);
    CHECK_INT(fake->cleanups, 1);
    CHECK_FAILS(WSALookupServiceEnd(lookup), WSANOTINITIALISED);
    CHECK_OK(WSAStartup(MAKEWORD(2, 2), &data));
    CHECK_FAILS(WSALookupServiceEnd(lookup), WSA_INVALID_HANDLE);
    CHECK_OK(begin(NULL, 0));
    CHECK_INT(fake->startups, 2);
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
}

static void notification(void)
{
    WSAOVERLAPPED ov = {0};
    WSACOMPLETION completion = {.Type = NSP_NOTIFY_EVENT};
    DWORD got = 77;

    completion.Parameters.Event.lpOverlapped = &ov;
    install_fake('A', 'g', 1);
    CHECK_OK(begin(NULL, 0));
    CHECK_FAILS(WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, &got, NULL), WSAEWOULDBLOCK);
    CHECK_FAILS(WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, &got, &completion), WSA_IO_PENDING);
    CHECK_FAILS(WSANSPIoctl(lookup, 1, NULL, 0, NULL, 0, &got, NULL), WSAEOPNOTSUPP);
    CHECK_FAILS(WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, NULL, NULL), WSAEFAULT);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_FAILS(WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, &got, NULL), WSA_INVALID_HANDLE);
    install_fake('B', '8', 1);
    CHECK_OK(begin(NULL, 0));
    CHECK_FAILS(WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, &got, NULL), WSAEINVAL);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_OK(begin(&fakes[1], 0));
    CHECK_FAILS(WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, &got, NULL), WSAEOPNOTSUPP);
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
}

static void classes(void)
{
    WSASERVICECLASSINFOW info = {&class_known, L"Fake", 0, NULL}, *got = (WSASERVICECLASSINFOW *)&answer;
    WSASERVICECLASSINFOA *got_a = (WSASERVICECLASSINFOA *)&answer;
    WCHAR name[32];
    char name_a[32];
    DWORD size = 0, needed;

    install_fake('A', 'm', 0);
    install_fake('B', 'g', 0);
    CHECK_OK(WSAInstallServiceClassW(&info));
    info.lpszServiceClassName = NULL;
    CHECK_FAILS(WSAInstallServiceClassW(&info), WSAEINVAL);
    CHECK_FAILS(WSAInstallServiceClassW(NULL), WSAEFAULT);

    CHECK_FAILS(WSAGetServiceClassInfoW(&fakes[1], &class_known, &size, NULL), WSAEFAULT);
    needed = size;
    CHECK_OK(WSAGetServiceClassInfoW(&fakes[1], &class_known, &size, got));
    CHECK(IsEqualGUID(got->lpServiceClassId, &class_known) && inside_answer(got->lpServiceClassId, 16, needed));
    CHECK_INT(wcscmp(got->lpszServiceClassName, L"Fake \x00FC" L"ber class"), 0);
    size = 0;
    CHECK_FAILS(WSAGetServiceClassInfoA(&fakes[1], &class_known, &size, NULL), WSAEFAULT);
    CHECK(size < needed);
    CHECK_OK(WSAGetServiceClassInfoA(&fakes[1], &class_known, &size, got_a));
    CHECK_STR(got_a->lpszServiceClassName, "Fake \xFC" "ber class");
    size = sizeof answer;
    CHECK_FAILS(WSAGetServiceClassInfoW(&fakes[1], &class_unknown, &size, got), WSATYPE_NOT_FOUND);
    CHECK_FAILS(WSAGetServiceClassInfoW(&fakes[0], &class_known, &size, got), WSATYPE_NOT_FOUND);

    size = 15;
    CHECK_FAILS(WSAGetServiceClassNameByClassIdW(&class_known, name, &size), WSAEFAULT);
    CHECK_INT(size, 16);
    CHECK_OK(WSAGetServiceClassNameByClassIdW(&class_known, name, &size));
    CHECK_INT(name[5], 0xFC);
    CHECK_OK(WSAGetServiceClassNameByClassIdA(&class_known, name_a, &size));
    CHECK_INT((BYTE)name_a[5], 0xFC);
    CHECK_FAILS(WSAGetServiceClassNameByClassIdW(&class_unknown, name, &size), WSATYPE_NOT_FOUND);

    CHECK_OK(WSARemoveServiceClass(&class_known));
    CHECK_FAILS(WSARemoveServiceClass(&class_unknown), WSATYPE_NOT_FOUND);
    CHECK_FAILS(WSARemoveServiceClass(NULL), WSAEINVAL);
    uninstall_all();
}

static void registering(void)
{
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &class_known,
                      .lpszServiceInstanceName = L"x"};

    CHECK_FAILS(WSASetServiceW(&q, RNRSERVICE_REGISTER, 0), WSASERVICE_NOT_FOUND);
    install_fake('A', 'm', 0);
    CHECK_FAILS(WSASetServiceW(&q, RNRSERVICE_REGISTER, 0), WSAEACCES);
    install_fake('B', 'g', 0);
    CHECK_OK(WSASetServiceW(&q, RNRSERVICE_DELETE, 0));
    CHECK_INT(fake->sets, 3);
    CHECK_INT(fake->set_op, RNRSERVICE_DELETE);
    CHECK_FAILS(WSASetServiceW(&q, (WSAESETSERVICEOP)3, 0), WSAEINVAL);
    CHECK_FAILS(WSASetServiceW(NULL, RNRSERVICE_DELETE, 0), WSAEINVAL);
    uninstall_all();
}

/* ---- the sample: samples/directory over an INI file of our own ---- */

static GUID printer = {0x8D0F5A40, 0x1234, 0x5678, {1, 2, 3, 4, 5, 6, 7, 8}};

static CSADDR_INFO tcp4[2], tcp6;

static void fill_addresses(void)
{
    static SOCKADDR_IN in[2];
    static SOCKADDR_IN6 in6;

    for (int i = 0; i < 2; i++) {
        in[i].sin_family = AF_INET;
        in[i].sin_port = htons(9100);
        in[i].sin_addr.s_addr = htonl(0xC0000201 + i);
        tcp4[i].RemoteAddr.lpSockaddr = (SOCKADDR *)&in[i];
        tcp4[i].RemoteAddr.iSockaddrLength = sizeof in[i];
        tcp4[i].iSocketType = SOCK_STREAM;
        tcp4[i].iProtocol = IPPROTO_TCP;
    }
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(515);
    in6.sin6_addr.s6_addr[15] = 7;
    tcp6 = tcp4[0];
    tcp6.RemoteAddr.lpSockaddr = (SOCKADDR *)&in6;
    tcp6.RemoteAddr.iSockaddrLength = sizeof in6;
}

static int set(const WCHAR *name, WSAESETSERVICEOP op, DWORD flags, CSADDR_INFO *addrs, DWORD count)
{
    WSAVERSION version = {2, COMP_EQUAL};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &printer,
                      .lpszServiceInstanceName = (WCHAR *)name, .lpszComment = L"second floor", .lpVersion = &version,
                      .lpcsaBuffer = addrs, .dwNumberOfCsAddrs = count};

    return WSASetServiceW(&q, op, flags);
}

/* How many services there are; the last one is in `answer`, of which each has so many addresses. */
static int found(const WCHAR *name, int family, DWORD *addrs)
{
    AFPROTOCOLS wanted = {family, IPPROTO_TCP};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &printer,
                      .lpszServiceInstanceName = (WCHAR *)name, .lpafpProtocols = &wanted,
                      .dwNumberOfProtocols = family ? 1 : 0};
    int count = 0;

    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_ALL, &lookup));
    *addrs = 0;
    while (!next(0)) {
        count++;
        *addrs += answer.w.dwNumberOfCsAddrs;
    }
    CHECK_ERR(WSAGetLastError(), WSA_E_NO_MORE);
    CHECK_OK(WSALookupServiceEnd(lookup));
    return count;
}

static void directory(void)
{
    WSASERVICECLASSINFOA info = {&printer, "Printer", 0, NULL};
    char name[32];
    DWORD chars = sizeof name, addrs;

    fill_addresses();
    install_directory();
    CHECK_OK(WSAInstallServiceClassA(&info));
    CHECK_OK(WSAGetServiceClassNameByClassIdA(&printer, name, &chars));
    CHECK_STR(name, "Printer");

    CHECK_OK(set(L"laser", RNRSERVICE_REGISTER, 0, tcp4, 2));
    CHECK_OK(set(L"inkjet", RNRSERVICE_REGISTER, 0, &tcp6, 1));
    CHECK_INT(found(NULL, 0, &addrs), 2); /* by class */
    CHECK_INT(addrs, 3);
    CHECK_INT(found(L"Laser", 0, &addrs), 1); /* by name */
    CHECK_INT(addrs, 2);
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"laser") && wcscmp(answer.w.lpszServiceInstanceName, L"Laser"), 0);
    CHECK_INT(wcscmp(answer.w.lpszComment, L"second floor"), 0);
    CHECK_INT(answer.w.lpVersion->dwVersion, 2);
    CHECK_BYTES(answer.w.lpcsaBuffer[1].RemoteAddr.lpSockaddr, tcp4[1].RemoteAddr.lpSockaddr, 8);
    CHECK_INT(found(NULL, AF_INET6, &addrs), 1); /* by address family */
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"inkjet"), 0);
    CHECK_INT(found(L"nobody", 0, &addrs), 0);
    uninstall_directory();
}

/* The table of spi.md 11.7. */
static void registration_table(void)
{
    DWORD addrs;

    fill_addresses();
    install_directory();
    CHECK_FAILS(set(L"x", RNRSERVICE_DEREGISTER, 0, NULL, 0), WSASERVICE_NOT_FOUND);
    CHECK_FAILS(set(L"x", RNRSERVICE_DELETE, SERVICE_MULTIPLE, tcp4, 1), WSASERVICE_NOT_FOUND);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, tcp4, 1));
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, tcp4, 2)); /* the first is there */
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, &tcp6, 1));
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 3);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, 0, &tcp6, 1)); /* overwrites */
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 1);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, tcp4, 2));
    CHECK_OK(set(L"x", RNRSERVICE_DEREGISTER, SERVICE_MULTIPLE, tcp4, 1));
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 2);
    CHECK_OK(set(L"x", RNRSERVICE_DEREGISTER, 0, NULL, 0)); /* the service itself stays */
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 0);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, 0, tcp4, 2));
    CHECK_OK(set(L"x", RNRSERVICE_DELETE, SERVICE_MULTIPLE, tcp4, 1));
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_OK(set(L"x", RNRSERVICE_DELETE, SERVICE_MULTIPLE, tcp4 + 1, 1));
    CHECK_INT(found(L"x", 0, &addrs), 0);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, 0, tcp4, 2));
    CHECK_OK(set(L"x", RNRSERVICE_DELETE, 0, NULL, 0));
    CHECK_INT(found(L"x", 0, &addrs), 0);
    uninstall_directory();
}

static void set_addr_info(void)
{
    GUID web = {0x00090050, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &web};

    fill_addresses();
    install_directory();
    CHECK_INT(SetAddrInfoExW(L"site", L"80", &tcp4[0].RemoteAddr, 1, NULL, 0, TEST_NS, NULL, NULL, NULL, NULL, NULL), 0);
    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_ALL, &lookup));
    CHECK_OK(next(0));
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"site"), 0);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 1);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(SetAddrInfoExA("site", "http", NULL, 0, NULL, 0, TEST_NS, NULL, NULL, NULL, NULL, NULL), 0);
    CHECK_INT(SetAddrInfoExA("nobody", "80", NULL, 0, NULL, 0, TEST_NS, NULL, NULL, NULL, NULL, NULL),
              WSASERVICE_NOT_FOUND);
    uninstall_directory();
}

/* ---- the built-in providers: hosts answers, and then so may DNS, which the tests keep off the network ---- */

static int first(DWORD class_data1, WCHAR *name, DWORD flags)
{
    GUID id = {class_data1, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = NS_DNS, .lpServiceClassId = &id, .lpszServiceInstanceName = name};
    int err;

    if (WSALookupServiceBeginW(&q, flags, &lookup))
        return WSAGetLastError();
    err = next(0) ? WSAGetLastError() : 0;
    CHECK_OK(WSALookupServiceEnd(lookup));
    return err;
}

/* A pointer of a blob: an offset from its start. */
static const char *at(size_t field)
{
    const BLOB *blob = answer.w.lpBlob;
    ULONG_PTR offset = *(ULONG_PTR *)(blob->pBlobData + field);

    NEED(offset < blob->cbSize);
    return (const char *)blob->pBlobData + offset;
}

static void built_in(void)
{
    char own[256];

    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
    NEED(first(0x0002A803, L"localhost", LUP_RETURN_ALL) == 0);
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"localhost"), 0);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 2);
    CHECK_INT(answer.w.lpcsaBuffer[0].RemoteAddr.lpSockaddr->sa_family, AF_INET6);
    if (CHECK(answer.w.lpBlob && answer.w.lpBlob->cbSize > sizeof(struct hostent))) {
        CHECK_STR(at(offsetof(struct hostent, h_name)), "localhost");
        CHECK_BYTES((char *)answer.w.lpBlob->pBlobData + *(ULONG_PTR *)at(offsetof(struct hostent, h_addr_list)),
                    "\x7F\0\0\1", 4);
    }
    CHECK_INT(first(0x00090050, L"localhost", LUP_RETURN_ADDR), 0); /* SVCID_TCP(80) */
    CHECK(!answer.w.lpszServiceInstanceName && !answer.w.lpBlob);
    CHECK_INT(((SOCKADDR_IN *)answer.w.lpcsaBuffer[1].RemoteAddr.lpSockaddr)->sin_port, htons(80));
    CHECK_INT(answer.w.lpcsaBuffer[1].iProtocol, IPPROTO_TCP);
    CHECK_INT(first(0x000A0050, L"localhost", LUP_RETURN_ADDR | LUP_RES_SERVICE), 0);
    CHECK_INT(((SOCKADDR_IN *)answer.w.lpcsaBuffer[1].LocalAddr.lpSockaddr)->sin_port, htons(80));
    CHECK_INT(answer.w.lpcsaBuffer[1].iProtocol, IPPROTO_UDP);

    NEED(gethostname(own, sizeof own) == 0);
    CHECK_INT(first(0x0002A800, NULL, LUP_RETURN_NAME), 0);
    CHECK_INT(first(0x0002A803, NULL, LUP_RETURN_NAME | LUP_RETURN_ADDR), 0);

    CHECK_INT(first(0x0002A802, L"ftp/tcp", LUP_RETURN_BLOB | LUP_RETURN_NAME), 0);
    if (CHECK(answer.w.lpBlob != NULL)) {
        CHECK_STR(at(offsetof(struct servent, s_name)), "ftp");
        CHECK_STR(at(offsetof(struct servent, s_proto)), "tcp");
        CHECK_INT(((struct servent *)answer.w.lpBlob->pBlobData)->s_port, htons(21));
    }
    CHECK_INT(first(0x0002A802, L"21/tcp", LUP_RETURN_BLOB), 0);
    CHECK_INT(first(0x0002A802, L"no such/tcp", LUP_RETURN_BLOB), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A803, L"no-such-host.invalid", LUP_RETURN_ADDR), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A801, L"not an address", LUP_RETURN_NAME), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A803, L"localhost", LUP_CONTAINERS), WSANO_DATA);
}

/* What the LUP_* flags do to the answer of the built-in ones. */
static void built_in_flags(void)
{
    SOCKADDR_IN6 *in6;

    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
    CHECK_INT(first(0x00090050, L"localhost", LUP_RETURN_ADDR | LUP_DUAL_ADDR), 0);
    in6 = (SOCKADDR_IN6 *)answer.w.lpcsaBuffer[1].RemoteAddr.lpSockaddr;
    CHECK_INT(in6->sin6_family, AF_INET6);
    CHECK_INT(in6->sin6_port, htons(80));
    CHECK_BYTES(&in6->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\x7F\0\0\1", 16);
    CHECK_INT(first(0x00090050, L"localhost", LUP_RETURN_ADDR | LUP_ADDRCONFIG | LUP_NEAREST), 0);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 2);
    CHECK_INT(answer.w.lpcsaBuffer[0].RemoteAddr.lpSockaddr->sa_family, AF_INET6);
    CHECK_INT(first(0x0002A803, L"localhost", LUP_RETURN_ADDR | LUP_DNS_ONLY), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A803, L"localhost", LUP_DEEP | LUP_NOCONTAINERS | LUP_NON_AUTHORITATIVE | LUP_FLUSHCACHE | LUP_FILESERVER |
                                                  LUP_API_ANSI | LUP_RETURN_PREFERRED_NAMES | LUP_RETURN_TYPE), 0);
    CHECK(answer.w.lpServiceClassId && answer.w.lpServiceClassId->Data1 == 0x0002A803);
    CHECK(!answer.w.lpszServiceInstanceName && !answer.w.lpcsaBuffer && !answer.w.lpBlob && !answer.w.lpVersion &&
          !answer.w.lpszComment && !answer.w.lpszQueryString);
}

/* ---- watching the hosts file ---- */

static WCHAR hosts_path[MAX_PATH];
static char hosts_before[8192];
static DWORD hosts_bytes;

static void write_hosts(const char *more)
{
    HANDLE f = CreateFileW(hosts_path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD written;

    NEED(f != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(f, hosts_before, hosts_bytes, &written, NULL));
    CHECK(WriteFile(f, more, (DWORD)strlen(more), &written, NULL));
    CloseHandle(f);
}

static void read_hosts(void)
{
    HANDLE f;

    GetSystemDirectoryW(hosts_path, MAX_PATH);
    lstrcatW(hosts_path, L"\\drivers\\etc\\hosts");
    f = CreateFileW(hosts_path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (f == INVALID_HANDLE_VALUE)
        return;
    CHECK(ReadFile(f, hosts_before, sizeof hosts_before, &hosts_bytes, NULL));
    CloseHandle(f);
}

static DWORD apc_err = 77;

static void CALLBACK changed_apc(DWORD err, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    (void)bytes, (void)ov, (void)flags;
    apc_err = err;
}

static int watch(WSACOMPLETION *completion)
{
    DWORD got;

    return WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, &got, completion);
}

#define NEXT_HAS(flag) ((void)(CHECK_OK(next(0)) && CHECK_INT(answer.w.dwOutputFlags, flag)))

static void built_in_changes(void)
{
    GUID id = {0x0002A803, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    GUID hosts = {0x6B3EA052, 0x5C91, 0x4D8F, {0x9A, 0x27, 0x51, 0x0E, 0xC4, 0x3D, 0x7B, 0x16}};
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpServiceClassId = &id, .lpNSProviderId = &hosts,
                      .lpszServiceInstanceName = L"ws2kit-watch.example"};
    WSAOVERLAPPED ov = {.hEvent = CreateEventW(NULL, FALSE, FALSE, NULL)}, *got_ov;
    WSACOMPLETION by_event = {.Type = NSP_NOTIFY_EVENT}, by_port = {.Type = NSP_NOTIFY_PORT}, by_apc = {.Type = NSP_NOTIFY_APC},
                  by_message = {.Type = NSP_NOTIFY_HWND}, at_once = {.Type = NSP_NOTIFY_IMMEDIATELY};
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HWND window = CreateWindowW(L"STATIC", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    ULONG_PTR key;
    DWORD bytes;
    MSG msg;

    by_event.Parameters.Event.lpOverlapped = by_port.Parameters.Port.lpOverlapped = by_apc.Parameters.Apc.lpOverlapped = &ov;
    by_port.Parameters.Port.hPort = port;
    by_port.Parameters.Port.Key = 4711;
    by_apc.Parameters.Apc.lpfnCompletionProc = changed_apc;
    by_message.Parameters.WindowMessage.hWnd = window;
    by_message.Parameters.WindowMessage.uMsg = WM_USER + 1;
    by_message.Parameters.WindowMessage.context = 4712;
    NEED(window != NULL);
    read_hosts();
    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_NAME | LUP_RETURN_ADDR, &lookup));
    CHECK_FAILS(next(0), WSASERVICE_NOT_FOUND);
    CHECK_FAILS(watch(NULL), WSAEWOULDBLOCK);
    CHECK_FAILS(watch(&at_once), WSAEWOULDBLOCK);
    CHECK_FAILS(watch(&by_event), WSA_IO_PENDING);
    CHECK_FAILS(watch(&by_event), WSAEALREADY);
    write_hosts("\r\n192.0.2.1 ws2kit-watch.example\r\n");
    CHECK_INT(WaitForSingleObject(ov.hEvent, 20000), 0);
    CHECK_INT(ov.Internal, 0);
    NEXT_HAS(RESULT_IS_ADDED);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 1);
    CHECK_FAILS(next(0), WSA_E_NO_MORE);

    CHECK_FAILS(watch(&by_port), WSA_IO_PENDING);
    write_hosts("\r\n192.0.2.1 ws2kit-watch.example\r\n192.0.2.22 ws2kit-watch.example\r\n");
    CHECK_TRUE(GetQueuedCompletionStatus(port, &bytes, &key, (OVERLAPPED **)&got_ov, 20000));
    CHECK(key == 4711 && got_ov == &ov);
    NEXT_HAS(RESULT_IS_CHANGED);

    CHECK_FAILS(watch(&by_message), WSA_IO_PENDING);
    write_hosts("\r\n192.0.2.3 ws2kit-watch.example\r\n");
    for (int i = 0; i < 1000 && !PeekMessageW(&msg, window, WM_USER + 1, WM_USER + 1, PM_REMOVE); i++)
        Sleep(20);
    CHECK(msg.message == WM_USER + 1 && msg.wParam == 4712);
    NEXT_HAS(RESULT_IS_CHANGED);

    CHECK_FAILS(watch(&by_apc), WSA_IO_PENDING);
    write_hosts("");
    CHECK_INT(SleepEx(20000, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(apc_err, 0);
    NEXT_HAS(RESULT_IS_DELETED);
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"ws2kit-watch.example"), 0);
    CHECK_FAILS(next(0), WSA_E_NO_MORE);
    CHECK_FAILS(watch(NULL), WSAEWOULDBLOCK);

    CHECK_FAILS(watch(&by_event), WSA_IO_PENDING);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(WaitForSingleObject(ov.hEvent, 20000), 0);
    CHECK(ov.Internal != 0); /* WSA_OPERATION_ABORTED */

    q.lpNSProviderId = &id_dns; /* which cannot watch */
    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_NAME, &lookup));
    CHECK_FAILS(watch(NULL), WSAEOPNOTSUPP);
    CHECK_OK(WSALookupServiceEnd(lookup));
}

const struct test_case test_cases[] = {
    {"listing", listing},
    {"installing", installing},
    {"listing-32", listing_32},
    {"misuse", misuse},
    {"merged-in-order", merged_in_order},
    {"broken-providers", broken_providers},
    {"tables-of-all-sizes", tables_of_all_sizes},
    {"both-fail", both_fail},
    {"too-small", too_small},
    {"ansi", ansi},
    {"oversize", oversize},
    {"cancelled", cancelled},
    {"cleanup", cleanup},
    {"notification", notification},
    {"classes", classes},
    {"registering", registering},
    {"directory", directory},
    {"registration-table", registration_table},
    {"set-addr-info", set_addr_info},
    {"built-in", built_in},
    {"built-in-flags", built_in_flags},
    {"built-in-changes", built_in_changes},
    {0},
};
