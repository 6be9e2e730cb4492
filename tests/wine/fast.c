/* SPDX-License-Identifier: MIT */
/*
 * One test for each point of THE RULE (providers/tcpip/fast.h) that a program can notice: drop the point and the test
 * fails. They hold without the Unix half as well.
 */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MUCH = 8 << 20 };

static void receive_one(SOCKET s, char want)
{
    char c = 0;

    CHECK_RET(recv(s, &c, 1, 0), 1);
    CHECK_INT(c, want);
}

static long events_within(SOCKET s, HANDLE event, DWORD ms)
{
    WSANETWORKEVENTS events = { 0 };

    WaitForSingleObject(event, ms);
    CHECK_OK(WSAEnumNetworkEvents(s, event, &events));
    return events.lNetworkEvents;
}

/* Each receive must be seen by the server, or it reports no further FD_READ. */
static void expect_reads(SOCKET s, HANDLE event, SOCKET from)
{
    for (int i = 0; i < 5; i++) {
        send_all(from, "x", 1);
        CHECK(events_within(s, event, 2000) & FD_READ);
        receive_one(s, 'x');
    }
    CHECK_OK(closesocket(from));
    CHECK(events_within(s, event, 2000) & FD_CLOSE);
}

/* Used before the selection, and while it is active. */
static void selection(void)
{
    HANDLE event = WSACreateEvent();
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    for (int i = 0; i < 3; i++) {
        send_all(pair[0], "a", 1);
        receive_one(pair[1], 'a');
    }
    CHECK_OK(WSAEventSelect(pair[1], event, FD_READ | FD_CLOSE));
    expect_reads(pair[1], event, pair[0]);
}

/* Selected, let go, used, selected again. */
static void selection_again(void)
{
    HANDLE event = WSACreateEvent();
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAEventSelect(pair[1], event, FD_READ | FD_CLOSE));
    send_all(pair[0], "ab", 2);
    CHECK(events_within(pair[1], event, 2000) & FD_READ);
    receive_one(pair[1], 'a');
    CHECK_OK(WSAEventSelect(pair[1], event, 0));
    receive_one(pair[1], 'b');
    send_all(pair[0], "c", 1);
    CHECK(wait_readable(pair[1]));
    receive_one(pair[1], 'c');
    ResetEvent(event);
    CHECK_OK(WSAEventSelect(pair[1], event, FD_READ | FD_CLOSE));
    CHECK_INT(events_within(pair[1], event, 50) & FD_READ, 0);
    expect_reads(pair[1], event, pair[0]);
}

/* A wait in the device notes READ; the data are gone when the selection begins. */
static DWORD WINAPI send_later(void *arg)
{
    Sleep(100);
    send_all(*(SOCKET *)arg, "z", 1);
    return 0;
}

static void selection_after_wait(void)
{
    HANDLE event = WSACreateEvent(), thread;
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    send_all(pair[0], "y", 1);
    receive_one(pair[1], 'y');
    thread = thread_start(send_later, &pair[0]);
    CHECK(wait_readable(pair[1]));
    thread_join(thread);
    receive_one(pair[1], 'z');
    CHECK_OK(WSAEventSelect(pair[1], event, FD_READ | FD_CLOSE));
    CHECK_INT(events_within(pair[1], event, 50) & FD_READ, 0);
    expect_reads(pair[1], event, pair[0]);
}

static void selection_inherited(void)
{
    HANDLE event = WSACreateEvent();
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), client = tcp_new(AF_INET), s;

    CHECK_OK(WSAEventSelect(listener, event, FD_ACCEPT | FD_READ | FD_CLOSE));
    NEED_OK(connect(client, &at.sa, addr_len(AF_INET)));
    CHECK(events_within(listener, event, 2000) & FD_ACCEPT);
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    expect_reads(s, event, client);
}

static HANDLE thread_waits;

static DWORD WINAPI accept_and_say(void *arg)
{
    SOCKET *s = arg;

    tell_wait(thread_waits);
    *s = accept(*s, NULL, NULL);
    return 0;
}

/*
 * The listener has a selection while the connection is accepted, and none any more when the thread that accepts goes on. (If the server is so
 * late that it accepts after that, nothing is inherited, and nothing told.)
 */
