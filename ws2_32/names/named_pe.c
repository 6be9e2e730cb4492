/* SPDX-License-Identifier: MIT */
/* named.h for layers: an export of ws2kit's own, which Windows does not have. providers/kit wraps it as ws2kit_name_of(). */
#include "ws2_32/names/named_pe.h"

#include <string.h>

#include "base/addr.h"
#include "ws2_32/names/text_pe.h"

bool name_addr_from_sockaddr(const struct sockaddr *sa, size_t bytes, struct name_addr *out)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)sa;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)sa;

    *out = (struct name_addr){0};
    if (bytes < sizeof *four)
        return false;
    out->family = sa->sa_family;
    if (out->family == AF_INET) {
        memcpy(out->ip, &four->sin_addr, 4);
        return true;
    }
    if (out->family != AF_INET6 || bytes < sizeof *six)
        return false;
    memcpy(out->ip, &six->sin6_addr, 16);
    out->scope = six->sin6_scope_id;
    return true;
}

BOOL WSAAPI ws2kit_name_of_address(const struct sockaddr *name, int name_bytes, char *utf8, size_t bytes)
{
    struct name_addr a;

    return !text_is_bad(name) && name_bytes > 0 && !text_is_bad(utf8) &&
           name_addr_from_sockaddr(name, (size_t)name_bytes, &a) && named_find(&a, utf8, bytes);
}
