/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_IOCTL_H
#define WS2_TCPIP_IOCTL_H
/* One WSPIoctl call, on its way from the table in ioctl_nt.c to the function that answers its code. */
#include "providers/tcpip/sock.h"

struct ioctl_request {
    struct sock *k;
    DWORD code;
    const void *in;
    DWORD in_bytes;
    void *out;
    DWORD out_bytes;
    LPDWORD returned;
    LPWSAOVERLAPPED ov;
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    DWORD bytes;       /* on success *returned becomes this … */
    BOOL no_bytes;     /* … unless this is set */
    BOOL started;      /* the function has started or finished the overlapped operation itself */
};

/* 0 with the whole value in *value, or WSAEFAULT when the input is shorter than it. */
int ioctl_in(const struct ioctl_request *r, void *value, DWORD bytes);
/* Writes the whole answer and sets r->bytes, or WSAEFAULT when there is no room for it. */
int ioctl_out(struct ioctl_request *r, const void *value, DWORD bytes);
/* An operation that the kernel carries out, overlapped or waited for as the call asks. */
int ioctl_start(struct ioctl_request *r, ULONG code, const void *in, ULONG in_bytes);

/* ioctl_net_nt.c: interfaces, addresses and routes. */
int ioctl_interface_list(struct ioctl_request *r);
int ioctl_interface_list_ex(struct ioctl_request *r);
int ioctl_address_list(struct ioctl_request *r);
int ioctl_address_list_sort(struct ioctl_request *r);
int ioctl_address_list_change(struct ioctl_request *r);
int ioctl_routing_interface(struct ioctl_request *r);
int ioctl_broadcast_address(struct ioctl_request *r);

#endif
