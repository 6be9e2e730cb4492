/* SPDX-License-Identifier: MIT */
#include "providers/kit/chain.h"

#include <stddef.h>
#include <string.h>

/* In the order of struct ws2kit_extensions. */
static const GUID ids[] = {
    WSAID_ACCEPTEX,        WSAID_CONNECTEX,  WSAID_DISCONNECTEX, WSAID_TRANSMITFILE,
    WSAID_TRANSMITPACKETS, WSAID_WSARECVMSG, WSAID_WSASENDMSG,
};
_Static_assert(ARRAYSIZE(ids) == EXTENSIONS, "an id for each function");

#define INDEX(name) (offsetof(struct ws2kit_extensions, name) / sizeof(FARPROC))

static FARPROC hook(size_t i)
{
    FARPROC own = ((const FARPROC *)&ws2kit_layer.extension)[i];

    return own || !ws2kit_layer.relay ? own : ((const FARPROC *)ws2kit_layer.relay->extension)[i];
}

BOOL extension_hooked(void)
{
    for (size_t i = 0; i < EXTENSIONS; i++)
        if (hook(i))
            return TRUE;
    return FALSE;
}

GUID extension_id(size_t i)
{
    return ids[i];
}

int extension_index(const GUID *id)
{
    for (size_t i = 0; i < EXTENSIONS; i++)
        if (!memcmp(id, &ids[i], sizeof *id))
            return (int)i;
    return -1;
}

void extension_answer(SOCKET s, const GUID *id, FARPROC *answer)
{
    struct chain *c = chain_of(s);

    for (size_t i = 0; c && i < EXTENSIONS; i++)
        if (hook(i) && !memcmp(id, &ids[i], sizeof *id)) {
            __atomic_store_n(&c->extension[i], *answer, __ATOMIC_RELEASE);
            *answer = hook(i);
            return;
        }
}

/*
 * The next provider's function. A program may well fetch the pointer on a socket of one chain and use it on one of
 * another, so each chain is asked for its own; and on a socket that no chain made, an inherited one, which the base knows.
 * Fails with the last error set.
 */
static FARPROC below(SOCKET s, size_t i)
{
    struct chain *c = chain_of(s);

    return extension_below(c ? c : chain_each(NULL), s, i);
}

FARPROC extension_below(struct chain *c, SOCKET s, size_t i)
{
    int err = WSAENOTSOCK;
    GUID id = ids[i];
    FARPROC function;
    DWORD bytes;

    function = c ? __atomic_load_n(&c->extension[i], __ATOMIC_ACQUIRE) : NULL;
    if (function)
        return function;
    if (!c || c->next.lpWSPIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function,
                                 sizeof function, &bytes, NULL, NULL, NULL, &err)) {
        WSASetLastError(err);
        return NULL;
    }
    __atomic_store_n(&c->extension[i], function, __ATOMIC_RELEASE);
    return function;
}

#define PASS(type, result, failed, name, params, args)                                             \
    static result PASCAL pass_##name params                                                        \
    {                                                                                              \
        type function = (type)(void *)below(s, INDEX(name));                                       \
                                                                                                   \
        return function ? function args : failed;                                                  \
    }

/* clang-format off */
PASS(LPFN_ACCEPTEX, BOOL, FALSE, AcceptEx,
     (SOCKET s, SOCKET a, PVOID out, DWORD n, DWORD nl, DWORD nr, LPDWORD got, LPOVERLAPPED o), (s, a, out, n, nl, nr, got, o))
PASS(LPFN_CONNECTEX, BOOL, FALSE, ConnectEx,
     (SOCKET s, const struct sockaddr *a, int n, PVOID b, DWORD nb, LPDWORD sent, LPOVERLAPPED o), (s, a, n, b, nb, sent, o))
PASS(LPFN_DISCONNECTEX, BOOL, FALSE, DisconnectEx, (SOCKET s, LPOVERLAPPED o, DWORD f, DWORD r), (s, o, f, r))
PASS(LPFN_TRANSMITFILE, BOOL, FALSE, TransmitFile,
     (SOCKET s, HANDLE h, DWORD n, DWORD each, LPOVERLAPPED o, LPTRANSMIT_FILE_BUFFERS b, DWORD f), (s, h, n, each, o, b, f))
PASS(LPFN_TRANSMITPACKETS, BOOL, FALSE, TransmitPackets,
     (SOCKET s, LPTRANSMIT_PACKETS_ELEMENT p, DWORD n, DWORD each, LPOVERLAPPED o, DWORD f), (s, p, n, each, o, f))
PASS(LPFN_WSARECVMSG, INT, SOCKET_ERROR, WSARecvMsg,
     (SOCKET s, LPWSAMSG m, LPDWORD n, LPWSAOVERLAPPED o, LPWSAOVERLAPPED_COMPLETION_ROUTINE r), (s, m, n, o, r))
PASS(LPFN_WSASENDMSG, INT, SOCKET_ERROR, WSASendMsg,
     (SOCKET s, LPWSAMSG m, DWORD f, LPDWORD n, LPWSAOVERLAPPED o, LPWSAOVERLAPPED_COMPLETION_ROUTINE r), (s, m, f, n, o, r))
/* clang-format on */

const struct ws2kit_extensions ws2kit_pass_extension = {
    pass_AcceptEx,        pass_ConnectEx,  pass_DisconnectEx, pass_TransmitFile,
    pass_TransmitPackets, pass_WSARecvMsg, pass_WSASendMsg,
};
