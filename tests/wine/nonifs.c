/* SPDX-License-Identifier: MIT */
/*
 * Layers that own their data path: samples/xor over TCP, for this process only. What a program may do with the handle of such a
 * layer, and that each operation ends exactly once. (meson.build runs the ordinary programs through the same layers.)
 */
#include "styles.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 0x5a, PAIRS = 24, THREADS = 4, DEPTH = 4, ROUNDS = 60 };

/* build/ARCH/tests/wine/wt_nonifs.exe -> build/ARCH/samples/xor.dll; the catalog is read when Winsock first needs it. */
static void layer_up(void)
{
    char path[MAX_PATH];
    WSADATA data;

    GetModuleFileNameA(NULL, path, sizeof path);
    for (int i = 0; i < 3; i++)
        *strrchr(path, '\\') = 0;
    strcat(path, "\\samples\\xor.dll");
    if (GetFileAttributesA(path) == INVALID_FILE_ATTRIBUTES)
        skip("samples/xor.dll is not beside this build");
    if (!GetEnvironmentVariableA("WS2KIT_LAYERS", NULL, 0))
        SetEnvironmentVariableA("WS2KIT_LAYERS", path);
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
}

static void said_to_be_non_ifs(void)
{
    WSAPROTOCOL_INFOW info;
    int n = sizeof info;
    SOCKET s;

    layer_up();
    s = tcp_new(AF_INET);
    NEED_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &n));
    CHECK(!(info.dwServiceFlags1 & XP1_IFS_HANDLES));
    CHECK(info.ProtocolChain.ChainLen > 1);
    CHECK_OK(closesocket(s));
}

/* ---- one end with the layer, the other without ---- */

/* What it has got is the layer's handle, with the layer in this process too or not: no socket here, and no crash. */
static int inherits(SOCKET s)
{
    WSADATA wsa;
    char c;

    NEED_OK(WSAStartup(MAKEWORD(2, 2), &wsa));
    CHECK_FAILS(send(s, "x", 1, 0), WSAENOTSOCK);
    CHECK_FAILS(recv(s, &c, 1, 0), WSAENOTSOCK);
    CHECK_FAILS(closesocket(s), WSAENOTSOCK);
    CHECK_TRUE(CloseHandle((HANDLE)s));
    return 0;
}

/* Through a layer that is named and not given as a file. */
static int asks_what_it_is(void)
{
    WSAPROTOCOL_INFOW info;
    int n = sizeof info;
    WSADATA wsa;
    SOCKET s;

    NEED_OK(WSAStartup(MAKEWORD(2, 2), &wsa));
    s = tcp_new(AF_INET);
    NEED_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &n));
    CHECK(!(info.dwServiceFlags1 & XP1_IFS_HANDLES));
    return info.dwServiceFlags1 & XP1_IFS_HANDLES || info.ProtocolChain.ChainLen != 2;
}

static int child(int argc, char **argv)
{
    char data[4];
    WSADATA wsa;
    union addr at;
    SOCKET s;

    if (!strcmp(argv[0], "named"))
        return asks_what_it_is();
    if (argc == 2)
        return inherits((SOCKET)strtoull(argv[1], NULL, 16));
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &wsa));
    at = loopback(AF_INET, (unsigned short)atoi(argv[0]));
    s = tcp_new(AF_INET);
    NEED_OK(connect(s, &at.sa, addr_len(AF_INET)));
    CHECK_INT(recv_all(s, data, 4), 4);
    for (int i = 0; i < 4; i++)
        if (!CHECK_INT(data[i], "wire"[i] ^ KEY))
            return 1;
    send_all(s, data, 4);
    CHECK_OK(closesocket(s));
    return 0;
}

__attribute__((constructor)) static void set_child(void)
{
    test_child = child;
}

static void bytes_on_the_wire(void)
{
    union addr at;
    SOCKET listener, s;
    char args[16], data[4];
    HANDLE p;

    layer_up();
    listener = tcp_listen(AF_INET, &at); /* the catalog is read here */
    SetEnvironmentVariableA("WS2KIT_LAYERS", NULL);
    sprintf(args, "%d", ntohs(at.v4.sin_port));
    p = child_start(args, 0);
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    send_all(s, "wire", 4);
    CHECK_INT(recv_all(s, data, 4), 4);
    CHECK_BYTES(data, "wire", 4);
    CHECK_INT(child_wait(p), 0);
    CHECK_OK(closesocket(s));
    CHECK_OK(closesocket(listener));
}

