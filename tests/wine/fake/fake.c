/* SPDX-License-Identifier: MIT */
/* ws2_32 between a program and a provider that does as it is told: loading, failing, upcalls, lifetime. */
#include "fake.h"

#include <setjmp.h>
#include <string.h>

#include "tests/wine/net.h"

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
        { "crashes", FAKE_CRASHES, 0, WSAEPROVIDERFAILEDINIT, 0 },
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
        check_about("slot %d is no function", slot);
        fake->start = FAKE_HAS_DATA;
        fake->cleanups = 0;
        CHECK_FAILS(socket(FAKE_FAMILY, SOCK_STREAM, 0), WSAEINVALIDPROCTABLE);
        CHECK_INT(fake->cleanups, slot != 5);
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
    ov.Internal = WSS_OPERATION_IN_PROGRESS;
    CHECK_OK(WPUCompleteOverlappedRequest(s, &ov, 0, 0, &err));
    CHECK(GetQueuedCompletionStatus(port, &bytes, &key, &got, 1000));
    CHECK_INT(key, 1234);
    CHECK((void *)got == &ov);
    ov.Internal = WSS_OPERATION_IN_PROGRESS;
    CHECK_OK(WPUCompleteOverlappedRequest(s, &ov, WSAECONNRESET, 0, &err));
    got = NULL;
    CHECK(!GetQueuedCompletionStatus(port, &bytes, &key, &got, 1000));
    CHECK((void *)got == &ov);
    ov.hEvent = (HANDLE)((ULONG_PTR)ov.hEvent | 1);
    ov.Internal = WSS_OPERATION_IN_PROGRESS;
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

/* ---- providers that break the rules ---- */

static HANDLE said_read, said_write;

/* What WS2KIT_DEBUG says from now on. */
static void listen_to_diagnosis(void)
{
    SetEnvironmentVariableA("WS2KIT_DEBUG", "1");
    NEED(CreatePipe(&said_read, &said_write, NULL, 65536));
    SetStdHandle(STD_ERROR_HANDLE, said_write);
}

/* It has said one line since the last look, with these words; or, for NULL, nothing. */
static void check_said(const char *words)
{
    char line[2048] = { 0 };
    DWORD bytes = 0;

    NEED(PeekNamedPipe(said_read, NULL, 0, NULL, &bytes, NULL));
    if (!words) {
        CHECK_INT(bytes, 0);
        return;
    }
    if (!CHECK(bytes > 0 && bytes < sizeof line))
        return;
    NEED(ReadFile(said_read, line, bytes, &bytes, NULL));
    CHECK(!strncmp(line, "ws2kit: ", 8));
    CHECK(strchr(line, '\n') == line + strlen(line) - 1);
    if (!strstr(line, words))
        note("said: %s", line);
    CHECK(strstr(line, words) != NULL);
}

static void others_work(void)
{
    SOCKET pair[2];
    char c = 0;

    tcp_pair(AF_INET, pair);
    send_all(pair[0], "x", 1);
    CHECK_INT(recv_all(pair[1], &c, 1), 1);
    CHECK_INT(c, 'x');
    CHECK_OK(closesocket(pair[0]));
    CHECK_OK(closesocket(pair[1]));
}

static void check_one_packet(HANDLE port, void *want, BOOL want_done, DWORD want_bytes)
{
    OVERLAPPED *got = NULL;
    ULONG_PTR key;
    DWORD n = 0;

    CHECK_INT(GetQueuedCompletionStatus(port, &n, &key, &got, 1000), want_done);
    CHECK((void *)got == want);
    CHECK_INT(n, want_bytes);
    CHECK(!GetQueuedCompletionStatus(port, &n, &key, &got, 50) && !got);
}

static void start_send(SOCKET s, WSAOVERLAPPED *ov)
{
    WSABUF buf = { 3, (char *)"abc" };

    CHECK_FAILS(WSASend(s, &buf, 1, NULL, 0, ov, NULL), WSA_IO_PENDING);
}

