/* SPDX-License-Identifier: MIT */
#include "namespace/dns/turn.h"

#include <windows.h>

_Static_assert(sizeof(CONDITION_VARIABLE) == sizeof(struct turn), "struct turn holds a CONDITION_VARIABLE");

void turn_wait(struct turn *t, struct lock *held) WS2_NO_ANALYSIS
{
    SleepConditionVariableSRW((CONDITION_VARIABLE *)&t->condition, (SRWLOCK *)&held->srw, INFINITE, 0);
}

void turn_wake_all(struct turn *t)
{
    WakeAllConditionVariable((CONDITION_VARIABLE *)&t->condition);
}
