/* SPDX-License-Identifier: MIT */
/*
 * WSPIoctl: a table of codes (wine-afd.md 3.16). A function answers each; whether the answer also has to be delivered
 * to an OVERLAPPED is decided here, once for all those that are done on the spot.
 */
#include "providers/tcpip/ioctl.h"

#include <mstcpip.h>
#include <stddef.h>
#include <string.h>

#include "providers/tcpip/entry.h"
#include "providers/tcpip/ext.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/spi.h"

#ifndef SIO_LOOPBACK_FAST_PATH
#define SIO_LOOPBACK_FAST_PATH 0x98000010
#endif
enum {
    GET_INTERFACE_LIST = 0x4004747F,
    GET_INTERFACE_LIST_EX = 0x4004747E,
    IDEAL_SEND_BACKLOG_QUERY = 0x4004747B,
    IDEAL_SEND_BACKLOG_CHANGE = 0x2000747A,
};
#define SET_COMPATIBILITY_MODE 0x9800012C

int ioctl_in(const struct ioctl_request *r, void *value, DWORD bytes)
{
    if (r->in_bytes < bytes || check_read(r->in, bytes))
        return WSAEFAULT;
    memcpy(value, r->in, bytes);
    return 0;
}

int ioctl_out(struct ioctl_request *r, const void *value, DWORD bytes)
{
    if (r->out_bytes < bytes || check_write(r->out, bytes))
        return WSAEFAULT;
    memcpy(r->out, value, bytes);
    r->bytes = bytes;
    return 0;
}

int ioctl_start(struct ioctl_request *r, ULONG code, const void *in, ULONG in_bytes)
{
    ULONG info = 0;
    NTSTATUS status;

    if (!r->ov) {
        status = afd_call_blocking(r->k, code, in, in_bytes, r->out, r->out_bytes, &info);
        r->bytes = status ? 0 : info;
        return err_from_ntstatus(status);
    }
    r->started = TRUE;
    r->no_bytes = TRUE;
    status = afd_start(r->k, code, in, in_bytes, r->out, r->out_bytes, r->ov, r->routine,
                       AFD_KIND_OTHER);
    return err_from_ntstatus(status);
}

/* ---- the socket's own ---- */

static int fionbio(struct ioctl_request *r)
{
    ULONG on;
    NTSTATUS status;
    int err = ioctl_in(r, &on, sizeof on);

    if (err)
        return err;
    on = on != 0;
    if (fast_owns(r->k) && !r->k->may_be_selected && r->k->state != SOCK_ACCEPTING &&
        on == (ULONG)r->k->nonblocking)
        return 0; /* as it is; nobody else can have changed it */
    status = afd_call(r->k->handle, AFD_FIONBIO, &on, sizeof on, NULL, 0, NULL);
    if (!status)
        r->k->nonblocking = on;
    return err_from_ntstatus(status);
}

/* FIONREAD and SIOCATMARK: an int from the kernel. */
static int ask_int(struct ioctl_request *r)
{
    ULONG code = r->code == FIONREAD ? AFD_FIONREAD : AFD_SIOCATMARK;
    INT value = 0;
    NTSTATUS status;

    if (r->out_bytes < sizeof value || check_write(r->out, sizeof value)) {
        r->no_bytes = TRUE;
        return WSAEFAULT;
    }
    if (code == AFD_SIOCATMARK && !sock_is_stream(r->k))
        return WSAEINVAL;
    if (code == AFD_FIONREAD && fast_readable(r->k, &value))
        return ioctl_out(r, &value, sizeof value);
    status = afd_call(r->k->handle, code, NULL, 0, &value, sizeof value, NULL);
    /* Linux's mark is where the next read would be; Windows says FALSE as long as an urgent byte waits anywhere. */
    if (!status && code == AFD_SIOCATMARK && afd_poll_now(r->k->handle, AFD_POLL_OOB, NULL))
        value = FALSE;
    return status ? err_from_ntstatus(status) : ioctl_out(r, &value, sizeof value);
}

