/* SPDX-License-Identifier: MIT */
/* Whom a program connects to, and where a proxy is. */
#include "providers/proxy/proxy.h"

#include <string.h>
#include <ws2tcpip.h>

enum { LOOKUP_WAIT_MS = 15000 };

static bool is_unspecified(const struct endpoint *e)
{
    static const uint8_t none[16];

    return !memcmp(e->ip, none, e->kind == ENDPOINT_IP4 ? 4 : 16);
}

enum destination destination_of(const struct sockaddr *address, int bytes, struct endpoint *e, char name[ENDPOINT_NAME_BYTES])
{
    name[0] = 0;
    if (bytes < 0 || !endpoint_from_sockaddr(address, (size_t)bytes, e) || !e->port || is_unspecified(e))
        return DEST_OTHER;
    if (config.fakes && fakes_is_fake(e)) {
        if (!fakes_get(config.fakes, e, e->name))
            return DEST_NOBODY;
        e->kind = ENDPOINT_NAME;
        strcpy(name, e->name);
        return DEST_NAME;
    }
    ws2kit_name_of(address, bytes, name, ENDPOINT_NAME_BYTES);
    return DEST_ADDRESS;
}

/* ---- the proxies ---- */

enum phase { UNKNOWN, ASKING, KNOWN };

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static struct {
    enum phase phase;
    SOCKADDR_STORAGE address;
    int bytes;
} found[RULES_PROXIES_MAX]; /* guarded by lock */

static void from_endpoint(const struct endpoint *e, SOCKADDR_STORAGE *address, int *bytes)
{
    memset(address, 0, sizeof *address);
    if (e->kind == ENDPOINT_IP4) {
        struct sockaddr_in *in = (struct sockaddr_in *)address;

        in->sin_family = AF_INET;
        in->sin_port = htons(e->port);
        memcpy(&in->sin_addr, e->ip, 4);
        *bytes = sizeof *in;
    } else {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(e->port);
        memcpy(&in6->sin6_addr, e->ip, 16);
        *bytes = sizeof *in6;
    }
}

static int look_up(const struct endpoint *e, SOCKADDR_STORAGE *address, int *bytes)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    int err = getaddrinfo(e->name, NULL, &hints, &list);

    if (err) {
        say("the proxy %s: its name cannot be looked up (error %d)", e->name, err);
        return WSAEHOSTUNREACH;
    }
    memcpy(address, list->ai_addr, list->ai_addrlen);
    *bytes = (int)list->ai_addrlen;
    ((struct sockaddr_in *)address)->sin_port = htons(e->port); /* an IPv6 address has it in the same place */
    freeaddrinfo(list);
    return 0;
}

/* Nobody waits for ever: the lookup may itself connect, to a DNS server, and then waits for us. */
int proxy_address(int number, SOCKADDR_STORAGE *address, int *bytes)
{
    const struct endpoint *e = &config.proxy[number].at;
    bool asking;
    int err = 0;

    if (e->kind != ENDPOINT_NAME) {
        from_endpoint(e, address, bytes);
        return 0;
    }
    AcquireSRWLockExclusive(&lock);
    while (found[number].phase == ASKING)
        if (!SleepConditionVariableSRW(&changed, &lock, LOOKUP_WAIT_MS, 0))
            break;
    asking = found[number].phase == UNKNOWN;
    if (asking)
        found[number].phase = ASKING;
    else if (found[number].phase == ASKING)
        err = WSAETIMEDOUT;
    *address = found[number].address;
    *bytes = found[number].bytes;
    ReleaseSRWLockExclusive(&lock);
    if (!asking)
        return err;

    err = look_up(e, address, bytes);
    AcquireSRWLockExclusive(&lock);
    if (!err) {
        found[number].address = *address;
        found[number].bytes = *bytes;
    }
    found[number].phase = err ? UNKNOWN : KNOWN;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&changed);
    return err;
}
