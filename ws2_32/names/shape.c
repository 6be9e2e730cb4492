/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/shape.h"

#include "base/addr.h"
#include "ws2_32/names/order.h"
#include "ws2_32/names/resolve.h"

void shape_drop_unusable(struct answer *a)
{
    bool needed = false, ip4 = true, ip6 = true;
    size_t kept = 0;

    for (size_t i = 0; i < a->addr_count; i++)
        needed = needed || !name_addr_is_loopback(&a->addr[i]);
    if (!needed)
        return;
    resolve_own_families(&ip4, &ip6);
    if (!ip4 && !ip6)
        return;
    for (size_t i = 0; i < a->addr_count; i++)
        if (name_addr_is_loopback(&a->addr[i]) || (a->addr[i].family == ADDR_INET ? ip4 : ip6))
            a->addr[kept++] = a->addr[i];
    a->addr_count = kept;
}

void shape_put_in_order(struct answer *a)
{
    const struct answer *own;
    size_t six = 0, far = 0;

    for (size_t i = 0; i < a->addr_count; i++) {
        six += a->addr[i].family == ADDR_INET6;
        far += !name_addr_is_loopback(&a->addr[i]);
    }
    own = a->addr_count >= 2 && six && far ? resolve_own_get() : NULL;
    if (!own)
        return;
    order_sort(a->addr, a->addr_count, own->addr, own->addr_count);
    resolve_own_put(own);
}
