/* SPDX-License-Identifier: MIT */
#include "catalog/namespace.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

void namespaces_init(struct namespaces *ns)
{
    ns->entry = NULL;
    ns->count = 0;
}

void namespaces_deinit(struct namespaces *ns)
{
    for (uint32_t i = 0; i < ns->count; i++)
        free(ns->entry[i].info);
    free(ns->entry);
    namespaces_init(ns);
}

static bool is_provider(const struct namespace_entry *e, const struct catalog_guid *provider)
{
    return !memcmp(&e->provider, provider, sizeof *provider);
}

struct namespace_entry *namespaces_find(const struct namespaces *ns,
                                        const struct catalog_guid *provider)
{
    for (uint32_t i = 0; i < ns->count; i++)
        if (is_provider(&ns->entry[i], provider))
            return &ns->entry[i];
    return NULL;
}

bool namespace_in_scope(const struct namespace_entry *e, const struct namespace_scope *scope)
{
    if (!e->enabled)
        return false;
    if (scope->provider)
        return is_provider(e, scope->provider);
    return scope->name_space == NAMESPACE_ALL || scope->name_space == e->name_space;
}

static size_t chars_of(const catalog_char *text, size_t most)
{
    size_t n = 0;

    while (n < most && text[n])
        n++;
    return n;
}

static bool can_be(const struct namespace_entry *e)
{
    size_t path = chars_of(e->path, NAMESPACE_PATH_CHARS);

    return path && path < NAMESPACE_PATH_CHARS && e->name_space != NAMESPACE_ALL &&
           chars_of(e->name, NAMESPACE_NAME_CHARS) < NAMESPACE_NAME_CHARS &&
           e->info_bytes <= NAMESPACE_INFO_MAX;
}

static int copy_entry(struct namespace_entry *to, const struct namespace_entry *from)
{
    *to = *from;
    to->info = NULL;
    if (!from->info_bytes)
        return 0;
    to->info = malloc(from->info_bytes);
    if (!to->info)
        return WSA_NOT_ENOUGH_MEMORY;
    memcpy(to->info, from->info, from->info_bytes);
    return 0;
}

static int append(struct namespaces *ns, const struct namespace_entry *e)
{
    struct namespace_entry *more;
    int err;

    more = realloc(ns->entry, (ns->count + 1) * sizeof *more);
    if (!more)
        return WSA_NOT_ENOUGH_MEMORY;
    ns->entry = more;
    err = copy_entry(&more[ns->count], e);
    if (!err)
        ns->count++;
    return err;
}

int namespaces_copy(struct namespaces *to, const struct namespaces *from)
{
    int err = 0;

    namespaces_init(to);
    for (uint32_t i = 0; !err && i < from->count; i++)
        err = append(to, &from->entry[i]);
    if (err)
        namespaces_deinit(to);
    return err;
}

static bool entries_equal(const struct namespace_entry *a, const struct namespace_entry *b)
{
    size_t name = chars_of(a->name, NAMESPACE_NAME_CHARS), path = chars_of(a->path, NAMESPACE_PATH_CHARS);

    return is_provider(a, &b->provider) && a->name_space == b->name_space && a->version == b->version &&
           a->address_family == b->address_family && a->enabled == b->enabled &&
           a->stores_classes == b->stores_classes && a->info_bytes == b->info_bytes &&
           name == chars_of(b->name, NAMESPACE_NAME_CHARS) &&
           path == chars_of(b->path, NAMESPACE_PATH_CHARS) &&
           !memcmp(a->name, b->name, name * sizeof *a->name) &&
           !memcmp(a->path, b->path, path * sizeof *a->path) &&
           (!a->info_bytes || !memcmp(a->info, b->info, a->info_bytes));
}

bool namespaces_equal(const struct namespaces *a, const struct namespaces *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!entries_equal(&a->entry[i], &b->entry[i]))
            return false;
    return true;
}

static void put_ascii(catalog_char *to, const char *text)
{
    do
        *to++ = (unsigned char)*text;
    while (*text++);
}

