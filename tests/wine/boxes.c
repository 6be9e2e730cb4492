/* SPDX-License-Identifier: MIT */
/* samples/base.c, the template of a base provider: every kind of call and of completion on its sockets, and them beside TCP's. */
#include "net.h"
#include <ws2spi.h>
#include <string.h>

enum { BOX_FAMILY = 119 };

static GUID box_id = { 0x77733262, 0x6f78, 0x6573, { 0x80, 1, 2, 3, 4, 5, 6, 7 } };

static void uninstall(void)
{
    int err;

    WSCDeinstallProvider(&box_id, &err);
}

static void begin(void)
{
    WSAPROTOCOL_INFOW info = { .dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO,
                               .dwServiceFlags1 = XP1_GUARANTEED_ORDER | XP1_GUARANTEED_DELIVERY,
                               .ProtocolChain.ChainLen = 1,
                               .iVersion = 2,
                               .iAddressFamily = BOX_FAMILY,
                               .iSocketType = SOCK_STREAM };
    WCHAR path[MAX_PATH];
    WSADATA data;
    int err;

    GetModuleFileNameW(NULL, path, MAX_PATH);
    for (int i = 0; i < 3; i++)
        *wcsrchr(path, '\\') = 0;
    lstrcatW(path, L"\\samples\\base.dll");
    uninstall();
    NEED_OK(WSCInstallProvider(&box_id, path, &info, 1, &err));
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
}

static void end(void)
{
    CHECK_OK(WSACleanup());
    uninstall();
}

static SOCKET box(void)
{
    SOCKET s = socket(BOX_FAMILY, SOCK_STREAM, 0);

    NEED(s != INVALID_SOCKET);
    return s;
}

static DWORD WINAPI send_later(void *s)
{
    Sleep(30);
    send_all((SOCKET)s, "late", 4);
    return 0;
}

static void blocking_and_select(void)
{
    struct timeval limit = { 5, 0 };
    SOCKET s, pair[2];
    HANDLE thread;
    char data[8];
    u_long n = 0;
    fd_set set;

    begin();
    s = box();
    thread = thread_start(send_later, (void *)s);
    CHECK_INT(recv_all(s, data, 4), 4);
    CHECK_BYTES(data, "late", 4);
    thread_join(thread);
    set_nonblocking(s, 1);
    CHECK_FAILS(recv(s, data, 1, 0), WSAEWOULDBLOCK);
    send_all(s, "abc", 3);
    CHECK_OK(ioctlsocket(s, FIONREAD, &n));
    CHECK_INT(n, 3);
    check_about("in one set with a TCP socket");
    tcp_pair(AF_INET, pair);
    FD_ZERO(&set);
    FD_SET(s, &set);
    FD_SET(pair[1], &set);
    CHECK_RET(select(0, &set, NULL, NULL, &limit), 1);
    CHECK(FD_ISSET(s, &set));
    CHECK_INT(recv_all(s, data, 3), 3);
    FD_ZERO(&set);
    FD_SET(s, &set);
    FD_SET(pair[1], &set);
    send_all(pair[0], "x", 1);
    CHECK_RET(select(0, &set, NULL, NULL, &limit), 1);
    CHECK(FD_ISSET(pair[1], &set));
    CHECK_FAILS(listen(s, 1), WSAEOPNOTSUPP);
    CHECK_OK(closesocket(s));
    CHECK_FAILS(closesocket(s), WSAENOTSOCK);
    end();
}

static DWORD routine_bytes;

static void CALLBACK routine(DWORD err, DWORD bytes, LPWSAOVERLAPPED o, DWORD flags)
{
    (void)o, (void)flags;
    CHECK_INT(err, 0);
    routine_bytes = bytes;
}

static void overlapped(void)
{
    WSAOVERLAPPED o = { .hEvent = WSACreateEvent() }, by_routine = { 0 }, by_port = { 0 };
    char data[8];
    WSABUF buf = { sizeof data, data };
    DWORD n = 0, flags = 0;
    OVERLAPPED *got = NULL;
    ULONG_PTR key = 0;
    HANDLE port;
    SOCKET s;

    begin();
    s = box();
    CHECK_FAILS(WSARecv(s, &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    CHECK_FALSE(WSAGetOverlappedResult(s, &o, &n, FALSE, &flags), WSA_IO_INCOMPLETE);
    send_all(s, "12", 2);
    CHECK_TRUE(WSAGetOverlappedResult(s, &o, &n, TRUE, &flags));
    CHECK_INT(n, 2);
    CHECK_FAILS(WSARecv(s, &buf, 1, NULL, &flags, &by_routine, routine), WSA_IO_PENDING);
    send_all(s, "345", 3);
    CHECK_INT(SleepEx(1000, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(routine_bytes, 3);
    port = CreateIoCompletionPort((HANDLE)s, NULL, 7, 0);
    CHECK_FAILS(WSARecv(s, &buf, 1, NULL, &flags, &by_port, NULL), WSA_IO_PENDING);
    CHECK_TRUE(WriteFile((HANDLE)s, "file", 4, &n, NULL)); /* no IFS handle, and a file all the same */
    CHECK_INT(n, 4);
    CHECK_TRUE(GetQueuedCompletionStatus(port, &n, &key, &got, 1000));
    CHECK((void *)got == &by_port);
    CHECK_INT(n, 4);
    CHECK_INT(key, 7);
    check_about("closed while it waits");
    memset(&by_port, 0, sizeof by_port);
    CHECK_FAILS(WSARecv(s, &buf, 1, NULL, &flags, &by_port, NULL), WSA_IO_PENDING);
    CHECK_OK(closesocket(s));
    CHECK_FALSE(GetQueuedCompletionStatus(port, &n, &key, &got, 1000), ERROR_OPERATION_ABORTED);
    CHECK((void *)got == &by_port);
    end();
}

const struct test_case test_cases[] = {
    { "blocking-and-select", blocking_and_select, .unstarted = 1 },
    { "overlapped", overlapped, .unstarted = 1 },
    { 0 },
};
