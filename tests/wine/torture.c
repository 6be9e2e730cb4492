/* SPDX-License-Identifier: MIT */
/*
 * Every style of waiting at once, on many sockets, from many threads, with cancels and closes at random: each operation that was
 * started is told exactly once, with the right byte count, key and status, in the order of its socket, and no byte of a stream
 * is lost, doubled or out of place. Meant for layers that own their data path (meson.build runs it through such), and true of
 * the base provider as well.
 *
 *   WS2KIT_TORTURE_OPS=2000000 WS2KIT_TORTURE_SEED=7 WS2KIT_TORTURE_THREADS=8   (tools/torture sets them)
 *
 * A thread drives its own connections and reaps what it started, so a test of order needs no locks; one more thread closes
 * sockets and cancels operations that are not its own.
 */
#include "net.h"
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    THREADS_MAX = 64,
    CONNECTIONS = 6, /* alive at a time, per thread */
    DEPTH = 6,       /* pending, per end and direction */
    OPS = 1024,      /* per thread; used in turn, so that one that is told too late is not yet another one */
    BIGGEST = 6000,
    PERIOD = 65521, /* of the streams' bytes */
    LOST_MS = 60000,
    WINDOW = 24 * 1024, /* on their way before a sender that blocks would */
};

enum style { PORT, PORT_SKIP, LOW_BIT, EVENT, POLLED, ROUTINE, POOL, BOUND, BLOCKING, NONBLOCKING, STYLES };
static const char *const style_name[STYLES] = { "port",    "port-skip", "low-bit",  "event",   "polled",
                                                "routine", "pool-io",   "callback", "blocking", "nonblocking" };

struct end;

struct op {
    OVERLAPPED o; /* first: packets carry its address */
    struct end *e;
    HANDLE event;
    LONG volatile told; /* written by pool threads, too */
    DWORD told_err, told_bytes;
    DWORD asked, serial;
    BOOL busy, incoming, cancelled;
    char data[BIGGEST];
};

struct queue { /* what is pending of one direction, in the order of the calls */
    struct op *op[DEPTH];
    int count;
    DWORD serial, last_told;
    unsigned long long at; /* the stream's bytes that are accounted for */
};

struct end {
    SOCKET s;
    enum style style;
    ULONG_PTR key;
    PTP_IO io;
    struct queue in, out;
    unsigned phase;         /* where its outgoing stream begins in the pattern */
    BOOL dirty;             /* a send was cancelled: what follows on the wire is not known */
    BOOL closed, reset, ended; /* by us; reset or ended by the other side */
    struct end *other;
    LONG volatile jobs;
};

struct connection {
    struct end end[2];
    int left; /* operations until it is closed */
};

struct worker {
    unsigned number;
    unsigned long long random;
    unsigned long long started, quota, lives, cancels, handed;
    unsigned long long by_style[STYLES];
    HANDLE port;
    struct op *op;
    unsigned next_op;
    ULONG_PTR next_key;
    struct connection c[CONNECTIONS];
};

static char pattern[PERIOD + BIGGEST];
static unsigned threads;
static LONG volatile faults;

static void fault(const struct end *e, const struct op *op, const char *what, long long got, long long want)
{
    if (InterlockedIncrement(&faults) > 40)
        return;
    check_fail(__FILE__, __LINE__, "%s: %lld, not %lld (%s, key %llu, %s number %lu of %lu bytes%s%s%s%s, err %lu, bytes %lu, Internal %llx)", what,
               got, want, e ? style_name[e->style] : "?", e ? (unsigned long long)e->key : 0,
               !op ? "no operation" : op->incoming ? "receive" : "send", op ? op->serial : 0, op ? op->asked : 0,
               op && op->cancelled ? ", cancelled" : "", e && e->closed ? ", closed" : "",
               e && e->reset ? ", reset" : "", e && e->other && e->other->closed ? ", other closed" : "",
               op ? op->told_err : 0, op ? op->told_bytes : 0, op ? (unsigned long long)op->o.Internal : 0);
}

