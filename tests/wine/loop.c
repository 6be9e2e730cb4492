/* SPDX-License-Identifier: MIT */
/*
 * An event loop of libuv's kind: one thread and one completion port for everything. Listening by several AcceptEx at once, connecting by
 * ConnectEx; streams that read by an overlapped WSARecv and then take what else is there by plain ones, write by an overlapped WSASend,
 * and take success at once for the end where the protocol says that handles are the kernel's (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
 * and sockets whose readiness alone is watched, by Afd's poll on what SIO_BASE_HANDLE answers, as uv_poll_t, wepoll and mio do.
 *
 * Clients send a known stream, get it echoed, and end by half-close, or in the middle by closesocket with operations pending. Each
 * request must end exactly once, and nobody waits for time: the loop is over when nothing is left.
 */
#include "net.h"
#include <mswsock.h>
#include <winternl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLIENTS = 60,
    AT_ONCE = 10,
    ACCEPTS = 4,
    TOTAL = 60000,
    BIGGEST = 16000,
    ADDRESS = sizeof(struct sockaddr_in) + 16,

    AFD_POLL = 0x12024,
    POLL_READ = 0x1,
    POLL_WRITE = 0x4,
    POLL_HUP = 0x8,
    POLL_RESET = 0x10,
    POLL_CLOSE = 0x20,
};

struct afd_poll {
    LARGE_INTEGER timeout;
    ULONG count;
    ULONG exclusive;
    struct {
        HANDLE handle;
        ULONG events;
        LONG status;
    } entry[1];
};

enum kind { ACCEPT, CONNECT, READ, WRITE, POLL };
enum role { CLIENT, STREAM, WATCHED };

struct conn;

struct req {
    OVERLAPPED o; /* first: packets carry its address */
    struct conn *c;
    enum kind kind;
    BOOL busy;
    struct req *next; /* in the queue of those that ended at once */
    struct afd_poll poll;
    char data[BIGGEST];
};

struct conn {
    SOCKET s, base;
    enum role role;
    BOOL bypass; /* success at once is the end */
    BOOL open;
    unsigned number;
    int sent, got, quit_at;
    int left; /* WATCHED: bytes of write.data to be echoed still, from `from` on */
    int from;
    struct req read, write;
};

static HANDLE port;
static SOCKET listener, poller;
static union addr at;
static LPFN_ACCEPTEX accept_ex;
static LPFN_CONNECTEX connect_ex;
static struct req *ended, **ended_tail = &ended;
static int busy, begun, done, accepted, at_end, packets, at_once, polls, drained;
static unsigned seed = 12345;
static LONG(NTAPI *device)(HANDLE, HANDLE, void *, void *, void *, ULONG, void *, ULONG, void *, ULONG);

static unsigned roll(unsigned sides)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % sides;
}

static char byte_at(const struct conn *c, int i)
{
    return (char)(i * 167 + (i >> 8) * 11 + c->number);
}

static void start(struct req *r, struct conn *c, enum kind kind)
{
    CHECK(!r->busy);
    memset(&r->o, 0, sizeof r->o);
    r->c = c;
    r->kind = kind;
    r->busy = TRUE;
    busy++;
}

/* After the call that starts it; `ok`: it said success at once. */
static void started(struct req *r, BOOL ok, BOOL bypass)
{
    if (!ok && WSAGetLastError() != WSA_IO_PENDING) {
        r->o.Internal = (ULONG_PTR)0xC0000001; /* failed: there is no packet */
        r->o.InternalHigh = 0;
    } else if (!ok || !bypass) {
        return; /* its packet comes */
    } else {
        at_once++;
    }
    r->next = NULL;
    *ended_tail = r;
    ended_tail = &r->next;
}

/* ---- sockets ---- */

static void close_conn(struct conn *c)
{
    if (!c->open)
        return;
    c->open = FALSE;
    CHECK_OK(closesocket(c->s));
}

static void prepare(struct conn *c, SOCKET s)
{
    WSAPROTOCOL_INFOW info;
    int n = sizeof info;

    c->s = s;
    c->open = TRUE;
    NEED(CreateIoCompletionPort((HANDLE)s, port, (ULONG_PTR)s, 0) == port);
    NEED_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &n));
    c->bypass = info.dwServiceFlags1 & XP1_IFS_HANDLES &&
                SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                                  FILE_SKIP_SET_EVENT_ON_HANDLE);
    set_nonblocking(s, 1);
}