static int keepalive_vals(struct ioctl_request *r)
{
    struct tcp_keepalive in;
    NTSTATUS status;
    INT idle, interval;

    r->no_bytes = r->ov != NULL; /* as measured: not touched then */
    if (ioctl_in(r, &in, sizeof in)) {
        if (r->ov)
            r->ov->Internal = STATUS_PENDING;
        return WSAEFAULT;
    }
    status = afd_call(r->k->handle, AFD_KEEPALIVE_VALS, &in, sizeof in, NULL, 0, NULL);
    if (status || !in.onoff)
        return err_from_ntstatus(status);

    idle = (INT)(in.keepalivetime / 1000); /* what TCP_KEEPIDLE and TCP_KEEPINTVL are to read as */
    interval = (INT)(in.keepaliveinterval / 1000);
    sock_option_set(r->k, IPPROTO_TCP, 3, &idle, sizeof idle);
    sock_option_set(r->k, IPPROTO_TCP, 17, &interval, sizeof interval);
    return 0;
}

static int own_handle(struct ioctl_request *r)
{
    SOCKET s = (SOCKET)r->k->handle;

    if (r->ov) { /* as measured: the operation is accepted and then fails */
        afd_complete(r->k, STATUS_NOT_SUPPORTED, r->ov, r->routine);
        r->started = TRUE;
        return WSA_IO_PENDING;
    }
    return ioctl_out(r, &s, sizeof s);
}

static int extension(struct ioctl_request *r)
{
    void *function;
    GUID id;

    r->no_bytes = TRUE;
    if (r->out_bytes < sizeof function || ioctl_in(r, &id, sizeof id))
        return WSAEFAULT;
    function = ext_find(&id);
    if (!function)
        return WSAEINVAL;
    r->no_bytes = FALSE;
    return ioctl_out(r, &function, sizeof function);
}

/* Kept, and nothing more: under Wine no datagram socket ever reports the ICMP errors that this turns off. */
static int udp_connreset(struct ioctl_request *r)
{
    ULONG on;
    int err = ioctl_in(r, &on, sizeof on);

    if (err)
        return err;
    return sock_is_stream(r->k)
               ? WSAEINVAL
               : sock_option_set(r->k, SOL_SOCKET, (INT)SIO_UDP_CONNRESET, &on, sizeof on);
}

/* Hints about how to work, which are good to ignore. */
static int hint(struct ioctl_request *r)
{
    (void)r;
    return 0;
}

static int backlog_query(struct ioctl_request *r)
{
    const ULONG bytes = 0x10000;

    if (!sock_is_stream(r->k))
        return WSAEOPNOTSUPP;
    if (sock_check_connected(r->k))
        return WSAENOTCONN;
    return ioctl_out(r, &bytes, sizeof bytes);
}

/* The two that are options as well. */
static int multicast(struct ioctl_request *r)
{
    const BOOL v6 = r->k->family == AF_INET6;
    const BOOL loop = r->code == SIO_MULTIPOINT_LOOPBACK;
    INT value, err = ioctl_in(r, &value, sizeof value);

    if (err)
        return err;
    WSPSetSockOpt((SOCKET)r->k->handle, v6 ? IPPROTO_IPV6 : IPPROTO_IP, loop ? 11 : 10,
                  (const char *)&value, sizeof value, &err);
    return err;
}

/* ---- what ws2_32 asks on behalf of WSAPoll and WSASendMsg (spi.md 8.4) ---- */

static int ext_poll_ioctl(struct ioctl_request *r)
{
    WSAPOLLDATA head;
    const SIZE_T fixed = offsetof(WSAPOLLDATA, fdArray);
    WSAPOLLDATA *out = r->out;
    ULONGLONG bytes;
    int err = 0;

    if (r->ov)
        return WSAEINVAL;
    if (r->in_bytes < fixed || check_read(r->in, fixed))
        return WSAEFAULT;
    memcpy(&head, r->in, fixed);
    bytes = fixed + (ULONGLONG)head.fds * sizeof(WSAPOLLFD);
    if (r->in_bytes < bytes || r->out_bytes < bytes || check_read(r->in, (SIZE_T)bytes) ||
        check_write(r->out, (SIZE_T)bytes))
        return WSAEFAULT;

    memmove(out, r->in, (SIZE_T)bytes);
    out->result = poll_sockets(out->fdArray, head.fds, head.timeout, &err);
    r->bytes = (DWORD)bytes;
    return err;
}

