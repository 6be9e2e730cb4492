/* SPDX-License-Identifier: MIT */
/* WSAIoctl and ioctlsocket, by the table of wine-afd.md 3.16. */
#include "net.h"
#include <mstcpip.h>
#include <string.h>

#define UNTOUCHED 0xdeadbeef

static DWORD n;

static void fionbio(void)
{
    SOCKET s = tcp_new(AF_INET), pair[2];
    u_long one = 1, zero = 0;
    char c;

    n = UNTOUCHED;
    CHECK_OK(WSAIoctl(s, FIONBIO, &one, sizeof one, NULL, 0, &n, NULL, NULL));
    CHECK_INT(n, 0);
    CHECK_FAILS(WSAIoctl(s, FIONBIO, &one, 3, NULL, 0, &n, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSAIoctl(s, FIONBIO, NULL, sizeof one, NULL, 0, &n, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSAIoctl(s, FIONBIO, &one, sizeof one, NULL, 0, NULL, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(ioctlsocket(s, FIONBIO, NULL), WSAEFAULT);
    tcp_pair(AF_INET, pair);
    CHECK_OK(ioctlsocket(pair[0], FIONBIO, &one));
    CHECK_FAILS(recv(pair[0], &c, 1, 0), WSAEWOULDBLOCK);
    CHECK_OK(ioctlsocket(pair[0], FIONBIO, &zero));
    send_all(pair[1], "a", 1);
    CHECK_RET(recv(pair[0], &c, 1, 0), 1);
    check_about("blocking again is refused while an event is selected");
    CHECK_OK(WSAEventSelect(pair[0], WSACreateEvent(), FD_READ));
    CHECK_FAILS(ioctlsocket(pair[0], FIONBIO, &zero), WSAEINVAL);
    CHECK_OK(ioctlsocket(pair[0], FIONBIO, &one));
    CHECK_OK(WSAEventSelect(pair[0], NULL, 0));
    CHECK_OK(ioctlsocket(pair[0], FIONBIO, &zero));
}

static void fionread(void)
{
    SOCKET pair[2];
    u_long value = 99;

    tcp_pair(AF_INET, pair);
    CHECK_OK(ioctlsocket(pair[0], FIONREAD, &value));
    CHECK_INT(value, 0);
    send_all(pair[1], "12345", 5);
    NEED(wait_readable(pair[0]));
    CHECK_OK(ioctlsocket(pair[0], FIONREAD, &value));
    CHECK_INT(value, 5);
    n = UNTOUCHED;
    CHECK_OK(WSAIoctl(pair[0], FIONREAD, NULL, 0, &value, sizeof value, &n, NULL, NULL));
    CHECK_INT(n, 4);
    n = UNTOUCHED;
    CHECK_FAILS(WSAIoctl(pair[0], FIONREAD, NULL, 0, &value, 3, &n, NULL, NULL), WSAEFAULT);
    CHECK_INT(n, UNTOUCHED);
    CHECK_FAILS(WSAIoctl(pair[0], FIONREAD, NULL, 0, NULL, 4, &n, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(ioctlsocket(pair[0], FIONREAD, NULL), WSAEFAULT);
}

static void siocatmark(void)
{
    SOCKET s = tcp_new(AF_INET);
    u_long value = 99;

    CHECK_OK(ioctlsocket(s, SIOCATMARK, &value));
    CHECK_INT(value, 1);
    CHECK_FAILS(WSAIoctl(s, SIOCATMARK, NULL, 0, &value, 3, &n, NULL, NULL), WSAEFAULT);
}

static void extension_pointers(void)
{
    static const struct {
        const char *name;
        GUID id;
    } rows[] = {
        { "AcceptEx", WSAID_ACCEPTEX },
        { "GetAcceptExSockaddrs", WSAID_GETACCEPTEXSOCKADDRS },
        { "ConnectEx", WSAID_CONNECTEX },
        { "DisconnectEx", WSAID_DISCONNECTEX },
        { "TransmitFile", WSAID_TRANSMITFILE },
        { "TransmitPackets", WSAID_TRANSMITPACKETS },
        { "WSARecvMsg", WSAID_WSARECVMSG },
        { "WSASendMsg", WSAID_WSASENDMSG },
    };
    SOCKET s = tcp_new(AF_INET), s6 = udp_new(AF_INET6);
    GUID bad = { 0xdead, 1, 2, { 3 } };
    void *f, *g;

    for (int i = 0; i < COUNT(rows); i++) {
        GUID id = rows[i].id;

        check_about("%s", rows[i].name);
        f = g = NULL;
        CHECK_OK(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &f, sizeof f, &n, NULL, NULL));
        CHECK(f != NULL);
        CHECK_OK(WSAIoctl(s6, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &g, sizeof g, &n, NULL, NULL));
        CHECK(g != NULL);
        f = NULL;
        CHECK_FAILS(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, 15, &f, sizeof f, &n, NULL, NULL), WSAEFAULT);
        CHECK_FAILS(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &f, 3, &n, NULL, NULL), WSAEFAULT);
        CHECK(f == NULL);
    }
    check_about("unknown");
    n = UNTOUCHED;
    f = (void *)1;
    CHECK_FAILS(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &bad, sizeof bad, &f, sizeof f, &n, NULL, NULL), WSAEINVAL);
    CHECK_INT(n, UNTOUCHED);
    CHECK(f == (void *)1);
}

static void base_handles(void)
{
    static const DWORD codes[] = { SIO_BASE_HANDLE, 0x4800001B, 0x4800001C, 0x4800001D };
    SOCKET s = tcp_new(AF_INET), got;

    for (int i = 0; i < COUNT(codes); i++) {
        check_about("0x%lx", codes[i]);
        got = 0;
        CHECK_OK(WSAIoctl(s, codes[i], NULL, 0, &got, sizeof got, &n, NULL, NULL));
        CHECK_INT(got, s);
        CHECK_INT(n, sizeof got);
        CHECK_FAILS(WSAIoctl(s, codes[i], NULL, 0, &got, sizeof got - 1, &n, NULL, NULL), WSAEFAULT);
        CHECK_FAILS(WSAIoctl(s, codes[i], NULL, 0, NULL, 0, &n, NULL, NULL), WSAEFAULT);
    }
}

static void interface_list(void)
{
    SOCKET s = udp_new(AF_INET);
    INTERFACE_INFO list[32];
    int loopback_seen = 0;

    CHECK_OK(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, sizeof list, &n, NULL, NULL));
    CHECK(n >= sizeof *list && n % sizeof *list == 0);
    for (int i = 0; i < (int)(n / sizeof *list); i++)
        if (list[i].iiAddress.AddressIn.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) {
            loopback_seen = 1;
            CHECK(list[i].iiFlags & IFF_LOOPBACK);
            CHECK(list[i].iiFlags & IFF_UP);
            CHECK_INT(list[i].iiNetmask.AddressIn.sin_addr.s_addr, htonl(0xff000000));
        }
    CHECK(loopback_seen);
    n = UNTOUCHED;
    CHECK_FAILS(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, list, 10, &n, NULL, NULL), WSAEFAULT);
    CHECK_INT(n, 0);
    CHECK_FAILS(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, NULL, sizeof list, &n, NULL, NULL), WSAEFAULT);
}

