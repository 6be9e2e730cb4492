/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/sock.h"

/* wine-afd.md 4.1, which is Windows' own table. */
#define NTSTATUS_ROWS(X)                                                                           \
    X(STATUS_SUCCESS, 0)                                                                           \
    X(STATUS_PENDING, WSA_IO_INCOMPLETE)                                                           \
    X(STATUS_BUFFER_OVERFLOW, WSAEMSGSIZE)                                                         \
    X(STATUS_NOT_IMPLEMENTED, WSAEOPNOTSUPP)                                                       \
    X(STATUS_ACCESS_VIOLATION, WSAEFAULT)                                                          \
    X(STATUS_PAGEFILE_QUOTA, WSAENOBUFS)                                                           \
    X(STATUS_INVALID_HANDLE, WSAENOTSOCK)                                                          \
    X(STATUS_NO_SUCH_DEVICE, WSAENETDOWN)                                                          \
    X(STATUS_NO_SUCH_FILE, WSAENETDOWN)                                                            \
    X(STATUS_NO_MEMORY, WSAENOBUFS)                                                                \
    X(STATUS_CONFLICTING_ADDRESSES, WSAENOBUFS)                                                    \
    X(STATUS_ACCESS_DENIED, WSAEACCES)                                                             \
    X(STATUS_BUFFER_TOO_SMALL, WSAEFAULT)                                                          \
    X(STATUS_OBJECT_TYPE_MISMATCH, WSAENOTSOCK)                                                    \
    X(STATUS_OBJECT_NAME_NOT_FOUND, WSAENETDOWN)                                                   \
    X(STATUS_OBJECT_PATH_NOT_FOUND, WSAENETDOWN)                                                   \
    X(STATUS_SHARING_VIOLATION, WSAEADDRINUSE)                                                     \
    X(STATUS_QUOTA_EXCEEDED, WSAENOBUFS)                                                           \
    X(STATUS_TOO_MANY_PAGING_FILES, WSAENOBUFS)                                                    \
    X(STATUS_INSUFFICIENT_RESOURCES, WSAENOBUFS)                                                   \
    X(STATUS_WORKING_SET_QUOTA, WSAENOBUFS)                                                        \
    X(STATUS_DEVICE_NOT_READY, WSAEWOULDBLOCK)                                                     \
    X(STATUS_PIPE_DISCONNECTED, WSAESHUTDOWN)                                                      \
    X(STATUS_IO_TIMEOUT, WSAETIMEDOUT)                                                             \
    X(STATUS_NOT_SUPPORTED, WSAEOPNOTSUPP)                                                         \
    X(STATUS_REMOTE_NOT_LISTENING, WSAECONNREFUSED)                                                \
    X(STATUS_BAD_NETWORK_PATH, WSAENETUNREACH)                                                     \
    X(STATUS_NETWORK_BUSY, WSAENETDOWN)                                                            \
    X(STATUS_INVALID_NETWORK_RESPONSE, WSAENETDOWN)                                                \
    X(STATUS_UNEXPECTED_NETWORK_ERROR, WSAENETDOWN)                                                \
    X(STATUS_REQUEST_NOT_ACCEPTED, WSAEWOULDBLOCK)                                                 \
    X(STATUS_TOO_MANY_OPENED_FILES, WSAEMFILE)                                                     \
    X(STATUS_CANCELLED, WSA_OPERATION_ABORTED)                                                     \
    X(STATUS_HANDLES_CLOSED, WSA_OPERATION_ABORTED)                                                \
    X(STATUS_COMMITMENT_LIMIT, WSAENOBUFS)                                                         \
    X(STATUS_LOCAL_DISCONNECT, WSAECONNABORTED)                                                    \
    X(STATUS_REMOTE_DISCONNECT, WSAECONNRESET)                                                     \
    X(STATUS_REMOTE_RESOURCES, WSAENOBUFS)                                                         \
    X(STATUS_LINK_FAILED, WSAECONNRESET)                                                           \
    X(STATUS_LINK_TIMEOUT, WSAETIMEDOUT)                                                           \
    X(STATUS_INVALID_CONNECTION, WSAENOTCONN)                                                      \
    X(STATUS_INVALID_ADDRESS, WSAEADDRNOTAVAIL)                                                    \
    X(STATUS_INVALID_BUFFER_SIZE, WSAEMSGSIZE)                                                     \
    X(STATUS_INVALID_ADDRESS_COMPONENT, WSAEADDRNOTAVAIL)                                          \
    X(STATUS_TOO_MANY_ADDRESSES, WSAENOBUFS)                                                       \
    X(STATUS_ADDRESS_ALREADY_EXISTS, WSAEADDRINUSE)                                                \
    X(STATUS_CONNECTION_DISCONNECTED, WSAECONNRESET)                                               \
    X(STATUS_CONNECTION_RESET, WSAECONNRESET)                                                      \
    X(STATUS_TRANSACTION_ABORTED, WSAECONNABORTED)                                                 \
    X(STATUS_CONNECTION_REFUSED, WSAECONNREFUSED)                                                  \
    X(STATUS_GRACEFUL_DISCONNECT, WSAEDISCON)                                                      \
    X(STATUS_CONNECTION_ACTIVE, WSAEISCONN)                                                        \
    X(STATUS_NETWORK_UNREACHABLE, WSAENETUNREACH)                                                  \
    X(STATUS_HOST_UNREACHABLE, WSAEHOSTUNREACH)                                                    \
    X(STATUS_PROTOCOL_UNREACHABLE, WSAENETUNREACH)                                                 \
    X(STATUS_PORT_UNREACHABLE, WSAECONNRESET)                                                      \
    X(STATUS_REQUEST_ABORTED, WSAEINTR)                                                            \
    X(STATUS_CONNECTION_ABORTED, WSAECONNABORTED)                                                  \
    X(STATUS_DATATYPE_MISALIGNMENT_ERROR, WSAEFAULT)                                               \
    X(STATUS_HOST_DOWN, WSAEHOSTDOWN)                                                              \
    X(0x800703E4, WSA_IO_INCOMPLETE)                                                               \
    X(0xC00103E4, WSA_IO_INCOMPLETE)                                                               \
    X(0xC00703E4, WSA_IO_INCOMPLETE)

#ifndef STATUS_HOST_DOWN
#define STATUS_HOST_DOWN 0xC0000350
#endif

/*
 * Three rows differ from Windows' table on purpose (4.2): a host out of descriptors is WSAEMFILE, an operation that a
 * close ended is an aborted one, and what CREATE and the like pass up in 0xC001xxxx is a Winsock code already.
 */
int err_from_ntstatus(NTSTATUS status)
{
    switch ((ULONG)status) {
#define X(from, to)                                                                                \
    case (ULONG)from:                                                                              \
        return to;
        NTSTATUS_ROWS(X)
#undef X
    }
    if ((ULONG)status >> 16 == 0xC001)
        return status & 0xFFFF;
    if (NT_SUCCESS(status))
        return (int)RtlNtStatusToDosError(status);
    return WSAEINVAL;
}
