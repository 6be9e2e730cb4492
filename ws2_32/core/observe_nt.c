/* SPDX-License-Identifier: MIT */
#define WIN32_NO_STATUS
#include "ws2_32/core/observe.h"
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <winternl.h>

#include <string.h>

#include "base/cancel.h"
#include "base/lock.h"
#include "base/observer.h"
#include "ws2_32/core/call.h"
#include "ws2_32/core/completion.h"
#include "ws2_32/core/handle.h"
#include "ws2_32/core/made_ports.h"
#include "ws2_32/core/patch.h"
#include "ws2_32/core/reflect.h"
#include "ws2_32/core/sockets.h"

NTSTATUS NTAPI NtDuplicateObject(HANDLE from_process, HANDLE from, HANDLE to_process, HANDLE *to,
                                 ACCESS_MASK access, ULONG attributes, ULONG options);

enum {
    TIED = 30,          /* FileCompletionInformation */
    MODES = 41,         /* FileIoCompletionNotificationInformation */
    TIED_TO_OTHER = 61, /* FileReplaceCompletionInformation */
};

struct tie {
    HANDLE port;
    ULONG_PTR key;
};

typedef NTSTATUS(NTAPI *set_information)(HANDLE, IO_STATUS_BLOCK *, void *, ULONG,
                                         ULONG);
typedef NTSTATUS(NTAPI *cancel)(HANDLE, IO_STATUS_BLOCK *);
typedef NTSTATUS(NTAPI *cancel_ex)(HANDLE, IO_STATUS_BLOCK *, IO_STATUS_BLOCK *);

typedef NTSTATUS(NTAPI *duplicate)(HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK, ULONG, ULONG);

typedef NTSTATUS(NTAPI *create_port)(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);
typedef NTSTATUS(NTAPI *remove_packet)(HANDLE, ULONG_PTR *, ULONG_PTR *, IO_STATUS_BLOCK *, LARGE_INTEGER *);
typedef NTSTATUS(NTAPI *remove_packets)(HANDLE, struct ws2_packet *, ULONG, ULONG *, const LARGE_INTEGER *, BOOLEAN);
typedef NTSTATUS(NTAPI *post_packet)(HANDLE, ULONG_PTR, ULONG_PTR, NTSTATUS, SIZE_T);
typedef NTSTATUS(NTAPI *close_handle)(HANDLE);

static void *real_set_information, *real_cancel, *real_cancel_ex, *real_duplicate;
static void *real_create_port, *real_remove, *real_remove_ex, *real_post, *real_close;
static BOOL all_seen, common_seen, handles_seen; /* the last two: all that a ws2_observer is to see */
static const struct ws2_observer *observer; /* written once; a hook that still finds NULL is as good as one before it */

static const struct ws2_observer *get_observer(void)
{
    return __atomic_load_n(&observer, __ATOMIC_ACQUIRE);
}

SOCKET observe_find(SOCKET handle)
{
    uintptr_t original;

    if (completion_known(handle))
        return handle;
    original = completion_original(handle);
    return original && completion_known(original) && handle_same(handle, original) ? original : 0;
}

/* The handle of completion_watch() that `handle` is, or is a duplicate of; 0: of none. */
static uintptr_t find_watched(HANDLE handle)
{
    uintptr_t original;

    if (completion_watched((uintptr_t)handle))
        return (uintptr_t)handle;
    original = completion_original((uintptr_t)handle);
    return original && completion_watched(original) && handle_same((SOCKET)handle, original) ? original : 0;
}

static void saw_tie(uintptr_t handle, const struct tie *tie)
{
    HANDLE self = GetCurrentProcess(), port = NULL;
    uintptr_t to_close;

    /* A handle of our own: the program may close its own while operations still end. */
    if (tie->port &&
        NtDuplicateObject(self, tie->port, self, &port, 0, 0, DUPLICATE_SAME_ACCESS))
        return;
    to_close = completion_tie(handle, (uintptr_t)port, tie->key);
    if (to_close)
        NtClose((HANDLE)to_close);
}

