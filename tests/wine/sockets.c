/* SPDX-License-Identifier: MIT */
/* Making sockets: the matrix of families, types and protocols, WSASocket with an entry, flags, many handles. */
#include "net.h"
#include <string.h>

#define ODD 0xccc

/* wine-afd.md 1.2 (measured on Windows), spi.md 3.1 to 3.8; `alt` where the records differ. */
static void matrix(void)
{
    static const struct {
        int af, type, protocol, err, alt, got_type, got_protocol;
    } rows[] = {
        { AF_INET, SOCK_STREAM, 0, 0, 0, SOCK_STREAM, IPPROTO_TCP },
        { AF_INET, SOCK_STREAM, IPPROTO_TCP, 0, 0, SOCK_STREAM, IPPROTO_TCP },
        { AF_INET, SOCK_DGRAM, 0, 0, 0, SOCK_DGRAM, IPPROTO_UDP },
        { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 0, 0, SOCK_DGRAM, IPPROTO_UDP },
        { AF_INET6, SOCK_STREAM, 0, 0, 0, SOCK_STREAM, IPPROTO_TCP },
        { AF_INET6, SOCK_DGRAM, 0, 0, 0, SOCK_DGRAM, IPPROTO_UDP },
        { AF_INET, 0, 0, 0, 0, SOCK_STREAM, IPPROTO_TCP },
        { AF_INET, 0, IPPROTO_TCP, 0, 0, SOCK_STREAM, IPPROTO_TCP },
        { AF_INET, 0, IPPROTO_UDP, 0, 0, SOCK_DGRAM, IPPROTO_UDP },
        { 0, SOCK_STREAM, IPPROTO_TCP, 0, 0, SOCK_STREAM, IPPROTO_TCP },
        { 0, 0, IPPROTO_TCP, 0, 0, SOCK_STREAM, IPPROTO_TCP },
        { 0, 0, IPPROTO_UDP, 0, 0, SOCK_DGRAM, IPPROTO_UDP },
        { AF_INET, 0, ODD, WSAEPROTONOSUPPORT },
        { AF_INET, ODD, 0, WSAESOCKTNOSUPPORT },
        { AF_INET, ODD, IPPROTO_TCP, WSAESOCKTNOSUPPORT },
        { AF_INET, ODD, ODD, WSAESOCKTNOSUPPORT },
        { AF_INET, SOCK_STREAM, ODD, WSAEPROTONOSUPPORT },
        { AF_INET, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT, WSAEPROTOTYPE },
        { AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT, WSAEPROTOTYPE },
        { AF_INET, SOCK_RDM, 0, WSAESOCKTNOSUPPORT },
        { AF_INET, SOCK_SEQPACKET, 0, WSAESOCKTNOSUPPORT },
        { ODD, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT },
        { ODD, SOCK_DGRAM, IPPROTO_UDP, WSAEAFNOSUPPORT },
        { ODD, SOCK_STREAM, 0, WSAEAFNOSUPPORT },
        { ODD, SOCK_STREAM, ODD, WSAEAFNOSUPPORT },
        { ODD, ODD, IPPROTO_TCP, WSAESOCKTNOSUPPORT },
        { 0, SOCK_STREAM, ODD, WSAEPROTONOSUPPORT },
        { 0, 0, ODD, WSAEPROTONOSUPPORT },
        { 0, ODD, IPPROTO_UDP, WSAESOCKTNOSUPPORT },
        { 0, 0, 0, WSAEINVAL },
        { 0, SOCK_STREAM, 0, WSAEINVAL },
        { 0, ODD, 0, WSAEINVAL },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        for (int how = 0; how < 3; how++) {
            SOCKET s;
            int err;

            check_about("%s(%d, %d, %d)", how == 0 ? "socket" : how == 1 ? "WSASocketA" : "WSASocketW", rows[i].af,
                        rows[i].type, rows[i].protocol);
            WSASetLastError(0xdead);
            if (how == 0)
                s = socket(rows[i].af, rows[i].type, rows[i].protocol);
            else if (how == 1)
                s = WSASocketA(rows[i].af, rows[i].type, rows[i].protocol, NULL, 0, 0);
            else
                s = WSASocketW(rows[i].af, rows[i].type, rows[i].protocol, NULL, 0, WSA_FLAG_OVERLAPPED);
            err = WSAGetLastError();
            if (rows[i].err) {
                CHECK_INT(s, INVALID_SOCKET);
                if (!rows[i].alt || err != rows[i].alt)
                    CHECK_ERR(err, rows[i].err);
            } else if (CHECK(s != INVALID_SOCKET)) {
                WSAPROTOCOL_INFOW info;
                int len = sizeof info;

                CHECK_ERR(err, 0);
                CHECK_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len));
                CHECK_INT(info.iSocketType, rows[i].got_type);
                CHECK_INT(info.iProtocol, rows[i].got_protocol);
                CHECK_OK(closesocket(s));
            } else {
                note("error %d", err);
            }
        }
    }
}

