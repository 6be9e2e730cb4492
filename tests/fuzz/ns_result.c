/* SPDX-License-Identifier: MIT */
/*
 * Results of name-space providers. In the input, pointers are offsets from its start, with the top bit for one that is left
 * as it is, so that the fuzzer reaches inside.
 */
#include <stdlib.h>
#include <string.h>

#include "namespace/kit/sdk.h"
#include "ws2_32/names/ns_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Makes the pointer at `at` one into the buffer. */
static void relocate(char *buf, size_t bytes, size_t at)
{
    uintptr_t v;

    if (at > bytes || bytes - at < sizeof v)
        return;
    memcpy(&v, buf + at, sizeof v);
    if (v && !(v >> 63)) {
        v += (uintptr_t)buf;
        memcpy(buf + at, &v, sizeof v);
    }
}

static size_t offset(const uint8_t *data, size_t bytes, size_t at)
{
    uintptr_t v = 0;

    if (at <= bytes && bytes - at >= sizeof v)
        memcpy(&v, data + at, sizeof v);
    return v < bytes ? v : bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct answer a = {0};
    char *buf = malloc(bytes ? bytes : 1);
    size_t list = offset(data, bytes, offsetof(WSAQUERYSETW, lpcsaBuffer));

    if (!buf)
        return 0;
    memcpy(buf, data, bytes);
    relocate(buf, bytes, offsetof(WSAQUERYSETW, lpszServiceInstanceName));
    relocate(buf, bytes, offsetof(WSAQUERYSETW, lpcsaBuffer));
    relocate(buf, bytes, offsetof(WSAQUERYSETW, lpBlob));
    for (size_t i = 0; i < 8; i++)
        relocate(buf, bytes, list + i * sizeof(CSADDR_INFO) + offsetof(CSADDR_INFO, RemoteAddr));
    relocate(buf, bytes, offset(data, bytes, offsetof(WSAQUERYSETW, lpBlob)) + offsetof(BLOB, pBlobData));
    ns_result_read(buf, bytes, &a);
    if (a.addr_count > ANSWER_MAX || a.alias_count > ANSWER_MAX)
        abort();
    for (size_t i = 0; i < a.alias_count; i++)
        if (strlen(a.alias[i]) > bytes)
            abort();
    answer_free(&a);
    free(buf);
    return 0;
}