static NTSTATUS NTAPI on_set_information(HANDLE handle, IO_STATUS_BLOCK *iosb, void *info,
                                         ULONG bytes, ULONG class)
{
    set_information real = (set_information)real_set_information;
    NTSTATUS status = real(handle, iosb, info, bytes, class);
    uintptr_t own, watched;

    if (status || (class != TIED && class != MODES && class != TIED_TO_OTHER))
        return status;
    own = observe_find((SOCKET)handle);
    if (!own) {
        const struct tie *tie = info;

        if (!get_observer())
            made_ports_tied(class == MODES ? 0 : (uintptr_t)tie->port);
        else if (class == MODES)
            get_observer()->modes_set(handle, *(ULONG *)info);
        else
            get_observer()->tied(handle, tie->port, tie->key);
    }
    watched = own ? 0 : find_watched(handle);
    if (watched)
        own = watched;
    if (own && class == MODES)
        completion_set_modes(own, *(ULONG *)info);
    else if (own)
        saw_tie(own, info);
    return status;
}

/* The owner is asked as by any call of the program; only the last error is not ours to change. */
static BOOL cancel_own(SOCKET s, void *operation, BOOL own_thread_only)
{
    LPWSAOVERLAPPED reflected = reflect_get((HANDLE)s, operation);
    struct ws2_cancel request = { reflected ? reflected : operation, own_thread_only };
    DWORD last_error = GetLastError();
    DWORD found = 0, bytes;
    struct call c;

    if (!call_begin(&c, s)) {
        if (c.proc->lpWSPIoctl(s, SIO_WS2KIT_CANCEL, &request, sizeof request, &found,
                               sizeof found, &bytes, NULL, NULL, NULL, &c.err))
            found = 0;
        call_leave(&c);
    }
    if (reflected)
        reflect_put(reflected);
    SetLastError(last_error);
    return found != 0;
}

static NTSTATUS NTAPI on_cancel(HANDLE handle, IO_STATUS_BLOCK *iosb)
{
    SOCKET own = observe_find((SOCKET)handle);

    if (!own) {
        if (find_watched(handle))
            cancel_own((SOCKET)handle, NULL, TRUE);
        if (get_observer())
            get_observer()->cancel(handle, NULL, TRUE);
        return ((cancel)real_cancel)(handle, iosb);
    }
    cancel_own(own, NULL, TRUE);
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = 0;
    return STATUS_SUCCESS;
}

/* For CancelIoEx the IO_STATUS_BLOCK of the operation is its OVERLAPPED. */
static NTSTATUS NTAPI on_cancel_ex(HANDLE handle, IO_STATUS_BLOCK *operation, IO_STATUS_BLOCK *iosb)
{
    SOCKET own = observe_find((SOCKET)handle);
    BOOL found = FALSE;

    if (!own) {
        found = find_watched(handle) && cancel_own((SOCKET)handle, operation, FALSE);
        if (get_observer() && get_observer()->cancel(handle, operation, FALSE))
            found = TRUE;
        if (!found || !operation) {
            NTSTATUS status = ((cancel_ex)real_cancel_ex)(handle, operation, iosb);

            if (!found || status != STATUS_NOT_FOUND)
                return status;
        }
        iosb->Status = STATUS_SUCCESS;
        iosb->Information = 0;
        return STATUS_SUCCESS;
    }
    iosb->Status = cancel_own(own, operation, FALSE) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    iosb->Information = 0;
    return iosb->Status;
}

