/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <string.h>

static struct fake fake;

struct fake *fake_state(void);
struct fake *fake_state(void)
{
    return &fake;
}

static int fail(LPINT lp_errno, int err)
{
    *lp_errno = err;
    return SOCKET_ERROR;
}

/* Everything that no test asks for; the number of arguments matters on i686, so each slot has its own. */
#define REFUSE(name, result, ...)                                                                  \
    static result WSPAPI name(__VA_ARGS__, LPINT lp_errno)                                         \
    {                                                                                              \
        return fail(lp_errno, FAKE_ERROR);                                                         \
    }
#pragma GCC diagnostic ignored "-Wunused-parameter"
REFUSE(fake_accept, SOCKET, SOCKET s, struct sockaddr *a, LPINT n, LPCONDITIONPROC f, DWORD_PTR d)
REFUSE(fake_to_string, INT, LPSOCKADDR a, DWORD n, LPWSAPROTOCOL_INFOW i, LPWSTR t, LPDWORD c)
REFUSE(fake_async_select, int, SOCKET s, HWND w, unsigned m, long e)
REFUSE(fake_bind, int, SOCKET s, const struct sockaddr *a, int n)
REFUSE(fake_connect, int, SOCKET s, const struct sockaddr *a, int n, LPWSABUF x, LPWSABUF y, LPQOS q, LPQOS g)
REFUSE(fake_duplicate, int, SOCKET s, DWORD p, LPWSAPROTOCOL_INFOW i)
REFUSE(fake_enum_events, int, SOCKET s, WSAEVENT e, LPWSANETWORKEVENTS n)
REFUSE(fake_event_select, int, SOCKET s, WSAEVENT e, long m)
REFUSE(fake_peer, int, SOCKET s, struct sockaddr *a, LPINT n)
REFUSE(fake_name, int, SOCKET s, struct sockaddr *a, LPINT n)
REFUSE(fake_get_option, int, SOCKET s, int l, int o, char *v, LPINT n)
REFUSE(fake_qos, WINBOOL, SOCKET s, LPWSABUF n, LPQOS q)
REFUSE(fake_ioctl, int, SOCKET s, DWORD c, LPVOID i, DWORD in, LPVOID o, DWORD on, LPDWORD r, LPWSAOVERLAPPED v,
       LPWSAOVERLAPPED_COMPLETION_ROUTINE f, LPWSATHREADID t)
REFUSE(fake_join, SOCKET, SOCKET s, const struct sockaddr *a, int n, LPWSABUF x, LPWSABUF y, LPQOS q, LPQOS g, DWORD f)
REFUSE(fake_recv, int, SOCKET s, LPWSABUF b, DWORD n, LPDWORD r, LPDWORD f, LPWSAOVERLAPPED v,
       LPWSAOVERLAPPED_COMPLETION_ROUTINE c, LPWSATHREADID t)
REFUSE(fake_recv_disconnect, int, SOCKET s, LPWSABUF b)
REFUSE(fake_recv_from, int, SOCKET s, LPWSABUF b, DWORD n, LPDWORD r, LPDWORD f, struct sockaddr *a, LPINT l,
       LPWSAOVERLAPPED v, LPWSAOVERLAPPED_COMPLETION_ROUTINE c, LPWSATHREADID t)
REFUSE(fake_send_disconnect, int, SOCKET s, LPWSABUF b)
REFUSE(fake_send_to, int, SOCKET s, LPWSABUF b, DWORD n, LPDWORD r, DWORD f, const struct sockaddr *a, int l,
       LPWSAOVERLAPPED v, LPWSAOVERLAPPED_COMPLETION_ROUTINE c, LPWSATHREADID t)
REFUSE(fake_set_option, int, SOCKET s, int l, int o, const char *v, int n)
REFUSE(fake_to_address, INT, LPWSTR t, INT f, LPWSAPROTOCOL_INFOW i, LPSOCKADDR a, LPINT n)

static WINBOOL WSPAPI fake_result(SOCKET s, LPWSAOVERLAPPED v, LPDWORD n, WINBOOL w, LPDWORD f, LPINT lp_errno)
{
    *lp_errno = FAKE_ERROR;
    return FALSE;
}

static int WSPAPI fake_cancel(LPINT lp_errno)
{
    return fail(lp_errno, WSAEOPNOTSUPP);
}

/* Fails without saying why. */
static int WSPAPI fake_shutdown(SOCKET s, int how, LPINT lp_errno)
{
    return SOCKET_ERROR;
}