static unsigned roll(struct worker *w, unsigned sides)
{
    w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(w->random >> 33) % sides;
}

/* ---- the other thread ---- */

struct job {
    SLIST_ENTRY link;
    struct end *e;
    struct op *op; /* to cancel; NULL: close */
};

static SLIST_HEADER jobs;
static HANDLE work;

static void hand_over(struct end *e, struct op *op)
{
    struct job *job = _aligned_malloc(sizeof *job, MEMORY_ALLOCATION_ALIGNMENT);

    NEED(job);
    job->e = e;
    job->op = op;
    InterlockedIncrement(&e->jobs);
    InterlockedPushEntrySList(&jobs, &job->link);
    SetEvent(work);
}

static DWORD WINAPI helper(void *unused)
{
    (void)unused;
    for (;;) {
        struct job *job = (struct job *)(void *)InterlockedPopEntrySList(&jobs);

        if (!job) {
            WaitForSingleObject(work, INFINITE);
            continue;
        }
        if (job->op)
            CancelIoEx((HANDLE)job->e->s, &job->op->o);
        else if (closesocket(job->e->s))
            fault(job->e, NULL, "closesocket by another thread", WSAGetLastError(), 0);
        InterlockedDecrement(&job->e->jobs);
        _aligned_free(job);
    }
    return 0;
}

/* ---- what is told ---- */

/* On the thread that owns the socket, or a pool's. `queued`: by packet or routine, which come in the order of the socket. */
static void told(struct op *op, DWORD err, DWORD bytes, BOOL queued)
{
    struct end *e = op->e;

    op->told_err = err;
    op->told_bytes = bytes;
    if (!op->busy)
        fault(e, op, "told of an operation that is not pending", bytes, 0);
    if (InterlockedIncrement(&op->told) != 1)
        fault(e, op, "told again", op->told, 1);
    if (op->o.InternalHigh != bytes)
        fault(e, op, "InternalHigh and what is told", op->o.InternalHigh, bytes);
    if (queued && !op->cancelled && !err) {
        struct queue *q = op->incoming ? &e->in : &e->out;

        if (op->serial < q->last_told)
            fault(e, op, "out of order", op->serial, q->last_told);
        q->last_told = op->serial;
    }
}

static void CALLBACK on_routine(DWORD err, DWORD bytes, OVERLAPPED *o, DWORD flags)
{
    (void)flags;
    told((struct op *)o, err, bytes, TRUE);
}

static void CALLBACK on_pool(PTP_CALLBACK_INSTANCE instance, void *context, void *o, ULONG err, ULONG_PTR bytes, PTP_IO io)
{
    struct op *op = o;

    (void)instance, (void)io;
    if (context != op->e)
        fault(op->e, op, "the pool's context", (LONG_PTR)context, (LONG_PTR)op->e);
    told(op, err, (DWORD)bytes, FALSE);
}

static void CALLBACK on_bound(DWORD err, DWORD bytes, OVERLAPPED *o)
{
    told((struct op *)o, err, bytes, FALSE);
}

static void take_packets(struct worker *w)
{
    for (int i = 0; i < 64; i++) {
        OVERLAPPED *o = NULL;
        ULONG_PTR key = 0;
        DWORD bytes = 0, err;
        BOOL done = GetQueuedCompletionStatus(w->port, &bytes, &key, &o, 0);
        struct op *op = (struct op *)o;

        if (!o)
            return;
        err = done ? 0 : GetLastError();
        if (key != op->e->key)
            fault(op->e, op, "the packet's key", key, op->e->key);
        if (op->e->style != PORT && op->e->style != PORT_SKIP)
            fault(op->e, op, "a packet for a style that wants none", op->e->style, PORT);
        told(op, err, bytes, TRUE);
    }
}

