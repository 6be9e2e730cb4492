/* SPDX-License-Identifier: MIT */
/*
 * The extensions that mswsock.dll exports by name. Each asks the socket for its provider's function, so that layers
 * have their say.
 */
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>

static void *extension(SOCKET s, GUID id)
{
    void *fn = NULL;
    DWORD bytes;
    int err;

    if (!WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &fn, sizeof fn, &bytes, NULL, NULL))
        return fn;
    err = WSAGetLastError();
    if (err == WSAEINVAL) /* the provider does not know that function */
        WSASetLastError(WSAEOPNOTSUPP);
    return NULL;
}

/*
 * GetAcceptExSockaddrs gets no socket, but only the provider that filled the buffer knows its form. So AcceptEx notes
 * its provider's function. The provider may be unloaded since; a reference to its module says that it is not.
 */
static LPFN_GETACCEPTEXSOCKADDRS noted;

static LPFN_GETACCEPTEXSOCKADDRS ask_new_socket(void)
{
    GUID id = WSAID_GETACCEPTEXSOCKADDRS;
    SOCKET s = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    LPFN_GETACCEPTEXSOCKADDRS fn;

    if (s == INVALID_SOCKET)
        return NULL;
    fn = (LPFN_GETACCEPTEXSOCKADDRS)extension(s, id);
    closesocket(s);
    __atomic_store_n(&noted, fn, __ATOMIC_RELEASE);
    return fn;
}

static HMODULE module_of(LPFN_GETACCEPTEXSOCKADDRS fn)
{
    HMODULE module = NULL;

    if (fn)
        GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const wchar_t *)(void *)fn, &module);
    return module;
}

BOOL WINAPI AcceptEx(SOCKET listener, SOCKET accepted, PVOID out, DWORD data_bytes, DWORD local_bytes, DWORD remote_bytes,
                     LPDWORD received, LPOVERLAPPED overlapped)
{
    GUID id = WSAID_ACCEPTEX, sockaddrs_id = WSAID_GETACCEPTEXSOCKADDRS;
    LPFN_ACCEPTEX fn = (LPFN_ACCEPTEX)extension(listener, id);
    LPFN_GETACCEPTEXSOCKADDRS sockaddrs;

    if (!fn)
        return FALSE;
    sockaddrs = (LPFN_GETACCEPTEXSOCKADDRS)extension(listener, sockaddrs_id);
    if (sockaddrs)
        __atomic_store_n(&noted, sockaddrs, __ATOMIC_RELEASE);
    return fn(listener, accepted, out, data_bytes, local_bytes, remote_bytes, received, overlapped);
}

VOID WINAPI GetAcceptExSockaddrs(PVOID out, DWORD data_bytes, DWORD local_bytes, DWORD remote_bytes,
                                 struct sockaddr **local, LPINT local_len, struct sockaddr **remote, LPINT remote_len)
{
    DWORD last = GetLastError(); /* it can report nothing, so it should leave nothing */
    LPFN_GETACCEPTEXSOCKADDRS fn = __atomic_load_n(&noted, __ATOMIC_ACQUIRE);
    HMODULE module = module_of(fn);

    if (!module) {
        fn = ask_new_socket();
        module = module_of(fn);
    }
    SetLastError(last);
    if (fn) {
        fn(out, data_bytes, local_bytes, remote_bytes, local, local_len, remote, remote_len);
    } else {
        *local = *remote = NULL;
        *local_len = *remote_len = 0;
    }
    if (module)
        FreeLibrary(module);
}

BOOL WINAPI TransmitFile(SOCKET s, HANDLE file, DWORD bytes, DWORD bytes_per_send, LPOVERLAPPED overlapped,
                         LPTRANSMIT_FILE_BUFFERS buffers, DWORD flags)
{
    GUID id = WSAID_TRANSMITFILE;
    LPFN_TRANSMITFILE fn = (LPFN_TRANSMITFILE)extension(s, id);

    return fn && fn(s, file, bytes, bytes_per_send, overlapped, buffers, flags);
}

/*
 * recv() that can say "there is more of this message" and so need not fail for it: the flags come back with or without
 * MSG_PARTIAL. A datagram that is too long has filled the buffer.
 */
int WINAPI WSARecvEx(SOCKET s, char *buf, int bytes, int *flags)
{
    WSABUF b = {(ULONG)bytes, buf};
    DWORD got = 0, io_flags;

    if (!flags) {
        WSASetLastError(WSAEFAULT);
        return SOCKET_ERROR;
    }
    io_flags = (DWORD)*flags;
    if (WSARecv(s, &b, 1, &got, &io_flags, NULL, NULL)) {
        if (WSAGetLastError() != WSAEMSGSIZE)
            return SOCKET_ERROR;
        WSASetLastError(0);
        io_flags |= MSG_PARTIAL;
        got = b.len;
    }
    *flags = (int)io_flags;
    return (int)got;
}
