/* SPDX-License-Identifier: MIT */
/*
 * Completion ports that are served in the process (providers/tcpip/port.h): a case for each point where that could be
 * told from the kernel's own. They hold without the Unix half as well.
 */
#include "packets.h"

#include <string.h>

/* ---- who waits ---- */

struct waiter {
    HANDLE port;
    DWORD ms;
    int err;
    DWORD code, bytes;
    OVERLAPPED *ov;
};

static DWORD WINAPI wait_for_packet(void *arg)
{
    struct waiter *w = arg;
    ULONG_PTR key;

    w->err = packet(w->port, &w->ov, &w->bytes, &key, w->ms);
    w->code = GetLastError();
    return 0;
}

/* Threads that sleep before there is a socket in the process, and before the first one is tied, are found as well. */
static void asleep_before(void)
{
    enum { SLEEPERS = 3 };
    struct waiter w[SLEEPERS];
    HANDLE thread[SLEEPERS], port = port_new();
    struct op op[SLEEPERS];
    SOCKET pair[2];

    for (int i = 0; i < SLEEPERS; i++) {
        w[i] = (struct waiter){ .port = port, .ms = 10000 };
        thread[i] = thread_start(wait_for_packet, &w[i]);
    }
    Sleep(100);
    tcp_pair(AF_INET, pair);
    tie(pair[1], port, KEY);
    for (int i = 0; i < SLEEPERS; i++) {
        WSABUF buf = { 4, op[i].data }; /* so that each message has one of its own, however late it is taken */

        memset(&op[i], 0, sizeof op[i]);
        CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op[i].flags, &op[i].ov, NULL), WSA_IO_PENDING);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        send_all(pair[0], "abcd", 4);
        Sleep(20);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        thread_join(thread[i]);
        CHECK_INT(w[i].err, 0);
        CHECK_INT(w[i].bytes, 4);
    }
    want_none(port);
}

static void CALLBACK apc(ULONG_PTR arg)
{
    ++*(int *)arg;
}

/* Somebody waits alertably: user APCs run, and the receives that were there are carried out. */
static void alertable(void)
{
    OVERLAPPED_ENTRY entry;
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op[2];
    ULONG got = 0;
    int ran = 0;

    pend_recv(pair[1], &op[0]);
    pend_recv(pair[1], &op[1]);
    PostQueuedCompletionStatus(port, 5, KEY, &op[1].ov);
    want_packet(port, &op[1].ov, 5, 0);
    QueueUserAPC(apc, GetCurrentThread(), (ULONG_PTR)&ran);
    CHECK_INT(GetQueuedCompletionStatusEx(port, &entry, 1, &got, 5000, TRUE), FALSE);
    CHECK_INT(GetLastError(), WAIT_IO_COMPLETION);
    CHECK_INT(ran, 1);
    send_all(pair[0], "x", 1);
    CHECK_TRUE(GetQueuedCompletionStatusEx(port, &entry, 1, &got, 5000, TRUE));
    CHECK_INT(entry.lpOverlapped, &op[0].ov);
    send_all(pair[0], "yz", 2);
    want_packet(port, &op[1].ov, 2, 0);
}

/* Nobody waits for the port; the program looks at the OVERLAPPED. */
static void nobody_waits(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    DWORD bytes, flags;

    pend_recv(pair[1], &op);
    send_all(pair[0], "abc", 3);
    for (int i = 0; i < 500 && !HasOverlappedIoCompleted(&op.ov); i++)
        Sleep(10);
    CHECK(HasOverlappedIoCompleted(&op.ov));
    CHECK_BYTES(op.data, "abc", 3);
    want_packet(port, &op.ov, 3, 0);

    pend_recv(pair[1], &op);
    send_all(pair[0], "de", 2);
    CHECK_TRUE(WSAGetOverlappedResult(pair[1], &op.ov, &bytes, TRUE, &flags));
    CHECK_INT(bytes, 2);
    want_packet(port, &op.ov, 2, 0);
    want_none(port);
}

