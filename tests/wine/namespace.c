/* SPDX-License-Identifier: MIT */
/*
 * Name spaces (spi.md 10.11 to 10.14, 11, 13.11): the catalog, and lookups among providers that do as their GUIDs say. The cases install
 * providers into the prefix's catalog, so they run alone, and each leaves it as it was.
 */
#include "harness.h"

#include <ws2spi.h>
#include <sporder.h>
#include <string.h>

#include "lookups.h"
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

static int begin(const GUID *provider, DWORD flags)
{
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &class_known,
                      .lpNSProviderId = (GUID *)provider, .lpszComment = L"Gr\x00FC\x00DF" L"e"};

    lookup = NULL;
    return WSALookupServiceBeginW(&q, flags, &lookup);
}

#define NEXT_IS(name) ((void)(CHECK_OK(next_result(0)) && CHECK_INT(wcsncmp(answer.w.lpszServiceInstanceName, name, 2), 0)))

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
    CHECK_FAILS(next_result(0), WSA_E_NO_MORE);
    CHECK_FAILS(next_result(0), WSA_E_NO_MORE);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(fake->ends, 3);
    CHECK_FAILS(WSALookupServiceEnd(lookup), WSA_INVALID_HANDLE);
    CHECK_FAILS(next_result(0), WSA_INVALID_HANDLE);

    CHECK_OK(begin(&fakes[1], 0)); /* one by its GUID */
    NEXT_IS(L"B0");
    CHECK_FAILS(next_result(0), WSA_E_NO_MORE);
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
            CHECK_FAILS(next_result(0), rows[i].next_err);
            CHECK_OK(WSALookupServiceEnd(lookup));
        }
        install_fake('B', 'g', 1);
        CHECK_OK(begin(NULL, 0));
        NEXT_IS(L"B0");
        CHECK_FAILS(next_result(0), WSA_E_NO_MORE);
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
    CHECK_FAILS(next_result(0), WSATRY_AGAIN);
    CHECK_FAILS(next_result(0), WSA_E_NO_MORE);
    CHECK_OK(WSALookupServiceEnd(lookup));
    uninstall_all();
    install_fake('A', 'f', 0);
    install_fake('B', 'f', 0);
    CHECK_OK(begin(NULL, 0));
    CHECK_FAILS(next_result(0), WSASERVICE_NOT_FOUND);
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
    CHECK_OK(next_result(LUP_FLUSHPREVIOUS));
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
    return next_result(0) == SOCKET_ERROR ? (DWORD)WSAGetLastError() : 0;
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
    {0},
};
