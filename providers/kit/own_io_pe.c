/* SPDX-License-Identifier: MIT */
/* Bytes in and out, and control codes, of a layer with sockets of its own. */
#include "providers/kit/own.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"

/* ---- sending ---- */

static int send_now(struct own_socket *o, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags,
                    const struct sockaddr *to, int to_bytes, BOOL has_to, LPINT err)
{
    /* Outgoing bytes are transformed in a copy: the program's buffers are not ours to write. */
    SSIZE_T total = own_sees_outgoing() ? own_total(buf, count) : 0;
    const WSPPROC_TABLE *next = &o->chain->next;
    WSABUF one = { (ULONG)total, NULL };
    int result;

    if (total < 0)
        return own_fail(err, WSAEFAULT);
    own_wait_for_files(o);
    if (total) {
        one.buf = malloc(total);
        if (!one.buf)
            return own_fail(err, WSAENOBUFS);
        own_outgoing(o->upper, one.buf, buf, count);
        buf = &one;
        count = 1;
    }
    if (own_departs(o, buf, count, flags, has_to ? to : NULL, to_bytes, NULL, sent))
        result = 0;
    else
        result = has_to ? next->lpWSPSendTo(o->line, buf, count, sent, flags, to, to_bytes, NULL, NULL,
                                            NULL, err)
                        : next->lpWSPSend(o->line, buf, count, sent, flags, NULL, NULL, NULL, err);
    if (!result)
        own_travel_bound(o);
    own_told(&(struct ws2kit_ended){
        .s = o->upper, .what = WS2KIT_SENT, .err = result ? *err : 0, .flags = flags,
        .bytes = result ? 0 : *sent, .buf = buf, .count = count, .address = has_to ? to : NULL,
        .address_bytes = to_bytes });
    free(one.buf);
    return result;
}

static int send_later(struct own_socket *o, LPWSABUF buf, DWORD count, DWORD flags,
                      const struct sockaddr *to, int to_bytes, BOOL has_to, LPWSAOVERLAPPED ov,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    SSIZE_T total = own_sees_outgoing() ? own_total(buf, count) : 0;
    const WSPPROC_TABLE *next = &o->chain->next;
    struct own_op *op;
    DWORD sent;
    int result;

    if (total < 0)
        return own_fail(err, WSAEFAULT);
    op = own_begin(o, ov, routine, thread, 1, total, err);
    if (!op)
        return SOCKET_ERROR;
    op->what = WS2KIT_SENT;
    op->asked = flags;
    op->sending = total;
    if (has_to)
        own_keep_address(op, to, to_bytes);
    own_told(&(struct ws2kit_ended){ .s = o->upper, .what = WS2KIT_SENDING, .flags = flags });
    if (total) {
        own_outgoing(o->upper, op->data, buf, count);
        *op->buf = (WSABUF){ (ULONG)total, op->data };
        buf = op->buf;
        count = 1;
    }
    if (total && own_waits_its_turn(op, FALSE)) {
        *err = WSA_IO_PENDING;
        return own_started(op, TRUE, err);
    }
    if (own_departs(o, buf, count, flags, has_to ? to : NULL, to_bytes, NULL, &sent)) {
        *err = own_post(op, 0, sent);
        return own_started(op, TRUE, err);
    }
    result = has_to ? next->lpWSPSendTo(o->line, buf, count, &sent, flags, to, to_bytes, &op->packet.ov,
                                        NULL, thread, err)
                    : next->lpWSPSend(o->line, buf, count, &sent, flags, &op->packet.ov, NULL, thread,
                                      err);
    if (!result || *err == WSA_IO_PENDING)
        own_travel_bound(o);
    return own_started(op, result == SOCKET_ERROR, err);
}

static int send_any(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags,
                    const struct sockaddr *to, int to_bytes, BOOL has_to, LPWSAOVERLAPPED ov,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    struct own_socket *o = own_get(s);
    DWORD ignored;
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    if (ov && !o->overlapped) {
        result = send_now(o, buf, count, sent ? sent : &ignored, flags, to, to_bytes, has_to, err);
        if (!result)
            own_answer(o, ov, routine, thread, sent ? *sent : ignored);
        own_put(o);
        return result;
    }
    result = ov ? send_later(o, buf, count, flags, to, to_bytes, has_to, ov, routine, thread, err)
                : send_now(o, buf, count, sent, flags, to, to_bytes, has_to, err);
    own_put(o);
    return result;
}

static int WSPAPI own_Send(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags,
                           LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                           LPWSATHREADID thread, LPINT err)
{
    return send_any(s, buf, count, sent, flags, NULL, 0, FALSE, ov, routine, thread, err);
}

static int WSPAPI own_SendTo(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags,
                             const struct sockaddr *to, int to_bytes, LPWSAOVERLAPPED ov,
                             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                             LPINT err)
{
    return send_any(s, buf, count, sent, flags, to, to_bytes, TRUE, ov, routine, thread, err);
}

