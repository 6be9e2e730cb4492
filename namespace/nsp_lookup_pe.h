/* SPDX-License-Identifier: MIT */
#ifndef WS2_NAMESPACE_NSP_LOOKUP_PE_H
#define WS2_NAMESPACE_NSP_LOOKUP_PE_H
/* One lookup of ws2hosts.dll or ws2dns.dll, and what becomes of it. */
#include "namespace/nsp_pe.h"

#include <ws2spi.h>

#include "namespace/kit/ws2kit_namespace.h"

struct notice;

enum { NAME_BYTES = 1024, RR_A = 1, RR_AAAA = 28 };

enum phase { ASKED, SEARCHING, DONE };

struct lookup_state {
    struct lookup_state *next;
    long refs;           /* the rest is guarded by the lock, but for what Begin set */
    BOOL ended;
    enum phase phase;
    HANDLE wake;         /* an event: done, or ended */
    struct notice *watch; /* who waits for a change; owned by the thread that watches */
    HANDLE stop;          /* an event, for that thread: ended */
    WSAQUERYSETW *query; /* owned */
    struct nsk_query what;
    char name[NAME_BYTES]; /* UTF-8 */

    SRWLOCK found;  /* the rest, once DONE, since it may be found anew; taken without the other lock */
    int err;
    struct answer answer;
    BYTE *message; /* owned */
    DWORD message_bytes;
    BYTE *service; /* a servent blob, owned */
    DWORD service_bytes;
    size_t at;     /* 0: the host itself, n: its n-th alias */
    DWORD change;  /* RESULT_IS_... of what was found anew */
};

static inline BOOL is_of_dns(const struct nsk_query *what)
{
    return what->class == NSK_CLASS_TCP && what->port == 53 && what->rr;
}

/* Asks the source, and shapes the addresses as the LUP_* flags say. What it returns is l->err, and sets the rest. */
int lookup_search(struct lookup_state *l);

/* How many results what was found makes. */
size_t lookup_results(const struct lookup_state *l);

/* Result number l->at, as NSPLookupServiceNext has it. */
int lookup_pack(const struct lookup_state *l, DWORD *bytes, void *buf);

#endif