/* Styles that are looked at. */
static void look(struct op *op)
{
    struct end *e = op->e;
    NTSTATUS status;

    if (op->told)
        return;
    switch (e->style) {
    case EVENT:
    case LOW_BIT:
        if (WaitForSingleObject(op->event, 0) != WAIT_OBJECT_0)
            return;
        ResetEvent(op->event);
        if (!HasOverlappedIoCompleted(&op->o))
            fault(e, op, "signalled while pending", 1, 0);
        break;
    case POLLED:
        if (!HasOverlappedIoCompleted(&op->o))
            return;
        break;
    default:
        return;
    }
    status = (NTSTATUS)__atomic_load_n(&op->o.Internal, __ATOMIC_ACQUIRE);
    told(op, status == 0 ? 0 : status == (NTSTATUS)0xC0000120 ? WSA_OPERATION_ABORTED : WSASYSCALLFAILURE,
         (DWORD)op->o.InternalHigh, FALSE);
}

/* ---- what is checked of an operation that has ended, in the order of the calls ---- */

static void check_bytes_of(struct end *e, struct op *op, DWORD n)
{
    struct end *from = e->other;

    if (from->dirty)
        return;
    if (memcmp(op->data, pattern + (from->phase + e->in.at) % PERIOD, n))
        fault(e, op, "bytes out of place at", (long long)e->in.at, 0);
    e->in.at += n;
    if (e->in.at > from->out.at)
        fault(e, op, "more received than sent", (long long)e->in.at, (long long)from->out.at);
}

static void check_result(struct worker *w, struct end *e, struct op *op)
{
    DWORD n = 77777, flags = 0;
    BOOL done;

    if (e->closed || e->style == ROUTINE || roll(w, 4))
        return;
    done = WSAGetOverlappedResult(e->s, &op->o, &n, FALSE, &flags);
    if (!done != !!op->told_err && e->style != POLLED)
        fault(e, op, "WSAGetOverlappedResult", done, !op->told_err);
    if (done && n != op->told_bytes)
        fault(e, op, "WSAGetOverlappedResult's bytes", n, op->told_bytes);
}

static void settle_one(struct worker *w, struct end *e, struct op *op)
{
    BOOL gone = e->closed || e->other->closed || e->reset;

    check_result(w, e, op);
    if (op->told_err) {
        if (op->told_err == WSA_OPERATION_ABORTED ? !op->cancelled && !e->closed : !gone)
            fault(e, op, "failed", op->told_err, 0);
        if (op->told_bytes)
            fault(e, op, "failed, and has bytes", op->told_bytes, 0);
        if (!op->incoming)
            e->dirty = TRUE;
        if (op->told_err != WSA_OPERATION_ABORTED)
            e->reset = TRUE;
    } else if (!op->incoming) {
        if (op->told_bytes != op->asked)
            fault(e, op, "sent", op->told_bytes, op->asked);
    } else if (op->told_bytes > op->asked) {
        fault(e, op, "received more than asked for", op->told_bytes, op->asked);
    } else if (op->told_bytes) {
        check_bytes_of(e, op, op->told_bytes);
    } else {
        if (!gone && !e->other->ended)
            fault(e, op, "the end of a stream that goes on", 0, 1);
        e->reset = TRUE; /* nothing more will come */
    }
    op->busy = FALSE;
}

static void settle(struct worker *w, struct end *e, struct queue *q)
{
    for (int i = 0; i < q->count; i++)
        look(q->op[i]);
    while (q->count && __atomic_load_n(&q->op[0]->told, __ATOMIC_ACQUIRE)) {
        struct op *op = q->op[0];

        memmove(q->op, q->op + 1, --q->count * sizeof *q->op);
        settle_one(w, e, op);
    }
}

