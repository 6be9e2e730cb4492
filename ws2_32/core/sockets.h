/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_SOCKETS_H
#define WS2_32_CORE_SOCKETS_H
/*
 * Which provider owns a socket handle. Portable.
 *
 * Entries come from memory that is never given back, so a thread that lost a race with closesocket() reads an old or a
 * new entry and never freed memory: the call it then makes goes to a provider that knows whether the handle is its own.
 * A lookup takes no lock and writes nothing.
 */
#include <stdbool.h>
#include <stdint.h>

struct provider;

enum socket_kind {
    SOCKET_IFS, /* the provider's own kernel handle, registered with WPUModifyIFSHandle */
    SOCKET_OWN, /* made by us in WPUCreateSocketHandle; `context` belongs to it */
};

struct socket_entry {
    uintptr_t handle;
    struct provider *provider; /* who registered the handle last: the top of its chain */
    struct provider *base;     /* who registered it first */
    uint32_t catalog_id, base_id; /* of those providers' entries */
    uintptr_t context;
    enum socket_kind kind;

    unsigned refs;                  /* table, and a closesocket() in progress; guarded by the lock */
    bool closing;                   /* guarded by the lock */
    struct socket_entry *next_free; /* guarded by the lock */
};

/* The entry of `handle`, or NULL. */
struct socket_entry *sockets_find(uintptr_t handle);

/*
 * Makes `provider` the owner of `handle`. `fresh`: a base provider says that this is a new socket, so an entry that stands
 * there is of an earlier one, closed behind our back. 0 or WSA_NOT_ENOUGH_MEMORY.
 */
int sockets_own(uintptr_t handle, struct provider *provider, uint32_t catalog_id, bool fresh);

/* Adds a handle of kind SOCKET_OWN. */
int sockets_add(uintptr_t handle, struct provider *provider, uint32_t catalog_id,
                uintptr_t context);

/* Takes a SOCKET_OWN entry out. False: there is none, somebody else was faster. */
bool sockets_take(uintptr_t handle);

/*
 * The kernel handle is about to be closed, by whoever: an entry of kind SOCKET_IFS goes, unless a closesocket() has it in hand. Costs
 * next to nothing for handles that are no sockets.
 */
void sockets_forget(uintptr_t handle);

/*
 * closesocket() goes begin, provider, end. NULL: not there, or another thread is closing it. After end with `closed`, the
 * entry is gone if it is of kind SOCKET_IFS and still stands for that socket; a SOCKET_OWN entry goes when its
 * provider calls WPUCloseSocketHandle, which may be much later.
 */
struct socket_entry *sockets_close_begin(uintptr_t handle);
void sockets_close_end(struct socket_entry *e, bool closed);

/* Takes every entry out; `visit` sees each one. For the final cleanup. */
void sockets_clear(void (*visit)(uintptr_t handle, enum socket_kind kind));

#endif