static void known_by_name(void)
{
    static const char in_prefix[] = "C:\\windows\\system32\\ws2wtnamed.dll";
    char path[MAX_PATH];

    SetEnvironmentVariableA("WS2KIT_LAYERS", NULL);
    layer_up();
    NEED(GetEnvironmentVariableA("WS2KIT_LAYERS", path, sizeof path));
    NEED(CopyFileA(path, in_prefix, FALSE));
    SetEnvironmentVariableA("WS2KIT_LAYERS", "wtnamed");
    CHECK_INT(child_wait(child_start("named", 0)), 0);
    CHECK_TRUE(DeleteFileA(in_prefix));
}

/* ---- every way to hear of a completion ---- */

static char buffer[64];

static void start_recv(SOCKET s, OVERLAPPED *o)
{
    WSABUF buf = { sizeof buffer, buffer };
    DWORD flags = 0;

    CHECK_FAILS(WSARecv(s, &buf, 1, NULL, &flags, o, NULL), WSA_IO_PENDING);
}

static void check_packet(HANDLE port, ULONG_PTR want_key, OVERLAPPED *want, DWORD want_bytes)
{
    OVERLAPPED *o = NULL;
    ULONG_PTR key = 0;
    DWORD n = 0;

    CHECK_TRUE(GetQueuedCompletionStatus(port, &n, &key, &o, 5000));
    CHECK(o == want);
    CHECK_INT(key, want_key);
    CHECK_INT(n, want_bytes);
    CHECK(!GetQueuedCompletionStatus(port, &n, &key, &o, 100) && !o); /* once */
}

static void polling(void)
{
    OVERLAPPED o = { 0 };
    DWORD n = 7, flags = 7;
    SOCKET pair[2];

    layer_up();
    tcp_pair(AF_INET, pair);
    start_recv(pair[1], &o);
    CHECK(!HasOverlappedIoCompleted(&o));
    CHECK_FALSE(WSAGetOverlappedResult(pair[1], &o, &n, FALSE, &flags), WSA_IO_INCOMPLETE);
    send_all(pair[0], "abc", 3);
    while (!HasOverlappedIoCompleted(&o))
        Sleep(1);
    CHECK_TRUE(WSAGetOverlappedResult(pair[1], &o, &n, FALSE, &flags));
    CHECK_INT(n, 3);
    CHECK_INT(flags, 0);
    CHECK_BYTES(buffer, "abc", 3);
    memset(&o, 0, sizeof o);
    start_recv(pair[1], &o);
    CHECK_OK(closesocket(pair[0]));
    CHECK_TRUE(WSAGetOverlappedResult(pair[1], &o, &n, TRUE, &flags)); /* no event: waits all the same */
    CHECK_INT(n, 0);
}

static void port_before_and_after_connecting(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    SOCKET early, accepted, listener;
    OVERLAPPED o = { 0 };
    union addr at;

    layer_up();
    listener = tcp_listen(AF_INET, &at);
    early = tcp_new(AF_INET);
    CHECK(CreateIoCompletionPort((HANDLE)early, port, 11, 0) == port);
    NEED_OK(connect(early, &at.sa, addr_len(AF_INET)));
    accepted = accept(listener, NULL, NULL);
    CHECK(CreateIoCompletionPort((HANDLE)accepted, port, 22, 0) == port);
    start_recv(early, &o);
    send_all(accepted, "12345", 5);
    check_packet(port, 11, &o, 5);
    memset(&o, 0, sizeof o);
    start_recv(accepted, &o);
    send_all(early, "123", 3);
    check_packet(port, 22, &o, 3);
}

