/* SPDX-License-Identifier: MIT */
/*
 * The name-space provider around a source of host names. Begin copies the question, the first Next answers it, later ones
 * give the aliases if they are asked for. End wakes a Next that waits for a slow source; the thread that asks finishes by
 * itself, holding the lookup and this DLL.
 */
#include "namespace/nsp_pe.h"

#include <ws2spi.h>
#include <ws2tcpip.h>

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "namespace/kit/ws2kit_namespace.h"

enum { NAME_BYTES = 1024, RR_A = 1, RR_AAAA = 28 };

enum phase { ASKED, SEARCHING, DONE };

struct lookup_state {
    struct lookup_state *next;
    long refs;           /* the rest is guarded by the lock, but for what Begin set */
    BOOL ended;
    enum phase phase;
    HANDLE wake;         /* an event: done, or ended */
    WSAQUERYSETW *query; /* owned */
    struct nsk_query what;
    char name[NAME_BYTES]; /* UTF-8 */

    int err; /* once DONE */
    struct answer answer;
    BYTE *message; /* owned */
    DWORD message_bytes;
    BYTE *service; /* a servent blob, owned */
    DWORD service_bytes;
    size_t at;     /* 0: the host itself, n: its n-th alias */
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct lookup_state *lookups; /* guarded by lock */
static long startups, threads;       /* guarded by lock */

static void unref(struct lookup_state *l)
{
    long left;

    AcquireSRWLockExclusive(&lock);
    left = --l->refs;
    ReleaseSRWLockExclusive(&lock);
    if (left)
        return;
    answer_free(&l->answer);
    if (l->wake)
        CloseHandle(l->wake);
    free(l->message);
    free(l->service);
    free(l->query);
    free(l);
}

/* ---- begin ---- */

static BOOL narrow(const WCHAR *from, char to[NAME_BYTES])
{
    to[0] = 0;
    return !from || WideCharToMultiByte(CP_UTF8, 0, from, -1, to, NAME_BYTES, NULL, NULL) > 0;
}

static BOOL is_of_dns(const struct nsk_query *what)
{
    return what->class == NSK_CLASS_TCP && what->port == 53 && what->rr;
}

/* 0 if that is a question for us. */
static int check(struct lookup_state *l)
{
    if (!narrow(l->what.name, l->name))
        return WSASERVICE_NOT_FOUND; /* too long to be anything's name */
    switch (l->what.class) {
    case NSK_CLASS_HOSTNAME:
        return nsp_source.machine ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_SERVICE:
        return nsp_source.machine && l->name[0] ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_HOST_BY_NAME:
        return l->name[0] || nsp_source.machine ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_HOST_BY_ADDR:
        return l->name[0] ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_TCP:
    case NSK_CLASS_UDP:
        if (is_of_dns(&l->what) && !nsp_source.records && l->what.rr != RR_A && l->what.rr != RR_AAAA)
            return WSASERVICE_NOT_FOUND;
        return l->name[0] || (nsp_source.machine && !is_of_dns(&l->what)) ? 0 : WSASERVICE_NOT_FOUND;
    default:
        return WSASERVICE_NOT_FOUND;
    }
}

static INT WSAAPI begin(LPGUID id, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW info, DWORD flags, LPHANDLE handle)
{
    struct lookup_state *l;
    int err = WSA_NOT_ENOUGH_MEMORY;

    (void)id, (void)info;
    if (flags & LUP_CONTAINERS)
        return nsk_result(WSANO_DATA);
    l = calloc(1, sizeof *l);
    if (!l)
        return nsk_result(WSA_NOT_ENOUGH_MEMORY);
    l->refs = 1;
    l->query = nsk_copy(restrictions);
    if (l->query)
        err = nsk_parse(l->query, flags, &l->what);
    if (!err)
        err = check(l);
    if (!err && nsp_source.slow) {
        l->wake = CreateEventW(NULL, TRUE, FALSE, NULL);
        err = l->wake ? 0 : WSA_NOT_ENOUGH_MEMORY;
    }
    if (err) {
        unref(l);
        return nsk_result(err);
    }
    AcquireSRWLockExclusive(&lock);
    l->next = lookups;
    lookups = l;
    ReleaseSRWLockExclusive(&lock);
    *handle = l;
    return NO_ERROR;
}

/* ---- searching ---- */

/* Where a service without a name is to be bound: any address. */
static int any_address(struct lookup_state *l)
{
    static const struct name_addr any[] = {{ADDR_INET6, {0}, 0}, {ADDR_INET, {0}, 0}};
    int err = answer_add_addr(&l->answer, &any[0]);

    return err ? err : answer_add_addr(&l->answer, &any[1]);
}

static int find_host(struct lookup_state *l)
{
    struct name_addr addr;
    struct lookup q = {.name = l->name[0] ? l->name : nsp_source.machine()};

    if (l->what.class == NSK_CLASS_HOST_BY_ADDR) {
        if (!name_addr_parse(span_of(l->name), &addr))
            return WSASERVICE_NOT_FOUND;
        q.name = NULL;
        q.addr = &addr;
    }
    if (!l->name[0] && l->what.class != NSK_CLASS_HOST_BY_NAME && l->what.flags & LUP_RES_SERVICE)
        return any_address(l);
    if (is_of_dns(&l->what))
        q.family = l->what.rr == RR_A ? ADDR_INET : ADDR_INET6;
    return nsp_source.find(&q, &l->answer);
}

/* "ftp/tcp", "21/tcp", "ftp": the system's own database. */
static int find_service(struct lookup_state *l)
{
    char text[NAME_BYTES], *protocol, *end;
    unsigned long port;
    struct servent *s;
    struct nsk_service service;

    strcpy(text, l->name);
    protocol = strchr(text, '/');
    if (protocol)
        *protocol++ = 0;
    if (protocol && !*protocol)
        protocol = NULL;
    port = strtoul(text, &end, 10);
    s = *text && !*end ? getservbyport(htons((u_short)port), protocol) : getservbyname(text, protocol);
    if (!s)
        return WSASERVICE_NOT_FOUND;
    service = (struct nsk_service){s->s_name, (const char *const *)s->s_aliases, (WORD)s->s_port, s->s_proto};
    l->service_bytes = (DWORD)nsk_service_blob(&service, NULL, 0);
    l->service = malloc(l->service_bytes);
    if (!l->service)
        return WSA_NOT_ENOUGH_MEMORY;
    nsk_service_blob(&service, l->service, l->service_bytes);
    return answer_set_canon(&l->answer, span_of(s->s_name));
}

static int search_for(struct lookup_state *l)
{
    int err = 0;

    switch (l->what.class) {
    case NSK_CLASS_HOSTNAME:
        return answer_set_canon(&l->answer, span_of(nsp_source.machine()));
    case NSK_CLASS_SERVICE:
        return find_service(l);
    default:
        break;
    }
    if (is_of_dns(&l->what) && nsp_source.records)
        err = nsp_source.records(l->name, l->what.rr, &l->message, &l->message_bytes);
    if (!err && (!is_of_dns(&l->what) || l->what.rr == RR_A || l->what.rr == RR_AAAA))
        err = find_host(l);
    return err == WSAHOST_NOT_FOUND ? WSASERVICE_NOT_FOUND : err;
}

static void search(struct lookup_state *l)
{
    int err = search_for(l);

    AcquireSRWLockExclusive(&lock);
    l->err = err;
    l->phase = DONE;
    ReleaseSRWLockExclusive(&lock);
    if (l->wake)
        SetEvent(l->wake);
}

static DWORD WINAPI search_thread(void *arg)
{
    struct lookup_state *l = arg;
    HMODULE self;

    search(l);
    unref(l);
    AcquireSRWLockExclusive(&lock);
    threads--;
    ReleaseSRWLockExclusive(&lock);
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCWSTR)(void *)search_thread, &self);
    FreeLibraryAndExitThread(self, 0); /* what start_thread() took */
}

