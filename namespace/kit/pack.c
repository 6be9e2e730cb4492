/* SPDX-License-Identifier: MIT */
#include "pack.h"

#include <stdlib.h>
#include <string.h>

#ifndef _WIN32
enum { WSAEFAULT = 10014 };
#endif

void *packer_take(struct packer *p, size_t count, size_t bytes, size_t align)
{
    size_t at = (p->used + align - 1) & ~(align - 1);

    if (count > PACKER_MAX / bytes || at > PACKER_MAX - count * bytes) {
        p->used = PACKER_MAX;
        return NULL;
    }
    p->used = at + count * bytes;
    return p->base && p->used <= p->room ? p->base + at : NULL;
}

void *packer_copy(struct packer *p, const void *from, size_t count, size_t bytes, size_t align)
{
    void *to;

    if (!from || !count)
        return NULL;
    to = packer_take(p, count, bytes, align);
    if (to)
        memcpy(to, from, count * bytes);
    return to;
}

size_t packer_text_wide(const WCHAR *from, void *to)
{
    size_t chars = 0;

    while (from[chars++])
        ;
    if (to)
        memcpy(to, from, chars * sizeof *from);
    return chars * sizeof *from;
}

static void *copy_text(struct packer *p, const WCHAR *from, packer_text text, size_t align)
{
    void *to = NULL;

    if (from) {
        to = packer_take(p, 1, text(from, NULL), align);
        if (to)
            text(from, to);
    }
    return to;
}

#define COPY(p, from, count) packer_copy(p, from, count, sizeof *(from), sizeof(void *))

static void copy_addr(struct packer *p, const SOCKET_ADDRESS *from, SOCKET_ADDRESS *to)
{
    size_t bytes = from->iSockaddrLength > 0 && from->lpSockaddr ? (size_t)from->iSockaddrLength : 0;
    struct sockaddr *addr = packer_copy(p, from->lpSockaddr, bytes, 1, sizeof(void *));

    if (to)
        *to = (SOCKET_ADDRESS){addr, (INT)bytes};
}

static CSADDR_INFO *copy_addrs(struct packer *p, const CSADDR_INFO *from, size_t count)
{
    CSADDR_INFO *to = COPY(p, from, count);

    for (size_t i = 0; from && i < count && p->used < PACKER_MAX; i++) {
        copy_addr(p, &from[i].LocalAddr, to ? &to[i].LocalAddr : NULL);
        copy_addr(p, &from[i].RemoteAddr, to ? &to[i].RemoteAddr : NULL);
    }
    return to;
}

static BLOB *copy_blob(struct packer *p, const BLOB *from)
{
    BLOB *to = COPY(p, from, 1);
    BYTE *data = from ? packer_copy(p, from->pBlobData, from->cbSize, 1, sizeof(void *)) : NULL;

    if (to)
        *to = (BLOB){.cbSize = from->pBlobData ? from->cbSize : 0, .pBlobData = data};
    return to;
}

void packer_query(struct packer *p, const WSAQUERYSETW *from, packer_text text, size_t text_align)
{
    WSAQUERYSETW *to = packer_take(p, 1, sizeof *to, sizeof(void *)), set = *from;

    set.dwSize = sizeof set;
    set.lpServiceClassId = COPY(p, from->lpServiceClassId, 1);
    set.lpVersion = COPY(p, from->lpVersion, 1);
    set.lpNSProviderId = COPY(p, from->lpNSProviderId, 1);
    set.lpafpProtocols = COPY(p, from->lpafpProtocols, from->dwNumberOfProtocols);
    set.dwNumberOfProtocols = from->lpafpProtocols ? from->dwNumberOfProtocols : 0;
    set.lpcsaBuffer = copy_addrs(p, from->lpcsaBuffer, from->dwNumberOfCsAddrs);
    set.dwNumberOfCsAddrs = from->lpcsaBuffer ? from->dwNumberOfCsAddrs : 0;
    set.lpBlob = copy_blob(p, from->lpBlob);
    set.lpszServiceInstanceName = copy_text(p, from->lpszServiceInstanceName, text, text_align);
    set.lpszComment = copy_text(p, from->lpszComment, text, text_align);
    set.lpszContext = copy_text(p, from->lpszContext, text, text_align);
    set.lpszQueryString = copy_text(p, from->lpszQueryString, text, text_align);
    if (to)
        *to = set;
}