static void read_start(struct conn *c)
{
    WSABUF buf = { 1 + roll(BIGGEST - 1), c->read.data };
    DWORD flags = 0, n;

    start(&c->read, c, READ);
    started(&c->read, !WSARecv(c->s, &buf, 1, &n, &flags, &c->read.o, NULL), c->bypass);
}

static void write_start(struct conn *c, int bytes)
{
    WSABUF buf[2] = { { bytes / 2, c->write.data }, { bytes - bytes / 2, c->write.data + bytes / 2 } };
    DWORD n;

    start(&c->write, c, WRITE);
    started(&c->write, !WSASend(c->s, buf, 2, &n, 0, &c->write.o, NULL), c->bypass);
}

/* ---- clients ---- */

static void client_begin(void)
{
    union addr any = loopback(AF_INET, 0);
    struct conn *c = calloc(1, sizeof *c);
    SOCKET s = tcp_new(AF_INET);

    NEED(c);
    c->role = CLIENT;
    c->number = begun++;
    c->quit_at = c->number % 3 ? TOTAL + 1 : (int)roll(TOTAL);
    NEED_OK(bind(s, &any.sa, addr_len(AF_INET)));
    prepare(c, s);
    start(&c->read, c, CONNECT);
    started(&c->read, connect_ex(s, &at.sa, addr_len(AF_INET), NULL, 0, NULL, &c->read.o), c->bypass);
}

static void client_write(struct conn *c)
{
    int bytes = 1 + (int)roll(BIGGEST - 1);

    if (bytes > TOTAL - c->sent)
        bytes = TOTAL - c->sent;
    if (!bytes) {
        CHECK_OK(shutdown(c->s, SD_SEND));
        return;
    }
    for (int i = 0; i < bytes; i++)
        c->write.data[i] = byte_at(c, c->sent + i);
    c->sent += bytes;
    write_start(c, bytes);
}

static void client_got(struct conn *c, const char *data, int n)
{
    for (int i = 0; i < n; i++)
        if (data[i] != byte_at(c, c->got + i)) {
            check_fail(__FILE__, __LINE__, "client %u, byte %d: %d", c->number, c->got + i, data[i]);
            break;
        }
    c->got += n;
    if (c->got >= c->quit_at)
        close_conn(c);
}

static void client_read(struct conn *c, BOOL failed, int n)
{
    if (failed || !n) {
        CHECK(!failed);
        CHECK_INT(c->got, TOTAL);
        at_end++;
        close_conn(c);
        return;
    }
    client_got(c, c->read.data, n);
    while (c->open) { /* what else is there, without waiting */
        n = recv(c->s, c->read.data, BIGGEST, 0);
        if (n <= 0)
            break;
        drained++;
        client_got(c, c->read.data, n);
    }
    if (c->open)
        read_start(c); /* the end of the stream is seen again */
}

/* ---- the server ---- */

static void accept_start(struct req *r)
{
    r->c = calloc(1, sizeof *r->c);
    NEED(r->c);
    r->c->s = tcp_new(AF_INET);
    start(r, r->c, ACCEPT);
    started(r, accept_ex(listener, r->c->s, r->data, 0, ADDRESS, ADDRESS, NULL, &r->o), FALSE);
}

static void watch(struct conn *c)
{
    struct req *r = &c->read;
    LONG status;

    start(r, c, POLL);
    r->poll.timeout.QuadPart = MAXLONGLONG;
    r->poll.count = 1;
    r->poll.exclusive = FALSE;
    r->poll.entry[0].handle = (HANDLE)c->base;
    r->poll.entry[0].events = (c->left ? POLL_WRITE : POLL_READ) | POLL_HUP | POLL_RESET | POLL_CLOSE;
    status = device((HANDLE)poller, NULL, NULL, &r->o, &r->o, AFD_POLL, &r->poll, sizeof r->poll, &r->poll, sizeof r->poll);
    WSASetLastError(WSA_IO_PENDING);
    CHECK(status == 0 || status == 0x103);
    started(r, status == 0, FALSE);
    polls++;
}

static void serve(struct conn *c)
{
    int n = 0;

    for (;;) {
        while (c->left) {
            n = send(c->s, c->write.data + c->from, c->left, 0);
            if (n <= 0)
                break;
            c->from += n;
            c->left -= n;
        }
        if (c->left)
            break;
        c->from = 0;
        n = recv(c->s, c->write.data, BIGGEST, 0);
        if (n <= 0)
            break;
        c->left = n;
    }
    if (n < 0 && WSAGetLastError() == WSAEWOULDBLOCK)
        watch(c);
    else
        close_conn(c);
}

