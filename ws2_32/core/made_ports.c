/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/made_ports.h"

#include <stddef.h>

#include "base/lock.h"

/* More than a program makes before its first socket; those beyond are served by the kernel. */
enum { PORTS_MAX = 64 };

struct made {
    uintptr_t port;
    unsigned asleep;
    bool tied;
};

static struct lock lock;
static struct made made[PORTS_MAX]; /* all guarded by lock */
static unsigned count;
static bool over;

static struct made *find(uintptr_t port) WS2_REQUIRES(lock)
{
    for (unsigned i = 0; i < count; i++) {
        if (made[i].port == port)
            return &made[i];
    }
    return NULL;
}

void made_ports_add(uintptr_t port)
{
    lock_take(&lock);
    if (!over && count < PORTS_MAX)
        made[count++] = (struct made){ port, 0, false };
    lock_drop(&lock);
}

void made_ports_remove(uintptr_t port)
{
    struct made *m;

    if (!__atomic_load_n(&count, __ATOMIC_RELAXED)) /* every handle that is closed comes by */
        return;
    lock_take(&lock);
    m = find(port);
    if (m)
        *m = made[--count];
    lock_drop(&lock);
}

void made_ports_tied(uintptr_t port)
{
    struct made *m;

    lock_take(&lock);
    m = find(port);
    if (m)
        m->tied = true;
    lock_drop(&lock);
}

enum made_port made_ports_asleep(uintptr_t port)
{
    enum made_port answer = MADE_UNKNOWN;
    struct made *m;

    lock_take(&lock);
    m = over ? NULL : find(port);
    if (m) {
        m->asleep++;
        answer = MADE_ASLEEP;
    } else if (over) {
        answer = MADE_OVER;
    }
    lock_drop(&lock);
    return answer;
}

bool made_ports_awake(uintptr_t port)
{
    struct made *m;
    bool ours;

    lock_take(&lock);
    m = find(port);
    if (m && m->asleep)
        m->asleep--;
    ours = !over;
    lock_drop(&lock);
    return ours;
}

void made_ports_end(void (*tell)(uintptr_t port, unsigned asleep, bool tied), void (*publish)(void))
{
    lock_take(&lock);
    for (unsigned i = 0; i < count; i++)
        tell(made[i].port, made[i].asleep, made[i].tied);
    count = 0;
    over = true;
    publish();
    lock_drop(&lock);
}
