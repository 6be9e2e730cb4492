/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

/* What the application left open in its call comes from the catalog entry it got. */
static void complete(INT *family, INT *type, INT *protocol, const WSAPROTOCOL_INFOW *info)
{
    if (!*family || *family == FROM_PROTOCOL_INFO)
        *family = info->iAddressFamily;
    if (!*type || *type == FROM_PROTOCOL_INFO)
        *type = info->iSocketType;
    if (!*protocol || *protocol == FROM_PROTOCOL_INFO)
        *protocol = info->iProtocol;
}

/* Opens the device and makes a socket of it. 0, or an error with nothing left open. */
static int create(const struct afd_create *create, BOOL inherit, HANDLE *out)
{
    HANDLE handle;
    NTSTATUS status = afd_open(&handle, inherit);

    if (status)
        return err_from_ntstatus(status);
    status = afd_call(handle, AFD_CREATE, create, sizeof *create, NULL, 0, NULL);
    if (status) {
        NtClose(handle);
        return err_from_ntstatus(status);
    }
    *out = handle;
    return 0;
}

int sock_register(struct sock *k)
{
    INT err = WSAEINVAL;
    SOCKET s = upcalls.lpWPUModifyIFSHandle(k->catalog_id, (SOCKET)k->handle, &err);

    return s == INVALID_SOCKET ? err : 0;
}

static int open_duplicate(HANDLE handle, DWORD catalog_id, struct sock **out)
{
    int err = sock_adopt(handle, out);

    if (err)
        NtClose(handle);
    else
        (*out)->catalog_id = catalog_id;
    return err;
}

static int open_new(INT family, INT type, INT protocol, const WSAPROTOCOL_INFOW *info, DWORD flags,
                    struct sock **out)
{
    struct afd_create request = { family, type, protocol, 0 };
    HANDLE handle = NULL;
    struct sock *k;
    int err;

    complete(&request.family, &request.type, &request.protocol, info);
    err = create(&request, !(flags & WSA_FLAG_NO_HANDLE_INHERIT), &handle);
    if (err)
        return err;
    k = sock_new(handle, request.family, request.type, request.protocol,
                 (flags & WSA_FLAG_OVERLAPPED) != 0);
    if (!k) {
        NtClose(handle);
        return WSAENOBUFS;
    }
    k->catalog_id = info->dwCatalogEntryId;
    if (!k->overlapped)
        afd_refuse_ports(handle);
    *out = k;
    return 0;
}

SOCKET WSPAPI WSPSocket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP g,
                        DWORD flags, LPINT lp_errno)
{
    HANDLE duplicate = NULL;
    struct sock *k = NULL;
    SOCKET s;
    int err;

    (void)g;
    if (check_pointer(info))
        return (SOCKET)spi_fail(lp_errno, WSAEFAULT);
    provider_remember(info);

    err = duplicate_adopt(info, &duplicate);
    if (!err)
        err = duplicate ? open_duplicate(duplicate, info->dwCatalogEntryId, &k)
                        : open_new(family, type, protocol, info, flags, &k);
    if (err)
        return (SOCKET)spi_fail(lp_errno, err);

    s = (SOCKET)k->handle;
    err = sock_register(k);
    if (err)
        sock_forget(k);
    sock_put(k);
    return err ? (SOCKET)spi_fail(lp_errno, err) : s;
}
