/* SPDX-License-Identifier: MIT */
/*
 * Datagrams that are lost because the layer says so. The receive that has brought one is made again under the same operation, so the
 * program's ends once, whichever way it waits for it.
 */
#include "providers/kit/own.h"

#include <string.h>

BOOL own_judges(const struct own_socket *o)
{
    return ws2kit_layer.arrived && o->chain->mine.iSocketType == SOCK_DGRAM;
}

/*
 * Receives what a peek has seen, so that the next peek sees the next one. Another thread may have been faster, and the caller may be the worker, which
 * must not wait for a datagram that never comes.
 */
static void take_away(struct own_socket *o)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    WSAOVERLAPPED ov = { .hEvent = (HANDLE)((ULONG_PTR)event | 1) }; /* the lower handle may be tied to the worker's port */
    WSATHREADID thread;
    char room;
    WSABUF buf = { 1, &room };
    DWORD got, flags = 0;
    int err;

    if (!event)
        return;
    if (!upcalls.lpWPUOpenCurrentThread(&thread, &err) &&
        (!o->chain->next.lpWSPRecv(o->lower, &buf, 1, &got, &flags, &ov, NULL, &thread, &err) ||
         err == WSA_IO_PENDING) &&
        WaitForSingleObject(event, 1000) == WAIT_TIMEOUT) {
        CancelIoEx((HANDLE)o->lower, (OVERLAPPED *)&ov);
        WaitForSingleObject(event, INFINITE);
    }
    CloseHandle(event);
}

BOOL own_is_lost(struct own_socket *o, const struct ws2kit_ended *what)
{
    DWORD last_error = GetLastError();
    BOOL lost = !ws2kit_layer.arrived(what);

    if (lost && what->flags & MSG_PEEK)
        take_away(o);
    SetLastError(last_error);
    return lost;
}

static int receive_again(struct own_op *op)
{
    const WSPPROC_TABLE *next = &op->o->chain->next;
    WSATHREADID thread;
    DWORD got;
    int err;

    if (op->receiving)
        return own_receive_message_again(op);
    if (upcalls.lpWPUOpenCurrentThread(&thread, &err))
        return err;
    if (IsBadWritePtr(op->from_bytes, sizeof *op->from_bytes))
        return WSAEFAULT;
    *op->from_bytes = op->from_room;
    op->flags = op->asked;
    return next->lpWSPRecvFrom(op->o->lower, op->buf, op->count, &got, &op->flags, op->from, op->from_bytes,
                               &op->lower, NULL, &thread, &err) ? err : 0;
}

/* A close from another thread must not get between the look and the call. */
int own_receive_again(struct own_op *op)
{
    struct own_socket *o = op->o;
    int err = WSA_OPERATION_ABORTED;

    lock_take(&o->start_lock);
    if (!__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE) && !__atomic_load_n(&op->cancelled, __ATOMIC_SEQ_CST)) {
        memset(&op->lower, 0, sizeof op->lower);
        err = receive_again(op);
    }
    lock_drop(&o->start_lock);
    return err;
}
