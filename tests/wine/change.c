/* SPDX-License-Identifier: MIT */
/*
 * WSAProviderConfigChange (spi.md 10.15), and sporder.dll. These cases change the catalog of the prefix, so they run
 * alone, and each leaves it as it was.
 */
#include "harness.h"

#include <ws2spi.h>
#include <string.h>

enum { LONG_MS = 20000, SHORT_MS = 300 };

static GUID guid = {0x77733274, 0x6573, 0x7431, {0x80, 0, 0, 0, 0, 0, 1, 1}};

/* An entry that disturbs nobody comes, or goes. */
static int put(void)
{
    WSAPROTOCOL_INFOW info = {0};
    INT err = 0;

    info.ProtocolChain.ChainLen = 1;
    info.iAddressFamily = 99;
    info.iSocketType = SOCK_STREAM;
    info.iProtocol = 9;
    wcscpy(info.szProtocol, L"ws2kit test");
    return WSCInstallProvider(&guid, L"c:\\x.dll", &info, 1, &err) ? err : 0;
}

static int take(void)
{
    INT err = 0;

    return WSCDeinstallProvider(&guid, &err) ? err : 0;
}

static HANDLE notification(void)
{
    HANDLE h = NULL;

    NEED_OK(WSAProviderConfigChange(&h, NULL, NULL));
    NEED(h != NULL);
    return h;
}

static int child(int argc, char **argv)
{
    Sleep(argc > 0 && !strcmp(argv[argc - 1], "late") ? 200 : 0); /* the parent blocks by then, or finds the change waiting */
    return put() || take();
}

static void by_event(void)
{
    WSAOVERLAPPED ov = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE h = notification();

    CHECK_FAILS(WSAProviderConfigChange(&h, &ov, NULL), WSA_IO_PENDING);
    CHECK_INT(WaitForSingleObject(ov.hEvent, SHORT_MS), WAIT_TIMEOUT);
    CHECK_INT(put(), 0);
    CHECK_INT(WaitForSingleObject(ov.hEvent, LONG_MS), WAIT_OBJECT_0);
    CHECK_INT(ov.Internal, 0);
    ResetEvent(ov.hEvent);
    CHECK_FAILS(WSAProviderConfigChange(&h, &ov, NULL), WSA_IO_PENDING);
    CHECK_INT(WaitForSingleObject(ov.hEvent, SHORT_MS), WAIT_TIMEOUT); /* one change, one completion */
    CHECK_INT(take(), 0);
    CHECK_INT(WaitForSingleObject(ov.hEvent, LONG_MS), WAIT_OBJECT_0);
    CHECK(CloseHandle(h));
}

static void from_another_process(void)
{
    HANDLE h = notification(), process = child_start("late", 0);

    CHECK_OK(WSAProviderConfigChange(&h, NULL, NULL)); /* blocks */
    CHECK_INT(child_wait(process), 0);
    CHECK(CloseHandle(h));
}

static void between_two_calls(void)
{
    WSAOVERLAPPED ov = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    HANDLE h = notification();

    CHECK_INT(child_wait(child_start("now", 0)), 0);
    CHECK_OK(WSAProviderConfigChange(&h, NULL, NULL));
    CHECK(CloseHandle(h));

    h = notification(); /* what came before it is no change */
    CHECK_FAILS(WSAProviderConfigChange(&h, &ov, NULL), WSA_IO_PENDING);
    CHECK_INT(WaitForSingleObject(ov.hEvent, SHORT_MS), WAIT_TIMEOUT);
    CHECK(CloseHandle(h));
    CHECK_INT(WaitForSingleObject(ov.hEvent, LONG_MS), WAIT_OBJECT_0); /* aborted */
    CHECK(ov.Internal != 0 && ov.Internal != 0x103);
}