static DWORD WINAPI take_one(void *port)
{
    ULONG_PTR key;
    OVERLAPPED *ov;
    DWORD bytes;

    return GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE);
}

/* The only one who waited for the port when the receive began to wait has gone before its data come. */
static void waiter_leaves(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair), waiter;
    struct op op;

    waiter = thread_start(take_one, port);
    Sleep(100); /* should it not wait yet, this is nobody-waits */
    pend_recv(pair[1], &op);
    CHECK_TRUE(PostQueuedCompletionStatus(port, 1, 2, NULL));
    CHECK_INT(thread_join(waiter), 1);
    send_all(pair[0], "abc", 3);
    for (int i = 0; i < 500 && !HasOverlappedIoCompleted(&op.ov); i++)
        Sleep(10);
    CHECK(HasOverlappedIoCompleted(&op.ov));
    want_packet(port, &op.ov, 3, 0);
    want_none(port);
}

/*
 * Data come in the middle of WSARecv, when it has found nothing and has not queued the receive yet: whoever waits for the port and is
 * told of them must not take them for nobody's. The middle is where WSARecv writes to the OVERLAPPED, whose page does not let it.
 */
static struct {
    OVERLAPPED *ov;
    SOCKET peer;
    LONG volatile met;
} middle;

static LONG CALLBACK in_the_middle(EXCEPTION_POINTERS *e)
{
    const EXCEPTION_RECORD *r = e->ExceptionRecord;
    DWORD old;

    if (r->ExceptionCode != EXCEPTION_ACCESS_VIOLATION ||
        r->ExceptionInformation[1] - (ULONG_PTR)middle.ov >= sizeof *middle.ov)
        return EXCEPTION_CONTINUE_SEARCH;
    if (!InterlockedExchange(&middle.met, 1)) {
        send_all(middle.peer, "abc", 3);
        Sleep(100); /* whoever is told too early is told now */
    }
    VirtualProtect(middle.ov, sizeof *middle.ov, PAGE_READWRITE, &old);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void data_meet_receive(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair), thread;
    struct waiter w = { .port = port, .ms = 5000 };
    char data[8] = { 0 };
    WSABUF buf = { sizeof data, data };
    DWORD flags = 0, old;
    struct op op;

    /* The first receive begins the watch, which would tell of what is there already. */
    pend_recv(pair[1], &op);
    send_all(pair[0], "x", 1);
    want_packet(port, &op.ov, 1, 0);

    middle.ov = VirtualAlloc(NULL, sizeof *middle.ov, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    middle.peer = pair[0];
    NEED(middle.ov && AddVectoredExceptionHandler(1, in_the_middle));
    thread = thread_start(wait_for_packet, &w);
    Sleep(50); /* so that it waits; if it does not yet, it will find the packet */
    NEED(VirtualProtect(middle.ov, sizeof *middle.ov, PAGE_READONLY, &old));
    CHECK(!WSARecv(pair[1], &buf, 1, NULL, &flags, middle.ov, NULL) || WSAGetLastError() == WSA_IO_PENDING);
    CHECK_INT(middle.met, 1);
    thread_join(thread);
    CHECK_INT(w.err, 0);
    CHECK_INT(w.ov, middle.ov);
    CHECK_INT(w.bytes, 3);
    CHECK_BYTES(data, "abc", 3);
}

/* The thread that started a receive is gone when the data come. */
struct start {
    SOCKET s;
    struct op *op;
};

static DWORD WINAPI start_and_end(void *arg)
{
    struct start *start = arg;

    pend_recv(start->s, start->op);
    return 0;
}

static void thread_gone(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    struct start start = { pair[1], &op };

    thread_join(thread_start(start_and_end, &start));
    send_all(pair[0], "abc", 3);
    want_packet(port, &op.ov, 3, 0);
}

static void timeouts(void)
{
    OVERLAPPED_ENTRY entry[2];
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    struct op op;
    ULONGLONG start;
    ULONG got = 9;

    pend_recv(pair[1], &op);
    start = GetTickCount64();
    want_none(port);
    CHECK_INT(GetQueuedCompletionStatusEx(port, entry, 2, &got, 100, FALSE), FALSE);
    CHECK_INT(GetLastError(), WAIT_TIMEOUT);
    CHECK(GetTickCount64() - start >= 100);
    CHECK_INT(GetQueuedCompletionStatusEx(port, entry, 2, &got, 0, FALSE), FALSE);
    send_all(pair[0], "abc", 3);
    PostQueuedCompletionStatus(port, 1, 2, NULL);
    Sleep(50);
    got = 0;
    CHECK_TRUE(GetQueuedCompletionStatusEx(port, entry, 2, &got, 0, FALSE));
    if (got == 1)
        CHECK_TRUE(GetQueuedCompletionStatusEx(port, entry, 2, &got, 1000, FALSE));
    want_none(port);
}

/* ---- other packets ---- */

static HANDLE tied_file(HANDLE port)
{
    char name[MAX_PATH];
    HANDLE file;

    NEED(GetTempPathA(MAX_PATH - 14, name));
    NEED(GetTempFileNameA(name, "ws2", 0, name));
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                       FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    NEED(file != INVALID_HANDLE_VALUE);
    NEED(CreateIoCompletionPort(file, port, 9, 0) == port);
    return file;
}

static void check_file(HANDLE port, HANDLE file)
{
    OVERLAPPED at, *got;
    ULONG_PTR key;
    DWORD n;
    char byte;

    for (int i = 0; i < 50; i++) {
        memset(&at, 0, sizeof at);
        CHECK(WriteFile(file, "x", 1, NULL, &at) || GetLastError() == ERROR_IO_PENDING);
        CHECK_INT(packet(port, &got, &n, &key, HasOverlappedIoCompleted(&at) ? 0 : 5000), 0);
        CHECK_INT(got, &at);
        CHECK_INT(key, 9);
        memset(&at, 0, sizeof at);
        CHECK(ReadFile(file, &byte, 1, NULL, &at) || GetLastError() == ERROR_IO_PENDING);
        CHECK_INT(packet(port, &got, &n, &key, 5000), 0);
        CHECK_INT(got, &at);
    }
}

/* A file on the same port: what it posts is there at once, for a look without waiting, too. */
static void other_handles(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair), file = tied_file(port);
    struct op op;

    pend_recv(pair[1], &op);
    check_file(port, file);
    send_all(pair[0], "abc", 3);
    want_packet(port, &op.ov, 3, 0);
    CloseHandle(file);
}

