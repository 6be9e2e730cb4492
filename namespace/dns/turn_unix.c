/* SPDX-License-Identifier: MIT */
#include "namespace/dns/turn.h"

void turn_wait(struct turn *t, struct lock *held) WS2_NO_ANALYSIS
{
    pthread_cond_wait(&t->condition, &held->mutex);
}

void turn_wake_all(struct turn *t)
{
    pthread_cond_broadcast(&t->condition);
}
