/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/source.h"

#include "base/addr.h"
#include "base/wsaerr.h"

int source_localhost(const struct lookup *q, struct answer *out)
{
    static const struct name_addr one[] = {{ADDR_INET6, {[15] = 1}, 0}, {ADDR_INET, {127, 0, 0, 1}, 0}};
    struct span localhost = span_of("localhost");
    int err;

    if (!lines_equal(localhost, q->name))
        return WSAHOST_NOT_FOUND;
    err = q->unnamed ? 0 : answer_set_canon(out, localhost);
    for (int i = 0; !err && i < 2; i++)
        err = answer_add_addr(out, &one[i]);
    if (err)
        answer_free(out);
    return err;
}
