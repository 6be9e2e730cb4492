/* SPDX-License-Identifier: MIT */
/* AcceptEx and GetAcceptExSockaddrs. Order and results of the checks: wine-afd.md 3.7. */
#include "net.h"
#include <string.h>

#define ROOM (sizeof(union addr) + 16)

struct setup {
    union addr at;
    SOCKET listener, acceptor, client;
    LPFN_ACCEPTEX accept_ex;
    LPFN_GETACCEPTEXSOCKADDRS get_addrs;
    OVERLAPPED o;
    DWORD n;
    char buf[2048];
};

static struct setup t;

static void setup(int af)
{
    memset(&t, 0, sizeof t);
    t.listener = tcp_listen(af, &t.at);
    t.acceptor = tcp_new(af);
    t.client = tcp_new(af);
    t.accept_ex = extension(t.listener, (GUID)WSAID_ACCEPTEX);
    t.get_addrs = extension(t.listener, (GUID)WSAID_GETACCEPTEXSOCKADDRS);
    t.o.hEvent = WSACreateEvent();
    t.n = 0xdeadbeef;
}

static void check_addresses(int af, DWORD data_room)
{
    struct sockaddr *local = NULL, *remote = NULL;
    int local_len = 0, remote_len = 0, len;
    union addr want;

    t.get_addrs(t.buf, data_room, ROOM, ROOM, &local, &local_len, &remote, &remote_len);
    NEED(local && remote);
    CHECK_INT(local_len, addr_len(af));
    CHECK_INT(remote_len, addr_len(af));
    len = sizeof want;
    CHECK_OK(getsockname(t.client, &want.sa, &len));
    CHECK_BYTES(remote, &want, 4); /* family and port */
    CHECK(!memcmp(remote, &want, af == AF_INET ? 8 : 24));
    len = sizeof want;
    CHECK_OK(getpeername(t.client, &want.sa, &len));
    CHECK(!memcmp(local, &want, af == AF_INET ? 8 : 24));
}

static void use_accepted(void)
{
    union addr name;
    int len = sizeof name;
    char c[3];

    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
    CHECK_OK(getsockname(t.acceptor, &name.sa, &len));
    len = sizeof name;
    CHECK_OK(getpeername(t.acceptor, &name.sa, &len));
    send_all(t.acceptor, "abc", 3);
    CHECK_INT(recv_all(t.client, c, 3), 3);
    send_all(t.client, "def", 3);
    CHECK_INT(recv_all(t.acceptor, c, 3), 3);
    CHECK_BYTES(c, "def", 3);
    CHECK_OK(shutdown(t.acceptor, SD_SEND));
    CHECK_RET(recv(t.client, c, 1, 0), 0);
}

static void without_data(const void *row)
{
    int af = *(const int *)row;
    DWORD n, flags;

    setup(af);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_INT((int)t.o.Internal, 0x103);
    CHECK_OK(connect(t.client, &t.at.sa, addr_len(af)));
    CHECK_TRUE(WSAGetOverlappedResult(t.listener, &t.o, &n, TRUE, &flags));
    CHECK_INT(n, 0);
    check_addresses(af, 0);
    use_accepted();
}

static void with_data(const void *row)
{
    int af = *(const int *)row;
    DWORD n, flags;

    setup(af);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 1000, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_OK(connect(t.client, &t.at.sa, addr_len(af)));
    check_about("a silent client holds it");
    CHECK(WaitForSingleObject(t.o.hEvent, 100) == WAIT_TIMEOUT);
    check_about(NULL);
    send_all(t.client, "first words", 11);
    CHECK_TRUE(WSAGetOverlappedResult(t.listener, &t.o, &n, TRUE, &flags));
    CHECK_INT(n, 11);
    CHECK_BYTES(t.buf, "first words", 11);
    check_addresses(af, 1000);
    use_accepted();
}

/* The client was there before the call. */
static void connection_waiting(void)
{
    DWORD n, flags;

    setup(AF_INET);
    CHECK_OK(connect(t.client, &t.at.sa, addr_len(AF_INET)));
    NEED(wait_readable(t.listener));
    if (!t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o))
        CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
    CHECK_TRUE(WSAGetOverlappedResult(t.listener, &t.o, &n, TRUE, &flags));
    check_addresses(AF_INET, 0);
    use_accepted();
}

