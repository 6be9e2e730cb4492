/* SPDX-License-Identifier: MIT */
/*
 * Multicast groups. The kernel's forms differ from Windows' in three ways (wine-afd.md 2.5): an interface given as
 * 0.0.0.n must be given as an index, three-address structures have another order, and group_req is not
 * known at all.
 */
#include "providers/tcpip/sock.h"
#include "providers/tcpip/options_rules.h"
#include "providers/tcpip/spi.h"

#include <string.h>

/* ip_mreqn: what the kernel takes where an interface is named by its index. */
struct ip4_by_index {
    ULONG group, address, index;
};
/* The kernel's order of ip_mreq_source. */
struct ip4_source {
    ULONG group, interface_addr, source;
};
/* The program's. */
struct ip4_source_req {
    ULONG group, source, interface_addr;
};
struct ip4_req {
    ULONG group, interface_addr;
};
struct ip6_req {
    BYTE group[16];
    ULONG index;
};
_Static_assert(sizeof(GROUP_REQ) == 136 && sizeof(GROUP_SOURCE_REQ) == 264,
               "the rows of options_table.h say so");

enum { MULTICAST_IF = 9, ADD = 12, DROP = 13, SOURCE_FIRST = 15, SOURCE_LAST = 18, GROUP_FIRST = 41,
       GROUP_SOURCE_FIRST = 43, GROUP_LAST = 46 };

static BOOL is_drop(ULONG name)
{
    return name == DROP || name == 42;
}

/* Linux's words for "no such interface" and "not a member" reach us as these; Windows has one error for both. */
static int set(struct sock *k, const struct option_rule *rule, const void *value, ULONG bytes)
{
    NTSTATUS status = afd_call(k->handle, rule->set, value, bytes, NULL, 0, NULL);

    if (status == STATUS_UNSUCCESSFUL || (status == STATUS_INVALID_PARAMETER && is_drop(rule->name)))
        return WSAEADDRNOTAVAIL;
    return err_from_ntstatus(status);
}

static int set_by_index(struct sock *k, const struct option_rule *rule, ULONG group, ULONG index)
{
    struct ip4_by_index in = {group, 0, index};

    return set(k, rule, &in, sizeof in);
}

static int set_req(struct sock *k, const struct option_rule *rule, const struct ip4_req *req)
{
    ULONG index = option_interface_index((const BYTE *)&req->interface_addr);

    return index ? set_by_index(k, rule, req->group, index) : set(k, rule, req, sizeof *req);
}

/* Sources come with an interface address only, so an index must be turned into one. */
static int set_source(struct sock *k, const struct option_rule *rule, ULONG group, ULONG source,
                      ULONG interface_addr, ULONG index)
{
    struct ip4_source in = {group, interface_addr, source};

    if (index) {
        in.interface_addr = net_index_to_ip4(index);
        if (!in.interface_addr)
            return WSAEADDRNOTAVAIL;
    }
    return set(k, rule, &in, sizeof in);
}

static int set_multicast_if(struct sock *k, const struct option_rule *rule, ULONG addr)
{
    ULONG index = option_interface_index((const BYTE *)&addr);
    int err = index ? set_by_index(k, rule, 0, index) : set(k, rule, &addr, sizeof addr);

    if (err == WSAEINVAL && addr)
        err = WSAEADDRNOTAVAIL;
    /* A read gives back what was set, which the kernel has in another form. */
    return err ? err : sock_option_set(k, rule->level, rule->name, &addr, sizeof addr);
}

static int set_group6(struct sock *k, const struct option_rule *rule, const GROUP_REQ *req)
{
    const struct sockaddr_in6 *group = (const void *)&req->gr_group;
    struct ip6_req in;

    if (group->sin6_family != AF_INET6)
        return WSAEADDRNOTAVAIL;
    memcpy(in.group, &group->sin6_addr, sizeof in.group);
    in.index = req->gr_interface;
    return set(k, rule, &in, sizeof in);
}

static int set_group(struct sock *k, const struct option_rule *rule, const void *value)
{
    const GROUP_SOURCE_REQ *req = value;
    const struct sockaddr_in *group = (const void *)&req->gsr_group;
    const struct sockaddr_in *source = (const void *)&req->gsr_source;

    if (group->sin_family != AF_INET)
        return WSAEADDRNOTAVAIL;
    if (rule->name < GROUP_SOURCE_FIRST)
        return set_by_index(k, rule, group->sin_addr.s_addr, req->gsr_interface);
    if (source->sin_family != AF_INET)
        return WSAEADDRNOTAVAIL;
    return set_source(k, rule, group->sin_addr.s_addr, source->sin_addr.s_addr, 0, req->gsr_interface);
}

int option_group_set(struct sock *k, const struct option_rule *rule, const void *value)
{
    GROUP_SOURCE_REQ aligned;

    if (rule->least > sizeof aligned || rule->level == OPTION_LEVEL_SOCKET)
        return WSAENOPROTOOPT;
    memcpy(&aligned, value, rule->shape == SHAPE_RAW ? rule->least : 4);

    if (rule->level == OPTION_LEVEL_IPV6)
        return set_group6(k, rule, (const GROUP_REQ *)&aligned);
    if (rule->name == MULTICAST_IF)
        return set_multicast_if(k, rule, *(const ULONG *)&aligned);
    if (rule->name == ADD || rule->name == DROP)
        return set_req(k, rule, (const struct ip4_req *)&aligned);
    if (rule->name >= SOURCE_FIRST && rule->name <= SOURCE_LAST) {
        const struct ip4_source_req *req = (const void *)&aligned;
        ULONG index = option_interface_index((const BYTE *)&req->interface_addr);

        return set_source(k, rule, req->group, req->source, req->interface_addr, index);
    }
    return set_group(k, rule, &aligned);
}