/* The same, of a file that was there before the first socket. */
static void other_handles_before(void)
{
    HANDLE port = port_new(), file = tied_file(port);
    SOCKET pair[2];
    struct op op;

    tcp_pair(AF_INET, pair);
    tie(pair[1], port, KEY);
    pend_recv(pair[1], &op);
    check_file(port, file);
    send_all(pair[0], "abc", 3);
    want_packet(port, &op.ov, 3, 0);
    CloseHandle(file);
}

/* What the device has done, as its event says, is there for a look without waiting, however soon after another look. */
static void looks_find_all(void)
{
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);

    for (int i = 0; i < 100; i++) {
        OVERLAPPED *got;
        ULONG_PTR key;
        struct op op;
        WSABUF buf = { sizeof op.data, op.data };
        DWORD n;

        memset(&op, 0, sizeof op);
        op.ov.hEvent = event;
        CHECK_FAILS(WSARecv(pair[1], &buf, 1, NULL, &op.flags, &op.ov, NULL), WSA_IO_PENDING);
        CHECK_INT(packet(port, &got, &n, &key, 0), -1);
        send_all(pair[0], "a", 1);
        NEED(WaitForSingleObject(event, 5000) == WAIT_OBJECT_0);
        NEED(!packet(port, &got, &n, &key, 0));
        CHECK_INT(got, &op.ov);
    }
}