static void port_by_duplicate(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), copy, self = GetCurrentProcess();
    OVERLAPPED o = { 0 };
    SOCKET pair[2];

    layer_up();
    tcp_pair(AF_INET, pair);
    NEED(DuplicateHandle(self, (HANDLE)pair[1], self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CHECK(CreateIoCompletionPort(copy, port, 33, 0) == port);
    CHECK_TRUE(CloseHandle(copy));
    start_recv(pair[1], &o);
    send_all(pair[0], "1234", 4);
    check_packet(port, 33, &o, 4);
}

static void event_and_low_bit(void)
{
    HANDLE port, event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED o = { .hEvent = event }, *got = NULL;
    ULONG_PTR key;
    SOCKET pair[2];
    DWORD n;

    layer_up();
    tcp_pair(AF_INET, pair);
    port = CreateIoCompletionPort((HANDLE)pair[1], NULL, 44, 0);
    start_recv(pair[1], &o);
    send_all(pair[0], "1", 1);
    check_packet(port, 44, &o, 1);
    CHECK_INT(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    memset(&o, 0, sizeof o);
    o.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    start_recv(pair[1], &o);
    CHECK_INT(WaitForSingleObject(event, 0), WAIT_TIMEOUT); /* reset when the operation began */
    send_all(pair[0], "12", 2);
    CHECK_INT(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
    CHECK_INT(o.InternalHigh, 2);
    CHECK(!GetQueuedCompletionStatus(port, &n, &key, &got, 100) && !got);
}

static LONG volatile callback_bytes;

static void CALLBACK bound(DWORD err, DWORD bytes, OVERLAPPED *o)
{
    CHECK_INT(err, 0);
    InterlockedExchange(&callback_bytes, bytes);
    SetEvent(*(HANDLE *)(o + 1));
}

static void bind_io_completion_callback(void)
{
    struct {
        OVERLAPPED o;
        HANDLE done;
    } op = { .done = CreateEventA(NULL, FALSE, FALSE, NULL) };
    SOCKET pair[2];

    layer_up();
    tcp_pair(AF_INET, pair);
    CHECK_TRUE(BindIoCompletionCallback((HANDLE)pair[1], bound, 0));
    start_recv(pair[1], &op.o);
    send_all(pair[0], "12345678", 8);
    CHECK_INT(WaitForSingleObject(op.done, 5000), WAIT_OBJECT_0);
    CHECK_INT(callback_bytes, 8);
}

/* With the mode set, a call that says "done" posts no packet, and one that says "pending" posts exactly one. */
static void skip_on_success(void)
{
    OVERLAPPED o = { 0 }, *got = NULL;
    WSABUF buf = { 3, (char *)"abc" };
    SOCKET pair[2];
    HANDLE port;
    ULONG_PTR key;
    DWORD n, modes = FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE;

    layer_up();
    tcp_pair(AF_INET, pair);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 55, 0);
    CHECK_TRUE(SetFileCompletionNotificationModes((HANDLE)pair[0], modes));
    if (WSASend(pair[0], &buf, 1, &n, 0, &o, NULL))
        check_packet(port, 55, &o, 3);
    else
        CHECK(!GetQueuedCompletionStatus(port, &n, &key, &got, 100) && !got);
}

static void cancel(void)
{
    OVERLAPPED first = { 0 }, second = { 0 }, never = { 0 };
    DWORD n, flags;
    SOCKET pair[2];

    layer_up();
    tcp_pair(AF_INET, pair);
    start_recv(pair[1], &first);
    start_recv(pair[1], &second);
    CHECK_FALSE(CancelIoEx((HANDLE)pair[1], &never), ERROR_NOT_FOUND);
    CHECK_TRUE(CancelIoEx((HANDLE)pair[1], &first));
    CHECK_FALSE(WSAGetOverlappedResult(pair[1], &first, &n, TRUE, &flags), WSA_OPERATION_ABORTED);
    CHECK(!HasOverlappedIoCompleted(&second));
    send_all(pair[0], "ab", 2);
    CHECK_TRUE(WSAGetOverlappedResult(pair[1], &second, &n, TRUE, &flags));
    CHECK_INT(n, 2);
    memset(&first, 0, sizeof first);
    start_recv(pair[1], &first);
    CHECK_TRUE(CancelIo((HANDLE)pair[1]));
    CHECK_FALSE(WSAGetOverlappedResult(pair[1], &first, &n, TRUE, &flags), WSA_OPERATION_ABORTED);
}

/* ---- as a file ---- */

static LONG volatile routine_bytes;

static void CALLBACK file_routine(DWORD err, DWORD bytes, OVERLAPPED *o)
{
    CHECK_INT(err, 0);
    CHECK(o->hEvent == (HANDLE)42);
    InterlockedExchange(&routine_bytes, bytes);
}

/* The kernel's sockets, also beneath a stream layer: then the system itself does all this, and has its own idea of handles. */
static BOOL is_ifs(SOCKET s)
{
    WSAPROTOCOL_INFOW info;
    int n = sizeof info;

    NEED_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &n));
    return (info.dwServiceFlags1 & XP1_IFS_HANDLES) != 0;
}

