/* SPDX-License-Identifier: MIT */
/*
 * Programs on the bad network of the shape layer, and what else takes a connection that is slow, or late, to come about. Each case
 * needs its own options, which meson.build gives it. Nothing here measures how fast anything is: only that it was not faster.
 */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/shape/shape.h"

static void five_thousand(SOCKET s)
{
    char data[5000];

    pattern_fill(data, sizeof data, 1);
    CHECK_RET(send(s, data, sizeof data, 0), sizeof data);
}

/* How many bytes come, and the error that ends them (0: the end of the stream). */
static int drain(SOCKET s, int *err)
{
    char buf[1000];
    int total = 0, n;

    while ((n = recv(s, buf, sizeof buf, 0)) > 0) {
        CHECK(pattern_check(buf, 0, 1));
        total += n;
    }
    *err = n ? WSAGetLastError() : 0;
    return total;
}

/* reset=1000 */
static void reset_at_the_byte(void)
{
    SOCKET pair[2];
    int err;

    tcp_pair(AF_INET, pair);
    five_thousand(pair[0]);
    CHECK_INT(drain(pair[1], &err), 1000);
    CHECK_ERR(err, WSAECONNRESET);
    drain(pair[0], &err);
    CHECK_ERR(err, WSAECONNRESET);
}

/* stall=1000: what is sent after that stays away, and so does the end. */
static void stalls_at_the_byte(void)
{
    DWORD timeout = 300;
    SOCKET pair[2];
    int err;

    tcp_pair(AF_INET, pair);
    CHECK_OK(setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout));
    five_thousand(pair[0]);
    CHECK_OK(shutdown(pair[0], SD_SEND));
    CHECK_INT(drain(pair[1], &err), 1000);
    CHECK_ERR(err, WSAETIMEDOUT);
}

/* latency=50ms: the handshake takes a round trip, and so do question and answer. */
static void latency_is_felt(void)
{
    SOCKET pair[2];
    ULONGLONG start = GetTickCount64();
    char c = 'x';

    tcp_pair(AF_INET, pair);
    CHECK(GetTickCount64() - start >= 90);
    start = GetTickCount64();
    CHECK_RET(send(pair[0], &c, 1, 0), 1);
    CHECK_RET(recv(pair[1], &c, 1, 0), 1);
    CHECK_RET(send(pair[1], &c, 1, 0), 1);
    CHECK_RET(recv(pair[0], &c, 1, 0), 1);
    CHECK(GetTickCount64() - start >= 90);
}

/* rate=400kbit: 50 kB take a second, and arrive whole. */
static void rate_is_kept(void)
{
    enum { BYTES = 25000 };
    static char out[BYTES], in[BYTES];
    ULONGLONG start;
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    pattern_fill(out, BYTES, 2);
    start = GetTickCount64();
    send_all(pair[0], out, BYTES);
    CHECK_OK(shutdown(pair[0], SD_SEND));
    CHECK_INT(recv_all(pair[1], in, BYTES), BYTES);
    CHECK(GetTickCount64() - start >= 450);
    CHECK_BYTES(in, out, BYTES);
}

/* out-loss=50%,seed=7: just the ones that the seed says. */
static void loses_what_the_seed_says(void)
{
    enum { MANY = 100 };
    struct shape config;
    DWORD timeout = 1000;
    SOCKET to, from;
    union addr at;
    char got[MANY] = { 0 };
    unsigned char n, expected = 0, arrived = 0;

    shape_init(&config);
    shape_set(&config, "out-loss", "50%");
    shape_set(&config, "seed", "7");
    to = udp_bound(AF_INET, &at);
    from = udp_new(AF_INET);
    CHECK_OK(setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout));
    for (n = 0; n < MANY; n++)
        expected += !shape_lost(&config, SHAPE_OUT, 2, n);
    for (n = 0; n < MANY; n++)
        CHECK_RET(sendto(from, (char *)&n, 1, 0, &at.sa, sizeof at.v4), 1);
    while (arrived < expected && recv(to, (char *)&n, 1, 0) == 1 && n < MANY) {
        got[n] = 1;
        arrived++;
    }
    for (n = 0; n < MANY; n++)
        CHECK_INT(got[n], !shape_lost(&config, SHAPE_OUT, 2, n));
}

/* reset=0,port=9: connections elsewhere are left alone. */
static void only_where_told(void)
{
    SOCKET pair[2];
    int err;

    tcp_pair(AF_INET, pair);
    five_thousand(pair[0]);
    CHECK_OK(shutdown(pair[0], SD_SEND));
    CHECK_INT(drain(pair[1], &err), 5000);
    CHECK_ERR(err, 0);
}

/* ---- latency=20s: a connect that is under way for as long as the test needs ---- */

