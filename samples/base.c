/* SPDX-License-Identifier: MIT */
/*
 * The template of a base provider: a protocol of its own, under the sockets API. Its sockets are boxes: what is sent into one can be received
 * from it. Everything that such a DLL has to have is here, blocking and overlapped calls with every kind of completion, select and
 * closing; what a box cannot do fails with WSAEOPNOTSUPP.
 *
 *   x86_64-w64-mingw32-gcc -O2 -shared -o base.dll base.c -lws2_32 -Wl,--kill-at
 *
 * Install it with WSCInstallProvider under an entry with ChainLen 1, iAddressFamily BOX_FAMILY and without XP1_IFS_HANDLES
 * (tests/wine/boxes.c does), and socket(BOX_FAMILY, SOCK_STREAM, 0) makes a box. It needs nothing of ws2kit's.
 */
#include <winsock2.h>
#include <ws2spi.h>

#include <stdlib.h>
#include <string.h>

enum { BOX_FAMILY = 119, BOX_BYTES = 65536 };

/* A receive that waits. Its memory is ours; the OVERLAPPED and the buffers are the program's until it has ended. */
struct waiting {
    struct waiting *next;
    LPWSAOVERLAPPED ov;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    WSATHREADID thread;
    DWORD count, err, bytes;
    WSABUF buf[];
};

/* Found by ws2_32 for us: it keeps the pointer with the handle (WPUQuerySocketHandleContext). */
struct box {
    SOCKET s;
    unsigned refs; /* the handle's, and one for each call in progress */
    BOOL closed, nonblocking;
    size_t from, bytes; /* what lies in `data`, a ring */
    struct waiting *first, **last;
    char data[BOX_BYTES];
};

static WSPUPCALLTABLE up;
static SRWLOCK lock = SRWLOCK_INIT; /* over all boxes; held in upcalls, which call nobody, but not where the program is told */
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;

static int fail(LPINT lp_errno, int err)
{
    *lp_errno = err;
    return SOCKET_ERROR;
}

/* With the lock held, and a reference. */
static struct box *find(SOCKET s, LPINT err)
{
    DWORD_PTR context;
    struct box *b = NULL;

    if (!up.lpWPUQuerySocketHandleContext(s, &context, err))
        b = (struct box *)context;
    if (b && b->closed)
        b = NULL;
    if (b)
        b->refs++;
    else
        *err = WSAENOTSOCK;
    return b;
}

/*
 * Without the lock. The handle goes with the last reference, so that no end is told on a value that is another socket's by then; and under the
 * lock, so that find() meets no box that is gone.
 */
static void let_go(struct box *b)
{
    int ignored;

    AcquireSRWLockExclusive(&lock);
    if (!--b->refs) {
        up.lpWPUCloseSocketHandle(b->s, &ignored);
        free(b);
    }
    ReleaseSRWLockExclusive(&lock);
}

/* ---- bytes ---- */

static DWORD put_bytes(struct box *b, const WSABUF *buf, DWORD count)
{
    DWORD done = 0;

    for (DWORD i = 0; i < count; i++)
        for (ULONG k = 0; k < buf[i].len && b->bytes < BOX_BYTES; k++, b->bytes++, done++)
            b->data[(b->from + b->bytes) % BOX_BYTES] = buf[i].buf[k];
    return done;
}

static DWORD take_bytes(struct box *b, WSABUF *buf, DWORD count)
{
    DWORD done = 0;

    for (DWORD i = 0; i < count; i++)
        for (ULONG k = 0; k < buf[i].len && b->bytes; k++, b->bytes--, done++) {
            buf[i].buf[k] = b->data[b->from];
            b->from = (b->from + 1) % BOX_BYTES;
        }
    return done;
}

/* ---- how overlapped operations end ---- */

struct routine_call {
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    LPWSAOVERLAPPED ov;
    DWORD err, bytes;
};

static void CALLBACK run_routine(DWORD_PTR context)
{
    struct routine_call c = *(struct routine_call *)context;

    free((void *)context);
    c.routine(c.err, c.bytes, c.ov, 0);
}

/* Offset and OffsetHigh are the provider's, for WSPGetOverlappedResult: flags and error. The status is what pollers wait for, so it is last. */
static void tell(SOCKET s, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, WSATHREADID *thread, DWORD err,
                 DWORD bytes)
{
    struct routine_call *c = routine ? malloc(sizeof *c) : NULL;
    int ignored;

    ov->Offset = 0;
    ov->OffsetHigh = err;
    if (!c) {
        WPUCompleteOverlappedRequest(s, ov, err, bytes, &ignored);
        return;
    }
    *c = (struct routine_call){ routine, ov, err, bytes };
    ov->InternalHigh = bytes;
    __atomic_store_n(&ov->Internal, err, __ATOMIC_RELEASE);
    if (up.lpWPUQueueApc(thread, run_routine, (DWORD_PTR)c, &ignored))
        free(c); /* the thread has ended */
}