static void several_pending(void)
{
    enum { N = 5 };
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    SOCKET s[N], client[N];
    OVERLAPPED o[N];
    char buf[N][2 * ROOM];
    int seen = 0;

    setup(AF_INET);
    NEED(CreateIoCompletionPort((HANDLE)t.listener, port, 5, 0) == port);
    memset(o, 0, sizeof o);
    for (int i = 0; i < N; i++) {
        s[i] = tcp_new(AF_INET);
        CHECK_FALSE(t.accept_ex(t.listener, s[i], buf[i], 0, ROOM, ROOM, &t.n, &o[i]), WSA_IO_PENDING);
    }
    for (int i = 0; i < N; i++) {
        client[i] = tcp_new(AF_INET);
        CHECK_OK(connect(client[i], &t.at.sa, sizeof t.at.v4));
    }
    for (int i = 0; i < N; i++) {
        OVERLAPPED *done = NULL;
        ULONG_PTR key;
        DWORD n;

        NEED(GetQueuedCompletionStatus(port, &n, &key, &done, 10000));
        NEED(done >= o && done < o + N);
        seen |= 1 << (done - o);
    }
    CHECK_INT(seen, (1 << N) - 1);
    (void)client;
}

static void closed_listener_cancels(void)
{
    DWORD n, flags;

    setup(AF_INET);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_OK(closesocket(t.listener));
    CHECK(WaitForSingleObject(t.o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK(!GetOverlappedResult((HANDLE)t.acceptor, &t.o, &n, FALSE));
    CHECK_ERR(GetLastError(), ERROR_OPERATION_ABORTED);
    (void)flags;
}

static void closed_acceptor_cancels(void)
{
    DWORD n;

    setup(AF_INET);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_OK(closesocket(t.acceptor));
    CHECK(WaitForSingleObject(t.o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK(!GetOverlappedResult((HANDLE)t.listener, &t.o, &n, FALSE));
    CHECK_ERR(GetLastError(), ERROR_OPERATION_ABORTED);
}

/* What is asked of the acceptor before there is a connection is asked of another object than the one that will be behind its handle. */
static void options_before(void)
{
    int on = 1, back = 0, len = sizeof back;
    DWORD n, flags;

    setup(AF_INET);
    CHECK_OK(setsockopt(t.acceptor, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on));
    CHECK_OK(getsockopt(t.acceptor, IPPROTO_TCP, TCP_NODELAY, (char *)&back, &len));
    CHECK_INT(back, 1);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_OK(connect(t.client, &t.at.sa, sizeof t.at.v4));
    CHECK_TRUE(WSAGetOverlappedResult(t.listener, &t.o, &n, TRUE, &flags));
    use_accepted();
}

/* Whoever asks about the acceptor before it has its connection learns nothing that is wrong afterwards. */
static void acceptor_asked_early(void)
{
    DWORD n, flags;

    setup(AF_INET);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_FAILS(send(t.acceptor, "x", 1, 0), WSAENOTCONN);
    CHECK_FAILS(shutdown(t.acceptor, SD_BOTH), WSAENOTCONN);
    CHECK_OK(connect(t.client, &t.at.sa, sizeof t.at.v4));
    CHECK_TRUE(WSAGetOverlappedResult(t.listener, &t.o, &n, TRUE, &flags));
    use_accepted();
}

static void misuse(void)
{
    SOCKET udp = udp_new(AF_INET), bound = tcp_new(AF_INET), pair[2], other;
    OVERLAPPED o2 = { .hEvent = WSACreateEvent() };

    setup(AF_INET);
    bind_any_port(bound, AF_INET, NULL);
    tcp_pair(AF_INET, pair);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, NULL), ERROR_INVALID_PARAMETER);
    CHECK_FALSE(t.accept_ex(INVALID_SOCKET, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSAENOTSOCK);
    CHECK_FALSE(t.accept_ex(t.listener, INVALID_SOCKET, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSAENOTSOCK);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, NULL, 0, ROOM, ROOM, &t.n, &t.o), WSAEFAULT);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, 0, &t.n, &t.o), WSAEFAULT);
    CHECK_FALSE(t.accept_ex(bound, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSAEINVAL);
    CHECK_FALSE(t.accept_ex(t.listener, udp, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSAEINVAL);
    CHECK_FALSE(t.accept_ex(t.listener, bound, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSAEINVAL);
    CHECK_FALSE(t.accept_ex(t.listener, pair[0], t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSAEINVAL);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    check_about("acceptor in use");
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &o2), WSAEINVAL);
    other = tcp_new(AF_INET);
    CHECK_FAILS(connect(t.acceptor, &t.at.sa, sizeof t.at.v4), WSAEINVAL);
    CHECK_OK(closesocket(other));
}

/* mswsock.dll exports both; they go to the socket's provider. */
static void through_mswsock(void)
{
    struct sockaddr *local, *remote;
    int local_len, remote_len;
    DWORD n;

    setup(AF_INET);
    if (!AcceptEx(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &n, &t.o))
        CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
    CHECK_OK(connect(t.client, &t.at.sa, sizeof t.at.v4));
    CHECK(WaitForSingleObject(t.o.hEvent, 5000) == WAIT_OBJECT_0);
    GetAcceptExSockaddrs(t.buf, 0, ROOM, ROOM, &local, &local_len, &remote, &remote_len);
    CHECK_INT(local_len, sizeof t.at.v4);
    CHECK(!memcmp(local, &t.at, 8));
    use_accepted();
}

/* The acceptor in a port of its own with skip-on-success gets its first receive through it. */
static void acceptor_in_port(void)
{
    HANDLE port;
    OVERLAPPED o = { 0 }, *done = NULL;
    char c;
    WSABUF buf = { 1, &c };
    ULONG_PTR key;
    DWORD n, flags = 0;

    setup(AF_INET);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_OK(connect(t.client, &t.at.sa, sizeof t.at.v4));
    CHECK(WaitForSingleObject(t.o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
    port = CreateIoCompletionPort((HANDLE)t.acceptor, NULL, 9, 0);
    NEED(port);
    CHECK_FAILS(WSARecv(t.acceptor, &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    send_all(t.client, "q", 1);
    CHECK(GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
    CHECK(done == &o);
    CHECK_INT(key, 9);
    CHECK_INT(n, 1);
}

/*
 * A receive that the device has to do, because of its many buffers: the program's blocking mode is what it obeys, whatever
 * SO_UPDATE_ACCEPT_CONTEXT and ioctlsocket() believed not to need telling.
 */
static void check_receive_does_not_wait(void)
{
    enum { MANY = 100 };
    DWORD ms = 2000, n, flags = 0;
    WSABUF bufs[MANY];
    char c[MANY];

    for (int i = 0; i < MANY; i++)
        bufs[i] = (WSABUF){ 1, &c[i] };
    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_RCVTIMEO, (char *)&ms, sizeof ms));
    CHECK_FAILS(WSARecv(t.acceptor, bufs, MANY, &n, &flags, NULL, NULL), WSAEWOULDBLOCK);
    CHECK_FAILS(recv(t.acceptor, c, 1, 0), WSAEWOULDBLOCK);
}

static void accept_one(void)
{
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    CHECK_OK(connect(t.client, &t.at.sa, sizeof t.at.v4));
    CHECK(WaitForSingleObject(t.o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
}

/* As node does it: the listener is nonblocking, and the accepted socket is made so when it has the listener's context. */
static void nonblocking_listener(void)
{
    setup(AF_INET);
    set_nonblocking(t.listener, 1);
    accept_one();
    set_nonblocking(t.acceptor, 1);
    check_receive_does_not_wait();
}

/* Without a word from the program the mode is the listener's. */
static void inherits_nonblocking(void)
{
    setup(AF_INET);
    set_nonblocking(t.listener, 1);
    accept_one();
    check_receive_does_not_wait();
}

static void inherits_selection(void)
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS found;

    setup(AF_INET);
    CHECK_OK(WSAEventSelect(t.listener, event, FD_READ | FD_CLOSE));
    accept_one();
    send_all(t.client, "x", 1);
    CHECK(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0);
    CHECK_OK(WSAEnumNetworkEvents(t.acceptor, event, &found));
    CHECK_INT(found.lNetworkEvents, FD_READ);
}

static const int v4 = AF_INET, v6 = AF_INET6;

/* ---- with nothing but a packet, as servers have it ---- */

static HANDLE packets;

static void setup_port(OVERLAPPED *o)
{
    setup(AF_INET);
    packets = CreateIoCompletionPort((HANDLE)t.listener, NULL, 5, 0);
    NEED(packets);
    memset(o, 0, sizeof *o);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, o), WSA_IO_PENDING);
}

static void check_packet(OVERLAPPED *o, DWORD error)
{
    OVERLAPPED *done = NULL;
    ULONG_PTR key = 0;
    DWORD n = 77;
    BOOL fine = GetQueuedCompletionStatus(packets, &n, &key, &done, 10000);

    NEED(done == o);
    CHECK_INT(fine, !error);
    if (error)
        CHECK_ERR(GetLastError(), error);
    CHECK_INT(key, 5);
    CHECK_INT(n, 0);
}

static void connect_client(SOCKET s)
{
    NEED_OK(connect(s, &t.at.sa, sizeof t.at.v4));
}

static void exchange(SOCKET from, SOCKET to)
{
    char c = 0;

    send_all(from, "q", 1);
    CHECK_RET(recv(to, &c, 1, 0), 1);
    CHECK_INT(c, 'q');
}

static BOOL same_peer(SOCKET accepted, SOCKET client)
{
    union addr peer, local;
    int peer_bytes = sizeof peer, bytes = sizeof local;

    NEED_OK(getpeername(accepted, &peer.sa, &peer_bytes));
    NEED_OK(getsockname(client, &local.sa, &bytes));
    return peer.v4.sin_port == local.v4.sin_port;
}

static void packet_cancelled(void)
{
    OVERLAPPED o, second = { 0 };

    setup_port(&o);
    check_about("an acceptor is taken");
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf + 512, 0, ROOM, ROOM, &t.n, &second), WSAEINVAL);
    check_about("cancelled");
    CHECK(CancelIoEx((HANDLE)t.listener, &o));
    check_packet(&o, ERROR_OPERATION_ABORTED);
    check_about("and free again");
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &o), WSA_IO_PENDING);
    check_about("the acceptor closed");
    CHECK_OK(closesocket(t.acceptor));
    check_packet(&o, ERROR_OPERATION_ABORTED);
    check_about("the listener closed");
    t.acceptor = tcp_new(AF_INET);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &o), WSA_IO_PENDING);
    CHECK_OK(closesocket(t.listener));
    check_packet(&o, ERROR_OPERATION_ABORTED);
}

