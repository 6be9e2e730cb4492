/* SPDX-License-Identifier: MIT */
/*
 * NSPv2 (spi.md 11.12): this program is both the provider, whose functions are below, and who asks. The cases install its id
 * into the prefix, so they run alone.
 */
#include "lookups.h"
#include "use_nsp.h"

#include <sporder.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES = 3 };

static GUID id = {0x77733276, 0x3276, 0x4E53, {0x81, 1}}, other = {0x77733276, 0x3276, 0x4E53, {0x81, 2}};
static GUID some_class = {0xC1A56, 0, 0, {1}};

/* ---- the provider: hands out its names one by one ---- */

static struct {
    long startups, cleanups, begins, ends, sets;
    DWORD flags, set_op;
    void *session;
    WCHAR name[64];
    int at;
    DWORD room;    /* what a result takes; 0: what it needs */
    BOOL later;    /* it completes on a thread of its own */
    BOOL never;    /* or not before release() */
    BOOL crashes;
    HANDLE waiting; /* the call that it holds */
} provider;

static int arg; /* the session's */

static int WSAAPI startup(LPGUID which, LPVOID *session)
{
    CHECK(IsEqualGUID(which, &id));
    provider.startups++;
    *session = &arg;
    return 0;
}

static int WSAAPI cleanup(LPGUID which, LPVOID session)
{
    CHECK(IsEqualGUID(which, &id) && session == &arg);
    provider.cleanups++;
    return 0;
}

static int WSAAPI begin(LPGUID which, LPWSAQUERYSET2W query, DWORD flags, LPVOID session, LPHANDLE handle)
{
    CHECK(IsEqualGUID(which, &id));
    CHECK_INT(query->dwSize, sizeof *query);
    provider.begins++;
    provider.flags = flags;
    provider.session = session;
    provider.at = 0;
    lstrcpynW(provider.name, query->lpszServiceInstanceName ? query->lpszServiceInstanceName : L"", 64);
    *handle = (HANDLE)(ULONG_PTR)4711;
    return 0;
}

static int result_into(DWORD *bytes, WSAQUERYSET2W *result, DWORD flags)
{
    struct {
        WSAQUERYSET2W query;
        CSADDR_INFO csa;
        SOCKADDR_IN addr;
        WCHAR name[16];
    } *all = (void *)result;
    DWORD needs = provider.room > sizeof *all ? provider.room : sizeof *all;

    if (flags & LUP_FLUSHPREVIOUS)
        provider.at++;
    if (provider.at >= NAMES)
        return WSA_E_NO_MORE;
    if (*bytes < needs) {
        *bytes = needs;
        return WSAEFAULT;
    }
    memset(all, 0, sizeof *all);
    all->query.dwSize = sizeof all->query;
    all->query.lpszServiceInstanceName = all->name;
    swprintf(all->name, 16, L"name %d", provider.at++);
    all->query.dwNumberOfCsAddrs = 1;
    all->query.lpcsaBuffer = &all->csa;
    all->csa.RemoteAddr = (SOCKET_ADDRESS){(SOCKADDR *)&all->addr, sizeof all->addr};
    all->csa.iSocketType = SOCK_STREAM;
    all->csa.iProtocol = IPPROTO_TCP;
    all->addr.sin_family = AF_INET;
    all->addr.sin_addr.s_addr = htonl(0x7F000005);
    return 0;
}

struct later {
    HANDLE call;
    DWORD flags, *bytes;
    WSAQUERYSET2W *result;
};

static DWORD WINAPI complete_later(void *arg_later)
{
    struct later *l = arg_later;

    Sleep(50);
    CHECK_INT(WSAProviderCompleteAsyncCall(l->call, result_into(l->bytes, l->result, l->flags)), 0);
    free(l);
    return 0;
}

static int WSAAPI next(HANDLE call, HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSET2W result)
{
    struct later *l;

    CHECK_INT((ULONG_PTR)handle, 4711);
    if (provider.crashes)
        RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
    if (provider.never) {
        provider.waiting = call;
    } else if (provider.later) {
        l = malloc(sizeof *l);
        *l = (struct later){call, flags, bytes, result};
        CloseHandle(CreateThread(NULL, 0, complete_later, l, 0, NULL));
    } else {
        CHECK_INT(WSAProviderCompleteAsyncCall(call, result_into(bytes, result, flags)), 0);
        CHECK_FAILS(WSAProviderCompleteAsyncCall(call, 0), WSA_INVALID_HANDLE); /* once */
    }
    return SOCKET_ERROR; /* of no account */
}

static int WSAAPI end(HANDLE handle)
{
    CHECK_INT((ULONG_PTR)handle, 4711);
    provider.ends++;
    return 0;
}

