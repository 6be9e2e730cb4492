/* SPDX-License-Identifier: MIT */
/*
 * The functions that a program calls past ws2_32, for a layer with sockets of its own: the next provider's would not know
 * the program's handles.
 */
#include "providers/kit/own.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static BOOL failed(int err)
{
    WSASetLastError(err);
    return FALSE;
}

/* The next provider's function for `o`, or NULL with the last error set. */
#define BELOW(type, name, o)                                                                       \
    ((type)(void *)extension_below(o->chain, o->line,                                             \
                                   offsetof(struct ws2kit_extensions, name) / sizeof(FARPROC)))

/* The last error stays the call's. */
static BOOL put_after(struct own_socket *o, BOOL done)
{
    DWORD err = GetLastError();

    own_put(o);
    SetLastError(err);
    return done;
}

/* For a call without bytes of its own. NULL with the last error set. */
static struct own_op *begin(struct own_socket *o, LPOVERLAPPED ov)
{
    int err;
    struct own_op *op = own_begin(o, ov, NULL, NULL, 0, 0, &err);

    if (!op)
        failed(err);
    return op;
}

/* These functions have no thread id argument; only with a routine is one needed, and then own_begin() gets it. */
static BOOL started(struct own_op *op, BOOL done)
{
    int err = done ? 0 : WSAGetLastError();

    own_started(op, !done, &err);
    return failed(err);
}

static BOOL PASCAL own_AcceptEx(SOCKET s, SOCKET acceptor, PVOID out, DWORD data_bytes,
                                DWORD local_bytes, DWORD remote_bytes, LPDWORD got, LPOVERLAPPED ov)
{
    struct own_socket *o = own_get(s), *a = own_get(acceptor);
    LPFN_ACCEPTEX below = o && a ? BELOW(LPFN_ACCEPTEX, AcceptEx, o) : NULL;
    struct own_op *op;
    int err = ov ? WSAENOTSOCK : ERROR_INVALID_PARAMETER;

    (void)got;
    if (below && ov) {
        op = own_begin(o, ov, NULL, NULL, 1, 0, &err);
        if (op) {
            *op->buf = (WSABUF){ data_bytes, out };
            op->receiver = acceptor;
            op->what = WS2KIT_ACCEPTED;
            started(op, below(o->line, a->line, out, data_bytes, local_bytes, remote_bytes,
                              &op->flags, &op->packet.ov));
            err = WSAGetLastError();
        }
    } else if (o && a && ov) {
        err = WSAGetLastError();
    }
    if (a)
        own_put(a);
    if (o)
        own_put(o);
    return failed(err);
}

static BOOL PASCAL own_ConnectEx(SOCKET s, const struct sockaddr *name, int name_bytes, PVOID data,
                                 DWORD data_bytes, LPDWORD sent, LPOVERLAPPED ov)
{
    struct own_socket *o = own_get(s);
    LPFN_CONNECTEX below = o ? BELOW(LPFN_CONNECTEX, ConnectEx, o) : NULL;
    WSABUF buf = { data ? data_bytes : 0, data };
    SSIZE_T total = own_total(&buf, 1);
    struct own_op *op;
    int err = !o ? WSAENOTSOCK : !ov ? ERROR_INVALID_PARAMETER : WSAEFAULT;

    (void)sent;
    if (o && !below) {
        err = WSAGetLastError();
    } else if (o && ov && total >= 0) {
        op = own_begin(o, ov, NULL, NULL, 0, total, &err);
        if (op) {
            own_outgoing(s, op->data, &buf, 1);
            op->what = WS2KIT_CONNECTED;
            op->sending = total;
            started(op, below(o->line, name, name_bytes, total ? op->data : NULL, (DWORD)total,
                              &op->flags, &op->packet.ov));
            err = WSAGetLastError();
        }
    }
    if (o)
        own_put(o);
    return failed(err);
}

static BOOL PASCAL own_DisconnectEx(SOCKET s, LPOVERLAPPED ov, DWORD flags, DWORD reserved)
{
    struct own_socket *o = own_get(s);
    LPFN_DISCONNECTEX below = o ? BELOW(LPFN_DISCONNECTEX, DisconnectEx, o) : NULL;
    struct own_op *op;
    BOOL done = FALSE;

    if (!o)
        return failed(WSAENOTSOCK);
    if (below && !ov) {
        done = below(o->line, NULL, flags, reserved);
    } else if (below && (op = begin(o, ov))) {
        op->what = WS2KIT_DISCONNECTED;
        done = started(op, below(o->line, &op->packet.ov, flags, reserved));
    }
    return put_after(o, done);
}

