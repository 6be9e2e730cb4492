/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/thread_pe.h"

#include <stdlib.h>

#include "ws2_32/core/thread.h"

struct buffers {
    struct {
        void *at;
        size_t bytes;
    } buffer[BUFFER_COUNT];
};

void *names_buffer(enum names_buffer which, size_t bytes)
{
    struct thread *t = thread_get();
    struct buffers *b;
    void *bigger;

    if (!t)
        return NULL;
    if (!t->names)
        t->names = calloc(1, sizeof *b);
    b = t->names;
    if (!b)
        return NULL;
    if (b->buffer[which].bytes < bytes) {
        bigger = realloc(b->buffer[which].at, bytes);
        if (!bigger)
            return NULL;
        b->buffer[which].at = bigger;
        b->buffer[which].bytes = bytes;
    }
    return b->buffer[which].at;
}

void names_thread_free(void *names)
{
    struct buffers *b = names;

    for (int i = 0; b && i < BUFFER_COUNT; i++)
        free(b->buffer[i].at);
    free(b);
}
