/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/race.h"

enum { WAITING, RUNNING, FAILED };

void race_init(struct race *r, size_t count, uint64_t now_ms)
{
    *r = (struct race){.count = count < RACE_MAX ? count : RACE_MAX, .next_ms = now_ms};
}

int race_start(struct race *r, uint64_t now_ms)
{
    int which = (int)r->started;

    if (r->started == r->count || now_ms < r->next_ms)
        return RACE_NONE;
    r->state[r->started++] = RUNNING;
    r->next_ms = now_ms + RACE_STAGGER_MS;
    return which;
}

void race_fail(struct race *r, int which)
{
    if (r->state[which] != RUNNING)
        return;
    r->state[which] = FAILED;
    r->failed++;
    if ((size_t)which + 1 == r->started) /* nobody else's head start is running */
        r->next_ms = 0;
}

bool race_is_alone(const struct race *r, int which)
{
    return r->failed + 1 == r->count && r->state[which] == RUNNING;
}

bool race_is_lost(const struct race *r)
{
    return r->failed == r->count;
}

uint64_t race_wait_ms(const struct race *r, uint64_t now_ms)
{
    if (r->started == r->count)
        return UINT64_MAX;
    return now_ms < r->next_ms ? r->next_ms - now_ms : 0;
}

/* The next index from *at on whose address is of that family; `count` if there is none. */
static size_t next_of(const bool *six, size_t count, size_t *at, bool want)
{
    while (*at < count && six[*at] != want)
        ++*at;
    return *at < count ? (*at)++ : count;
}

void race_interleave(const bool *six, size_t count, size_t *order)
{
    size_t at[2] = {0, 0};
    bool family = count && six[0];

    for (size_t n = 0; n < count; family = !family) {
        size_t i = next_of(six, count, &at[family], family);

        if (i < count)
            order[n++] = i;
    }
}
