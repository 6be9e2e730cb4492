/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_CHAIN_H
#define WS2_KIT_CHAIN_H
/*
 * The chains of this layer that run in this process. Inside of the kit only; layers include ws2kit_layer.h.
 */
#include "providers/kit/ws2kit_layer.h"

enum { EXTENSIONS = sizeof(struct ws2kit_extensions) / sizeof(FARPROC) };

/*
 * One chain: what ws2_32, or the layer above, starts us for. Made at the first WSPStartup or WSPSocket with an info not
 * seen before. Never freed, because the socket map hands out pointers without counting; a stopped one is
 * used again. All but `state` and `extension` is constant while it is live.
 */
struct chain {
    struct chain *link;     /* published once, never unlinked */
    int state;              /* atomic */
    DWORD given_id;         /* of the info we were started with: what tells chains apart */
    WSAPROTOCOL_INFOW mine; /* our entry: registers sockets, answers SO_PROTOCOL_INFO */
    WSAPROTOCOL_INFOW below; /* the next provider's entry */
    WSAPROTOCOL_INFOW hand; /* what the next provider was started with: often the info that we were */
    BOOL over_base;         /* `below` is a base: it gets its own info and must not see chains */
    BOOL own;               /* its sockets are the layer's own */
    HMODULE module;
    WSPDATA data;
    WSPPROC_TABLE next;
    FARPROC extension[EXTENSIONS]; /* the next provider's, as struct ws2kit_extensions; atomic, NULL: not asked yet */
};

extern WSPUPCALLTABLE upcalls;

/* The layer's DLL. */
HMODULE chain_own_module(void);

/*
 * The running chain for `info`; starts the next provider if there is none yet. Called with no locks held: runs
 * foreign code. 0 or the code for WSPStartup to return: WSAEINVALIDPROVIDER, WSAEPROVIDERFAILEDINIT,
 * WSAEINVALIDPROCTABLE, WSA_NOT_ENOUGH_MEMORY, or what the next provider's WSPStartup said.
 */
int chain_get(const WSAPROTOCOL_INFOW *info, struct chain **out);

/*
 * Ending, in two steps: retire takes all chains out of use and runs nothing foreign; stop then cleans up the providers
 * below the retired ones, with no locks held. Chains that start in between are left alone.
 */
void chain_retire_all(void);
void chain_stop_retired(void);

/* The first running chain after `after` (NULL: of all), or NULL. */
struct chain *chain_each(struct chain *after);

/* Remembers that `c` made `s`. WSA_NOT_ENOUGH_MEMORY. */
int chain_set(SOCKET s, struct chain *c);
/* The running chain that made `s`, or NULL. Lock-free. */
struct chain *chain_of(SOCKET s);
/* The chain that made `s` has sockets of its own. */
BOOL chain_owns(SOCKET s);
/* The layer has any of them. `mine`: in the chain of this entry; NULL: in some chain, as far as can be said before there are any. */
BOOL chain_wants_own(const WSAPROTOCOL_INFOW *mine);
/* The next provider's table for `s`, or NULL (WSAENOTSOCK). The hot path. */
const WSPPROC_TABLE *chain_next(SOCKET s);

/* The info to call the next provider with, with the token of a duplicated socket from `info`. */
LPWSAPROTOCOL_INFOW chain_next_info(const struct chain *c, LPWSAPROTOCOL_INFOW info,
                                    WSAPROTOCOL_INFOW *room);

/*
 * A new socket of `c`: ours from now on, for ws2_32 and for the map. INVALID_SOCKET with *err: `maker`, whose it is, has closed it.
 */
SOCKET chain_adopt_with(struct chain *c, const WSPPROC_TABLE *maker, SOCKET s, LPINT err);

/* What the relay (relay_entries_pe.c) brings to a layer that says so. */
struct ws2kit_relay {
    void (*fill)(const struct chain *c, WSPPROC_TABLE *table);
    void (*stop)(void);   /* before the layer's own stop */
    const struct ws2kit_extensions *extension;
};

/* The table that ws2_32, or the layer above, gets for `c`. */
void pass_fill(const struct chain *c, WSPPROC_TABLE *table);

/* extension_pe.c: puts the layer's function in place of the one that the next provider has just answered. */
void extension_answer(SOCKET s, const GUID *id, FARPROC *answer);
BOOL extension_hooked(void);

/* The GUID of function `i` in struct ws2kit_extensions. */
GUID extension_id(size_t i);
/* The index of `id` in struct ws2kit_extensions, or -1. */
int extension_index(const GUID *id);
/* The function `i` of the provider below `c`, asked for on a socket of that provider. NULL with the last error set. */
FARPROC extension_below(struct chain *c, SOCKET lower, size_t i);

/* What of the next provider's answers names the chain: SO_PROTOCOL_INFO, and the info of a duplicate. */
void chain_answer_info(const struct chain *c, int name, void *value);
void chain_answer_duplicate(const struct chain *c, LPWSAPROTOCOL_INFOW info);

/* layer_pe.c: one WSPStartup less; WSANOTINITIALISED when there was none. */
int layer_end(void);
/* The process ends: stop() if it is still due. */
void layer_detach(void);

#endif
