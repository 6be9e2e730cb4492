/* SPDX-License-Identifier: MIT */
/*
 * Data and completion ports that are served in the process (providers/tcpip/port.h): the order in which receives and sends are done,
 * and whose the data are when receives of all kinds, and other calls on the socket, want them. The cases hold without the Unix half as well.
 */
#include "packets.h"

#include <stdlib.h>
#include <string.h>

/* ---- order ---- */

/* Many receives at once on one connection are done one after the other, whatever comes at a time. */
static void receives_in_order(void)
{
    enum { OPS = 40 };
    static struct op op[OPS];
    char data[OPS * 8], back[sizeof data];
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    DWORD got = 0;

    pattern_fill(data, sizeof data, 3);
    for (int i = 0; i < OPS; i++) {
        WSABUF buf = { 8, op[i].data };

        memset(&op[i], 0, sizeof op[i]);
        CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op[i].flags, &op[i].ov, NULL), WSA_IO_PENDING);
    }
    for (int at = 0, n = 1; at < (int)sizeof data; at += n, n = n % 31 + 3) {
        if (n > (int)sizeof data - at)
            n = (int)sizeof data - at;
        send_all(pair[0], data + at, n);
        if (n % 4 == 0)
            Sleep(1);
    }
    for (int i = 0; i < OPS && got < sizeof data; i++) {
        OVERLAPPED *ov;
        ULONG_PTR key;
        DWORD n;

        CHECK_INT(packet(port, &ov, &n, &key, 5000), 0);
        CHECK_INT(ov, &op[i].ov);
        memcpy(back + got, op[i].data, n);
        got += n;
    }
    CHECK_BYTES(back, data, got);
}

/* A send that has to wait is told before the small ones after it. */
static DWORD WINAPI drain(void *arg)
{
    static char room[1 << 16];
    SOCKET s = *(SOCKET *)arg;
    int total = 0, n;

    while ((n = recv(s, room, sizeof room, 0)) > 0)
        total += n;
    return (DWORD)total;
}

static void sends_in_order(void)
{
    enum { BIG = 6 << 20, SMALL = 20 };
    char *data = calloc(1, BIG);
    SOCKET pair[2];
    HANDLE port = tied_pair(pair), thread;
    struct op op[SMALL + 1];
    WSABUF buf = { BIG, data };
    DWORD n;

    memset(op, 0, sizeof op);
    CHECK_FAILS(WSASend(pair[1], &buf, 1, &n, 0, &op[0].ov, NULL), WSA_IO_PENDING);
    buf.len = 10;
    for (int i = 1; i <= SMALL / 2; i++)
        CHECK_FAILS(WSASend(pair[1], &buf, 1, &n, 0, &op[i].ov, NULL), WSA_IO_PENDING);
    thread = thread_start(drain, &pair[0]);
    while (!HasOverlappedIoCompleted(&op[SMALL / 2].ov))
        Sleep(1);
    for (int i = SMALL / 2 + 1; i <= SMALL; i++)
        CHECK(!WSASend(pair[1], &buf, 1, &n, 0, &op[i].ov, NULL) || WSAGetLastError() == WSA_IO_PENDING);
    for (int i = 0; i <= SMALL; i++)
        want_packet(port, &op[i].ov, i ? 10 : BIG, 0);
    CHECK_OK(shutdown(pair[1], SD_SEND));
    CHECK_INT(thread_join(thread), BIG + SMALL * 10);
    free(data);
}

/* ---- other calls on the socket ---- */

