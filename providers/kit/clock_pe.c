/* SPDX-License-Identifier: MIT */
#include "providers/kit/ws2kit_stream.h"

#include <stdint.h>

uint64_t ws2kit_clock(void)
{
    static LONGLONG frequency; /* the same whoever writes it */
    LARGE_INTEGER now, f;

    if (!__atomic_load_n(&frequency, __ATOMIC_RELAXED)) {
        QueryPerformanceFrequency(&f);
        __atomic_store_n(&frequency, f.QuadPart, __ATOMIC_RELAXED);
    }
    QueryPerformanceCounter(&now);
    return (uint64_t)(now.QuadPart / frequency) * 1000000 +
           (uint64_t)(now.QuadPart % frequency) * 1000000 / (uint64_t)frequency;
}