static void packet_nobody_waits(void)
{
    OVERLAPPED o;

    setup_port(&o);
    connect_client(t.client);
    for (int i = 0; i < 10000 && !HasOverlappedIoCompleted(&o); i++)
        Sleep(1);
    NEED(HasOverlappedIoCompleted(&o));
    check_addresses(AF_INET, 0);
    use_accepted();
    exchange(t.client, t.acceptor);
    check_packet(&o, 0);
}

static void packet_and_accept(void)
{
    SOCKET second = tcp_new(AF_INET), got;
    WSAPOLLFD fd;
    OVERLAPPED o;

    setup_port(&o);
    connect_client(t.client);
    connect_client(second);
    got = accept(t.listener, NULL, NULL);
    NEED(got != INVALID_SOCKET);
    check_packet(&o, 0);
    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
    /* Which of the two has which is not for us to say: Wine's accept() may come before an AcceptEx. */
    exchange(t.acceptor, same_peer(t.acceptor, t.client) ? t.client : second);
    exchange(got, same_peer(got, t.client) ? t.client : second);
    check_about("whoever looks at the listener does not see what is spoken for");
    closesocket(t.acceptor);
    t.acceptor = tcp_new(AF_INET);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &o), WSA_IO_PENDING);
    fd = (WSAPOLLFD){ t.listener, POLLRDNORM, 0 };
    CHECK_RET(WSAPoll(&fd, 1, 0), 0);
    closesocket(second);
    second = tcp_new(AF_INET);
    connect_client(second);
    check_packet(&o, 0);
    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
    exchange(second, t.acceptor);
}

