/* SPDX-License-Identifier: MIT */
/* WSAStartup and WSACleanup: versions, counting, what calls say when not started, the last error of each thread. */
#include "net.h"
#include <ws2spi.h>
#include <string.h>

/* spi.md 12.1: the version used is the lower of what is asked and 2.2; below 1.0 there is none. */
static void versions(void)
{
    static const struct {
        WORD asked, used;
        int err;
    } rows[] = {
        { MAKEWORD(0, 0), 0, WSAVERNOTSUPPORTED }, { MAKEWORD(0, 1), 0, WSAVERNOTSUPPORTED },
        { MAKEWORD(1, 0), MAKEWORD(1, 0), 0 },     { MAKEWORD(1, 1), MAKEWORD(1, 1), 0 },
        { MAKEWORD(1, 2), MAKEWORD(1, 1), 0 },     { MAKEWORD(2, 0), MAKEWORD(2, 0), 0 },
        { MAKEWORD(2, 1), MAKEWORD(2, 1), 0 },     { MAKEWORD(2, 2), MAKEWORD(2, 2), 0 },
        { MAKEWORD(2, 3), MAKEWORD(2, 2), 0 },     { MAKEWORD(3, 0), MAKEWORD(2, 2), 0 },
        { MAKEWORD(255, 255), MAKEWORD(2, 2), 0 },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        WSADATA data;

        memset(&data, 0xcc, sizeof data);
        check_about("version %d.%d", LOBYTE(rows[i].asked), HIBYTE(rows[i].asked));
        CHECK_ERR(WSAStartup(rows[i].asked, &data), rows[i].err);
        CHECK_INT(data.wHighVersion, MAKEWORD(2, 2));
        if (rows[i].err)
            continue;
        CHECK_INT(data.wVersion, rows[i].used);
        CHECK_OK(WSACleanup());
    }
}

static void data_fields(void)
{
    WSADATA data;

    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    CHECK_STR(data.szDescription, "WinSock 2.0");
    CHECK_STR(data.szSystemStatus, "Running");
    CHECK_INT(data.iMaxSockets, 0);
    CHECK_INT(data.iMaxUdpDg, 0);
    CHECK_OK(WSACleanup());
    NEED_OK(WSAStartup(MAKEWORD(1, 1), &data));
    CHECK_INT(data.iMaxSockets, 32767);
    CHECK_INT(data.iMaxUdpDg, 65467);
    CHECK_OK(WSACleanup());
}

static void null_data(void)
{
    CHECK_ERR(WSAStartup(MAKEWORD(2, 2), NULL), WSAEFAULT);
    CHECK_FAILS(WSACleanup(), WSANOTINITIALISED);
}

static void counting(void)
{
    WSADATA data;
    SOCKET s;

    CHECK_FAILS(WSACleanup(), WSANOTINITIALISED);
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    CHECK_OK(WSACleanup());
    s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(s != INVALID_SOCKET);
    CHECK_OK(WSACleanup());
    CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), WSANOTINITIALISED);
    CHECK_FAILS(WSACleanup(), WSANOTINITIALISED);
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    check_about("the last cleanup closed the socket");
    CHECK_FAILS(closesocket(s), WSAENOTSOCK);
}