/* Windows' entry for DNS keeps its GUID and name, which programs look for; the hosts file is part of it there. */
static const struct {
    struct catalog_guid provider;
    const char *name, *path;
} rows[] = {
    {{{0x52, 0xA0, 0x3E, 0x6B, 0x91, 0x5C, 0x8F, 0x4D, 0x9A, 0x27, 0x51, 0x0E, 0xC4, 0x3D, 0x7B, 0x16}},
     "ws2kit hosts file", "%SystemRoot%\\system32\\ws2hosts.dll"},
    {{{0x40, 0x9D, 0x05, 0x22, 0x9E, 0x7E, 0xCF, 0x11, 0xAE, 0x5A, 0x00, 0xAA, 0x00, 0xA7, 0x11, 0x2B}},
     "Tcpip", "%SystemRoot%\\system32\\ws2dns.dll"},
};

int namespaces_defaults(struct namespaces *ns)
{
    int err = 0;

    for (size_t i = 0; !err && i < sizeof rows / sizeof rows[0]; i++) {
        struct namespace_entry e;

        memset(&e, 0, sizeof e);
        e.provider = rows[i].provider;
        e.name_space = NAMESPACE_DNS;
        e.enabled = true;
        put_ascii(e.name, rows[i].name);
        put_ascii(e.path, rows[i].path);
        err = append(ns, &e);
    }
    if (err)
        namespaces_deinit(ns);
    return err;
}

static catalog_char lower(catalog_char c)
{
    return c >= 'A' && c <= 'Z' ? (catalog_char)(c - 'A' + 'a') : c;
}

static bool is_path(const catalog_char *path, const char *text)
{
    while (*text && lower(*path) == lower((unsigned char)*text))
        path++, text++;
    return !*path && !*text;
}

enum namespace_kind namespace_kind_of(const struct namespace_entry *e)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (is_provider(e, &rows[i].provider) && is_path(e->path, rows[i].path))
            return i ? NAMESPACE_KIND_DNS : NAMESPACE_KIND_HOSTS;
    return NAMESPACE_KIND_OTHER;
}

int namespaces_install(struct namespaces *ns, const struct namespace_entry *e)
{
    if (!can_be(e) || namespaces_find(ns, &e->provider))
        return WSAEINVAL;
    if (ns->count >= NAMESPACE_ENTRIES_MAX)
        return WSANO_RECOVERY;
    return append(ns, e);
}

int namespaces_install_first(struct namespaces *ns, const struct namespace_entry *e)
{
    struct namespace_entry last;
    int err = namespaces_install(ns, e);

    if (err)
        return err;
    last = ns->entry[ns->count - 1];
    memmove(ns->entry + 1, ns->entry, (ns->count - 1) * sizeof *ns->entry);
    ns->entry[0] = last;
    return 0;
}

int namespaces_uninstall(struct namespaces *ns, const struct catalog_guid *provider)
{
    struct namespace_entry *e = namespaces_find(ns, provider);

    if (!e)
        return WSAEINVAL;
    free(e->info);
    ns->count--;
    memmove(e, e + 1, (size_t)(&ns->entry[ns->count] - e) * sizeof *e);
    return 0;
}

int namespaces_enable(struct namespaces *ns, const struct catalog_guid *provider, bool enable)
{
    struct namespace_entry *e = namespaces_find(ns, provider);

    if (!e)
        return WSAEINVAL;
    e->enabled = enable;
    return 0;
}

int namespaces_reorder(struct namespaces *ns, const struct catalog_guid *order, uint32_t count)
{
    struct namespace_entry *sorted;

    if (count != ns->count)
        return WSAEINVAL;
    for (uint32_t i = 0; i < count; i++) {
        if (!namespaces_find(ns, &order[i]))
            return WSAEINVAL;
        for (uint32_t k = 0; k < i; k++)
            if (!memcmp(&order[i], &order[k], sizeof order[i]))
                return WSAEINVAL;
    }
    if (!count)
        return 0;
    sorted = malloc(count * sizeof *sorted);
    if (!sorted)
        return WSA_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = *namespaces_find(ns, &order[i]);
    free(ns->entry);
    ns->entry = sorted;
    return 0;
}