static int WSAAPI set(HANDLE call, LPGUID which, LPWSAQUERYSET2W query, WSAESETSERVICEOP op, DWORD flags, LPVOID session)
{
    CHECK(IsEqualGUID(which, &id) && session == &arg);
    provider.sets++;
    provider.set_op = op;
    provider.flags = flags;
    lstrcpynW(provider.name, query->lpszServiceInstanceName, 64);
    CHECK_INT(WSAProviderCompleteAsyncCall(call, op == RNRSERVICE_DELETE ? WSASERVICE_NOT_FOUND : 0), 0);
    return 0;
}

static int WSAAPI rundown(LPGUID which, LPVOID session)
{
    (void)which, (void)session;
    return 0;
}

static NSPV2_ROUTINE routine = {sizeof routine, 1, 0, startup, cleanup, begin, next, end, set, rundown};

static int advertise(const GUID *which, const NSPV2_ROUTINE *r)
{
    return WSAAdvertiseProvider(which, (const LPCNSPV2_ROUTINE *)(const void *)r);
}

/* ---- who asks ---- */

static void install(void)
{
    WSCUnInstallNameSpace(&id); /* of a run that was cut short */
    NEED_OK(WSCInstallNameSpace(L"test of NSPv2", L"C:\\provider.exe", TEST_NS, 2, &id));
}

static void uninstall(void)
{
    CHECK_OK(WSCUnInstallNameSpace(&id));
}

static int begin_lookup(DWORD flags)
{
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &some_class,
                      .lpszServiceInstanceName = L"who"};

    return WSALookupServiceBeginW(&q, flags, &lookup);
}

#define NEXT_IS(name) ((void)(CHECK_OK(next_result(0)) && CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, name), 0)))

static void arguments(void)
{
    NSPV2_ROUTINE r = routine;

    install();
    CHECK_FAILS(advertise(NULL, &r), WSAEINVAL);
    CHECK_FAILS(advertise(&id, NULL), WSAEINVAL);
    CHECK_FAILS(advertise(&other, &r), WSAEINVALIDPROVIDER);
    r.NSPv2LookupServiceBegin = NULL;
    CHECK_FAILS(advertise(&id, &r), WSAEINVAL);
    r = routine;
    r.NSPv2LookupServiceNextEx = NULL;
    CHECK_FAILS(advertise(&id, &r), WSAEINVAL);
    r = routine;
    r.NSPv2LookupServiceEnd = NULL;
    CHECK_FAILS(advertise(&id, &r), WSAEINVAL);
    CHECK_FAILS(WSAUnadvertiseProvider(NULL), WSAEINVAL);
    CHECK_FAILS(WSAUnadvertiseProvider(&id), WSAEINVALIDPROVIDER);
    CHECK_FAILS(WSAProviderCompleteAsyncCall((HANDLE)4, 0), WSA_INVALID_HANDLE);
    CHECK_OK(advertise(&id, &routine));
    CHECK_FAILS(advertise(&id, &routine), WSAEINVAL);
    CHECK_OK(WSAUnadvertiseProvider(&id));
    CHECK_FAILS(WSAUnadvertiseProvider(&id), WSAEINVALIDPROVIDER);
    CHECK_INT(provider.startups, 0); /* nobody has asked */
    uninstall();
}

static void asked(void)
{
    install();
    CHECK_FAILS(begin_lookup(LUP_RETURN_ALL), WSASERVICE_NOT_FOUND);
    CHECK_OK(advertise(&id, &routine));
    for (int round = 0; round < 2; round++) {
        provider.later = round == 1;
        NEED_OK(begin_lookup(LUP_RETURN_ALL));
        CHECK_INT(provider.flags, LUP_RETURN_ALL);
        CHECK_INT(wcscmp(provider.name, L"who"), 0);
        CHECK(provider.session == &arg);
        NEXT_IS(L"name 0");
        CHECK(IsEqualGUID(answer.w.lpServiceClassId, &some_class) && IsEqualGUID(answer.w.lpNSProviderId, &id));
        CHECK_INT(answer.w.dwSize, sizeof answer.w);
        CHECK_INT(answer.w.dwNumberOfCsAddrs, 1);
        NEXT_IS(L"name 1");
        NEXT_IS(L"name 2");
        CHECK_FAILS(next_result(0), WSA_E_NO_MORE);
        CHECK_OK(WSALookupServiceEnd(lookup));
    }
    CHECK_INT(provider.startups, 1);
    CHECK_INT(provider.cleanups, 0);
    CHECK_INT(provider.begins, 2);
    CHECK_INT(provider.ends, 2);
    CHECK_OK(WSAUnadvertiseProvider(&id));
    CHECK_INT(provider.cleanups, 1);
    uninstall();
}