static SOCKET bound_for_connect_ex(void)
{
    struct sockaddr_in any = { .sin_family = AF_INET };
    SOCKET s = tcp_new(AF_INET);

    NEED_OK(bind(s, (struct sockaddr *)&any, sizeof any));
    return s;
}

static BOOL begin_connect_ex(SOCKET s, const union addr *at, OVERLAPPED *ov)
{
    LPFN_CONNECTEX connect_ex = (LPFN_CONNECTEX)extension(s, (GUID)WSAID_CONNECTEX);

    return CHECK_FALSE(connect_ex(s, &at->sa, sizeof at->v4, NULL, 0, NULL, ov), ERROR_IO_PENDING);
}

static void cancelled_connect_ex(void)
{
    OVERLAPPED ov = { 0 }, *done;
    ULONG_PTR key;
    union addr at;
    SOCKET s = bound_for_connect_ex();
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 77, 0);
    DWORD bytes, flags;

    tcp_listen(AF_INET, &at);
    CHECK_TRUE(SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    begin_connect_ex(s, &at, &ov);
    CHECK(!HasOverlappedIoCompleted(&ov));
    CHECK_TRUE(CancelIoEx((HANDLE)s, &ov));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000));
    CHECK_ERR(GetLastError(), ERROR_OPERATION_ABORTED);
    CHECK(done == &ov);
    CHECK_INT(key, 77);
    CHECK_FALSE(WSAGetOverlappedResult(s, &ov, &bytes, FALSE, &flags), WSA_OPERATION_ABORTED);
    CHECK_FALSE(CancelIoEx((HANDLE)s, &ov), ERROR_NOT_FOUND);
}

static void closed_connect_ex(void)
{
    OVERLAPPED ov = { 0 }, *done;
    ULONG_PTR key;
    union addr at;
    SOCKET s = bound_for_connect_ex();
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 78, 0);
    DWORD bytes;

    tcp_listen(AF_INET, &at);
    begin_connect_ex(s, &at, &ov);
    CHECK_OK(closesocket(s));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000));
    CHECK_ERR(GetLastError(), ERROR_OPERATION_ABORTED);
    CHECK(done == &ov);
}

static void nonblocking_connect(void)
{
    TIMEVAL now = { 0, 0 };
    fd_set writable;
    union addr at;
    SOCKET s = tcp_new(AF_INET);

    tcp_listen(AF_INET, &at);
    set_nonblocking(s, 1);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEALREADY);
    CHECK_FAILS(send(s, "x", 1, 0), WSAENOTCONN);
    FD_ZERO(&writable);
    FD_SET(s, &writable);
    CHECK_RET(select(0, NULL, &writable, NULL, &now), 0);
    CHECK_OK(closesocket(s));
}

static DWORD WINAPI close_soon(void *s)
{
    Sleep(300);
    return (DWORD)closesocket((SOCKET)s);
}

static void closed_blocking_connect(void)
{
    union addr at;
    SOCKET s = tcp_new(AF_INET);
    HANDLE closer;

    tcp_listen(AF_INET, &at);
    closer = thread_start(close_soon, (void *)s);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEINTR);
    CHECK_INT(thread_join(closer), 0);
}

static int CALLBACK cancelling_hook(void)
{
    WSACancelBlockingCall();
    return FALSE;
}

static void cancelled_blocking_connect(void)
{
    union addr at;
    WSADATA data;
    SOCKET s;

    NEED_OK(WSAStartup(MAKEWORD(1, 1), &data));
    tcp_listen(AF_INET, &at);
    s = tcp_new(AF_INET);
    CHECK(WSASetBlockingHook((FARPROC)cancelling_hook) != NULL);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEINTR);
    CHECK_OK(WSAUnhookBlockingHook());
    CHECK_OK(closesocket(s));
    CHECK_OK(WSACleanup());
}

/* ---- in-loss=50%,seed=7: of those that the program receives, just the ones that the seed says; the rest comes in order, each once ---- */

enum { DATAGRAMS = 40 };

struct incoming {
    struct shape config;
    SOCKET to, from;
    union addr at, sender;
    unsigned char sent, next; /* numbers of datagrams; `next` is to come */
};

static BOOL arrives(const struct incoming *i, unsigned char n)
{
    return !shape_lost(&i->config, SHAPE_IN, 1, n);
}

static struct incoming incoming_begin(void)
{
    struct incoming i = { .sent = 0 };

    shape_init(&i.config);
    shape_set(&i.config, "in-loss", "50%");
    shape_set(&i.config, "seed", "7");
    i.to = udp_bound(AF_INET, &i.at);
    i.from = udp_bound(AF_INET, &i.sender);
    return i;
}