static void reap(struct worker *w)
{
    take_packets(w);
    SleepEx(0, TRUE);
    for (int i = 0; i < CONNECTIONS; i++)
        for (int k = 0; k < 2; k++) {
            settle(w, &w->c[i].end[k], &w->c[i].end[k].in);
            settle(w, &w->c[i].end[k], &w->c[i].end[k].out);
        }
}

static int pending(const struct end *e)
{
    return e->in.count + e->out.count;
}

/* Until `left` of e's operations are pending still; what does not come any more is the fault this program is for. */
static void wait_for(struct worker *w, struct end *e, int left)
{
    DWORD begun = GetTickCount();

    while (pending(e) > left) {
        reap(w);
        if (pending(e) <= left)
            break;
        if (GetTickCount() - begun > LOST_MS) {
            struct op *op = e->in.count ? e->in.op[0] : e->out.op[0];

            fault(e, op, "lost: nothing told after a minute", pending(e), left);
            note("torture: in %d out %d jobs %ld", e->in.count, e->out.count, (long)e->jobs);
            case_end();
        }
        SleepEx(1, TRUE);
    }
}

/* ---- starting ---- */

static struct op *op_new(struct worker *w, struct end *e, BOOL incoming, DWORD bytes)
{
    struct queue *q = incoming ? &e->in : &e->out;
    struct op *op;

    do
        op = &w->op[w->next_op++ % OPS];
    while (op->busy);
    if (WaitForSingleObject(op->event, 0) == WAIT_OBJECT_0)
        fault(op->e, op, "signalled again after its end", 1, 0);
    memset(&op->o, 0, sizeof op->o);
    op->e = e;
    op->incoming = incoming;
    op->asked = bytes;
    op->told = 0;
    op->told_err = op->told_bytes = 0;
    op->cancelled = FALSE;
    op->busy = TRUE;
    op->serial = ++q->serial;
    if (e->style == EVENT)
        op->o.hEvent = op->event;
    if (e->style == LOW_BIT)
        op->o.hEvent = (HANDLE)((ULONG_PTR)op->event | 1);
    q->op[q->count++] = op;
    return op;
}

static void forget_last(struct queue *q, struct op *op)
{
    if (q->op[--q->count] != op)
        fault(op->e, op, "the last one started", 0, 1);
    op->busy = FALSE;
}

/* After the call: `result` and the last error. */
static BOOL op_started(struct end *e, struct op *op, int result)
{
    int err = result ? WSAGetLastError() : 0;
    struct queue *q = op->incoming ? &e->in : &e->out;

    if (!result && e->style == PORT_SKIP)
        told(op, 0, (DWORD)op->o.InternalHigh, FALSE); /* earlier ones may wait in the port */
    if (!err || err == WSA_IO_PENDING)
        return TRUE;
    if (!e->other->closed && !e->other->ended && !e->reset)
        fault(e, op, "did not start", err, WSA_IO_PENDING);
    e->reset = TRUE;
    if (e->io)
        CancelThreadpoolIo(e->io);
    forget_last(q, op);
    return FALSE;
}

static void send_overlapped(struct worker *w, struct end *e, DWORD bytes)
{
    struct op *op = op_new(w, e, FALSE, bytes);
    WSABUF buf[2] = { { bytes, pattern + (e->phase + e->out.at) % PERIOD } };
    DWORD count = 1, n;

    if (bytes > 1 && !roll(w, 4)) {
        buf[1] = (WSABUF){ bytes / 2, buf[0].buf + (bytes - bytes / 2) };
        buf[0].len -= bytes / 2;
        count = 2;
    }
    if (e->io)
        StartThreadpoolIo(e->io);
    e->out.at += bytes;
    if (!op_started(e, op, WSASend(e->s, buf, count, e->style == PORT_SKIP ? &n : NULL, 0, &op->o,
                                   e->style == ROUTINE ? on_routine : NULL)))
        e->dirty = TRUE;
}