static void file_functions(void)
{
    HANDLE from, to, self = GetCurrentProcess(), copy;
    OVERLAPPED r = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) }, w = { .hEvent = (HANDLE)42 };
    SOCKET pair[2];
    DWORD n = 0;
    BOOL ifs;

    layer_up();
    tcp_pair(AF_INET, pair);
    ifs = is_ifs(pair[1]);
    from = (HANDLE)pair[0];
    to = (HANDLE)pair[1];
    check_about("without an OVERLAPPED: the call waits");
    CHECK_TRUE(WriteFile(from, "one", 3, &n, NULL));
    CHECK_INT(n, 3);
    CHECK_TRUE(ReadFile(to, buffer, sizeof buffer, &n, NULL));
    CHECK_INT(n, 3);
    CHECK_BYTES(buffer, "one", 3);

    check_about("an event");
    CHECK_FALSE(ReadFile(to, buffer, sizeof buffer, NULL, &r), ERROR_IO_PENDING);
    CHECK_FALSE(GetOverlappedResult(to, &r, &n, FALSE), ERROR_IO_INCOMPLETE);
    CHECK_INT(WaitForSingleObject(r.hEvent, 0), WAIT_TIMEOUT);
    CHECK_TRUE(WriteFile(from, "four", 4, &n, NULL));
    CHECK_TRUE(GetOverlappedResult(to, &r, &n, TRUE));
    CHECK_INT(n, 4);
    CHECK_BYTES(buffer, "four", 4);

    check_about("nothing but the handle to wait for");
    r = (OVERLAPPED){ 0 };
    if (!ifs) /* the system's is not signalled by an operation with an event */
        CHECK_INT(WaitForSingleObject(to, 1000), WAIT_OBJECT_0);
    CHECK_FALSE(ReadFile(to, buffer, sizeof buffer, NULL, &r), ERROR_IO_PENDING);
    CHECK_INT(WaitForSingleObject(to, 30), WAIT_TIMEOUT);
    send_all(pair[0], "seven..", 7);
    CHECK_TRUE(GetOverlappedResult(to, &r, &n, TRUE));
    CHECK_INT(n, 7);
    CHECK_INT(WaitForSingleObject(to, 1000), WAIT_OBJECT_0); /* an operation counts until it has been told */

    check_about("a routine");
    CHECK_TRUE(WriteFileEx(from, "12345", 5, &w, file_routine));
    for (int i = 0; i < 500 && !routine_bytes; i++)
        SleepEx(10, TRUE);
    CHECK_INT(routine_bytes, 5);
    CHECK_INT(recv_all(pair[1], buffer, 5), 5);

    check_about("cancelled");
    r = (OVERLAPPED){ 0 };
    CHECK_FALSE(ReadFile(to, buffer, sizeof buffer, NULL, &r), ERROR_IO_PENDING);
    CHECK_TRUE(CancelIoEx(to, &r));
    CHECK_FALSE(GetOverlappedResult(to, &r, &n, TRUE), ERROR_OPERATION_ABORTED);
    CHECK_FALSE(CancelIoEx(to, &r), ERROR_NOT_FOUND);

    check_about("through a duplicate, which is a file, but a socket only where the system has it");
    NEED(DuplicateHandle(self, to, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    send_all(pair[0], "dup", 3);
    CHECK_TRUE(ReadFile(copy, buffer, sizeof buffer, &n, NULL));
    CHECK_INT(n, 3);
    if (!ifs)
        CHECK_FAILS(recv((SOCKET)copy, buffer, 1, 0), WSAENOTSOCK);
    r = (OVERLAPPED){ 0 };
    CHECK_FALSE(ReadFile(copy, buffer, sizeof buffer, NULL, &r), ERROR_IO_PENDING);
    CHECK_TRUE(CancelIoEx(copy, &r));
    CHECK_TRUE(CloseHandle(copy));

    check_about("a port, and the end of the stream");
    CHECK(CreateIoCompletionPort(to, NULL, 66, 0) != NULL);
    CHECK_FALSE(ReadFileEx(to, buffer, sizeof buffer, &r, file_routine), ERROR_INVALID_PARAMETER);
    CHECK_OK(shutdown(pair[0], SD_SEND));
    n = 7;
    CHECK_TRUE(ReadFile(to, buffer, sizeof buffer, &n, NULL));
    CHECK_INT(n, 0);
    check_about(NULL);
}

/* kernelbase gives times from now on only. */
static DWORD wait_until_now(HANDLE h)
{
    LONG(NTAPI * wait)(HANDLE, BOOLEAN, LARGE_INTEGER *) =
        (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtWaitForSingleObject");
    LARGE_INTEGER until;
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    until.LowPart = now.dwLowDateTime;
    until.HighPart = now.dwHighDateTime;
    return (DWORD)wait(h, FALSE, &until);
}

/* A layer's handle as one of several, with another one of the kind and with what is none. */
static void wait_among_several(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), all[3];
    OVERLAPPED r[2] = { 0 };
    SOCKET a[2], b[2];
    DWORD n;

    layer_up();
    tcp_pair(AF_INET, a);
    tcp_pair(AF_INET, b);
    all[0] = event;
    all[1] = (HANDLE)a[1];
    all[2] = (HANDLE)b[1];
    check_about("nothing is pending");
    CHECK_INT(WaitForMultipleObjects(3, all, FALSE, 1000), WAIT_OBJECT_0 + 1);

    check_about("both are pending");
    CHECK_FALSE(ReadFile(all[1], buffer, 8, NULL, &r[0]), ERROR_IO_PENDING);
    CHECK_FALSE(ReadFile(all[2], buffer + 8, 8, NULL, &r[1]), ERROR_IO_PENDING);
    CHECK_INT(WaitForMultipleObjects(3, all, FALSE, 30), WAIT_TIMEOUT);
    CHECK_INT(WaitForMultipleObjects(3, all, FALSE, 0), WAIT_TIMEOUT);
    SetEvent(event);
    CHECK_INT(WaitForMultipleObjects(3, all, FALSE, 1000), WAIT_OBJECT_0);
    CHECK_INT(WaitForMultipleObjects(3, all, TRUE, 30), WAIT_TIMEOUT);
    ResetEvent(event);

    check_about("one has ended");
    send_all(b[0], "b", 1);
    CHECK_INT(WaitForMultipleObjects(3, all, FALSE, 10000), WAIT_OBJECT_0 + 2);
    CHECK_TRUE(GetOverlappedResult(all[2], &r[1], &n, FALSE));
    CHECK_INT(n, 1);
    CHECK_INT(WaitForMultipleObjects(2, all, FALSE, 30), WAIT_TIMEOUT);
    SetEvent(event);
    CHECK_INT(WaitForMultipleObjects(3, all, TRUE, 30), WAIT_TIMEOUT);

    check_about("all have");
    send_all(a[0], "aa", 2);
    CHECK_INT(WaitForMultipleObjects(3, all, TRUE, 10000), WAIT_OBJECT_0);
    CHECK_TRUE(GetOverlappedResult(all[1], &r[0], &n, FALSE));
    CHECK_INT(n, 2);

    check_about("until a time of the clock");
    CHECK_FALSE(ReadFile(all[1], buffer, 8, NULL, &r[0]), ERROR_IO_PENDING);
    CHECK_INT(wait_until_now(all[1]), WAIT_TIMEOUT);
    CHECK_TRUE(CancelIoEx(all[1], &r[0]));
    CHECK_FALSE(GetOverlappedResult(all[1], &r[0], &n, TRUE), ERROR_OPERATION_ABORTED);
    check_about(NULL);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(closesocket(a[i]));
        CHECK_OK(closesocket(b[i]));
    }
    CloseHandle(event);
}