static NTSTATUS NTAPI on_duplicate(HANDLE from_process, HANDLE from, HANDLE to_process, HANDLE *to,
                                   ACCESS_MASK access, ULONG attributes, ULONG options)
{
    const struct ws2_observer *o = get_observer();
    HANDLE self = GetCurrentProcess();
    NTSTATUS status;

    if (o && from_process == self && options & DUPLICATE_CLOSE_SOURCE)
        o->closing(from);
    status = ((duplicate)real_duplicate)(from_process, from, to_process, to, access, attributes, options);
    if (status || from_process != self)
        return status;
    if (!o)
        made_ports_remove((uintptr_t)from);
    if (to_process == self && to)
        completion_duplicated((uintptr_t)*to, (uintptr_t)from);
    if (o && to && !(options & DUPLICATE_CLOSE_SOURCE))
        o->duplicated(from, to_process == self && !(attributes & OBJ_INHERIT) ? *to : NULL);
    return status;
}

/* ---- for the observer of WPUObserveHandles alone ---- */

static NTSTATUS NTAPI on_create_port(HANDLE *port, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes,
                                     ULONG threads)
{
    const struct ws2_observer *o = get_observer();
    NTSTATUS status = ((create_port)real_create_port)(port, access, attributes, threads);

    if (status || (attributes && (attributes->ObjectName || attributes->Attributes & OBJ_INHERIT)))
        return status;
    if (o)
        o->port_made(*port, 0, FALSE);
    else
        made_ports_add((uintptr_t)*port);
    return status;
}

/* A relative time made an absolute one, for who may have to wait more than once. */
static const LARGE_INTEGER *until(const LARGE_INTEGER *timeout, LARGE_INTEGER *room)
{
    FILETIME now;

    if (!timeout || timeout->QuadPart >= 0 || timeout->QuadPart == (LONGLONG)0x8000000000000000)
        return timeout;
    GetSystemTimeAsFileTime(&now);
    room->QuadPart = (LONGLONG)((ULONGLONG)now.dwHighDateTime << 32 | now.dwLowDateTime) - timeout->QuadPart;
    return room;
}

/*
 * From whom the packets come, and may come in the end, if an observer begins meanwhile. MADE_ASLEEP: got or told by the kernel, *status says
 * what. MADE_OVER: nothing yet.
 */
static enum made_port sleep_unobserved(HANDLE port, struct ws2_packet *packets, ULONG room, ULONG *count,
                                       const LARGE_INTEGER *timeout, BOOLEAN alertable, NTSTATUS *status)
{
    enum made_port known = made_ports_asleep((uintptr_t)port);

    if (known != MADE_ASLEEP)
        return known;
    *status = ((remove_packets)real_remove_ex)(port, packets, room, count, timeout, alertable);
    if (made_ports_awake((uintptr_t)port))
        return MADE_ASLEEP;
    *count = get_observer()->awake(port, packets, *status ? 0 : *count);
    return *status || *count ? MADE_ASLEEP : MADE_OVER;
}

/* FALSE: the kernel is to be asked as if nobody had looked. */
static BOOL remove_observed(HANDLE port, struct ws2_packet *packets, ULONG room, ULONG *count,
                            const LARGE_INTEGER *timeout, BOOLEAN alertable, NTSTATUS *status)
{
    enum made_port known = MADE_OVER;
    LARGE_INTEGER end;

    if (!get_observer()) {
        timeout = until(timeout, &end);
        known = sleep_unobserved(port, packets, room, count, timeout, alertable, status);
    }
    if (known == MADE_OVER)
        return get_observer() && get_observer()->remove(port, packets, room, count, timeout, alertable, status);
    return known == MADE_ASLEEP;
}

static NTSTATUS NTAPI on_remove(HANDLE port, ULONG_PTR *key, ULONG_PTR *context, IO_STATUS_BLOCK *iosb,
                                LARGE_INTEGER *timeout)
{
    struct ws2_packet packet;
    NTSTATUS status;
    ULONG count;

    if (!remove_observed(port, &packet, 1, &count, timeout, FALSE, &status))
        return ((remove_packet)real_remove)(port, key, context, iosb, timeout);
    if (!status) {
        *key = packet.key;
        *context = packet.context;
        iosb->Status = packet.status;
        iosb->Information = packet.bytes;
    }
    return status;
}

