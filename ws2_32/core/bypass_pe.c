/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/bypass.h"

#include <stdio.h>
#include <string.h>

#include "catalog/policy.h"

/* On the standard error stream, without the C library's: the program may use another one. */
static void say(const struct catalog_entry *layer, int err)
{
    HANDLE out = GetStdHandle(STD_ERROR_HANDLE);
    char name[512], line[1024];
    DWORD written;

    if (!WideCharToMultiByte(CP_UTF8, 0, layer->info.name, -1, name, sizeof name, NULL, NULL))
        name[0] = 0;
    snprintf(line, sizeof line, "ws2kit: the layer of \"%s\" does not start (%s, error %d); calls go past it\n", name,
             layer->path, err);
    if (out && out != INVALID_HANDLE_VALUE)
        WriteFile(out, line, strlen(line), &written, NULL);
}

/* Another chain of a layer that was spoken of already: same DLL, nothing new. */
static BOOL said_before(const struct catalog *cat, const struct catalog_entry *e)
{
    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *other = &cat->entry[i];
        struct provider *p;

        if (other == e || other->info.chain_len < 2 || other->info.chain[0] != e->info.chain[0])
            continue;
        p = provider_of(&other->info.provider);
        if (p && __atomic_load_n(&p->bypassed, __ATOMIC_ACQUIRE))
            return TRUE;
    }
    return FALSE;
}

/*
 * A layer that failed once is left out until the final WSACleanup, so that not every socket tries to
 * load it again, and so that all sockets of a program are served alike.
 */
int provider_start_any(const struct catalog *cat, const struct catalog_entry **entry, struct provider **p)
{
    for (;;) {
        const struct catalog_entry *beneath;
        int err;

        *p = provider_of(&(*entry)->info.provider);
        if (!*p)
            return WSAENOBUFS;
        err = __atomic_load_n(&(*p)->bypassed, __ATOMIC_ACQUIRE);
        if (!err) {
            err = provider_start(*p, *entry);
            if (!err || (*entry)->info.chain_len < 2 || policy_now() != POLICY_BYPASS)
                return err;
            if (!said_before(cat, *entry))
                say(*entry, err);
            __atomic_store_n(&(*p)->bypassed, err, __ATOMIC_RELEASE);
        }
        beneath = catalog_beneath(cat, *entry);
        if (!beneath)
            return err;
        *entry = beneath; /* a shorter chain each time: this ends */
    }
}