/* CloseHandle instead of closesocket: what is pending ends, the other side sees it, and the value is no socket any more. */
static void close_handle(void)
{
    OVERLAPPED o = { .hEvent = CreateEventA(NULL, TRUE, FALSE, NULL) };
    SOCKET pair[2];

    layer_up();
    tcp_pair(AF_INET, pair);
    start_recv(pair[0], &o);
    CHECK_TRUE(CloseHandle((HANDLE)pair[0]));
    CHECK_INT(WaitForSingleObject(o.hEvent, 5000), WAIT_OBJECT_0);
    CHECK(HasOverlappedIoCompleted(&o) && o.Internal);
    CHECK_RET(recv(pair[1], buffer, 1, 0), 0);
    CHECK_FAILS(recv(pair[0], buffer, 1, 0), WSAENOTSOCK);
    CHECK_OK(closesocket(pair[1]));
    CHECK_FALSE(CloseHandle((HANDLE)pair[1]), ERROR_INVALID_HANDLE);
}

/* The sockets beneath are handles of the process, too: once they are closed, their values are no sockets to anybody. */
static void handles_beneath(void)
{
    SOCKET base[32], s;
    HANDLE file[64];
    DWORD n;

    layer_up();
    for (int i = 0; i < COUNT(base); i++) {
        s = tcp_new(AF_INET);
        NEED_OK(WSAIoctl(s, SIO_BASE_HANDLE, NULL, 0, &base[i], sizeof *base, &n, NULL, NULL));
        CHECK(base[i] != s);
        CHECK_OK(closesocket(s));
        CHECK_FAILS(recv(base[i], buffer, 1, 0), WSAENOTSOCK);
    }
    for (int i = 0; i < COUNT(file); i++)
        file[i] = CreateEventA(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < COUNT(base); i++)
        CHECK_FAILS(listen(base[i], 1), WSAENOTSOCK);
    for (int i = 0; i < COUNT(file); i++)
        CHECK_TRUE(CloseHandle(file[i]));
}