/* ---- receiving: the lower provider writes into the program's buffers, and the bytes are transformed there ---- */

static struct ws2kit_ended received(SOCKET s, const WSABUF *buf, DWORD count, DWORD got, DWORD flags,
                                    const struct sockaddr *from, const INT *from_bytes, int err)
{
    struct ws2kit_ended e = { .s = s, .what = WS2KIT_RECEIVED, .err = err, .flags = flags,
                              .buf = buf, .count = count };

    if (!err)
        e.bytes = got;
    else if (err == WSAEMSGSIZE) /* they are full */
        e.bytes = (size_t)own_total(buf, count);
    if (from && from_bytes && (!err || err == WSAEMSGSIZE)) {
        e.address = from;
        e.address_bytes = *from_bytes;
    }
    return e;
}

/* Who is told of a datagram is told where it came from, whether the program wants to know or not. */
static BOOL asks_from_where(const struct own_socket *o)
{
    return ws2kit_layer.ended && o->chain->mine.iSocketType == SOCK_DGRAM;
}

static int recv_now(struct own_socket *o, LPWSABUF buf, DWORD count, LPDWORD got, LPDWORD flags,
                    struct sockaddr *from, LPINT from_bytes, BOOL has_from, LPINT err)
{
    const WSPPROC_TABLE *next = &o->chain->next;
    struct sockaddr_storage room;
    INT room_bytes = sizeof room;
    BOOL has_flags = ws2kit_layer.ended && !IsBadReadPtr(flags, sizeof *flags);
    DWORD asked = has_flags ? *flags : 0;
    struct ws2kit_ended e;
    int result;

    if (!from && asks_from_where(o)) {
        has_from = TRUE;
        from = (struct sockaddr *)&room;
        from_bytes = &room_bytes;
    }
    if (own_arrives(o))
        result = own_receive_now(o, &(struct own_wanted){ .buf = buf, .count = count, .from = from,
                                                          .from_bytes = from_bytes }, got, flags, err);
    else
        result = has_from ? next->lpWSPRecvFrom(o->line, buf, count, got, flags, from, from_bytes,
                                                NULL, NULL, NULL, err)
                          : next->lpWSPRecv(o->line, buf, count, got, flags, NULL, NULL, NULL, err);
    e = received(o->upper, buf, count, result ? 0 : *got, asked, has_from ? from : NULL, from_bytes,
                 result ? *err : 0);
    own_told(&e);
    if (!result)
        own_incoming(o->upper, buf, count, *got);
    else if (*err == WSAEMSGSIZE)
        own_incoming(o->upper, buf, count, SIZE_MAX); /* they are full */
    return result;
}

static int recv_later(struct own_socket *o, LPWSABUF buf, DWORD count, LPDWORD flags,
                      struct sockaddr *from, LPINT from_bytes, BOOL has_from, LPWSAOVERLAPPED ov,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    const WSPPROC_TABLE *next = &o->chain->next;
    struct own_op *op;
    DWORD got;
    int result;

    if (!flags || (count && IsBadReadPtr(buf, count * sizeof *buf)))
        return own_fail(err, WSAEFAULT);
    op = own_begin(o, ov, routine, thread, count, o->travel ? OWN_TOKEN : 0, err);
    if (!op)
        return SOCKET_ERROR;
    memcpy(op->buf, buf, count * sizeof *buf);
    op->receiver = o->upper;
    op->what = WS2KIT_RECEIVED;
    op->asked = *flags;
    if (!from && asks_from_where(o)) {
        has_from = TRUE;
        from = (struct sockaddr *)&op->to;
        from_bytes = &op->room_bytes;
        op->room_bytes = sizeof op->to;
    }
    op->from = has_from && from && from_bytes ? from : NULL;
    op->from_bytes = from_bytes;
    op->flags = *flags;
    if (own_arrives(o))
        result = own_receive_later(op, thread, err);
    else
        result = has_from ? next->lpWSPRecvFrom(o->line, op->buf, count, &got, &op->flags, from,
                                                from_bytes, &op->packet.ov, NULL, thread, err)
                          : next->lpWSPRecv(o->line, op->buf, count, &got, &op->flags, &op->packet.ov, NULL,
                                            thread, err);
    return own_started(op, result == SOCKET_ERROR, err);
}

static int recv_any(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD got, LPDWORD flags,
                    struct sockaddr *from, LPINT from_bytes, BOOL has_from, LPWSAOVERLAPPED ov,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    struct own_socket *o = own_get(s);
    DWORD ignored;
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    if (ov && !o->overlapped) {
        result = recv_now(o, buf, count, got ? got : &ignored, flags, from, from_bytes, has_from, err);
        if (!result)
            own_answer(o, ov, routine, thread, got ? *got : ignored);
        own_put(o);
        return result;
    }
    result = ov ? recv_later(o, buf, count, flags, from, from_bytes, has_from, ov, routine, thread,
                             err)
                : recv_now(o, buf, count, got, flags, from, from_bytes, has_from, err);
    own_put(o);
    return result;
}