/* Up to and with the next one that arrives; TRUE: there is one. */
static BOOL send_to_next(struct incoming *i)
{
    BOOL any = FALSE;

    while (!any && i->sent < DATAGRAMS) {
        CHECK_RET(sendto(i->from, (char *)&i->sent, 1, 0, &i->at.sa, sizeof i->at.v4), 1);
        any = arrives(i, i->sent++);
    }
    return any;
}

static void check_next(struct incoming *i, unsigned char got, const union addr *from, int from_bytes)
{
    while (i->next < DATAGRAMS && !arrives(i, i->next))
        i->next++;
    CHECK_INT(got, i->next++);
    CHECK_INT(from_bytes, sizeof i->sender.v4);
    CHECK_INT(from->v4.sin_port, i->sender.v4.sin_port);
}

static void incoming_blocking(void)
{
    struct incoming i = incoming_begin();
    unsigned char got = 255;
    union addr from;
    int bytes;

    while (send_to_next(&i))
        ;
    for (unsigned char n = 0; n < DATAGRAMS; n++) {
        bytes = sizeof from;
        if (!arrives(&i, n))
            continue;
        CHECK_RET(recvfrom(i.to, (char *)&got, 1, 0, &from.sa, &bytes), 1);
        check_next(&i, got, &from, bytes);
    }
    set_nonblocking(i.to, 1);
    CHECK_FAILS(recv(i.to, (char *)&got, 1, 0), WSAEWOULDBLOCK);
}

/* A peek sees what the receive after it will. What is lost is never readable. */
static void incoming_nonblocking(void)
{
    struct incoming i = incoming_begin();
    unsigned char got, n;
    u_long ready;

    set_nonblocking(i.to, 1);
    while (send_to_next(&i)) {
        n = i.sent - 1;
        CHECK(wait_readable(i.to));
        CHECK_OK(ioctlsocket(i.to, FIONREAD, &ready));
        CHECK_INT(ready, 1);
        for (int peeks = n % 3; peeks >= 0; peeks--) {
            got = 255;
            CHECK_RET(recv(i.to, (char *)&got, 1, peeks ? MSG_PEEK : 0), 1);
            CHECK_INT(got, n);
        }
        CHECK_OK(ioctlsocket(i.to, FIONREAD, &ready));
        CHECK_INT(ready, 0);
        CHECK_FAILS(recv(i.to, (char *)&got, 1, 0), WSAEWOULDBLOCK);
    }
}

struct receive {
    WSAOVERLAPPED ov;
    unsigned char data;
    union addr from;
    int from_bytes;
    LONG ends;
};

static void receive_begin(struct receive *r, SOCKET s, HANDLE event, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    WSABUF buf = { 1, (char *)&r->data };
    DWORD flags = 0;

    memset(r, 0, sizeof *r);
    r->ov.hEvent = event;
    r->from_bytes = sizeof r->from;
    r->data = 255;
    CHECK_FAILS(WSARecvFrom(s, &buf, 1, NULL, &flags, &r->from.sa, &r->from_bytes, &r->ov, routine), WSA_IO_PENDING);
}

static struct receive *receive_ended(HANDLE port, DWORD err)
{
    OVERLAPPED *done = NULL;
    ULONG_PTR key = 0;
    DWORD bytes = 99;
    BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000);

    NEED(done);
    CHECK_INT(good, !err);
    CHECK_ERR(good ? 0 : GetLastError(), err);
    CHECK_INT(key, 5);
    CHECK_INT(bytes, !err);
    return (struct receive *)done;
}

static void check_no_more(HANDLE port)
{
    OVERLAPPED *done;
    ULONG_PTR key;
    DWORD bytes;

    CHECK_FALSE(GetQueuedCompletionStatus(port, &bytes, &key, &done, 0), WAIT_TIMEOUT);
}

/* With four pending: a lost one costs its receive the place in the queue, and no datagram its place. */
static void incoming_port(void)
{
    struct incoming i = incoming_begin();
    HANDLE port = CreateIoCompletionPort((HANDLE)i.to, NULL, 5, 0);
    struct receive r[4], *done;

    for (int k = 0; k < COUNT(r); k++)
        receive_begin(&r[k], i.to, NULL, NULL);
    while (send_to_next(&i)) {
        done = receive_ended(port, 0);
        check_next(&i, done->data, &done->from, done->from_bytes);
        receive_begin(done, i.to, NULL, NULL);
    }
    CHECK_OK(closesocket(i.to));
    for (int k = 0; k < COUNT(r); k++)
        receive_ended(port, ERROR_OPERATION_ABORTED)->ends++;
    for (int k = 0; k < COUNT(r); k++)
        CHECK_INT(r[k].ends, 1);
    check_no_more(port);
}

