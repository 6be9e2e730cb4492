/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/ext.h"

#include <string.h>

static const struct {
    GUID id;
    void *function;
} table[] = {
    {WSAID_ACCEPTEX, (void *)ext_accept_ex},
    {WSAID_GETACCEPTEXSOCKADDRS, (void *)ext_get_accept_ex_sockaddrs},
    {WSAID_CONNECTEX, (void *)ext_connect_ex},
    {WSAID_DISCONNECTEX, (void *)ext_disconnect_ex},
    {WSAID_TRANSMITFILE, (void *)ext_transmit_file},
    {WSAID_TRANSMITPACKETS, (void *)ext_transmit_packets},
    {WSAID_WSARECVMSG, (void *)ext_recv_msg},
    {WSAID_WSASENDMSG, (void *)ext_send_msg},
    {WSAID_WSAPOLL, (void *)ext_poll},
};

void *ext_find(const GUID *id)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!memcmp(&table[i].id, id, sizeof *id))
            return table[i].function;
    return NULL;
}