static BOOL start_thread(struct lookup_state *l)
{
    HMODULE self;
    HANDLE thread;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)search_thread, &self))
        return FALSE;
    AcquireSRWLockExclusive(&lock);
    l->refs++;
    threads++;
    ReleaseSRWLockExclusive(&lock);
    thread = CreateThread(NULL, 0, search_thread, l, 0, NULL);
    if (thread) {
        CloseHandle(thread);
        return TRUE;
    }
    AcquireSRWLockExclusive(&lock);
    threads--;
    ReleaseSRWLockExclusive(&lock);
    unref(l);
    FreeLibrary(self);
    return FALSE;
}

/* Until the answer is there: 0, or what became of it. */
static int await(struct lookup_state *l)
{
    BOOL mine;
    int err;

    AcquireSRWLockExclusive(&lock);
    mine = l->phase == ASKED;
    if (mine)
        l->phase = SEARCHING;
    ReleaseSRWLockExclusive(&lock);
    if (mine && (!nsp_source.slow || !start_thread(l)))
        search(l);
    if (l->wake)
        WaitForSingleObject(l->wake, INFINITE);
    AcquireSRWLockShared(&lock);
    err = l->ended ? WSA_E_CANCELLED : l->err;
    ReleaseSRWLockShared(&lock);
    return err;
}

/* ---- answering ---- */

union address {
    SOCKADDR_STORAGE any;
    SOCKADDR_IN in;
    SOCKADDR_IN6 in6;
};

