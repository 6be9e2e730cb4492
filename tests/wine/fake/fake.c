/* SPDX-License-Identifier: MIT */
/* ws2_32 between a program and a provider that does as it is told: loading, failing, upcalls, lifetime. */
#include "fake.h"

#include <string.h>

#include "tests/wine/harness.h"

static GUID fake_id = { 0x77733266, 0x616b, 0x6500, { 0x80, 1, 2, 3, 4, 5, 6, 7 } };
static struct fake *fake; /* the DLL stays loaded, so that what it remembers outlives WSACleanup */

static void uninstall(void)
{
    int err;

    WSCDeinstallProvider(&fake_id, &err);
}

/* With a stream entry in network byte order, and a datagram entry in little-endian order. */
static void install(void)
{
    WSAPROTOCOL_INFOW infos[2];
    WCHAR path[MAX_PATH];
    int err;

    memset(infos, 0, sizeof infos);
    for (int i = 0; i < 2; i++) {
        infos[i].dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO;
        infos[i].ProtocolChain.ChainLen = 1;
        infos[i].iVersion = 2;
        infos[i].iAddressFamily = FAKE_FAMILY;
        infos[i].iSocketType = i ? SOCK_DGRAM : SOCK_STREAM;
        infos[i].iProtocol = 100;
        infos[i].iProtocolMaxOffset = 5;
        infos[i].iNetworkByteOrder = i ? LITTLEENDIAN : BIGENDIAN;
        lstrcpyW(infos[i].szProtocol, L"fake");
    }
    GetModuleFileNameW(NULL, path, MAX_PATH);
    lstrcpyW(wcsrchr(path, '\\') + 1, L"wt_fake.dll");
    uninstall();
    NEED_OK(WSCInstallProvider(&fake_id, path, infos, 2, &err));
    fake = ((fake_state_function)(void *)GetProcAddress(LoadLibraryW(path), "fake_state"))();
}

static void begin(void)
{
    WSADATA data;

    install();
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
}

static void end(void)
{
    CHECK_OK(WSACleanup());
    uninstall();
}

static SOCKET fake_socket(void)
{
    SOCKET s = socket(FAKE_FAMILY, SOCK_STREAM, 0);

    NEED(s != INVALID_SOCKET);
    return s;
}

/* A provider that does not start costs its own protocol and is tried again the next time. */
static void starts_badly(void)
{
    static const struct {
        const char *why;
        enum fake_start start;
        int value, err, cleanups;
    } rows[] = {
        { "returns WSASYSNOTREADY", FAKE_RETURNS, WSASYSNOTREADY, WSAEPROVIDERFAILEDINIT, 0 },
        { "returns a lower layer's verdict", FAKE_RETURNS, WSAEINVALIDPROCTABLE, WSAEINVALIDPROCTABLE, 0 },
        { "speaks version 1.1", FAKE_HAS_VERSION, 0x0101, WSAEINVALIDPROVIDER, 1 },
        { "speaks version 3.0", FAKE_HAS_VERSION, 0x0003, WSAEINVALIDPROVIDER, 1 },
#ifdef _WIN64
        { "crashes", FAKE_CRASHES, 0, WSAEPROVIDERFAILEDINIT, 0 },
#endif
    };

    begin();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_about("%s", rows[i].why);
        fake->start = rows[i].start;
        fake->value = rows[i].value;
        fake->cleanups = 0;
        CHECK_FAILS(socket(FAKE_FAMILY, SOCK_STREAM, 0), rows[i].err);
        CHECK_INT(fake->cleanups, rows[i].cleanups);
        CHECK_INT(fake->startups, i + 1);
    }
    for (int slot = 0; slot < 30; slot++) {
        check_about("slot %d is NULL", slot);
        fake->start = FAKE_HAS_HOLE;
        fake->value = slot;
        fake->cleanups = 0;
        CHECK_FAILS(socket(FAKE_FAMILY, SOCK_STREAM, 0), WSAEINVALIDPROCTABLE);
        CHECK_INT(fake->cleanups, slot != 5); /* WSPCleanup is the sixth */
    }
    check_about("in order at last");
    fake->start = FAKE_STARTS;
    CHECK_OK(closesocket(fake_socket()));
    end();
}