static void inherited_by_a_child(void)
{
    char args[64];
    SOCKET s;

    layer_up();
    s = tcp_new(AF_INET);
    NEED(SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT));
    sprintf(args, "inherit %llx", (unsigned long long)s);
    CHECK_INT(child_wait(child_start(args, TRUE)), 0);
    SetEnvironmentVariableA("WS2KIT_LAYERS", NULL);
    CHECK_INT(child_wait(child_start(args, TRUE)), 0);
    CHECK_FAILS(recv(s, buffer, 1, 0), WSAENOTCONN); /* here it still is one */
    CHECK_OK(closesocket(s));
}

/* ---- files through a layer that transforms ---- */

enum { FILE_BYTES = 6000000 };

static HANDLE new_file(void)
{
    char dir[MAX_PATH], name[MAX_PATH], *data = malloc(FILE_BYTES);
    HANDLE file;
    DWORD n;

    pattern_fill(data, FILE_BYTES, 9);
    NEED(GetTempPathA(sizeof dir, dir) && GetTempFileNameA(dir, "wsn", 0, name));
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    NEED(file != INVALID_HANDLE_VALUE);
    NEED(WriteFile(file, data, FILE_BYTES, &n, NULL) && n == FILE_BYTES);
    free(data);
    return file;
}

static void start_transmit(SOCKET s, HANDLE file, OVERLAPPED *o)
{
    LPFN_TRANSMITFILE transmit = extension(s, (GUID)WSAID_TRANSMITFILE);

    CHECK_FALSE(transmit(s, file, 0, 0, o, NULL, 0), WSA_IO_PENDING);
}

static void start_send(SOCKET s, const char *text, OVERLAPPED *o)
{
    WSABUF buf = { (ULONG)strlen(text), (char *)text };

    CHECK_FAILS(WSASend(s, &buf, 1, NULL, 0, (WSAOVERLAPPED *)o, NULL), WSA_IO_PENDING);
}

static char *arrived;

static DWORD WINAPI read_file_bytes(void *s)
{
    arrived = malloc(2 * FILE_BYTES + 100);
    return recv_all((SOCKET)s, arrived, 2 * FILE_BYTES + 100);
}

/* Two files and what the program sends between and after them, all started before anything is read. */
static void files_and_sends_in_order(void)
{
    HANDLE file = new_file(), port, reader;
    OVERLAPPED o[5] = { { 0 } };
    char *whole = malloc(FILE_BYTES), *at;
    SOCKET pair[2];

    layer_up();
    tcp_pair(AF_INET, pair);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 5, 0);
    start_transmit(pair[0], file, &o[0]);
    start_send(pair[0], "one", &o[1]);
    start_send(pair[0], "two", &o[2]);
    start_transmit(pair[0], file, &o[3]);
    start_send(pair[0], "three", &o[4]);
    reader = thread_start(read_file_bytes, (void *)pair[1]);
    send_all(pair[0], "and at last", 11);
    for (int i = 0; i < COUNT(o); i++) {
        OVERLAPPED *got = NULL;
        ULONG_PTR key = 0;
        DWORD n = 0;

        CHECK_TRUE(GetQueuedCompletionStatus(port, &n, &key, &got, 10000));
        CHECK_INT(got - o, i);
        CHECK_INT(n, i == 1 || i == 2 ? 3 : i == 4 ? 5 : FILE_BYTES);
    }
    CHECK_OK(shutdown(pair[0], SD_SEND));
    CHECK_INT(thread_join(reader), 2 * FILE_BYTES + 3 + 3 + 5 + 11);
    pattern_fill(whole, FILE_BYTES, 9);
    at = arrived;
    CHECK_BYTES(at, whole, FILE_BYTES);
    CHECK_BYTES(at += FILE_BYTES, "onetwo", 6);
    CHECK_BYTES(at += 6, whole, FILE_BYTES);
    CHECK_BYTES(at + FILE_BYTES, "threeand at last", 16);
}