static void recv_overlapped(struct worker *w, struct end *e, DWORD bytes)
{
    struct op *op = op_new(w, e, TRUE, bytes);
    WSABUF buf = { bytes, op->data };
    DWORD flags = 0, n;

    if (e->io)
        StartThreadpoolIo(e->io);
    op_started(e, op, WSARecv(e->s, &buf, 1, e->style == PORT_SKIP ? &n : NULL, &flags, &op->o,
                              e->style == ROUTINE ? on_routine : NULL));
}

static unsigned long long on_the_way(const struct end *to)
{
    return to->other->out.at - to->in.at;
}

static void send_plain(struct end *e, DWORD bytes)
{
    int n;

    if (on_the_way(e->other) + bytes > WINDOW)
        return;
    n = send(e->s, pattern + (e->phase + e->out.at) % PERIOD, bytes, 0);
    if (n > 0)
        e->out.at += n;
    else if (!e->other->closed && !e->reset && !(e->style == NONBLOCKING && WSAGetLastError() == WSAEWOULDBLOCK))
        fault(e, NULL, "send", WSAGetLastError(), 0);
    if (n < 0 && WSAGetLastError() != WSAEWOULDBLOCK)
        e->reset = TRUE;
    if (n > 0 && e->style == BLOCKING && n != (int)bytes)
        fault(e, NULL, "sent", n, bytes);
}

static void recv_plain(struct worker *w, struct end *e, DWORD bytes)
{
    static struct timeval now;
    struct op *op = &w->op[w->next_op++ % OPS];
    BOOL sure = on_the_way(e) && !e->other->out.count && !e->other->dirty;
    int n;

    if (op->busy || (e->style == BLOCKING && !sure && !e->other->closed && !e->other->ended))
        return;
    if (e->style == NONBLOCKING && roll(w, 2)) {
        WSAPOLLFD p = { e->s, POLLIN, 0 };
        fd_set set;

        FD_ZERO(&set);
        FD_SET(e->s, &set);
        if (roll(w, 2) ? !WSAPoll(&p, 1, 0) : !select(0, &set, NULL, NULL, &now))
            return;
    }
    n = recv(e->s, op->data, bytes, 0);
    op->incoming = TRUE;
    op->asked = bytes;
    op->e = e;
    if (n > 0)
        check_bytes_of(e, op, n);
    else if (n < 0 && WSAGetLastError() == WSAEWOULDBLOCK && e->style == NONBLOCKING)
        return;
    else if (!e->other->closed && !e->other->ended && !e->reset)
        fault(e, NULL, "recv", n ? WSAGetLastError() : 0, 1);
    if (n <= 0)
        e->reset = TRUE;
}

/* ---- connections ---- */

static void end_open(struct worker *w, struct end *e, SOCKET s, struct end *other)
{
    e->s = s;
    e->other = other;
    e->phase = roll(w, PERIOD);
    e->key = (ULONG_PTR)w->number << 24 | ++w->next_key;
}

/* What belongs to the style; before or after the socket is connected. */
static void end_prepare(struct worker *w, struct end *e)
{
    switch (e->style) {
    case PORT:
    case PORT_SKIP:
    case LOW_BIT:
        NEED(CreateIoCompletionPort((HANDLE)e->s, w->port, e->key, 0) == w->port);
        if (e->style == PORT_SKIP)
            NEED(SetFileCompletionNotificationModes((HANDLE)e->s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                                      FILE_SKIP_SET_EVENT_ON_HANDLE));
        break;
    case POOL:
        e->io = CreateThreadpoolIo((HANDLE)e->s, on_pool, e, NULL);
        NEED(e->io);
        break;
    case BOUND:
        NEED(BindIoCompletionCallback((HANDLE)e->s, on_bound, 0));
        break;
    case NONBLOCKING:
        set_nonblocking(e->s, 1);
        break;
    default:;
    }
}