static void restart_many_times(void)
{
    for (int i = 0; i < 200; i++) {
        WSADATA data;
        SOCKET s;

        NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
        s = socket(AF_INET, i & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
        NEED(s != INVALID_SOCKET);
        if (i & 2)
            CHECK_OK(closesocket(s));
        NEED_OK(WSACleanup());
    }
}

/* Every call that needs WSAStartup says so when it is missing, before it looks at anything else. */
static void not_started(void)
{
    static char room[512];
    struct sockaddr_in sin = { .sin_family = AF_INET };
    WSABUF buf = { 1, room };
    DWORD n, flags = 0;
    int len = sizeof sin, one = 1;
    u_long value = 0;
    struct timeval now = { 0, 0 };
    fd_set set = { 1, { 4 } };
    WSANETWORKEVENTS events;
    WSAPROTOCOL_INFOW info;
    SOCKET s = (SOCKET)(ULONG_PTR)4;

    CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), WSANOTINITIALISED);
    CHECK_FAILS(WSASocketA(AF_INET, SOCK_STREAM, 0, NULL, 0, 0), WSANOTINITIALISED);
    CHECK_FAILS(WSASocketW(AF_INET, SOCK_STREAM, 0, NULL, 0, 0), WSANOTINITIALISED);
    CHECK_FAILS(closesocket(s), WSANOTINITIALISED);
    CHECK_FAILS(bind(s, (void *)&sin, len), WSANOTINITIALISED);
    CHECK_FAILS(listen(s, 1), WSANOTINITIALISED);
    CHECK_FAILS(accept(s, NULL, NULL), WSANOTINITIALISED);
    CHECK_FAILS(WSAAccept(s, NULL, NULL, NULL, 0), WSANOTINITIALISED);
    CHECK_FAILS(connect(s, (void *)&sin, len), WSANOTINITIALISED);
    CHECK_FAILS(WSAConnect(s, (void *)&sin, len, NULL, NULL, NULL, NULL), WSANOTINITIALISED);
    CHECK_FAILS(send(s, room, 1, 0), WSANOTINITIALISED);
    CHECK_FAILS(recv(s, room, 1, 0), WSANOTINITIALISED);
    CHECK_FAILS(sendto(s, room, 1, 0, (void *)&sin, len), WSANOTINITIALISED);
    CHECK_FAILS(recvfrom(s, room, 1, 0, (void *)&sin, &len), WSANOTINITIALISED);
    CHECK_FAILS(WSASend(s, &buf, 1, &n, 0, NULL, NULL), WSANOTINITIALISED);
    CHECK_FAILS(WSARecv(s, &buf, 1, &n, &flags, NULL, NULL), WSANOTINITIALISED);
    CHECK_FAILS(WSASendTo(s, &buf, 1, &n, 0, NULL, 0, NULL, NULL), WSANOTINITIALISED);
    CHECK_FAILS(WSARecvFrom(s, &buf, 1, &n, &flags, NULL, NULL, NULL, NULL), WSANOTINITIALISED);
    CHECK_FAILS(shutdown(s, SD_BOTH), WSANOTINITIALISED);
    CHECK_FAILS(getsockname(s, (void *)&sin, &len), WSANOTINITIALISED);
    CHECK_FAILS(getpeername(s, (void *)&sin, &len), WSANOTINITIALISED);
    CHECK_FAILS(getsockopt(s, SOL_SOCKET, SO_TYPE, room, &len), WSANOTINITIALISED);
    CHECK_FAILS(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&one, sizeof one), WSANOTINITIALISED);
    CHECK_FAILS(ioctlsocket(s, FIONBIO, &value), WSANOTINITIALISED);
    CHECK_FAILS(WSAIoctl(s, FIONREAD, NULL, 0, &value, 4, &n, NULL, NULL), WSANOTINITIALISED);
    CHECK_FAILS(select(0, &set, NULL, NULL, &now), WSANOTINITIALISED);
    CHECK_FAILS(WSAEventSelect(s, NULL, 0), WSANOTINITIALISED);
    CHECK_FAILS(WSAEnumNetworkEvents(s, NULL, &events), WSANOTINITIALISED);
    CHECK_FAILS(WSAAsyncSelect(s, NULL, 0, 0), WSANOTINITIALISED);
    CHECK_FAILS(WSADuplicateSocketW(s, GetCurrentProcessId(), &info), WSANOTINITIALISED);
    n = 0;
    CHECK_FAILS(WSAEnumProtocolsW(NULL, NULL, &n), WSANOTINITIALISED);
    CHECK_FALSE(gethostbyname("localhost"), WSANOTINITIALISED);
    CHECK_FALSE(gethostbyaddr("\177\0\0\1", 4, AF_INET), WSANOTINITIALISED);
    CHECK_FALSE(getservbyname("http", "tcp"), WSANOTINITIALISED);
    CHECK_FALSE(getprotobyname("tcp"), WSANOTINITIALISED);
    CHECK_FALSE(WSAGetOverlappedResult(s, (void *)room, &n, FALSE, &flags), WSANOTINITIALISED);
}

