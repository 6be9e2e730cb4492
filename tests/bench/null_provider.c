/* SPDX-License-Identifier: MIT */
/*
 * A base provider whose sockets are events and whose sends and receives succeed and move nothing: what remains of a
 * call is the way through ws2_32 and the layers.
 */
#include <winsock2.h>
#include <ws2spi.h>
#include <windows.h>

static WSPUPCALLTABLE upcalls;
static DWORD entry_id;

/* The table needs thirty entries. The benchmark calls none of those that are filled with this one. */
static int WSPAPI not_offered(void)
{
    return SOCKET_ERROR;
}

static SOCKET WSPAPI null_socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP g, DWORD flags,
                                 LPINT err)
{
    HANDLE handle = CreateEventW(NULL, TRUE, FALSE, NULL);

    (void)family, (void)type, (void)protocol, (void)info, (void)g, (void)flags;
    if (!handle) {
        *err = WSAENOBUFS;
        return INVALID_SOCKET;
    }
    return upcalls.lpWPUModifyIFSHandle(entry_id, (SOCKET)handle, err);
}

static int WSPAPI null_close(SOCKET s, LPINT err)
{
    (void)err;
    CloseHandle((HANDLE)s);
    return 0;
}

static int WSPAPI null_send(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags, LPWSAOVERLAPPED ov,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    (void)s, (void)count, (void)flags, (void)ov, (void)routine, (void)thread, (void)err;
    *bytes = bufs->len;
    return 0;
}

static int WSPAPI null_cleanup(LPINT err)
{
    (void)err;
    return 0;
}

int WSPAPI WSPStartup(WORD version, LPWSPDATA data, LPWSAPROTOCOL_INFOW info, WSPUPCALLTABLE table,
                      LPWSPPROC_TABLE proc)
{
    int(WSPAPI **slot)(void) = (int(WSPAPI **)(void))proc;

    (void)version;
    upcalls = table;
    entry_id = info->dwCatalogEntryId;
    ZeroMemory(data, sizeof *data);
    data->wVersion = data->wHighVersion = MAKEWORD(2, 2);
    for (size_t i = 0; i < sizeof *proc / sizeof *slot; i++)
        slot[i] = not_offered;
    proc->lpWSPSocket = null_socket;
    proc->lpWSPCloseSocket = null_close;
    proc->lpWSPSend = null_send;
    proc->lpWSPCleanup = null_cleanup;
    return 0;
}
