/* SPDX-License-Identifier: MIT */
/* GetAddressByName and GetService: a lookup over the name-space providers, and its results in the forms of Winsock 1.1. */
#include "ws2_32/compat/rnr1.h"

#include <nspapi.h>
#include <stdlib.h>
#include <string.h>

#include "namespace/kit/pack.h"
#include "ws2_32/names/ns_ansi_pe.h"

enum { USUAL_BYTES = 4096, MOST_BYTES = 1 << 24, MOST_PROTOCOLS = 64, MOST_RESULTS = 4096 };

/* What was found, each result in memory of its own. */
struct results {
    WSAQUERYSETW **list;
    size_t count;
};

struct wanted {
    WSAQUERYSETW query;
    DWORD flags;
    bool all, aliases; /* else it is over with the first result that has addresses, but for its aliases */
};

static void free_results(struct results *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->list[i]);
    free(r->list);
}

static int add_result(struct results *r, WSAQUERYSETW *result)
{
    WSAQUERYSETW **more = realloc(r->list, (r->count + 1) * sizeof *more);

    if (!more) {
        free(result);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    r->list = more;
    r->list[r->count++] = result;
    return 0;
}

static int next_result(HANDLE lookup, WSAQUERYSETW **out)
{
    DWORD bytes = USUAL_BYTES;

    for (;;) {
        DWORD room = bytes;
        WSAQUERYSETW *result = calloc(1, room);
        int err;

        if (!result)
            return WSA_NOT_ENOUGH_MEMORY;
        err = WSALookupServiceNextW(lookup, 0, &bytes, result) ? WSAGetLastError() : 0;
        if (!err) {
            *out = result;
            return 0;
        }
        free(result);
        if (err != WSAEFAULT)
            return err;
        if (bytes <= room || bytes > MOST_BYTES)
            return WSANO_RECOVERY;
    }
}

static int collect(HANDLE lookup, const struct wanted *w, struct results *r)
{
    bool found = false;
    int err = 0;

    while (!err && r->count < MOST_RESULTS) {
        WSAQUERYSETW *result;

        err = next_result(lookup, &result);
        if (err)
            break;
        if (!w->all && found && !(result->dwOutputFlags & RESULT_IS_ALIAS)) {
            free(result);
            return 0;
        }
        found = found || result->dwNumberOfCsAddrs;
        err = add_result(r, result);
        if (found && !w->all && !w->aliases)
            return err;
    }
    return r->count && err != WSA_NOT_ENOUGH_MEMORY ? 0 : err;
}

/* 0 or an ERROR_*; the caller frees *r in any case. */
static DWORD look_up(struct wanted *w, struct results *r)
{
    DWORD code = rnr1_start();
    HANDLE lookup;
    int err;

    *r = (struct results){NULL, 0};
    if (code)
        return code;
    w->query.dwSize = sizeof w->query;
    err = WSALookupServiceBeginW(&w->query, w->flags, &lookup) ? WSAGetLastError() : 0;
    if (!err) {
        err = collect(lookup, w, r);
        WSALookupServiceEnd(lookup);
    }
    rnr1_stop();
    return err ? rnr1_code(err) : 0;
}

/* ---- GetAddressByName ---- */

/* As many as `room` bytes hold; the return is what all take. */
static size_t pack_addresses(const struct results *r, void *buf, size_t room, int *count)
{
    struct packer p = {buf, 0, room};
    CSADDR_INFO *to;

    *count = 0;
    for (size_t i = 0; i < r->count; i++)
        *count += (int)r->list[i]->dwNumberOfCsAddrs;
    to = *count ? packer_take(&p, (size_t)*count, sizeof *to, sizeof(void *)) : NULL;
    for (size_t i = 0; i < r->count; i++) {
        for (DWORD k = 0; k < r->list[i]->dwNumberOfCsAddrs; k++) {
            CSADDR_INFO csa = r->list[i]->lpcsaBuffer[k];
            SOCKET_ADDRESS *address[] = {&csa.LocalAddr, &csa.RemoteAddr};

            for (int n = 0; n < 2; n++)
                if (address[n]->lpSockaddr && address[n]->iSockaddrLength > 0)
                    address[n]->lpSockaddr = packer_copy(&p, address[n]->lpSockaddr, (size_t)address[n]->iSockaddrLength, 1,
                                                         sizeof(void *));
            if (to)
                *to++ = csa;
        }
    }
    return p.used;
}

/* The names one after the other, a NUL at the end: the characters that this takes. */
static size_t put_names(const struct results *r, void *buf, size_t room, packer_text text, size_t char_bytes)
{
    size_t used = 0;

    for (size_t i = 0; i < r->count; i++) {
        const WCHAR *name = r->list[i]->lpszServiceInstanceName;
        size_t chars = name ? text(name, NULL) / char_bytes : 0;

        if (name && used + chars <= room)
            text(name, (char *)buf + used * char_bytes);
        used += chars;
    }
    if (used < room)
        memset((char *)buf + used * char_bytes, 0, char_bytes);
    return used + 1;
}

struct address_call {
    DWORD name_space;
    GUID *type;
    const void *name;
    const INT *protocols; /* a 0 at the end */
    DWORD resolution;
    void *addresses;
    DWORD *address_bytes;
    void *aliases;
    DWORD *alias_chars;
    bool wide;
};

static DWORD put_answer(const struct address_call *c, const struct results *r, int *count)
{
    packer_text text = c->wide ? packer_text_wide : ns_text_ansi;
    size_t bytes = pack_addresses(r, c->addresses, c->addresses ? *c->address_bytes : 0, count), chars;
    DWORD code = 0;

    if (!*count)
        return ERROR_SERVICE_NOT_FOUND;
    if (!c->addresses || bytes > *c->address_bytes)
        code = ERROR_INSUFFICIENT_BUFFER;
    *c->address_bytes = (DWORD)bytes;
    if (c->aliases) {
        chars = put_names(r, c->aliases, *c->alias_chars, text, c->wide ? sizeof(WCHAR) : 1);
        if (chars > *c->alias_chars)
            code = ERROR_INSUFFICIENT_BUFFER;
        *c->alias_chars = (DWORD)chars;
    }
    return code;
}

static int address_by_name(const struct address_call *c, const void *async)
{
    AFPROTOCOLS protocols[MOST_PROTOCOLS];
    struct wanted w = {.flags = LUP_RETURN_ADDR | LUP_RETURN_NAME, .all = c->resolution & RES_FIND_MULTIPLE, .aliases = c->aliases};
    struct results r;
    WCHAR *name = NULL;
    DWORD code;
    int count = 0;

    if (!c->type || async || !c->address_bytes || (c->aliases && !c->alias_chars))
        return rnr1_fail(ERROR_INVALID_PARAMETER, SOCKET_ERROR);
    if (c->resolution & RES_SERVICE)
        w.flags |= LUP_RES_SERVICE; /* where such a service binds: nobody's name */
    else if (!rnr1_text(c->name, c->wide, &name))
        return rnr1_fail(ERROR_NOT_ENOUGH_MEMORY, SOCKET_ERROR);
    if (!(c->resolution & RES_SOFT_SEARCH))
        w.flags |= LUP_DEEP;
    if (c->aliases)
        w.flags |= LUP_RETURN_ALIASES;
    for (int i = 0; c->protocols && c->protocols[i] && i < MOST_PROTOCOLS; i++)
        protocols[w.query.dwNumberOfProtocols++] = (AFPROTOCOLS){AF_UNSPEC, c->protocols[i]};
    w.query.lpafpProtocols = w.query.dwNumberOfProtocols ? protocols : NULL;
    w.query.dwNameSpace = c->name_space;
    w.query.lpServiceClassId = c->type;
    w.query.lpszServiceInstanceName = name;
    code = look_up(&w, &r);
    if (!code)
        code = put_answer(c, &r, &count);
    free_results(&r);
    free(name);
    return code ? rnr1_fail(code, SOCKET_ERROR) : count;
}

INT WINAPI GetAddressByNameA(DWORD name_space, LPGUID type, LPSTR name, LPINT protocols, DWORD resolution,
                             LPSERVICE_ASYNC_INFO async, LPVOID addresses, LPDWORD address_bytes, LPSTR aliases,
                             LPDWORD alias_bytes)
{
    struct address_call c = {name_space, type, name, protocols, resolution, addresses, address_bytes, aliases, alias_bytes, false};

    return address_by_name(&c, async);
}

INT WINAPI GetAddressByNameW(DWORD name_space, LPGUID type, LPWSTR name, LPINT protocols, DWORD resolution,
                             LPSERVICE_ASYNC_INFO async, LPVOID addresses, LPDWORD address_bytes, LPWSTR aliases,
                             LPDWORD alias_chars)
{
    struct address_call c = {name_space, type, name, protocols, resolution, addresses, address_bytes, aliases, alias_chars, true};

    return address_by_name(&c, async);
}

/* ---- GetService ---- */

_Static_assert(sizeof(NS_SERVICE_INFOA) == sizeof(NS_SERVICE_INFOW), "A and W differ in their strings only");

struct form {
    packer_text text;
    size_t align;
};

static WCHAR *put_text(struct packer *p, struct form f, const WCHAR *from)
{
    size_t bytes = from ? f.text(from, NULL) : 0;
    void *to = from ? packer_take(p, 1, bytes, f.align) : NULL;

    if (to)
        f.text(from, to);
    return to;
}

/* Only the remote address of each: where the service is. */
static SERVICE_ADDRESSES *put_service_addresses(struct packer *p, const WSAQUERYSETW *from)
{
    SERVICE_ADDRESSES *to;
    size_t bytes = offsetof(SERVICE_ADDRESSES, Addresses) + from->dwNumberOfCsAddrs * sizeof(SERVICE_ADDRESS);

    if (!from->dwNumberOfCsAddrs)
        return NULL;
    to = packer_take(p, 1, bytes, sizeof(void *));
    if (to)
        to->dwAddressCount = from->dwNumberOfCsAddrs;
    for (DWORD i = 0; i < from->dwNumberOfCsAddrs; i++) {
        const SOCKET_ADDRESS *sa = &from->lpcsaBuffer[i].RemoteAddr;
        DWORD length = sa->lpSockaddr && sa->iSockaddrLength > 0 ? (DWORD)sa->iSockaddrLength : 0;
        BYTE *copy = packer_copy(p, sa->lpSockaddr, length, 1, sizeof(void *));

        if (to)
            to->Addresses[i] = (SERVICE_ADDRESS){length ? sa->lpSockaddr->sa_family : 0, 0, length, 0, copy, NULL};
    }
    return to;
}

static bool is_wanted(DWORD properties, DWORD one)
{
    return properties & (PROP_ALL | one);
}

static size_t pack_services(const struct results *r, DWORD properties, struct form f, void *buf, size_t room)
{
    struct packer p = {buf, 0, room};
    NS_SERVICE_INFOW *to = r->count ? packer_take(&p, r->count, sizeof *to, sizeof(void *)) : NULL;

    for (size_t i = 0; i < r->count; i++) {
        const WSAQUERYSETW *q = r->list[i];
        NS_SERVICE_INFOW n = {.dwNameSpace = q->dwNameSpace};
        SERVICE_INFOW *s = &n.ServiceInfo;

        s->lpServiceType = packer_copy(&p, q->lpServiceClassId, 1, sizeof *q->lpServiceClassId, sizeof(void *));
        s->lpServiceName = put_text(&p, f, q->lpszServiceInstanceName);
        if (is_wanted(properties, PROP_COMMENT))
            s->lpComment = put_text(&p, f, q->lpszComment);
        if (is_wanted(properties, PROP_VERSION) && q->lpVersion)
            s->dwVersion = q->lpVersion->dwVersion;
        if (is_wanted(properties, PROP_ADDRESSES))
            s->lpServiceAddress = put_service_addresses(&p, q);
        if (is_wanted(properties, 0) && q->lpBlob) {
            s->ServiceSpecificInfo.pBlobData = packer_copy(&p, q->lpBlob->pBlobData, q->lpBlob->cbSize, 1, sizeof(void *));
            s->ServiceSpecificInfo.cbSize = q->lpBlob->cbSize;
        }
        if (to)
            to[i] = n;
    }
    return p.used;
}

struct service_call {
    DWORD name_space;
    GUID *type;
    const void *name;
    DWORD properties;
    void *buf;
    DWORD *buf_bytes;
    struct form form;
    bool wide;
};

static int get_service(const struct service_call *c, const void *async)
{
    struct wanted w = {.flags = LUP_DEEP | LUP_RETURN_NAME | LUP_RETURN_TYPE, .all = true};
    struct results r;
    WCHAR *name;
    DWORD code;
    size_t bytes;
    int count;

    if (!c->type || !c->name || async || !c->buf_bytes)
        return rnr1_fail(ERROR_INVALID_PARAMETER, SOCKET_ERROR);
    if (!rnr1_text(c->name, c->wide, &name))
        return rnr1_fail(ERROR_NOT_ENOUGH_MEMORY, SOCKET_ERROR);
    w.flags |= is_wanted(c->properties, PROP_COMMENT) ? LUP_RETURN_COMMENT : 0;
    w.flags |= is_wanted(c->properties, PROP_VERSION) ? LUP_RETURN_VERSION : 0;
    w.flags |= is_wanted(c->properties, PROP_ADDRESSES) ? LUP_RETURN_ADDR : 0;
    w.flags |= is_wanted(c->properties, 0) ? LUP_RETURN_BLOB : 0;
    w.query.dwNameSpace = c->name_space;
    w.query.lpServiceClassId = c->type;
    w.query.lpszServiceInstanceName = name;
    code = look_up(&w, &r);
    count = (int)r.count;
    if (!code && count) {
        bytes = pack_services(&r, c->properties, c->form, c->buf, c->buf ? *c->buf_bytes : 0);
        if (!c->buf || bytes > *c->buf_bytes)
            code = ERROR_INSUFFICIENT_BUFFER;
        *c->buf_bytes = (DWORD)bytes;
    }
    free_results(&r);
    free(name);
    if (code == ERROR_SERVICE_NOT_FOUND || (!code && !count))
        return rnr1_fail(ERROR_SERVICE_NOT_FOUND, 0); /* as documented, not SOCKET_ERROR */
    return code ? rnr1_fail(code, SOCKET_ERROR) : count;
}

INT WINAPI GetServiceA(DWORD name_space, LPGUID type, LPSTR name, DWORD properties, LPVOID buf, LPDWORD buf_bytes,
                       LPSERVICE_ASYNC_INFO async)
{
    struct service_call c = {name_space, type, name, properties, buf, buf_bytes, {ns_text_ansi, 1}, false};

    return get_service(&c, async);
}

INT WINAPI GetServiceW(DWORD name_space, LPGUID type, LPWSTR name, DWORD properties, LPVOID buf, LPDWORD buf_bytes,
                       LPSERVICE_ASYNC_INFO async)
{
    struct service_call c = {name_space, type, name, properties, buf, buf_bytes, {packer_text_wide, sizeof(WCHAR)}, true};

    return get_service(&c, async);
}