/* Accepts and connects are the kernel's; their packets come to the same place. */
static void accept_and_connect(void)
{
    LPFN_ACCEPTEX accept_ex;
    LPFN_CONNECTEX connect_ex;
    char names[2][2 * (sizeof(union addr) + 16)];
    HANDLE port = port_new();
    union addr at, any = loopback(AF_INET, 0);
    SOCKET listener = tcp_listen(AF_INET, &at), acceptor[2], client[2];
    OVERLAPPED ov[4];
    struct op op;
    int came = 0;

    memset(ov, 0, sizeof ov);
    accept_ex = extension(listener, (GUID)WSAID_ACCEPTEX);
    tie(listener, port, KEY);
    for (int i = 0; i < 2; i++) {
        DWORD n;

        acceptor[i] = tcp_new(AF_INET);
        CHECK_FALSE(accept_ex(listener, acceptor[i], names[i], 0, sizeof(union addr) + 16,
                              sizeof(union addr) + 16, &n, &ov[i]),
                    WSA_IO_PENDING);
    }
    for (int i = 0; i < 2; i++) {
        DWORD n;

        client[i] = tcp_new(AF_INET);
        connect_ex = extension(client[i], (GUID)WSAID_CONNECTEX);
        NEED_OK(bind(client[i], &any.sa, addr_len(AF_INET)));
        tie(client[i], port, KEY);
        CHECK(connect_ex(client[i], &at.sa, addr_len(AF_INET), NULL, 0, &n, &ov[2 + i]) ||
              WSAGetLastError() == WSA_IO_PENDING);
    }
    for (int i = 0; i < 4; i++) {
        OVERLAPPED *got;
        ULONG_PTR key;
        DWORD n;

        /* For ever, for the end of a wait is a look at the kernel, too; the watchdog ends this. */
        CHECK_INT(packet(port, &got, &n, &key, INFINITE), 0);
        if (got >= ov && got < ov + 4)
            came |= 1 << (got - ov);
    }
    CHECK_INT(came, 15);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(setsockopt(client[i], SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
        CHECK_OK(setsockopt(acceptor[i], SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener));
        tie(acceptor[i], port, KEY);
    }
    /* The two may have met crosswise. */
    pend_recv(acceptor[0], &op);
    send_all(client[0], "ab", 2);
    send_all(client[1], "ab", 2);
    want_packet(port, &op.ov, 2, 0);
    want_none(port);
}

/* ---- ending ---- */

/* Two receives that were ended, the first of them `op`; Wine's kernel ends the last one first. */
static void want_two_aborted(HANDLE port, struct op *op)
{
    int seen = 0;

    for (int i = 0; i < 2; i++) {
        OVERLAPPED *got;
        ULONG_PTR key = 0;
        DWORD n;
        int err = packet(port, &got, &n, &key, 5000);

        CHECK(err > 0);
        CHECK_INT(n, 0);
        seen |= got == &op[0].ov ? 1 : got == &op[1].ov ? 2 : 4;
    }
    CHECK_INT(seen, 3);
}

static DWORD WINAPI pend_elsewhere(void *arg)
{
    struct start *start = arg;

    pend_recv(start->s, start->op);
    Sleep(INFINITE);
    return 0;
}

static void cancelling(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair), thread;
    struct op op[4];
    struct start start = { pair[1], &op[3] };

    for (int i = 0; i < 3; i++)
        pend_recv(pair[1], &op[i]);
    CHECK_TRUE(CancelIoEx((HANDLE)pair[1], &op[1].ov));
    want_packet(port, &op[1].ov, 0, ERROR_OPERATION_ABORTED);
    CHECK_FALSE(CancelIoEx((HANDLE)pair[1], &op[1].ov), ERROR_NOT_FOUND);
    send_all(pair[0], "a", 1);
    want_packet(port, &op[0].ov, 1, 0);

    /* CancelIo ends those of this thread. */
    thread = thread_start(pend_elsewhere, &start);
    while (op[3].ov.Internal != STATUS_PENDING)
        Sleep(1);
    CHECK_TRUE(CancelIo((HANDLE)pair[1]));
    want_packet(port, &op[2].ov, 0, ERROR_OPERATION_ABORTED);
    want_none(port);
    send_all(pair[0], "bc", 2);
    want_packet(port, &op[3].ov, 2, 0);
    pend_recv(pair[1], &op[0]);
    pend_recv(pair[1], &op[1]);
    CHECK_TRUE(CancelIoEx((HANDLE)pair[1], NULL));
    want_two_aborted(port, op);
    want_none(port);
    TerminateThread(thread, 0);
}

