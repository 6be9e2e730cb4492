/* SPDX-License-Identifier: MIT */
/*
 * The base provider's races, each at a moment of the test's choosing, and what depends on a server that is late. The provider is linked into
 * the program; the Unix half, the kernel's completion port and the socket device are fakes that do something else first, when told to.
 */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/ext.h"

#include "providers/tcpip/port_parts.h"

#include "net.h"

#include <string.h>

/* ---- moments ---- */

enum moment { IN_A_LOOK, IN_REMOVE, AT_A_TIME, AT_A_SLEEP, IN_FIND, IN_IOCTL, MOMENTS };

static struct {
    LONG volatile in; /* passes until it is there; 0: it was, or is not wanted */
    void (*run)(void);
} moments[MOMENTS];

/* The n-th time that the provider comes by. */
static void at_moment(enum moment m, LONG n, void (*run)(void))
{
    moments[m].run = run;
    moments[m].in = n;
}

static void pass(enum moment m)
{
    if (moments[m].in && !InterlockedDecrement(&moments[m].in))
        moments[m].run();
}

static void moment_sleep(DWORD ms)
{
    pass(AT_A_SLEEP);
    if (!moments[AT_A_SLEEP].in)
        Sleep(ms);
}

static void moment_time(FILETIME *t)
{
    pass(AT_A_TIME);
    GetSystemTimeAsFileTime(t);
}

/* For their statics, and with a clock of ours. */
#include "providers/tcpip/port_nt.c"
#define Sleep moment_sleep
#define GetSystemTimeAsFileTime moment_time
#include "providers/tcpip/port_wait_nt.c"
#undef Sleep
#undef GetSystemTimeAsFileTime

/* ---- the Unix half: one watch, whose waker is an event that releases one waiter, or the next ---- */

static HANDLE waker, arrived, gate; /* waiters say that they have come, and go through the gate; a look opens it afterwards */
static LONG volatile looks;

static LONG watch_wait(struct half_watch_wait *w)
{
    w->count = 0;
    w->now_ms = GetTickCount64();
    if (!w->wait_ms) {
        pass(IN_A_LOOK);
        WaitForSingleObject(waker, 0);
        InterlockedIncrement(&looks);
        SetEvent(gate);
        return 0;
    }
    ReleaseSemaphore(arrived, 1, NULL);
    WaitForSingleObject(gate, INFINITE);
    if (WaitForSingleObject(waker, w->wait_ms < 0 ? INFINITE : (DWORD)w->wait_ms) == WAIT_TIMEOUT)
        Sleep(5); /* so that its time is over */
    return 0;
}

LONG __wrap_fast_call(enum half_call which, void *args);
LONG __wrap_fast_call(enum half_call which, void *args)
{
    switch (which) {
    case HALF_WATCH_NEW:
        *(struct half_watch_new *)args = (struct half_watch_new){ 1, 2 };
        return 0;
    case HALF_WATCH_WAIT:
        return watch_wait(args);
    default:
        return 1;
    }
}

void __wrap_fast_wake(int fd, BOOL on);
void __wrap_fast_wake(int fd, BOOL on)
{
    (void)fd, (void)on;
    SetEvent(waker);
}

void __wrap_fast_fd_close(int fd);
void __wrap_fast_fd_close(int fd)
{
    (void)fd;
}

/* ---- the kernel's port ---- */

static struct ws2_packet in_kernel[8];
static ULONG in_kernel_count;

