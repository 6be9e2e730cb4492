/* SPDX-License-Identifier: MIT */
/* ws2dns.dll: the DNS, by the resolver of the process. */
#include "namespace/nsp_pe.h"
#include "ws2_32/names/own_pe.h"

#include <stdlib.h>

#include "base/wsaerr.h"
#include "namespace/dns/service_pe.h"
#include "namespace/dns/share_pe.h"

enum { MESSAGE_BYTES = 0x10000 };

static int records(const struct lookup *q, WORD type, BYTE **message, DWORD *bytes)
{
    uint16_t types[] = {type};
    struct dns_answer *a;
    int err = (q->as_is ? dns_service_lookup_as_is : dns_service_lookup)(q->name, types, 1, &a);

    if (err)
        return err;
    err = a->err;
    if (!err) {
        *message = malloc(MESSAGE_BYTES);
        *bytes = *message ? (DWORD)dns_answer_message(a, *message, MESSAGE_BYTES) : 0;
        err = *bytes ? 0 : *message ? WSANO_RECOVERY : WSA_NOT_ENOUGH_MEMORY;
    }
    dns_answer_put(a);
    return err;
}

const struct nsp_source nsp_source = {.start = dns_share_found, .find = source_dns, .records = records, .slow = TRUE,
                                      .flush = dns_service_flush, .cleanup = own_cleanup};