/* closesocket and CloseHandle end what waits, once, and the connection. */
static void closing(void)
{
    for (int i = 0; i < 2; i++) {
        SOCKET pair[2];
        HANDLE port = tied_pair(pair);
        struct op op[2];
        char c;

        check_about(i ? "CloseHandle" : "closesocket");
        pend_recv(pair[1], &op[0]);
        pend_recv(pair[1], &op[1]);
        if (i)
            CHECK_TRUE(CloseHandle((HANDLE)pair[1]));
        else
            CHECK_OK(closesocket(pair[1]));
        want_two_aborted(port, op);
        CHECK(wait_readable(pair[0]));
        CHECK_RET(recv(pair[0], &c, 1, 0), 0);
        want_none(port);
        CHECK_FAILS(send(pair[1], "x", 1, 0), WSAENOTSOCK);
    }
}

/*
 * Whether ports are served in the process: the provider has its Unix half (wine-host.md: the question it asks itself), and has not been
 * told to do without.
 */
static int served_here(void)
{
    typedef LONG(NTAPI * query_fn)(HANDLE, LPCVOID, int, PVOID, SIZE_T, SIZE_T *);
    query_fn query = (query_fn)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryVirtualMemory");
    HMODULE provider = GetModuleHandleA("ws2tcpip.dll");
    ULONGLONG half = 0;
    char off[4];

    return query && provider && !query(GetCurrentProcess(), provider, 1000, &half, sizeof half, NULL) && half &&
           !(GetEnvironmentVariableA("WS2KIT_UNIX", off, sizeof off) == 1 && *off == '0');
}

/* The port is closed under those who wait for it. Wine's own leaves them there. One that comes too late has no port to wait for. */
static void closed_port(void)
{
    enum { WAITERS = 3 };
    SOCKET pair[2];
    HANDLE port = tied_pair(pair), thread[WAITERS];
    struct waiter w[WAITERS];
    struct op op;

    pend_recv(pair[1], &op);
    for (int i = 0; i < WAITERS; i++) {
        w[i] = (struct waiter){ .port = port, .ms = served_here() ? INFINITE : 300 };
        thread[i] = thread_start(wait_for_packet, &w[i]);
    }
    Sleep(100);
    CHECK_TRUE(CloseHandle(port));
    for (int i = 0; i < WAITERS; i++) {
        NEED(WaitForSingleObject(thread[i], 10000) == WAIT_OBJECT_0);
        CHECK_INT(w[i].ov, NULL);
        if (w[i].code == ERROR_INVALID_HANDLE)
            note("waiter %d came too late", i);
        else if (served_here())
            CHECK_INT(w[i].code, ERROR_ABANDONED_WAIT_0);
        else
            CHECK_DIFFERS(w[i].code, ERROR_ABANDONED_WAIT_0, WAIT_TIMEOUT);
    }
    /* What waits goes on without anybody to be told. */
    send_all(pair[0], "abc", 3);
    for (int i = 0; i < 500 && !HasOverlappedIoCompleted(&op.ov); i++)
        Sleep(10);
    CHECK_INT(op.ov.InternalHigh, 3);
    CHECK_BYTES(op.data, "abc", 3);
}

