/* SPDX-License-Identifier: MIT */
#include "providers/trace/trace.h"

#include <mswsock.h>
#include <string.h>

enum { MOST_BUFFERS = 1024, MOST_HANDLES = 16, MOST_DATA = 256, MOST_TEXT = 256 };

/*
 * Copies from the program's memory. IsBadReadPtr is right here, for once: what is unreadable is not our mistake to find. It
 * cannot help a program that frees memory under a call still going on.
 */
static BOOL fetch(struct call *c, void *to, const void *from, size_t bytes)
{
    if (!c->on || !from || IsBadReadPtr(from, bytes))
        return FALSE;
    memcpy(to, from, bytes);
    return TRUE;
}

static void bad_pointer(struct call *c, const char *key)
{
    format_word(&c->line, key, "bad pointer");
}

/* ---- plain values ---- */

void arg_number(struct call *c, const char *key, LONGLONG value)
{
    if (c->on)
        format_number(&c->line, key, value);
}

void arg_hex(struct call *c, const char *key, ULONG_PTR value)
{
    if (c->on)
        format_hex(&c->line, key, value);
}

void arg_name(struct call *c, const char *key, DWORD value, const struct format_name *table)
{
    if (c->on)
        format_name(&c->line, key, value, table);
}

void arg_flags(struct call *c, const char *key, DWORD value, const struct format_name *table)
{
    if (c->on)
        format_flags(&c->line, key, value, table);
}

void arg_socket(struct call *c, SOCKET s)
{
    arg_hex(c, "s", s);
}

void arg_triple(struct call *c, int family, int type, int protocol)
{
    if (!c->on)
        return;
    format_name(&c->line, "af", family, format_families);
    format_name(&c->line, "type", type, format_types);
    format_protocol(&c->line, "protocol", family, protocol);
}

void arg_option(struct call *c, int level, int option)
{
    if (c->on)
        format_option(&c->line, level, option);
}

void arg_overlapped(struct call *c, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (ov)
        arg_hex(c, "overlapped", (ULONG_PTR)ov);
    if (routine)
        arg_hex(c, "routine", (ULONG_PTR)routine);
}

void arg_timeout(struct call *c, const struct timeval *timeout)
{
    struct timeval t;

    if (fetch(c, &t, timeout, sizeof t))
        format_number(&c->line, "timeout_us", (LONGLONG)t.tv_sec * 1000000 + t.tv_usec);
}

void arg_info(struct call *c, const WSAPROTOCOL_INFOW *info)
{
    DWORD id;

    if (fetch(c, &id, &info->dwCatalogEntryId, sizeof id))
        format_number(&c->line, "entry", id);
}

/* ---- values behind pointers ---- */

void out_number(struct call *c, const char *key, const void *dword)
{
    LONG value;

    if (fetch(c, &value, dword, sizeof value))
        format_number(&c->line, key, value);
}

void out_flags(struct call *c, const char *key, const DWORD *flags, const struct format_name *table)
{
    DWORD value;

    if (fetch(c, &value, flags, sizeof value))
        format_flags(&c->line, key, value, table);
}

void arg_address(struct call *c, const char *key, const struct sockaddr *addr, int bytes)
{
    char copy[sizeof(SOCKADDR_STORAGE)];
    size_t n = bytes < 0 ? 0 : min((size_t)bytes, sizeof copy);

    if (!c->on || !addr)
        return;
    if (fetch(c, copy, addr, n))
        format_address(&c->line, key, copy, n);
    else
        bad_pointer(c, key);
}

void out_address(struct call *c, const char *key, const struct sockaddr *addr, const int *bytes)
{
    int n;

    if (fetch(c, &n, bytes, sizeof n))
        arg_address(c, key, addr, n);
}

void arg_wide(struct call *c, const char *key, LPCWSTR text)
{
    WCHAR wide[MOST_TEXT + 1];
    char utf8[3 * MOST_TEXT + 1];
    int n = 0;

    if (!c->on || !text)
        return;
    while (n < MOST_TEXT && fetch(c, &wide[n], &text[n], sizeof *text) && wide[n])
        n++;
    n = WideCharToMultiByte(CP_UTF8, 0, wide, n, utf8, sizeof utf8 - 1, NULL, NULL);
    utf8[n] = 0;
    format_text(&c->line, key, utf8);
}

/* ---- data ---- */

void arg_buffers(struct call *c, const WSABUF *buffer, DWORD count)
{
    ULONGLONG bytes = 0;
    WSABUF b;

    if (!c->on)
        return;
    format_number(&c->line, "buffers", count);
    for (DWORD i = 0; i < min(count, (DWORD)MOST_BUFFERS); i++) {
        if (!fetch(c, &b, &buffer[i], sizeof b)) {
            bad_pointer(c, "bytes");
            return;
        }
        bytes += b.len;
    }
    format_number(&c->line, "bytes", (LONGLONG)bytes);
}

void out_data(struct call *c, const WSABUF *buffer, DWORD count, const DWORD *bytes)
{
    char data[MOST_DATA];
    DWORD wanted = min(log_hex, (unsigned)MOST_DATA), limit = 0, used = 0;
    WSABUF b;

    if (!wanted || (bytes && !fetch(c, &limit, bytes, sizeof limit)))
        return;
    if (bytes)
        wanted = min(wanted, limit);
    for (DWORD i = 0; i < count && used < wanted && fetch(c, &b, &buffer[i], sizeof b); i++) {
        DWORD n = min(b.len, wanted - used);

        if (!fetch(c, data + used, b.buf, n))
            break;
        used += n;
    }
    if (used)
        format_data(&c->line, "data", data, used);
}