static void reenters(void)
{
    begin();
    fake->start = FAKE_REENTERS;
    CHECK_OK(closesocket(fake_socket()));
    CHECK(fake->reentered == INVALID_SOCKET);
    CHECK_ERR(fake->reentered_error, WSAEPROVIDERFAILEDINIT);
    end();
}

static HANDLE go;

static DWORD WINAPI racer(void *arg)
{
    (void)arg;
    WaitForSingleObject(go, INFINITE);
    return socket(FAKE_FAMILY, SOCK_STREAM, 0) == INVALID_SOCKET;
}

static void race_starts_once(void)
{
    HANDLE thread[16];
    DWORD failed;

    begin();
    go = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 16; i++)
        thread[i] = CreateThread(NULL, 0, racer, NULL, 0, NULL);
    SetEvent(go);
    for (int i = 0; i < 16; i++) {
        WaitForSingleObject(thread[i], INFINITE);
        GetExitCodeThread(thread[i], &failed);
        CHECK_INT(failed, 0);
    }
    CHECK_INT(fake->startups, 1);
    CHECK_INT(fake->sockets, 16);
    end();
    CHECK_INT(fake->cleanups, 1);
}

static void arguments_arrive(void)
{
    WSAOVERLAPPED ov = { 0 };
    WSABUF buf = { 3, (char *)"abc" };
    u_long word = 0;
    SOCKET s, d;

    begin();
    s = socket(FAKE_FAMILY, 0, 103);
    NEED(s != INVALID_SOCKET);
    CHECK_INT(fake->info.iAddressFamily, FAKE_FAMILY);
    CHECK_INT(fake->family, FAKE_FAMILY);
    CHECK_INT(fake->type, 0);
    CHECK_INT(fake->protocol, 103);
    CHECK_INT(fake->flags, WSA_FLAG_OVERLAPPED);
    CHECK_FAILS(socket(FAKE_FAMILY, SOCK_STREAM, 106), WSAEPROTONOSUPPORT);

    CHECK_RET(send(s, "abc", 3, 0), 3);
    CHECK_INT(fake->buf.len, 3);
    CHECK_FAILS(WSASend(s, &buf, 1, NULL, 0, &ov, NULL), WSA_IO_PENDING);
    CHECK(fake->ov == &ov);
    CHECK(fake->had_thread);
    CHECK_FAILS(listen(s, 1), FAKE_ERROR);
    CHECK_FAILS(shutdown(s, 0), WSASYSCALLFAILURE);

    d = socket(FAKE_FAMILY, SOCK_DGRAM, 0);
    CHECK_OK(WSAHtonl(s, 0x01020304, &word));
    CHECK_INT(word, 0x04030201);
    CHECK_OK(WSAHtonl(d, 0x01020304, &word));
    CHECK_INT(word, 0x01020304);
    CHECK_FAILS(WSAHtonl(d, 1, NULL), WSAEFAULT);
    CHECK_INT(fake->startups, 1); /* two entries, one GUID */
    CHECK_OK(closesocket(s));
    CHECK_FAILS(closesocket(s), WSAENOTSOCK);
    end();
}

