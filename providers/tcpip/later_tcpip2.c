/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

/* Until the second half of the provider lands: each of these moves out of here into a file of its own. */

INT WSPAPI WSPAddressToString(LPSOCKADDR addr, DWORD addr_bytes, LPWSAPROTOCOL_INFOW info,
                              LPWSTR text, LPDWORD text_chars, LPINT lp_errno)
{
    (void)addr;
    (void)addr_bytes;
    (void)info;
    (void)text;
    (void)text_chars;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPAsyncSelect(SOCKET s, HWND window, unsigned int message, LONG events, LPINT lp_errno)
{
    (void)s;
    (void)window;
    (void)message;
    (void)events;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPDuplicateSocket(SOCKET s, DWORD process_id, LPWSAPROTOCOL_INFOW info,
                              LPINT lp_errno)
{
    (void)s;
    (void)process_id;
    (void)info;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPEnumNetworkEvents(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS events,
                                LPINT lp_errno)
{
    (void)s;
    (void)event;
    (void)events;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPEventSelect(SOCKET s, WSAEVENT event, LONG events, LPINT lp_errno)
{
    (void)s;
    (void)event;
    (void)events;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPGetSockOpt(SOCKET s, int level, int optname, char *optval, LPINT optlen,
                         LPINT lp_errno)
{
    (void)s;
    (void)level;
    (void)optname;
    (void)optval;
    (void)optlen;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

BOOL WSPAPI WSPGetQOSByName(SOCKET s, LPWSABUF name, LPQOS qos, LPINT lp_errno)
{
    (void)s;
    (void)name;
    (void)qos;
    spi_fail(lp_errno, WSAEOPNOTSUPP);
    return FALSE;
}

int WSPAPI WSPIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                    LPDWORD returned, LPWSAOVERLAPPED ov,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                    LPINT lp_errno)
{
    (void)s;
    (void)code;
    (void)in;
    (void)in_bytes;
    (void)out;
    (void)out_bytes;
    (void)returned;
    (void)ov;
    (void)routine;
    (void)thread;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPSetSockOpt(SOCKET s, int level, int optname, const char *optval, int optlen,
                         LPINT lp_errno)
{
    (void)s;
    (void)level;
    (void)optname;
    (void)optval;
    (void)optlen;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

INT WSPAPI WSPStringToAddress(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW info, LPSOCKADDR addr,
                              LPINT addr_bytes, LPINT lp_errno)
{
    (void)text;
    (void)family;
    (void)info;
    (void)addr;
    (void)addr_bytes;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int duplicate_adopt(const WSAPROTOCOL_INFOW *info, HANDLE *handle)
{
    (void)info;
    *handle = NULL;
    return 0;
}

void sock_option_clear(struct sock *k)
{
    (void)k;
}
