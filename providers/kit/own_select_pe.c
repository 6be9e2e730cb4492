/* SPDX-License-Identifier: MIT */
/*
 * Readiness, of a layer with sockets of its own: sets and arrays are translated on the way down and back. With a relay there are
 * connections among them, which stay as they are. WSAEventSelect
 * needs nothing, since an event object knows no sockets. The messages of WSAAsyncSelect name the lower handle, so they go to a
 * window of ours first, and from there to the program's.
 */
#include "providers/kit/own.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* ---- select ---- */

enum { SETS = 3 };

struct translation {
    fd_set *upper[SETS], *lower[SETS];
    const WSPPROC_TABLE *asked; /* of the first socket, or of the first one that datagrams travel to: its `lower` is the base's, who knows all */
    BOOL travels;
};

static int down(struct translation *t, int k)
{
    u_int count = t->upper[k]->fd_count;

    t->lower[k] = malloc(offsetof(fd_set, fd_array) + (count + 1) * sizeof(SOCKET));
    if (!t->lower[k])
        return WSAENOBUFS;
    t->lower[k]->fd_count = 0;
    for (u_int i = 0; i < count; i++) {
        SOCKET s = t->upper[k]->fd_array[i];
        struct own_socket *o = own_get(s);
        struct chain *c = o ? o->chain : ws2kit_layer.relay ? chain_of(s) : NULL;
        BOOL travels = o && o->travel;

        if (!c)
            return WSAENOTSOCK;
        if (!t->asked || travels > t->travels)
            t->asked = o ? o->table : &c->next;
        t->travels |= travels;
        t->lower[k]->fd_array[t->lower[k]->fd_count++] = o ? o->lower : s;
        if (o)
            own_put(o);
    }
    return 0;
}

/* In the program's order, which select keeps. */
static void up(fd_set *upper, const fd_set *lower)
{
    u_int kept = 0;

    for (u_int i = 0; i < upper->fd_count; i++) {
        struct own_socket *o = own_get(upper->fd_array[i]);
        SOCKET below = o ? o->lower : upper->fd_array[i];
        BOOL ready = FALSE;

        for (u_int k = 0; !ready && k < lower->fd_count; k++)
            ready = lower->fd_array[k] == below;
        for (u_int k = 0; ready && k < kept; k++)
            ready = upper->fd_array[k] != upper->fd_array[i]; /* named twice: counts once */
        if (ready)
            upper->fd_array[kept++] = upper->fd_array[i];
        if (o)
            own_put(o);
    }
    upper->fd_count = kept;
}

int WSPAPI own_Select(int n, fd_set *rd, fd_set *wr, fd_set *ex, const PTIMEVAL timeout,
                      LPINT err)
{
    struct translation t = { .upper = { rd, wr, ex } };
    int result = SOCKET_ERROR;

    *err = 0;
    for (int k = 0; !*err && k < SETS; k++)
        if (t.upper[k])
            *err = down(&t, k);
    if (!*err && !t.asked)
        *err = WSAEINVAL;
    if (!*err)
        result = t.asked->lpWSPSelect(n, t.lower[0], t.lower[1], t.lower[2], timeout, err);
    for (int k = 0; k < SETS; k++) {
        if (result != SOCKET_ERROR && t.upper[k])
            up(t.upper[k], t.lower[k]);
        free(t.lower[k]);
    }
    return result;
}

/* ---- WSAPoll ---- */

int own_poll(const WSPPROC_TABLE *table, SOCKET any, void *in, DWORD in_bytes, void *out, DWORD out_bytes,
             LPDWORD returned, LPINT err)
{
    WSAPOLLDATA *asked = in, *answer = out, *lower;
    int result;

    if (!in || !out || in_bytes < offsetof(WSAPOLLDATA, fdArray) || out_bytes < in_bytes ||
        asked->fds > (in_bytes - offsetof(WSAPOLLDATA, fdArray)) / sizeof(WSAPOLLFD))
        return own_fail(err, WSAEFAULT);
    lower = malloc(in_bytes);
    if (!lower)
        return own_fail(err, WSAENOBUFS);
    memcpy(lower, in, in_bytes);
    for (ULONG i = 0; i < lower->fds; i++) {
        struct own_socket *each = own_get(lower->fdArray[i].fd);

        if (each || !ws2kit_layer.relay)
            lower->fdArray[i].fd = each ? each->lower : INVALID_SOCKET;
        if (each && each->travel) {
            table = each->table;
            any = each->lower;
        }
        if (each)
            own_put(each);
    }
    result = table->lpWSPIoctl(any, SIO_EXT_POLL, lower, in_bytes, lower, in_bytes, returned, NULL, NULL, NULL, err);
    if (!result) {
        memmove(answer, in, in_bytes);
        answer->result = lower->result;
        for (ULONG i = 0; i < lower->fds; i++)
            answer->fdArray[i].revents = lower->fdArray[i].revents;
    }
    free(lower);
    return result;
}

