/* SPDX-License-Identifier: MIT */
/* What the server has for a port that is served here, and how all goes back to the server. */
#include "providers/tcpip/port_parts.h"

/* The key and context of a packet that only wakes a thread which sleeps in the server. */
static char wake_key, wake_context;

BOOL port_is_wake(const struct ws2_packet *p)
{
    return p->key == (ULONG_PTR)&wake_key && p->context == (ULONG_PTR)&wake_context;
}

ULONG port_drop_wakes(struct ws2_packet *packets, ULONG count)
{
    ULONG kept = 0;

    for (ULONG i = 0; i < count; i++) {
        if (!port_is_wake(&packets[i]))
            packets[kept++] = packets[i];
    }
    return kept;
}

/* ---- handing back ---- */

static struct lock visit_lock;
static struct port *visited; /* guarded by visit_lock */

static void give_receives(struct sock *k)
{
    if (k->port == visited)
        pend_to_device(k);
}

static void give_all_receives(struct port *p)
{
    lock_take(&visit_lock);
    visited = p;
    sock_each(give_receives);
    lock_drop(&visit_lock);
}

void port_leave_mode(struct port *p, enum port_mode mode)
{
    struct ws2_packet packet;
    BOOL left;

    lock_take(&p->server_lock);
    lock_take(&p->lock);
    left = p->mode == PORT_HERE;
    if (left) {
        while (port_take(p, &packet, 1)) {
            if (mode == PORT_RETIRED)
                port_post(p, &packet);
        }
        p->mode = mode;
    } else if (mode == PORT_RETIRED) {
        p->can_serve = FALSE;
    }
    lock_drop(&p->lock);
    lock_drop(&p->server_lock);
    if (!left)
        return;
    fast_wake(p->waker, TRUE);
    if (p->stop)
        SetEvent(p->stop);
    give_all_receives(p);
}

/* ---- what the server has ---- */

void port_wake_sleeper(struct port *p)
{
    port_kernel.post(p->own, (ULONG_PTR)&wake_key, (ULONG_PTR)&wake_context, 0, 0);
}

ULONG port_fetch(struct port *p, ULONG most)
{
    struct ws2_packet packets[BATCH];
    LARGE_INTEGER now = { .QuadPart = 0 };
    ULONG got = 0, fetched = 0, wakes = 0;
    BOOL wake;

    lock_take(&p->server_lock);
    if (p->mode == PORT_HERE && port_kernel.remove_ex(p->own, packets, most, &got, &now, FALSE))
        got = 0;
    lock_take(&p->lock);
    for (ULONG i = 0; i < got; i++) {
        if (port_is_wake(&packets[i])) {
            wakes++;
            continue;
        }
        if (p->expected_count)
            port_came(p, NULL, (void *)packets[i].context);
        if (port_append(p, &packets[i]))
            fetched++;
    }
    wake = fetched && p->waiting;
    if (wakes > p->sleepers)
        wakes = p->sleepers;
    lock_drop(&p->lock);
    lock_drop(&p->server_lock);
    if (wake)
        fast_wake(p->waker, TRUE);
    if (wakes) { /* they were for others, who are only about to take them */
        while (wakes--)
            port_wake_sleeper(p);
        Sleep(1);
    }
    return fetched;
}

/* So that a process can end whose other threads have: nobody needs a pump who has not wanted a packet for so long. */
enum { PUMP_IDLE_MS = 10000 };

static BOOL pump_may_end(struct port *p, BOOL idle, ULONG *calls)
{
    BOOL end;

    lock_take(&p->lock);
    end = p->mode != PORT_HERE || (idle && !p->waiting && p->calls == *calls);
    *calls = p->calls;
    if (end)
        p->pumping = FALSE;
    lock_drop(&p->lock);
    return end;
}

static DWORD WINAPI pump(void *arg)
{
    struct port *p = arg;
    HANDLE on[2] = { p->stop, p->own };
    ULONG calls = 0;
    BOOL idle = FALSE;

    while (!pump_may_end(p, idle, &calls)) {
        DWORD what = WaitForMultipleObjects(2, on, FALSE, PUMP_IDLE_MS);

        idle = what == WAIT_TIMEOUT;
        if (what == WAIT_OBJECT_0 + 1)
            port_fetch(p, 1);
    }
    port_put(p);
    return 0;
}

BOOL port_run_thread(LPTHREAD_START_ROUTINE fn, void *arg)
{
    DWORD code = GetLastError();
    HANDLE thread = CreateThread(NULL, 0x40000, fn, arg, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

    if (thread)
        CloseHandle(thread);
    SetLastError(code);
    return thread != NULL;
}

BOOL port_pump(struct port *p)
{
    BOOL start;

    lock_take(&p->lock);
    start = !p->pumping && p->mode == PORT_HERE;
    if (start)
        p->pumping = TRUE;
    lock_drop(&p->lock);
    if (!start)
        return TRUE;
    InterlockedIncrement(&p->refs);
    if (port_run_thread(pump, p))
        return TRUE;
    lock_take(&p->lock);
    p->pumping = FALSE;
    lock_drop(&p->lock);
    port_put(p);
    return FALSE;
}