static void address_list(void)
{
    SOCKET s = udp_new(AF_INET);
    char room[2048];
    SOCKET_ADDRESS_LIST *list = (SOCKET_ADDRESS_LIST *)room;
    DWORD size = 0;

    CHECK_FAILS(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, NULL, 0, &size, NULL, NULL), WSAEFAULT);
    CHECK(size >= sizeof *list || size == FIELD_OFFSET(SOCKET_ADDRESS_LIST, Address));
    n = UNTOUCHED;
    CHECK_FAILS(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, room, 1, &n, NULL, NULL), WSAEINVAL);
    CHECK_INT(n, 0);
    CHECK_OK(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, room, sizeof room, &n, NULL, NULL));
    CHECK_INT(n, size);
    for (int i = 0; i < list->iAddressCount; i++) {
        CHECK_INT(list->Address[i].iSockaddrLength, sizeof(struct sockaddr_in));
        CHECK_INT(list->Address[i].lpSockaddr->sa_family, AF_INET);
    }
    if (list->iAddressCount > 0) {
        CHECK_FAILS(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, room, size - 1, &n, NULL, NULL), WSAEFAULT);
        CHECK_INT(n, size);
    }
}

static void keepalive_values(void)
{
    SOCKET s = tcp_new(AF_INET);
    struct tcp_keepalive k = { 1, 10000, 1000 };

    n = UNTOUCHED;
    CHECK_OK(WSAIoctl(s, SIO_KEEPALIVE_VALS, &k, sizeof k, NULL, 0, &n, NULL, NULL));
    CHECK_INT(n, 0);
    CHECK_FAILS(WSAIoctl(s, SIO_KEEPALIVE_VALS, &k, sizeof k - 1, NULL, 0, &n, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSAIoctl(s, SIO_KEEPALIVE_VALS, NULL, sizeof k, NULL, 0, &n, NULL, NULL), WSAEFAULT);
}

static void routing_query(void)
{
    SOCKET s = udp_new(AF_INET);
    union addr to = loopback(AF_INET, 80), got;

    CHECK_OK(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof to.v4, &got, sizeof got, &n, NULL, NULL));
    CHECK_INT(n, sizeof got.v4);
    CHECK_INT(got.v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_FAILS(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, NULL, sizeof to.v4, &got, sizeof got, &n, NULL, NULL), WSAEINVAL);
    CHECK_FAILS(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &to, 2, &got, sizeof got, &n, NULL, NULL), WSAEINVAL);
    n = UNTOUCHED;
    CHECK_FAILS(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof to.v4, NULL, 16, &n, NULL, NULL), WSAEFAULT);
    CHECK_INT(n, UNTOUCHED);
    CHECK_FAILS(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof to.v4, &got, 3, &n, NULL, NULL), WSAEFAULT);
    CHECK_INT(n, 16);
    to.v4.sin_family = 1234;
    CHECK_FAILS(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof to.v4, &got, sizeof got, &n, NULL, NULL),
                WSAEAFNOSUPPORT);
    to.v4.sin_family = AF_INET;
    to.v4.sin_addr.s_addr = 0;
    CHECK_FAILS(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &to, sizeof to.v4, &got, sizeof got, &n, NULL, NULL), WSAEINVAL);
}