void packer_class(struct packer *p, const WSASERVICECLASSINFOW *from, packer_text text, size_t text_align)
{
    WSASERVICECLASSINFOW *to = packer_take(p, 1, sizeof *to, sizeof(void *)), set = *from;
    WSANSCLASSINFOW *info = COPY(p, from->lpClassInfos, from->dwCount);

    set.lpServiceClassId = COPY(p, from->lpServiceClassId, 1);
    set.lpClassInfos = info;
    set.dwCount = from->lpClassInfos ? from->dwCount : 0;
    for (DWORD i = 0; i < set.dwCount && p->used < PACKER_MAX; i++) {
        const WSANSCLASSINFOW *f = &from->lpClassInfos[i];
        void *value = packer_copy(p, f->lpValue, f->dwValueSize, 1, sizeof(void *));

        if (info)
            info[i].lpValue = value;
    }
    set.lpszServiceClassName = copy_text(p, from->lpszServiceClassName, text, text_align);
    for (DWORD i = 0; i < set.dwCount && p->used < PACKER_MAX; i++) {
        void *name = copy_text(p, from->lpClassInfos[i].lpszName, text, text_align);

        if (info)
            info[i].lpszName = name;
    }
    if (to)
        *to = set;
}

INT pack_query(const WSAQUERYSETW *from, packer_text text, size_t text_align, void *buf, DWORD *bytes)
{
    struct packer count = {NULL, 0, 0}, write = {buf, 0, *bytes};

    packer_query(&count, from, text, text_align);
    if (!buf || count.used > *bytes) {
        *bytes = (DWORD)count.used;
        return WSAEFAULT;
    }
    packer_query(&write, from, text, text_align);
    return 0;
}

INT pack_class(const WSASERVICECLASSINFOW *from, packer_text text, size_t text_align, void *buf, DWORD *bytes)
{
    struct packer count = {NULL, 0, 0}, write = {buf, 0, *bytes};

    packer_class(&count, from, text, text_align);
    if (!buf || count.used > *bytes) {
        *bytes = (DWORD)count.used;
        return WSAEFAULT;
    }
    packer_class(&write, from, text, text_align);
    return 0;
}

INT nsk_pack(const WSAQUERYSETW *from, void *buf, DWORD *bytes)
{
    return pack_query(from, packer_text_wide, sizeof(WCHAR), buf, bytes);
}

INT nsk_pack_class(const WSASERVICECLASSINFOW *from, void *buf, DWORD *bytes)
{
    return pack_class(from, packer_text_wide, sizeof(WCHAR), buf, bytes);
}

WSAQUERYSETW *nsk_copy(const WSAQUERYSETW *from)
{
    WSAQUERYSETW *copy;
    DWORD bytes = 0;

    nsk_pack(from, NULL, &bytes);
    copy = bytes < PACKER_MAX ? malloc(bytes) : NULL;
    if (copy)
        nsk_pack(from, copy, &bytes);
    return copy;
}

WSASERVICECLASSINFOW *nsk_copy_class(const WSASERVICECLASSINFOW *from)
{
    WSASERVICECLASSINFOW *copy;
    DWORD bytes = 0;

    nsk_pack_class(from, NULL, &bytes);
    copy = bytes < PACKER_MAX ? malloc(bytes) : NULL;
    if (copy)
        nsk_pack_class(from, copy, &bytes);
    return copy;
}