static void file_cancelled(void)
{
    OVERLAPPED file_op = { 0 }, waiting = { 0 }, left[2] = { { 0 } };
    HANDLE file = new_file();
    DWORD n, flags;
    SOCKET pair[2];

    layer_up();
    tcp_pair(AF_INET, pair);
    start_transmit(pair[0], file, &file_op);
    start_send(pair[0], "x", &waiting);
    start_send(pair[0], "y", &left[0]);
    CHECK_TRUE(CancelIoEx((HANDLE)pair[0], &waiting));
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], (WSAOVERLAPPED *)&waiting, &n, TRUE, &flags), WSA_OPERATION_ABORTED);
    CHECK(!HasOverlappedIoCompleted(&file_op));
    CHECK_TRUE(CancelIoEx((HANDLE)pair[0], &file_op));
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], (WSAOVERLAPPED *)&file_op, &n, TRUE, &flags), WSA_OPERATION_ABORTED);
    CHECK_INT(n % 65536, 0);
    start_transmit(pair[0], file, &left[1]); /* behind what fills the connection */
    CHECK_OK(closesocket(pair[0]));
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 500 && !HasOverlappedIoCompleted(&left[i]); k++)
            Sleep(10);
    CHECK(HasOverlappedIoCompleted(&left[0]));
    CHECK(HasOverlappedIoCompleted(&left[1]) && left[1].Internal);
    CHECK_OK(closesocket(pair[1]));
}

/* ---- under load ---- */

struct op {
    OVERLAPPED o;
    LONG volatile done;
    DWORD bytes, err, nth;
    ULONG64 record;
};

struct load {
    SOCKET pair[2];
    int style; /* 0 port, 1 event, 2 routine */
    HANDLE event[DEPTH];
    struct op in[DEPTH];
    DWORD ended; /* packets or routines of this round, which come in the order of the calls */
};

static void CALLBACK load_routine(DWORD err, DWORD bytes, OVERLAPPED *o, DWORD flags)
{
    struct op *op = (struct op *)o;

    (void)flags;
    op->err = err;
    op->bytes = bytes;
    op->done++;
}

static void load_start(struct load *l, int i)
{
    struct op *op = &l->in[i];
    WSABUF buf = { sizeof op->record, (char *)&op->record };
    DWORD flags = 0;

    memset(op, 0, sizeof *op);
    op->nth = i;
    op->o.hEvent = l->style == 1 ? l->event[i] : NULL;
    NEED(!WSARecv(l->pair[1], &buf, 1, NULL, &flags, &op->o, l->style == 2 ? load_routine : NULL) ||
         WSAGetLastError() == WSA_IO_PENDING);
}

static void load_take(HANDLE port, struct load *all)
{
    OVERLAPPED *o = NULL;
    ULONG_PTR key;
    DWORD n;

    NEED(GetQueuedCompletionStatus(port, &n, &key, &o, 20000));
    NEED(key < PAIRS);
    ((struct op *)o)->bytes = n;
    ((struct op *)o)->done++;
    CHECK_INT(((struct op *)o)->nth, all[key].ended++);
}

static DWORD WINAPI load_thread(void *arg)
{
    struct load *all = calloc(PAIRS, sizeof *all);
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    int pairs = PAIRS / THREADS, on_port = 0;
    ULONG64 next = (ULONG64)(ULONG_PTR)arg << 32;

    for (int p = 0; p < pairs; p++) {
        tcp_pair(AF_INET, all[p].pair);
        all[p].style = p % 3;
        for (int i = 0; i < DEPTH; i++)
            all[p].event[i] = WSACreateEvent();
        if (!all[p].style)
            NEED(CreateIoCompletionPort((HANDLE)all[p].pair[1], port, p, 0));
        on_port += !all[p].style;
    }
    for (int round = 0; round < ROUNDS; round++, next += DEPTH) {
        for (int p = 0; p < pairs; p++) {
            all[p].ended = 0;
            for (int i = 0; i < DEPTH; i++)
                load_start(&all[p], i);
        }
        for (int p = 0; p < pairs; p++)
            for (ULONG64 i = next; i < next + DEPTH; i++)
                send_all(all[p].pair[0], &i, sizeof i);
        for (int i = 0; i < on_port * DEPTH; i++)
            load_take(port, all);
        for (int p = 0; p < pairs; p++)
            for (int i = 0; i < DEPTH; i++) {
                struct op *op = &all[p].in[i];

                if (all[p].style == 1) {
                    NEED(WaitForSingleObject(all[p].event[i], 20000) == WAIT_OBJECT_0);
                    op->bytes = (DWORD)op->o.InternalHigh;
                    op->done++;
                }
                while (!op->done)
                    SleepEx(20, TRUE);
                CHECK_INT(op->done, 1);
                CHECK_INT(op->err, 0);
                CHECK_INT(op->bytes, sizeof op->record);
                CHECK(op->record == next + i);
            }
    }
    for (int p = 0; p < pairs; p++) {
        CHECK_OK(closesocket(all[p].pair[0]));
        CHECK_OK(closesocket(all[p].pair[1]));
    }
    return 0;
}