/* One result in the making; its pieces point to each other until it is packed. */
struct result {
    WSAQUERYSETW query;
    WCHAR name[NAME_BYTES];
    BLOB blob;
    BYTE *blob_bytes;       /* owned */
    CSADDR_INFO *csa;       /* owned */
    union address *address; /* owned: remote and local for each */
};

static int socket_protocol(const struct lookup_state *l, int family)
{
    if (l->what.class != NSK_CLASS_UDP && nsk_protocol_wanted(l->query, family, IPPROTO_TCP))
        return IPPROTO_TCP;
    if ((l->what.class != NSK_CLASS_TCP || is_of_dns(&l->what)) && nsk_protocol_wanted(l->query, family, IPPROTO_UDP))
        return IPPROTO_UDP;
    return 0;
}

static INT fill_address(const struct name_addr *from, WORD port, union address *to)
{
    if (from->family == ADDR_INET) {
        to->in.sin_family = AF_INET;
        to->in.sin_port = htons(port);
        memcpy(&to->in.sin_addr, from->ip, 4);
        return sizeof to->in;
    }
    to->in6.sin6_family = AF_INET6;
    to->in6.sin6_port = htons(port);
    to->in6.sin6_scope_id = from->scope;
    memcpy(&to->in6.sin6_addr, from->ip, 16);
    return sizeof to->in6;
}

static int put_addresses(const struct lookup_state *l, struct result *r)
{
    const struct answer *a = &l->answer;
    WORD port = is_of_dns(&l->what) ? 0 : l->what.port;

    if (!a->addr_count)
        return 0;
    r->csa = calloc(a->addr_count, sizeof *r->csa);
    r->address = calloc(2 * a->addr_count, sizeof *r->address);
    if (!r->csa || !r->address)
        return WSA_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < a->addr_count; i++) {
        int family = a->addr[i].family == ADDR_INET ? AF_INET : AF_INET6, protocol = socket_protocol(l, family);
        CSADDR_INFO *csa = &r->csa[r->query.dwNumberOfCsAddrs];
        SOCKET_ADDRESS remote = {(SOCKADDR *)&r->address[2 * i], 0}, local = {(SOCKADDR *)&r->address[2 * i + 1], 0};

        if (!protocol)
            continue;
        remote.iSockaddrLength = local.iSockaddrLength = fill_address(&a->addr[i], port, &r->address[2 * i]);
        local.lpSockaddr->sa_family = (u_short)family;
        csa->RemoteAddr = l->what.flags & LUP_RES_SERVICE ? local : remote;
        csa->LocalAddr = l->what.flags & LUP_RES_SERVICE ? remote : local;
        csa->iProtocol = protocol;
        csa->iSocketType = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
        r->query.dwNumberOfCsAddrs++;
    }
    r->query.lpcsaBuffer = r->csa;
    return r->query.dwNumberOfCsAddrs || !l->query->dwNumberOfProtocols ? 0 : WSANO_DATA;
}

/* A hostent has addresses of one family: IPv4, unless only others are wanted. */
static int put_host_blob(const struct lookup_state *l, struct result *r)
{
    const struct answer *a = &l->answer;
    BOOL in6 = !socket_protocol(l, AF_INET) && socket_protocol(l, AF_INET6);
    const char **alias = calloc(a->alias_count + 1, sizeof *alias);
    const void **addr = calloc(a->addr_count + 1, sizeof *addr);
    struct nsk_host host = {a->canon ? a->canon : l->name, alias, in6 ? AF_INET6 : AF_INET, in6 ? 16 : 4, addr};
    size_t count = 0;

    for (size_t i = 0; alias && addr && i < a->alias_count; i++)
        alias[i] = a->alias[i];
    for (size_t i = 0; alias && addr && i < a->addr_count; i++)
        if (a->addr[i].family == (in6 ? ADDR_INET6 : ADDR_INET))
            addr[count++] = a->addr[i].ip;
    if (alias && addr && count) {
        r->blob.cbSize = (DWORD)nsk_host_blob(&host, NULL, 0);
        r->blob_bytes = malloc(r->blob.cbSize);
        if (r->blob_bytes)
            nsk_host_blob(&host, r->blob_bytes, r->blob.cbSize);
    }
    free(alias);
    free(addr);
    return count && !r->blob_bytes ? WSA_NOT_ENOUGH_MEMORY : 0;
}

static int put_blob(const struct lookup_state *l, struct result *r)
{
    const BYTE *bytes = l->message ? l->message : l->service;
    int err = 0;

    if (bytes) {
        r->blob.cbSize = l->message ? l->message_bytes : l->service_bytes;
        r->blob.pBlobData = (BYTE *)bytes;
    } else if (l->answer.addr_count) {
        err = put_host_blob(l, r);
        r->blob.pBlobData = r->blob_bytes;
    }
    r->query.lpBlob = r->blob.pBlobData ? &r->blob : NULL;
    return err;
}