static BOOL PASCAL own_TransmitFile(SOCKET s, HANDLE file, DWORD bytes, DWORD each,
                                    LPOVERLAPPED ov, LPTRANSMIT_FILE_BUFFERS buffers, DWORD flags)
{
    struct own_socket *o = own_get(s);
    LPFN_TRANSMITFILE below = o ? BELOW(LPFN_TRANSMITFILE, TransmitFile, o) : NULL;
    struct own_op *op;
    BOOL done = FALSE;

    if (!o)
        return failed(WSAENOTSOCK);
    if (below && !ov) {
        done = below(o->line, file, bytes, each, NULL, buffers, flags);
    } else if (below && (op = begin(o, ov))) {
        done = started(op, below(o->line, file, bytes, each, &op->packet.ov, buffers, flags));
    }
    return put_after(o, done);
}

static BOOL PASCAL own_TransmitPackets(SOCKET s, LPTRANSMIT_PACKETS_ELEMENT element, DWORD count,
                                       DWORD each, LPOVERLAPPED ov, DWORD flags)
{
    struct own_socket *o = own_get(s);
    LPFN_TRANSMITPACKETS below = o ? BELOW(LPFN_TRANSMITPACKETS, TransmitPackets, o) : NULL;
    struct own_op *op;
    BOOL done = FALSE;

    if (!o)
        return failed(WSAENOTSOCK);
    if (below && !ov) {
        done = below(o->line, element, count, each, NULL, flags);
    } else if (below && (op = begin(o, ov))) {
        done = started(op, below(o->line, element, count, each, &op->packet.ov, flags));
    }
    return put_after(o, done);
}

static int receive_message_now(struct own_socket *o, LPFN_WSARECVMSG below, LPWSAMSG msg, LPDWORD got, int *err)
{
    const DWORD asked = msg->dwFlags;
    int result;

    if (own_arrives(o)) {
        result = own_receive_now(o, &(struct own_wanted){ .buf = msg->lpBuffers, .count = msg->dwBufferCount, .msg = msg },
                                 got, &msg->dwFlags, err);
    } else {
        result = below(o->line, msg, got, NULL, NULL);
        *err = result ? WSAGetLastError() : 0;
    }
    own_told(&(struct ws2kit_ended){
        .s = o->upper, .what = WS2KIT_RECEIVED, .err = *err, .flags = asked,
        .bytes = !result ? *got : *err == WSAEMSGSIZE
            ? (size_t)own_total(msg->lpBuffers, msg->dwBufferCount) : 0,
        .buf = msg->lpBuffers, .count = msg->dwBufferCount, .address = msg->name,
        .address_bytes = msg->namelen });
    return result;
}

static INT PASCAL own_WSARecvMsg(SOCKET s, LPWSAMSG msg, LPDWORD got, LPWSAOVERLAPPED ov,
                                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct own_socket *o = own_get(s);
    LPFN_WSARECVMSG below = o ? BELOW(LPFN_WSARECVMSG, WSARecvMsg, o) : NULL;
    struct own_op *op;
    int err = o ? WSAEFAULT : WSAENOTSOCK, result = SOCKET_ERROR;

    if (o && !below) {
        err = WSAGetLastError();
    } else if (o && !IsBadWritePtr(msg, sizeof *msg) &&
               !IsBadReadPtr(msg->lpBuffers, msg->dwBufferCount * sizeof *msg->lpBuffers)) {
        if (!ov) {
            result = receive_message_now(o, below, msg, got, &err);
            if (!result || err == WSAEMSGSIZE)
                own_incoming(s, msg->lpBuffers, msg->dwBufferCount, result ? SIZE_MAX : *got);
        } else if ((op = own_begin(o, ov, routine, NULL, msg->dwBufferCount, o->travel ? OWN_TOKEN : 0, &err))) {
            memcpy(op->buf, msg->lpBuffers, msg->dwBufferCount * sizeof *op->buf);
            op->receiver = s;
            op->what = WS2KIT_RECEIVED;
            op->asked = msg->dwFlags;
            op->receiving = msg;
            if (own_arrives(o)) {
                result = own_receive_later(op, NULL, &err);
            } else {
                result = below(o->line, msg, &op->flags, &op->packet.ov, NULL);
                err = result ? WSAGetLastError() : 0;
            }
            result = own_started(op, result != 0, &err);
        }
    }
    if (o)
        own_put(o);
    WSASetLastError(err);
    return result;
}

