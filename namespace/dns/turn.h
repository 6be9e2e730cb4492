/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_TURN_H
#define WS2_DNS_TURN_H
/* Waiting for another thread under a struct lock: a condition variable, usable after zero-initialisation. */
#include "base/lock.h"

#ifdef _WIN32
struct turn {
    void *condition; /* a CONDITION_VARIABLE */
};
#else
struct turn {
    pthread_cond_t condition;
};
#endif

void turn_wait(struct turn *t, struct lock *held) WS2_REQUIRES(*held); /* may come back for nothing */
void turn_wake_all(struct turn *t);

#endif
