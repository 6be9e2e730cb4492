/* SPDX-License-Identifier: MIT */
#include "lookups.h"

HANDLE lookup;
union lookup_answer answer;

int next_result(DWORD flags)
{
    DWORD bytes = sizeof answer;

    return WSALookupServiceNextW(lookup, flags, &bytes, &answer.w);
}
