/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_NT_H
#define WS2_TCPIP_NT_H
/*
 * What the SDK headers do not declare: the socket device \Device\Afd under Wine (wine-afd.md gives codes,
 * layouts, classes and statuses) and the handful of NT calls this provider makes. Only `_nt` files and
 * sock.h include it. All NT calls are named functions of ntdll, so that a test can wrap each of them
 * (ld --wrap) and make the n-th one fail.
 */
#define WIN32_NO_STATUS
#include <winsock2.h>
#undef WIN32_NO_STATUS
#include <mswsock.h>
#include <ws2ipdef.h>
#include <ws2spi.h>
#include <ntstatus.h>
#include <winternl.h>

/* winternl.h lacks them. */
#define FileIoCompletionNotificationInformation ((FILE_INFORMATION_CLASS)41)
NTSTATUS NTAPI NtCancelIoFileEx(HANDLE handle, IO_STATUS_BLOCK *request, IO_STATUS_BLOCK *iosb);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN alertable, const LARGE_INTEGER *timeout);
NTSTATUS NTAPI NtQueueApcThread(HANDLE thread, PIO_APC_ROUTINE fn, void *first, IO_STATUS_BLOCK *second,
                                ULONG_PTR third);
NTSTATUS NTAPI NtCreateEvent(HANDLE *event, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes,
                             ULONG type, BOOLEAN state);

#define AFD_BIND                0x12003
#define AFD_LISTEN              0x1200B
#define AFD_RECV                0x12017
#define AFD_POLL                0x12024
#define AFD_GETSOCKNAME         0x1202F
#define AFD_EVENT_SELECT        0x12087
#define AFD_GET_EVENTS          0x1208B
#define AFD_CREATE              0x120320
#define AFD_ACCEPT              0x120324
#define AFD_ACCEPT_INTO         0x120328
#define AFD_CONNECT             0x12032C
#define AFD_SHUTDOWN            0x120330
#define AFD_RECVMSG             0x120334
#define AFD_SENDMSG             0x120338
#define AFD_TRANSMIT            0x12033C
#define AFD_ADDRESS_LIST_CHANGE 0x120340
#define AFD_FIONBIO             0x120344
#define AFD_COMPLETE_ASYNC      0x120348
#define AFD_FIONREAD            0x12034C
#define AFD_SIOCATMARK          0x120350
#define AFD_GET_INTERFACE_LIST  0x120354
#define AFD_KEEPALIVE_VALS      0x120358
#define AFD_MESSAGE_SELECT      0x12035C
#define AFD_GETPEERNAME         0x120360
#define AFD_DEFER               0x120364
#define AFD_GET_INFO            0x120368
#define AFD_GET_ACCEPTCONN      0x12036C
#define AFD_SET_LINGER          0x120388

enum {
    AFD_POLL_READ = 0x001,
    AFD_POLL_OOB = 0x002,
    AFD_POLL_WRITE = 0x004,
    AFD_POLL_HUP = 0x008,
    AFD_POLL_RESET = 0x010,
    AFD_POLL_CLOSE = 0x020,
    AFD_POLL_CONNECT = 0x040,
    AFD_POLL_ACCEPT = 0x080,
    AFD_POLL_CONNECT_ERR = 0x100,
};

#pragma pack(push, 4)
struct afd_poll_item {
    ULONG_PTR sock;
    ULONG flags; /* in: wanted; out: found */
    NTSTATUS status;
};
struct afd_poll {
    LONGLONG timeout; /* <0 relative in 100 ns; 0 just look; AFD_POLL_FOREVER */
    ULONG count;
    UCHAR exclusive, zero[3];
    struct afd_poll_item item[1];
};
#pragma pack(pop)
#define AFD_POLL_FOREVER 0x7FFFFFFFFFFFFFFFLL

struct afd_create {
    INT family, type, protocol;
    ULONG unused;
};
struct afd_listen {
    INT zero1, backlog, zero2;
};
struct afd_accept_into {
    ULONG acceptor, data_bytes, local_bytes;
};
struct afd_connect {
    INT name_bytes, winsock_connect; /* then the sockaddr, then data */
};
struct afd_recvmsg {
    ULONGLONG control, name, name_bytes, flags; /* pointers */
    INT force_async;
    ULONG count;
    ULONGLONG bufs;
};
struct afd_sendmsg {
    ULONGLONG name;
    ULONG name_bytes, flags;
    INT force_async;
    ULONG count;
    ULONGLONG bufs;
};
struct afd_transmit {
    LONGLONG file_pos; /* -2: where the file is */
    ULONGLONG head, tail;
    ULONG head_bytes, tail_bytes, file, file_bytes, chunk, unused;
};
struct afd_event_select {
    HANDLE event;
    ULONG mask;
};
struct afd_message_select {
    ULONG sock, window, message, mask;
};
struct afd_events {
    ULONG flags;
    NTSTATUS status[13];
};
struct afd_info {
    INT family, type, protocol;
};

#ifdef _WIN64
_Static_assert(sizeof(struct afd_poll_item) == 16 && sizeof(struct afd_poll) == 32, "POLL");
_Static_assert(sizeof(struct afd_event_select) == 16, "EVENT_SELECT");
#else
_Static_assert(sizeof(struct afd_poll_item) == 12 && sizeof(struct afd_poll) == 28, "POLL");
_Static_assert(sizeof(struct afd_event_select) == 8, "EVENT_SELECT");
#endif
_Static_assert(sizeof(struct afd_recvmsg) == 48 && sizeof(struct afd_sendmsg) == 32, "*MSG");
_Static_assert(sizeof(struct afd_transmit) == 48, "TRANSMIT");
_Static_assert(sizeof(struct afd_events) == 56, "GET_EVENTS");

#endif
