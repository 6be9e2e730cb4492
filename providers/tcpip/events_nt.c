/* SPDX-License-Identifier: MIT */
/*
 * WSPEventSelect, WSPAsyncSelect and WSPEnumNetworkEvents. The server keeps the selection, one per socket: an event or
 * a window, whichever was chosen last, and posts the messages itself. The record only repeats it for those who need
 * to know (an accepted socket has its listener's selection from the start).
 */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/events_rules.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/spi.h"

#include <string.h>

/* user32 is asked for only where a program has windows. */
static BOOL is_window(HWND window)
{
    static BOOL(WINAPI *volatile is)(HWND);

    if (!is) {
        HMODULE user32 = LoadLibraryW(L"user32.dll");

        if (user32)
            is = (BOOL(WINAPI *)(HWND))(void *)GetProcAddress(user32, "IsWindow");
    }
    return is && is(window);
}

static void record(struct sock *k, HANDLE event, HWND window, UINT message, LONG mask)
{
    lock_take(&k->lock);
    k->event = event;
    k->window = window;
    k->message = message;
    k->event_mask = mask;
    k->may_be_selected = FALSE;
    k->was_selected = k->was_selected || mask;
    k->nonblocking = TRUE; /* and stays so when the selection is removed */
    lock_drop(&k->lock);
}

static int event_select(struct sock *k, HANDLE event, LONG mask)
{
    struct afd_event_select in = {mask ? event : NULL, events_to_poll(mask)};
    NTSTATUS status;

    if ((mask && !event) || (mask & ~FD_ALL_EVENTS))
        return WSAEINVAL;
    if (mask)
        fast_before_selection(k);
    status = afd_call(k->handle, AFD_EVENT_SELECT, &in, sizeof in, NULL, 0, NULL);
    if (status == STATUS_INVALID_HANDLE || status == STATUS_OBJECT_TYPE_MISMATCH)
        return k->closing ? WSAENOTSOCK : WSAEINVAL; /* it means the event */
    if (!status)
        record(k, in.event, NULL, 0, mask);
    return err_from_ntstatus(status);
}

int WSPAPI WSPEventSelect(SOCKET s, WSAEVENT event, LONG events, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = event_select(k, event, events);
    sock_put(k);
    return spi_end(lp_errno, err);
}

static int async_select(struct sock *k, HWND window, UINT message, LONG mask)
{
    struct afd_message_select in = {(ULONG)(ULONG_PTR)k->handle, 0, 0, 0};
    NTSTATUS status;

    if (mask & ~FD_ALL_EVENTS)
        return WSAEINVAL;
    if (mask) {
        LONG told = mask;

        if (!message || !is_window(window))
            return WSAEINVAL;
        /* A window that comes after the connection is not told of it any more (3.14). */
        if (k->type == SOCK_STREAM && !sock_check_connected(k))
            told &= ~FD_CONNECT;
        in.window = (ULONG)(ULONG_PTR)window;
        in.message = message;
        in.mask = events_to_poll(told);
    }
    if (mask)
        fast_before_selection(k);
    status = afd_call(k->handle, AFD_MESSAGE_SELECT, &in, sizeof in, NULL, 0, NULL);
    if (!status)
        record(k, NULL, mask ? window : NULL, mask ? message : 0, mask);
    return err_from_ntstatus(status);
}

int WSPAPI WSPAsyncSelect(SOCKET s, HWND window, unsigned int message, LONG events, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = async_select(k, window, message, events);
    sock_put(k);
    return spi_end(lp_errno, err);
}

static int to_err(int32_t status)
{
    return err_from_ntstatus(status);
}

static int enum_events(struct sock *k, HANDLE event, LPWSANETWORKEVENTS to)
{
    struct afd_events found;
    NTSTATUS status;

    if (check_write(to, sizeof *to))
        return WSAEFAULT;
    /* 8.0 wants the event reset before; 10.0 resets it itself, given as an input buffer of no length. */
    if (event && !ResetEvent(event))
        return WSAEINVAL;
    status = afd_call(k->handle, AFD_GET_EVENTS, event, 0, &found, sizeof found, NULL);
    if (status)
        return err_from_ntstatus(status);
    to->lNetworkEvents = events_translate(found.flags, (const int32_t *)found.status,
                                          FD_ALL_EVENTS, to->iErrorCode, to_err);
    if (to->lNetworkEvents & FD_CLOSE && (k->reset || k->reset_at_send))
        to->iErrorCode[FD_CLOSE_BIT] = WSAECONNABORTED; /* the server sees an end where we have seen the reset first */
    if (to->lNetworkEvents & FD_CONNECT)
        sock_settle(k);
    return 0;
}

int WSPAPI WSPEnumNetworkEvents(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS events,
                                LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = enum_events(k, event, events);
    sock_put(k);
    return spi_end(lp_errno, err);
}

void sock_inherit(struct sock *accepted, struct sock *listener)
{
    HANDLE event;
    HWND window;
    UINT message;
    LONG mask;
    BOOL nonblocking, was_selected;
    struct linger linger;
    ULONG receive_ms, send_ms;

    lock_take(&listener->lock);
    event = listener->event;
    window = listener->window;
    message = listener->message;
    mask = listener->event_mask;
    nonblocking = listener->nonblocking;
    linger = listener->linger;
    was_selected = listener->was_selected;
    receive_ms = listener->timeout_ms[AFD_KIND_OTHER];
    send_ms = listener->timeout_ms[AFD_KIND_SEND];
    lock_drop(&listener->lock);

    lock_take(&accepted->lock);
    accepted->event = event;
    accepted->window = window;
    accepted->message = message;
    accepted->event_mask = mask;
    accepted->nonblocking = nonblocking;
    accepted->linger = linger;
    accepted->kernel_hard = listener->kernel_hard;
    accepted->was_selected = was_selected;
    accepted->may_be_selected = was_selected && !mask; /* it may have been at the moment of the accept */
    accepted->timeout_ms[AFD_KIND_OTHER] = receive_ms;
    accepted->timeout_ms[AFD_KIND_SEND] = send_ms;
    lock_drop(&accepted->lock);
    sock_options_copy(accepted, listener);
}
