/* SPDX-License-Identifier: MIT */
/*
 * TransmitFile and TransmitPackets. Waited for, both read and send in a loop, as a program with ReadFile and send would.
 * Overlapped, the completion has to carry the number of bytes, which only an operation of the kernel's can: TransmitFile
 * is its TRANSMIT, TransmitPackets one gathered send.
 */
#include "providers/tcpip/ext.h"

#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/entry.h"
#include "providers/tcpip/spi.h"

enum { CHUNK = 256 * 1024 };

/* Where to read: a position of our own for each call, or the file's own (`tracked` false). */
struct source {
    HANDLE file;
    ULONGLONG at;
    BOOL own_position;
};

static NTSTATUS send_bufs(struct sock *k, WSABUF *bufs, ULONG count)
{
    union sock_addr peer;
    struct afd_sendmsg in = {
        .force_async = TRUE, .count = count, .bufs = (ULONG_PTR)bufs}; /* until all is sent */

    if (!sock_is_stream(k)) {
        lock_take(&k->lock);
        peer = k->peer;
        in.name_bytes = (ULONG)k->peer_bytes;
        lock_drop(&k->lock);
        in.name = (ULONG_PTR)&peer;
    }
    return afd_call_blocking(k, AFD_SENDMSG, &in, sizeof in, NULL, 0, NULL);
}

static int send_memory(struct sock *k, const void *at, ULONG bytes, ULONGLONG *total)
{
    NTSTATUS status = bytes ? send_stream_bytes(k, at, bytes) : STATUS_SUCCESS;

    if (!status)
        *total += bytes;
    return err_from_ntstatus(status);
}

/* *got 0: the end of the file. */
static int read_file(struct source *from, void *to, DWORD bytes, DWORD *got)
{
    OVERLAPPED at = {0};
    DWORD code = 0;
    BOOL done;

    at.Offset = (DWORD)from->at;
    at.OffsetHigh = (DWORD)(from->at >> 32);
    if (from->own_position) {
        at.hEvent = event_take();
        if (!at.hEvent)
            return WSAENOBUFS;
    }
    done = ReadFile(from->file, to, bytes, got, from->own_position ? &at : NULL);
    if (!done)
        code = GetLastError();
    if (!done && code == ERROR_IO_PENDING) {
        done = GetOverlappedResult(from->file, &at, got, TRUE);
        code = done ? 0 : GetLastError();
    }
    if (from->own_position)
        event_drop(at.hEvent);
    if (!done && code == ERROR_INVALID_PARAMETER && !from->own_position) {
        from->own_position = TRUE; /* opened overlapped: it has no position of its own */
        return read_file(from, to, bytes, got);
    }
    if (!done && code == ERROR_HANDLE_EOF) {
        *got = 0;
        return 0;
    }
    from->at += done ? *got : 0;
    return done ? 0 : (int)code;
}

/* `bytes` of the file, 0: to its end. */
static int send_file(struct sock *k, struct source *from, ULONGLONG bytes, DWORD chunk,
                     ULONGLONG *total)
{
    const BOOL to_end = !bytes;
    char *buf;
    int err = 0;

    chunk = chunk && chunk < CHUNK ? chunk : CHUNK;
    buf = malloc(chunk);
    if (!buf)
        return WSAENOBUFS;
    while (!err && (to_end || bytes)) {
        DWORD got = 0;

        err = read_file(from, buf, to_end || bytes > chunk ? chunk : (DWORD)bytes, &got);
        if (!got)
            break;
        err = send_memory(k, buf, got, total);
        bytes -= to_end ? 0 : got;
    }
    free(buf);
    return err;
}

static int check_sender(struct sock *k)
{
    int err = sock_is_stream(k) ? sock_check_connected(k) : k->peer_bytes ? 0 : WSAENOTCONN;

    return err ? err : k->shut_send ? WSAESHUTDOWN : 0;
}

/* TF_REUSE_SOCKET adds nothing here: the transmission counts, and the next use of the socket will be refused. */
static int disconnect(struct sock *k, DWORD flags)
{
    return flags & TF_DISCONNECT ? err_from_ntstatus(sock_shut(k, SD_SEND)) : 0;
}

