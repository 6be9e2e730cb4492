/* SPDX-License-Identifier: MIT */
#ifndef WS2_BASE_LOCK_H
#define WS2_BASE_LOCK_H
/*
 * A mutex of one pointer, usable after zero-initialisation, never destroyed: an SRW lock in a DLL,
 * a pthread mutex on the Linux host. Not recursive.
 *
 * The WS2_* macros are Clang's thread-safety attributes; `clang -Wthread-safety` checks them.
 *
 * Lock order (take left before right; most code holds one lock only):
 *   startup lock > provider lock > socket table lock
 * Nothing foreign is called with any of them held: no provider, application callback, upcall,
 * LoadLibrary or registry.
 */
#ifdef __clang__
#define WS2_ATTR(x) __attribute__((x))
#else
#define WS2_ATTR(x)
#endif
#define WS2_CAPABILITY   WS2_ATTR(capability("mutex"))
#define WS2_ACQUIRE(...) WS2_ATTR(acquire_capability(__VA_ARGS__))
#define WS2_RELEASE(...) WS2_ATTR(release_capability(__VA_ARGS__))
#define WS2_ACQUIRE_SHARED(...) WS2_ATTR(acquire_shared_capability(__VA_ARGS__))
#define WS2_RELEASE_SHARED(...) WS2_ATTR(release_shared_capability(__VA_ARGS__))
#define WS2_REQUIRES(...) WS2_ATTR(requires_capability(__VA_ARGS__))
#define WS2_EXCLUDES(...) WS2_ATTR(locks_excluded(__VA_ARGS__))
#define WS2_NO_ANALYSIS  WS2_ATTR(no_thread_safety_analysis)

#ifdef _WIN32
struct WS2_CAPABILITY lock {
    void *srw; /* an SRWLOCK */
};
#else
#include <pthread.h>
struct WS2_CAPABILITY lock {
    pthread_mutex_t mutex;
};
#endif

void lock_take(struct lock *l) WS2_ACQUIRE(*l);
void lock_drop(struct lock *l) WS2_RELEASE(*l);

/*
 * For those who only read what the lock guards: several hold it at once (on the host one at a time, which is as good). Worth it where
 * every thread of a program comes by.
 */
void lock_take_shared(struct lock *l) WS2_ACQUIRE_SHARED(*l);
void lock_drop_shared(struct lock *l) WS2_RELEASE_SHARED(*l);

#endif
