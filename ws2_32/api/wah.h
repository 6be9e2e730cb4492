/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_API_WAH_H
#define WS2_32_API_WAH_H
/*
 * The Wah functions: once a DLL of their own (WS2HELP), now exports of ws2_32. Microsoft never published what they take; the names and the
 * number of arguments are all there is (spi.md 10.16). What they are for follows from that, and here it is done by the same
 * machinery that layers reach through upcalls. So this is ws2kit's contract, not Windows' own: a program that was written against Windows'
 * may expect other arguments. Nobody but WS2_32 and a few old layers ever called them.
 *
 * Those that return int return 0 or a Winsock code, which is the last error, too. Helpers are opened so that they can be closed:
 * the functions that take one refuse (WSA_INVALID_HANDLE) what is none of that kind. Needs no WSAStartup.
 */
#include <winsock2.h>
#include <ws2spi.h>

/* ---- sockets that are no provider's: a handle as WPUCreateSocketHandle makes it, without an owner ---- */
int WINAPI WahOpenHandleHelper(HANDLE *helper);
int WINAPI WahCloseHandleHelper(HANDLE helper);
int WINAPI WahCreateSocketHandle(HANDLE helper, SOCKET *s);
/* WSAENOTSOCK: not from WahCreateSocketHandle. CloseHandle does as well. */
int WINAPI WahCloseSocketHandle(HANDLE helper, SOCKET s);
/* The end of an operation, told by event and completion port as by WPUCompleteOverlappedRequest; `status`: a Winsock code or an NTSTATUS. */
int WINAPI WahCompleteRequest(HANDLE helper, SOCKET s, LPWSAOVERLAPPED ov, DWORD status, DWORD bytes);
/* Whether handles of this kind can be had at all. They always can: enabling is nothing, disabling is refused (WSAEOPNOTSUPP). */
int WINAPI WahEnableNonIFSHandleSupport(void);
int WINAPI WahDisableNonIFSHandleSupport(void);

/* ---- procedures for other threads: as WPUOpenCurrentThread, WPUCloseThread, WPUQueueApc ---- */
int WINAPI WahOpenApcHelper(HANDLE *helper);
int WINAPI WahCloseApcHelper(HANDLE helper);
int WINAPI WahOpenCurrentThread(HANDLE helper, LPWSATHREADID id);
int WINAPI WahCloseThread(HANDLE helper, LPWSATHREADID id);
int WINAPI WahQueueUserApc(HANDLE helper, LPWSATHREADID id, LPWSAUSERAPC routine, DWORD_PTR context);

/*
 * ---- changes of the catalog: as WSAProviderConfigChange ----
 * WahNotifyAllProcesses is not among these: each committed change tells all processes itself, and there is no other news to tell.
 */
int WINAPI WahOpenNotificationHandleHelper(HANDLE *helper);
int WINAPI WahCloseNotificationHandleHelper(HANDLE helper);
int WINAPI WahCreateNotificationHandle(HANDLE helper, HANDLE *notification);
int WINAPI WahWaitForNotification(HANDLE helper, HANDLE notification, LPWSAOVERLAPPED ov,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* ---- a table of what belongs to handles ---- */

/* What the caller keeps for a handle begins with this. The table counts; who takes the last count away frees it. */
struct wah_context {
    LONG refs; /* set by WahInsertHandleContext: the table's */
    HANDLE handle;
};

int WINAPI WahCreateHandleContextTable(void **table);
/* The contexts are the caller's still, with the table's count in them. */
int WINAPI WahDestroyHandleContextTable(void *table);
/* Returns `context`; NULL: no memory, or another one stands there for the handle (WSAEINVAL). */
struct wah_context *WINAPI WahInsertHandleContext(void *table, struct wah_context *context);
/* With a count for the caller; NULL: none (WSAENOTSOCK). */
struct wah_context *WINAPI WahReferenceContextByHandle(void *table, HANDLE handle);
/* Takes it out; the table's count goes to the caller. WSAENOTSOCK: it does not stand there. */
int WINAPI WahRemoveHandleContext(void *table, struct wah_context *context);
/* Calls for each until FALSE comes back, and returns what the last call did; TRUE for an empty table. No lock is held meanwhile. */
BOOL WINAPI WahEnumerateHandleContexts(void *table, BOOL(CALLBACK *each)(struct wah_context *context, void *arg), void *arg);

#endif
