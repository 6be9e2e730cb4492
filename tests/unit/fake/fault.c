/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/fault.h"

#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool armed, fired;
static unsigned target, passed;

void fault_at(unsigned n)
{
    armed = true;
    fired = false;
    target = n;
    passed = 0;
}

bool fault_end(void)
{
    armed = false;
    return fired;
}

unsigned fault_points(void)
{
    return passed;
}

bool fault_now(void)
{
    if (!armed || ++passed != target)
        return false;
    fired = true;
    return true;
}

/* Memory that was not asked to be zero is not: code that relies on luck fails here. */
void *__wrap_malloc(size_t size)
{
    void *p = fault_now() ? NULL : __real_malloc(size);

    if (p && armed)
        memset(p, 0xA5, size);
    return p;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fault_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fault_now() ? NULL : __real_realloc(old, size);
}

void *fault_free_calloc(size_t count, size_t size)
{
    return __real_calloc(count, size);
}

void *fault_free_realloc(void *old, size_t size)
{
    return __real_realloc(old, size);
}