static void load(void)
{
    HANDLE thread[THREADS];

    layer_up();
    for (ULONG_PTR t = 0; t < THREADS; t++)
        thread[t] = thread_start(load_thread, (void *)(t + 1));
    for (int t = 0; t < THREADS; t++)
        thread_join(thread[t]);
}

/*
 * Receives that are cancelled, overtaken by data, or lose their socket, in no order: whatever happened, each started
 * operation ends exactly once. The sockets are closed before their packets are counted.
 */
static DWORD WINAPI torn_thread(void *arg)
{
    enum { LIVES = 60, OPS = 12 };
    unsigned random = 12345u * (unsigned)(ULONG_PTR)arg;
    struct op *op = calloc(OPS, sizeof *op);

    for (int life = 0; life < LIVES; life++) {
        HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
        int started = 0, ended = 0;
        SOCKET pair[2];

        tcp_pair(AF_INET, pair);
        NEED(CreateIoCompletionPort((HANDLE)pair[1], port, life, 0));
        memset(op, 0, OPS * sizeof *op);
        while (started < OPS) {
            WSABUF buf = { sizeof op->record, (char *)&op[started].record };
            DWORD flags = 0;

            random = random * 1103515245 + 12345;
            NEED(!WSARecv(pair[1], &buf, 1, NULL, &flags, &op[started].o, NULL) ||
                 WSAGetLastError() == WSA_IO_PENDING);
            started++;
            switch (random >> 16 & 3) {
            case 0:
                send_all(pair[0], "12345678", 8);
                break;
            case 1:
                CancelIoEx((HANDLE)pair[1], &op[(random >> 20) % started].o);
                break;
            case 2:
                if (random >> 28 == 0)
                    CancelIo((HANDLE)pair[1]);
            }
        }
        CHECK_OK(closesocket(pair[random >> 18 & 1]));
        CHECK_OK(closesocket(pair[!(random >> 18 & 1)]));
        while (ended < started) {
            OVERLAPPED *o = NULL;
            ULONG_PTR key;
            DWORD n = 0;
            BOOL done = GetQueuedCompletionStatus(port, &n, &key, &o, 20000);

            NEED(o);
            ended++;
            CHECK_INT(key, life);
            CHECK_INT(++((struct op *)o)->done, 1);
            CHECK(done ? n == 8 || n == 0 : n == 0);
            CHECK_INT(o->InternalHigh, n);
        }
        CHECK(!GetQueuedCompletionStatus(port, &(DWORD){ 0 }, &(ULONG_PTR){ 0 }, &(OVERLAPPED *){ NULL }, 20));
        CHECK_TRUE(CloseHandle(port));
    }
    free(op);
    return 0;
}

static void cancelled_and_closed(void)
{
    HANDLE thread[THREADS];

    layer_up();
    for (ULONG_PTR t = 0; t < THREADS; t++)
        thread[t] = thread_start(torn_thread, (void *)(t + 1));
    for (int t = 0; t < THREADS; t++)
        thread_join(thread[t]);
}

const struct test_case test_cases[] = {
    { "said-to-be-non-ifs", said_to_be_non_ifs, .unstarted = 1 },
    { "known-by-name", known_by_name, .unstarted = 1 },
    { "bytes-on-the-wire", bytes_on_the_wire, .unstarted = 1 },
    { "polling", polling, .unstarted = 1 },
    { "port-before-and-after-connecting", port_before_and_after_connecting, .unstarted = 1 },
    { "port-by-duplicate", port_by_duplicate, .unstarted = 1 },
    { "event-and-low-bit", event_and_low_bit, .unstarted = 1 },
    { "bind-io-completion-callback", bind_io_completion_callback, .unstarted = 1 },
    { "skip-on-success", skip_on_success, .unstarted = 1 },
    { "cancel", cancel, .unstarted = 1 },
    { "file-functions", file_functions, .unstarted = 1 },
    { "wait-among-several", wait_among_several, .unstarted = 1 },
    { "close-handle", close_handle, .unstarted = 1 },
    { "handles-beneath", handles_beneath, .unstarted = 1 },
    { "inherited-by-a-child", inherited_by_a_child, .unstarted = 1 },
    { "files-and-sends-in-order", files_and_sends_in_order, .unstarted = 1 },
    { "file-cancelled", file_cancelled, .unstarted = 1 },
    { "load", load, .unstarted = 1 },
    { "cancelled-and-closed", cancelled_and_closed, .unstarted = 1 },
    { 0 },
};