/* ---- WSAAsyncSelect ---- */

enum { FIRST_MESSAGE = 0x8000 /* WM_APP */, MESSAGES = 0x4000 };

/* user32 comes with the first selection: programs without windows do not load it. */
static struct {
    BOOL(WINAPI *get)(LPMSG, HWND, UINT, UINT);
    HWND(WINAPI *create)(DWORD, LPCWSTR, LPCWSTR, DWORD, int, int, int, int, HWND, HMENU, HINSTANCE,
                         LPVOID);
    BOOL(WINAPI *is_window)(HWND);
    HWND window;
    HANDLE ready;
} user;

/* Messages of an earlier selection carry an earlier number, and are dropped. */
static void forward(const MSG *message)
{
    struct own_socket *o = own_get_by_lower(message->wParam);
    HWND window = NULL;
    UINT to = 0;

    if (!o)
        return;
    own_lock();
    if (message->message == FIRST_MESSAGE + o->serial % MESSAGES) {
        window = o->window;
        to = o->message;
    }
    own_unlock();
    if (window)
        upcalls.lpWPUPostMessage(window, to, o->upper, message->lParam);
    own_put(o);
}

static DWORD WINAPI pump(void *unused)
{
    MSG message;

    (void)unused;
    user.window = user.create(0, L"Static", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    SetEvent(user.ready);
    while (user.window && user.get(&message, NULL, 0, 0) > 0)
        if (message.message >= FIRST_MESSAGE && message.message < FIRST_MESSAGE + MESSAGES)
            forward(&message);
    return 0;
}

static BOOL CALLBACK start_pump(INIT_ONCE *once, void *arg, void **result)
{
    HMODULE module = LoadLibraryW(L"user32.dll"), self;
    HANDLE thread = NULL;

    (void)once, (void)arg, (void)result;
    if (module) {
        user.get = (void *)GetProcAddress(module, "GetMessageW");
        user.create = (void *)GetProcAddress(module, "CreateWindowExW");
    }
    if (module)
        user.is_window = (void *)GetProcAddress(module, "IsWindow");
    user.ready = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (user.get && user.create && user.is_window && user.ready)
        thread = CreateThread(NULL, 0, pump, NULL, 0, NULL);
    if (!thread)
        return FALSE;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(void *)start_pump, &self);
    WaitForSingleObject(user.ready, INFINITE);
    CloseHandle(thread);
    return user.window != NULL;
}

static int select_messages(struct own_socket *o, HWND window, UINT message, long events, LPINT err)
{
    UINT serial;

    own_lock();
    o->window = events ? window : NULL;
    o->message = message;
    o->events = events;
    serial = ++o->serial;
    own_unlock();
    return o->table->lpWSPAsyncSelect(o->lower, user.window, FIRST_MESSAGE + serial % MESSAGES, events, err);
}

int WSPAPI own_AsyncSelect(SOCKET s, HWND window, unsigned message, long events, LPINT err)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    if (!InitOnceExecuteOnce(&once, start_pump, NULL, NULL))
        result = own_fail(err, WSAENOBUFS);
    else if (events && !user.is_window(window))
        result = own_fail(err, WSAEINVAL);
    else
        result = select_messages(o, window, message, events, err);
    own_put(o);
    return result;
}

/*
 * The lower socket has inherited the lower listener's selection already; selecting again gives it a number of its own and has
 * what came in the meantime reported again.
 */
void own_inherit(struct own_socket *o, struct own_socket *parent)
{
    HWND window;
    UINT message;
    long events;
    int ignored;

    own_lock();
    window = parent->window;
    message = parent->message;
    events = parent->events;
    if (!o->window)
        o->serial = parent->serial; /* so that the next number is none that inherited messages carry */
    own_unlock();
    if (window && events)
        select_messages(o, window, message, events, &ignored);
}