static void mark_pending(LPWSAOVERLAPPED ov, BOOL routine)
{
    HANDLE event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1); /* the low bit says "no packet" */

    ov->Internal = WSS_OPERATION_IN_PROGRESS;
    ov->InternalHigh = 0;
    if (event && !routine)
        ResetEvent(event);
}

/* Takes out, with the lock held, the receives that can end now: all that there are bytes for, or every one. */
static struct waiting *ready(struct box *b, BOOL closing)
{
    struct waiting *list = NULL, **end = &list, *w;

    while ((w = b->first) && (closing || b->bytes)) {
        b->first = w->next;
        if (!b->first)
            b->last = &b->first;
        w->next = NULL;
        w->err = closing ? WSA_OPERATION_ABORTED : 0;
        w->bytes = closing ? 0 : take_bytes(b, w->buf, w->count);
        *end = w;
        end = &w->next;
    }
    return list;
}

static void tell_all(SOCKET s, struct waiting *list)
{
    struct waiting *w;

    while ((w = list)) {
        list = w->next;
        tell(s, w->ov, w->routine, &w->thread, w->err, w->bytes);
        free(w);
    }
}

/* ---- entries ---- */

static SOCKET WSPAPI box_socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group, DWORD flags, LPINT err)
{
    struct box *b = calloc(1, sizeof *b);

    (void)family, (void)type, (void)protocol, (void)group, (void)flags; /* there is but one kind */
    if (!b) {
        *err = WSAENOBUFS;
        return INVALID_SOCKET;
    }
    b->refs = 1;
    b->last = &b->first;
    b->s = up.lpWPUCreateSocketHandle(info->dwCatalogEntryId, (DWORD_PTR)b, err);
    if (b->s == INVALID_SOCKET) {
        free(b);
        return INVALID_SOCKET;
    }
    return b->s;
}

static int WSPAPI box_close(SOCKET s, LPINT err)
{
    struct waiting *list = NULL;
    struct box *b;

    AcquireSRWLockExclusive(&lock);
    b = find(s, err);
    if (b) {
        b->closed = TRUE;
        list = ready(b, TRUE);
    }
    ReleaseSRWLockExclusive(&lock);
    if (!b)
        return SOCKET_ERROR;
    WakeAllConditionVariable(&changed);
    tell_all(s, list);
    let_go(b);
    let_go(b); /* the handle's own */
    return 0;
}

/* Never waits: what does not fit stays with the caller. */
static int WSPAPI box_send(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags, LPWSAOVERLAPPED ov,
                           LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    struct waiting *list;
    struct box *b;
    DWORD done;

    (void)flags;
    AcquireSRWLockExclusive(&lock);
    b = find(s, err);
    if (!b) {
        ReleaseSRWLockExclusive(&lock);
        return SOCKET_ERROR;
    }
    done = put_bytes(b, buf, count);
    list = ready(b, FALSE);
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&changed);
    tell_all(s, list);
    if (sent)
        *sent = done;
    if (ov && done) { /* 0 or pending, the end is told in the same way */
        mark_pending(ov, routine != NULL);
        tell(s, ov, routine, thread, 0, done);
    }
    let_go(b);
    return done ? 0 : fail(err, WSAEWOULDBLOCK);
}

static int recv_later(struct box *b, LPWSABUF buf, DWORD count, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                      LPWSATHREADID thread, LPINT err)
{
    struct waiting *w = calloc(1, sizeof *w + count * sizeof *buf), *list;

    if (!w)
        return fail(err, WSAENOBUFS);
    w->ov = ov;
    w->routine = routine;
    if (thread)
        w->thread = *thread;
    w->count = count;
    memcpy(w->buf, buf, count * sizeof *buf);
    mark_pending(ov, routine != NULL);
    AcquireSRWLockExclusive(&lock);
    *b->last = w;
    b->last = &w->next;
    list = ready(b, b->closed);
    ReleaseSRWLockExclusive(&lock);
    tell_all(b->s, list);
    return fail(err, WSA_IO_PENDING);
}