static void selection_inherited_late(void)
{
    HANDLE event = WSACreateEvent(), thread;
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), client = tcp_new(AF_INET), s = listener;

    thread_waits = CreateEventW(NULL, TRUE, FALSE, NULL);
    thread = thread_start(accept_and_say, &s);
    NEED(WaitForSingleObject(thread_waits, 20000) == WAIT_OBJECT_0);
    CHECK_OK(WSAEventSelect(listener, event, FD_READ | FD_CLOSE));
    NEED(SuspendThread(thread) != (DWORD)-1);
    NEED_OK(connect(client, &at.sa, addr_len(AF_INET)));
    Sleep(100);
    CHECK_OK(WSAEventSelect(listener, NULL, 0));
    NEED(ResumeThread(thread) != (DWORD)-1);
    thread_join(thread);
    NEED(s != INVALID_SOCKET);
    send_all(client, "x", 1);
    if (!(events_within(s, event, 500) & FD_READ)) {
        note("it was accepted later");
        return;
    }
    receive_one(s, 'x');
    expect_reads(s, event, client);
}

/* An overlapped receive was there first; nobody takes its data. */
static void pending_receive(void)
{
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    set_nonblocking(pair[1], 1);
    for (int i = 0; i < 300; i++) {
        WSAOVERLAPPED ov = { .hEvent = WSACreateEvent() };
        DWORD bytes, flags = 0;
        char first = 0, second;
        WSABUF buf = { 1, &first };

        CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &flags, &ov, NULL), WSA_IO_PENDING);
        send_all(pair[0], "1", 1);
        CHECK_FAILS(recv(pair[1], &second, 1, 0), WSAEWOULDBLOCK);
        CHECK_TRUE(WSAGetOverlappedResult(pair[1], &ov, &bytes, TRUE, &flags));
        CHECK_INT(first, '1');
        WSACloseEvent(ov.hEvent);
    }
}

/* The receive pends, so a poll for readiness has nothing to find. */
static void pending_receive_and_poll(void)
{
    WSAPOLLFD fd = { .events = POLLRDNORM };
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    fd.fd = pair[1];
    for (int i = 0; i < 100; i++) {
        WSAOVERLAPPED ov = { .hEvent = WSACreateEvent() };
        DWORD bytes, flags = 0;
        char first = 0;
        WSABUF buf = { 1, &first };

        CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &flags, &ov, NULL), WSA_IO_PENDING);
        CHECK_INT(WSAPoll(&fd, 1, 0), 0);
        send_all(pair[0], "1", 1);
        CHECK_INT(WSAPoll(&fd, 1, 0), 0);
        CHECK_TRUE(WSAGetOverlappedResult(pair[1], &ov, &bytes, TRUE, &flags));
        WSACloseEvent(ov.hEvent);
    }
    send_all(pair[0], "2", 1);
    CHECK_INT(WSAPoll(&fd, 1, 1000), 1);
    receive_one(pair[1], '2');
}

static char *much(char fill)
{
    char *data = malloc(MUCH);

    NEED(data);
    memset(data, fill, MUCH);
    return data;
}

/* Much of 'a' and then one 'b', nothing mixed. */
static DWORD WINAPI expect_blocks(void *arg)
{
    char *got = malloc(MUCH + 1);
    int n = 0;

    NEED(got);
    CHECK_INT(recv_all(*(SOCKET *)arg, got, MUCH + 1), MUCH + 1);
    while (n < MUCH && got[n] == 'a')
        n++;
    CHECK_INT(n, MUCH);
    CHECK_INT(got[MUCH], 'b');
    free(got);
    return 0;
}

static void pending_send(void)
{
    WSAOVERLAPPED ov = { .hEvent = WSACreateEvent() };
    WSABUF buf = { MUCH, much('a') };
    DWORD sent;
    SOCKET pair[2];
    HANDLE reader;

    tcp_pair(AF_INET, pair);
    CHECK_FAILS(WSASend(pair[0], &buf, 1, &sent, 0, &ov, NULL), WSA_IO_PENDING);
    reader = thread_start(expect_blocks, &pair[1]);
    CHECK_RET(send(pair[0], "b", 1, 0), 1);
    thread_join(reader);
    CHECK_INT(WaitForSingleObject(ov.hEvent, 5000), WAIT_OBJECT_0);
}