/* What comes belongs to the receive that waits: nobody sees it as readable, no other receive gets it first. */
static void waiting_comes_first(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    char byte = 0;

    set_nonblocking(pair[1], 1);
    for (int i = 0; i < 20; i++) {
        pend_recv(pair[1], &op);
        send_all(pair[0], "a", 1);
        if (i % 2) {
            WSAPOLLFD fd = { pair[1], POLLRDNORM, 0 };

            CHECK_INT(WSAPoll(&fd, 1, 0), 0);
        } else {
            CHECK_FAILS(recv(pair[1], &byte, 1, i % 4 ? MSG_PEEK : 0), WSAEWOULDBLOCK);
        }
        want_packet(port, &op.ov, 1, 0);
        CHECK_BYTES(op.data, "a", 1);
    }
    /* And an event selection that begins while one waits. */
    {
        HANDLE event = WSACreateEvent();
        WSANETWORKEVENTS events = { 0 };

        pend_recv(pair[1], &op);
        CHECK_OK(WSAEventSelect(pair[1], event, FD_READ | FD_CLOSE));
        send_all(pair[0], "b", 1);
        want_packet(port, &op.ov, 1, 0);
        CHECK_OK(WSAEnumNetworkEvents(pair[1], event, &events));
        CHECK_INT(events.lNetworkEvents & FD_READ, 0);
        send_all(pair[0], "c", 1);
        CHECK_INT(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
        CHECK_OK(WSAEnumNetworkEvents(pair[1], event, &events));
        CHECK(events.lNetworkEvents & FD_READ);
        CHECK_RET(recv(pair[1], &byte, 1, 0), 1);
        CHECK_INT(byte, 'c');
    }
}

/* A selection is not told of what a receive takes that waits, be it there before the selection or not. */
static void selection_begins(void)
{
    HANDLE event = WSACreateEvent();
    WSANETWORKEVENTS events;
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    char byte = 0;

    for (int i = 0; i < 3; i++) {
        pend_recv(pair[1], &op);
        CHECK_OK(WSAEventSelect(pair[1], event, FD_READ | FD_CLOSE));
        send_all(pair[0], "b", 1);
        CHECK_INT(WaitForSingleObject(event, 30), WAIT_TIMEOUT);
        want_packet(port, &op.ov, 1, 0);
        CHECK_INT(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
        for (int again = 0; again < 2; again++) {
            send_all(pair[0], "c", 1);
            CHECK_INT(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
            CHECK_OK(WSAEnumNetworkEvents(pair[1], event, &events));
            CHECK_INT(events.lNetworkEvents, FD_READ);
            CHECK_RET(recv(pair[1], &byte, 1, 0), 1);
            CHECK_INT(byte, 'c');
        }
        pend_recv(pair[1], &op);
        send_all(pair[0], "d", 1);
        CHECK_INT(WaitForSingleObject(event, 30), WAIT_TIMEOUT);
        want_packet(port, &op.ov, 1, 0);
        CHECK_OK(WSAEventSelect(pair[1], NULL, 0));
    }
}

/* Receives of all kinds in a row, of which only some can wait in the process. */
static void mixed_receives(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair), event = CreateEventW(NULL, TRUE, FALSE, NULL);
    struct op op[4];
    WSABUF buf;

    pend_recv(pair[1], &op[0]);
    memset(&op[1], 0, 2 * sizeof op[1]);
    op[1].ov.hEvent = event;
    buf = (WSABUF){ 2, op[1].data };
    CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op[1].flags, &op[1].ov, NULL), WSA_IO_PENDING);
    op[2].ov.hEvent = (HANDLE)((ULONG_PTR)event | 1); /* no packet */
    buf = (WSABUF){ 2, op[2].data };
    CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op[2].flags, &op[2].ov, NULL), WSA_IO_PENDING);
    pend_recv(pair[1], &op[3]);
    send_all(pair[0], "a", 1);
    want_packet(port, &op[0].ov, 1, 0);
    send_all(pair[0], "bbccdd", 6);
    want_packet(port, &op[1].ov, 2, 0);
    CHECK_INT(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    want_packet(port, &op[3].ov, 2, 0);
    CHECK_BYTES(op[2].data, "cc", 2);
    CHECK_BYTES(op[3].data, "dd", 2);
    want_none(port);
}

/* A receive of nothing tells that there is something, and leaves it. */
static void receive_of_nothing(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    WSABUF none = { 0, NULL };
    struct op op;

    for (int i = 0; i < 10; i++) {
        memset(&op, 0, sizeof op);
        CHECK_FAILS(WSARecv(pair[1], &none, 1, NULL, &op.flags, &op.ov, NULL), WSA_IO_PENDING);
        send_all(pair[0], "abc", 3);
        want_packet(port, &op.ov, 0, 0);
        CHECK_INT(start_recv(pair[1], &op), 0);
        want_packet(port, &op.ov, 3, 0);
        CHECK_BYTES(op.data, "abc", 3);
    }
}

