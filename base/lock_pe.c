/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include <windows.h>

_Static_assert(sizeof(SRWLOCK) == sizeof(struct lock), "struct lock holds an SRWLOCK");

void lock_take(struct lock *l) WS2_NO_ANALYSIS
{
    AcquireSRWLockExclusive((SRWLOCK *)&l->srw);
}

void lock_drop(struct lock *l) WS2_NO_ANALYSIS
{
    ReleaseSRWLockExclusive((SRWLOCK *)&l->srw);
}

void lock_take_shared(struct lock *l) WS2_NO_ANALYSIS
{
    AcquireSRWLockShared((SRWLOCK *)&l->srw);
}

void lock_drop_shared(struct lock *l) WS2_NO_ANALYSIS
{
    ReleaseSRWLockShared((SRWLOCK *)&l->srw);
}
