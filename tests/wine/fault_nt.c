/* SPDX-License-Identifier: MIT */
/*
 * The base provider on its own, statically linked, with a loop that makes its n-th NT call fail until a run needs no
 * failure. Whatever fails: the run ends, no handle stays open, and the next run works.
 */
#include <stdio.h>
#include <string.h>

#include "providers/tcpip/entry.h"

static LONG volatile fault_in;    /* NT calls until one fails; 0: none does */
static LONG volatile fault_fired;
static const char *fault_name;

static BOOL fails(const char *name)
{
    if (!fault_in || InterlockedDecrement(&fault_in))
        return FALSE;
    fault_fired = 1;
    fault_name = name;
    return TRUE;
}

#define WRAP(name, parameters, arguments)                                                          \
    NTSTATUS NTAPI __real_##name parameters;                                                       \
    NTSTATUS NTAPI __wrap_##name parameters;                                                       \
    NTSTATUS NTAPI __wrap_##name parameters                                                        \
    {                                                                                              \
        return fails(#name) ? STATUS_INSUFFICIENT_RESOURCES : __real_##name arguments;             \
    }

WRAP(NtOpenFile,
     (HANDLE * handle, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *iosb,
      ULONG share, ULONG options),
     (handle, access, attributes, iosb, share, options))
WRAP(NtCreateEvent,
     (HANDLE * event, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, ULONG type,
      BOOLEAN state),
     (event, access, attributes, type, state))
WRAP(NtDeviceIoControlFile,
     (HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *context, IO_STATUS_BLOCK *iosb,
      ULONG code, void *in, ULONG in_bytes, void *out, ULONG out_bytes),
     (handle, event, apc, context, iosb, code, in, in_bytes, out, out_bytes))
WRAP(NtWaitForSingleObject, (HANDLE handle, BOOLEAN alertable, LARGE_INTEGER *timeout),
     (handle, alertable, timeout))
WRAP(NtCancelIoFileEx, (HANDLE handle, IO_STATUS_BLOCK *request, IO_STATUS_BLOCK *iosb),
     (handle, request, iosb))
WRAP(NtQueryInformationFile,
     (HANDLE handle, IO_STATUS_BLOCK *iosb, void *info, ULONG bytes, FILE_INFORMATION_CLASS class),
     (handle, iosb, info, bytes, class))

/* ---- a ws2_32 of two functions ---- */

static SOCKET WSPAPI modify_ifs_handle(DWORD id, SOCKET s, LPINT lp_errno)
{
    (void)id;
    (void)lp_errno;
    return s;
}

static int WSPAPI query_blocking_callback(DWORD id, LPBLOCKINGCALLBACK *callback, PDWORD_PTR context,
                                          LPINT lp_errno)
{
    (void)id;
    (void)context;
    (void)lp_errno;
    *callback = NULL;
    return 0;
}

static WSAPROTOCOL_INFOW info_of(INT type)
{
    WSAPROTOCOL_INFOW info = { .dwCatalogEntryId = type == SOCK_STREAM ? 1001 : 1002,
                               .iVersion = 2,
                               .iAddressFamily = AF_INET,
                               .iSocketType = type,
                               .iProtocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP };

    info.ProtocolChain.ChainLen = BASE_PROTOCOL;
    return info;
}

static SOCKET open_socket(INT type, int *err)
{
    WSAPROTOCOL_INFOW info = info_of(type);

    return WSPSocket(AF_INET, type, 0, &info, 0, WSA_FLAG_OVERLAPPED, err);
}

/* ---- the scenario: every step goes on only if the one before succeeded ---- */

static struct sockaddr_in loopback(void)
{
    struct sockaddr_in name = { .sin_family = AF_INET };

    name.sin_addr.s_addr = net32(INADDR_LOOPBACK);
    return name;
}

static int bind_somewhere(SOCKET s, struct sockaddr_in *name)
{
    int bytes = sizeof *name, err = 0;

    *name = loopback();
    if (WSPBind(s, (struct sockaddr *)name, sizeof *name, &err))
        return err;
    WSPGetSockName(s, (struct sockaddr *)name, &bytes, &err);
    return err;
}

static int exchange(SOCKET from, SOCKET to)
{
    char sent[] = "ws2kit", got[16] = { 0 };
    WSABUF out = { sizeof sent, sent }, in = { sizeof got, got };
    DWORD bytes, flags = 0;
    int err = 0;

    if (WSPSend(from, &out, 1, &bytes, 0, NULL, NULL, NULL, &err))
        return err;
    if (WSPRecv(to, &in, 1, &bytes, &flags, NULL, NULL, NULL, &err))
        return err;
    return strcmp(sent, got) ? -1 : 0;
}

/* A receive that pends, then the data, then its result. The kernel has `got` until the socket is closed. */
static int exchange_overlapped(SOCKET from, SOCKET to, OVERLAPPED *ov, char got[16])
{
    WSABUF out = { 2, (char *)"x" }, in = { 16, got };
    DWORD bytes, flags = 0;
    int err = 0;

    if (WSPRecv(to, &in, 1, NULL, &flags, ov, NULL, NULL, &err) && err != WSA_IO_PENDING)
        return err;
    err = 0;
    if (WSPSend(from, &out, 1, &bytes, 0, NULL, NULL, NULL, &err))
        return err;
    if (!WSPGetOverlappedResult(to, ov, &bytes, TRUE, &flags, &err))
        return err;
    return bytes == 2 ? 0 : -1;
}

static int wait_readable(SOCKET s)
{
    fd_set set = { 1, { s } };
    struct timeval tv = { 5, 0 };
    int err = 0, n = WSPSelect(0, &set, NULL, NULL, &tv, &err);

    return n == 1 ? 0 : err ? err : -1;
}

static int streams(SOCKET s[3], OVERLAPPED *ov, char got[16])
{
    struct sockaddr_in name;
    int err = 0;

    s[0] = open_socket(SOCK_STREAM, &err);
    if (s[0] == INVALID_SOCKET)
        return err;
    err = bind_somewhere(s[0], &name);
    if (err || WSPListen(s[0], 5, &err))
        return err;
    s[1] = open_socket(SOCK_STREAM, &err);
    if (s[1] == INVALID_SOCKET ||
        WSPConnect(s[1], (struct sockaddr *)&name, sizeof name, NULL, NULL, NULL, NULL, &err))
        return err;
    err = wait_readable(s[0]);
    if (err)
        return err;
    s[2] = WSPAccept(s[0], NULL, NULL, NULL, 0, &err);
    if (s[2] == INVALID_SOCKET)
        return err;
    err = exchange(s[1], s[2]);
    if (!err)
        err = exchange_overlapped(s[2], s[1], ov, got);
    if (!err)
        WSPShutdown(s[1], SD_BOTH, &err);
    return err;
}

static int datagrams(SOCKET s[3])
{
    struct sockaddr_in name[2];
    int err = 0;

    for (int i = 0; i < 2 && !err; i++) {
        s[i] = open_socket(SOCK_DGRAM, &err);
        if (s[i] != INVALID_SOCKET)
            err = bind_somewhere(s[i], &name[i]);
    }
    for (int i = 0; i < 2 && !err; i++)
        WSPConnect(s[i], (struct sockaddr *)&name[!i], sizeof *name, NULL, NULL, NULL, NULL, &err);
    return err ? err : exchange(s[0], s[1]);
}

static void close_all(SOCKET s[3])
{
    int err;

    for (int i = 0; i < 3; i++) {
        if (s[i] != INVALID_SOCKET)
            WSPCloseSocket(s[i], &err);
        s[i] = INVALID_SOCKET;
    }
}

static int scenario(void)
{
    static char got[16];
    SOCKET s[3] = { INVALID_SOCKET, INVALID_SOCKET, INVALID_SOCKET };
    WSPUPCALLTABLE table = { .lpWPUModifyIFSHandle = modify_ifs_handle,
                             .lpWPUQueryBlockingCallback = query_blocking_callback };
    WSAPROTOCOL_INFOW info = info_of(SOCK_STREAM);
    static OVERLAPPED ov;
    WSPPROC_TABLE procs;
    WSPDATA data;
    int ignored, err = WSPStartup(MAKEWORD(2, 2), &data, &info, table, &procs);

    if (err)
        return err;
    memset(&ov, 0, sizeof ov);
    err = streams(s, &ov, got);
    close_all(s);
    if (!err)
        err = datagrams(s);
    close_all(s);
    WSPCleanup(&ignored);
    return err;
}

/* As at the end of a thread and of the DLL, so that the next run makes everything anew. */
static int run(void)
{
    int err = scenario();

    fault_in = 0;
    afd_thread_done();
    afd_done();
    return err;
}

static DWORD handles(void)
{
    DWORD count = 0;

    GetProcessHandleCount(GetCurrentProcess(), &count);
    return count;
}

int main(void)
{
    int failures = 0, n;
    DWORD before;

    if (run()) {
        printf("the scenario does not even work without a fault\n");
        return 1;
    }
    before = handles();
    for (n = 1;; n++) {
        int err;

        fault_fired = 0;
        fault_in = n;
        err = run();
        if (!fault_fired)
            break;
        if (handles() != before) {
            printf("call %d (%s) failing (run: error %d): %lu handles, expected %lu\n", n, fault_name,
                   err, (unsigned long)handles(), (unsigned long)before);
            before = handles();
            failures++;
        }
        err = run();
        if (err) {
            printf("after call %d (%s) failed, a retry gives error %d\n", n, fault_name, err);
            failures++;
        }
    }
    printf("%d NT calls made to fail, %d failures\n", n - 1, failures);
    return failures != 0;
}