/* ---- TransmitFile ---- */

struct transmit {
    HANDLE file;
    DWORD file_bytes, chunk, flags;
    TRANSMIT_FILE_BUFFERS around;
};

static int transmit_now(struct sock *k, const struct transmit *t, LPOVERLAPPED ov)
{
    struct source from = {t->file, 0, FALSE};
    ULONGLONG total = 0;
    int err;

    if (ov) {
        from.at = (ULONGLONG)ov->OffsetHigh << 32 | ov->Offset;
        from.own_position = TRUE;
    }
    err = send_memory(k, t->around.Head, t->around.HeadLength, &total);
    if (!err && t->file)
        err = send_file(k, &from, t->file_bytes, t->chunk, &total);
    if (!err)
        err = send_memory(k, t->around.Tail, t->around.TailLength, &total);
    if (!err)
        err = disconnect(k, t->flags);
    if (!err && ov)
        afd_finish(ov, STATUS_SUCCESS, (ULONG)total);
    return err;
}

/* The FIN that TF_DISCONNECT asks for waits for the queued data. */
static int transmit_later(struct sock *k, const struct transmit *t, LPOVERLAPPED ov)
{
    struct afd_transmit in = {
        .file_pos = (LONGLONG)((ULONGLONG)ov->OffsetHigh << 32 | ov->Offset),
        .head = (ULONG_PTR)t->around.Head,
        .tail = (ULONG_PTR)t->around.Tail,
        .head_bytes = t->around.HeadLength,
        .tail_bytes = t->around.TailLength,
        .file = (ULONG)(ULONG_PTR)t->file,
        .file_bytes = t->file_bytes,
        .chunk = t->chunk,
    };
    NTSTATUS status;
    int err;

    if (!t->file && !t->around.HeadLength && !t->around.TailLength) {
        err = disconnect(k, t->flags);
        return err ? err : err_from_ntstatus(afd_complete(k, STATUS_SUCCESS, ov, NULL));
    }
    status = afd_start(k, AFD_TRANSMIT, &in, sizeof in, NULL, 0, ov, NULL, AFD_KIND_SEND);
    err = afd_started(k, status, ov, NULL, NULL);
    if (!err || err == WSA_IO_PENDING)
        disconnect(k, t->flags);
    return err;
}

static int transmit(struct sock *k, const struct transmit *t, LPOVERLAPPED ov)
{
    int err;

    if (!sock_is_stream(k))
        return WSAENOTCONN;
    err = check_sender(k);
    if (err)
        return err;
    if (check_read(t->around.Head, t->around.HeadLength) ||
        check_read(t->around.Tail, t->around.TailLength))
        return WSAEFAULT;
    if (t->file && GetFileType(t->file) != FILE_TYPE_DISK)
        return WSAENOTSOCK;
    return ov && k->overlapped ? transmit_later(k, t, ov) : transmit_now(k, t, ov);
}

BOOL PASCAL ext_transmit_file(SOCKET s, HANDLE file, DWORD file_bytes, DWORD chunk, LPOVERLAPPED ov,
                              LPTRANSMIT_FILE_BUFFERS around, DWORD flags)
{
    struct transmit t = {file, file_bytes, chunk, flags, {0}};
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return ext_end(WSAENOTSOCK);
    if (check_read(around, around ? sizeof *around : 0)) {
        err = WSAEFAULT;
    } else {
        if (around)
            t.around = *around;
        err = transmit(k, &t, ov);
    }
    sock_put(k);
    return ext_end(err);
}

/* ---- TransmitPackets ---- */

struct packets {
    struct sock *k; /* a reference */
    LPOVERLAPPED ov;
    DWORD count, chunk, flags;
    void **loaded; /* by element: the contents of a file, ours to free */
    TRANSMIT_PACKETS_ELEMENT element[];
};

static struct source source_of(const TRANSMIT_PACKETS_ELEMENT *e)
{
    BOOL here = e->nFileOffset.QuadPart == -1; /* "from where the file is" */