/* A second handle of the port; and one that a child might get. */
static void duplicated_port(void)
{
    for (int i = 0; i < 2; i++) {
        SOCKET pair[2];
        HANDLE self = GetCurrentProcess(), port = tied_pair(pair), second;
        struct op op[2];

        check_about(i ? "inheritable" : "private");
        pend_recv(pair[1], &op[0]);
        PostQueuedCompletionStatus(port, 7, KEY, &op[1].ov);
        NEED(DuplicateHandle(self, port, self, &second, 0, i, DUPLICATE_SAME_ACCESS));
        want_packet(second, &op[1].ov, 7, 0);
        send_all(pair[0], "a", 1);
        want_packet(second, &op[0].ov, 1, 0);
        CHECK_TRUE(CloseHandle(port));
        pend_recv(pair[1], &op[0]);
        send_all(pair[0], "bc", 2);
        want_packet(second, &op[0].ov, 2, 0);
        CloseHandle(second);
    }
}

/* The socket gets a second handle while a receive waits. */
static void duplicated_socket(void)
{
    SOCKET pair[2];
    HANDLE self = GetCurrentProcess(), port = tied_pair(pair), second;
    struct op op;
    WSABUF buf = { 1, "x" };
    DWORD n;

    pend_recv(pair[1], &op);
    NEED(DuplicateHandle(self, (HANDLE)pair[1], self, &second, 0, FALSE, DUPLICATE_SAME_ACCESS));
    send_all(pair[0], "a", 1);
    want_packet(port, &op.ov, 1, 0);
    memset(&op, 0, sizeof op);
    CHECK_OK(WSASend((SOCKET)second, &buf, 1, &n, 0, &op.ov, NULL));
    want_packet(port, &op.ov, 1, 0);
    CHECK_OK(closesocket((SOCKET)second));
    pend_recv(pair[1], &op);
    send_all(pair[0], "bc", 2);
    want_packet(port, &op.ov, 2, 0);
}

/* A second handle, or socket, of the same: what comes belongs to the receive that waited before it was made. */
static SOCKET second_by_handle(SOCKET s)
{
    HANDLE self = GetCurrentProcess(), second;

    NEED(DuplicateHandle(self, (HANDLE)s, self, &second, 0, FALSE, DUPLICATE_SAME_ACCESS));
    return (SOCKET)second;
}

static SOCKET second_by_socket(SOCKET s)
{
    WSAPROTOCOL_INFOW info;
    SOCKET second;

    NEED_OK(WSADuplicateSocketW(s, GetCurrentProcessId(), &info));
    second = WSASocketW(-1, -1, -1, &info, 0, WSA_FLAG_OVERLAPPED);
    NEED(second != INVALID_SOCKET);
    return second;
}

static void waiting_before_second(void)
{
    for (int i = 0; i < 20; i++) {
        SOCKET pair[2], second;
        HANDLE port = tied_pair(pair);
        struct op op;
        char byte;

        check_about(i % 2 ? "WSADuplicateSocket" : "DuplicateHandle");
        set_nonblocking(pair[1], 1);
        pend_recv(pair[1], &op);
        second = i % 2 ? second_by_socket(pair[1]) : second_by_handle(pair[1]);
        set_nonblocking(second, 1);
        send_all(pair[0], "a", 1);
        CHECK_FAILS(recv(second, &byte, 1, 0), WSAEWOULDBLOCK);
        want_packet(port, &op.ov, 1, 0);
        CHECK_BYTES(op.data, "a", 1);
        closesocket(second);
        closesocket(pair[1]);
        closesocket(pair[0]);
        CloseHandle(port);
    }
}

/* After shutdown(SD_RECEIVE) nothing new may be received; what waits already goes on, as in the device, which a poll asks. */
static void shut_down(void)
{
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    WSAPOLLFD fd = { pair[1], POLLRDNORM, 0 };
    struct op op[2];

    pend_recv(pair[1], &op[0]);
    pend_recv(pair[1], &op[1]);
    CHECK_OK(shutdown(pair[1], SD_RECEIVE));
    WSAPoll(&fd, 1, 0);
    want_none(port);
    send_all(pair[0], "abc", 3);
    want_packet(port, &op[0].ov, 3, 0);
    want_none(port);
    CHECK_OK(shutdown(pair[0], SD_SEND));
    want_packet(port, &op[1].ov, 0, 0);
}