/* `room` gets the message with one buffer: `data`, transformed. */
static void outgoing_message(SOCKET s, const WSAMSG *msg, SSIZE_T total, WSABUF *buf, char *data,
                             WSAMSG *room)
{
    own_outgoing(s, data, msg->lpBuffers, msg->dwBufferCount);
    *buf = (WSABUF){ (ULONG)total, data };
    *room = *msg;
    room->lpBuffers = buf;
    room->dwBufferCount = 1;
}

static INT PASCAL own_WSASendMsg(SOCKET s, LPWSAMSG msg, DWORD flags, LPDWORD sent,
                                 LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct own_socket *o = own_get(s);
    LPFN_WSASENDMSG below = o ? BELOW(LPFN_WSASENDMSG, WSASendMsg, o) : NULL;
    SSIZE_T total = IsBadReadPtr(msg, sizeof *msg) ? -1 : own_total(msg->lpBuffers, msg->dwBufferCount);
    struct own_op *op;
    WSABUF buf;
    WSAMSG room;
    char *data;
    DWORD gone;
    int err = o ? WSAEFAULT : WSAENOTSOCK, result = SOCKET_ERROR;

    if (o && !below) {
        err = WSAGetLastError();
    } else if (o && total >= 0 && !ov) {
        data = malloc(total + 1);
        err = WSAENOBUFS;
        if (data) {
            outgoing_message(s, msg, total, &buf, data, &room);
            if (!IsBadWritePtr(sent, sizeof *sent) &&
                own_departs(o, &buf, 1, flags, msg->name, msg->namelen, &msg->Control, sent)) {
                result = err = 0;
            } else {
                result = below(o->line, &room, flags, sent, NULL, NULL);
                err = result ? WSAGetLastError() : 0;
            }
            if (!result)
                own_travel_bound(o);
            own_told(&(struct ws2kit_ended){
                .s = s, .what = WS2KIT_SENT, .err = err, .flags = flags,
                .bytes = result ? 0 : *sent, .buf = &buf, .count = 1, .address = msg->name,
                .address_bytes = msg->namelen });
        }
        free(data);
    } else if (o && total >= 0) {
        op = own_begin(o, ov, routine, NULL, 1, total, &err);
        if (op) {
            outgoing_message(s, msg, total, op->buf, op->data, &op->msg);
            op->what = WS2KIT_SENT;
            op->asked = flags;
            op->sending = total;
            own_keep_address(op, msg->name, msg->namelen);
            own_told(&(struct ws2kit_ended){ .s = s, .what = WS2KIT_SENDING, .flags = flags });
            if (own_departs(o, op->buf, 1, flags, msg->name, msg->namelen, &msg->Control, &gone)) {
                err = own_post(op, 0, gone);
                result = SOCKET_ERROR;
            } else {
                result = below(o->line, &op->msg, flags, &op->flags, &op->packet.ov, NULL);
                err = result ? WSAGetLastError() : 0;
            }
            if (!err || err == WSA_IO_PENDING)
                own_travel_bound(o);
            result = own_started(op, result != 0, &err);
        }
    }
    if (o)
        own_put(o);
    WSASetLastError(err);
    return result;
}

const struct ws2kit_extensions ws2kit_own_extension = {
    own_AcceptEx,        own_ConnectEx,  own_DisconnectEx, own_TransmitFile,
    own_TransmitPackets, own_WSARecvMsg, own_WSASendMsg,
};

/*
 * What TransmitFile and TransmitPackets send below would go past a layer that sees the bytes, or says when datagrams go: for those the kit sends it
 * itself.
 */
FARPROC own_function(size_t i)
{
    if (own_sees_outgoing() && i == offsetof(struct ws2kit_extensions, TransmitFile) / sizeof(FARPROC))
        return (FARPROC)(void *)own_transmit_file;
    if ((own_sees_outgoing() || ws2kit_layer.travels) &&
        i == offsetof(struct ws2kit_extensions, TransmitPackets) / sizeof(FARPROC))
        return (FARPROC)(void *)own_transmit_packets;
    return ((const FARPROC *)&ws2kit_own_extension)[i];
}

/* With a relay, the program may use on a connection what it has fetched here: the relay's functions serve both. */
FARPROC own_extension(const GUID *id)
{
    int i = extension_index(id);

    if (i < 0)
        return NULL;
    if (((const FARPROC *)&ws2kit_layer.extension)[i])
        return ((const FARPROC *)&ws2kit_layer.extension)[i];
    if (ws2kit_layer.relay)
        return ((const FARPROC *)ws2kit_layer.relay->extension)[i];
    return own_function(i);
}
