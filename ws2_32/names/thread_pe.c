/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/thread_pe.h"

#include <stdlib.h>

#include "ws2_32/core/thread.h"

enum { SPARES = 4 };

struct buffers {
    void *spare[SPARES];
    int spares;
    struct {
        void *at;
        size_t bytes;
    } buffer[BUFFER_COUNT];
};

static struct buffers *own(void)
{
    struct thread *t = thread_get();

    if (t && !t->names)
        t->names = calloc(1, sizeof(struct buffers));
    return t ? t->names : NULL;
}

void *names_buffer(enum names_buffer which, size_t bytes)
{
    struct buffers *b = own();
    void *bigger;

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

void *names_block_new(size_t bytes)
{
    struct buffers *b = own();

    return b && b->spares ? b->spare[--b->spares] : malloc(bytes);
}

void names_block_free(void *block)
{
    struct buffers *b = own();

    if (b && b->spares < SPARES)
        b->spare[b->spares++] = block;
    else
        free(block);
}

void names_thread_free(void *names)
{
    struct buffers *b = names;

    for (int i = 0; b && i < BUFFER_COUNT; i++)
        free(b->buffer[i].at);
    while (b && b->spares)
        free(b->spare[--b->spares]);
    free(b);
}