/* The same behind a receive that waits: not before there is something for it, too. */
static void nothing_behind_another(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    WSABUF none = { 0, NULL };
    struct op op[2];
    char byte = 0;

    pend_recv(pair[1], &op[0]);
    memset(&op[1], 0, sizeof op[1]);
    CHECK_FAILS(WSARecv(pair[1], &none, 1, NULL, &op[1].flags, &op[1].ov, NULL), WSA_IO_PENDING);
    send_all(pair[0], "abc", 3);
    want_packet(port, &op[0].ov, 3, 0);
    want_none(port);
    send_all(pair[0], "d", 1);
    want_packet(port, &op[1].ov, 0, 0);
    CHECK_RET(recv(pair[1], &byte, 1, 0), 1);
    CHECK_INT(byte, 'd');
}

/*
 * The connection is reset behind data: the receive of nothing is told of them, and the next one has them. Somebody may look between the
 * two, so it is done more than once.
 */
static void nothing_before_reset(void)
{
    WSABUF none = { 0, NULL };

    for (int i = 0; i < 20; i++) {
        SOCKET pair[2];
        HANDLE port = tied_pair(pair);
        struct op op;

        memset(&op, 0, sizeof op);
        CHECK_FAILS(WSARecv(pair[1], &none, 1, NULL, &op.flags, &op.ov, NULL), WSA_IO_PENDING);
        send_all(pair[0], "abc", 3);
        reset_connection(pair[0]);
        want_packet(port, &op.ov, 0, 0);
        CHECK_INT(start_recv(pair[1], &op), 0);
        want_packet(port, &op.ov, 3, 0);
        closesocket(pair[1]);
        CloseHandle(port);
    }
}

/* A receive that only looks leaves what it has seen. */
static void peek_that_waits(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    WSABUF buf = { sizeof op.data, op.data };
    char back[3];

    memset(&op, 0, sizeof op);
    op.flags = MSG_PEEK;
    CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op.flags, &op.ov, NULL), WSA_IO_PENDING);
    send_all(pair[0], "abc", 3);
    want_packet(port, &op.ov, 3, 0);
    CHECK_BYTES(op.data, "abc", 3);
    set_nonblocking(pair[1], 1);
    memset(back, 0, sizeof back);
    CHECK_RET(recv(pair[1], back, sizeof back, 0), 3);
    CHECK_BYTES(back, "abc", 3);
}

/* Control data come with the datagram, behind a plain receive as well. */
static void control_behind_another(void)
{
    LPFN_WSARECVMSG recv_msg;
    SOCKET pair[2];
    HANDLE port = port_new();
    union addr from;
    char control[256];
    struct op op[2];
    WSABUF buf = { sizeof op->data, op[1].data };
    WSAMSG msg = { &from.sa, sizeof from, &buf, 1, { sizeof control, control }, 0 };
    int on = 1;

    udp_pair(AF_INET, pair);
    recv_msg = extension(pair[1], (GUID)WSAID_WSARECVMSG);
    NEED_OK(setsockopt(pair[1], IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on));
    tie(pair[1], port, KEY);
    pend_recv(pair[1], &op[0]);
    memset(&op[1], 0, sizeof op[1]);
    memset(control, 0, sizeof control);
    CHECK_FAILS(recv_msg(pair[1], &msg, NULL, &op[1].ov, NULL), WSA_IO_PENDING);
    CHECK_RET(send(pair[0], "ab", 2, 0), 2);
    CHECK_RET(send(pair[0], "cde", 3, 0), 3);
    want_packet(port, &op[0].ov, 2, 0);
    want_packet(port, &op[1].ov, 3, 0);
    CHECK_BYTES(op[1].data, "cde", 3);
    CHECK_INT(((WSACMSGHDR *)control)->cmsg_level, IPPROTO_IP);
    CHECK_INT(((WSACMSGHDR *)control)->cmsg_type, IP_PKTINFO);
}

/* Where Linux may not write, the receive waits all the same and is carried out; and those behind it. */
static void watched_buffer(void)
{
    char *watched = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE);
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op[2];
    WSABUF buf = { 3, watched };

    NEED(watched);
    for (int i = 0; i < 3; i++) {
        NEED(!ResetWriteWatch(watched, 0x1000));
        memset(&op[0], 0, sizeof op[0]);
        CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op[0].flags, &op[0].ov, NULL), WSA_IO_PENDING);
        pend_recv(pair[1], &op[1]);
        send_all(pair[0], "abcde", 5);
        want_packet(port, &op[0].ov, 3, 0);
        want_packet(port, &op[1].ov, 2, 0);
        CHECK_BYTES(watched, "abc", 3);
        CHECK_BYTES(op[1].data, "de", 2);
    }
}

