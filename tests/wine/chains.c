/* SPDX-License-Identifier: MIT */
/*
 * Chains of many layers, with sockets of their own and without: bytes arrive whole, and so does what is not bytes, connection data, half-close,
 * reset and urgent data. WS2KIT_CHAIN_MIB=1024 moves that many MiB through each (8 in the suite), with WS2KIT_TEST_SECONDS=3600.
 */
#include "net.h"
#include <ws2spi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 * 1024, DEPTH = 4 };

struct row {
    int own, ifs;
    const char *order; /* of the two kinds, "o" and "i", and "b" for samples/bare.c; NULL: all own ones first */
};

/*
 * The layers lie beside this program: wt_own1.dll ... have sockets of their own, wt_ifs1.dll ... have not. Whatever the order, those with
 * sockets of their own end up above the others.
 */
static void name_layers(const struct row *row)
{
    static const char plain[] = "ooooooooiiiiiiii";
    const char *order = row->order ? row->order : plain + 8 - row->own;
    char path[MAX_PATH], list[16 * MAX_PATH] = "";
    int own = 0, ifs = 0;

    GetModuleFileNameA(NULL, path, sizeof path);
    *strrchr(path, '\\') = 0;
    for (int i = 0; i < row->own + row->ifs; i++) {
        sprintf(list + strlen(list), "%s%s\\wt_", i ? ";" : "", path);
        if (order[i] == 'b')
            strcat(list, "bare.dll");
        else
            sprintf(list + strlen(list), "%s%d.dll", order[i] == 'o' ? "own" : "ifs", order[i] == 'o' ? ++own : ++ifs);
    }
    SetEnvironmentVariableA("WS2KIT_LAYERS", list);
}

/* What ws2_32's view of the run says lies under `info`: a chain of more than seven elements is written as chains of chains. */
static int layers_of(const WSAPROTOCOL_INFOW *info)
{
    static WSAPROTOCOL_INFOW all[128];
    DWORD bytes = sizeof all;
    int count, err, layers = 0;

    count = WSCEnumProtocols(NULL, all, &bytes, &err);
    NEED(count > 0);
    while (info->ProtocolChain.ChainLen > 1) {
        int at = 0;

        CHECK(info->ProtocolChain.ChainLen <= MAX_PROTOCOL_CHAIN && ++layers < 64);
        while (at < count && all[at].dwCatalogEntryId != info->ProtocolChain.ChainEntries[1])
            at++;
        NEED(at < count);
        info = &all[at];
    }
    CHECK_INT(info->ProtocolChain.ChainLen, BASE_PROTOCOL);
    return layers;
}

/* ---- bytes ---- */

struct op {
    OVERLAPPED o; /* first */
    char data[PIECE];
};

struct stream {
    SOCKET s;
    unsigned long long bytes, sum; /* to move; FNV-1a of all of them */
    unsigned seed;
};

static unsigned long long add(unsigned long long sum, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum = (sum ^ (unsigned char)data[i]) * 1099511628211ULL;
    return sum;
}

static DWORD take_one(HANDLE port, struct op *want)
{
    OVERLAPPED *o = NULL;
    ULONG_PTR key;
    DWORD n = 0;

    NEED(GetQueuedCompletionStatus(port, &n, &key, &o, INFINITE));
    NEED(o == &want->o); /* in the order of the calls */
    return n;
}

static DWORD WINAPI sends(void *arg)
{
    struct stream *t = arg;
    HANDLE port = CreateIoCompletionPort((HANDLE)t->s, NULL, 1, 0);
    struct op *op = calloc(DEPTH, sizeof *op);
    unsigned long long started = 0, pieces = t->bytes / PIECE, ended = 0;

    NEED(port && op);
    while (ended < pieces) {
        struct op *next = &op[started % DEPTH];
        WSABUF buf = { PIECE, next->data };

        if (started == pieces || started - ended == DEPTH) {
            CHECK_INT(take_one(port, &op[ended++ % DEPTH]), PIECE);
            continue;
        }
        memset(&next->o, 0, sizeof next->o);
        for (unsigned i = 0; i < PIECE; i += 4) {
            t->seed = t->seed * 1664525 + 1013904223;
            memcpy(next->data + i, &t->seed, 4);
        }
        t->sum = add(t->sum, next->data, PIECE);
        NEED(!WSASend(t->s, &buf, 1, NULL, 0, (WSAOVERLAPPED *)&next->o, NULL) || WSAGetLastError() == WSA_IO_PENDING);
        started++;
    }
    free(op);
    return 0;
}