static int WSPAPI own_Recv(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD got, LPDWORD flags,
                           LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                           LPWSATHREADID thread, LPINT err)
{
    return recv_any(s, buf, count, got, flags, NULL, NULL, FALSE, ov, routine, thread, err);
}

static int WSPAPI own_RecvFrom(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD got, LPDWORD flags,
                               struct sockaddr *from, LPINT from_bytes, LPWSAOVERLAPPED ov,
                               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                               LPINT err)
{
    return recv_any(s, buf, count, got, flags, from, from_bytes, TRUE, ov, routine, thread, err);
}

/* ---- control codes ---- */

static int answer(void *out, DWORD out_bytes, LPDWORD returned, const void *value, DWORD bytes,
                  LPINT err)
{
    if (!out || out_bytes < bytes || !returned)
        return own_fail(err, WSAEFAULT);
    memcpy(out, value, bytes);
    *returned = bytes;
    return 0;
}

/* The codes that speak of handles or functions; TRUE: *result has the answer. */
static BOOL answer_here(struct own_socket *o, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out,
                        DWORD out_bytes, LPDWORD returned, int *result, LPINT err)
{
    const struct ws2_cancel *request = in;
    FARPROC function;
    GUID get_addresses = WSAID_GETACCEPTEXSOCKADDRS;
    DWORD found;

    switch (code) {
    case SIO_GET_EXTENSION_FUNCTION_POINTER:
        if (!in || in_bytes < sizeof(GUID) || out_bytes < sizeof function) {
            *result = own_fail(err, WSAEFAULT);
            return TRUE;
        }
        if (!memcmp(in, &get_addresses, sizeof get_addresses))
            return FALSE; /* reads memory, knows no sockets */
        function = own_extension(in);
        *result = function ? answer(out, out_bytes, returned, &function, sizeof function, err)
                           : own_fail(err, WSAEINVAL);
        return TRUE;
    case SIO_BSP_HANDLE: /* for WSASendMsg, which has bytes to transform */
        *result = answer(out, out_bytes, returned, &o->upper, sizeof o->upper, err);
        return TRUE;
    case SIO_EXT_POLL:
        *result = own_poll(o->table, o->lower, in, in_bytes, out, out_bytes, returned, err);
        return TRUE;
    case SIO_EXT_SELECT:
    case SIO_EXT_SENDMSG:
        *result = own_fail(err, WSAEOPNOTSUPP);
        return TRUE;
    case SIO_WS2KIT_CANCEL:
        if (!in || in_bytes < sizeof *request) {
            *result = own_fail(err, WSAEFAULT);
            return TRUE;
        }
        found = own_cancel(o, request->operation, request->own_thread_only);
        *result = answer(out, out_bytes, returned, &found, sizeof found, err);
        return TRUE;
    case SIO_WS2KIT_PENDING:
        found = own_quiet(o);
        *result = answer(out, out_bytes, returned, &found, sizeof found, err);
        return TRUE;
    }
    return o->travel && own_travel_ioctl(o, code, in, in_bytes, out, out_bytes, returned, result, err);
}

static int ioctl_later(struct own_socket *o, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out,
                       DWORD out_bytes, LPWSAOVERLAPPED ov,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    struct own_op *op = own_begin(o, ov, routine, thread, 0, 0, err);
    DWORD returned;
    int result;

    if (!op)
        return SOCKET_ERROR;
    result = o->chain->next.lpWSPIoctl(o->line, code, in, in_bytes, out, out_bytes, &returned,
                                       &op->packet.ov, NULL, thread, err);
    return own_started(op, result == SOCKET_ERROR, err);
}

static int WSPAPI own_Ioctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out,
                            DWORD out_bytes, LPDWORD returned, LPWSAOVERLAPPED ov,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                            LPINT err)
{
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    if (answer_here(o, code, in, in_bytes, out, out_bytes, returned, &result, err)) {
        if (!result && ov)
            own_answer(o, ov, routine, thread, *returned);
    } else if (ov) {
        result = ioctl_later(o, code, in, in_bytes, out, out_bytes, ov, routine, thread, err);
    } else {
        result = o->chain->next.lpWSPIoctl(o->line, code, in, in_bytes, out, out_bytes, returned,
                                           NULL, NULL, thread, err);
    }
    own_put(o);
    return result;
}

void own_fill_io(WSPPROC_TABLE *table)
{
    table->lpWSPIoctl = own_Ioctl;
    table->lpWSPRecv = own_Recv;
    table->lpWSPRecvFrom = own_RecvFrom;
    table->lpWSPSend = own_Send;
    table->lpWSPSendTo = own_SendTo;
}
