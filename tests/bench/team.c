/* SPDX-License-Identifier: MIT */
#include "team.h"
#include "port.h"

#ifdef _WIN32
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE change = CONDITION_VARIABLE_INIT;
#define LOCK()   AcquireSRWLockExclusive(&lock)
#define UNLOCK() ReleaseSRWLockExclusive(&lock)
#define WAIT()   SleepConditionVariableSRW(&change, &lock, INFINITE, 0)
#define WAKE()   WakeAllConditionVariable(&change)
#else
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
#define LOCK()   pthread_mutex_lock(&lock)
#define UNLOCK() pthread_mutex_unlock(&lock)
#define WAIT()   pthread_cond_wait(&change, &lock)
#define WAKE()   pthread_cond_broadcast(&change)
#endif

static int team, busy;           /* all guarded by lock */
static long round_number;
static void (*job)(void *arg);
static void *job_arg;

static THREAD_RUN member(void *unused)
{
    long done = 0;

    (void)unused;
    for (;;) {
        void (*work)(void *arg);
        void *arg;

        LOCK();
        while (round_number == done)
            WAIT();
        done = round_number;
        work = job;
        arg = job_arg;
        UNLOCK();
        work(arg);
        LOCK();
        if (!--busy)
            WAKE();
        UNLOCK();
    }
    return 0;
}

void team_run(int threads, void (*work)(void *arg), void *arg)
{
    for (; team < threads; team++)
        thread_start(member, NULL);
    LOCK();
    job = work;
    job_arg = arg;
    busy = team;
    round_number++;
    WAKE();
    while (busy)
        WAIT();
    UNLOCK();
}