/* The rest of a nonblocking send is on its way; what is sent later comes later. */
static void rest_of_a_send(void)
{
    char *data = much('a');
    SOCKET pair[2];
    HANDLE reader;

    tcp_pair(AF_INET, pair);
    set_nonblocking(pair[0], 1);
    CHECK_INT(send(pair[0], data, MUCH, 0), MUCH);
    CHECK_FAILS(send(pair[0], "b", 1, 0), WSAEWOULDBLOCK);
    reader = thread_start(expect_blocks, &pair[1]);
    while (send(pair[0], "b", 1, 0) != 1 && WSAGetLastError() == WSAEWOULDBLOCK)
        ;
    thread_join(reader);
}

struct sender {
    SOCKET s;
    char fill;
};

static DWORD WINAPI send_much(void *arg)
{
    struct sender *sender = arg;
    char *data = much(sender->fill);

    CHECK_INT(send(sender->s, data, MUCH, 0), MUCH);
    free(data);
    return 0;
}

/* What one call sends lies together, however long it takes. */
static void two_senders(void)
{
    struct sender a, b;
    char *got = malloc(MUCH);
    HANDLE one, two;
    int n;
    SOCKET pair[2];

    NEED(got);
    tcp_pair(AF_INET, pair);
    a = (struct sender){ pair[0], 'a' };
    b = (struct sender){ pair[0], 'b' };
    one = thread_start(send_much, &a);
    two = thread_start(send_much, &b);
    Sleep(100);
    for (int half = 0; half < 2; half++) {
        CHECK_INT(recv_all(pair[1], got, MUCH), MUCH);
        for (n = 1; n < MUCH && got[n] == got[0]; n++)
            ;
        CHECK_INT(n, MUCH);
    }
    thread_join(one);
    thread_join(two);
    free(got);
}

/* A send waits in the device; what another thread sends then comes after it. */
static void waiting_send(void)
{
    struct sender a;
    HANDLE sender, reader;
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    a = (struct sender){ pair[0], 'a' };
    sender = thread_start(send_much, &a);
    Sleep(200);
    reader = thread_start(expect_blocks, &pair[1]);
    CHECK_RET(send(pair[0], "b", 1, 0), 1);
    thread_join(reader);
    thread_join(sender);
}

/* Queues much to be sent, in one of the ways in which the rest of it is the device's to send. */
enum { BY_OVERLAPPED, BY_NONBLOCKING, BY_ANOTHER_THREAD, WAYS };

/* The call waits in Linux first, and runs no APCs there. */
static DWORD WINAPI send_much_and_say(void *sender)
{
    tell_wait(thread_waits);
    return send_much(sender);
}

static void queue_much(SOCKET s, int way, struct sender *sender, WSAOVERLAPPED *ov)
{
    WSABUF buf = { MUCH, much('a') };
    DWORD sent;

    switch (way) {
    case BY_OVERLAPPED:
        CHECK_FAILS(WSASend(s, &buf, 1, &sent, 0, ov, NULL), WSA_IO_PENDING);
        break;
    case BY_NONBLOCKING:
        set_nonblocking(s, 1);
        CHECK_INT(send(s, buf.buf, MUCH, 0), MUCH);
        break;
    case BY_ANOTHER_THREAD:
        *sender = (struct sender){ s, 'a' };
        thread_waits = CreateEventW(NULL, TRUE, FALSE, NULL);
        thread_start(send_much_and_say, sender);
        NEED(WaitForSingleObject(thread_waits, 10000) == WAIT_OBJECT_0);
    }
}

/* Room in the host's buffer is not for others while something of ours is still to go there. */
static void unsent_is_not_writable(void)
{
    static char room[0x8000];

    for (int way = 0; way < WAYS; way++) {
        WSAOVERLAPPED ov = { .hEvent = WSACreateEvent() };
        struct sender sender;
        SOCKET pair[2];
        int got = 0, little = 0x10000;

        check_about("way %d", way);
        tcp_pair(AF_INET, pair);
        CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, (char *)&little, sizeof little));
        CHECK_OK(setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, (char *)&little, sizeof little));
        queue_much(pair[0], way, &sender, &ov);
        while (got < MUCH / 2) {
            WSAPOLLFD fd = { pair[0], POLLWRNORM, 0 };
            int n = recv(pair[1], room, sizeof room, 0);

            NEED(n > 0);
            got += n;
            NEED_RET(WSAPoll(&fd, 1, 0), 0);
        }
        while (got < MUCH) {
            int n = recv(pair[1], room, sizeof room, 0);

            NEED(n > 0);
            got += n;
        }
        closesocket(pair[1]);
    }
}