static void upcall_handles(void)
{
    DWORD_PTR context = 0;
    WSAPROTOCOL_INFOW info;
    HANDLE event;
    SOCKET s;
    int err = 0;

    begin();
    s = fake_socket();
    info = fake->info;
    CHECK(s && !(s & 3));
    CHECK_OK(fake->upcalls.lpWPUQuerySocketHandleContext(s, &context, &err));
    CHECK(context == (DWORD_PTR)fake);
    CHECK_INT(fake->upcalls.lpWPUQuerySocketHandleContext(s + 4000, &context, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAENOTSOCK);
    CHECK(fake->upcalls.lpWPUCreateSocketHandle(4711, 0, &err) == INVALID_SOCKET);
    CHECK_ERR(err, WSAEINVAL);
    CHECK(fake->upcalls.lpWPUModifyIFSHandle(4711, s, &err) == INVALID_SOCKET);
    CHECK_ERR(err, WSAEINVAL);
    CHECK(fake->upcalls.lpWPUModifyIFSHandle(info.dwCatalogEntryId, INVALID_SOCKET, &err) == INVALID_SOCKET);
    CHECK_ERR(err, WSAEINVAL);
    CHECK_INT(fake->upcalls.lpWPUSetEvent((HANDLE)(ULONG_PTR)0x7ffffff0, &err), FALSE);
    CHECK_ERR(err, WSA_INVALID_HANDLE);
    event = fake->upcalls.lpWPUCreateEvent(&err);
    CHECK(event != NULL);
    CHECK(fake->upcalls.lpWPUSetEvent(event, &err));
    CHECK(fake->upcalls.lpWPUCloseEvent(event, &err));
    CHECK(!fake->upcalls.lpWPUPostMessage((HWND)(ULONG_PTR)0x7ffffff0, WM_USER, 0, 0));
    CHECK_OK(closesocket(s));
    CHECK_INT(fake->upcalls.lpWPUQuerySocketHandleContext(s, &context, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAENOTSOCK);
    end();
}

static void completes_overlapped(void)
{
    WSAOVERLAPPED ov = { 0 };
    LPOVERLAPPED got = NULL;
    HANDLE port;
    ULONG_PTR key = 0;
    DWORD bytes;
    SOCKET s;
    int err = 0;

    begin();
    s = fake_socket();
    ov.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    ov.Internal = WSS_OPERATION_IN_PROGRESS;
    ov.Offset = 5;
    ov.OffsetHigh = 6;
    CHECK_OK(WPUCompleteOverlappedRequest(s, &ov, 0, 77, &err));
    CHECK_INT(WaitForSingleObject(ov.hEvent, 0), WAIT_OBJECT_0);
    CHECK_INT(ov.Internal, 0);
    CHECK_INT(ov.InternalHigh, 77);
    CHECK_INT(ov.Offset, 5);
    CHECK_INT(ov.OffsetHigh, 6);

    port = CreateIoCompletionPort((HANDLE)s, NULL, 1234, 0);
    NEED(port != NULL);
    CHECK_OK(WPUCompleteOverlappedRequest(s, &ov, 0, 0, &err));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &got, 1000));
    CHECK_INT(key, 1234);
    CHECK((void *)got == &ov);
    CHECK_OK(WPUCompleteOverlappedRequest(s, &ov, WSAECONNRESET, 0, &err));
    got = NULL;
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &got, 1000));
    CHECK((void *)got == &ov);
    ov.hEvent = (HANDLE)((ULONG_PTR)ov.hEvent | 1);
    CHECK_OK(WPUCompleteOverlappedRequest(s, &ov, 0, 0, &err));
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &got, 50));
    CHECK_OK(closesocket(s));
    CHECK_INT(WPUCompleteOverlappedRequest(s, &ov, 0, 0, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    end();
}

static DWORD_PTR apcs[3];
static int apc_count;

static void CALLBACK apc(DWORD_PTR context)
{
    apcs[apc_count++] = context;
}

static DWORD WINAPI leaves_its_id(void *arg)
{
    int err;

    return fake->upcalls.lpWPUOpenCurrentThread(arg, &err);
}

static void queues_apcs(void)
{
    WSATHREADID id, dead;
    HANDLE thread;
    int err = 0;

    begin();
    fake_socket();
    CHECK_OK(fake->upcalls.lpWPUOpenCurrentThread(&id, &err));
    for (int i = 0; i < 3; i++)
        CHECK_OK(fake->upcalls.lpWPUQueueApc(&id, apc, 100 + i, &err));
    CHECK_OK(fake->upcalls.lpWPUCloseThread(&id, &err));
    CHECK_INT(SleepEx(1000, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(apc_count, 3);
    for (int i = 0; i < 3; i++)
        CHECK_INT(apcs[i], 100 + i);

    thread = CreateThread(NULL, 0, leaves_its_id, &dead, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CHECK_INT(fake->upcalls.lpWPUQueueApc(&dead, apc, 0, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    memset(&dead, 0x55, sizeof dead);
    CHECK_INT(fake->upcalls.lpWPUQueueApc(&dead, apc, 0, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    end();
}

/* One set with sockets of two providers that know nothing of each other. */
static void select_mixes_providers(void)
{
    struct timeval now = { 0, 0 };
    fd_set read, write;
    SOCKET s, tcp;

    begin();
    s = fake_socket();
    tcp = socket(AF_INET, SOCK_STREAM, 0);
    NEED(tcp != INVALID_SOCKET);
    FD_ZERO(&read);
    FD_ZERO(&write);
    FD_SET(tcp, &read);
    FD_SET(s, &read);
    FD_SET(s, &write);
    CHECK_RET(select(0, &read, &write, NULL, &now), 1);
    CHECK(FD_ISSET(s, &read));
    CHECK_INT(read.fd_count, 1);
    CHECK_INT(write.fd_count, 0);
    FD_ZERO(&read);
    CHECK_FAILS(select(0, &read, NULL, NULL, &now), WSAEINVAL);
    CHECK_FAILS(select(0, NULL, NULL, NULL, &now), WSAEINVAL);
    FD_SET(0x7ff0, &read);
    CHECK_FAILS(select(0, &read, NULL, NULL, &now), WSAENOTSOCK);
    end();
}

static void ifs_handles(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    SOCKET s;

    begin();
    install();
    fake->ifs = 1;
    s = fake_socket();
    CHECK_RET(send(s, "abcd", 4, 0), 4);
    CHECK_OK(closesocket(s));
    CHECK_FAILS(send(s, "abcd", 4, 0), WSAENOTSOCK);
    CHECK_FAILS(send((SOCKET)event, "abcd", 4, 0), WSAENOTSOCK);
    end();
}

static void cleanup_and_again(void)
{
    SOCKET s;

    for (int i = 1; i <= 50; i++) {
        begin();
        s = fake_socket();
        CHECK_INT(fake->startups, i);
        CHECK_OK(WSACleanup());
        CHECK_INT(fake->cleanups, i);
        CHECK_FAILS(send(s, "a", 1, 0), WSANOTINITIALISED);
    }
    uninstall();
}

/* A 1.1 program's hook runs while a call blocks, may not call back in, and can end the call. */
static int hook_runs, hook_nested_error, hook_was_blocking;

static BOOL CALLBACK hook(void)
{
    char c;

    hook_runs++;
    hook_was_blocking = WSAIsBlocking();
    hook_nested_error = recv(1, &c, 1, 0) ? WSAGetLastError() : 0;
    if (hook_runs == 3)
        WSACancelBlockingCall();
    return FALSE;
}

static void blocking_hook(void)
{
    struct sockaddr_in at = { AF_INET };
    WSADATA data;
    SOCKET s;
    char c;

    NEED_OK(WSAStartup(MAKEWORD(1, 1), &data));
    CHECK_INT(data.wVersion, MAKEWORD(1, 1));
    s = socket(AF_INET, SOCK_DGRAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    NEED_OK(bind(s, (struct sockaddr *)&at, sizeof at));
    CHECK(WSASetBlockingHook((FARPROC)hook) != NULL);
    CHECK(!WSAIsBlocking());
    CHECK_FAILS(recvfrom(s, &c, 1, 0, NULL, NULL), WSAEINTR);
    CHECK_INT(hook_runs, 3);
    CHECK_INT(hook_was_blocking, TRUE);
    CHECK_ERR(hook_nested_error, WSAEINPROGRESS);
    CHECK_FAILS(WSACancelBlockingCall(), WSAEINVAL);
    CHECK_OK(WSAUnhookBlockingHook());
    CHECK_OK(closesocket(s));
    CHECK_OK(WSACleanup());

    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    CHECK_FALSE(WSASetBlockingHook((FARPROC)hook), WSAEOPNOTSUPP);
    CHECK_FAILS(WSACancelBlockingCall(), WSAEOPNOTSUPP);
    CHECK_OK(WSACleanup());
}

const struct test_case test_cases[] = {
    { "starts-badly", starts_badly, .unstarted = 1 },
    { "reenters", reenters, .unstarted = 1 },
    { "race-starts-once", race_starts_once, .unstarted = 1 },
    { "arguments-arrive", arguments_arrive, .unstarted = 1 },
    { "upcall-handles", upcall_handles, .unstarted = 1 },
    { "completes-overlapped", completes_overlapped, .unstarted = 1 },
    { "queues-apcs", queues_apcs, .unstarted = 1 },
    { "select-mixes-providers", select_mixes_providers, .unstarted = 1 },
    { "ifs-handles", ifs_handles, .unstarted = 1 },
    { "blocking-hook", blocking_hook, .unstarted = 1 },
    { "cleanup-and-again", cleanup_and_again, .unstarted = 1 },
    { 0 },
};