static LONG WINAPI kernel_remove(HANDLE port, struct ws2_packet *packets, ULONG room, ULONG *count,
                                 const LARGE_INTEGER *timeout, BOOLEAN alertable)
{
    ULONG n = in_kernel_count < room ? in_kernel_count : room;

    (void)port, (void)timeout, (void)alertable;
    memcpy(packets, in_kernel, n * sizeof *packets);
    memmove(in_kernel, in_kernel + n, (in_kernel_count - n) * sizeof *packets);
    in_kernel_count -= n;
    *count = n;
    pass(IN_REMOVE);
    return n ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

static LONG WINAPI kernel_post(HANDLE port, ULONG_PTR key, ULONG_PTR context, LONG status, SIZE_T bytes)
{
    struct ws2_packet packet = { .key = key, .context = context, .bytes = bytes };

    (void)port;
    packet.status = status;
    NEED(in_kernel_count < COUNT(in_kernel));
    in_kernel[in_kernel_count++] = packet;
    return STATUS_SUCCESS;
}

static LONG WINAPI kernel_duplicate(HANDLE from_process, HANDLE from, HANDLE to_process, HANDLE *to, ACCESS_MASK access,
                                    ULONG attributes, ULONG options)
{
    (void)from_process, (void)from, (void)to_process, (void)access, (void)attributes, (void)options;
    *to = CreateEventW(NULL, TRUE, FALSE, NULL);
    return STATUS_SUCCESS;
}

static LONG WINAPI kernel_close(HANDLE handle)
{
    return CloseHandle(handle) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

/* ---- a port that is served, and a socket that is tied to it ---- */

#define PORT ((HANDLE)0x50000)
#define OTHER_PORT ((HANDLE)0x50004)
enum { KEY = 7 };

static const struct ws2_packet some = { .key = KEY, .context = 0x1000 }, more = { .key = KEY, .context = 0x2000 };
static struct sock *k;
static struct port *p;

static struct sock *stream_new(void)
{
    struct sock *s = sock_new(CreateEventW(NULL, TRUE, FALSE, NULL), AF_INET, SOCK_STREAM, IPPROTO_TCP, TRUE);

    NEED(s);
    s->state = SOCK_CONNECTED;
    return s;
}

static void port_of_kernel(void)
{
    waker = CreateEventW(NULL, FALSE, FALSE, NULL);
    gate = CreateEventW(NULL, TRUE, TRUE, NULL);
    arrived = CreateSemaphoreW(NULL, 0, 100, NULL);
    port_kernel = (struct ws2_kernel){ kernel_remove, kernel_post, kernel_duplicate, kernel_close };
    k = stream_new();
    on_port_made(PORT, 0, FALSE);
    p = port_find(PORT);
    NEED(p);
}

static void begin_serving(void)
{
    on_tied(k->handle, PORT, KEY);
    NEED(port_serves(k));
}

static void port_here(void)
{
    port_of_kernel();
    begin_serving();
}

static void wait_arrived(void)
{
    NEED(WaitForSingleObject(arrived, 20000) == WAIT_OBJECT_0);
}

struct waiter {
    HANDLE thread;
    struct ws2_packet got;
    ULONG count;
    LONG status;
};

static DWORD WINAPI wait_for_one(void *arg)
{
    struct waiter *w = arg;

    NEED(port_remove(PORT, &w->got, 1, &w->count, NULL, FALSE, &w->status));
    return 0;
}

static void check_got(struct waiter *w, const struct ws2_packet *packet)
{
    NEED(WaitForSingleObject(w->thread, 20000) == WAIT_OBJECT_0);
    CHECK_INT(w->status, 0);
    CHECK_INT(w->count, 1);
    CHECK_INT(w->got.context, packet->context);
}

/* What is there within so many milliseconds; 0: a look. */
static void check_removed(LONGLONG ms, const struct ws2_packet *packet)
{
    LARGE_INTEGER timeout = { .QuadPart = -ms * 10000 };
    struct ws2_packet got = { 0 };
    ULONG count = 0;
    LONG status;

    NEED(port_remove(PORT, &got, 1, &count, &timeout, FALSE, &status));
    CHECK_INT(status, 0);
    CHECK_INT(count, 1);
    CHECK_INT(got.context, packet->context);
}

/* ---- wake-ups ---- */

static struct waiter first;

/* Of one that comes while the keeper looks: the look swallows it. */
static void come_and_queue(void)
{
    ResetEvent(gate);
    first.thread = thread_start(wait_for_one, &first);
    wait_arrived();
    CHECK_TRUE(port_queue(p, &some));
}

static void keeper_swallows_wake(void)
{
    port_here();
    at_moment(IN_A_LOOK, 1, come_and_queue);
    port_count_pends(k, 1);
    port_pended(k);
    while (!looks)
        Sleep(1);
    check_got(&first, &some);
}

/* A receive comes to wait when the keeper has looked for the last time, and is still there. */
static void pend_late(void)
{
    port_count_pends(k, 1);
    port_pended(k);
}

static void keeper_ends(void)
{
    port_here();
    at_moment(AT_A_SLEEP, END_AFTER, pend_late);
    port_pended(k);
    for (int i = 0; i < 1000 && looks < 10; i++)
        Sleep(10);
    CHECK(looks >= 10);
}

/* Two packets are queued before the first waiter hears of them; its wake-up is the only one. */
static void one_wake_for_two(void)
{
    struct waiter second = { 0 };
    int one;

    port_here();
    ResetEvent(gate);
    first.thread = thread_start(wait_for_one, &first);
    second.thread = thread_start(wait_for_one, &second);
    wait_arrived();
    wait_arrived();
    CHECK_TRUE(port_queue(p, &some));
    CHECK_TRUE(port_queue(p, &more));
    SetEvent(gate);
    NEED(WaitForSingleObject(first.thread, 20000) == WAIT_OBJECT_0);
    one = first.got.context == some.context;
    check_got(&first, one ? &some : &more);
    check_got(&second, one ? &more : &some);
}

/* ---- changes of the mode ---- */

/* A thread is about to sleep in the kernel when the port begins to be served: nobody would wake it. */
static void serve_and_queue(void)
{
    begin_serving();
    CHECK_TRUE(port_queue(p, &some));
}

static void served_before_sleep(void)
{
    port_of_kernel();
    at_moment(AT_A_TIME, 2, serve_and_queue); /* the first is where it learns until when to wait */
    check_removed(1000, &some);
}

/* The port goes back to the kernel while packets are on their way from there to the queue. */
static HANDLE leaver;

static DWORD WINAPI leave(void *arg)
{
    (void)arg;
    port_leave_mode(p, PORT_RETIRED);
    return 0;
}

static void begin_leaving(void)
{
    leaver = thread_start(leave, NULL);
    WaitForSingleObject(leaver, 100); /* it has to wait for those packets */
}

static void retired_while_fetching(void)
{
    port_here();
    kernel_post(PORT, KEY, more.context, 0, 0);
    CHECK_TRUE(port_queue(p, &some));
    at_moment(IN_REMOVE, 1, begin_leaving);
    port_fetch(p, 1);
    thread_join(leaver);
    CHECK_INT(in_kernel_count, 2);
    CHECK_INT(in_kernel[0].context, some.context);
    CHECK_INT(in_kernel[1].context, more.context);
}

/* From a port that has gone back nothing is fetched: nobody looks into its queue. */
static void fetched_too_late(void)
{
    port_here();
    kernel_post(PORT, KEY, some.context, 0, 0);
    port_leave_mode(p, PORT_RETIRED);
    CHECK_INT(port_fetch(p, 1), 0);
    CHECK_INT(in_kernel_count, 1);
    check_removed(0, &some);
}

/* ---- at the end of a wait, somebody else has just moved what was there in time ---- */

static void pump_fetches(void)
{
    CHECK_INT(port_fetch(p, BATCH), 1);
}

static void retire(void)
{
    port_leave_mode(p, PORT_RETIRED);
}

static void moved_at_the_end(void)
{
    port_here();
    kernel_post(PORT, KEY, some.context, 0, 0);
    at_moment(AT_A_TIME, 3, pump_fetches); /* until when; how long; is it over */
    check_removed(1, &some);
}

static void retired_at_the_end(void)
{
    port_here();
    kernel_post(PORT, KEY, some.context, 0, 0);
    at_moment(AT_A_TIME, 3, retire);
    check_removed(1, &some);
}

/* ---- records ---- */

#define FAR_HANDLE ((HANDLE)((ULONG_PTR)HANDLE_MAP_PAGES * HANDLE_MAP_SLOTS * 4 + 4)) /* a handle that is not found inline */
static struct port *again;
static struct sock *second_sock;

void *__real_handle_map_find_far(struct handle_map *m, uintptr_t handle);
void *__wrap_handle_map_find_far(struct handle_map *m, uintptr_t handle);
void *__wrap_handle_map_find_far(struct handle_map *m, uintptr_t handle)
{
    void *found = __real_handle_map_find_far(m, handle);

    pass(IN_FIND);
    return found;
}

/* The port is closed, and its record is that of another port, when somebody has found it and not counted it yet. */
static void use_port_record(void)
{
    on_closing(FAR_HANDLE);
    again = port_add(OTHER_PORT, TRUE);
}

static void port_record_used_again(void)
{
    struct port *found;

    port_of_kernel();
    found = port_add(FAR_HANDLE, TRUE);
    NEED(found);
    port_put(found);
    at_moment(IN_FIND, 1, use_port_record);
    CHECK(port_find(FAR_HANDLE) == NULL);
    CHECK_INT(again, found);
    CHECK(port_find(OTHER_PORT) == again);
}

/* The same of a socket. */
static void use_sock_record(void)
{
    int err;

    NEED(!WSPCloseSocket((SOCKET)FAR_HANDLE, &err));
    second_sock = stream_new();
}

static void sock_record_used_again(void)
{
    struct sock *found = sock_new(FAR_HANDLE, AF_INET, SOCK_STREAM, IPPROTO_TCP, TRUE);

    NEED(found);
    sock_put(found);
    at_moment(IN_FIND, 1, use_sock_record);
    CHECK(sock_find(FAR_HANDLE) == NULL);
    CHECK_INT(second_sock, found);
    CHECK(sock_find(second_sock->handle) == second_sock);
}

/* A socket that is tied once more, to another port (Wine 8.0 cannot do that): nobody knows any more where its packets belong. */
static void tied_to_another(void)
{
    port_here();
    on_port_made(OTHER_PORT, 0, FALSE);
    on_tied(k->handle, OTHER_PORT, KEY);
    CHECK(k->given);
}

/* ---- the device ---- */

static HANDLE one_handle;
static BOOL told;
static int asked;

NTSTATUS NTAPI __real_NtDeviceIoControlFile(HANDLE, HANDLE, PIO_APC_ROUTINE, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG,
                                            void *, ULONG);
NTSTATUS NTAPI __wrap_NtDeviceIoControlFile(HANDLE, HANDLE, PIO_APC_ROUTINE, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG,
                                            void *, ULONG);
/* Knows one socket, which a stranger made, and does not know that it is connected before it has looked. */
NTSTATUS NTAPI __wrap_NtDeviceIoControlFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *context, IO_STATUS_BLOCK *iosb,
                                            ULONG code, void *in, ULONG in_bytes, void *out, ULONG out_bytes)
{
    static const struct afd_info info = { AF_INET, SOCK_STREAM, IPPROTO_TCP };

    if (handle != one_handle && code != AFD_POLL)
        return __real_NtDeviceIoControlFile(handle, event, apc, context, iosb, code, in, in_bytes, out, out_bytes);
    pass(IN_IOCTL);
    iosb->Information = 0;
    iosb->Status = STATUS_SUCCESS;
    switch (code) {
    case AFD_POLL:
        told = told || (HANDLE)(ULONG_PTR)((struct afd_poll *)in)->item[0].sock == one_handle;
        ((struct afd_poll *)out)->count = 0;
        break;
    case AFD_GET_INFO:
        memcpy(out, &info, sizeof info);
        break;
    case AFD_SHUTDOWN:
    case AFD_RECVMSG:
    case AFD_SENDMSG:
        asked++;
        iosb->Information = code != AFD_SHUTDOWN;
        iosb->Status = told ? STATUS_SUCCESS : STATUS_INVALID_CONNECTION;
        break;
    default:
        iosb->Status = STATUS_NOT_SUPPORTED;
    }
    return iosb->Status;
}

/* An inherited socket that two threads use for the first time at once has one record. */
static HANDLE other_user;

static DWORD WINAPI use_too(void *arg)
{
    (void)arg;
    second_sock = sock_get((SOCKET)one_handle);
    return 0;
}

static void begin_to_use(void)
{
    other_user = thread_start(use_too, NULL);
    WaitForSingleObject(other_user, 100); /* it has to wait for the first */
}

static void adopted_at_once(void)
{
    struct sock *one;

    one_handle = CreateEventW(NULL, TRUE, FALSE, NULL);
    at_moment(IN_IOCTL, 2, begin_to_use); /* the first is to know that it is a socket */
    one = sock_get((SOCKET)one_handle);
    NEED(one);
    thread_join(other_user);
    CHECK_INT(second_sock, one);
    CHECK(!one->closing);
}

/*
 * Linux has told us that the socket is connected, and the server has not looked yet: before each thing that it would refuse for that, it is
 * made to look.
 */
static char room[1];
static WSABUF one_byte = { sizeof room, room };

static int by_shutdown(SOCKET s, INT *err)
{
    return WSPShutdown(s, SD_SEND, err);
}

static int by_send(SOCKET s, INT *err)
{
    DWORD n;

    return WSPSend(s, &one_byte, 1, &n, 0, NULL, NULL, NULL, err);
}

static int by_nonblocking_send(SOCKET s, INT *err)
{
    k->nonblocking = TRUE;
    return by_send(s, err);
}

static int by_receive(SOCKET s, INT *err)
{
    DWORD n, flags = 0;

    return WSPRecv(s, &one_byte, 1, &n, &flags, NULL, NULL, NULL, err);
}

static int by_overlapped(SOCKET s, INT *err)
{
    static OVERLAPPED ov;
    DWORD n, flags = 0;

    return WSPRecv(s, &one_byte, 1, &n, &flags, &ov, NULL, NULL, err);
}

static int by_disconnect(SOCKET s, INT *err)
{
    *err = 0;
    return ext_disconnect_ex(s, NULL, 0, 0) ? 0 : -1;
}

static int by_transmit(SOCKET s, INT *err)
{
    *err = 0;
    return ext_transmit_file(s, NULL, 0, 0, NULL, NULL, TF_DISCONNECT) ? 0 : -1;
}

/* The other process will use the device. */
static int by_duplicate(SOCKET s, INT *err)
{
    WSAPROTOCOL_INFOW info;

    asked++;
    k->catalog_id = provider_catalog_id(AF_INET, SOCK_STREAM);
    return WSPDuplicateSocket(s, GetCurrentProcessId(), &info, err);
}

static const struct told_row {
    const char *why;
    int (*by)(SOCKET s, INT *err);
} told_rows[] = {
    { "shutdown", by_shutdown },
    { "send", by_send },
    { "nonblocking send", by_nonblocking_send },
    { "receive", by_receive },
    { "overlapped receive", by_overlapped },
    { "DisconnectEx", by_disconnect },
    { "TransmitFile that disconnects", by_transmit },
    { "WSADuplicateSocket", by_duplicate },
};

static void server_is_told(void)
{
    for (int i = 0; i < COUNT(told_rows); i++) {
        INT err = 0;

        check_about("%s", told_rows[i].why);
        k = stream_new();
        one_handle = k->handle;
        k->untold = TRUE;
        told = FALSE;
        asked = 0;
        CHECK_INT(told_rows[i].by((SOCKET)k->handle, &err), 0);
        CHECK_ERR(err, 0);
        CHECK(told);
        CHECK(asked);
        CHECK(!k->untold);
    }
}

const struct test_case test_cases[] = {
    { "keeper-swallows-wake", keeper_swallows_wake },
    { "keeper-ends", keeper_ends },
    { "one-wake-for-two", one_wake_for_two },
    { "served-before-sleep", served_before_sleep },
    { "retired-while-fetching", retired_while_fetching },
    { "fetched-too-late", fetched_too_late },
    { "moved-at-the-end", moved_at_the_end },
    { "retired-at-the-end", retired_at_the_end },
    { "port-record-used-again", port_record_used_again },
    { "sock-record-used-again", sock_record_used_again },
    { "tied-to-another", tied_to_another },
    { "adopted-at-once", adopted_at_once },
    { "server-is-told", server_is_told },
    { 0 },
};