/* A server's life: always one outstanding, whatever came. */
static void packet_many(void)
{
    OVERLAPPED o;

    setup_port(&o);
    for (int i = 0; i < 30; i++) {
        SOCKET client = tcp_new(AF_INET);

        connect_client(client);
        check_packet(&o, 0);
        CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
        exchange(client, t.acceptor);
        exchange(t.acceptor, client);
        closesocket(t.acceptor);
        closesocket(client);
        t.acceptor = tcp_new(AF_INET);
        CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &o), WSA_IO_PENDING);
    }
}

/* One accept has been told of, and the next is to come: with an acceptor and a client of its own. */
static void after_one_packet(OVERLAPPED *o)
{
    setup_port(o);
    connect_client(t.client);
    check_packet(o, 0);
    closesocket(t.acceptor);
    closesocket(t.client);
    t.acceptor = tcp_new(AF_INET);
    t.client = tcp_new(AF_INET);
}

/* One that has an event as well is told by both. */
static void packet_and_event(void)
{
    OVERLAPPED o;

    after_one_packet(&o);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    connect_client(t.client);
    CHECK(WaitForSingleObject(t.o.hEvent, 5000) == WAIT_OBJECT_0);
    check_packet(&t.o, 0);
}

/* One that waits for data is told when they are there, and has them. */
static void packet_with_data(void)
{
    OVERLAPPED o, *done = NULL;
    ULONG_PTR key;
    DWORD n = 0;

    after_one_packet(&o);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 1000, ROOM, ROOM, &t.n, &o), WSA_IO_PENDING);
    connect_client(t.client);
    CHECK_FALSE(GetQueuedCompletionStatus(packets, &n, &key, &done, 50), WAIT_TIMEOUT);
    send_all(t.client, "first words", 11);
    CHECK_TRUE(GetQueuedCompletionStatus(packets, &n, &key, &done, 5000));
    CHECK(done == &o);
    CHECK_INT(n, 11);
    CHECK_BYTES(t.buf, "first words", 11);
    check_addresses(AF_INET, 1000);
    use_accepted();
}