/* A thread that sleeps in the server when the port begins to be served here is woken, whoever else looks for packets meanwhile. */
static void sleeper_overtaken(void)
{
    struct waiter w = { .port = port_new(), .ms = INFINITE };
    HANDLE thread = thread_start(wait_for_packet, &w);
    SOCKET pair[2];
    OVERLAPPED ov;

    Sleep(100); /* so that it sleeps; if it does not yet, it will find the port served */
    tcp_pair(AF_INET, pair);
    NEED(SuspendThread(thread) != (DWORD)-1);
    tie(pair[1], w.port, KEY);
    want_none(w.port);
    NEED(ResumeThread(thread) != (DWORD)-1);
    PostQueuedCompletionStatus(w.port, 5, KEY, &ov);
    NEED(WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0);
    CHECK_INT(w.err, 0);
    CHECK_INT(w.bytes, 5);
    CHECK_INT(w.ov, &ov);
}

/* Who always finds a packet in the queue hears of the sockets, too. */
static void busy_queue(void)
{
    int rounds = served_here() ? 1000 : 1000000; /* in the kernel it is a matter of time */
    SOCKET pair[2];
    HANDLE port = tied_pair(pair);
    OVERLAPPED *got = NULL, posted;
    struct op op;
    ULONG_PTR key;
    ULONG there = 0;
    DWORD n;

    pend_recv(pair[1], &op);
    send_all(pair[0], "abc", 3);
    while (served_here() && !there && !HasOverlappedIoCompleted(&op.ov))
        NEED_OK(ioctlsocket(pair[1], FIONREAD, &there));
    PostQueuedCompletionStatus(port, 1, KEY, &posted);
    for (int i = 0; i < rounds && got != &op.ov; i++) {
        PostQueuedCompletionStatus(port, 1, KEY, &posted);
        NEED(!packet(port, &got, &n, &key, 5000));
    }
    CHECK_INT(got, &op.ov);
}

/* ---- all at once ---- */

/*
 * Several threads serve many connections that echo; another cancels, polls and posts all the time. Every byte comes back once
 * and in order, every operation is told once.
 */
enum { CONNECTIONS = 24, SERVERS = 3, ROUNDS = 60, STOP = 1, POSTED = 2 };

struct served {
    struct op op;
    SOCKET s;
    int sending;
    LONG volatile under_way;
};

static struct served served[CONNECTIONS];
static HANDLE storm_port;
static LONG volatile told_twice, posted, posted_told, finished;

static int go_on(struct served *c, DWORD bytes)
{
    WSABUF buf = { sizeof c->op.data, c->op.data };

    memset(&c->op.ov, 0, sizeof c->op.ov);
    c->op.flags = 0;
    if (InterlockedExchange(&c->under_way, 1))
        InterlockedIncrement(&told_twice);
    if (c->sending) {
        buf.len = bytes;
        return WSASend(c->s, &buf, 1, NULL, 0, &c->op.ov, NULL) && WSAGetLastError() != WSA_IO_PENDING;
    }
    return WSARecv(c->s, &buf, 1, NULL, &c->op.flags, &c->op.ov, NULL) && WSAGetLastError() != WSA_IO_PENDING;
}

static DWORD WINAPI serve(void *arg)
{
    (void)arg;
    for (;;) {
        OVERLAPPED *ov;
        ULONG_PTR key;
        DWORD bytes;
        int err = packet(storm_port, &ov, &bytes, &key, INFINITE);
        struct served *c = (struct served *)key;

        if (key == STOP)
            return 0;
        if (key == POSTED) {
            InterlockedIncrement(&posted_told);
            continue;
        }
        if (!InterlockedExchange(&c->under_way, 0))
            InterlockedIncrement(&told_twice);
        if (err && err != ERROR_OPERATION_ABORTED)
            check_fail(__FILE__, __LINE__, "an operation failed with %d", err);
        if (!err && !c->sending && !bytes) {
            InterlockedIncrement(&finished);
            continue;
        }
        if (!err)
            c->sending = !c->sending;
        if (go_on(c, bytes)) /* a cancelled receive is started again */
            check_fail(__FILE__, __LINE__, "not started: %d", WSAGetLastError());
    }
}