/* The result is kept for the next try, whoever lacked the room. */
static void too_small(void)
{
    DWORD bytes = 0, needed;

    install();
    CHECK_OK(advertise(&id, &routine));
    provider.room = 9000; /* more than ws2_32 thinks of at first */
    NEED_OK(begin_lookup(0));
    CHECK_FAILS(WSALookupServiceNextW(lookup, 0, &bytes, NULL), WSAEFAULT);
    needed = bytes;
    CHECK(needed > sizeof(WSAQUERYSETW) && needed < 1000);
    bytes = needed - 1;
    CHECK_FAILS(WSALookupServiceNextW(lookup, 0, &bytes, &answer.w), WSAEFAULT);
    CHECK_INT(bytes, needed);
    CHECK_OK(WSALookupServiceNextW(lookup, 0, &bytes, &answer.w));
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"name 0"), 0);
    bytes = 0;
    CHECK_FAILS(WSALookupServiceNextW(lookup, 0, &bytes, NULL), WSAEFAULT);
    CHECK_OK(next_result(LUP_FLUSHPREVIOUS)); /* name 1 goes */
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"name 2"), 0);
    CHECK_OK(WSALookupServiceEnd(lookup));
    provider.room = 1u << 30;
    NEED_OK(begin_lookup(0));
    CHECK_FAILS(next_result(0), WSANO_RECOVERY);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_OK(WSAUnadvertiseProvider(&id));
    uninstall();
}

static DWORD WINAPI next_thread(void *unused)
{
    (void)unused;
    return next_result(0) ? (DWORD)WSAGetLastError() : 0;
}

static HANDLE hold(void)
{
    HANDLE thread;

    provider.waiting = NULL;
    NEED_OK(begin_lookup(0));
    thread = CreateThread(NULL, 0, next_thread, NULL, 0, NULL);
    while (!*(HANDLE volatile *)&provider.waiting)
        Sleep(10);
    return thread;
}

static DWORD result_of(HANDLE thread)
{
    DWORD code = 0;

    NEED(WaitForSingleObject(thread, 10000) == 0);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

/* Whoever waits is told, and the provider may still complete what nobody waits for any more. */
static void cancelled(void)
{
    HANDLE thread;

    install();
    CHECK_OK(advertise(&id, &routine));
    provider.never = TRUE;
    thread = hold();
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(result_of(thread), WSA_E_CANCELLED);
    CHECK_INT(provider.ends, 1);
    CHECK_INT(WSAProviderCompleteAsyncCall(provider.waiting, 0), 0);
    CHECK_FAILS(WSAProviderCompleteAsyncCall(provider.waiting, 0), WSA_INVALID_HANDLE);

    thread = hold();
    CHECK_OK(WSAUnadvertiseProvider(&id));
    CHECK_INT(result_of(thread), WSASERVICE_NOT_FOUND);
    CHECK_FAILS(next_result(0), WSASERVICE_NOT_FOUND);
    CHECK_OK(advertise(&id, &routine)); /* the old lookup does not come to life by that */
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(provider.ends, 1);
    CHECK_INT(WSAProviderCompleteAsyncCall(provider.waiting, 0), 0);
    provider.never = FALSE;
    NEED_OK(begin_lookup(0));
    NEXT_IS(L"name 0");
    CHECK_INT(provider.startups, 2);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_OK(WSAUnadvertiseProvider(&id));
    uninstall();
}

static void crashes(void)
{
    install();
    CHECK_OK(advertise(&id, &routine));
    provider.crashes = TRUE;
    NEED_OK(begin_lookup(0));
    CHECK_FAILS(next_result(0), WSANO_RECOVERY);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_OK(WSAUnadvertiseProvider(&id));
    uninstall();
}

static void registering(void)
{
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &some_class,
                      .lpszServiceInstanceName = L"a service"};
    NSPV2_ROUTINE r = routine;

    install();
    CHECK_OK(advertise(&id, &routine));
    CHECK_OK(WSASetServiceW(&q, RNRSERVICE_REGISTER, SERVICE_MULTIPLE));
    CHECK_INT(provider.set_op, RNRSERVICE_REGISTER);
    CHECK_INT(provider.flags, SERVICE_MULTIPLE);
    CHECK_INT(wcscmp(provider.name, L"a service"), 0);
    CHECK_OK(WSASetServiceW(&q, RNRSERVICE_DEREGISTER, 0));
    CHECK_FAILS(WSASetServiceW(&q, RNRSERVICE_DELETE, 0), WSASERVICE_NOT_FOUND);
    CHECK_INT(provider.sets, 3);
    CHECK_OK(WSAUnadvertiseProvider(&id));
    CHECK_FAILS(WSASetServiceW(&q, RNRSERVICE_REGISTER, 0), WSASERVICE_NOT_FOUND);
    r.NSPv2SetServiceEx = NULL;
    CHECK_OK(advertise(&id, &r));
    CHECK_FAILS(WSASetServiceW(&q, RNRSERVICE_REGISTER, 0), WSAEOPNOTSUPP);
    CHECK_OK(WSAUnadvertiseProvider(&id));
    uninstall();
}