/* The outcome is the answer; the ioctl itself succeeds. */
static int ext_sendmsg_ioctl(struct ioctl_request *r)
{
    WSASENDMSG in;
    DWORD outcome;

    if (r->ov)
        return WSAEINVAL;
    if (ioctl_in(r, &in, sizeof in) || r->out_bytes < sizeof outcome ||
        check_write(r->out, sizeof outcome))
        return WSAEFAULT;
    outcome = (DWORD)ext_send((SOCKET)r->k->handle, in.lpMsg, in.dwFlags, in.lpNumberOfBytesSent,
                              in.lpOverlapped, in.lpCompletionRoutine);
    return ioctl_out(r, &outcome, sizeof outcome);
}

/* There is no companion interface to translate the handle for. */
static int companion(struct ioctl_request *r)
{
    (void)r;
    return WSAENOPROTOOPT;
}

static const struct {
    DWORD code;
    int (*answer)(struct ioctl_request *r);
} table[] = {
    {FIONBIO, fionbio},
    {FIONREAD, ask_int},
    {SIOCATMARK, ask_int},
    {GET_INTERFACE_LIST, ioctl_interface_list},
    {GET_INTERFACE_LIST_EX, ioctl_interface_list_ex},
    {SIO_ADDRESS_LIST_CHANGE, ioctl_address_list_change},
    {SIO_ADDRESS_LIST_QUERY, ioctl_address_list},
    {SIO_ADDRESS_LIST_SORT, ioctl_address_list_sort},
    {SIO_BASE_HANDLE, own_handle},
    {SIO_BSP_HANDLE, own_handle},
    {SIO_BSP_HANDLE_POLL, own_handle},
    {SIO_BSP_HANDLE_SELECT, own_handle},
    {SIO_ENABLE_CIRCULAR_QUEUEING, hint},
    {SIO_EXT_POLL, ext_poll_ioctl},
    {SIO_EXT_SENDMSG, ext_sendmsg_ioctl},
    {SIO_GET_BROADCAST_ADDRESS, ioctl_broadcast_address},
    {SIO_GET_EXTENSION_FUNCTION_POINTER, extension},
    {IDEAL_SEND_BACKLOG_CHANGE, ioctl_address_list_change}, /* a place to stay pending */
    {IDEAL_SEND_BACKLOG_QUERY, backlog_query},
    {SIO_KEEPALIVE_VALS, keepalive_vals},
    {SIO_LOOPBACK_FAST_PATH, hint},
    {SIO_MULTICAST_SCOPE, multicast},
    {SIO_MULTIPOINT_LOOPBACK, multicast},
    {SIO_QUERY_TARGET_PNP_HANDLE, own_handle},
    {SIO_ROUTING_INTERFACE_CHANGE, ioctl_address_list_change},
    {SIO_ROUTING_INTERFACE_QUERY, ioctl_routing_interface},
    {SET_COMPATIBILITY_MODE, hint},
    {SIO_TRANSLATE_HANDLE, companion},
    {SIO_UDP_CONNRESET, udp_connreset},
};

/* An unknown code fails at once, or, overlapped, is accepted and then fails (as measured). */
static int unknown(struct ioctl_request *r)
{
    if (!r->ov)
        return WSAEOPNOTSUPP;
    afd_complete(r->k, STATUS_NOT_SUPPORTED, r->ov, r->routine);
    r->started = TRUE;
    return WSA_IO_PENDING;
}

static int answer(struct ioctl_request *r)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == r->code)
            return table[i].answer(r);
    return unknown(r);
}

static int ioctl(struct ioctl_request *r)
{
    int err;

    if (check_write(r->returned, sizeof *r->returned))
        return WSAEFAULT;
    if (r->routine && !r->ov)
        r->routine = NULL; /* ignored without an OVERLAPPED */
    err = answer(r);
    if (!r->no_bytes)
        *r->returned = r->bytes;
    if (!err && r->ov && !r->started)
        err = err_from_ntstatus(afd_complete(r->k, STATUS_SUCCESS, r->ov, r->routine));
    return err;
}

int WSPAPI WSPIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                    LPDWORD returned, LPWSAOVERLAPPED ov,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                    LPINT lp_errno)
{
    struct ioctl_request r = {sock_get(s), code,     in, in_bytes, out,
                              out_bytes,   returned, ov, routine,  0, FALSE, FALSE};
    int err;

    (void)thread; /* a completion routine runs on the thread that calls: the kernel queues it there */
    if (!r.k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = ioctl(&r);
    sock_put(r.k);
    return spi_end(lp_errno, err);
}