struct caller {
    SOCKET s;
    unsigned seed;
};

static DWORD WINAPI ask(void *arg)
{
    struct caller *c = arg;
    char data[48], back[48];

    for (int i = 0; i < ROUNDS; i++) {
        int n = 1 + (int)((c->seed * 7 + (unsigned)i * 13) % sizeof data);

        pattern_fill(data, (size_t)n, c->seed + (unsigned)i);
        send_all(c->s, data, n);
        for (int got = 0; got < n;) {
            int r = recv(c->s, back + got, n - got, 0);

            if (r <= 0)
                return 1;
            got += r;
        }
        if (memcmp(data, back, (size_t)n))
            return 2;
    }
    shutdown(c->s, SD_SEND);
    return recv(c->s, back, 1, 0) == 0 ? 0 : 3;
}

static void storm(void)
{
    HANDLE server[SERVERS], client[CONNECTIONS];
    struct caller caller[CONNECTIONS];

    storm_port = port_new();
    for (int i = 0; i < CONNECTIONS; i++) {
        SOCKET pair[2];

        tcp_pair(AF_INET, pair);
        caller[i] = (struct caller){ pair[0], (unsigned)i };
        served[i].s = pair[1];
        tie(pair[1], storm_port, (ULONG_PTR)&served[i]);
    }
    for (int i = 0; i < SERVERS; i++)
        server[i] = thread_start(serve, NULL);
    for (int i = 0; i < CONNECTIONS; i++)
        NEED_OK(go_on(&served[i], 0));
    for (int i = 0; i < CONNECTIONS; i++)
        client[i] = thread_start(ask, &caller[i]);
    for (unsigned i = 0; finished < CONNECTIONS; i++) {
        struct served *c = &served[i * 5 % CONNECTIONS];
        WSAPOLLFD fd = { c->s, POLLRDNORM, 0 };

        switch (i % 3) {
        case 0:
            /* Only receives: a send that is cancelled may have gone in part. */
            if (!c->sending)
                CancelIoEx((HANDLE)c->s, &c->op.ov);
            break;
        case 1:
            WSAPoll(&fd, 1, 0);
            break;
        case 2:
            InterlockedIncrement(&posted);
            PostQueuedCompletionStatus(storm_port, 0, POSTED, NULL);
        }
        Sleep(1);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        CHECK_OK(shutdown(served[i].s, SD_SEND));
        CHECK_INT(thread_join(client[i]), 0);
    }
    for (int i = 0; i < SERVERS; i++)
        PostQueuedCompletionStatus(storm_port, 0, STOP, NULL);
    for (int i = 0; i < SERVERS; i++)
        thread_join(server[i]);
    CHECK_INT(told_twice, 0);
    CHECK_INT(posted_told, posted);
}

const struct test_case test_cases[] = {
    { "asleep-before", asleep_before },
    { "alertable", alertable },
    { "nobody-waits", nobody_waits },
    { "waiter-leaves", waiter_leaves },
    { "data-meet-receive", data_meet_receive },
    { "thread-gone", thread_gone },
    { "timeouts", timeouts },
    { "other-handles", other_handles },
    { "other-handles-before", other_handles_before },
    { "looks-find-all", looks_find_all },
    { "accept-and-connect", accept_and_connect },
    { "cancelling", cancelling },
    { "closing", closing },
    { "closed-port", closed_port },
    { "duplicated-port", duplicated_port },
    { "duplicated-socket", duplicated_socket },
    { "waiting-before-second", waiting_before_second },
    { "shut-down", shut_down },
    { "sleeper-overtaken", sleeper_overtaken },
    { "busy-queue", busy_queue },
    { "storm", storm },
    { 0 },
};