static void open_connection(struct worker *w, struct connection *c)
{
    struct end *a = &c->end[0], *b = &c->end[1];
    SOCKET listener, s = tcp_new(AF_INET);
    BOOL early = roll(w, 2);
    union addr at;

    memset(c, 0, sizeof *c);
    c->left = 20 + roll(w, 300);
    a->style = roll(w, STYLES);
    b->style = roll(w, STYLES);
    end_open(w, a, s, b);
    if (a->style == NONBLOCKING)
        early = FALSE;
    if (early)
        end_prepare(w, a);
    listener = tcp_listen(AF_INET, &at);
    NEED_OK(connect(s, &at.sa, addr_len(AF_INET)));
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    end_open(w, b, s, a);
    if (!early)
        end_prepare(w, a);
    end_prepare(w, b);
    NEED_OK(closesocket(listener));
    w->lives++;
}

static void end_close(struct worker *w, struct end *e)
{
    while (e->jobs)
        SleepEx(1, TRUE);
    e->closed = TRUE;
    if (roll(w, 2)) {
        hand_over(e, NULL);
        w->handed++;
    } else if (closesocket(e->s)) {
        fault(e, NULL, "closesocket", WSAGetLastError(), 0);
    }
}

static void end_forget(struct worker *w, struct end *e)
{
    wait_for(w, e, 0);
    while (e->jobs)
        SleepEx(1, TRUE);
    if (e->io) {
        WaitForThreadpoolIoCallbacks(e->io, FALSE);
        CloseThreadpoolIo(e->io);
        e->io = NULL;
    }
}

/* Everything that was sent arrives. */
static void drain(struct worker *w, struct end *from)
{
    struct end *to = from->other;
    DWORD begun = GetTickCount();

    while (from->out.count || (to->in.at < from->out.at && !from->dirty && !to->reset)) {
        reap(w);
        if (to->style == BLOCKING || to->style == NONBLOCKING)
            recv_plain(w, to, BIGGEST);
        else if (!to->in.count)
            recv_overlapped(w, to, BIGGEST);
        if (GetTickCount() - begun > LOST_MS) {
            fault(to, NULL, "lost bytes of a stream", (long long)to->in.at, (long long)from->out.at);
            case_end();
        }
        SleepEx(0, TRUE);
    }
}

static void close_connection(struct worker *w, struct connection *c)
{
    unsigned first = roll(w, 2);

    if (roll(w, 2)) {
        drain(w, &c->end[0]);
        drain(w, &c->end[1]);
        c->end[first].ended = TRUE; /* half-close: what still waits to receive sees the end */
        if (shutdown(c->end[first].s, SD_SEND) && !c->end[first].reset)
            fault(&c->end[first], NULL, "shutdown", WSAGetLastError(), 0);
        wait_for(w, &c->end[!first], 0);
    }
    end_close(w, &c->end[first]);
    if (roll(w, 2))
        wait_for(w, &c->end[!first], 0);
    end_close(w, &c->end[!first]);
    end_forget(w, &c->end[0]);
    end_forget(w, &c->end[1]);
}

/* ---- the thread ---- */

static void cancel_some(struct worker *w, struct end *e)
{
    struct op *op;

    if (!e->in.count)
        return;
    w->cancels++;
    if (!roll(w, 6)) {
        for (int i = 0; i < e->in.count; i++)
            e->in.op[i]->cancelled = TRUE;
        for (int i = 0; i < e->out.count; i++)
            e->out.op[i]->cancelled = TRUE;
        if (roll(w, 2))
            CancelIo((HANDLE)e->s);
        else
            CancelIoEx((HANDLE)e->s, NULL);
        return;
    }
    op = e->in.op[roll(w, e->in.count)];
    op->cancelled = TRUE;
    if (roll(w, 3))
        CancelIoEx((HANDLE)e->s, &op->o);
    else
        hand_over(e, op);
}

static DWORD some_bytes(struct worker *w)
{
    return roll(w, 8) ? 1 + roll(w, 300) : 1 + roll(w, BIGGEST - 1);
}

