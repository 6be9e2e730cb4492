/* SPDX-License-Identifier: MIT */
/*
 * A socket as a kernel handle: ReadFile and WriteFile, DuplicateHandle, WSADuplicateSocket into this and another
 * process, and a child that inherits it.
 */
#include "net.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_and_write_file(void)
{
    SOCKET pair[2];
    OVERLAPPED o = { .hEvent = WSACreateEvent() }, w = { .hEvent = WSACreateEvent() };
    char buf[10];
    DWORD n = 0;

    tcp_pair(AF_INET, pair);
    if (!WriteFile((HANDLE)pair[0], "hello", 5, NULL, &w))
        CHECK_ERR(GetLastError(), ERROR_IO_PENDING);
    CHECK(GetOverlappedResult((HANDLE)pair[0], &w, &n, TRUE));
    CHECK_INT(n, 5);
    if (!ReadFile((HANDLE)pair[1], buf, sizeof buf, NULL, &o))
        CHECK_ERR(GetLastError(), ERROR_IO_PENDING);
    CHECK(GetOverlappedResult((HANDLE)pair[1], &o, &n, TRUE));
    CHECK_INT(n, 5);
    CHECK_BYTES(buf, "hello", 5);
    check_about("a read that waits, through a port");
    {
        HANDLE port = CreateIoCompletionPort((HANDLE)pair[1], NULL, 4, 0);
        OVERLAPPED *done = NULL, o2 = { 0 };
        ULONG_PTR key = 0;

        CHECK(!ReadFile((HANDLE)pair[1], buf, sizeof buf, NULL, &o2));
        CHECK_ERR(GetLastError(), ERROR_IO_PENDING);
        send_all(pair[0], "abc", 3);
        CHECK(GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
        CHECK(done == &o2);
        CHECK_INT(key, 4);
        CHECK_INT(n, 3);
    }
}

static void duplicate_handle(void)
{
    SOCKET pair[2];
    HANDLE copy;
    char buf[4];

    tcp_pair(AF_INET, pair);
    NEED(DuplicateHandle(GetCurrentProcess(), (HANDLE)pair[0], GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS));
    check_about("the copy is a socket, and outlives the first handle");
    CHECK_RET(send((SOCKET)copy, "ab", 2, 0), 2);
    CHECK_OK(closesocket(pair[0]));
    CHECK_RET(send((SOCKET)copy, "cd", 2, 0), 2);
    CHECK_INT(recv_all(pair[1], buf, 4), 4);
    CHECK_BYTES(buf, "abcd", 4);
    CHECK_OK(closesocket((SOCKET)copy));
    CHECK_RET(recv(pair[1], buf, 1, 0), 0);
}

static void duplicate_socket_here(void)
{
    SOCKET pair[2], copy;
    WSAPROTOCOL_INFOW info;
    char buf[4];
    int type = 0, len = sizeof type;

    tcp_pair(AF_INET, pair);
    CHECK_OK(WSADuplicateSocketW(pair[0], GetCurrentProcessId(), &info));
    copy = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0, WSA_FLAG_OVERLAPPED);
    NEED(copy != INVALID_SOCKET);
    CHECK(copy != pair[0]);
    CHECK_OK(getsockopt(copy, SOL_SOCKET, SO_TYPE, (char *)&type, &len));
    CHECK_INT(type, SOCK_STREAM);
    CHECK_RET(send(copy, "ab", 2, 0), 2);
    CHECK_RET(send(pair[0], "cd", 2, 0), 2);
    CHECK_INT(recv_all(pair[1], buf, 4), 4);
    check_about("closing one leaves the other");
    CHECK_OK(closesocket(pair[0]));
    CHECK_RET(send(copy, "ef", 2, 0), 2);
    CHECK_INT(recv_all(pair[1], buf, 2), 2);
    CHECK_OK(closesocket(copy));
    CHECK_RET(recv(pair[1], buf, 1, 0), 0);
}

static void duplicate_misuse(void)
{
    WSAPROTOCOL_INFOW info;
    SOCKET s = tcp_new(AF_INET);

    CHECK_FAILS(WSADuplicateSocketW(s, 0x7ffffffc, &info), WSAEINVAL);
    CHECK_FAILS(WSADuplicateSocketW(s, GetCurrentProcessId(), NULL), WSAEFAULT);
    CHECK_FAILS(WSADuplicateSocketW(INVALID_SOCKET, GetCurrentProcessId(), &info), WSAENOTSOCK);
}

/* ---- the child's half: `dup FILE` reads an entry from a pipe handle, `inherited HANDLE` uses the value ---- */

static void answer_on(SOCKET s)
{
    char buf[4];

    NEED(s != INVALID_SOCKET);
    CHECK_INT(recv_all(s, buf, 4), 4);
    CHECK_BYTES(buf, "ping", 4);
    send_all(s, "pong", 4);
    CHECK_OK(shutdown(s, SD_SEND));
    CHECK_RET(recv(s, buf, 1, 0), 0);
    CHECK_OK(closesocket(s));
}