static DWORD WINAPI receives(void *arg)
{
    struct stream *t = arg;
    HANDLE port = CreateIoCompletionPort((HANDLE)t->s, NULL, 1, 0);
    struct op *op = calloc(DEPTH, sizeof *op);
    unsigned long long started = 0, ended = 0, got = 0;
    DWORD n;

    NEED(port && op);
    while (got < t->bytes) {
        for (; started - ended < DEPTH; started++) {
            struct op *next = &op[started % DEPTH];
            WSABUF buf = { PIECE, next->data };
            DWORD flags = 0;

            memset(&next->o, 0, sizeof next->o);
            NEED(!WSARecv(t->s, &buf, 1, NULL, &flags, (WSAOVERLAPPED *)&next->o, NULL) || WSAGetLastError() == WSA_IO_PENDING);
        }
        n = take_one(port, &op[ended % DEPTH]);
        NEED(n);
        t->sum = add(t->sum, op[ended++ % DEPTH].data, n);
        got += n;
    }
    CHECK_INT(got, t->bytes);
    CancelIoEx((HANDLE)t->s, NULL);
    for (; ended < started; ended++) {
        OVERLAPPED *o = NULL;
        ULONG_PTR key;

        CHECK(!GetQueuedCompletionStatus(port, &n, &key, &o, 10000) && o);
    }
    free(op);
    return 0;
}

static void bytes_both_ways(int other_family)
{
    const char *mib = getenv("WS2KIT_CHAIN_MIB");
    unsigned long long bytes = (mib ? strtoull(mib, NULL, 10) : 8) << 20;
    struct stream t[4];
    HANDLE thread[4];
    ULONGLONG begun = GetTickCount64();

    for (int way = 0; way < 2; way++) {
        SOCKET pair[2];

        tcp_pair(way ? other_family : AF_INET, pair);
        t[2 * way] = (struct stream){ pair[way], bytes / 2, 14695981039346656037ULL, 7 + way };
        t[2 * way + 1] = (struct stream){ pair[!way], bytes / 2, 14695981039346656037ULL, 0 };
        thread[2 * way] = thread_start(sends, &t[2 * way]);
        thread[2 * way + 1] = thread_start(receives, &t[2 * way + 1]);
    }
    for (int i = 0; i < 4; i++)
        thread_join(thread[i]);
    for (int way = 0; way < 2; way++) {
        CHECK(t[2 * way].sum == t[2 * way + 1].sum);
        CHECK_OK(closesocket(t[2 * way].s));
        CHECK_OK(closesocket(t[2 * way + 1].s));
    }
    note("%llu MiB, checksums %016llx and %016llx, in %llu ms", bytes >> 20, t[1].sum, t[3].sum, GetTickCount64() - begun);
}

/* ---- what is not bytes ---- */

static void half_close(void)
{
    SOCKET pair[2];
    char data[8];

    check_about("half-close");
    tcp_pair(AF_INET, pair);
    send_all(pair[0], "question", 8);
    CHECK_OK(shutdown(pair[0], SD_SEND));
    CHECK_INT(recv_all(pair[1], data, 8), 8);
    CHECK_RET(recv(pair[1], data, 1, 0), 0);
    send_all(pair[1], "answer", 6);
    CHECK_INT(recv_all(pair[0], data, 6), 6);
    CHECK_BYTES(data, "answer", 6);
    CHECK_OK(closesocket(pair[1]));
    CHECK_RET(recv(pair[0], data, 1, 0), 0);
    CHECK_OK(closesocket(pair[0]));
}

static void reset(void)
{
    SOCKET pair[2];
    char c;

    check_about("reset");
    tcp_pair(AF_INET, pair);
    reset_connection(pair[0]);
    CHECK_FAILS(recv(pair[1], &c, 1, 0), WSAECONNRESET);
    CHECK_OK(closesocket(pair[1]));
}

static void urgent_data(void)
{
    struct timeval limit = { 10, 0 };
    SOCKET pair[2];
    u_long at_mark = 0;
    fd_set urgent;
    char data[8];

    check_about("urgent data");
    tcp_pair(AF_INET, pair);
    send_all(pair[0], "ab", 2);
    CHECK_RET(send(pair[0], "!", 1, MSG_OOB), 1);
    send_all(pair[0], "cd", 2);
    FD_ZERO(&urgent);
    FD_SET(pair[1], &urgent);
    CHECK_RET(select(0, NULL, NULL, &urgent, &limit), 1);
    CHECK_RET(recv(pair[1], data, 1, MSG_OOB), 1);
    CHECK_INT(data[0], '!');
    CHECK_INT(recv_all(pair[1], data, 2), 2);
    CHECK_BYTES(data, "ab", 2);
    CHECK_OK(ioctlsocket(pair[1], SIOCATMARK, &at_mark));
    CHECK_INT(recv_all(pair[1], data, 2), 2);
    CHECK_BYTES(data, "cd", 2);
    CHECK_OK(closesocket(pair[0]));
    CHECK_OK(closesocket(pair[1]));
}

