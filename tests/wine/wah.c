/* SPDX-License-Identifier: MIT */
/* The Wah functions, as ws2_32/api/wah.h has them; no header of the SDK does. */
#include "net.h"

#include "ws2_32/api/wah.h"

#define FIND(name) typeof(name) *name##_ = (void *)GetProcAddress(GetModuleHandleA("ws2_32.dll"), #name)

static void sockets(void)
{
    FIND(WahOpenHandleHelper);
    FIND(WahCloseHandleHelper);
    FIND(WahCreateSocketHandle);
    FIND(WahCloseSocketHandle);
    FIND(WahCompleteRequest);
    FIND(WahEnableNonIFSHandleSupport);
    FIND(WahDisableNonIFSHandleSupport);
    OVERLAPPED o = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) }, *got = NULL;
    HANDLE helper = NULL, port;
    ULONG_PTR key = 0;
    DWORD n = 0;
    SOCKET s = 0, other = tcp_new(AF_INET);

    CHECK_INT(WahEnableNonIFSHandleSupport_(), 0);
    CHECK_INT(WahDisableNonIFSHandleSupport_(), WSAEOPNOTSUPP);
    CHECK_INT(WahOpenHandleHelper_(NULL), WSAEFAULT);
    CHECK_INT(WahOpenHandleHelper_(&helper), 0);
    CHECK_INT(WahCreateSocketHandle_(NULL, &s), WSA_INVALID_HANDLE);
    CHECK_INT(WahCreateSocketHandle_(helper, NULL), WSAEFAULT);
    NEED(WahCreateSocketHandle_(helper, &s) == 0);
    CHECK(s && !(s & 3));
    port = CreateIoCompletionPort((HANDLE)s, NULL, 9, 0);
    CHECK(port != NULL);
    CHECK_INT(WahCompleteRequest_(helper, other, &o, 0, 12), WSAENOTSOCK);
    CHECK_INT(WahCompleteRequest_(helper, s, NULL, 0, 12), WSAEFAULT);
    CHECK_INT(WahCompleteRequest_(helper, s, &o, 0, 12), 0);
    CHECK_INT(WaitForSingleObject(o.hEvent, 0), WAIT_OBJECT_0);
    CHECK_TRUE(GetQueuedCompletionStatus(port, &n, &key, &got, 1000));
    CHECK(got == &o);
    CHECK_INT(key, 9);
    CHECK_INT(n, 12);
    CHECK_INT(WahCompleteRequest_(helper, s, &o, WSA_OPERATION_ABORTED, 0), 0);
    CHECK_FALSE(GetQueuedCompletionStatus(port, &n, &key, &got, 1000), ERROR_OPERATION_ABORTED);
    CHECK_FAILS(recv(s, (char *)&n, 1, 0), WSAENOTSOCK); /* it has no owner */
    CHECK_FALSE(ReadFile((HANDLE)s, &n, 1, &n, NULL), ERROR_INVALID_HANDLE);
    CHECK_INT(WahCloseSocketHandle_(helper, other), WSAENOTSOCK);
    CHECK_INT(WahCloseSocketHandle_(helper, s), 0);
    CHECK_INT(WahCloseSocketHandle_(helper, s), WSAENOTSOCK);
    NEED(WahCreateSocketHandle_(helper, &s) == 0);
    CHECK_TRUE(CloseHandle((HANDLE)s));
    CHECK_INT(WahCloseSocketHandle_(helper, s), WSAENOTSOCK);
    CHECK_INT(WahCloseHandleHelper_(helper), 0);
    CHECK_INT(WahCloseHandleHelper_(&n), WSA_INVALID_HANDLE);
    CHECK_OK(closesocket(other));
}

static DWORD_PTR ran;

static void CALLBACK run(DWORD_PTR context)
{
    ran = ran * 10 + context;
}