static int recv_now(struct box *b, LPWSABUF buf, DWORD count, LPDWORD got, LPINT err)
{
    int failure = 0;

    AcquireSRWLockExclusive(&lock);
    while (!b->bytes && !b->closed && !b->nonblocking)
        SleepConditionVariableSRW(&changed, &lock, INFINITE, 0);
    if (b->closed)
        failure = WSAEINTR;
    else if (!b->bytes)
        failure = WSAEWOULDBLOCK;
    else
        *got = take_bytes(b, buf, count);
    ReleaseSRWLockExclusive(&lock);
    return failure ? fail(err, failure) : 0;
}

static int WSPAPI box_recv(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD got, LPDWORD flags, LPWSAOVERLAPPED ov,
                           LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    struct box *b;
    int result;

    (void)flags;
    AcquireSRWLockExclusive(&lock);
    b = find(s, err);
    ReleaseSRWLockExclusive(&lock);
    if (!b)
        return SOCKET_ERROR;
    result = ov ? recv_later(b, buf, count, ov, routine, thread, err) : recv_now(b, buf, count, got, err);
    let_go(b);
    return result;
}

static WINBOOL WSPAPI box_result(SOCKET s, LPWSAOVERLAPPED ov, LPDWORD bytes, WINBOOL wait, LPDWORD flags, LPINT err)
{
    HANDLE event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);

    (void)s;
    while (__atomic_load_n(&ov->Internal, __ATOMIC_ACQUIRE) == WSS_OPERATION_IN_PROGRESS) {
        if (!wait) {
            *err = WSA_IO_INCOMPLETE;
            return FALSE;
        }
        WaitForSingleObject(event, event ? INFINITE : 1);
        if (!event)
            Sleep(1);
    }
    *bytes = (DWORD)ov->InternalHigh;
    *flags = ov->Offset;
    *err = ov->OffsetHigh;
    return !ov->OffsetHigh;
}

/* With the lock held: how many of the set's boxes are ready; `keep` leaves only those in it. -1: one is none of ours. */
static int look(fd_set *set, BOOL for_reading, BOOL keep)
{
    u_int kept = 0;
    int ignored;

    for (u_int i = 0; set && i < set->fd_count; i++) {
        struct box *b = find(set->fd_array[i], &ignored);

        if (!b)
            return -1;
        b->refs--; /* the handle still has its own */
        if (for_reading ? b->bytes > 0 : b->bytes < BOX_BYTES) {
            if (keep)
                set->fd_array[kept] = set->fd_array[i];
            kept++;
        }
    }
    if (keep && set)
        set->fd_count = kept;
    return (int)kept;
}

static int WSPAPI box_select(int n, fd_set *rd, fd_set *wr, fd_set *ex, const PTIMEVAL timeout, LPINT err)
{
    ULONGLONG end = timeout ? GetTickCount64() + timeout->tv_sec * 1000ULL + timeout->tv_usec / 1000 : MAXULONGLONG, now;
    int r, w;

    (void)n;
    AcquireSRWLockExclusive(&lock);
    for (;;) {
        r = look(rd, TRUE, FALSE);
        w = look(wr, FALSE, FALSE);
        now = GetTickCount64();
        if (r || w || now >= end)
            break;
        SleepConditionVariableSRW(&changed, &lock, end == MAXULONGLONG ? INFINITE : (DWORD)(end - now), 0);
    }
    if (r >= 0 && w >= 0) {
        look(rd, TRUE, TRUE);
        look(wr, FALSE, TRUE);
        if (ex)
            ex->fd_count = 0;
    }
    ReleaseSRWLockExclusive(&lock);
    return r < 0 || w < 0 ? fail(err, WSAENOTSOCK) : r + w;
}

static int WSPAPI box_ioctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes, LPDWORD returned,
                            LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    int failure = WSAEOPNOTSUPP;
    struct box *b;

    (void)ov, (void)routine, (void)thread;
    AcquireSRWLockExclusive(&lock);
    b = find(s, err);
    if (b && code == (DWORD)FIONBIO && in && in_bytes >= sizeof(u_long)) {
        b->nonblocking = *(u_long *)in != 0;
        *returned = 0;
        failure = 0;
    } else if (b && code == (DWORD)FIONREAD && out && out_bytes >= sizeof(u_long)) {
        *(u_long *)out = (u_long)b->bytes;
        *returned = sizeof(u_long);
        failure = 0;
    }
    ReleaseSRWLockExclusive(&lock);
    if (!b)
        return SOCKET_ERROR;
    let_go(b);
    return failure ? fail(err, failure) : 0;
}

static int WSPAPI box_cleanup(LPINT err)
{
    (void)err; /* ws2_32 has the handles; what still waits ends unheard */
    return 0;
}

