/* SPDX-License-Identifier: MIT */
/* GetAddrInfoEx in the background. The slow server is a socket of this program that never answers. */
#include "net.h"
#include <stdio.h>
#include <string.h>

int WSAAPI GetAddrInfoExCancel(LPHANDLE handle);
int WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED overlapped);

/* With lookups that any server would have to answer. */
static SOCKET silent_server(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int bytes = sizeof at;
    char text[64];
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);

    NEED(s != INVALID_SOCKET);
    CHECK_OK(bind(s, (struct sockaddr *)&at, sizeof at));
    CHECK_OK(getsockname(s, (struct sockaddr *)&at, &bytes));
    sprintf(text, "127.0.0.1:%u", ntohs(at.sin_port));
    SetEnvironmentVariableA("WS2KIT_DNS", text);
    return s;
}

static void by_event(void)
{
    OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    ADDRINFOEXW *list = NULL, hints = { .ai_family = AF_INET };
    HANDLE handle = NULL;

    CHECK_ERR(GetAddrInfoExW(L"localhost", L"80", NS_ALL, NULL, &hints, &list, NULL, &ov, NULL, &handle), WSA_IO_PENDING);
    CHECK_INT(WaitForSingleObject(ov.hEvent, 10000), WAIT_OBJECT_0);
    CHECK_ERR(GetAddrInfoExOverlappedResult(&ov), 0);
    NEED(list);
    CHECK_INT(((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_INT(((struct sockaddr_in *)list->ai_addr)->sin_port, htons(80));
    CHECK(list->ai_next == NULL);
    CHECK_ERR(GetAddrInfoExCancel(&handle), WSA_INVALID_HANDLE); /* it is over */
    FreeAddrInfoExW(list);

    list = NULL;
    CHECK_ERR(GetAddrInfoExW(L"nosuch.invalid", NULL, NS_ALL, NULL, NULL, &list, NULL, &ov, NULL, NULL), WSA_IO_PENDING);
    CHECK_INT(WaitForSingleObject(ov.hEvent, 10000), WAIT_OBJECT_0);
    CHECK_ERR(GetAddrInfoExOverlappedResult(&ov), WSAHOST_NOT_FOUND);
    CHECK(list == NULL);
    CloseHandle(ov.hEvent);
}

static HANDLE told;
static DWORD told_err;

static void CALLBACK routine(DWORD err, DWORD bytes, OVERLAPPED *ov)
{
    (void)bytes, (void)ov;
    told_err = err;
    SetEvent(told);
}

static void by_routine(void)
{
    OVERLAPPED ov = { 0 };
    ADDRINFOEXW *list = NULL;

    told = CreateEventW(NULL, FALSE, FALSE, NULL);
    CHECK_ERR(GetAddrInfoExW(L"127.0.0.1", NULL, NS_ALL, NULL, NULL, &list, NULL, &ov, (void *)routine, NULL),
              WSA_IO_PENDING);
    CHECK_INT(WaitForSingleObject(told, 10000), WAIT_OBJECT_0);
    CHECK_INT(told_err, 0);
    NEED(list);
    FreeAddrInfoExW(list);
    CloseHandle(told);
}

static void cancelled(void)
{
    SOCKET server = silent_server();
    OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) }, second = { 0 };
    ADDRINFOEXW *list = NULL, *other = NULL;
    HANDLE handle = NULL, other_handle = NULL;
    DWORD start = GetTickCount();

    told = CreateEventW(NULL, FALSE, FALSE, NULL);
    CHECK_ERR(GetAddrInfoExW(L"slow.test", NULL, NS_ALL, NULL, NULL, &list, NULL, &ov, NULL, &handle), WSA_IO_PENDING);
    CHECK_ERR(GetAddrInfoExW(L"slow.test", NULL, NS_ALL, NULL, NULL, &other, NULL, &second, (void *)routine, &other_handle),
              WSA_IO_PENDING);
    CHECK_ERR(GetAddrInfoExOverlappedResult(&ov), WSAEINPROGRESS);
    CHECK(handle != NULL && handle != other_handle);
    CHECK_ERR(GetAddrInfoExCancel(&handle), 0);
    CHECK_INT(WaitForSingleObject(ov.hEvent, 3000), WAIT_OBJECT_0);
    CHECK_ERR(GetAddrInfoExOverlappedResult(&ov), WSA_E_CANCELLED);
    CHECK_ERR(GetAddrInfoExCancel(&handle), WSA_INVALID_HANDLE);
    CHECK_ERR(GetAddrInfoExCancel(&other_handle), 0);
    CHECK_INT(WaitForSingleObject(told, 3000), WAIT_OBJECT_0);
    CHECK_INT(told_err, WSA_E_CANCELLED);
    CHECK(!list && !other);
    CHECK(GetTickCount() - start < 5000);
    closesocket(server);
}

static void timed_out(void)
{
    SOCKET server = silent_server();
    OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    struct timeval limit = { 0, 200000 };
    ADDRINFOEXW *list = NULL;
    DWORD start = GetTickCount();

    CHECK_ERR(GetAddrInfoExW(L"slow.test", NULL, NS_ALL, NULL, NULL, &list, &limit, &ov, NULL, NULL), WSA_IO_PENDING);
    CHECK_INT(WaitForSingleObject(ov.hEvent, 5000), WAIT_OBJECT_0);
    CHECK_ERR(GetAddrInfoExOverlappedResult(&ov), WSAETIMEDOUT);
    CHECK_ERR(GetAddrInfoExW(L"slow.test", NULL, NS_ALL, NULL, NULL, &list, &limit, NULL, NULL, NULL), WSAETIMEDOUT);
    CHECK(list == NULL);
    CHECK(GetTickCount() - start >= 390 && GetTickCount() - start < 5000);
    CHECK_ERR(GetAddrInfoExW(L"localhost", NULL, NS_ALL, NULL, NULL, &list, &limit, NULL, NULL, NULL), 0);
    FreeAddrInfoExW(list);
    closesocket(server);
}

static void cleanup(void)
{
    SOCKET server = silent_server();
    OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    ADDRINFOEXW *list = NULL;
    WSADATA data;

    CHECK_ERR(GetAddrInfoExW(L"slow.test", NULL, NS_ALL, NULL, NULL, &list, NULL, &ov, NULL, NULL), WSA_IO_PENDING);
    closesocket(server);
    WSACleanup();
    CHECK_INT(WaitForSingleObject(ov.hEvent, 3000), WAIT_OBJECT_0);
    CHECK_ERR((int)ov.Internal, WSA_E_CANCELLED);
    CHECK_OK(WSAStartup(MAKEWORD(2, 2), &data));
}

static void misuse(void)
{
    OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    struct timeval zero = { 0, 0 };
    ADDRINFOEXW *list = NULL;
    HANDLE handle = NULL;

    CHECK_ERR(GetAddrInfoExW(L"localhost", NULL, NS_ALL, NULL, NULL, &list, NULL, NULL, NULL, &handle), WSAEINVAL);
    CHECK_ERR(GetAddrInfoExW(L"localhost", NULL, NS_ALL, NULL, NULL, &list, NULL, &ov, (void *)routine, NULL), WSAEINVAL);
    CHECK_ERR(GetAddrInfoExW(L"localhost", NULL, NS_ALL, NULL, NULL, &list, &zero, NULL, NULL, NULL), WSAEINVAL);
    CHECK_ERR(GetAddrInfoExW(L"localhost", NULL, NS_ALL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), WSAEFAULT);
    CHECK_ERR(GetAddrInfoExOverlappedResult(NULL), WSAEINVAL);
    CHECK_ERR(GetAddrInfoExCancel(NULL), WSA_INVALID_HANDLE);
    CHECK_ERR(GetAddrInfoExCancel(&handle), WSA_INVALID_HANDLE);
}

const struct test_case test_cases[] = {
    { "by-event", by_event },
    { "by-routine", by_routine },
    { "cancelled", cancelled },
    { "timed-out", timed_out },
    { "cleanup", cleanup },
    { "misuse", misuse },
    { 0 },
};