static NTSTATUS NTAPI on_remove_ex(HANDLE port, struct ws2_packet *packets, ULONG room, ULONG *count,
                                   const LARGE_INTEGER *timeout, BOOLEAN alertable)
{
    NTSTATUS status;

    if (!room || !remove_observed(port, packets, room, count, timeout, alertable, &status))
        return ((remove_packets)real_remove_ex)(port, packets, room, count, timeout, alertable);
    return status;
}

static NTSTATUS NTAPI on_post(HANDLE port, ULONG_PTR key, ULONG_PTR context, NTSTATUS status, SIZE_T bytes)
{
    struct ws2_packet packet = { .key = key, .context = context, .bytes = bytes };

    packet.status = status;
    if (get_observer() && get_observer()->post(port, &packet))
        return STATUS_SUCCESS;
    return ((post_packet)real_post)(port, key, context, status, bytes);
}

/*
 * A handle of WPUCreateSocketHandle ends as by closesocket(). Of others it is enough to know that they go: a layer closes its lower
 * sockets without a word to us. Before the call, since after it the value may be another socket's.
 */
static NTSTATUS NTAPI on_close(HANDLE handle)
{
    LONG status;

    if (reflect_close(handle, &status))
        return status;
    sockets_forget((uintptr_t)handle);
    if (get_observer())
        get_observer()->closing(handle);
    else
        made_ports_remove((uintptr_t)handle);
    return ((close_handle)real_close)(handle);
}

static void pin_ourselves(void)
{
    HMODULE self;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(void *)observe_begin, &self);
}

static BOOL look_over(const char *name, void *hook, void **real)
{
    void *function = (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);

    *real = function;
    if (patch_entry(function, hook, real))
        return TRUE;
    patch_import(GetModuleHandleW(L"kernelbase.dll"), function, hook);
    return FALSE;
}

/* What both kinds of looking need. */
static BOOL CALLBACK begin_common(INIT_ONCE *once, void *arg, void **result)
{
    (void)once, (void)arg, (void)result;
    pin_ourselves();
    all_seen = look_over("NtSetInformationFile", (void *)on_set_information,
                         &real_set_information);
    common_seen = all_seen;
    common_seen &= look_over("NtDuplicateObject", (void *)on_duplicate, &real_duplicate);
    common_seen &= look_over("NtCancelIoFile", (void *)on_cancel, &real_cancel);
    common_seen &= look_over("NtCancelIoFileEx", (void *)on_cancel_ex, &real_cancel_ex);
    common_seen &= look_over("NtClose", (void *)on_close, &real_close);
    return TRUE;
}

static void observe_common(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce(&once, begin_common, NULL, NULL);
}

static BOOL CALLBACK begin(INIT_ONCE *once, void *arg, void **result)
{
    (void)once, (void)arg, (void)result;
    observe_common();
    reflect_look_over(look_over);
    return TRUE;
}

/* ---- the end of the process ---- */

/* Who runs last in the list is asked first: each stands above those that it came to stand on before. */
enum { AT_EXIT = 16 };
static struct lock exit_lock;
static void (*at_exit[AT_EXIT])(void); /* guarded by exit_lock, as is the count */
static int at_exit_count;
static CRITICAL_SECTION exit_turn; /* a second thread that ends the process waits, and ends with it */
static void *real_terminate, *real_exit;

static void (*take_last(void))(void)
{
    void (*run)(void) = NULL;

    lock_take(&exit_lock);
    if (at_exit_count)
        run = at_exit[--at_exit_count];
    lock_drop(&exit_lock);
    return run;
}

static void run_at_exit(void)
{
    void (*run)(void);

    EnterCriticalSection(&exit_turn); /* and it is not left */
    while ((run = take_last()) != NULL)
        run();
}

/* ExitProcess() by way of kernel32, or Ctrl-C: nothing has been begun yet, no lock is held. */
static void WINAPI on_exit(DWORD code)
{
    run_at_exit();
    ((void(WINAPI *)(DWORD))real_exit)(code);
}