static void free_result(struct result *r)
{
    free(r->blob_bytes);
    free(r->csa);
    free(r->address);
    free(r);
}

static size_t results(const struct lookup_state *l)
{
    return l->what.flags & LUP_RETURN_ALIASES ? 1 + l->answer.alias_count : 1;
}

static int pack(const struct lookup_state *l, DWORD *bytes, void *buf)
{
    struct result *r = calloc(1, sizeof *r);
    const char *name = l->at ? l->answer.alias[l->at - 1] : l->answer.canon ? l->answer.canon : l->name;
    int err = 0;

    if (!r)
        return WSA_NOT_ENOUGH_MEMORY;
    if (MultiByteToWideChar(CP_UTF8, 0, name, -1, r->name, NAME_BYTES))
        r->query.lpszServiceInstanceName = r->name;
    r->query.lpServiceClassId = l->query->lpServiceClassId;
    r->query.dwNameSpace = NS_DNS;
    if (l->at) {
        r->query.dwOutputFlags = RESULT_IS_ALIAS;
    } else {
        err = put_addresses(l, r);
        if (!err)
            err = put_blob(l, r);
    }
    if (!err) {
        nsk_keep_wanted(&r->query, l->what.flags);
        err = nsk_pack(&r->query, buf, bytes);
    }
    free_result(r);
    return err;
}

static struct lookup_state **find(HANDLE handle)
{
    struct lookup_state **at;

    for (at = &lookups; *at && *at != handle; at = &(*at)->next)
        ;
    return at;
}

static INT WSAAPI next(HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSETW result)
{
    struct lookup_state *l;
    int err;

    AcquireSRWLockExclusive(&lock);
    l = *find(handle);
    if (l)
        l->refs++;
    ReleaseSRWLockExclusive(&lock);
    if (!l)
        return nsk_result(WSA_INVALID_HANDLE);
    err = await(l);
    if (!err && flags & LUP_FLUSHPREVIOUS && l->at < results(l))
        l->at++;
    if (!err)
        err = l->at < results(l) ? pack(l, bytes, result) : WSA_E_NO_MORE;
    if (!err)
        l->at++; /* ws2_32 asks a provider for one result at a time */
    unref(l);
    return nsk_result(err);
}

static INT WSAAPI end(HANDLE handle)
{
    struct lookup_state **at, *l;

    AcquireSRWLockExclusive(&lock);
    at = find(handle);
    l = *at;
    if (l) {
        *at = l->next;
        l->ended = TRUE;
    }
    ReleaseSRWLockExclusive(&lock);
    if (!l)
        return nsk_result(WSA_INVALID_HANDLE);
    if (l->wake)
        SetEvent(l->wake);
    unref(l);
    return NO_ERROR;
}

/* ---- nothing can be registered here ---- */

static INT WSAAPI set_service(LPGUID id, LPWSASERVICECLASSINFOW info, LPWSAQUERYSETW query, WSAESETSERVICEOP op, DWORD flags)
{
    (void)id, (void)info, (void)query, (void)op, (void)flags;
    return nsk_result(WSAEOPNOTSUPP);
}

static INT WSAAPI install_class(LPGUID id, LPWSASERVICECLASSINFOW info)
{
    (void)id, (void)info;
    return nsk_result(WSAEOPNOTSUPP);
}

static INT WSAAPI remove_class(LPGUID id, LPGUID class_id)
{
    (void)id, (void)class_id;
    return nsk_result(WSATYPE_NOT_FOUND);
}

static INT WSAAPI get_class(LPGUID id, LPDWORD bytes, LPWSASERVICECLASSINFOW info)
{
    (void)id, (void)bytes, (void)info;
    return nsk_result(WSATYPE_NOT_FOUND);
}

static INT WSAAPI cleanup(LPGUID id)
{
    BOOL last;

    (void)id;
    AcquireSRWLockExclusive(&lock);
    last = startups && !--startups && !threads; /* a thread that is still asking needs what it asks with */
    ReleaseSRWLockExclusive(&lock);
    if (last)
        nsp_source.cleanup();
    return NO_ERROR;
}

INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routine)
{
    const NSP_ROUTINE ours = {offsetof(NSP_ROUTINE, NSPIoctl), 1, 0, cleanup, begin, next, end, set_service, install_class,
                              remove_class, get_class, NULL};

    (void)id;
    AcquireSRWLockExclusive(&lock);
    startups++;
    ReleaseSRWLockExclusive(&lock);
    *routine = ours;
    return NO_ERROR;
}