/*
 * Windows would say WSANOTINITIALISED. Wine's own DLLs ask these before they start Winsock (wininet before each connection, wbemprox
 * and jsproxy without ever doing it).
 */
static void not_needed_by_wine(void)
{
    struct addrinfo *list = NULL, numeric = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET};
    ADDRINFOW *wide = NULL, v4 = {.ai_family = AF_INET};
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = 0x0100007f}, back;
    char text[NI_MAXHOST];
    WCHAR wide_text[NI_MAXHOST];
    DWORD chars = NI_MAXHOST;
    int len = sizeof back;

    CHECK_INT(getaddrinfo("127.0.0.1", "80", &numeric, &list), 0);
    CHECK(list && ((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr == sin.sin_addr.s_addr);
    CHECK_INT(GetAddrInfoW(L"localhost", NULL, &v4, &wide), 0);
    CHECK(wide && ((struct sockaddr_in *)wide->ai_addr)->sin_addr.s_addr == sin.sin_addr.s_addr);
    freeaddrinfo(list);
    FreeAddrInfoW(wide);
    CHECK_INT(getnameinfo((void *)&sin, sizeof sin, text, sizeof text, NULL, 0, NI_NUMERICHOST), 0);
    CHECK(!strcmp(text, "127.0.0.1"));
    CHECK_OK(WSAAddressToStringW((void *)&sin, sizeof sin, NULL, wide_text, &chars));
    CHECK(!wcscmp(wide_text, L"127.0.0.1"));
    CHECK_OK(WSAStringToAddressW(wide_text, AF_INET, NULL, (void *)&back, &len));
    CHECK(back.sin_addr.s_addr == sin.sin_addr.s_addr);
    CHECK_OK(gethostname(text, sizeof text));
    check_about("Winsock is not started by it");
    CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), WSANOTINITIALISED);
    CHECK_FAILS(WSACleanup(), WSANOTINITIALISED);
    check_about("a call that fails keeps its error");
    CHECK_INT(getaddrinfo("1.2.3.4.5", NULL, &numeric, &list), WSAHOST_NOT_FOUND);
    CHECK_ERR(WSAGetLastError(), WSAHOST_NOT_FOUND);
}

/* These work without WSAStartup, on Windows as here. */
static void not_needed(void)
{
    INT n = 0, err = 0;

    CHECK_INT(htons(0x1234), 0x3412);
    CHECK_INT(inet_addr("1.2.3.4"), 0x04030201);
    WSASetLastError(1234);
    CHECK_INT(WSAGetLastError(), 1234);
    WSCEnumProtocols(NULL, NULL, (DWORD *)&n, &err);
    CHECK_ERR(err, WSAENOBUFS);
}

static DWORD WINAPI other_thread(void *arg)
{
    (void)arg;
    CHECK_ERR(WSAGetLastError(), 0);
    CHECK_FAILS(closesocket(INVALID_SOCKET), WSAENOTSOCK);
    WSASetLastError(WSAEINTR);
    return WSAGetLastError();
}

static void last_error_per_thread(void)
{
    WSASetLastError(WSAEMSGSIZE);
    CHECK_ERR(thread_join(thread_start(other_thread, NULL)), WSAEINTR);
    CHECK_ERR(WSAGetLastError(), WSAEMSGSIZE);
    check_about("it is the Win32 last error");
    SetLastError(ERROR_FILE_NOT_FOUND);
    CHECK_ERR(WSAGetLastError(), ERROR_FILE_NOT_FOUND);
    WSASetLastError(WSAEFAULT);
    CHECK_ERR(GetLastError(), WSAEFAULT);
}