static int child(int argc, char **argv)
{
    WSADATA data;
    HANDLE h;

    NEED(argc == 2);
    NEED(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    h = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 16);
    if (!strcmp(argv[0], "dup")) {
        WSAPROTOCOL_INFOW info;
        DWORD n;

        NEED(ReadFile(h, &info, sizeof info, &n, NULL) && n == sizeof info);
        answer_on(WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info, 0,
                             WSA_FLAG_OVERLAPPED));
    } else if (!strcmp(argv[0], "inherited")) {
        answer_on((SOCKET)h);
    } else { /* a listener inherited */
        SOCKET s = accept((SOCKET)h, NULL, NULL);

        answer_on(s);
    }
    case_end();
}

static void use_child(SOCKET s)
{
    char buf[5];

    send_all(s, "ping", 4);
    CHECK_INT(recv_all(s, buf, 5), 4);
    CHECK_BYTES(buf, "pong", 4);
    CHECK_OK(closesocket(s));
}

static void duplicate_to_child(void)
{
    SECURITY_ATTRIBUTES inherit = { sizeof inherit, NULL, TRUE };
    WSAPROTOCOL_INFOW info;
    SOCKET pair[2];
    HANDLE r, w, p;
    char args[64];
    DWORD n;

    tcp_pair(AF_INET, pair);
    NEED(SetHandleInformation((HANDLE)pair[0], HANDLE_FLAG_INHERIT, 0));
    NEED(SetHandleInformation((HANDLE)pair[1], HANDLE_FLAG_INHERIT, 0));
    NEED(CreatePipe(&r, &w, &inherit, 4096));
    sprintf(args, "dup %llx", (unsigned long long)(ULONG_PTR)r);
    p = child_start(args, 1);
    NEED_OK(WSADuplicateSocketW(pair[0], GetProcessId(p), &info));
    CHECK_OK(closesocket(pair[0]));
    NEED(WriteFile(w, &info, sizeof info, &n, NULL));
    use_child(pair[1]);
    CHECK_INT(child_wait(p), 0);
}

static void inherited_by_child(void)
{
    SOCKET pair[2];
    HANDLE p;
    char args[64];

    tcp_pair(AF_INET6, pair);
    NEED(SetHandleInformation((HANDLE)pair[1], HANDLE_FLAG_INHERIT, 0));
    sprintf(args, "inherited %llx", (unsigned long long)pair[0]);
    p = child_start(args, 1);
    CHECK_OK(closesocket(pair[0]));
    use_child(pair[1]);
    CHECK_INT(child_wait(p), 0);
}

static void listener_inherited_by_child(void)
{
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), c = tcp_new(AF_INET);
    HANDLE p;
    char args[64];

    NEED(SetHandleInformation((HANDLE)c, HANDLE_FLAG_INHERIT, 0));
    sprintf(args, "listener %llx", (unsigned long long)listener);
    p = child_start(args, 1);
    NEED_OK(connect(c, &at.sa, sizeof at.v4));
    use_child(c);
    CHECK_INT(child_wait(p), 0);
}

/* The child's role must be known before main decides, so it is set while loading. */
__attribute__((constructor)) static void set_child(void)
{
    test_child = child;
}

/* The thread that started a receive ends: its receive is cancelled, as on Windows. Others' go on. */
static OVERLAPPED orphan;
static char orphan_byte;

static DWORD WINAPI start_and_leave(void *arg)
{
    WSABUF buf = { 1, &orphan_byte };
    DWORD flags = 0;

    CHECK_FAILS(WSARecv(*(SOCKET *)arg, &buf, 1, NULL, &flags, &orphan, NULL), WSA_IO_PENDING);
    return 0;
}

static void thread_exit_with_port(void)
{
    SOCKET pair[2];
    HANDLE port;
    OVERLAPPED *done = NULL;
    ULONG_PTR key;
    DWORD n;

    tcp_pair(AF_INET, pair);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 0, 0);
    thread_join(thread_start(start_and_leave, &pair[0]));
    check_about("a receive of a socket in a port outlives its thread (Vista and later)");
    send_all(pair[1], "x", 1);
    CHECK(GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
    CHECK(done == &orphan);
    CHECK_INT(n, 1);
    CHECK_INT(orphan_byte, 'x');
}

const struct test_case test_cases[] = {
    { "read-and-write-file", read_and_write_file },
    { "duplicate-handle", duplicate_handle },
    { "duplicate-socket-here", duplicate_socket_here },
    { "duplicate-misuse", duplicate_misuse },
    { "duplicate-to-child", duplicate_to_child },
    { "inherited-by-child", inherited_by_child },
    { "listener-inherited-by-child", listener_inherited_by_child },
    { "thread-exit-with-port", thread_exit_with_port },
    { 0 },
};