static void incoming_event(void)
{
    struct incoming i = incoming_begin();
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    struct receive r;
    DWORD bytes, flags;

    receive_begin(&r, i.to, event, NULL);
    while (send_to_next(&i)) {
        CHECK_INT(WaitForSingleObject(event, 10000), WAIT_OBJECT_0);
        CHECK_TRUE(WSAGetOverlappedResult(i.to, &r.ov, &bytes, FALSE, &flags));
        CHECK_INT(bytes, 1);
        check_next(&i, r.data, &r.from, r.from_bytes);
        receive_begin(&r, i.to, event, NULL);
    }
    CHECK_OK(closesocket(i.to));
    CHECK_INT(WaitForSingleObject(event, 10000), WAIT_OBJECT_0);
}

static void CALLBACK receive_routine(DWORD err, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    struct receive *r = (struct receive *)ov;

    (void)flags;
    CHECK_ERR(err, r->from_bytes ? 0 : WSA_OPERATION_ABORTED);
    CHECK_INT(bytes, r->from_bytes ? 1 : 0);
    r->ends++;
}

static void incoming_routine(void)
{
    struct incoming i = incoming_begin();
    struct receive r;

    receive_begin(&r, i.to, NULL, receive_routine);
    while (send_to_next(&i)) {
        CHECK_INT(SleepEx(10000, TRUE), WAIT_IO_COMPLETION);
        CHECK_INT(r.ends, 1);
        check_next(&i, r.data, &r.from, r.from_bytes);
        receive_begin(&r, i.to, NULL, receive_routine);
    }
    r.from_bytes = 0;
    CHECK_OK(closesocket(i.to));
    CHECK_INT(SleepEx(10000, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(r.ends, 1);
}

static void incoming_messages(void)
{
    struct incoming i = incoming_begin();
    LPFN_WSARECVMSG receive = (LPFN_WSARECVMSG)extension(i.to, (GUID)WSAID_WSARECVMSG);
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    OVERLAPPED ov = { .hEvent = event };
    unsigned char data;
    WSABUF buf = { 1, (char *)&data };
    union addr from;
    DWORD bytes, flags;
    BOOL later = FALSE;

    for (;; later = !later) {
        WSAMSG msg = { .name = &from.sa, .namelen = sizeof from, .lpBuffers = &buf, .dwBufferCount = 1 };

        bytes = 0;
        if (later) {
            CHECK_FAILS(receive(i.to, &msg, NULL, &ov, NULL), WSA_IO_PENDING);
            if (!send_to_next(&i))
                break;
            CHECK_TRUE(WSAGetOverlappedResult(i.to, &ov, &bytes, TRUE, &flags));
        } else {
            if (!send_to_next(&i))
                break;
            CHECK_OK(receive(i.to, &msg, &bytes, NULL, NULL));
        }
        CHECK_INT(bytes, 1);
        check_next(&i, data, &from, msg.namelen);
    }
    CHECK_OK(closesocket(i.to));
    if (later)
        CHECK_INT(WaitForSingleObject(event, 10000), WAIT_OBJECT_0);
}

/* in-loss=100%: whatever it is asked for again, a receive is cancelled as a whole, and once. */
static void incoming_cancelled(void)
{
    union addr at;
    SOCKET to = udp_bound(AF_INET, &at), from = udp_new(AF_INET);
    HANDLE port = CreateIoCompletionPort((HANDLE)to, NULL, 5, 0);
    struct receive r;

    for (int round = 0; round < 60; round++) {
        receive_begin(&r, to, NULL, NULL);
        for (int n = round % 4; n > 0; n--)
            CHECK_RET(sendto(from, "x", 1, 0, &at.sa, sizeof at.v4), 1);
        if (round % 3 == 0)
            CHECK_TRUE(CancelIo((HANDLE)to));
        else
            CHECK_TRUE(CancelIoEx((HANDLE)to, round % 3 == 1 ? (OVERLAPPED *)&r.ov : NULL));
        CHECK(receive_ended(port, ERROR_OPERATION_ABORTED) == &r);
        check_no_more(port);
    }
}

/* Datagram sockets are the layer's own then, and connections are not: both serve in one call. */
static void incoming_among_connections(void)
{
    struct incoming i = incoming_begin();
    LPFN_CONNECTEX connect_ex = (LPFN_CONNECTEX)extension(i.to, (GUID)WSAID_CONNECTEX);
    OVERLAPPED ov = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    TIMEVAL most = { 10, 0 };
    WSAPROTOCOL_INFOW info;
    SOCKET pair[2], s;
    union addr at;
    fd_set readable;
    DWORD sent, flags;
    int bytes = sizeof info;

    tcp_pair(AF_INET, pair);
    CHECK_OK(getsockopt(i.to, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &bytes));
    CHECK(!(info.dwServiceFlags1 & XP1_IFS_HANDLES));
    bytes = sizeof info;
    CHECK_OK(getsockopt(pair[0], SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &bytes));
    CHECK(info.dwServiceFlags1 & XP1_IFS_HANDLES);
    send_to_next(&i);
    CHECK_RET(send(pair[0], "x", 1, 0), 1);
    CHECK(wait_readable(pair[1]));
    CHECK(wait_readable(i.to));
    FD_ZERO(&readable);
    FD_SET(pair[1], &readable);
    FD_SET(i.to, &readable);
    CHECK_RET(select(0, &readable, NULL, NULL, &most), 2);
    WSAPOLLFD polled[] = { { .fd = i.to, .events = POLLRDNORM }, { .fd = pair[1], .events = POLLRDNORM } };
    CHECK_RET(WSAPoll(polled, 2, 10000), 2);
    check_about("a function that was asked for on a datagram socket serves a connection");
    tcp_listen(AF_INET, &at);
    s = bound_for_connect_ex();
    CHECK_FALSE(connect_ex(s, &at.sa, sizeof at.v4, NULL, 0, &sent, &ov), ERROR_IO_PENDING);
    CHECK_TRUE(WSAGetOverlappedResult(s, &ov, &sent, TRUE, &flags));
}

/* ---- datagrams that are late: whatever way the program waits, none comes before its time ---- */

struct late {
    SOCKET to, from;
    union addr at, sender;
    ULONGLONG sent_at;
};

static struct late late_begin(void)
{
    struct late l = { .sent_at = 0 };

    l.to = udp_bound(AF_INET, &l.at);
    l.from = udp_bound(AF_INET, &l.sender);
    return l;
}

static void late_send(struct late *l, const void *data, int bytes)
{
    l->sent_at = GetTickCount64();
    CHECK_RET(sendto(l->from, data, bytes, 0, &l->at.sa, addr_len(AF_INET)), bytes);
}

/* The datagram `c` has come from where it should, and not before its time. */
static void late_check(const struct late *l, char got, char c, const union addr *from)
{
    CHECK(GetTickCount64() - l->sent_at >= 70);
    CHECK_INT(got, c);
    if (from)
        CHECK_INT(from->v4.sin_port, l->sender.v4.sin_port);
}

static void late_receive(const struct late *l, char c)
{
    union addr from;
    int bytes = sizeof from;
    char got = 0;

    CHECK_RET(recvfrom(l->to, &got, 1, 0, &from.sa, &bytes), 1);
    late_check(l, got, c, &from);
}

static void late_blocking(struct late *l, char c)
{
    late_receive(l, c);
}

static void late_select(struct late *l, char c)
{
    TIMEVAL most = { 10, 0 };
    fd_set readable;

    FD_ZERO(&readable);
    FD_SET(l->to, &readable);
    CHECK_RET(select(0, &readable, NULL, NULL, &most), 1);
    late_check(l, c, c, NULL);
    late_receive(l, c);
}

static void late_poll(struct late *l, char c)
{
    WSAPOLLFD p = { .fd = l->to, .events = POLLRDNORM };

    CHECK_RET(WSAPoll(&p, 1, 10000), 1);
    late_check(l, c, c, NULL);
    late_receive(l, c);
}

static void late_event_select(struct late *l, char c)
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;

    CHECK_OK(WSAEventSelect(l->to, event, FD_READ));
    CHECK_INT(WSAWaitForMultipleEvents(1, &event, TRUE, 10000, FALSE), WSA_WAIT_EVENT_0);
    late_check(l, c, c, NULL);
    CHECK_OK(WSAEnumNetworkEvents(l->to, event, &events));
    CHECK_INT(events.lNetworkEvents, FD_READ);
    late_receive(l, c);
    CHECK_OK(WSAEventSelect(l->to, NULL, 0));
    set_nonblocking(l->to, 0);
    WSACloseEvent(event);
}

static void late_event(struct late *l, char c)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    struct receive r;
    DWORD bytes, flags;

    receive_begin(&r, l->to, event, NULL);
    CHECK_INT(WaitForSingleObject(event, 10000), WAIT_OBJECT_0);
    CHECK_TRUE(WSAGetOverlappedResult(l->to, &r.ov, &bytes, FALSE, &flags));
    CHECK_INT(bytes, 1);
    late_check(l, (char)r.data, c, &r.from);
    CloseHandle(event);
}