/* The connection was there before the call, and nobody has told of it since. */
static void packet_connection_waiting(void)
{
    SOCKET second = tcp_new(AF_INET);
    OVERLAPPED o;

    setup_port(&o);
    connect_client(t.client);
    connect_client(second);
    check_packet(&o, 0);
    closesocket(t.acceptor);
    t.acceptor = tcp_new(AF_INET);
    memset(&o, 0, sizeof o);
    CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &o), WSA_IO_PENDING);
    check_packet(&o, 0);
    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
    exchange(second, t.acceptor);
}

/* The first connection is the first call's, though the second call needs more than a packet. */
static void packet_before_event(void)
{
    SOCKET acceptor, client = tcp_new(AF_INET);
    OVERLAPPED o;

    setup_port(&o);
    acceptor = tcp_new(AF_INET);
    CHECK_FALSE(t.accept_ex(t.listener, acceptor, t.buf + 512, 0, ROOM, ROOM, &t.n, &t.o), WSA_IO_PENDING);
    connect_client(t.client);
    check_packet(&o, 0);
    CHECK(WaitForSingleObject(t.o.hEvent, 0) == WAIT_TIMEOUT);
    CHECK_OK(setsockopt(t.acceptor, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&t.listener, sizeof t.listener));
    exchange(t.client, t.acceptor);
    connect_client(client);
    check_packet(&t.o, 0);
    CHECK(WaitForSingleObject(t.o.hEvent, 0) == WAIT_OBJECT_0);
}

/* A selection on the listener is not told of connections that are spoken for, be it there before the AcceptEx or not. */
static void packet_and_selection(void)
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS found;
    OVERLAPPED o[2] = { 0 };

    setup_port(&o[0]);
    CHECK_OK(WSAEventSelect(t.listener, event, FD_ACCEPT));
    for (int i = 0; i < 4; i++) {
        SOCKET client = tcp_new(AF_INET), got;

        connect_client(t.client);
        check_packet(&o[i % 2], 0);
        CHECK(WaitForSingleObject(event, 20) == WAIT_TIMEOUT);
        closesocket(t.client);
        closesocket(t.acceptor);
        connect_client(client);
        CHECK(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0);
        CHECK_OK(WSAEnumNetworkEvents(t.listener, event, &found));
        CHECK_INT(found.lNetworkEvents, FD_ACCEPT);
        got = accept(t.listener, NULL, NULL);
        CHECK(got != INVALID_SOCKET);
        closesocket(got);
        closesocket(client);
        t.client = tcp_new(AF_INET);
        t.acceptor = tcp_new(AF_INET);
        CHECK_FALSE(t.accept_ex(t.listener, t.acceptor, t.buf, 0, ROOM, ROOM, &t.n, &o[(i + 1) % 2]), WSA_IO_PENDING);
    }
}

const struct test_case test_cases[] = {
    { "without-data-v4", .run_row = without_data, .row = &v4 },
    { "without-data-v6", .run_row = without_data, .row = &v6 },
    { "with-data-v4", .run_row = with_data, .row = &v4 },
    { "with-data-v6", .run_row = with_data, .row = &v6 },
    { "connection-waiting", connection_waiting },
    { "several-pending", several_pending },
    { "closed-listener-cancels", closed_listener_cancels },
    { "closed-acceptor-cancels", closed_acceptor_cancels },
    { "acceptor-asked-early", acceptor_asked_early },
    { "options-before", options_before },
    { "misuse", misuse },
    { "through-mswsock", through_mswsock },
    { "acceptor-in-port", acceptor_in_port },
    { "nonblocking-listener", nonblocking_listener },
    { "inherits-nonblocking", inherits_nonblocking },
    { "inherits-selection", inherits_selection },
    { "packet-cancelled", packet_cancelled },
    { "packet-nobody-waits", packet_nobody_waits },
    { "packet-and-accept", packet_and_accept },
    { "packet-many", packet_many },
    { "packet-and-event", packet_and_event },
    { "packet-with-data", packet_with_data },
    { "packet-connection-waiting", packet_connection_waiting },
    { "packet-before-event", packet_before_event },
    { "packet-and-selection", packet_and_selection },
    { 0 },
};