/* The memory is gone when the data come: the receive fails, and is told; the one behind it has the data. */
static void buffer_gone(void)
{
    char *gone = VirtualAlloc(NULL, 0x1000, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    WSABUF buf = { 3, gone };

    NEED(gone);
    memset(&op, 0, sizeof op);
    CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op.flags, &op.ov, NULL), WSA_IO_PENDING);
    NEED(VirtualFree(gone, 0x1000, MEM_DECOMMIT));
    send_all(pair[0], "abc", 3);
    want_packet(port, &op.ov, 0, ERROR_NOACCESS);
    CHECK_INT(start_recv(pair[1], &op), 0);
    want_packet(port, &op.ov, 3, 0);
    CHECK_BYTES(op.data, "abc", 3);
}

static void datagrams(void)
{
    SOCKET pair[2];
    HANDLE port = port_new();
    struct op op[3];
    union addr from[3], local;
    int len[3], local_len = sizeof local;

    udp_pair(AF_INET, pair);
    tie(pair[1], port, KEY);
    CHECK_OK(getsockname(pair[0], &local.sa, &local_len));
    for (int i = 0; i < 3; i++) {
        WSABUF buf = { i == 1 ? 2 : sizeof op->data, op[i].data };

        memset(&op[i], 0, sizeof op[i]);
        len[i] = sizeof from[i];
        CHECK_FAILS(WSARecvFrom(pair[1], &buf, 1, NULL, &op[i].flags, &from[i].sa, &len[i], &op[i].ov, NULL),
                    WSA_IO_PENDING);
    }
    for (int i = 0; i < 3; i++)
        CHECK_RET(send(pair[0], "abcd", 4, 0), 4);
    want_packet(port, &op[0].ov, 4, 0);
    want_packet(port, &op[1].ov, 2, ERROR_MORE_DATA);
    want_packet(port, &op[2].ov, 4, 0);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(len[i], addr_len(AF_INET));
        CHECK_INT(from[i].v4.sin_port, local.v4.sin_port);
    }
}

/* At once without a packet, later with one. */
static void skip_on_success(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    WSABUF buf = { 2, "ab" };
    DWORD n = 0;

    NEED(SetFileCompletionNotificationModes((HANDLE)pair[1], FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    for (int i = 0; i < 5; i++) {
        pend_recv(pair[1], &op);
        send_all(pair[0], "abc", 3);
        want_packet(port, &op.ov, 3, 0);
        send_all(pair[0], "de", 2);
        CHECK(wait_readable(pair[1]));
        CHECK_INT(start_recv(pair[1], &op), 0);
        CHECK_INT(op.ov.InternalHigh, 2);
        memset(&op, 0, sizeof op);
        CHECK_OK(WSASend(pair[1], &buf, 1, &n, 0, &op.ov, NULL));
        CHECK_INT(n, 2);
        want_none(port);
    }
    /* Given to the device while it waits: it is told all the same. */
    pend_recv(pair[1], &op);
    CHECK_INT(start_recv(pair[1], &(struct op){ 0 }) == WSA_IO_PENDING, 1);
    send_all(pair[0], "x", 1);
    {
        WSAPOLLFD fd = { pair[1], POLLRDNORM, 0 };

        WSAPoll(&fd, 1, 0);
    }
    want_packet(port, &op.ov, 1, 0);
}

const struct test_case test_cases[] = {
    { "receives-in-order", receives_in_order },
    { "sends-in-order", sends_in_order },
    { "waiting-comes-first", waiting_comes_first },
    { "selection-begins", selection_begins },
    { "mixed-receives", mixed_receives },
    { "receive-of-nothing", receive_of_nothing },
    { "nothing-behind-another", nothing_behind_another },
    { "nothing-before-reset", nothing_before_reset },
    { "peek-that-waits", peek_that_waits },
    { "control-behind-another", control_behind_another },
    { "watched-buffer", watched_buffer },
    { "buffer-gone", buffer_gone },
    { "datagrams", datagrams },
    { "skip-on-success", skip_on_success },
    { 0 },
};