static void completes_twice(void)
{
    WSAOVERLAPPED *ov = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    HANDLE port;
    SOCKET s, t;
    int err = 0;

    begin();
    listen_to_diagnosis();
    s = fake_socket();
    t = fake_socket();
    port = CreateIoCompletionPort((HANDLE)s, NULL, 1, 0);
    start_send(s, ov);
    CHECK_OK(WPUCompleteOverlappedRequest(s, ov, 0, 3, &err));
    check_said(NULL);
    CHECK_INT(WPUCompleteOverlappedRequest(s, ov, 0, 3, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    check_said("wt_fake.dll: socket");
    check_one_packet(port, ov, TRUE, 3);

    check_about("with another socket's");
    start_send(s, ov);
    CHECK_INT(WPUCompleteOverlappedRequest(t, ov, 0, 3, &err), SOCKET_ERROR);
    check_said("not pending");
    CHECK_OK(WPUCompleteOverlappedRequest(s, ov, 0, 2, &err));
    check_one_packet(port, ov, TRUE, 2);

    check_about("when the program has given the memory back");
    VirtualFree(ov, 0, MEM_RELEASE);
    CHECK_INT(WPUCompleteOverlappedRequest(s, ov, 0, 3, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    check_said("no memory");
    CHECK_INT(WPUCompleteOverlappedRequest(s, NULL, 0, 3, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    check_about(NULL);
    others_work();
    CHECK_OK(closesocket(s));
    end();
}

static void completes_after_close(void)
{
    WSAOVERLAPPED ov = { .Internal = WSS_OPERATION_IN_PROGRESS };
    SOCKET s;
    int err = 0;

    begin();
    listen_to_diagnosis();
    s = fake_socket();
    CHECK_OK(closesocket(s));
    CHECK_INT(WPUCompleteOverlappedRequest(s, &ov, 0, 3, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    CHECK_INT(ov.Internal, WSS_OPERATION_IN_PROGRESS);
    check_said("not any more");
    check_about("on a socket that is none of such");
    s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(WPUCompleteOverlappedRequest(s, &ov, 0, 3, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    check_said("no handle of WPUCreateSocketHandle");
    CHECK_INT(fake->upcalls.lpWPUCloseSocketHandle(s, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAENOTSOCK);
    check_said("WPUCloseSocketHandle");
    CHECK_OK(closesocket(s));
    others_work();
    end();
}

/* What a layer forgets is ended when the socket goes: by port, by event, and for a thread in WriteFile. */
static DWORD WINAPI writes_a_file(void *s)
{
    DWORD n;

    return !WriteFile(s, "x", 1, &n, NULL) ? GetLastError() : 0;
}

static void never_completes(void)
{
    WSAOVERLAPPED by_port = { 0 }, by_event = { .hEvent = CreateEventW(NULL, TRUE, FALSE, NULL) };
    HANDLE port, thread;
    SOCKET s;

    begin();
    listen_to_diagnosis();
    s = fake_socket();
    port = CreateIoCompletionPort((HANDLE)s, NULL, 1, 0);
    start_send(s, &by_port);
    CHECK_OK(closesocket(s));
    check_one_packet(port, &by_port, FALSE, 0);
    check_said("aborted");
    CHECK(by_port.Internal == 0xC0000120);

    s = fake_socket();
    start_send(s, &by_event);
    thread = thread_start(writes_a_file, (void *)s);
    CHECK_INT(WaitForSingleObject(thread, 50), WAIT_TIMEOUT);
    CHECK_OK(closesocket(s));
    CHECK_INT(WaitForSingleObject(by_event.hEvent, 1000), WAIT_OBJECT_0);
    CHECK_INT(thread_join(thread), ERROR_OPERATION_ABORTED);
    others_work();
    end();
}

static void fails_and_completes(void)
{
    WSAOVERLAPPED ov = { 0 };
    HANDLE port;
    SOCKET s;

    begin();
    listen_to_diagnosis();
    s = fake_socket();
    port = CreateIoCompletionPort((HANDLE)s, NULL, 1, 0);
    fake->fails_late = 1;
    start_send(s, &ov);
    check_said("its end was told already");
    check_one_packet(port, &ov, TRUE, 1);
    CHECK_OK(closesocket(s));
    end();
}

static jmp_buf after_exception;

static LONG CALLBACK leaves(EXCEPTION_POINTERS *e)
{
    if (e->ExceptionRecord->ExceptionCode == 0xE0000001)
        longjmp(after_exception, 1);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* A program that survives its provider's exception goes on with everything else, and can still end Winsock. */
static void throws(void)
{
    void *handler = AddVectoredExceptionHandler(1, leaves);
    WSAOVERLAPPED ov = { 0 };
    WSABUF buf = { 1, (char *)"a" };
    SOCKET s;
    ULONGLONG begun;

    begin();
    s = fake_socket();
    fake->throws = 1;
    for (volatile int i = 0; i < 40; i++) {
        if (!_setjmp(after_exception, NULL)) {
            if (i & 1)
                WSASend(s, &buf, 1, NULL, 0, &ov, NULL);
            else
                send(s, "a", 1, 0);
            CHECK(!"reached");
        }
        others_work();
    }
    if (!_setjmp(after_exception, NULL)) {
        closesocket(s);
        CHECK(!"reached");
    }
    fake->throws = 0;
    RemoveVectoredExceptionHandler(handler);
    begun = GetTickCount64();
    end();
    CHECK(GetTickCount64() - begun < 900); /* not: waited for the calls that are gone */
    CHECK_INT(fake->cleanups, 1);
    begin();
    CHECK_OK(closesocket(fake_socket()));
    end();
}

/* Its end is told, but Winsock and with it the program's interest in it are over. */
static void ends_after_cleanup(void)
{
    WSAOVERLAPPED ov = { 0 }, *gone = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    SOCKET s;
    int err = 0;

    begin();
    s = fake_socket();
    start_send(s, &ov);
    start_send(s, gone);
    ov.Internal = WSS_OPERATION_IN_PROGRESS;
    CHECK_OK(WSACleanup());
    VirtualFree(gone, 0, MEM_RELEASE);
    CHECK_INT(ov.Internal, WSS_OPERATION_IN_PROGRESS);
    CHECK_INT(WPUCompleteOverlappedRequest(s, &ov, 0, 3, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    CHECK_INT(WPUCompleteOverlappedRequest(s, gone, 0, 3, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    CHECK_INT(ov.Internal, WSS_OPERATION_IN_PROGRESS);
    begin();
    others_work();
    CHECK_OK(closesocket(fake_socket()));
    end();
}

/* Every pointer of every upcall that can be one to nowhere. */
static void bad_pointers(void)
{
    void *nowhere = (void *)(ULONG_PTR)0x10;
    const WSPUPCALLTABLE *up;
    DWORD_PTR context = 0;
    LPBLOCKINGCALLBACK callback;
    WSATHREADID id;
    DWORD entry;
    SOCKET s;
    int err = 0, chars = 10;
    WCHAR path[10];

    begin();
    s = fake_socket();
    up = &fake->upcalls;
    entry = fake->info.dwCatalogEntryId;
    CHECK_INT(up->lpWPUQuerySocketHandleContext(s, nowhere, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUQuerySocketHandleContext(0, &context, nowhere), SOCKET_ERROR);
    CHECK_INT(up->lpWPUQueryBlockingCallback(entry, nowhere, &context, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUQueryBlockingCallback(entry, &callback, nowhere, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUQueryBlockingCallback(4711, &callback, &context, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    CHECK_OK(up->lpWPUQueryBlockingCallback(entry, &callback, &context, &err));
    CHECK(callback == NULL);
    CHECK_INT(up->lpWPUQueueApc(nowhere, apc, 0, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_OK(up->lpWPUOpenCurrentThread(&id, &err));
    CHECK_INT(up->lpWPUQueueApc(&id, NULL, 0, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUOpenCurrentThread(nowhere, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUCloseThread(nowhere, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(WPUCompleteOverlappedRequest(s, nowhere, 0, 0, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUGetProviderPath(nowhere, path, &chars, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUGetProviderPath(&fake_id, path, &chars, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK(chars > 10);
    CHECK_INT(up->lpWPUGetProviderPath(&fake_id, nowhere, &chars, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEFAULT);
    CHECK_INT(up->lpWPUFDIsSet(s, NULL), 0);
    CHECK_INT(up->lpWPUCloseEvent((HANDLE)(ULONG_PTR)0x7ffffff0, &err), FALSE);
    CHECK_ERR(err, WSA_INVALID_HANDLE);
    CHECK_INT(up->lpWPUResetEvent((HANDLE)(ULONG_PTR)0x7ffffff0, &err), FALSE);
    CHECK_ERR(err, WSA_INVALID_HANDLE);
    CHECK_OK(closesocket(s));
    end();
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
    { "completes-twice", completes_twice, .unstarted = 1 },
    { "completes-after-close", completes_after_close, .unstarted = 1 },
    { "never-completes", never_completes, .unstarted = 1 },
    { "fails-and-completes", fails_and_completes, .unstarted = 1 },
    { "throws", throws, .unstarted = 1 },
    { "ends-after-cleanup", ends_after_cleanup, .unstarted = 1 },
    { "bad-pointers", bad_pointers, .unstarted = 1 },
    { "cleanup-and-again", cleanup_and_again, .unstarted = 1 },
    { 0 },
};
