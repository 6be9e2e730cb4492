/* SPDX-License-Identifier: MIT */
#include "base/wsaerr.h"

#include <stddef.h>

const char *wsaerr_name(int err)
{
    switch (err) {
#define X(name, value)                                                                              \
    case value:                                                                                     \
        return #name;
        WSAERR_ROWS(X)
#undef X
    }
    return NULL;
}