/* A reset that a send or a receive hears of before the server does is FD_CLOSE with its error all the same. */
static void reset_while_selected(void)
{
    HANDLE event = WSACreateEvent();

    for (int i = 0; i < 10; i++) {
        WSANETWORKEVENTS events = { 0 };
        SOCKET pair[2];
        char c;

        check_about(i & 1 ? "by a receive" : "by sends");
        tcp_pair(AF_INET, pair);
        CHECK_OK(WSAEventSelect(pair[0], event, FD_READ | FD_CLOSE));
        reset_connection(pair[1]);
        if (i & 1)
            CHECK_RET(recv(pair[0], &c, 1, 0), -1);
        else
            while (send(pair[0], "x", 1, 0) == 1)
                ;
        while (!(events.lNetworkEvents & FD_CLOSE) && WaitForSingleObject(event, 5000) == WAIT_OBJECT_0)
            CHECK_OK(WSAEnumNetworkEvents(pair[0], event, &events));
        CHECK(events.lNetworkEvents & FD_CLOSE);
        CHECK_ERR(events.iErrorCode[FD_CLOSE_BIT], WSAECONNABORTED);
        CHECK_OK(closesocket(pair[0]));
    }
}

/* A second handle, of which the first record hears nothing but that it exists. */
static void second_handle(void)
{
    HANDLE event = WSACreateEvent(), copy;
    SOCKET pair[2];
    int type, len = sizeof type;

    tcp_pair(AF_INET, pair);
    send_all(pair[0], "a", 1);
    receive_one(pair[1], 'a');
    NEED(DuplicateHandle(GetCurrentProcess(), (HANDLE)pair[1], GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS));
    CHECK_OK(getsockopt((SOCKET)copy, SOL_SOCKET, SO_TYPE, (char *)&type, &len));
    CHECK_OK(WSAEventSelect((SOCKET)copy, event, FD_READ));
    for (int i = 0; i < 5; i++) {
        send_all(pair[0], "x", 1);
        CHECK(events_within((SOCKET)copy, event, 2000) & FD_READ);
        receive_one(pair[1], 'x');
    }
}

/* A second handle that the sockets API never sees: a file is read from it. */
static void second_handle_as_file(void)
{
    HANDLE copy;
    SOCKET pair[2];
    char first, second;

    tcp_pair(AF_INET, pair);
    send_all(pair[0], "a", 1);
    receive_one(pair[1], 'a');
    set_nonblocking(pair[1], 1);
    NEED(DuplicateHandle(GetCurrentProcess(), (HANDLE)pair[1], GetCurrentProcess(), &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS));
    for (int i = 0; i < 50; i++) {
        OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
        DWORD n = 0;

        first = 0;
        CHECK_FALSE(ReadFile(copy, &first, 1, NULL, &ov), ERROR_IO_PENDING);
        send_all(pair[0], "1", 1);
        CHECK_FAILS(recv(pair[1], &second, 1, 0), WSAEWOULDBLOCK);
        CHECK_INT(WaitForSingleObject(ov.hEvent, 5000), WAIT_OBJECT_0);
        CHECK_TRUE(GetOverlappedResult(copy, &ov, &n, FALSE));
        CHECK_INT(first, '1');
        CloseHandle(ov.hEvent);
    }
}

static void second_socket(void)
{
    HANDLE event = WSACreateEvent();
    WSAPROTOCOL_INFOW info;
    SOCKET pair[2], copy;

    tcp_pair(AF_INET, pair);
    send_all(pair[0], "a", 1);
    receive_one(pair[1], 'a');
    NEED_OK(WSADuplicateSocketW(pair[1], GetCurrentProcessId(), &info));
    copy = WSASocketW(-1, -1, -1, &info, 0, WSA_FLAG_OVERLAPPED);
    NEED(copy != INVALID_SOCKET);
    CHECK_OK(WSAEventSelect(copy, event, FD_READ));
    for (int i = 0; i < 5; i++) {
        send_all(pair[0], "x", 1);
        CHECK(events_within(copy, event, 2000) & FD_READ);
        receive_one(pair[1], 'x');
    }
}