static void backlog(void)
{
    SOCKET fresh = tcp_new(AF_INET), udp = udp_new(AF_INET), pair[2];
    ULONG value = 0;

    CHECK_FAILS(WSAIoctl(fresh, 0x4004747B, NULL, 0, &value, sizeof value, &n, NULL, NULL), WSAENOTCONN);
    CHECK_FAILS(WSAIoctl(udp, 0x4004747B, NULL, 0, &value, sizeof value, &n, NULL, NULL), WSAEOPNOTSUPP);
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAIoctl(pair[0], 0x4004747B, NULL, 0, &value, sizeof value, &n, NULL, NULL));
    CHECK_INT(n, sizeof value);
    CHECK(value >= 0x1000);
}

/* Unknown codes: at once for a plain call; an overlapped call is told later, once. */
static void unknown_code(void)
{
    SOCKET s = tcp_new(AF_INET);
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    u_long value;
    DWORD flags;

    n = UNTOUCHED;
    CHECK_FAILS(WSAIoctl(s, 0xdeadbeef, NULL, 0, NULL, 0, &n, NULL, NULL), WSAEOPNOTSUPP);
    CHECK_INT(n, 0);
    CHECK_FAILS(ioctlsocket(s, 0x12345678, &value), WSAEOPNOTSUPP);
    CHECK_FAILS(WSAIoctl(s, 0xdeadbeef, NULL, 0, NULL, 0, &n, &o, NULL), WSA_IO_PENDING);
    CHECK(WaitForSingleObject(o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK_FALSE(WSAGetOverlappedResult(s, &o, &n, FALSE, &flags), WSAEOPNOTSUPP);
}

/* What finishes at once still posts its packet. */
static void overlapped_in_port(void)
{
    SOCKET s = tcp_new(AF_INET);
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 6, 0);
    OVERLAPPED o = { 0 }, *done;
    u_long one = 1;
    GUID id = WSAID_ACCEPTEX;
    ULONG_PTR key;
    void *f = NULL;

    CHECK_OK(WSAIoctl(s, FIONBIO, &one, sizeof one, NULL, 0, &n, &o, NULL));
    done = NULL;
    CHECK(GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
    CHECK(done == &o);
    CHECK_INT(key, 6);
    CHECK_INT(n, 0);
    CHECK_OK(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &f, sizeof f, &n, &o, NULL));
    CHECK(f != NULL);
    done = NULL;
    CHECK(GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
    CHECK(done == &o);
    done = NULL;
    CHECK(!GetQueuedCompletionStatus(port, &n, &key, &done, 0) && !done);
}

static void accepted_without_effect(void)
{
    SOCKET udp = udp_new(AF_INET);
    BOOL off = FALSE;
    struct sockaddr_in sin;

    CHECK_OK(WSAIoctl(udp, SIO_UDP_CONNRESET, &off, sizeof off, NULL, 0, &n, NULL, NULL));
    CHECK_OK(WSAIoctl(udp, SIO_ENABLE_CIRCULAR_QUEUEING, NULL, 0, NULL, 0, &n, NULL, NULL));
    CHECK_OK(WSAIoctl(udp, SIO_GET_BROADCAST_ADDRESS, NULL, 0, &sin, sizeof sin, &n, NULL, NULL));
    CHECK_INT(sin.sin_addr.s_addr, 0xffffffff);
    CHECK_FAILS(WSAIoctl(udp, SIO_FLUSH, NULL, 0, NULL, 0, &n, NULL, NULL), WSAEOPNOTSUPP);
}

const struct test_case test_cases[] = {
    { "fionbio", fionbio },
    { "fionread", fionread },
    { "siocatmark", siocatmark },
    { "extension-pointers", extension_pointers },
    { "base-handles", base_handles },
    { "interface-list", interface_list },
    { "address-list", address_list },
    { "keepalive-values", keepalive_values },
    { "routing-query", routing_query },
    { "backlog", backlog },
    { "unknown-code", unknown_code },
    { "overlapped-in-port", overlapped_in_port },
    { "accepted-without-effect", accepted_without_effect },
    { 0 },
};
