/* SPDX-License-Identifier: MIT */
#ifndef WS2_BASE_WSAERR_H
#define WS2_BASE_WSAERR_H
/*
 * The Winsock error codes: one list that gives portable files the constants (in a DLL the SDK headers
 * have them already) and everybody the names. Values and meanings: winerror.h, winsock2.h.
 */
#define WSAERR_ROWS(X)                                                                              \
    X(WSA_INVALID_HANDLE, 6)                                                                        \
    X(WSA_NOT_ENOUGH_MEMORY, 8)                                                                     \
    X(WSA_INVALID_PARAMETER, 87)                                                                    \
    X(WSA_OPERATION_ABORTED, 995)                                                                   \
    X(WSA_IO_INCOMPLETE, 996)                                                                       \
    X(WSA_IO_PENDING, 997)                                                                          \
    X(WSAEINTR, 10004)                                                                              \
    X(WSAEBADF, 10009)                                                                              \
    X(WSAEACCES, 10013)                                                                             \
    X(WSAEFAULT, 10014)                                                                             \
    X(WSAEINVAL, 10022)                                                                             \
    X(WSAEMFILE, 10024)                                                                             \
    X(WSAEWOULDBLOCK, 10035)                                                                        \
    X(WSAEINPROGRESS, 10036)                                                                        \
    X(WSAEALREADY, 10037)                                                                           \
    X(WSAENOTSOCK, 10038)                                                                           \
    X(WSAEDESTADDRREQ, 10039)                                                                       \
    X(WSAEMSGSIZE, 10040)                                                                           \
    X(WSAEPROTOTYPE, 10041)                                                                         \
    X(WSAENOPROTOOPT, 10042)                                                                        \
    X(WSAEPROTONOSUPPORT, 10043)                                                                    \
    X(WSAESOCKTNOSUPPORT, 10044)                                                                    \
    X(WSAEOPNOTSUPP, 10045)                                                                         \
    X(WSAEPFNOSUPPORT, 10046)                                                                       \
    X(WSAEAFNOSUPPORT, 10047)                                                                       \
    X(WSAEADDRINUSE, 10048)                                                                         \
    X(WSAEADDRNOTAVAIL, 10049)                                                                      \
    X(WSAENETDOWN, 10050)                                                                           \
    X(WSAENETUNREACH, 10051)                                                                        \
    X(WSAENETRESET, 10052)                                                                          \
    X(WSAECONNABORTED, 10053)                                                                       \
    X(WSAECONNRESET, 10054)                                                                         \
    X(WSAENOBUFS, 10055)                                                                            \
    X(WSAEISCONN, 10056)                                                                            \
    X(WSAENOTCONN, 10057)                                                                           \
    X(WSAESHUTDOWN, 10058)                                                                          \
    X(WSAETOOMANYREFS, 10059)                                                                       \
    X(WSAETIMEDOUT, 10060)                                                                          \
    X(WSAECONNREFUSED, 10061)                                                                       \
    X(WSAELOOP, 10062)                                                                              \
    X(WSAENAMETOOLONG, 10063)                                                                       \
    X(WSAEHOSTDOWN, 10064)                                                                          \
    X(WSAEHOSTUNREACH, 10065)                                                                       \
    X(WSAENOTEMPTY, 10066)                                                                          \
    X(WSAEPROCLIM, 10067)                                                                           \
    X(WSAEUSERS, 10068)                                                                             \
    X(WSAEDQUOT, 10069)                                                                             \
    X(WSAESTALE, 10070)                                                                             \
    X(WSAEREMOTE, 10071)                                                                            \
    X(WSASYSNOTREADY, 10091)                                                                        \
    X(WSAVERNOTSUPPORTED, 10092)                                                                    \
    X(WSANOTINITIALISED, 10093)                                                                     \
    X(WSAEDISCON, 10101)                                                                            \
    X(WSAENOMORE, 10102)                                                                            \
    X(WSAECANCELLED, 10103)                                                                         \
    X(WSAEINVALIDPROCTABLE, 10104)                                                                  \
    X(WSAEINVALIDPROVIDER, 10105)                                                                   \
    X(WSAEPROVIDERFAILEDINIT, 10106)                                                                \
    X(WSASYSCALLFAILURE, 10107)                                                                     \
    X(WSASERVICE_NOT_FOUND, 10108)                                                                  \
    X(WSATYPE_NOT_FOUND, 10109)                                                                     \
    X(WSA_E_NO_MORE, 10110)                                                                         \
    X(WSA_E_CANCELLED, 10111)                                                                       \
    X(WSAEREFUSED, 10112)                                                                           \
    X(WSAHOST_NOT_FOUND, 11001)                                                                     \
    X(WSATRY_AGAIN, 11002)                                                                          \
    X(WSANO_RECOVERY, 11003)                                                                        \
    X(WSANO_DATA, 11004)

#ifndef _WIN32
enum {
#define X(name, value) name = value,
    WSAERR_ROWS(X)
#undef X
};
#else
#include <winerror.h>
#ifndef WSA_INVALID_HANDLE /* the six that winsock2.h defines, in its words, since portable files do not include it */
#define WSA_INVALID_HANDLE (ERROR_INVALID_HANDLE)
#define WSA_NOT_ENOUGH_MEMORY (ERROR_NOT_ENOUGH_MEMORY)
#define WSA_INVALID_PARAMETER (ERROR_INVALID_PARAMETER)
#define WSA_OPERATION_ABORTED (ERROR_OPERATION_ABORTED)
#define WSA_IO_INCOMPLETE (ERROR_IO_INCOMPLETE)
#define WSA_IO_PENDING (ERROR_IO_PENDING)
#endif
#endif

/* "WSAECONNRESET" for 10054; NULL for a code that is not a Winsock error. */
const char *wsaerr_name(int err);

#endif