static void late_routine(struct late *l, char c)
{
    struct receive r;

    receive_begin(&r, l->to, NULL, receive_routine);
    CHECK_INT(SleepEx(10000, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(r.ends, 1);
    late_check(l, (char)r.data, c, &r.from);
}

static void late_peek(struct late *l, char c)
{
    char got = 0;

    CHECK_RET(recv(l->to, &got, 1, MSG_PEEK), 1);
    late_check(l, got, c, NULL);
    late_receive(l, c);
}

static void late_message(struct late *l, char c)
{
    LPFN_WSARECVMSG receive = (LPFN_WSARECVMSG)extension(l->to, (GUID)WSAID_WSARECVMSG);
    union addr from;
    char got = 0;
    WSABUF buf = { 1, &got };
    WSAMSG msg = { .name = &from.sa, .namelen = sizeof from, .lpBuffers = &buf, .dwBufferCount = 1 };
    DWORD bytes;

    CHECK_OK(receive(l->to, &msg, &bytes, NULL, NULL));
    CHECK_INT(bytes, 1);
    CHECK_INT(msg.namelen, addr_len(AF_INET));
    late_check(l, got, c, &from);
}

/* The last one: a socket keeps its port. */
static void late_port(struct late *l, char c)
{
    HANDLE port = CreateIoCompletionPort((HANDLE)l->to, NULL, 5, 0);
    struct receive r;

    receive_begin(&r, l->to, NULL, NULL);
    CHECK(receive_ended(port, 0) == &r);
    late_check(l, (char)r.data, c, &r.from);
}

/* latency=40ms, both ways */
static void late_in_each_style(void)
{
    static void (*const styles[])(struct late *, char) = {
        late_blocking, late_select, late_poll,    late_event_select, late_event,
        late_routine,  late_peek,   late_message, late_port,
    };
    struct late l = late_begin();

    for (int i = 0; i < COUNT(styles); i++) {
        char c = (char)('a' + i);

        late_send(&l, &c, 1);
        styles[i](&l, c);
    }
}

#define WM_NET (WM_USER + 3)

static LPARAM next_message(HWND w)
{
    MSG msg;

    while (!PeekMessageA(&msg, w, WM_NET, WM_NET, PM_REMOVE))
        NEED(MsgWaitForMultipleObjects(0, NULL, FALSE, 10000, QS_ALLINPUT) != WAIT_TIMEOUT);
    return msg.lParam;
}

/* latency=40ms */
static void late_window(void)
{
    struct late l = late_begin();
    HWND w = message_window();

    NEED(w);
    CHECK_OK(WSAAsyncSelect(l.to, w, WM_NET, FD_READ));
    for (char c = 'a'; c < 'd'; c++) {
        late_send(&l, &c, 1);
        CHECK_INT(next_message(w), WSAMAKESELECTREPLY(FD_READ, 0));
        late_check(&l, c, c, NULL);
        late_receive(&l, c);
    }
}

/* latency=20ms,jitter=30ms: what the pieces are, where they come from and their order stay, of all sizes. */
static void late_in_order(void)
{
    static const int sizes[] = { 0, 1, 1400, 9000, 30000, 0, 65507, 2 };
    static char out[65507], in[65507];
    struct late l = late_begin();
    union addr from;
    int from_bytes;

    pattern_fill(out, sizeof out, 3);
    for (int i = 0; i < COUNT(sizes); i++)
        late_send(&l, out, sizes[i]);
    CHECK_FAILS(sendto(l.from, out, sizeof out + 1, 0, &l.at.sa, sizeof l.at.v4), WSAEMSGSIZE);
    for (int i = 0; i < COUNT(sizes); i++) {
        from_bytes = sizeof from;
        CHECK_RET(recvfrom(l.to, in, sizeof in, 0, &from.sa, &from_bytes), sizes[i]);
        CHECK_INT(from_bytes, sizeof from.v4);
        CHECK_INT(from.v4.sin_port, l.sender.v4.sin_port);
        CHECK_BYTES(in, out, sizes[i]);
    }
    check_about("room for a part only");
    late_send(&l, out, 100);
    late_send(&l, out, 3);
    CHECK_FAILS(recv(l.to, in, 10, MSG_PEEK), WSAEMSGSIZE);
    CHECK_FAILS(recv(l.to, in, 10, 0), WSAEMSGSIZE);
    CHECK_BYTES(in, out, 10);
    CHECK_RET(recv(l.to, in, 10, 0), 3);
    check_about("connected, in both directions");
    CHECK_OK(connect(l.from, &l.at.sa, sizeof l.at.v4));
    CHECK_RET(send(l.from, out, 5, 0), 5);
    CHECK_RET(recv(l.to, in, 10, 0), 5);
    CHECK_RET(sendto(l.to, out, 7, 0, &l.sender.sa, sizeof l.sender.v4), 7);
    CHECK_RET(recv(l.from, in, 10, 0), 7);
    CHECK_OK(shutdown(l.from, SD_SEND));
    CHECK_FAILS(send(l.from, out, 5, 0), WSAESHUTDOWN);
    CHECK_OK(shutdown(l.from, SD_RECEIVE));
    CHECK_FAILS(recv(l.from, in, 5, 0), WSAESHUTDOWN);
}

/* More than the kernel has room for notes of, in any order with reorder=1: all come, each once. */
static void late_many(void)
{
    enum { MANY = 200 };
    struct late l = late_begin();
    char got[MANY] = { 0 };
    unsigned char n;

    for (int i = 0; i < MANY; i++) {
        n = (unsigned char)i;
        late_send(&l, &n, 1);
    }
    for (int i = 0; i < MANY; i++) {
        if (!CHECK_RET(recv(l.to, (char *)&n, 1, 0), 1))
            return;
        CHECK(n < MANY && !got[n]);
        got[n < MANY ? n : 0] = 1;
    }
}

/* rate=2mbit, each way: 40 datagrams of 1000 bytes take 160 ms at least. */
static void late_rate(void)
{
    enum { MANY = 40 };
    static char out[1000], in[1000];
    struct late l = late_begin();
    ULONGLONG start = GetTickCount64();

    for (int i = 0; i < MANY; i++) {
        memset(out, i, sizeof out);
        late_send(&l, out, sizeof out);
    }
    for (int i = 0; i < MANY; i++) {
        CHECK_RET(recv(l.to, in, sizeof in, 0), sizeof in);
        CHECK_INT(in[0], i);
    }
    CHECK(GetTickCount64() - start >= 155);
}

/* latency=1ms: none of many bytes, each alone on its way, stays there. */
static void late_bytes(void)
{
    SOCKET pair[2];
    char c;

    tcp_pair(AF_INET, pair);
    for (int n = 0; n < 150; n++) {
        c = (char)n;
        CHECK_RET(send(pair[n % 2], &c, 1, 0), 1);
        c = (char)~n;
        CHECK_RET(recv(pair[!(n % 2)], &c, 1, 0), 1);
        CHECK_INT(c, (char)n);
    }
}

/* in-latency=1h: nothing tells of what is on its way, and a socket is closed with it. */
static void late_is_hidden(void)
{
    struct late l = late_begin();
    TIMEVAL now = { 0, 0 };
    WSAPOLLFD p = { .fd = l.to, .events = POLLRDNORM };
    DWORD timeout = 200;
    WSAPROTOCOL_INFOW info;
    struct receive r;
    fd_set readable;
    u_long ready;
    char got;

    late_send(&l, "x", 1);
    CHECK_OK(setsockopt(l.to, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout));
    CHECK_FAILS(recv(l.to, &got, 1, 0), WSAETIMEDOUT); /* by now it would be there */
    FD_ZERO(&readable);
    FD_SET(l.to, &readable);
    CHECK_RET(select(0, &readable, NULL, NULL, &now), 0);
    CHECK_RET(WSAPoll(&p, 1, 0), 0);
    CHECK_OK(ioctlsocket(l.to, FIONREAD, &ready));
    CHECK_INT(ready, 0);
    set_nonblocking(l.to, 1);
    CHECK_FAILS(recv(l.to, &got, 1, MSG_PEEK), WSAEWOULDBLOCK);
    CHECK_FAILS(WSADuplicateSocketW(l.to, GetCurrentProcessId(), &info), WSAEOPNOTSUPP);
    receive_begin(&r, l.to, CreateEventW(NULL, TRUE, FALSE, NULL), NULL);
    CHECK_OK(closesocket(l.to));
    CHECK_INT(WaitForSingleObject(r.ov.hEvent, 10000), WAIT_OBJECT_0);
    CHECK_INT(r.data, 255);
}

/* out-latency=100ms: what was sent leaves after closesocket, from where it was sent; and then the address is free. */
static void late_after_close(void)
{
    struct late l = late_begin();
    SOCKET again = udp_new(AF_INET);

    late_send(&l, "a", 1);
    CHECK_OK(closesocket(l.from));
    CHECK_OK(bind(again, &l.sender.sa, sizeof l.sender.v4));
    late_receive(&l, 'a');
    l.from = again;
    late_send(&l, "b", 1);
    late_receive(&l, 'b');
}

/* out-latency=100ms: a process ends with a datagram on its way. */
static void late_last_words(const void *how)
{
    union addr at, from;
    SOCKET s = udp_bound(AF_INET, &at);
    int bytes = sizeof from;
    HANDLE process;
    char args[64], got = 0;

    sprintf(args, "%u datagram-%s", ntohs(at.v4.sin_port), (const char *)how);
    process = child_start(args, 0);
    CHECK_RET(recvfrom(s, &got, 1, 0, &from.sa, &bytes), 1);
    CHECK_INT(got, 'w');
    CHECK_INT(child_wait(process), 0);
}

/* ---- a relayed connect fails later than the call, and not by being refused: a broadcast address cannot be connected to ---- */

static void connect_message(void)
{
    HWND w = message_window();
    SOCKET s = tcp_new(AF_INET), c;
    union addr at, nowhere = loopback(AF_INET, 9);
    int err, bytes = sizeof err;

    NEED(w);
    nowhere.v4.sin_addr.s_addr = htonl(0x7fffffff);
    CHECK_OK(WSAAsyncSelect(s, w, WM_NET, FD_CONNECT));
    CHECK_FAILS(connect(s, &nowhere.sa, sizeof nowhere.v4), WSAEWOULDBLOCK);
    CHECK_INT(next_message(w), WSAMAKESELECTREPLY(FD_CONNECT, WSAENETUNREACH));
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&err, &bytes));
    CHECK_ERR(err, WSAENETUNREACH);
    check_about("the next attempt is told as well");
    c = tcp_listen(AF_INET, &at);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    CHECK_INT(next_message(w), WSAMAKESELECTREPLY(FD_CONNECT, 0));
    CHECK_OK(closesocket(c));
}

