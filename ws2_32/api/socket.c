/* SPDX-License-Identifier: MIT */
/*
 * Making and ending sockets. The catalog decides which provider makes one: the first entry that matches family, type and
 * protocol. If that provider fails, the call fails; going on to the next entry would silently pass by a layer that is there
 * for security (spi.md 3.1).
 */
#include <string.h>

#include "ws2_32/api/info.h"
#include "ws2_32/core/bypass.h"
#include "ws2_32/core/call.h"
#include "ws2_32/core/snapshot.h"

/* The catalog entry for the request, and the info that the provider gets with it. */
static int choose(const struct catalog *cat, int family, int type, int protocol,
                  const WSAPROTOCOL_INFOW *asked, const struct catalog_entry **entry,
                  WSAPROTOCOL_INFOW *info)
{
    struct catalog_info key;
    int err;

    if (asked) {
        memcpy(&key, asked, sizeof key);
        err = catalog_select_info(cat, &key, entry);
        if (err)
            return err;
        /*
         * The caller's own info goes to the provider: dwProviderReserved may be a duplicate's token. Only the id may be that
         * of another catalog (the other bitness, an older state), and the provider registers its handle by it.
         */
        *info = *asked;
        info->dwCatalogEntryId = (*entry)->info.id;
        return 0;
    }
    err = catalog_select(cat, family, type, protocol, entry);
    if (err)
        return err;
    memcpy(info, &(*entry)->info, sizeof *info);
    info->dwProviderReserved = 0;
    return 0;
}

/* A layer was left out: its info is another's, with the token of a duplicate if there was one. */
static void take_instead(const struct catalog_entry *entry, WSAPROTOCOL_INFOW *info)
{
    DWORD reserved = info->dwProviderReserved;

    memcpy(info, &entry->info, sizeof *info);
    info->dwProviderReserved = reserved;
}

/* A provider registers its handle before it returns; one that forgot gets it registered for it. */
static int see_to_registration(SOCKET s, struct provider *p, const struct catalog_entry *entry)
{
    return sockets_find(s) ? 0 : sockets_own(s, p, entry->info.id, TRUE);
}

static int make(struct call *c, int family, int type, int protocol, const WSAPROTOCOL_INFOW *asked,
                GROUP group, DWORD flags, SOCKET *s)
{
    const struct catalog_entry *entry, *chosen;
    struct snapshot *snap;
    struct provider *p;
    WSAPROTOCOL_INFOW info;
    DWORD outer_flags = c->thread->socket_flags;
    int err;

    err = snapshot_get(&snap);
    if (err)
        return err;
    err = choose(&snap->cat, family, type, protocol, asked, &entry, &info);
    if (err)
        goto put;
    chosen = entry;
    err = provider_start_any(&snap->cat, &entry, &p);
    if (err)
        goto put;
    if (entry != chosen)
        take_instead(entry, &info);

    c->thread->current = p;
    c->thread->socket_flags = flags;
    *s = p->proc.lpWSPSocket(family, type, protocol, &info, group, flags, &c->err);
    c->thread->socket_flags = outer_flags;
    if (*s == INVALID_SOCKET)
        err = c->err ? c->err : WSASYSCALLFAILURE;
    else
        err = see_to_registration(*s, p, entry);
put:
    snapshot_put(snap);
    return err;
}

static SOCKET open_socket(int family, int type, int protocol, const WSAPROTOCOL_INFOW *info,
                          GROUP group, DWORD flags)
{
    SOCKET s = INVALID_SOCKET;
    struct call c;
    int err = call_enter(&c);

    if (!err) {
        err = make(&c, family, type, protocol, info, group, flags, &s);
        call_leave(&c);
    }
    SetLastError(err);
    return err ? INVALID_SOCKET : s;
}

SOCKET WSAAPI WSASocketW(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group,
                         DWORD flags)
{
    if (info && IsBadReadPtr(info, sizeof *info)) {
        api_fail(WSAEFAULT);
        return INVALID_SOCKET;
    }
    return open_socket(family, type, protocol, info, group, flags);
}

SOCKET WSAAPI WSASocketA(int family, int type, int protocol, LPWSAPROTOCOL_INFOA info, GROUP group,
                         DWORD flags)
{
    WSAPROTOCOL_INFOW wide;

    if (!info)
        return open_socket(family, type, protocol, NULL, group, flags);
    if (IsBadReadPtr(info, sizeof *info)) {
        api_fail(WSAEFAULT);
        return INVALID_SOCKET;
    }
    info_to_w(info, &wide);
    return open_socket(family, type, protocol, &wide, group, flags);
}

/* socket() makes overlapped sockets, unless SO_OPENTYPE said otherwise on this thread. */
SOCKET WSAAPI socket(int family, int type, int protocol)
{
    struct thread *t = thread_get();
    DWORD flags = t && t->open_type ? 0 : WSA_FLAG_OVERLAPPED;

    return open_socket(family, type, protocol, NULL, 0, flags);
}

int WSAAPI closesocket(SOCKET s)
{
    struct socket_entry *e;
    struct call c;
    int result;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    e = sockets_close_begin(s);
    if (!e) {
        c.err = WSAENOTSOCK;
        return call_end(&c, SOCKET_ERROR);
    }
    result = c.proc->lpWSPCloseSocket(s, &c.err);
    sockets_close_end(e, result != SOCKET_ERROR); /* WSAEWOULDBLOCK: it is still a socket */
    return call_end(&c, result);
}

int WSAAPI shutdown(SOCKET s, int how)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPShutdown(s, how, &c.err));
}

int WSAAPI WSASendDisconnect(SOCKET s, LPWSABUF data)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPSendDisconnect(s, data, &c.err));
}

int WSAAPI WSARecvDisconnect(SOCKET s, LPWSABUF data)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPRecvDisconnect(s, data, &c.err));
}