/* The first bytes go with ConnectEx and come with AcceptEx. */
static void connection_data(void)
{
    enum { ADDRESS = sizeof(struct sockaddr_in) + 16 };
    union addr at, any = loopback(AF_INET, 0);
    SOCKET listener = tcp_listen(AF_INET, &at), s = tcp_new(AF_INET), accepted = tcp_new(AF_INET);
    OVERLAPPED c = { .hEvent = WSACreateEvent() }, a = { .hEvent = WSACreateEvent() };
    LPFN_CONNECTEX connect_ex = extension(s, (GUID)WSAID_CONNECTEX);
    LPFN_ACCEPTEX accept_ex = extension(listener, (GUID)WSAID_ACCEPTEX);
    char got[5 + 2 * ADDRESS];
    DWORD n = 0, flags;

    check_about("connection data");
    NEED_OK(bind(s, &any.sa, addr_len(AF_INET)));
    NEED(accept_ex(listener, accepted, got, 5, ADDRESS, ADDRESS, &n, &a) || WSAGetLastError() == ERROR_IO_PENDING);
    NEED(connect_ex(s, &at.sa, addr_len(AF_INET), (char *)"first", 5, &n, &c) || WSAGetLastError() == ERROR_IO_PENDING);
    CHECK_TRUE(WSAGetOverlappedResult(s, (WSAOVERLAPPED *)&c, &n, TRUE, &flags));
    CHECK_INT(n, 5);
    CHECK_TRUE(WSAGetOverlappedResult(listener, (WSAOVERLAPPED *)&a, &n, TRUE, &flags));
    CHECK_INT(n, 5);
    CHECK_BYTES(got, "first", 5);
    CHECK_OK(setsockopt(accepted, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener));
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
    send_all(accepted, "ok", 2);
    CHECK_INT(recv_all(s, got, 2), 2);
    CHECK_OK(closesocket(listener));
    CHECK_OK(closesocket(accepted));
    CHECK_OK(closesocket(s));
}

/* ---- handles ---- */