/*
 * All other ways begin with NULL for the process: the other threads end, this one goes on. They are all still there now, but the loader's lock is
 * held, so a thread that is made now does not begin.
 */
static NTSTATUS NTAPI on_terminate(HANDLE process, NTSTATUS status)
{
    if (!process)
        run_at_exit();
    return ((NTSTATUS(NTAPI *)(HANDLE, NTSTATUS))real_terminate)(process, status);
}

static BOOL CALLBACK begin_exit(INIT_ONCE *once, void *arg, void **result)
{
    (void)once, (void)arg, (void)result;
    pin_ourselves();
    InitializeCriticalSection(&exit_turn);
    real_exit = (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlExitUserProcess");
    patch_import(GetModuleHandleW(L"kernel32.dll"), real_exit, (void *)on_exit);
    patch_import(GetModuleHandleW(L"kernelbase.dll"), real_exit, (void *)on_exit);
    look_over("NtTerminateProcess", (void *)on_terminate, &real_terminate);
    return TRUE;
}

static void remove_at_exit(void (*run)(void)) WS2_REQUIRES(exit_lock)
{
    int kept = 0;

    for (int i = 0; i < at_exit_count; i++)
        if (at_exit[i] != run)
            at_exit[kept++] = at_exit[i];
    at_exit_count = kept;
}

BOOL observe_exit(void (*run)(void), BOOL on)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    BOOL room;

    InitOnceExecuteOnce(&once, begin_exit, NULL, NULL);
    lock_take(&exit_lock);
    remove_at_exit(run);
    room = at_exit_count < AT_EXIT;
    if (on && room)
        at_exit[at_exit_count++] = run;
    lock_drop(&exit_lock);
    return room;
}

void observe_begin(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce(&once, begin, NULL, NULL);
}

#ifdef _WIN64
static BOOL CALLBACK begin_handles(INIT_ONCE *once, void *arg, void **result)
{
    (void)once, (void)arg, (void)result;
    observe_common();
    handles_seen = common_seen && look_over("NtCreateIoCompletion", (void *)on_create_port, &real_create_port) &&
                   look_over("NtRemoveIoCompletion", (void *)on_remove, &real_remove) &&
                   look_over("NtRemoveIoCompletionEx", (void *)on_remove_ex, &real_remove_ex) &&
                   look_over("NtSetIoCompletion", (void *)on_post, &real_post);
    return TRUE;
}
#else
/* For base providers with a Unix half, which 64-bit processes alone can have: others gain nothing by it. */
static BOOL CALLBACK begin_handles(INIT_ONCE *once, void *arg, void **result)
{
    (void)once, (void)arg, (void)result;
    (void)on_create_port, (void)on_remove, (void)on_remove_ex, (void)on_post;
    return TRUE;
}
#endif

BOOL observe_handles(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce(&once, begin_handles, NULL, NULL);
    return handles_seen;
}

static const struct ws2_observer *newcomer; /* written once */

static void tell_of_port(uintptr_t port, unsigned asleep, bool tied)
{
    newcomer->port_made((HANDLE)port, asleep, tied);
}

static void publish(void)
{
    __atomic_store_n(&observer, newcomer, __ATOMIC_SEQ_CST);
}

int WSAAPI WPUObserveHandles(const struct ws2_observer *o, struct ws2_kernel *kernel)
{
    const struct ws2_observer *none = NULL;

    if (!o || !kernel || o->size != sizeof *o)
        return WSAEFAULT;
    if (!observe_handles())
        return WSAEOPNOTSUPP;
    kernel->remove_ex = (remove_packets)real_remove_ex;
    kernel->post = (post_packet)real_post;
    kernel->duplicate = (duplicate)real_duplicate;
    kernel->close = (close_handle)real_close;
    if (!__atomic_compare_exchange_n(&newcomer, &none, o, FALSE, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return WSAEALREADY;
    made_ports_end(tell_of_port, publish);
    return 0;
}

BOOL observe_all_seen(void)
{
    return all_seen;
}
