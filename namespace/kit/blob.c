/* SPDX-License-Identifier: MIT */
/* hostent and servent as blobs: their pointers are offsets from the start. */
#include <stdint.h>
#include <string.h>

#include "pack.h"

/* The SDK's structures with offsets in the pointers' place. 32-bit headers pack hostent and servent no tighter. */
struct host_blob {
    uintptr_t name, aliases;
    int16_t family, addr_bytes;
    uintptr_t addrs;
};
struct service_blob {
    uintptr_t name, aliases;
#ifdef _WIN64
    uintptr_t protocol;
    int16_t port;
#else
    int16_t port;
    uintptr_t protocol;
#endif
};

#ifdef _WIN32
_Static_assert(sizeof(struct host_blob) == sizeof(struct hostent) &&
                   offsetof(struct host_blob, addrs) == offsetof(struct hostent, h_addr_list) &&
                   offsetof(struct host_blob, addr_bytes) == offsetof(struct hostent, h_length),
               "hostent");
_Static_assert(sizeof(struct service_blob) == sizeof(struct servent) &&
                   offsetof(struct service_blob, port) == offsetof(struct servent, s_port) &&
                   offsetof(struct service_blob, protocol) == offsetof(struct servent, s_proto),
               "servent");
#endif

static uintptr_t offset_of(const struct packer *p, size_t bytes)
{
    return p->used - bytes;
}

static uintptr_t put_text(struct packer *p, const char *text)
{
    size_t bytes = text ? strlen(text) + 1 : 0;

    packer_copy(p, text, bytes, 1, 1);
    return bytes ? offset_of(p, bytes) : 0;
}

/* `bytes` 0: strings. */
static uintptr_t put_list(struct packer *p, const void *const *list, size_t bytes)
{
    size_t count = 0;
    uintptr_t *offset, at;

    while (list && list[count])
        count++;
    offset = packer_take(p, count + 1, sizeof *offset, sizeof *offset);
    at = offset_of(p, (count + 1) * sizeof *offset);
    for (size_t i = 0; i < count; i++) {
        uintptr_t item;

        if (bytes) {
            packer_copy(p, list[i], bytes, 1, sizeof(uint32_t));
            item = offset_of(p, bytes);
        } else {
            item = put_text(p, list[i]);
        }
        if (offset)
            offset[i] = item;
    }
    if (offset)
        offset[count] = 0;
    return at;
}

static size_t put_host(struct packer *p, const struct nsk_host *host)
{
    struct host_blob *to = packer_take(p, 1, sizeof *to, sizeof(void *)), set = {0};

    set.family = (int16_t)host->family;
    set.addr_bytes = (int16_t)host->addr_bytes;
    set.addrs = put_list(p, host->addr, host->addr_bytes > 0 ? (size_t)host->addr_bytes : 0);
    set.aliases = put_list(p, (const void *const *)host->alias, 0);
    set.name = put_text(p, host->name);
    if (to)
        *to = set;
    return p->used;
}

static size_t put_service(struct packer *p, const struct nsk_service *service)
{
    struct service_blob *to = packer_take(p, 1, sizeof *to, sizeof(void *)), set = {0};

    set.port = (int16_t)service->port;
    set.aliases = put_list(p, (const void *const *)service->alias, 0);
    set.name = put_text(p, service->name);
    set.protocol = put_text(p, service->protocol);
    if (to)
        *to = set;
    return p->used;
}

size_t nsk_host_blob(const struct nsk_host *host, void *buf, size_t room)
{
    struct packer count = {NULL, 0, 0}, write = {buf, 0, room};
    size_t bytes = put_host(&count, host);

    return buf && bytes <= room ? put_host(&write, host) : bytes;
}

size_t nsk_service_blob(const struct nsk_service *service, void *buf, size_t room)
{
    struct packer count = {NULL, 0, 0}, write = {buf, 0, room};
    size_t bytes = put_service(&count, service);

    return buf && bytes <= room ? put_service(&write, service) : bytes;
}