void arg_message(struct call *c, const WSAMSG *message)
{
    WSAMSG m;

    if (!fetch(c, &m, message, sizeof m))
        return;
    arg_address(c, "name", m.name, m.namelen);
    arg_buffers(c, m.lpBuffers, m.dwBufferCount);
    format_number(&c->line, "control_bytes", m.Control.len);
}

/* ---- sets ---- */

void arg_handles(struct call *c, const char *key, const fd_set *set)
{
    struct format_handle shown[MOST_HANDLES] = { 0 };
    u_int count, n = 0;
    SOCKET s;

    if (!c->on || !set)
        return;
    if (!fetch(c, &count, &set->fd_count, sizeof count)) {
        bad_pointer(c, key);
        return;
    }
    while (n < min(count, (u_int)MOST_HANDLES) && fetch(c, &s, &set->fd_array[n], sizeof s))
        shown[n++].handle = s;
    format_handles(&c->line, key, shown, n, count, NULL);
}

/* The WSAPOLLDATA of SIO_EXT_POLL, which is how WSAPoll reaches a provider: events asked for, or those that hold. */
static void poll_set(struct call *c, const char *key, const WSAPOLLDATA *poll, BOOL returned)
{
    struct format_handle shown[MOST_HANDLES] = { 0 };
    WSAPOLLDATA head;
    WSAPOLLFD fd;
    ULONG n = 0;

    if (!fetch(c, &head, poll, offsetof(WSAPOLLDATA, fdArray)))
        return;
    while (n < min(head.fds, (ULONG)MOST_HANDLES) && fetch(c, &fd, &poll->fdArray[n], sizeof fd)) {
        shown[n].handle = fd.fd;
        shown[n++].events = (USHORT)(returned ? fd.revents : fd.events);
    }
    if (returned)
        format_number(&c->line, "ready", head.result);
    format_handles(&c->line, key, shown, n, head.fds, format_poll_events);
    if (!returned)
        format_number(&c->line, "timeout_ms", head.timeout);
}

void out_events(struct call *c, const WSANETWORKEVENTS *events)
{
    WSANETWORKEVENTS e;

    if (!fetch(c, &e, events, sizeof e))
        return;
    format_flags(&c->line, "events", e.lNetworkEvents, format_events);
    for (int i = 0; i < FD_MAX_EVENTS; i++)
        if (e.lNetworkEvents & 1 << i && e.iErrorCode[i])
            format_number(&c->line, format_events[i].name, e.iErrorCode[i]);
}

/* ---- options and ioctls ---- */

void arg_value(struct call *c, int level, int option, const char *value, int bytes)
{
    WSAPROTOCOL_INFOW info;
    struct linger linger;
    SOCKET s;
    LONG number;

    if (!c->on || !value)
        return;
    if (level == SOL_SOCKET && option == SO_LINGER && bytes >= (int)sizeof linger &&
        fetch(c, &linger, value, sizeof linger)) {
        format_number(&c->line, "on", linger.l_onoff);
        format_number(&c->line, "seconds", linger.l_linger);
    } else if (level == SOL_SOCKET && option == SO_UPDATE_ACCEPT_CONTEXT &&
               bytes == sizeof s && fetch(c, &s, value, sizeof s)) {
        format_hex(&c->line, "listener", s);
    } else if (level == SOL_SOCKET &&
               (option == SO_PROTOCOL_INFOA || option == SO_PROTOCOL_INFOW) &&
               fetch(c, &info, value, offsetof(WSAPROTOCOL_INFOW, szProtocol))) {
        format_number(&c->line, "entry", info.dwCatalogEntryId);
    } else if (bytes == sizeof number && fetch(c, &number, value, sizeof number)) {
        format_number(&c->line, "value", number);
    } else {
        format_number(&c->line, "bytes", bytes);
    }
}

void out_value(struct call *c, int level, int option, const char *value, const int *bytes)
{
    int n;

    if (fetch(c, &n, bytes, sizeof n))
        arg_value(c, level, option, value, n);
}

void arg_ioctl_in(struct call *c, DWORD code, const void *in, DWORD bytes)
{
    uint8_t guid[16];

    arg_name(c, "code", code, format_ioctls);
    if (!in)
        return;
    if (code == SIO_GET_EXTENSION_FUNCTION_POINTER && bytes >= sizeof guid &&
        fetch(c, guid, in, sizeof guid))
        format_extension(&c->line, "function", guid);
    else if (code == SIO_EXT_POLL && bytes >= sizeof(WSAPOLLDATA))
        poll_set(c, "fds", in, FALSE);
    else if ((DWORD)code == (DWORD)FIONBIO)
        out_number(c, "value", in);
    else
        arg_number(c, "in_bytes", bytes);
}

void arg_ioctl_out(struct call *c, DWORD code, const void *out, DWORD bytes, const DWORD *returned)
{
    SOCKET s;

    switch (code) {
    case SIO_BASE_HANDLE:
    case SIO_BSP_HANDLE:
    case SIO_BSP_HANDLE_SELECT:
    case SIO_BSP_HANDLE_POLL:
    case SIO_QUERY_TARGET_PNP_HANDLE:
        if (bytes >= sizeof s && fetch(c, &s, out, sizeof s))
            format_hex(&c->line, "handle", s);
        break;
    case FIONREAD:
    case SIOCATMARK:
        if (bytes >= sizeof(u_long))
            out_number(c, "value", out);
        break;
    case SIO_EXT_POLL:
        if (bytes >= sizeof(WSAPOLLDATA))
            poll_set(c, "fds", out, TRUE);
        break;
    default:
        out_number(c, "out_bytes", returned);
    }
}
