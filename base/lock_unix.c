/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

void lock_take(struct lock *l) WS2_NO_ANALYSIS
{
    pthread_mutex_lock(&l->mutex);
}

void lock_drop(struct lock *l) WS2_NO_ANALYSIS
{
    pthread_mutex_unlock(&l->mutex);
}

void lock_take_shared(struct lock *l) WS2_NO_ANALYSIS
{
    pthread_mutex_lock(&l->mutex);
}

void lock_drop_shared(struct lock *l) WS2_NO_ANALYSIS
{
    pthread_mutex_unlock(&l->mutex);
}