static void one_step(struct worker *w, struct connection *c)
{
    struct end *e = &c->end[roll(w, 2)];
    BOOL plain = e->style == BLOCKING || e->style == NONBLOCKING;
    unsigned what = roll(w, 16);

    if (what < 7) {
        if (e->reset)
            c->left = 0;
        else if (plain)
            send_plain(e, some_bytes(w));
        else if (e->out.count < DEPTH && on_the_way(e->other) < 8 * WINDOW)
            send_overlapped(w, e, some_bytes(w));
    } else if (what < 14) {
        if (e->reset)
            c->left = 0;
        else if (plain)
            recv_plain(w, e, some_bytes(w));
        else if (e->in.count < DEPTH)
            recv_overlapped(w, e, some_bytes(w));
    } else if (what == 14) {
        cancel_some(w, e);
        return;
    } else {
        reap(w);
        return;
    }
    w->started++;
    w->by_style[e->style]++;
    c->left--;
}

static DWORD WINAPI drive(void *arg)
{
    struct worker *w = arg;

    w->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    w->op = calloc(OPS, sizeof *w->op);
    NEED(w->port && w->op);
    for (int i = 0; i < OPS; i++)
        NEED((w->op[i].event = CreateEventA(NULL, TRUE, FALSE, NULL)));
    for (int i = 0; i < CONNECTIONS; i++)
        open_connection(w, &w->c[i]);
    while (w->started < w->quota && faults < 40) {
        struct connection *c = &w->c[roll(w, CONNECTIONS)];

        one_step(w, c);
        if (!roll(w, 8))
            reap(w);
        if (c->left <= 0) {
            close_connection(w, c);
            open_connection(w, c);
        }
    }
    for (int i = 0; i < CONNECTIONS; i++)
        close_connection(w, &w->c[i]);
    SleepEx(50, TRUE);
    take_packets(w); /* there is none that nobody waits for */
    return 0;
}

static unsigned long long setting(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void everything_at_once(void)
{
    unsigned long long ops = setting("WS2KIT_TORTURE_OPS", 16000), seed = setting("WS2KIT_TORTURE_SEED", 1);
    unsigned long long total = 0, lives = 0, cancels = 0, handed = 0, by_style[STYLES] = { 0 };
    HANDLE thread[THREADS_MAX];
    struct worker *w;
    DWORD begun = GetTickCount();

    threads = (unsigned)setting("WS2KIT_TORTURE_THREADS", 8);
    NEED(threads && threads <= THREADS_MAX);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = (char)((i % PERIOD) * 167 + (i % PERIOD >> 8) * 11);
    InitializeSListHead(&jobs);
    work = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread_start(helper, NULL);
    w = calloc(threads, sizeof *w);
    NEED(w);
    for (unsigned t = 0; t < threads; t++) {
        w[t].number = t + 1;
        w[t].random = seed * 1000003 + t * 7919;
        w[t].quota = ops / threads;
        thread[t] = thread_start(drive, &w[t]);
    }
    for (unsigned t = 0; t < threads; t++) {
        thread_join(thread[t]);
        total += w[t].started;
        lives += w[t].lives;
        cancels += w[t].cancels;
        handed += w[t].handed;
        for (int i = 0; i < STYLES; i++)
            by_style[i] += w[t].by_style[i];
    }
    note("torture: %llu operations on %llu connections, %llu cancels, %llu sockets closed by another thread, %lu threads, seed %llu: %ld faults in %lu s",
         total, lives, cancels, handed, (unsigned long)threads, seed, (long)faults, (GetTickCount() - begun) / 1000);
    for (int i = 0; i < STYLES; i++)
        note("  %-12s %llu", style_name[i], by_style[i]);
    CHECK_INT(faults, 0);
}

const struct test_case test_cases[] = {
    { "everything-at-once", everything_at_once },
    { 0 },
};