    return (struct source){e->hFile, here ? 0 : (ULONGLONG)e->nFileOffset.QuadPart, !here};
}

/* A datagram is all elements up to one that ends a packet: put together, then sent. */
struct datagram {
    char *at;
    ULONG bytes, room;
};

static int gather(struct datagram *d, const TRANSMIT_PACKETS_ELEMENT *e)
{
    struct source from = source_of(e);
    char *grown;
    DWORD got = e->cLength;
    int err = 0;

    if (e->cLength > 65536 || d->bytes + e->cLength > 65536)
        return WSAEMSGSIZE;
    if (d->bytes + e->cLength > d->room) {
        grown = realloc(d->at, d->bytes + e->cLength);
        if (!grown)
            return WSAENOBUFS;
        d->at = grown;
        d->room = d->bytes + e->cLength;
    }
    if (e->dwElFlags & TP_ELEMENT_FILE)
        err = read_file(&from, d->at + d->bytes, e->cLength, &got);
    else if (e->cLength)
        memcpy(d->at + d->bytes, e->pBuffer, e->cLength);
    d->bytes += got;
    return err;
}

static int send_packets_datagram(struct packets *p, ULONGLONG *total)
{
    struct datagram d = {0};
    int err = 0;

    for (DWORD i = 0; i < p->count && !err; i++) {
        err = gather(&d, &p->element[i]);
        if (!err && ((p->element[i].dwElFlags & TP_ELEMENT_EOP) || i + 1 == p->count)) {
            WSABUF buf = {d.bytes, d.at};

            err = err_from_ntstatus(send_bufs(p->k, &buf, 1));
            *total += err ? 0 : d.bytes;
            d.bytes = 0;
        }
    }
    free(d.at);
    return err;
}

static int send_packets(struct packets *p, ULONGLONG *total)
{
    int err = 0;

    if (!sock_is_stream(p->k))
        return send_packets_datagram(p, total);
    for (DWORD i = 0; i < p->count && !err; i++) {
        const TRANSMIT_PACKETS_ELEMENT *e = &p->element[i];
        struct source from = source_of(e);

        if (e->dwElFlags & TP_ELEMENT_FILE)
            err = send_file(p->k, &from, e->cLength, p->chunk, total);
        else
            err = send_memory(p->k, e->pBuffer, e->cLength, total);
    }
    return err ? err : disconnect(p->k, p->flags);
}

static NTSTATUS status_of(int err)
{
    switch (err) {
    case 0:
        return STATUS_SUCCESS;
    case WSAECONNRESET:
        return STATUS_CONNECTION_RESET;
    case WSAEINTR:
        return STATUS_CANCELLED;
    case WSAENOBUFS:
        return STATUS_INSUFFICIENT_RESOURCES;
    case WSAEFAULT:
        return STATUS_ACCESS_VIOLATION;
    case WSAEMSGSIZE:
        return STATUS_INVALID_BUFFER_SIZE;
    }
    return STATUS_UNEXPECTED_IO_ERROR;
}

static void packets_free(struct packets *p)
{
    for (DWORD i = 0; i < p->count; i++)
        free(p->loaded[i]);
    sock_put(p->k);
    free(p);
}

/* Replaces the file elements by what they say, so that one send can carry everything and report the whole count. */
static int load_files(struct packets *p)
{
    int err = 0;

    for (DWORD i = 0; i < p->count && !err; i++) {
        TRANSMIT_PACKETS_ELEMENT *e = &p->element[i];
        struct source from = source_of(e);
        DWORD bytes = e->cLength, got = 0;

        if (!(e->dwElFlags & TP_ELEMENT_FILE))
            continue;
        if (!bytes) {
            LARGE_INTEGER size;

            if (!GetFileSizeEx(e->hFile, &size) || size.QuadPart > MAXLONG)
                return WSAENOBUFS;
            bytes = (ULONGLONG)size.QuadPart > from.at ? (DWORD)(size.QuadPart - from.at) : 0;
        }
        p->loaded[i] = malloc(bytes + 1);
        if (!p->loaded[i])
            return WSAENOBUFS;
        err = read_file(&from, p->loaded[i], bytes, &got);
        e->dwElFlags = (e->dwElFlags & ~TP_ELEMENT_FILE) | TP_ELEMENT_MEMORY;
        e->cLength = got;
        e->pBuffer = p->loaded[i];
    }
    return err;
}

