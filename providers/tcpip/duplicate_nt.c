/* SPDX-License-Identifier: MIT */
/*
 * WSPDuplicateSocket: a handle for another process, and a token in dwProviderReserved that tells WSPSocket there
 * which one. It must be that field: a layer replaces the rest of the structure by its own entry (spi.md 3.7).
 *
 * The token is the handle's number and some bits made of the process id, so that a token which comes to the wrong
 * process is refused. It is good once: from then on the handle has a record.
 */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/spi.h"

enum { HANDLE_BITS = 22, HANDLE_MAX = 1 << HANDLE_BITS };

static DWORD process_mark(DWORD process_id)
{
    return (process_id * 0x9E3779B1u) >> HANDLE_BITS << HANDLE_BITS;
}

static DWORD token_make(HANDLE handle, DWORD process_id)
{
    return process_mark(process_id) | (DWORD)((ULONG_PTR)handle >> 2);
}

/* The handle, or NULL for a token that was not made for this process. */
static HANDLE token_open(DWORD token)
{
    if ((token & ~(DWORD)(HANDLE_MAX - 1)) != process_mark(GetCurrentProcessId()))
        return NULL;
    return (HANDLE)(ULONG_PTR)((token & (HANDLE_MAX - 1)) << 2);
}

static int duplicate(struct sock *k, DWORD process_id, WSAPROTOCOL_INFOW *info)
{
    HANDLE process, copy;
    DWORD flags = 0;
    BOOL done;

    if (check_write(info, sizeof *info))
        return WSAEFAULT;
    if (!provider_info(k->catalog_id, info))
        return WSAENETDOWN;
    process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, process_id);
    if (!process)
        return WSAEINVAL;

    sock_tell(k);
    GetHandleInformation(k->handle, &flags);
    done = DuplicateHandle(GetCurrentProcess(), k->handle, process, &copy, 0,
                           (flags & HANDLE_FLAG_INHERIT) != 0, DUPLICATE_SAME_ACCESS);
    if (done && (ULONG_PTR)copy >> 2 >= HANDLE_MAX) { /* four million handles: cannot be told */
        DuplicateHandle(process, copy, NULL, NULL, 0, FALSE, DUPLICATE_CLOSE_SOURCE);
        done = FALSE;
    }
    CloseHandle(process);
    if (!done)
        return WSAEMFILE;
    k->given = TRUE; /* where receives may wait in the process, DuplicateHandle() was seen, and they went to the device (port_nt.c) */
    info->dwProviderReserved = token_make(copy, process_id);
    return 0;
}

int WSPAPI WSPDuplicateSocket(SOCKET s, DWORD process_id, LPWSAPROTOCOL_INFOW info,
                              LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = duplicate(k, process_id, info);
    sock_put(k);
    return spi_end(lp_errno, err);
}

int duplicate_adopt(const WSAPROTOCOL_INFOW *info, HANDLE *handle)
{
    *handle = NULL;
    if (!info->dwProviderReserved)
        return 0;
    *handle = token_open(info->dwProviderReserved);
    return *handle && !sock_is_known(*handle) ? 0 : WSAEINVAL;
}
