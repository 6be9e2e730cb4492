/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/ext.h"

#include <string.h>

#include "providers/tcpip/entry.h"
#include "providers/tcpip/events_rules.h"
#include "providers/tcpip/spi.h"

/*
 * The acceptor: a stream socket that has not been used, or was used by an AcceptEx that ended without a connection.
 * Whether that one is still pending only the kernel knows, and says so.
 */
static int take_acceptor(struct sock *acceptor)
{
    enum sock_state state = sock_settle(acceptor);
    int err = 0;

    if (!sock_is_stream(acceptor))
        return WSAEINVAL;
    lock_take(&acceptor->lock);
    if (acceptor->state != state || (state != SOCK_NEW && state != SOCK_ACCEPTING))
        err = WSAEINVAL;
    else
        acceptor->state = SOCK_ACCEPTING;
    lock_drop(&acceptor->lock);
    return err;
}

/*
 * The connection comes with the listener's blocking mode and selection and takes the place of the acceptor's kernel
 * object; Windows leaves the acceptor its own until SO_UPDATE_ACCEPT_CONTEXT. sock_settle() puts right what differs.
 */
static void note_differences(struct sock *acceptor, const struct sock *listener)
{
    acceptor->renew_selection = listener->event_mask || acceptor->event_mask;
    acceptor->may_be_selected = acceptor->was_selected = listener->was_selected;
    memcpy(acceptor->timeout_ms, listener->timeout_ms, sizeof acceptor->timeout_ms);
    acceptor->renew_mode = listener->nonblocking != acceptor->nonblocking;
}

void sock_renew(struct sock *k)
{
    const ULONG on = k->nonblocking != FALSE;

    if (k->renew_selection) {
        if (k->window) {
            INT ignored;

            WSPAsyncSelect((SOCKET)k->handle, k->window, k->message, k->event_mask, &ignored);
        } else {
            struct afd_event_select in = {k->event, events_to_poll(k->event_mask)};

            afd_call(k->handle, AFD_EVENT_SELECT, &in, sizeof in, NULL, 0, NULL);
        }
    }
    if (k->renew_mode || (k->renew_selection && !on))
        afd_call(k->handle, AFD_FIONBIO, &on, sizeof on, NULL, 0, NULL);
    k->renew_selection = k->renew_mode = FALSE;
}

/*
 * sock_settle() has given the kernel's object the acceptor's own mode and selection; with the context the record takes the
 * listener's, and the object has to follow. A receive that the device is asked for would wait for ever otherwise.
 */
void sock_accept_context(struct sock *k, struct sock *listener)
{
    k->renew_selection = listener->event_mask || k->event_mask;
    k->renew_mode = listener->nonblocking != k->nonblocking;
    sock_inherit(k, listener);
    sock_renew(k);
}

/* wine-afd.md 3.7: after the sockets, the buffer. */
static int check_buffer(const struct sock *listener, PVOID buf, const struct afd_accept_into *in,
                        DWORD remote_bytes)
{
    const DWORD least = (DWORD)sock_addr_bytes(listener) + 16;

    if (check_pointer(buf) || !remote_bytes)
        return WSAEFAULT;
    /* Windows waits for a connection before it says so; saying so at once keeps the connection as well. */
    if (remote_bytes < least || (in->local_bytes && in->local_bytes < least))
        return WSAEFAULT;
    return 0;
}

static int start(struct sock *listener, struct sock *acceptor, PVOID buf,
                 const struct afd_accept_into *in, DWORD remote_bytes, LPDWORD received,
                 LPOVERLAPPED ov)
{
    const ULONG room = in->data_bytes + in->local_bytes + remote_bytes;
    NTSTATUS status;
    int err;

    if (sock_settle(listener) != SOCK_LISTENING || !acceptor)
        return acceptor ? WSAEINVAL : WSAENOTSOCK;
    err = take_acceptor(acceptor);
    if (err)
        return err;
    note_differences(acceptor, listener);
    err = check_buffer(listener, buf, in, remote_bytes);
    if (!err) {
        status = afd_start(listener, AFD_ACCEPT_INTO, in, sizeof *in, buf, room, ov, NULL,
                           AFD_KIND_OTHER);
        err = afd_started(listener, status, ov, NULL, received);
    }
    if (err && err != WSA_IO_PENDING && err != WSAEINVAL) /* WSAEINVAL: another one still has it */
        acceptor->state = SOCK_NEW;
    return err;
}

BOOL PASCAL ext_accept_ex(SOCKET listener, SOCKET acceptor, PVOID buf, DWORD data_bytes,
                          DWORD local_bytes, DWORD remote_bytes, LPDWORD received, LPOVERLAPPED ov)
{
    const struct afd_accept_into in = {(ULONG)acceptor, data_bytes, local_bytes};
    struct sock *l, *a;
    int err;

    if (!ov)
        return ext_end(ERROR_INVALID_PARAMETER);
    ov->Internal = STATUS_PENDING;
    l = sock_get(listener);
    if (!l)
        return ext_end(WSAENOTSOCK);
    /* A listener that does not listen comes before an acceptor that is no socket. */
    a = sock_settle(l) == SOCK_LISTENING ? sock_get(acceptor) : NULL;
    err = a || l->state == SOCK_LISTENING
              ? start(l, a, buf, &in, remote_bytes, received, ov)
              : WSAEINVAL;
    if (a)
        sock_put(a);
    sock_put(l);
    return ext_end(err);
}

/* An address as ACCEPT_INTO leaves it: its length, and then the address. */
static void parse(char *at, struct sockaddr **addr, LPINT bytes)
{
    memcpy(bytes, at, sizeof *bytes);
    *addr = (struct sockaddr *)(at + sizeof *bytes);
}

void PASCAL ext_get_accept_ex_sockaddrs(PVOID buf, DWORD data_bytes, DWORD local_bytes,
                                        DWORD remote_bytes, struct sockaddr **local,
                                        LPINT local_len, struct sockaddr **remote,
                                        LPINT remote_len)
{
    char *at = (char *)buf + data_bytes;

    if (local_bytes)
        parse(at, local, local_len);
    if (remote_bytes)
        parse(at + local_bytes, remote, remote_len);
}