static void accept_done(struct req *r)
{
    struct conn *c = r->c;
    DWORD n;

    NEED_OK(setsockopt(c->s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener));
    c->role = ++accepted & 1 ? STREAM : WATCHED;
    prepare(c, c->s);
    if (c->role == STREAM) {
        read_start(c);
    } else {
        NEED_OK(WSAIoctl(c->s, SIO_BASE_HANDLE, NULL, 0, &c->base, sizeof c->base, &n, NULL, NULL));
        watch(c);
    }
    accept_start(r);
}

/* ---- the loop ---- */

static void forget(struct conn *c)
{
    if (c->open || c->read.busy || c->write.busy)
        return;
    done += c->role == CLIENT;
    free(c);
    if (begun < CLIENTS && begun - done < AT_ONCE)
        client_begin();
}

static void end(struct req *r)
{
    struct conn *c = r->c;
    BOOL failed = (LONG)r->o.Internal < 0;
    int n = (int)r->o.InternalHigh;

    if (!CHECK(r->busy))
        return;
    r->busy = FALSE;
    busy--;
    if (r->kind == ACCEPT) {
        if (!failed) {
            accept_done(r);
        } else {
            CHECK(listener == INVALID_SOCKET);
            CHECK_OK(closesocket(c->s));
            free(c);
        }
        return;
    }
    if (c->open && r->kind == CONNECT) {
        CHECK(!failed);
        CHECK_OK(setsockopt(c->s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0));
        client_write(c);
        read_start(c);
    } else if (c->open && r->kind == POLL) {
        serve(c);
    } else if (c->open && r->kind == READ && c->role == CLIENT) {
        client_read(c, failed, n);
    } else if (c->open && r->kind == READ) {
        memcpy(c->write.data, r->data, failed ? 0 : n);
        if (failed || !n)
            close_conn(c);
        else
            write_start(c, n);
    } else if (c->open && r->kind == WRITE && c->role == CLIENT) {
        CHECK(!failed);
        client_write(c);
    } else if (c->open && r->kind == WRITE) {
        if (failed)
            close_conn(c);
        else
            read_start(c);
    }
    forget(c);
}

static void turn(void)
{
    OVERLAPPED_ENTRY entry[16];
    ULONG count = 0;
    struct req *r = ended;

    if (r) {
        ended = r->next;
        if (!ended)
            ended_tail = &ended;
        end(r);
        return;
    }
    NEED(GetQueuedCompletionStatusEx(port, entry, COUNT(entry), &count, INFINITE, FALSE));
    for (ULONG i = 0; i < count; i++) {
        packets++;
        end((struct req *)entry[i].lpOverlapped);
    }
}

/* Any socket of the base provider will do to ask from, as libuv makes one. */
static void poller_start(void)
{
    SOCKET s = tcp_new(AF_INET), base;
    DWORD n;

    NEED_OK(WSAIoctl(s, SIO_BASE_HANDLE, NULL, 0, &base, sizeof base, &n, NULL, NULL));
    poller = base;
    NEED(CreateIoCompletionPort((HANDLE)poller, port, 1, 0) == port);
}

static void streams_and_polls(void)
{
    static struct req accepts[ACCEPTS];
    SOCKET s;

    device = (void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtDeviceIoControlFile");
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    NEED(device && port);
    poller_start();
    listener = tcp_listen(AF_INET, &at);
    NEED(CreateIoCompletionPort((HANDLE)listener, port, 2, 0) == port);
    accept_ex = extension(listener, (GUID)WSAID_ACCEPTEX);
    connect_ex = extension(listener, (GUID)WSAID_CONNECTEX);
    for (int i = 0; i < ACCEPTS; i++)
        accept_start(&accepts[i]);
    for (int i = 0; i < AT_ONCE; i++)
        client_begin();
    while (busy > ACCEPTS || ended)
        turn();
    CHECK_INT(done, CLIENTS);
    CHECK_INT(at_end, CLIENTS - CLIENTS / 3);
    CHECK_INT(accepted, CLIENTS);
    s = listener;
    listener = INVALID_SOCKET;
    CHECK_OK(closesocket(s));
    while (busy)
        turn();
    CHECK_INT(busy, 0);
    {
        OVERLAPPED_ENTRY more;
        ULONG count = 0;

        CHECK(!GetQueuedCompletionStatusEx(port, &more, 1, &count, 0, FALSE)); /* nothing is told twice */
    }
    note("%d packets, %d ended at once, %d polls, %d reads drained", packets, at_once, polls, drained);
}

const struct test_case test_cases[] = {
    { "streams-and-polls", streams_and_polls },
    { 0 },
};