/* Says why, and spoils the thread's last error, as layers do that call the API from here. */
static int WSPAPI fake_listen(SOCKET s, int backlog, LPINT lp_errno)
{
    SetLastError(12345);
    return fail(lp_errno, FAKE_ERROR);
}

static int WSPAPI fake_cleanup(LPINT lp_errno)
{
    InterlockedIncrement(&fake.cleanups);
    if (fake.start == FAKE_IS_SLOW)
        Sleep(100);
    return SOCKET_ERROR; /* as published layers do when all went well */
}

static SOCKET WSPAPI fake_socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info,
                                 GROUP group, DWORD flags, LPINT lp_errno)
{
    fake.family = family;
    fake.type = type;
    fake.protocol = protocol;
    fake.flags = flags;
    InterlockedIncrement(&fake.sockets);
    if (!fake.ifs)
        return fake.upcalls.lpWPUCreateSocketHandle(info->dwCatalogEntryId, (DWORD_PTR)&fake,
                                                    lp_errno);
    return fake.upcalls.lpWPUModifyIFSHandle(
        info->dwCatalogEntryId, (SOCKET)CreateEventW(NULL, TRUE, FALSE, NULL), lp_errno);
}

static int WSPAPI fake_close(SOCKET s, LPINT lp_errno)
{
    InterlockedIncrement(&fake.closes);
    if (fake.throws)
        RaiseException(0xE0000001, 0, 0, NULL);
    if (fake.keeps_handle)
        return 0;
    if (!fake.ifs)
        return fake.upcalls.lpWPUCloseSocketHandle(s, lp_errno);
    CloseHandle((HANDLE)s);
    return 0;
}

static int WSPAPI fake_send(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD sent, DWORD flags,
                            LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                            LPWSATHREADID thread, LPINT lp_errno)
{
    if (fake.throws)
        RaiseException(0xE0000001, 0, 0, NULL);
    fake.buf = bufs[0];
    fake.ov = ov;
    fake.had_thread = thread != NULL;
    if (thread)
        fake.thread = *thread;
    if (ov && fake.fails_late) {
        WPUCompleteOverlappedRequest(s, ov, 0, 1, lp_errno);
        return fail(lp_errno, FAKE_ERROR);
    }
    if (ov)
        return fail(lp_errno, WSA_IO_PENDING);
    *sent = bufs[0].len;
    return 0;
}

/* Everything is ready to read. */
static int WSPAPI fake_select(int n, fd_set *r, fd_set *w, fd_set *e, const PTIMEVAL timeout,
                              LPINT lp_errno)
{
    InterlockedIncrement(&fake.selects);
    if (w)
        w->fd_count = 0;
    if (e)
        e->fd_count = 0;
    return r ? r->fd_count : 0;
}

static const WSPPROC_TABLE table = {
    fake_accept,        fake_to_string,       fake_async_select, fake_bind,
    fake_cancel,        fake_cleanup,         fake_close,        fake_connect,
    fake_duplicate,     fake_enum_events,     fake_event_select, fake_result,
    fake_peer,          fake_name,            fake_get_option,   fake_qos,
    fake_ioctl,         fake_join,            fake_listen,       fake_recv,
    fake_recv_disconnect, fake_recv_from,     fake_select,       fake_send,
    fake_send_disconnect, fake_send_to,       fake_set_option,   fake_shutdown,
    fake_socket,        fake_to_address,
};

int WSPAPI WSPStartup(WORD version, LPWSPDATA data, LPWSAPROTOCOL_INFOW info,
                      WSPUPCALLTABLE upcalls, LPWSPPROC_TABLE proc)
{
    volatile int *volatile nowhere = NULL;
    void *slots[30];

    InterlockedIncrement(&fake.startups);
    fake.info = *info;
    fake.upcalls = upcalls;
    info->iAddressFamily = 1; /* the caller's copy, and nobody else's */
    data->wVersion = fake.start == FAKE_HAS_VERSION ? fake.value : version;
    data->wHighVersion = version;
    memcpy(slots, &table, sizeof slots);
    if (fake.start == FAKE_HAS_HOLE)
        slots[fake.value] = NULL;
    if (fake.start == FAKE_HAS_DATA)
        slots[fake.value] = &fake;
    memcpy(proc, slots, sizeof slots);

    if (fake.start == FAKE_IS_SLOW)
        Sleep(100);
    if (fake.start == FAKE_CRASHES)
        *nowhere = 0;
    if (fake.start == FAKE_REENTERS) {
        fake.reentered = socket(FAKE_FAMILY, SOCK_STREAM, 0);
        fake.reentered_error = WSAGetLastError();
    }
    return fake.start == FAKE_RETURNS ? fake.value : 0;
}
