/* SPDX-License-Identifier: MIT */
#include "catalog/policy.h"

#include <stddef.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/reg.h"

static const char parameters_path[] = "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";
static const char value_name[] = "ws2kit_Policy";
static const uint16_t bypass[] = {'b', 'y', 'p', 'a', 's', 's', 0}, strict[] = {'s', 't', 'r', 'i', 'c', 't', 0};

enum policy policy_stored(void)
{
    uint16_t text[16] = {0};
    struct reg_key *key;
    uint32_t type;
    size_t bytes;
    int err = reg_open(NULL, parameters_path, &key);

    if (err)
        return POLICY_UNSET;
    err = reg_get(key, value_name, &type, text, sizeof text - 2, &bytes);
    reg_close(key);
    if (!err && !memcmp(text, bypass, sizeof bypass))
        return POLICY_BYPASS;
    return !err && !memcmp(text, strict, sizeof strict) ? POLICY_STRICT : POLICY_UNSET;
}

int policy_store(enum policy policy)
{
    struct reg_key *key;
    int err = reg_create(NULL, parameters_path, &key);

    if (err)
        return err;
    err = reg_set(key, value_name, REG_TYPE_STRING, policy == POLICY_BYPASS ? bypass : strict, sizeof bypass);
    reg_close(key);
    return err;
}
