/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_THREAD_H
#define WS2_32_CORE_THREAD_H
/*
 * What ws2_32 keeps per thread. Made at a thread's first need, freed when the thread ends.
 */
#include <winsock2.h>
#include <ws2spi.h>

struct thread {
    struct thread *next;       /* list of all threads; guarded by the thread lock */
    LONG volatile in_provider; /* calls into providers now on this thread's stack; written by it alone */
    WSATHREADID id;            /* what lpThreadId points to; opened at first need */
    int open_type;             /* SO_OPENTYPE */
    FARPROC blocking_hook;     /* 1.1 programs only */
    int in_hook, cancelled;
    char inet_ntoa_text[16];
    void *names;               /* buffers of gethostbyname and its kin; names/ owns and frees them */
};

/* This thread's record, or NULL when memory is out (the caller reports WSAENOBUFS). Keeps the last error. */
struct thread *thread_get(void);

/* Frees thread->names; in names/, called when a thread ends. May be called with NULL. */
void names_thread_free(void *names);

/* Sets the thread's last error to `err` and returns SOCKET_ERROR. */
int api_fail(int err);

/* 0 after a successful WSAStartup, else WSANOTINITIALISED. */
int startup_check(void);

#endif
