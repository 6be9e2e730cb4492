/* SPDX-License-Identifier: MIT */
#ifndef WS2_BASE_OBSERVER_H
#define WS2_BASE_OBSERVER_H
/*
 * A private upcall, for which the service-provider interface has no place: what the process does to its handles behind
 * Winsock's back. Only one component of a process can look ntdll over the shoulder, and that is ws2_32 (core/observe_nt.c); it
 * exports
 *
 *     int WSAAPI WPUObserveHandles(const struct ws2_observer *observer, struct ws2_kernel *kernel);
 *
 * by name. A base provider finds it by GetProcAddress() in the module ws2_32.dll, and has to work as well where there is none
 * or where it refuses: WSAEALREADY (there is one observer in a process), WSAEOPNOTSUPP (the functions' entries are not what we know,
 * 32-bit among them), WSAEFAULT (another size of this struct). On 0 the observer is called from then on, by any thread, with
 * whatever locks that thread holds, until the process ends: the observer's module must never be unloaded.
 *
 * In *kernel come the same functions without their observer.
 */
#include <winsock2.h>

/* A completion packet as GetQueuedCompletionStatusEx() has it. */
struct ws2_packet {
    ULONG_PTR key, context; /* context: the OVERLAPPED */
    union {
        LONG status;
        void *pad;
    };
    ULONG_PTR bytes;
};

struct ws2_observer {
    DWORD size; /* of this struct: its version */

    /*
     * An unnamed completion port that children do not inherit was made. So many threads are asleep in the kernel for it, and something may
     * be tied to it already; both only when the port is older than the observer.
     */
    void (*port_made)(HANDLE port, ULONG asleep, BOOL tied);
    /*
     * One of those threads is awake, and has got these packets (or none). Takes out those that were only to wake it and returns how many are
     * left. `port` may be closed.
     */
    ULONG (*awake)(HANDLE port, struct ws2_packet *packets, ULONG count);
    /* `file` was tied to `port`, or its notification modes were set. */
    void (*tied)(HANDLE file, HANDLE port, ULONG_PTR key);
    void (*modes_set)(HANDLE file, ULONG modes);
    /* A handle of this process was duplicated; `to` is NULL when the duplicate is in another process. */
    void (*duplicated)(HANDLE from, HANDLE to);
    /* `handle` is about to be closed. */
    void (*closing)(HANDLE handle);

    /*
     * NtRemoveIoCompletion(Ex). TRUE: done, with *status, and *count packets on success. FALSE: the kernel is to do it.
     */
    BOOL (*remove)(HANDLE port, struct ws2_packet *packets, ULONG room, ULONG *count,
                   const LARGE_INTEGER *timeout, BOOL alertable, LONG *status);
    /* NtSetIoCompletion. FALSE: the kernel is to do it. */
    BOOL (*post)(HANDLE port, const struct ws2_packet *packet);
    /*
     * NtCancelIoFile (`own_thread_only`) or NtCancelIoFileEx; `operation` NULL: all. TRUE: found, and the kernel need not be
     * asked. What was found when all were meant is cancelled as well, but the answer is FALSE.
     */
    BOOL (*cancel)(HANDLE file, void *operation, BOOL own_thread_only);
};

struct ws2_kernel {
    LONG(WINAPI *remove_ex)(HANDLE port, struct ws2_packet *packets, ULONG room, ULONG *count,
                            const LARGE_INTEGER *timeout, BOOLEAN alertable);
    LONG(WINAPI *post)(HANDLE port, ULONG_PTR key, ULONG_PTR context, LONG status, SIZE_T bytes);
    LONG(WINAPI *duplicate)(HANDLE from_process, HANDLE from, HANDLE to_process, HANDLE *to,
                            ACCESS_MASK access, ULONG attributes, ULONG options);
    LONG(WINAPI *close)(HANDLE handle);
};

typedef int(WSAAPI *ws2_observe_handles)(const struct ws2_observer *observer, struct ws2_kernel *kernel);

#endif
