/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_PROVIDER_H
#define WS2_32_CORE_PROVIDER_H
/*
 * Transport providers: one record per ProviderId GUID that this process has met, kept for the life of the process so that
 * a socket entry may point to it without counting. A provider is started by the first call that needs it and stopped by the final
 * WSACleanup; then its record waits to be started again.
 */
#include <winsock2.h>
#include <ws2spi.h>

#include "catalog/catalog.h"

struct provider {
    struct provider *next;      /* guarded by the provider lock */
    struct catalog_guid id;
    LONG volatile ready;        /* WSPStartup has succeeded: `proc` may be called */
    DWORD starter;              /* the thread that is starting it now, or 0; guarded by the provider lock */
    unsigned start_order;       /* guarded by the provider lock */
    LONG volatile bypassed;     /* why it did not start, if calls go past it until the final WSACleanup; else 0 */
    HMODULE module;
    WSPPROC_TABLE proc;
};

/* The record of `id`, made if there is none; not started. NULL: no memory. */
struct provider *provider_of(const struct catalog_guid *id);

/*
 * Sees to it that `p` is started, for `entry`, which is of its GUID. WSAEPROVIDERFAILEDINIT, WSAEINVALIDPROCTABLE or
 * WSAEINVALIDPROVIDER if not; the next call tries again. Waits while another thread starts it.
 *
 * Called with no locks held and the thread's in_provider count raised: LoadLibrary runs the provider's DllMain, and
 * WSPStartup may call straight back into us.
 */
int provider_start(struct provider *p, const struct catalog_entry *entry);

/* The same by catalog id, of a catalog entry or of a handle's registrant. */
int provider_start_id(struct provider *p, uint32_t catalog_id);

/*
 * The final cleanup: WSPCleanup of all, newest first; then, when no other thread is in a provider any more (waited for,
 * but not forever) and this one is not either, FreeLibrary. What could not be unloaded stays mapped.
 */
void provider_stop_all(void);

#endif