static SOCKET asked(SOCKET s, DWORD code)
{
    SOCKET answer = 0;
    DWORD n = 0;

    CHECK_OK(WSAIoctl(s, code, NULL, 0, &answer, sizeof answer, &n, NULL, NULL));
    CHECK_INT(n, sizeof answer);
    CHECK_FAILS(WSAIoctl(s, code, NULL, 0, &answer, sizeof answer - 1, &n, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSAIoctl(s, code, NULL, 0, NULL, 0, &n, NULL, NULL), WSAEFAULT);
    return answer;
}

/*
 * SIO_BASE_HANDLE is the base provider's at any depth, a socket that moves the same bytes; no layer ever answers it with its own. libuv,
 * mio and wepoll ask for it, and for the others when it fails.
 */
static void handles_by_ioctl(int own)
{
    SOCKET pair[2], base;
    char c = 0;
    DWORD n, companion = 1;

    check_about("handles");
    tcp_pair(AF_INET, pair);
    base = asked(pair[0], SIO_BASE_HANDLE);
    CHECK((base != pair[0]) == (own > 0));
    CHECK(asked(base, SIO_BASE_HANDLE) == base);
    CHECK(asked(pair[0], SIO_BSP_HANDLE) == pair[0]); /* a layer with bytes of its own answers for WSASendMsg */
    CHECK(asked(pair[0], SIO_BSP_HANDLE_SELECT) == base);
    CHECK(asked(pair[0], SIO_BSP_HANDLE_POLL) == base);
    CHECK(asked(pair[0], SIO_QUERY_TARGET_PNP_HANDLE) == base);
    CHECK_FAILS(WSAIoctl(pair[0], SIO_TRANSLATE_HANDLE, &companion, sizeof companion, &base, sizeof base, &n, NULL, NULL),
                WSAENOPROTOOPT);
    base = asked(pair[0], SIO_BASE_HANDLE);
    send_all(base, "x", 1);
    CHECK_INT(recv_all(pair[1], &c, 1), 1);
    CHECK_INT(c, 'x');
    CHECK_OK(closesocket(pair[0]));
    CHECK_OK(closesocket(pair[1]));
}

/* ---- sets ---- */

/* A socket of the chain and one that is no chain's in one set; more than Windows' select does. */
static void mixed_sets(void)
{
    struct timeval limit = { 10, 0 };
    WSAPROTOCOL_INFOW info[64];
    DWORD bytes = sizeof info;
    int count, udp = -1;
    union addr at;
    SOCKET pair[2], base, plain;
    WSAPOLLFD p[2];
    fd_set set;

    check_about("mixed sets");
    count = WSAEnumProtocolsW(NULL, info, &bytes);
    for (int i = 0; i < count; i++)
        if (info[i].ProtocolChain.ChainLen == 1 && info[i].iAddressFamily == AF_INET && info[i].iSocketType == SOCK_DGRAM)
            udp = i;
    NEED(udp >= 0);
    plain = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &info[udp], 0, WSA_FLAG_OVERLAPPED);
    NEED(plain != INVALID_SOCKET);
    bind_any_port(plain, AF_INET, &at);
    tcp_pair(AF_INET, pair);
    base = asked(pair[0], SIO_BASE_HANDLE);
    for (int round = 0; round < 4; round++) {
        SOCKET ready = round & 1 ? plain : pair[1];
        char c;

        if (ready == plain)
            CHECK_RET(sendto(plain, "u", 1, 0, &at.sa, addr_len(AF_INET)), 1);
        else
            send_all(pair[0], "t", 1);
        if (round < 2) {
            FD_ZERO(&set);
            FD_SET(plain, &set);
            FD_SET(pair[1], &set);
            CHECK_RET(select(0, &set, NULL, NULL, &limit), 1);
            CHECK(FD_ISSET(ready, &set));
        } else {
            p[0] = (WSAPOLLFD){ .fd = plain, .events = POLLRDNORM };
            p[1] = (WSAPOLLFD){ .fd = pair[1], .events = POLLRDNORM };
            CHECK_RET(WSAPoll(p, 2, 10000), 1);
            CHECK_INT(p[0].revents, ready == plain ? POLLRDNORM : 0);
            CHECK_INT(p[1].revents, ready == plain ? 0 : POLLRDNORM);
        }
        CHECK_RET(recv(ready, &c, 1, 0), 1);
    }
    (void)base;
    CHECK_OK(closesocket(plain));
    CHECK_OK(closesocket(pair[0]));
    CHECK_OK(closesocket(pair[1]));
}

static void chain(const void *arg)
{
    const struct row *row = arg;
    WSAPROTOCOL_INFOW info;
    int n = sizeof info;
    WSADATA data;
    SOCKET s;

    name_layers(row);
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    s = tcp_new(AF_INET);
    NEED_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &n));
    CHECK_INT(layers_of(&info), row->own + row->ifs);
    CHECK_INT(!(info.dwServiceFlags1 & XP1_IFS_HANDLES), row->own > 0);
    CHECK_OK(closesocket(s));
    half_close();
    reset();
    urgent_data();
    connection_data();
    handles_by_ioctl(row->own);
    mixed_sets();
    check_about("bytes");
    bytes_both_ways(AF_INET6);
    CHECK_OK(WSACleanup());
}

/* With samples/bare.c in it, which serves one protocol: IPv4 only. */
static void without_kit(const void *arg)
{
    WSADATA data;

    name_layers(arg);
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    half_close();
    reset();
    urgent_data();
    check_about("bytes");
    bytes_both_ways(AF_INET);
    CHECK_OK(WSACleanup());
}

#define ROW(own, ifs, ...) .row = &(const struct row){ own, ifs, __VA_ARGS__ }, .unstarted = 1

const struct test_case test_cases[] = {
    { "one-own", .run_row = chain, ROW(1, 0) },
    { "one-ifs", .run_row = chain, ROW(0, 1) },
    { "two", .run_row = chain, ROW(1, 1) },
    { "four", .run_row = chain, ROW(2, 2) },
    { "four-own", .run_row = chain, ROW(4, 0) },
    { "six", .run_row = chain, ROW(3, 3) },
    { "seven", .run_row = chain, ROW(1, 6) },
    { "eight", .run_row = chain, ROW(4, 4) },
    { "eight-mixed", .run_row = chain, ROW(4, 4, "oioiiooi") },
    { "eight-own", .run_row = chain, ROW(8, 0) },
    { "bare-beneath", .run_row = without_kit, ROW(1, 2, "oib") },
    { "bare-amid-eight", .run_row = without_kit, ROW(2, 6, "ooiiibii") },
    { "bare-at-the-fold", .run_row = without_kit, ROW(1, 9, "oiiiibiiii") },
    { 0 },
};
