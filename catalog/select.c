/* SPDX-License-Identifier: MIT */
/*
 * Which entry serves a call that names no socket (spi.md, section 3). The first match wins even
 * when its provider then fails: going on to the next entry would silently step around a security
 * layer.
 */
#include "catalog/catalog.h"

#include <string.h>

#include "base/wsaerr.h"

/*
 * Network Direct entries carry no sockets, and layers' hidden entries count nowhere, not even for
 * the error.
 */
static bool eligible(const struct catalog *cat, const struct catalog_entry *e)
{
    return !(e->info.provider_flags & CATALOG_PFL_NETWORKDIRECT) && catalog_usable(cat, e);
}

static bool protocol_matches(const struct catalog_info *info, int protocol)
{
    int64_t last = (int64_t)info->protocol + info->protocol_max_offset;

    if (protocol == 0 && info->provider_flags & CATALOG_PFL_MATCHES_ZERO)
        return true;
    return info->protocol <= protocol && protocol <= last;
}

int catalog_select(const struct catalog *cat, int family, int type, int protocol,
                   const struct catalog_entry **out)
{
    bool any = false, known_type = false;
    bool any_family = false, any_type = false, any_protocol = false;

    if (!family && !protocol)
        return WSAEINVAL; /* whatever the type, as Windows is measured to do (wine-afd.md 1.2) */

    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *e = &cat->entry[i];
        bool type_ok = !type || type == e->info.type;
        bool protocol_ok = protocol_matches(&e->info, protocol);

        if (!eligible(cat, e))
            continue;
        any = true;
        known_type = known_type || type_ok;
        if (family && family != e->info.family)
            continue;
        if (type_ok && protocol_ok) {
            *out = e;
            return 0;
        }
        any_family = true;
        any_type = any_type || type_ok;
        any_protocol = any_protocol || protocol_ok;
    }
    if (any && !known_type)
        return WSAESOCKTNOSUPPORT; /* a type that nobody knows goes before the family (measured too) */
    if (!any_family)
        return WSAEAFNOSUPPORT;
    if (!any_type)
        return WSAESOCKTNOSUPPORT;
    return any_protocol ? WSAEPROTOTYPE : WSAEPROTONOSUPPORT;
}

static bool same_provider(const struct catalog_entry *e, const struct catalog_info *info)
{
    return !memcmp(&e->info.provider, &info->provider, sizeof info->provider);
}

static bool same_triple(const struct catalog_entry *e, const struct catalog_info *info)
{
    return e->info.family == info->family && e->info.type == info->type &&
           e->info.protocol == info->protocol;
}

/*
 * Ids differ between the 32-bit and the 64-bit catalog, and between two processes that started
 * before and after an installation, so an info that came from another process is found by GUID.
 */
static const struct catalog_entry *find_info(const struct catalog *cat,
                                             const struct catalog_info *info)
{
    const struct catalog_entry *by_triple = NULL, *by_provider = NULL;

    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *e = &cat->entry[i];

        if (!same_provider(e, info))
            continue;
        if (e->info.id == info->id)
            return e;
        if (!by_triple && same_triple(e, info))
            by_triple = e;
        if (!by_provider)
            by_provider = e;
    }
    return by_triple ? by_triple : by_provider;
}

int catalog_select_info(const struct catalog *cat, const struct catalog_info *info,
                        const struct catalog_entry **out)
{
    const struct catalog_entry *e = find_info(cat, info);

    if (!e)
        return WSAEINVAL;
    if (!eligible(cat, e))
        return WSAEINVALIDPROVIDER;
    *out = e;
    return 0;
}

int catalog_select_family(const struct catalog *cat, int family, const struct catalog_entry **out)
{
    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *e = &cat->entry[i];

        if (e->info.family == family && eligible(cat, e)) {
            *out = e;
            return 0;
        }
    }
    return WSAEINVAL;
}