static int WSAAPI no_startup(LPGUID which, LPVOID *session)
{
    (void)which, (void)session;
    WSASetLastError(WSAEOPNOTSUPP);
    return SOCKET_ERROR;
}

static int WSAAPI bad_startup(LPGUID which, LPVOID *session)
{
    (void)which, (void)session;
    WSASetLastError(WSASYSNOTREADY);
    return SOCKET_ERROR;
}

/* What may be left out: by NULL, by a stub, by a table that ends before. */
static void optional(void)
{
    NSPV2_ROUTINE least = {offsetof(NSPV2_ROUTINE, NSPv2SetServiceEx), 1, 0, NULL, NULL, begin, next, end,
                           (void *)1, (void *)1},
                  stub = routine, bad = routine;
    const NSPV2_ROUTINE *good[] = {&least, &stub};

    install();
    stub.NSPv2Startup = no_startup;
    stub.NSPv2Cleanup = NULL;
    bad.NSPv2Startup = bad_startup;
    for (int i = 0; i < 2; i++) {
        CHECK_OK(advertise(&id, good[i]));
        CHECK_OK(begin_lookup(0));
        CHECK(provider.session == NULL);
        NEXT_IS(L"name 0");
        CHECK_OK(WSALookupServiceEnd(lookup));
        CHECK_OK(WSAUnadvertiseProvider(&id));
    }
    CHECK_OK(advertise(&id, &bad));
    CHECK_FAILS(begin_lookup(0), WSASYSNOTREADY);
    CHECK_OK(WSAUnadvertiseProvider(&id));
    CHECK_INT(provider.cleanups, 0);
    uninstall();
}

static void through_getaddrinfo(void)
{
    struct addrinfo hints = {.ai_family = AF_INET}, *list = NULL;

    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
    install();
    CHECK_OK(advertise(&id, &routine));
    CHECK_INT(getaddrinfo("of-v2.test", NULL, &hints, &list), 0);
    CHECK(list && ((SOCKADDR_IN *)list->ai_addr)->sin_addr.s_addr == htonl(0x7F000005));
    freeaddrinfo(list);
    CHECK_INT(wcscmp(provider.name, L"of-v2.test"), 0);
    CHECK_INT(provider.ends, 1);
    CHECK_OK(WSACleanup()); /* the last: the provider goes with it */
    CHECK_INT(provider.cleanups, 1);
    NEED(WSAStartup(MAKEWORD(2, 2), &(WSADATA){0}) == 0);
    CHECK_INT(getaddrinfo("of-v2.test", NULL, &hints, &list), WSAHOST_NOT_FOUND);
    uninstall();
}

/* The provider's own words in the catalog. */
static void info_blob(void)
{
    static union {
        WSANAMESPACE_INFOEXW info[1];
        char byte[16384];
    } list;
    BYTE data[] = {1, 2, 3, 4, 5};
    BLOB blob = {sizeof data, data};
    DWORD bytes = sizeof list;
    int count;

    WSCUnInstallNameSpace(&id);
    NEED_OK(WSCInstallNameSpaceEx(L"test of NSPv2", L"C:\\provider.exe", TEST_NS, 2, &id, &blob));
    count = WSAEnumNameSpaceProvidersExW(&bytes, list.info);
    NEED(count > 0);
    CHECK(IsEqualGUID(&list.info[count - 1].NSProviderId, &id));
    CHECK_INT(list.info[count - 1].ProviderSpecific.cbSize, sizeof data);
    CHECK_BYTES(list.info[count - 1].ProviderSpecific.pBlobData, data, sizeof data);
    CHECK_OK(advertise(&id, &routine));
    CHECK_OK(begin_lookup(0));
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_OK(WSAUnadvertiseProvider(&id));
    uninstall();
}

const struct test_case test_cases[] = {
    {"arguments", arguments},
    {"asked", asked},
    {"too-small", too_small},
    {"cancelled", cancelled},
    {"crashes", crashes},
    {"registering", registering},
    {"optional", optional},
    {"through-getaddrinfo", through_getaddrinfo},
    {"info-blob", info_blob},
    {0},
};