static void threads(void)
{
    FIND(WahOpenApcHelper);
    FIND(WahCloseApcHelper);
    FIND(WahOpenCurrentThread);
    FIND(WahCloseThread);
    FIND(WahQueueUserApc);
    HANDLE helper = NULL;
    WSATHREADID id, garbage = { (HANDLE)1, 2 };

    CHECK_INT(WahOpenApcHelper_(&helper), 0);
    CHECK_INT(WahOpenCurrentThread_(NULL, &id), WSA_INVALID_HANDLE);
    CHECK_INT(WahOpenCurrentThread_(helper, NULL), WSAEFAULT);
    CHECK_INT(WahOpenCurrentThread_(helper, &id), 0);
    CHECK_INT(WahQueueUserApc_(helper, &id, run, 4), 0);
    CHECK_INT(WahQueueUserApc_(helper, &id, run, 2), 0);
    CHECK_INT(WahQueueUserApc_(helper, &garbage, run, 2), WSAEFAULT);
    CHECK_INT(WahQueueUserApc_(helper, &id, NULL, 2), WSAEFAULT);
    CHECK_INT(WahCloseThread_(helper, &id), 0);
    CHECK_INT(WahCloseThread_(helper, &garbage), WSA_INVALID_HANDLE);
    CHECK_INT(SleepEx(1000, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(ran, 42);
    CHECK_INT(WahCloseApcHelper_(helper), 0);
}

/* That a change is heard is change.c's to show; here it is one handle, and one wait that is cancelled. */
static void notification(void)
{
    FIND(WahOpenNotificationHandleHelper);
    FIND(WahCloseNotificationHandleHelper);
    FIND(WahCreateNotificationHandle);
    FIND(WahWaitForNotification);
    OVERLAPPED o = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
    HANDLE helper = NULL, news = NULL;
    DWORD n;

    CHECK_INT(WahOpenNotificationHandleHelper_(&helper), 0);
    CHECK_INT(WahCreateNotificationHandle_(helper, NULL), WSAEFAULT);
    CHECK_INT(WahCreateNotificationHandle_(NULL, &news), WSA_INVALID_HANDLE);
    NEED(WahCreateNotificationHandle_(helper, &news) == 0);
    CHECK_INT(WahWaitForNotification_(helper, o.hEvent, (WSAOVERLAPPED *)&o, NULL), WSA_INVALID_HANDLE);
    CHECK_INT(WahWaitForNotification_(helper, news, (WSAOVERLAPPED *)&o, NULL), WSA_IO_PENDING);
    CHECK_TRUE(CancelIoEx(news, &o));
    CHECK_FALSE(GetOverlappedResult(news, &o, &n, TRUE), ERROR_OPERATION_ABORTED);
    CHECK_TRUE(CloseHandle(news));
    CHECK_INT(WahCloseNotificationHandleHelper_(helper), 0);
}

static int seen;

static BOOL CALLBACK look(struct wah_context *context, void *arg)
{
    CHECK(arg == &seen);
    CHECK(context->refs > 0);
    return ++seen < 3;
}

static void contexts(void)
{
    FIND(WahCreateHandleContextTable);
    FIND(WahDestroyHandleContextTable);
    FIND(WahInsertHandleContext);
    FIND(WahReferenceContextByHandle);
    FIND(WahRemoveHandleContext);
    FIND(WahEnumerateHandleContexts);
    struct wah_context c[4], again = { .handle = (HANDLE)8 };
    void *table = NULL;

    CHECK_INT(WahCreateHandleContextTable_(NULL), WSAEFAULT);
    NEED(WahCreateHandleContextTable_(&table) == 0);
    CHECK(WahEnumerateHandleContexts_(table, look, &seen));
    for (int i = 0; i < COUNT(c); i++) {
        c[i] = (struct wah_context){ .handle = (HANDLE)(ULONG_PTR)(i == 3 ? 0x123456789 : 4 + 4 * i) };
        CHECK(WahInsertHandleContext_(table, &c[i]) == &c[i]);
        CHECK_INT(c[i].refs, 1);
    }
    CHECK(!WahInsertHandleContext_(table, &again));
    CHECK_ERR(GetLastError(), WSAEINVAL);
    CHECK(WahReferenceContextByHandle_(table, (HANDLE)8) == &c[1]);
    CHECK_INT(c[1].refs, 2);
    CHECK(!WahReferenceContextByHandle_(table, (HANDLE)400));
    CHECK_ERR(GetLastError(), WSAENOTSOCK);
    CHECK(!WahEnumerateHandleContexts_(table, look, &seen));
    CHECK_INT(seen, 3);
    CHECK_INT(WahRemoveHandleContext_(table, &c[1]), 0);
    CHECK_INT(c[1].refs, 2);
    CHECK_INT(WahRemoveHandleContext_(table, &c[1]), WSAENOTSOCK);
    CHECK(!WahReferenceContextByHandle_(table, (HANDLE)8));
    CHECK_INT(WahDestroyHandleContextTable_(table), 0);
}

static void unknown_ones(void)
{
    int(WINAPI * notify)(HANDLE) = (void *)GetProcAddress(GetModuleHandleA("ws2_32.dll"), "WahNotifyAllProcesses");
    int(WINAPI * write)(void *, void *) = (void *)GetProcAddress(GetModuleHandleA("ws2_32.dll"), "WahWriteLSPEvent");

    CHECK_FAILS(notify(NULL), WSAEOPNOTSUPP);
    CHECK_FAILS(write(NULL, NULL), WSAEOPNOTSUPP);
}

const struct test_case test_cases[] = {
    { "sockets", sockets },
    { "threads", threads, .unstarted = 1 },
    { "notification", notification, .unstarted = 1 },
    { "contexts", contexts, .unstarted = 1 },
    { "unknown-ones", unknown_ones, .unstarted = 1 },
    { 0 },
};
