/* SPDX-License-Identifier: MIT */
#include "styles.h"
#include <stdlib.h>
#include <string.h>

struct conn *conn_new(const struct style *style, SOCKET s, int af, int type)
{
    struct conn *c = calloc(1, sizeof *c);

    NEED(c);
    c->style = style;
    c->s = s;
    c->af = af;
    c->type = type;
    if (style->open)
        NEED_OK(style->open(c));
    return c;
}

void conn_free(struct conn *c)
{
    if (c->style->close)
        c->style->close(c);
    else
        CHECK_OK(closesocket(c->s));
    free(c);
}

int conn_send_all(struct conn *c, const void *data, int n)
{
    int done = 0;

    while (done < n) {
        int sent = c->style->send(c, (const char *)data + done, n - done);

        if (sent < 0)
            return -1;
        done += sent;
    }
    return done;
}

int conn_recv_all(struct conn *c, void *buf, int n)
{
    int done = 0;

    while (done < n) {
        int got = c->style->recv(c, (char *)buf + done, n - done);

        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += got;
    }
    return done;
}

/* ---- blocking ---- */

static int plain_connect(struct conn *c, const struct sockaddr *to, int len)
{
    return connect(c->s, to, len);
}

static SOCKET plain_accept(struct conn *c)
{
    return accept(c->s, NULL, NULL);
}

static int plain_send(struct conn *c, const char *data, int n)
{
    return send(c->s, data, n, 0);
}

static int plain_recv(struct conn *c, char *buf, int n)
{
    return recv(c->s, buf, n, 0);
}

const struct style style_blocking = { "blocking", NULL, plain_connect, plain_accept, plain_send, plain_recv, NULL };

/* ---- readiness: try, and on WSAEWOULDBLOCK wait in the style's own way for the FD_ condition ---- */

static int ready_connect(struct conn *c, const struct sockaddr *to, int len, int (*wait)(struct conn *, long))
{
    int err, size = sizeof err;

    if (connect(c->s, to, len) == 0)
        return 0;
    if (WSAGetLastError() != WSAEWOULDBLOCK || wait(c, FD_CONNECT))
        return -1;
    if (getsockopt(c->s, SOL_SOCKET, SO_ERROR, (char *)&err, &size))
        return -1;
    WSASetLastError(err);
    return err ? -1 : 0;
}

static SOCKET ready_accept(struct conn *c, int (*wait)(struct conn *, long))
{
    for (;;) {
        SOCKET s = accept(c->s, NULL, NULL);

        if (s != INVALID_SOCKET || WSAGetLastError() != WSAEWOULDBLOCK || wait(c, FD_ACCEPT))
            return s;
    }
}

static int ready_send(struct conn *c, const char *data, int n, int (*wait)(struct conn *, long))
{
    for (;;) {
        int sent = send(c->s, data, n, 0);

        if (sent >= 0 || WSAGetLastError() != WSAEWOULDBLOCK || wait(c, FD_WRITE))
            return sent;
    }
}

static int ready_recv(struct conn *c, char *buf, int n, int (*wait)(struct conn *, long))
{
    for (;;) {
        int got = recv(c->s, buf, n, 0);

        if (got >= 0 || WSAGetLastError() != WSAEWOULDBLOCK || wait(c, FD_READ | FD_CLOSE))
            return got;
    }
}

