/* SPDX-License-Identifier: MIT */
#ifndef WS2_NAMESPACE_NSP_PE_H
#define WS2_NAMESPACE_NSP_PE_H
/*
 * What ws2hosts.dll and ws2dns.dll share: all of the name-space provider but where its knowledge comes from. Each defines
 * nsp_source.
 */
#include <winsock2.h>

#include "ws2_32/names/source.h"

struct nsp_source {
    BOOL (*start)(void); /* FALSE: it cannot work in this process. NULL: it always can */
    int (*find)(const struct lookup *q, struct answer *out); /* as in source.h */

    /* Records of a type, as a DNS message to free(). NULL: it has only what find() gives. */
    int (*records)(const struct lookup *q, WORD type, BYTE **message, DWORD *bytes);

    const char *(*machine)(void); /* this machine's name; NULL: it does not know, nor services by name or port */
    BOOL slow;                    /* find() and records() may wait for the network: they run on a thread of their own, and
                                   * a change cannot be watched for */
    void (*flush)(void);          /* forgets what it has cached */
    void (*cleanup)(void);        /* nobody is inside */
};

extern const struct nsp_source nsp_source;

#endif