static void by_port(void)
{
    HANDLE h = notification(), port = CreateIoCompletionPort(h, NULL, 4711, 0);
    WSAOVERLAPPED ov = {0}, *got = NULL;
    ULONG_PTR key = 0;
    DWORD bytes;

    NEED(port != NULL);
    CHECK_FAILS(WSAProviderConfigChange(&h, &ov, NULL), WSA_IO_PENDING);
    CHECK_INT(put(), 0);
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &got, LONG_MS));
    CHECK(got == &ov && key == 4711);
    CHECK(CloseHandle(h));
    CHECK_INT(take(), 0);
}

static DWORD routine_err = 99;

static void CALLBACK routine(DWORD err, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    (void)bytes;
    (void)flags;
    routine_err = err;
    ov->hEvent = NULL;
}

static void by_routine(void)
{
    WSAOVERLAPPED ov = {.hEvent = (HANDLE)4712};
    HANDLE h = notification();

    CHECK_FAILS(WSAProviderConfigChange(&h, &ov, routine), WSA_IO_PENDING);
    CHECK_INT(put(), 0);
    CHECK_INT(SleepEx(LONG_MS, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(routine_err, 0);
    CHECK(!ov.hEvent);
    CHECK(CloseHandle(h));
    CHECK_INT(take(), 0);
}

/* Whoever waits sees the change, each through a handle of his own. */
static void several_handles(void)
{
    enum { HANDLES = 8 };
    WSAOVERLAPPED ov[HANDLES];
    HANDLE h[HANDLES];

    memset(ov, 0, sizeof ov);
    for (int i = 0; i < HANDLES; i++) {
        ov[i].hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        h[i] = notification();
        CHECK_FAILS(WSAProviderConfigChange(&h[i], &ov[i], NULL), WSA_IO_PENDING);
    }
    CHECK_INT(put(), 0);
    for (int i = 0; i < HANDLES; i++) {
        CHECK_INT(WaitForSingleObject(ov[i].hEvent, LONG_MS), WAIT_OBJECT_0);
        CHECK(CloseHandle(h[i]));
    }
    CHECK_INT(take(), 0);
}

static void misuse(void)
{
    HANDLE h = CreateEventA(NULL, TRUE, FALSE, NULL), none = NULL;

    CHECK_FAILS(WSAProviderConfigChange(NULL, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSAProviderConfigChange(&h, NULL, NULL), WSA_INVALID_HANDLE);
    CloseHandle(h);
    WSACleanup();
    CHECK_FAILS(WSAProviderConfigChange(&none, NULL, NULL), WSANOTINITIALISED);
}

/* Installers of old link it instead of ws2_32. */
static void sporder(void)
{
    HMODULE dll = LoadLibraryA("sporder.dll");
    int(WSPAPI *order)(LPDWORD, DWORD) = dll ? (void *)GetProcAddress(dll, "WSCWriteProviderOrder") : NULL;
    static WSAPROTOCOL_INFOW info[64];
    DWORD ids[64], bytes = sizeof info;
    INT err, count;

    NEED(order != NULL && GetProcAddress(dll, "WSCWriteNameSpaceOrder") != NULL);
    count = WSCEnumProtocols(NULL, info, &bytes, &err);
    NEED(count >= 6);
    for (int i = 0; i < count; i++)
        ids[i] = info[(i + 1) % count].dwCatalogEntryId;
    CHECK_INT(order(NULL, 1), WSAEFAULT);
    CHECK_INT(order(ids, 1), WSAEINVAL);
    CHECK_INT(order(ids, count), 0);
    bytes = sizeof info;
    CHECK_INT(WSCEnumProtocols(NULL, info, &bytes, &err), count);
    CHECK_INT(info[0].dwCatalogEntryId, ids[0]);
    for (int i = 0; i < count; i++)
        ids[i] = info[(i + count - 1) % count].dwCatalogEntryId;
    CHECK_INT(order(ids, count), 0);
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

const struct test_case test_cases[] = {
    { "by-event", by_event },
    { "from-another-process", from_another_process },
    { "between-two-calls", between_two_calls },
    { "by-port", by_port },
    { "by-routine", by_routine },
    { "several-handles", several_handles },
    { "misuse", misuse },
    { "sporder", sporder },
    { 0 },
};
