/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_THREAD_H
#define WS2_32_CORE_THREAD_H
/*
 * What ws2_32 keeps per thread. Made at a thread's first need, freed when the thread ends.
 */
#include <winsock2.h>
#include <ws2spi.h>

struct provider;

enum { THREAD_FRAMES = 16 };

struct thread {
    struct thread *next;       /* list of all threads; guarded by the thread lock */
    LONG volatile in_provider; /* calls into providers now on this thread's stack; written by it alone */
    const void *frame[THREAD_FRAMES]; /* where on the stack each of those calls stands, outermost first */
    DWORD tid;
    WSATHREADID id;            /* use thread_id() */
    int open_type;             /* SO_OPENTYPE */
    FARPROC blocking_hook;     /* 1.1 programs only */
    int in_hook, cancelled;
    struct provider *current;  /* the innermost provider that this thread is in, for WSACancelBlockingCall */
    DWORD socket_flags;        /* dwFlags of the WSASocket in progress, for WPUCreateSocketHandle */
    char inet_ntoa_text[16];
    void *names;               /* buffers of gethostbyname and its kin; names/ owns and frees them */
};

/* This thread's record, or NULL when memory is out (the caller reports WSAENOBUFS). Keeps the last error. */
struct thread *thread_get(void);

/*
 * Calls that an exception has torn down are over: the stack grows downwards, so what stands at or below `here`, an address in the frame of
 * a call that begins now, is none that still runs. Without this, a program that survives a provider's crash could never unload it.
 */
void thread_drop_torn(struct thread *t, const void *here);

/*
 * What providers get as lpThreadId. Opened at the first need, since it costs a request to the server; NULL when that
 * fails. A copy of it stays good for WPUQueueApc until the thread ends, and is recognised as dead afterwards.
 */
LPWSATHREADID thread_id(struct thread *t);

/* Queues an APC to the thread that a copy of `id` names. False: no such thread any more, or never. */
BOOL thread_queue_apc(const WSATHREADID *id, LPWSAUSERAPC routine, DWORD_PTR context);
BOOL thread_id_valid(const WSATHREADID *id);

/* Calls into providers that other threads are in now. */
BOOL thread_others_in_provider(void);

/*
 * Every store that another thread has made before now is seen after this call, and what this thread has stored is seen by every load that
 * another one makes later. Stops each of them for a moment; for rare occasions.
 */
void thread_fence_others(void);

/* From DllMain. */
BOOL thread_process_attach(void);
void thread_process_detach(void);
void thread_detach(void);

/* Frees thread->names; in names/, called when a thread ends. May be called with NULL. */
void names_thread_free(void *names);

/* Sets the thread's last error to `err` and returns SOCKET_ERROR. */
int api_fail(int err);

/* 0 after a successful WSAStartup, else WSANOTINITIALISED. WSAEINPROGRESS inside a 1.1 program's blocking hook. */
int startup_check(void);

#endif