#define READINESS_STYLE(NAME)                                                                                          \
    static int NAME##_connect(struct conn *c, const struct sockaddr *to, int len)                                      \
    {                                                                                                                  \
        return ready_connect(c, to, len, NAME##_wait);                                                                 \
    }                                                                                                                  \
    static SOCKET NAME##_accept(struct conn *c)                                                                        \
    {                                                                                                                  \
        return ready_accept(c, NAME##_wait);                                                                           \
    }                                                                                                                  \
    static int NAME##_send(struct conn *c, const char *data, int n)                                                    \
    {                                                                                                                  \
        return ready_send(c, data, n, NAME##_wait);                                                                    \
    }                                                                                                                  \
    static int NAME##_recv(struct conn *c, char *buf, int n)                                                           \
    {                                                                                                                  \
        return ready_recv(c, buf, n, NAME##_wait);                                                                     \
    }                                                                                                                  \
    const struct style style_##NAME = { #NAME,       NAME##_open, NAME##_connect, NAME##_accept,                       \
                                        NAME##_send, NAME##_recv, NAME##_close }

static int select_open(struct conn *c)
{
    u_long on = 1;

    return ioctlsocket(c->s, FIONBIO, &on);
}

static void select_close(struct conn *c)
{
    CHECK_OK(closesocket(c->s));
}

static int select_wait(struct conn *c, long what)
{
    fd_set in, out, except;

    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    if (what & (FD_READ | FD_ACCEPT | FD_CLOSE))
        FD_SET(c->s, &in);
    if (what & (FD_WRITE | FD_CONNECT))
        FD_SET(c->s, &out);
    if (what & FD_CONNECT)
        FD_SET(c->s, &except);
    return select(0, &in, &out, &except, NULL) == 1 ? 0 : -1;
}

READINESS_STYLE(select);

#define wsapoll_open  select_open
#define wsapoll_close select_close

static int wsapoll_wait(struct conn *c, long what)
{
    WSAPOLLFD fd = { c->s, 0, 0 };

    if (what & (FD_READ | FD_ACCEPT))
        fd.events |= POLLRDNORM;
    if (what & (FD_WRITE | FD_CONNECT))
        fd.events |= POLLWRNORM;
    return WSAPoll(&fd, 1, -1) == 1 ? 0 : -1;
}

READINESS_STYLE(wsapoll);

static int eventselect_open(struct conn *c)
{
    c->handle = WSACreateEvent();
    if (c->handle == WSA_INVALID_EVENT)
        return -1;
    return WSAEventSelect(c->s, c->handle, FD_READ | FD_WRITE | FD_ACCEPT | FD_CONNECT | FD_CLOSE);
}

static void eventselect_close(struct conn *c)
{
    CHECK_OK(closesocket(c->s));
    CHECK_TRUE(WSACloseEvent(c->handle));
}

/* A datagram socket gets no first FD_WRITE before it is connected, but there the send does not block either. */
static int eventselect_wait(struct conn *c, long what)
{
    while (!(c->wanted & what)) {
        WSANETWORKEVENTS got;

        if (WSAWaitForMultipleEvents(1, &c->handle, FALSE, WSA_INFINITE, FALSE) != WSA_WAIT_EVENT_0)
            return -1;
        if (WSAEnumNetworkEvents(c->s, c->handle, &got))
            return -1;
        c->wanted |= got.lNetworkEvents;
    }
    c->wanted &= ~(what & ~FD_CLOSE); /* the end of the stream stays */
    return 0;
}

READINESS_STYLE(eventselect);

#define WM_NET (WM_USER + 7)

static int asyncselect_open(struct conn *c)
{
    c->window = message_window();
    if (!c->window)
        return -1;
    return WSAAsyncSelect(c->s, c->window, WM_NET, FD_READ | FD_WRITE | FD_ACCEPT | FD_CONNECT | FD_CLOSE);
}

static void asyncselect_close(struct conn *c)
{
    CHECK_OK(closesocket(c->s));
    DestroyWindow(c->window);
}

static int asyncselect_wait(struct conn *c, long what)
{
    while (!(c->wanted & what)) {
        MSG msg;

        if (GetMessageA(&msg, c->window, WM_NET, WM_NET) <= 0)
            return -1;
        if (msg.wParam == c->s)
            c->wanted |= WSAGETSELECTEVENT(msg.lParam);
    }
    c->wanted &= ~(what & ~FD_CLOSE);
    return 0;
}

READINESS_STYLE(asyncselect);

/* ---- completion: start the operation with an OVERLAPPED, then wait for it in the style's own way ---- */

struct op {
    OVERLAPPED o;
    DWORD bytes, flags, err;
    volatile LONG done;
};

struct completion {
    int (*start)(struct conn *c, struct op *op); /* fills op->o before the call */
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    /* `started` is what the call said: 0 (at once) or WSA_IO_PENDING; fills bytes and err */
    int (*finish)(struct conn *c, struct op *op, int started);
    void (*not_started)(struct conn *c); /* NULL: nothing to be done */
};

static int completion_io(struct conn *c, const struct completion *how, char *data, int n, int is_send)
{
    struct op op;
    WSABUF buf = { n, data };
    DWORD now = 0;
    int r;

    memset(&op, 0, sizeof op);
    if (how->start(c, &op))
        return -1;
    if (is_send)
        r = WSASend(c->s, &buf, 1, &now, 0, &op.o, how->routine);
    else
        r = WSARecv(c->s, &buf, 1, &now, &op.flags, &op.o, how->routine);
    if (r && WSAGetLastError() != WSA_IO_PENDING) {
        DWORD err = WSAGetLastError();

        if (how->not_started)
            how->not_started(c);
        WSASetLastError(err);
        return -1;
    }
    if (how->finish(c, &op, r ? WSA_IO_PENDING : 0))
        return -1;
    WSASetLastError(op.err);
    return op.err ? -1 : (int)op.bytes;
}

/* AcceptEx and ConnectEx have no completion routine: those go by the event there. */
static SOCKET completion_accept(struct conn *c, const struct completion *how)
{
    LPFN_ACCEPTEX accept_ex = extension(c->s, (GUID)WSAID_ACCEPTEX);
    SOCKET s = tcp_new(c->af);
    char addrs[2 * (sizeof(union addr) + 16)];
    struct op op;
    int pending;

    memset(&op, 0, sizeof op);
    if (how->start(c, &op))
        return INVALID_SOCKET;
    pending = !accept_ex(c->s, s, addrs, 0, sizeof(union addr) + 16, sizeof(union addr) + 16, &op.bytes, &op.o);
    if ((pending && WSAGetLastError() != WSA_IO_PENDING) || how->finish(c, &op, pending ? WSA_IO_PENDING : 0))
        return INVALID_SOCKET;
    WSASetLastError(op.err);
    if (op.err || setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&c->s, sizeof c->s))
        return INVALID_SOCKET;
    return s;
}

static int completion_connect(struct conn *c, const struct completion *how, const struct sockaddr *to, int len)
{
    LPFN_CONNECTEX connect_ex;
    union addr any = { .sa.sa_family = c->af };
    struct op op;
    int pending;

    if (c->type == SOCK_DGRAM)
        return connect(c->s, to, len);
    connect_ex = extension(c->s, (GUID)WSAID_CONNECTEX);
    memset(&op, 0, sizeof op);
    if (bind(c->s, &any.sa, addr_len(c->af)) || how->start(c, &op))
        return -1;
    pending = !connect_ex(c->s, to, len, NULL, 0, &op.bytes, &op.o);
    if ((pending && WSAGetLastError() != WSA_IO_PENDING) || how->finish(c, &op, pending ? WSA_IO_PENDING : 0))
        return -1;
    WSASetLastError(op.err);
    return op.err ? -1 : setsockopt(c->s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
}

#define COMPLETION_STYLE(NAME, FOR_CONNECTING)                                                                         \
    static int NAME##_connect(struct conn *c, const struct sockaddr *to, int len)                                      \
    {                                                                                                                  \
        return completion_connect(c, &FOR_CONNECTING, to, len);                                                        \
    }                                                                                                                  \
    static SOCKET NAME##_accept(struct conn *c)                                                                        \
    {                                                                                                                  \
        return completion_accept(c, &FOR_CONNECTING);                                                                  \
    }                                                                                                                  \
    static int NAME##_send(struct conn *c, const char *data, int n)                                                    \
    {                                                                                                                  \
        return completion_io(c, &NAME##_how, (char *)data, n, 1);                                                      \
    }                                                                                                                  \
    static int NAME##_recv(struct conn *c, char *buf, int n)                                                           \
    {                                                                                                                  \
        return completion_io(c, &NAME##_how, buf, n, 0);                                                               \
    }                                                                                                                  \
    const struct style style_##NAME = { #NAME,       NAME##_open, NAME##_connect, NAME##_accept,                       \
                                        NAME##_send, NAME##_recv, NAME##_close }

static int overlapped_event_open(struct conn *c)
{
    c->handle = WSACreateEvent();
    return c->handle == WSA_INVALID_EVENT ? -1 : 0;
}

#define overlapped_event_close eventselect_close

static int event_start(struct conn *c, struct op *op)
{
    op->o.hEvent = c->handle;
    return 0;
}

static int event_finish(struct conn *c, struct op *op, int started)
{
    (void)started;
    if (WaitForSingleObject(c->handle, INFINITE) != WAIT_OBJECT_0)
        return -1;
    if (!WSAGetOverlappedResult(c->s, &op->o, &op->bytes, FALSE, &op->flags))
        op->err = WSAGetLastError();
    return 0;
}

static const struct completion overlapped_event_how = { event_start, NULL, event_finish };

COMPLETION_STYLE(overlapped_event, overlapped_event_how);

#define completion_routine_open  overlapped_event_open
#define completion_routine_close eventselect_close

static void CALLBACK routine(DWORD err, DWORD bytes, OVERLAPPED *o, DWORD flags)
{
    struct op *op = CONTAINING_RECORD(o, struct op, o);

    (void)flags;
    op->err = err;
    op->bytes = bytes;
    op->done++;
}

static int routine_start(struct conn *c, struct op *op)
{
    (void)c, (void)op;
    return 0;
}

static int routine_finish(struct conn *c, struct op *op, int started)
{
    (void)c, (void)started;
    while (!op->done)
        SleepEx(INFINITE, TRUE);
    CHECK_INT(op->done, 1);
    return 0;
}

static const struct completion completion_routine_how = { routine_start, routine, routine_finish };

COMPLETION_STYLE(completion_routine, overlapped_event_how);

#define PORT_KEY 0xfeedbeef

static int completion_port_open(struct conn *c)
{
    c->handle = CreateIoCompletionPort((HANDLE)c->s, NULL, PORT_KEY, 0);
    return c->handle ? 0 : -1;
}

static void completion_port_close(struct conn *c)
{
    CHECK_OK(closesocket(c->s));
    CHECK_TRUE(CloseHandle(c->handle));
}

static int port_finish(struct conn *c, struct op *op, int started)
{
    ULONG_PTR key = 0;
    OVERLAPPED *o = NULL;

    (void)started;
    if (!GetQueuedCompletionStatus(c->handle, &op->bytes, &key, &o, INFINITE)) {
        if (!o)
            return -1;
        WSAGetOverlappedResult(c->s, o, &op->bytes, FALSE, &op->flags);
        op->err = WSAGetLastError();
    }
    CHECK_INT(key, PORT_KEY);
    CHECK(o == &op->o);
    return 0;
}

static const struct completion completion_port_how = { routine_start, NULL, port_finish };

COMPLETION_STYLE(completion_port, completion_port_how);

/* FILE_SKIP_COMPLETION_PORT_ON_SUCCESS: what finished at once posts no packet. */
static int port_skip_open(struct conn *c)
{
    if (completion_port_open(c))
        return -1;
    return SetFileCompletionNotificationModes((HANDLE)c->s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                                FILE_SKIP_SET_EVENT_ON_HANDLE)
               ? 0
               : -1;
}

#define port_skip_close completion_port_close

static int port_skip_finish(struct conn *c, struct op *op, int started)
{
    ULONG_PTR key;
    OVERLAPPED *o;
    DWORD n;

    if (started == WSA_IO_PENDING)
        return port_finish(c, op, started);
    op->bytes = (DWORD)op->o.InternalHigh;
    CHECK(!GetQueuedCompletionStatus(c->handle, &n, &key, &o, 0) && !o);
    return 0;
}

static const struct completion port_skip_how = { routine_start, NULL, port_skip_finish };

COMPLETION_STYLE(port_skip, port_skip_how);

static void CALLBACK pool_done(PTP_CALLBACK_INSTANCE instance, void *context, void *o, ULONG result, ULONG_PTR bytes,
                               PTP_IO io)
{
    struct op *op = CONTAINING_RECORD(o, struct op, o);
    struct conn *c = context;

    (void)instance, (void)io;
    op->err = result;
    op->bytes = (DWORD)bytes;
    SetEvent(c->handle);
}

static int threadpool_io_open(struct conn *c)
{
    c->handle = CreateEventA(NULL, FALSE, FALSE, NULL);
    c->extra = CreateThreadpoolIo((HANDLE)c->s, pool_done, c, NULL);
    return c->handle && c->extra ? 0 : -1;
}

static void threadpool_io_close(struct conn *c)
{
    CHECK_OK(closesocket(c->s));
    WaitForThreadpoolIoCallbacks(c->extra, FALSE);
    CloseThreadpoolIo(c->extra);
    CloseHandle(c->handle);
}

static int pool_start(struct conn *c, struct op *op)
{
    (void)op;
    StartThreadpoolIo(c->extra);
    return 0;
}

static int pool_finish(struct conn *c, struct op *op, int started)
{
    (void)op, (void)started;
    return WaitForSingleObject(c->handle, INFINITE) == WAIT_OBJECT_0 ? 0 : -1;
}

static void pool_not_started(struct conn *c)
{
    CancelThreadpoolIo(c->extra);
}

static const struct completion threadpool_io_how = { pool_start, NULL, pool_finish, pool_not_started };

COMPLETION_STYLE(threadpool_io, threadpool_io_how);