static BOOL has_files(const struct packets *p)
{
    for (DWORD i = 0; i < p->count; i++)
        if (p->element[i].dwElFlags & TP_ELEMENT_FILE)
            return TRUE;
    return FALSE;
}

static int gathered_send(struct packets *p)
{
    WSABUF *bufs = malloc((p->count + 1) * sizeof *bufs);
    struct afd_sendmsg in = {
        .force_async = TRUE, .count = p->count, .bufs = (ULONG_PTR)bufs};
    NTSTATUS status;
    int err;

    if (!bufs)
        return WSAENOBUFS;
    for (DWORD i = 0; i < p->count; i++)
        bufs[i] = (WSABUF){p->element[i].cLength, p->element[i].pBuffer};
    status = afd_start(p->k, AFD_SENDMSG, &in, sizeof in, NULL, 0, p->ov, NULL, AFD_KIND_SEND);
    err = afd_started(p->k, status, p->ov, NULL, NULL);
    free(bufs);
    if (!err || err == WSA_IO_PENDING)
        disconnect(p->k, p->flags);
    return err;
}

/*
 * On a thread of the pool. A stream's data goes out in one send, which the kernel completes; sends are done in order, so
 * when an empty one behind it is done the buffers are free. Datagrams are sent one by one, and the count of their
 * completion is 0.
 */
static DWORD WINAPI packets_thread(void *arg)
{
    struct packets *p = arg;
    ULONGLONG total = 0;
    int err;

    if (sock_is_stream(p->k)) {
        WSABUF none = {0, NULL};

        err = load_files(p);
        if (!err)
            err = gathered_send(p);
        if (err == WSA_IO_PENDING)
            send_bufs(p->k, &none, 1);
        if (err && err != WSA_IO_PENDING)
            afd_complete(p->k, status_of(err), p->ov, NULL);
    } else {
        err = send_packets_datagram(p, &total);
        afd_complete(p->k, status_of(err), p->ov, NULL);
    }
    packets_free(p);
    return 0;
}

/* Gives `p` away or frees it. */
static int transmit_packets(struct packets *p)
{
    ULONGLONG total = 0;
    int err = check_sender(p->k);

    if (!err && p->ov && p->k->overlapped) {
        if (sock_is_stream(p->k) && !has_files(p)) {
            err = gathered_send(p);
        } else {
            p->ov->Internal = STATUS_PENDING;
            if (QueueUserWorkItem(packets_thread, p, WT_EXECUTELONGFUNCTION))
                return WSA_IO_PENDING;
            err = WSAENOBUFS;
        }
    } else if (!err) {
        err = send_packets(p, &total);
        if (!err && p->ov)
            afd_finish(p->ov, STATUS_SUCCESS, (ULONG)total);
    }
    packets_free(p);
    return err;
}

BOOL PASCAL ext_transmit_packets(SOCKET s, LPTRANSMIT_PACKETS_ELEMENT elements, DWORD count,
                                 DWORD send_size, LPOVERLAPPED ov, DWORD flags)
{
    struct sock *k = sock_get(s);
    struct packets *p;

    if (!k)
        return ext_end(WSAENOTSOCK);
    if (count > 0x10000 || check_read(elements, count * sizeof *elements)) {
        sock_put(k);
        return ext_end(WSAEFAULT);
    }
    p = calloc(1, sizeof *p + count * (sizeof *elements + sizeof *p->loaded));
    if (!p) {
        sock_put(k);
        return ext_end(WSAENOBUFS);
    }
    p->k = k;
    p->ov = ov;
    p->count = count;
    p->loaded = (void **)(p->element + count);
    p->chunk = send_size;
    p->flags = flags;
    if (count)
        memcpy(p->element, elements, count * sizeof *elements);
    return ext_end(transmit_packets(p));
}
