/* SPDX-License-Identifier: MIT */
#include "catalog/policy.h"

#include <winsock2.h>
#include <windows.h>

#include <string.h>

static enum policy from_environment(const char *name)
{
    char text[16];
    DWORD chars = GetEnvironmentVariableA(name, text, sizeof text);

    if (!chars || chars >= sizeof text)
        return POLICY_UNSET;
    if (!strcmp(text, "bypass"))
        return POLICY_BYPASS;
    return strcmp(text, "strict") ? POLICY_UNSET : POLICY_STRICT;
}

enum policy policy_now(void)
{
    enum policy policy = from_environment("WS2KIT_POLICY");

    if (policy == POLICY_UNSET)
        policy = policy_stored();
    if (policy == POLICY_UNSET)
        policy = from_environment("WS2KIT_DEFAULT_POLICY");
    return policy == POLICY_BYPASS ? POLICY_BYPASS : POLICY_STRICT;
}