static void handle_properties(void)
{
    SOCKET s = tcp_new(AF_INET), quiet;
    DWORD flags = 0;

    CHECK_INT(s & 3, 0);
    CHECK_INT(GetFileType((HANDLE)s), FILE_TYPE_PIPE);
    CHECK(GetHandleInformation((HANDLE)s, &flags));
    CHECK_INT(flags & HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    quiet = WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    NEED(quiet != INVALID_SOCKET);
    CHECK(GetHandleInformation((HANDLE)quiet, &flags));
    CHECK_INT(flags & HANDLE_FLAG_INHERIT, 0);
}

/* Every listed protocol can be opened by its entry, with all three fields "from the entry" or zero. */
static void by_entry(void)
{
    static WSAPROTOCOL_INFOW list[64];
    DWORD size = sizeof list;
    int n = WSAEnumProtocolsW(NULL, list, &size);

    NEED(n > 0);
    for (int i = 0; i < n; i++) {
        SOCKET s;

        if (list[i].iSocketType != SOCK_STREAM && list[i].iSocketType != SOCK_DGRAM)
            continue;
        check_about("entry %lu, family %d, type %d", list[i].dwCatalogEntryId, list[i].iAddressFamily, list[i].iSocketType);
        for (int how = 0; how < 2; how++) {
            int v = how ? FROM_PROTOCOL_INFO : 0;
            WSAPROTOCOL_INFOW got;
            int len = sizeof got;

            s = WSASocketW(v, v, v, &list[i], 0, WSA_FLAG_OVERLAPPED);
            if (!CHECK(s != INVALID_SOCKET)) {
                note("error %d", WSAGetLastError());
                continue;
            }
            CHECK_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&got, &len));
            CHECK_INT(got.dwCatalogEntryId, list[i].dwCatalogEntryId);
            CHECK_OK(closesocket(s));
        }
    }
}

static void by_bad_entry(void)
{
    static WSAPROTOCOL_INFOW list[64];
    DWORD size = sizeof list;
    WSAPROTOCOL_INFOW bad;
    SOCKET s;

    NEED(WSAEnumProtocolsW(NULL, list, &size) > 0);
    check_about("wrong id, right GUID: found by GUID");
    bad = list[0];
    bad.dwCatalogEntryId = 0x7ffffff0;
    s = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &bad, 0, WSA_FLAG_OVERLAPPED);
    CHECK(s != INVALID_SOCKET);
    check_about("unknown id and GUID");
    bad.ProviderId.Data1 ^= 0x12345678;
    CHECK_FAILS(WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &bad, 0, 0), WSAEINVAL);
    check_about("bad pointer");
    CHECK_FAILS(WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, (WSAPROTOCOL_INFOW *)16, 0, 0),
                WSAEFAULT);
}

static void thousand(void)
{
    static SOCKET s[1000];

    for (int i = 0; i < COUNT(s); i++) {
        s[i] = socket(i & 1 ? AF_INET : AF_INET6, i & 2 ? SOCK_STREAM : SOCK_DGRAM, 0);
        if (s[i] == INVALID_SOCKET && WSAGetLastError() == WSAEMFILE)
            skip("only %d sockets here", i);
        NEED(s[i] != INVALID_SOCKET);
    }
    for (int i = 0; i < COUNT(s); i++) {
        int type = 0, len = sizeof type;

        CHECK_OK(getsockopt(s[i], SOL_SOCKET, SO_TYPE, (char *)&type, &len));
        CHECK_INT(type, i & 2 ? SOCK_STREAM : SOCK_DGRAM);
        CHECK_OK(closesocket(s[i]));
    }
    for (int i = 0; i < COUNT(s); i += 100)
        CHECK_FAILS(closesocket(s[i]), WSAENOTSOCK);
}

static DWORD WINAPI open_and_close(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++) {
        SOCKET s = socket(AF_INET, i & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
        int type = 0, len = sizeof type;

        NEED(s != INVALID_SOCKET);
        CHECK_OK(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&type, &len));
        CHECK_INT(type, i & 1 ? SOCK_STREAM : SOCK_DGRAM);
        CHECK_OK(closesocket(s));
    }
    return 0;
}

/* Sixteen threads race for the first socket, then keep opening and closing. */
static void from_many_threads(void)
{
    HANDLE t[16];

    for (int i = 0; i < COUNT(t); i++)
        t[i] = thread_start(open_and_close, NULL);
    for (int i = 0; i < COUNT(t); i++)
        thread_join(t[i]);
}

/* An overlapped call on a socket made without WSA_FLAG_OVERLAPPED blocks and returns its result (wine-afd.md 1.3). */
static void not_overlapped(void)
{
    SOCKET a = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, 0), b = udp_new(AF_INET);
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    union addr at;
    char c = 0;
    WSABUF buf = { 1, &c };
    DWORD n = 0, flags = 0;

    NEED(a != INVALID_SOCKET);
    bind_any_port(a, AF_INET, &at);
    CHECK_RET(sendto(b, "k", 1, 0, &at.sa, sizeof at.v4), 1);
    CHECK_OK(WSARecv(a, &buf, 1, &n, &flags, &o, NULL));
    CHECK_INT(n, 1);
    CHECK_INT(c, 'k');
    CHECK_INT((int)o.Internal, 0);
    CHECK_INT(o.InternalHigh, 1);
    /* Windows refuses it a completion port; ours is overlapped underneath (wine-afd.md rule 1) and takes one. */
}

const struct test_case test_cases[] = {
    { "matrix", matrix },
    { "handle-properties", handle_properties },
    { "by-entry", by_entry },
    { "by-bad-entry", by_bad_entry },
    { "thousand", thousand },
    { "from-many-threads", from_many_threads },
    { "not-overlapped", not_overlapped },
    { 0 },
};
