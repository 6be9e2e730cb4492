/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/options_rules.h"

#include <stddef.h>
#include <string.h>

#include "base/wsaerr.h"

enum { FAMILY_INET6 = 23, TYPE_STREAM = 1, TYPE_DGRAM = 2, TYPE_RAW = 3 };

static const struct option_rule rules[] = {
#include "providers/tcpip/options_table.h"
};

static const struct option_rule *row(int level, int name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].level == level && rules[i].name == (uint32_t)name)
            return &rules[i];
    return NULL;
}

static bool level_known(int level, struct option_socket sock)
{
    switch (level) {
    case OPTION_LEVEL_SOCKET:
    case OPTION_LEVEL_IP:
        return true;
    case OPTION_LEVEL_TCP:
        return sock.type == TYPE_STREAM;
    case OPTION_LEVEL_IPV6:
        return sock.family == FAMILY_INET6;
    }
    return false;
}

const struct option_rule *option_find(int level, int name, struct option_socket sock, bool set,
                                      int *err)
{
    const struct option_rule *rule = row(level, name);
    unsigned f = rule ? rule->flags : 0;

    *err = 0;
    if (!level_known(level, sock) && !(f & OPTION_ANY_FAMILY))
        *err = WSAEINVAL;
    else if (!rule || (f & (set ? OPTION_NO_SET : OPTION_NO_GET)))
        *err = WSAENOPROTOOPT;
    else if ((f & OPTION_NOT_DGRAM) && sock.type == TYPE_DGRAM)
        *err = WSAENOPROTOOPT;
    else if (((f & OPTION_NOT_STREAM) && sock.type == TYPE_STREAM) ||
             ((f & OPTION_ONLY_RAW) && sock.type != TYPE_RAW) ||
             ((f & OPTION_ONLY_DGRAM) && sock.type != TYPE_DGRAM) ||
             (f & (set ? OPTION_BAD_SET : OPTION_BAD_GET)))
        *err = WSAEINVAL;
    return *err ? NULL : rule;
}

static bool takes_short(const struct option_rule *rule)
{
    return rule->shape <= SHAPE_SHORT;
}

/* The value in the low `bytes` bytes, the way a little-endian processor reads a shorter integer. */
static uint32_t read_int(const uint8_t *from, int bytes)
{
    uint32_t value = 0;

    memcpy(&value, from, bytes < 4 ? bytes : 4);
    return value;
}

static int take_int(const struct option_rule *rule, const uint8_t *from, int bytes, uint32_t *value)
{
    *value = read_int(from, rule->shape == SHAPE_FLAG ? 1 : bytes);
    if (rule->shape == SHAPE_FLAG || rule->shape == SHAPE_BOOL)
        *value = *value != 0;

    if ((rule->flags & OPTION_MINUS_ONE) && bytes >= 4 && *value == UINT32_MAX)
        return 0;
    if ((rule->shape == SHAPE_BYTE || (rule->flags & OPTION_SMALL)) && *value > 255)
        return WSAEINVAL;
    if ((rule->flags & OPTION_NOT_ZERO) && !*value)
        return WSAEINVAL;
    return 0;
}

int option_reads(const struct option_rule *rule, int bytes)
{
    int most = rule->shape != SHAPE_RAW ? 4 : rule->least ? rule->least : OPTION_BYTES_MAX;

    return bytes < 0 ? 4 : bytes < most ? bytes : most;
}

int option_take(const struct option_rule *rule, const void *from, int bytes,
                uint8_t to[OPTION_BYTES_MAX], int *to_bytes)
{
    bool socket_level = rule->level == OPTION_LEVEL_SOCKET;
    uint32_t value = 0;
    int err;

    if (bytes < 0) { /* as measured: the length is not looked at where the value has 4 bytes */
        if (!socket_level || rule->shape == SHAPE_FLAG || rule->shape == SHAPE_RAW)
            return WSAENOBUFS;
        bytes = 4;
    }
    if (!bytes && socket_level && rule->shape == SHAPE_BOOL) {
        memset(to, 0, 4);
        *to_bytes = 4;
        return 0;
    }
    if (rule->shape == SHAPE_RAW) {
        if (bytes < rule->least || (bytes && (uintptr_t)from < 0x10000))
            return WSAEFAULT;
        *to_bytes = bytes < OPTION_BYTES_MAX ? bytes : OPTION_BYTES_MAX;
        if (bytes)
            memcpy(to, from, *to_bytes);
        return 0;
    }
    if (bytes < (takes_short(rule) ? 1 : 4) || (uintptr_t)from < 0x10000)
        return WSAEFAULT;

    if (rule->shape == SHAPE_LINGER) {
        memcpy(to, from, 4);
    } else {
        err = take_int(rule, from, bytes, &value);
        if (err)
            return err;
        memcpy(to, &value, 4);
    }
    *to_bytes = 4;
    return 0;
}

int option_check_room(const struct option_rule *rule, void *to, int *bytes)
{
    if (*bytes <= 0)
        return WSAEFAULT;
    if (*bytes >= 4 || takes_short(rule) || rule->shape == SHAPE_RAW)
        return 0;

    if (rule->shape == SHAPE_ZERO || rule->shape == SHAPE_LINGER)
        memset(to, 0, *bytes);
    if (rule->shape == SHAPE_INT0)
        *bytes = 0;
    return WSAEFAULT;
}

int option_give(const struct option_rule *rule, const uint8_t *from, int from_bytes, void *to,
                int *bytes)
{
    uint32_t value;
    int err = option_check_room(rule, to, bytes);

    if (err)
        return err;
    if (rule->shape == SHAPE_RAW) {
        if (*bytes > from_bytes)
            *bytes = from_bytes;
        memcpy(to, from, *bytes);
        return 0;
    }

    value = read_int(from, from_bytes);
    if (rule->shape == SHAPE_BOOL || rule->shape == SHAPE_FLAG)
        value = value != 0;

    if (rule->shape == SHAPE_FLAG) {
        memcpy(to, &value, 1);
        *bytes = 1;
    } else if (*bytes >= 4) {
        memcpy(to, &value, 4);
        *bytes = 4;
    } else { /* a SOL_SOCKET boolean writes all it was offered and still says 1 */
        bool all = rule->level == OPTION_LEVEL_SOCKET && rule->shape == SHAPE_BOOL;

        memcpy(to, &value, all ? *bytes : 1);
        *bytes = 1;
    }
    return 0;
}

uint32_t option_interface_index(const uint8_t addr[4])
{
    if (addr[0])
        return 0;
    return (uint32_t)addr[1] << 16 | (uint32_t)addr[2] << 8 | addr[3];
}
