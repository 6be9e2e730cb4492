/* SPDX-License-Identifier: MIT */
/* ConnectEx and DisconnectEx (wine-afd.md 3.6, 3.12). */
#include "net.h"
#include <string.h>

static LPFN_CONNECTEX connect_ex;
static union addr at, any;
static SOCKET listener;
static OVERLAPPED o;
static DWORD n, flags;

static SOCKET setup(int af)
{
    SOCKET s = tcp_new(af);

    listener = tcp_listen(af, &at);
    any.sa.sa_family = af;
    memset(&o, 0, sizeof o);
    o.hEvent = WSACreateEvent();
    connect_ex = extension(s, (GUID)WSAID_CONNECTEX);
    return s;
}

static void works(const void *row)
{
    int af = *(const int *)row, len;
    SOCKET s = setup(af), t;
    union addr name;
    char c[3];

    NEED_OK(bind(s, &any.sa, addr_len(af)));
    if (!connect_ex(s, &at.sa, addr_len(af), NULL, 0, &n, &o))
        CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
    CHECK_TRUE(WSAGetOverlappedResult(s, &o, &n, TRUE, &flags));
    CHECK_INT(n, 0);
    t = accept(listener, NULL, NULL);
    NEED(t != INVALID_SOCKET);
    check_about("without SO_UPDATE_CONNECT_CONTEXT");
    CHECK_FAILS(connect(s, &at.sa, addr_len(af)), WSAEINVAL);
    check_about(NULL);
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
    CHECK_FAILS(connect(s, &at.sa, addr_len(af)), WSAEISCONN);
    len = sizeof name;
    CHECK_OK(getpeername(s, &name.sa, &len));
    CHECK(!memcmp(&name, &at, 4));
    send_all(s, "abc", 3);
    CHECK_INT(recv_all(t, c, 3), 3);
    CHECK_OK(shutdown(s, SD_SEND));
    CHECK_RET(recv(t, c, 1, 0), 0);
}

static void with_data(void)
{
    SOCKET s = setup(AF_INET), t;
    static char out[5000], in[5000];

    pattern_fill(out, sizeof out, 1);
    NEED_OK(bind(s, &any.sa, sizeof any.v4));
    if (!connect_ex(s, &at.sa, sizeof at.v4, out, sizeof out, &n, &o))
        CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
    CHECK_TRUE(WSAGetOverlappedResult(s, &o, &n, TRUE, &flags));
    CHECK_INT(n, sizeof out);
    t = accept(listener, NULL, NULL);
    NEED(t != INVALID_SOCKET);
    CHECK_INT(recv_all(t, in, sizeof in), sizeof in);
    pattern_check(in, sizeof in, 1);
}

static void refused(void)
{
    SOCKET s = setup(AF_INET);
    OVERLAPPED *done = NULL;
    HANDLE port;
    ULONG_PTR key;

    closesocket(listener);
    NEED_OK(bind(s, &any.sa, sizeof any.v4));
    port = CreateIoCompletionPort((HANDLE)s, NULL, 3, 0);
    o.hEvent = NULL;
    CHECK_FALSE(connect_ex(s, &at.sa, sizeof at.v4, NULL, 0, &n, &o), WSA_IO_PENDING);
    SetLastError(0);
    CHECK(!GetQueuedCompletionStatus(port, &n, &key, &done, 10000));
    CHECK(done == &o);
    CHECK_ERR(GetLastError(), ERROR_CONNECTION_REFUSED);
    CHECK_FALSE(WSAGetOverlappedResult(s, &o, &n, FALSE, &flags), WSAECONNREFUSED);
}

static void misuse(void)
{
    SOCKET s = setup(AF_INET), pair[2];

    check_about("not bound");
    CHECK_FALSE(connect_ex(s, &at.sa, sizeof at.v4, NULL, 0, &n, &o), WSAEINVAL);
    NEED_OK(bind(s, &any.sa, sizeof any.v4));
    check_about("no OVERLAPPED");
    CHECK_FALSE(connect_ex(s, &at.sa, sizeof at.v4, NULL, 0, &n, NULL), ERROR_INVALID_PARAMETER);
    check_about("not a socket");
    CHECK_FALSE(connect_ex(INVALID_SOCKET, &at.sa, sizeof at.v4, NULL, 0, &n, &o), WSAENOTSOCK);
    check_about("listening");
    CHECK_FALSE(connect_ex(listener, &at.sa, sizeof at.v4, NULL, 0, &n, &o), WSAEINVAL);
    check_about("connected");
    tcp_pair(AF_INET, pair);
    CHECK_FALSE(connect_ex(pair[0], &at.sa, sizeof at.v4, NULL, 0, &n, &o), WSAEISCONN);
}

static void disconnect(void)
{
    SOCKET pair[2], fresh = tcp_new(AF_INET);
    LPFN_DISCONNECTEX disconnect_ex = extension(fresh, (GUID)WSAID_DISCONNECTEX);
    char c;

    memset(&o, 0, sizeof o);
    o.hEvent = WSACreateEvent();
    CHECK_FALSE(disconnect_ex(INVALID_SOCKET, NULL, 0, 0), WSAENOTSOCK);
    CHECK_FALSE(disconnect_ex(fresh, NULL, 0, 0), WSAENOTCONN);
    tcp_pair(AF_INET, pair);
    CHECK_TRUE(disconnect_ex(pair[0], NULL, 0, 0));
    CHECK_RET(recv(pair[1], &c, 1, 0), 0);
    CHECK_FAILS(send(pair[0], "x", 1, 0), WSAESHUTDOWN);
    check_about("again");
    CHECK_TRUE(disconnect_ex(pair[0], NULL, 0, 0));
    check_about("overlapped");
    tcp_pair(AF_INET, pair);
    CHECK_FALSE(disconnect_ex(pair[0], &o, 0, 0), WSA_IO_PENDING);
    CHECK_TRUE(WSAGetOverlappedResult(pair[0], &o, &n, TRUE, &flags));
    CHECK_RET(recv(pair[1], &c, 1, 0), 0);
}

/* wine-afd.md 3.12: the packet arrives even with skip-on-success. */
static void disconnect_in_port(void)
{
    SOCKET pair[2];
    LPFN_DISCONNECTEX disconnect_ex;
    OVERLAPPED *done = NULL;
    HANDLE port;
    ULONG_PTR key;

    tcp_pair(AF_INET, pair);
    disconnect_ex = extension(pair[0], (GUID)WSAID_DISCONNECTEX);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 8, 0);
    NEED(SetFileCompletionNotificationModes((HANDLE)pair[0], FILE_SKIP_COMPLETION_PORT_ON_SUCCESS));
    CHECK_FALSE(disconnect_ex(pair[0], &o, 0, 0), WSA_IO_PENDING);
    CHECK(GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
    CHECK(done == &o);
    CHECK_INT(key, 8);
}

static const int v4 = AF_INET, v6 = AF_INET6;

const struct test_case test_cases[] = {
    { "works-v4", .run_row = works, .row = &v4 },
    { "works-v6", .run_row = works, .row = &v6 },
    { "with-data", with_data },
    { "refused", refused },
    { "misuse", misuse },
    { "disconnect", disconnect },
    { "disconnect-in-port", disconnect_in_port },
    { 0 },
};
