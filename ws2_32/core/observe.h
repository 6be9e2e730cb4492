/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_OBSERVE_H
#define WS2_32_CORE_OBSERVE_H
/*
 * Seeing what a program does to a handle of WPUCreateSocketHandle behind Winsock's back: tie it to a completion port, set its
 * notification modes, duplicate it, cancel its operations, close it, read and write it as a file. The kernel tells nobody, so
 * functions of ntdll are looked over the shoulder: NtSetInformationFile, NtDuplicateObject, NtCancelIoFile, NtCancelIoFileEx, NtClose,
 * and those of reflect.h.
 *
 * A base provider may ask for more (base/observer.h), and what it is told must begin before the first socket, and so before there is a
 * provider: WSAStartup() has the completion ports watched. Until somebody wants to know of them, that is a look at a flag for each call.
 */
#include <winsock2.h>

/* From the first WPUCreateSocketHandle. Idempotent. */
void observe_begin(void);

/* From WSAStartup. Idempotent. FALSE: what base/observer.h promises cannot be had here. */
BOOL observe_handles(void);

/* The private upcall of base/observer.h. */
struct ws2_observer;
struct ws2_kernel;
int WSAAPI WPUObserveHandles(const struct ws2_observer *o, struct ws2_kernel *kernel);

/*
 * `run` is called once when the process begins to end, on the thread that ends it, while all others still run. Those that were asked for last are
 * called first; asking again is asking last. `on` FALSE: no more. Where ExitProcess() did not come by way of kernel32 or kernelbase the loader's lock is
 * held meanwhile. Not called by TerminateProcess(), nor on other ways where the stub of the system call is unknown. FALSE: no room.
 */
BOOL observe_exit(void (*run)(void), BOOL on);

/* Every association is seen, however it is made. False: only those that kernelbase's own functions make, or none. */
BOOL observe_all_seen(void);

/* The handle of WPUCreateSocketHandle that `handle` is or is a duplicate of, or 0. */
SOCKET observe_find(SOCKET handle);

#endif