/* The first send binds, in the server's eyes as well. */
static void unbound_datagram(void)
{
    union addr at, mine, from;
    int len = sizeof mine;
    SOCKET to = udp_bound(AF_INET, &at), s = udp_new(AF_INET);
    char c;

    for (int i = 0; i < 3; i++) {
        CHECK_RET(sendto(s, "x", 1, 0, &at.sa, addr_len(AF_INET)), 1);
        len = sizeof mine;
        CHECK_OK(getsockname(s, &mine.sa, &len));
        len = sizeof from;
        CHECK_RET(recvfrom(to, &c, 1, 0, &from.sa, &len), 1);
        CHECK_INT(from.v4.sin_port, mine.v4.sin_port);
        CHECK_RET(sendto(to, "y", 1, 0, &from.sa, len), 1);
        CHECK(wait_readable(s));
        receive_one(s, 'y');
    }
}

/* Pages that Wine watches, and pages that are not there. A datagram is not lost for it. */
static void buffers(void)
{
    char *watched = VirtualAlloc(NULL, 0x10000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    char *absent = VirtualAlloc(NULL, 0x10000, MEM_RESERVE, PAGE_NOACCESS);
    void *pages[16];
    SOCKET tcp[2], udp[2];

    NEED(watched && absent);
    tcp_pair(AF_INET, tcp);
    udp_pair(AF_INET, udp);
    for (int i = 0; i < 4; i++) {
        SOCKET *pair = i & 1 ? udp : tcp;
        ULONG_PTR count = COUNT(pages);
        ULONG size;

        check_about(i & 1 ? "datagram" : "stream");
        CHECK_INT(ResetWriteWatch(watched, 0x10000), 0);
        send_all(pair[0], "watch", 5);
        CHECK(wait_readable(pair[1]));
        CHECK_RET(recv(pair[1], watched + 0x0ffe, 5, 0), 5);
        CHECK_BYTES(watched + 0x0ffe, "watch", 5);
        CHECK_INT(GetWriteWatch(0, watched, 0x10000, pages, &count, &size), 0);
        CHECK_INT(count, 2);

        CHECK_FAILS(send(pair[0], absent, 5, 0), WSAEFAULT);
        {
            WSAOVERLAPPED ov = { 0 };
            WSABUF buf = { 5, absent };

            /* Nothing else will be told of it, and the device leaves this behind. */
            CHECK_FAILS(WSASend(pair[0], &buf, 1, NULL, 0, &ov, NULL), WSAEFAULT);
            CHECK_INT(ov.Internal, STATUS_PENDING);
        }
        send_all(pair[0], "x", 1);
        CHECK(wait_readable(pair[1]));
        CHECK_FAILS(recv(pair[1], absent, 5, 0), WSAEFAULT);
        if (pair == tcp)
            receive_one(tcp[1], 'x');
        set_nonblocking(pair[1], 1);
        while (recv(pair[1], watched, 1, 0) > 0)
            ;
        set_nonblocking(pair[1], 0);
    }
}

/* Some of what is to be sent can be read, and goes, before the rest cannot: the call fails, and the program goes on. */
static void buffer_ends_early(void)
{
    for (int i = 0; i < 4; i++) {
        ULONG good = i & 1 ? MUCH : 0x40000;
        char *data = VirtualAlloc(NULL, good + 0x1000, MEM_RESERVE, PAGE_NOACCESS);
        WSABUF bufs[2] = { { good, data }, { 0x1000, data + good } };
        SOCKET pair[2];
        DWORD sent;

        check_about("%lu bytes, %s", good, i & 2 ? "one buffer" : "two buffers");
        NEED(data && VirtualAlloc(data, good, MEM_COMMIT, PAGE_READWRITE));
        if (i & 2)
            bufs[0].len += 0x1000;
        tcp_pair(AF_INET, pair);
        set_nonblocking(pair[0], 1);
        CHECK_FAILS(WSASend(pair[0], bufs, i & 2 ? 1 : 2, &sent, 0, NULL, NULL), WSAEFAULT);
        closesocket(pair[0]);
        closesocket(pair[1]);
        VirtualFree(data, 0, MEM_RELEASE);
    }
}

/* A handle closed in a child, or left to it: the connection ends when we close it, children or not. */
static void closed_means_closed(void)
{
    SOCKET pair[2];
    char c;

    tcp_pair(AF_INET, pair);
    send_all(pair[0], "a", 1);
    receive_one(pair[1], 'a');
    SetHandleInformation((HANDLE)pair[0], HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation((HANDLE)pair[1], HANDLE_FLAG_INHERIT, 0);
    {
        HANDLE child = child_start("sleep", 0);

        CHECK_OK(closesocket(pair[0]));
        CHECK(wait_readable(pair[1]));
        CHECK_RET(recv(pair[1], &c, 1, 0), 0);
        TerminateProcess(child, 0);
    }
}

/* A second handle here that another process has made: the first record hears of it when that one is used, or when it is used itself. */
static void second_handle_from_outside(void)
{
    for (int used = 1; used >= 0; used--) {
        HANDLE event = WSACreateEvent(), child;
        char args[64];
        SOCKET pair[2], copy;

        check_about(used ? "used before" : "not used before");
        tcp_pair(AF_INET, pair);
        if (used) {
            send_all(pair[0], "a", 1);
            receive_one(pair[1], 'a');
        }
        snprintf(args, sizeof args, "duplicate %lu %lu", GetCurrentProcessId(), (ULONG)pair[1]);
        child = child_start(args, 0);
        copy = (SOCKET)child_wait(child);
        NEED(copy && copy != pair[1]);
        CHECK_OK(WSAEventSelect(copy, event, FD_READ));
        for (int i = 0; i < 3; i++) {
            send_all(pair[0], "x", 1);
            CHECK(events_within(copy, event, 2000) & FD_READ);
            receive_one(pair[1], 'x');
        }
        closesocket(copy);
        closesocket(pair[0]);
    }
}

/* A child receives from a socket that it inherited, and on which its parent has a selection. It is told when, and so asks no poll. */
static void selection_of_the_parent(void)
{
    SECURITY_ATTRIBUTES inherit = { sizeof inherit, NULL, TRUE };
    HANDLE event = WSACreateEvent(), now = CreateEventW(&inherit, FALSE, FALSE, NULL), child;
    char args[64];
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAEventSelect(pair[1], event, FD_READ));
    snprintf(args, sizeof args, "echo %lu %lu", (ULONG)pair[1], (ULONG)(ULONG_PTR)now);
    child = child_start(args, 1);
    for (int i = 0; i < 3; i++) {
        send_all(pair[0], "x", 1);
        CHECK(events_within(pair[1], event, 5000) & FD_READ);
        SetEvent(now);
        receive_one(pair[0], 'x');
    }
    CHECK_INT(child_wait(child), 0);
}

/* ---- the child: sleeps, echoes three bytes of `echo SOCKET EVENT`, or gives the process of `duplicate ID SOCKET` a second handle ---- */

static int echo_three(SOCKET s, HANDLE now)
{
    WSADATA data;
    char c;

    if (WSAStartup(MAKEWORD(2, 2), &data))
        return 2;
    for (int i = 0; i < 3; i++) {
        if (WaitForSingleObject(now, 20000) || recv(s, &c, 1, 0) != 1 || send(s, &c, 1, 0) != 1)
            return 1;
    }
    return 0;
}

static int duplicate_there(DWORD id, HANDLE handle)
{
    HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, id), copy = NULL;

    DuplicateHandle(process, handle, process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    return (int)(LONG_PTR)copy;
}

static int child(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[0], "echo"))
        return echo_three((SOCKET)strtoul(argv[1], NULL, 10), (HANDLE)(ULONG_PTR)strtoul(argv[2], NULL, 10));
    if (argc == 3 && !strcmp(argv[0], "duplicate"))
        return duplicate_there(strtoul(argv[1], NULL, 10), (HANDLE)(ULONG_PTR)strtoul(argv[2], NULL, 10));
    Sleep(5000);
    return 0;
}

__attribute__((constructor)) static void set_child(void)
{
    test_child = child;
}

const struct test_case test_cases[] = {
    { "selection", selection },
    { "selection-again", selection_again },
    { "selection-after-wait", selection_after_wait },
    { "selection-inherited", selection_inherited },
    { "selection-inherited-late", selection_inherited_late },
    { "reset-while-selected", reset_while_selected },
    { "pending-receive", pending_receive },
    { "pending-receive-and-poll", pending_receive_and_poll },
    { "pending-send", pending_send },
    { "rest-of-a-send", rest_of_a_send },
    { "two-senders", two_senders },
    { "waiting-send", waiting_send },
    { "unsent-is-not-writable", unsent_is_not_writable },
    { "second-handle", second_handle },
    { "second-handle-as-file", second_handle_as_file },
    { "second-handle-from-outside", second_handle_from_outside },
    { "selection-of-the-parent", selection_of_the_parent },
    { "second-socket", second_socket },
    { "unbound-datagram", unbound_datagram },
    { "buffers", buffers },
    { "buffer-ends-early", buffer_ends_early },
    { "closed-means-closed", closed_means_closed },
    { 0 },
};