/* wine-afd.md section 8: "successful calls leave 0", measured on Windows. */
static void success_clears_last_error(void)
{
    SOCKET pair[2], s;
    union addr at;
    int len = sizeof at, one = 1;
    char c;

#define CLEARS(call) (WSASetLastError(0xdead), (void)(call), check_err(__FILE__, __LINE__, #call, WSAGetLastError(), 0))
    tcp_pair(AF_INET, pair);
    CLEARS(send(pair[0], "x", 1, 0));
    CLEARS(recv(pair[1], &c, 1, 0));
    CLEARS(getsockname(pair[0], &at.sa, &len));
    len = sizeof at;
    CLEARS(getpeername(pair[0], &at.sa, &len));
    CLEARS(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, (char *)&one, sizeof one));
    len = sizeof one;
    CLEARS(getsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, (char *)&one, &len));
    CLEARS(shutdown(pair[0], SD_SEND));
    CLEARS(closesocket(pair[0]));
    CLEARS(s = socket(AF_INET, SOCK_DGRAM, 0));
    at = loopback(AF_INET, 0);
    CLEARS(bind(s, &at.sa, sizeof at.v4));
    CLEARS(closesocket(s));
#undef CLEARS
}

static DWORD WINAPI blocked_recv(void *arg)
{
    char c;
    int n = recv(*(SOCKET *)arg, &c, 1, 0);

    CHECK_INT(n, -1);
    return 0;
}

static void cleanup_ends_blocked_calls(void)
{
    SOCKET pair[2];
    HANDLE thread;

    tcp_pair(AF_INET, pair);
    thread = thread_start(blocked_recv, &pair[0]);
    Sleep(50); /* to be inside recv most of the time; either order must end well */
    CHECK_OK(WSACleanup());
    thread_join(thread);
}

static void unload_and_load(void)
{
    typedef int(WINAPI *startup_fn)(WORD, WSADATA *);
    typedef int(WINAPI *cleanup_fn)(void);

    /* this program imports ws2_32, so this counts references only; mswsock and wsock32 really come and go */
    for (int i = 0; i < 20; i++) {
        HMODULE m = LoadLibraryA("wsock32.dll");
        WSADATA data;

        NEED(m);
        NEED_OK(((startup_fn)GetProcAddress(m, "WSAStartup"))(MAKEWORD(1, 1), &data));
        NEED_OK(((cleanup_fn)GetProcAddress(m, "WSACleanup"))());
        NEED(FreeLibrary(m));
    }
}

static LONG volatile calling;

static DWORD WINAPI call_on_and_on(void *arg)
{
    unsigned refused = 0;
    char c;

    (void)arg;
    while (calling) {
        SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
        int err = s == INVALID_SOCKET ? WSAGetLastError() : recv(s, &c, 1, 0) ? WSAGetLastError() : 0;

        if (err == WSANOTINITIALISED || err == WSAENOTSOCK) {
            refused++;
            Sleep(0);
        } else if (err != WSAEINVAL) { /* it is not bound */
            CHECK_ERR(err, WSAEINVAL);
        }
        closesocket(s);
    }
    return refused;
}

/* Whichever comes first: a call either gets through or is refused, and never meets a provider that has gone. */
static void cleanup_against_calls(void)
{
    HANDLE thread[3];
    WSADATA data;

    calling = TRUE;
    for (int t = 0; t < COUNT(thread); t++)
        thread[t] = thread_start(call_on_and_on, NULL);
    for (int i = 0; i < 40; i++) {
        NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
        Sleep(i % 4);
        NEED_OK(WSACleanup());
    }
    calling = FALSE;
    for (int t = 0; t < COUNT(thread); t++)
        note("refused: %u", (unsigned)thread_join(thread[t]));
}

const struct test_case test_cases[] = {
    { "versions", versions, .unstarted = 1 },
    { "data-fields", data_fields, .unstarted = 1 },
    { "null-data", null_data, .unstarted = 1 },
    { "counting", counting, .unstarted = 1 },
    { "restart-many-times", restart_many_times, .unstarted = 1 },
    { "not-started", not_started, .unstarted = 1 },
    { "not-needed", not_needed, .unstarted = 1 },
    { "not-needed-by-wine", not_needed_by_wine, .unstarted = 1 },
    { "last-error-per-thread", last_error_per_thread },
    { "success-clears-last-error", success_clears_last_error },
    { "cleanup-ends-blocked-calls", cleanup_ends_blocked_calls },
    { "cleanup-against-calls", cleanup_against_calls, .unstarted = 1 },
    { "unload-and-load", unload_and_load, .unstarted = 1 },
    { 0 },
};