/* ---- a process ends with what it sent still under way ---- */

enum { LAST_WORDS = 300000 };

static int datagram_child(const union addr *at, const char *how)
{
    SOCKET s = udp_new(AF_INET);

    if (sendto(s, "w", 1, 0, &at->sa, sizeof at->v4) != 1)
        return 1;
    if (strcmp(how, "open"))
        closesocket(s);
    if (!strcmp(how, "cleanup"))
        WSACleanup();
    ExitProcess(0);
}

static int child(int argc, char **argv)
{
    union addr at = loopback(AF_INET, (unsigned short)atoi(argv[0]));
    static char data[LAST_WORDS];
    WSADATA wsa;
    SOCKET s;

    (void)argc;
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &wsa));
    if (!strncmp(argv[1], "datagram-", 9))
        return datagram_child(&at, argv[1] + 9);
    s = tcp_new(AF_INET);
    NEED_OK(connect(s, &at.sa, sizeof at.v4));
    pattern_fill(data, sizeof data, 9);
    send_all(s, data, sizeof data);
    if (!strcmp(argv[1], "close"))
        closesocket(s);
    if (!strcmp(argv[1], "cleanup")) {
        closesocket(s);
        WSACleanup();
    }
    ExitProcess(0);
}

static void last_words(const void *how)
{
    static char got[LAST_WORDS], want[LAST_WORDS];
    char args[64];
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), s;
    HANDLE process;

    sprintf(args, "%u %s", ntohs(at.v4.sin_port), (const char *)how);
    process = child_start(args, 0);
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    Sleep(200); /* its sends fill what there is to fill */
    pattern_fill(want, sizeof want, 9);
    CHECK_INT(recv_all(s, got, sizeof got), LAST_WORDS);
    CHECK_BYTES(got, want, LAST_WORDS);
    CHECK_INT(child_wait(process), 0);
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

