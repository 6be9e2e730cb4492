/* SPDX-License-Identifier: MIT */
#include "ws2kit_layer.h"

typedef BOOL(WSAAPI *name_of_fn)(const struct sockaddr *, int, char *, size_t);

/* Looked up at run time: a layer must also load over a ws2_32 that is not ws2kit's. */
static name_of_fn fetch(void)
{
    static name_of_fn known;
    static const name_of_fn none = (name_of_fn)-1;
    name_of_fn f = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (!f) {
        f = (name_of_fn)(void *)GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "ws2kit_name_of_address");
        __atomic_store_n(&known, f ? f : none, __ATOMIC_RELAXED);
    }
    return f == none ? NULL : f;
}

BOOL ws2kit_name_of(const struct sockaddr *address, int address_bytes, char *utf8, size_t bytes)
{
    name_of_fn name_of = fetch();

    return name_of && name_of(address, address_bytes, utf8, bytes);
}