/* What a box cannot do. The number of arguments matters to 32-bit callers, so each entry has its own. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define CANNOT(name, type, ...)                                                                                        \
    static type WSPAPI name(__VA_ARGS__, LPINT err)                                                                    \
    {                                                                                                                  \
        *err = WSAEOPNOTSUPP;                                                                                          \
        return (type)SOCKET_ERROR;                                                                                     \
    }
CANNOT(box_accept, SOCKET, SOCKET s, struct sockaddr *a, LPINT n, LPCONDITIONPROC f, DWORD_PTR d)
CANNOT(box_to_string, INT, LPSOCKADDR a, DWORD n, LPWSAPROTOCOL_INFOW i, LPWSTR t, LPDWORD c)
CANNOT(box_async_select, int, SOCKET s, HWND w, unsigned m, long e)
CANNOT(box_bind, int, SOCKET s, const struct sockaddr *a, int n)
CANNOT(box_connect, int, SOCKET s, const struct sockaddr *a, int n, LPWSABUF x, LPWSABUF y, LPQOS q, LPQOS g)
CANNOT(box_duplicate, int, SOCKET s, DWORD p, LPWSAPROTOCOL_INFOW i)
CANNOT(box_enum_events, int, SOCKET s, WSAEVENT e, LPWSANETWORKEVENTS n)
CANNOT(box_event_select, int, SOCKET s, WSAEVENT e, long m)
CANNOT(box_peer, int, SOCKET s, struct sockaddr *a, LPINT n)
CANNOT(box_name, int, SOCKET s, struct sockaddr *a, LPINT n)
CANNOT(box_get_option, int, SOCKET s, int l, int o, char *v, LPINT n)
CANNOT(box_join, SOCKET, SOCKET s, const struct sockaddr *a, int n, LPWSABUF x, LPWSABUF y, LPQOS q, LPQOS g, DWORD f)
CANNOT(box_listen, int, SOCKET s, int backlog)
CANNOT(box_recv_disconnect, int, SOCKET s, LPWSABUF b)
CANNOT(box_recv_from, int, SOCKET s, LPWSABUF b, DWORD n, LPDWORD r, LPDWORD f, struct sockaddr *a, LPINT l, LPWSAOVERLAPPED v,
       LPWSAOVERLAPPED_COMPLETION_ROUTINE c, LPWSATHREADID t)
CANNOT(box_send_disconnect, int, SOCKET s, LPWSABUF b)
CANNOT(box_send_to, int, SOCKET s, LPWSABUF b, DWORD n, LPDWORD r, DWORD f, const struct sockaddr *a, int l, LPWSAOVERLAPPED v,
       LPWSAOVERLAPPED_COMPLETION_ROUTINE c, LPWSATHREADID t)
CANNOT(box_set_option, int, SOCKET s, int l, int o, const char *v, int n)
CANNOT(box_shutdown, int, SOCKET s, int how)
CANNOT(box_to_address, INT, LPWSTR t, INT f, LPWSAPROTOCOL_INFOW i, LPSOCKADDR a, LPINT n)

static WINBOOL WSPAPI box_qos(SOCKET s, LPWSABUF name, LPQOS qos, LPINT err)
{
    *err = WSAEOPNOTSUPP;
    return FALSE;
}

static int WSPAPI box_cancel(LPINT err)
{
    return fail(err, WSAEOPNOTSUPP);
}

/* No version below 2.2 is spoken, and no entry may be left empty. */
__declspec(dllexport) int WSPAPI WSPStartup(WORD version, LPWSPDATA data, LPWSAPROTOCOL_INFOW info, WSPUPCALLTABLE table,
                                            LPWSPPROC_TABLE entries)
{
    if (LOBYTE(version) < 2 || (LOBYTE(version) == 2 && HIBYTE(version) < 2))
        return WSAVERNOTSUPPORTED;
    up = table;
    memset(data, 0, sizeof *data);
    data->wVersion = data->wHighVersion = MAKEWORD(2, 2);
    lstrcpyW(data->szDescription, L"boxes");
    *entries = (WSPPROC_TABLE){
        box_accept, box_to_string, box_async_select, box_bind, box_cancel, box_cleanup, box_close, box_connect, box_duplicate,
        box_enum_events, box_event_select, box_result, box_peer, box_name, box_get_option, box_qos, box_ioctl, box_join,
        box_listen, box_recv, box_recv_disconnect, box_recv_from, box_select, box_send, box_send_disconnect, box_send_to,
        box_set_option, box_shutdown, box_socket, box_to_address,
    };
    return 0;
}