const struct test_case test_cases[] = {
    { "reset-at-the-byte", reset_at_the_byte },
    { "stalls-at-the-byte", stalls_at_the_byte },
    { "latency-is-felt", latency_is_felt },
    { "rate-is-kept", rate_is_kept },
    { "loses-what-the-seed-says", loses_what_the_seed_says },
    { "only-where-told", only_where_told },
    { "cancelled-connect-ex", cancelled_connect_ex },
    { "closed-connect-ex", closed_connect_ex },
    { "nonblocking-connect", nonblocking_connect },
    { "closed-blocking-connect", closed_blocking_connect },
    { "cancelled-blocking-connect", cancelled_blocking_connect, .unstarted = 1 },
    { "incoming-blocking", incoming_blocking },
    { "incoming-nonblocking", incoming_nonblocking },
    { "incoming-port", incoming_port },
    { "incoming-event", incoming_event },
    { "incoming-routine", incoming_routine },
    { "incoming-messages", incoming_messages },
    { "incoming-cancelled", incoming_cancelled },
    { "incoming-among-connections", incoming_among_connections },
    { "late-in-each-style", late_in_each_style },
    { "late-window", late_window },
    { "late-in-order", late_in_order },
    { "late-in-any-order", late_many },
    { "late-many", late_many },
    { "late-rate", late_rate },
    { "late-bytes", late_bytes },
    { "late-is-hidden", late_is_hidden },
    { "late-after-close", late_after_close },
    { "late-last-words-closed", .run_row = late_last_words, .row = "close" },
    { "late-last-words-open", .run_row = late_last_words, .row = "open" },
    { "late-last-words-cleanup", .run_row = late_last_words, .row = "cleanup" },
    { "connect-message", connect_message },
    { "last-words-closed", .run_row = last_words, .row = "close" },
    { "last-words-open", .run_row = last_words, .row = "open" },
    { "last-words-cleanup", .run_row = last_words, .row = "cleanup" },
    { 0 },
};
