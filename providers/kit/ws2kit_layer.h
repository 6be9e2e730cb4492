/* SPDX-License-Identifier: MIT */
#ifndef WS2KIT_LAYER_H
#define WS2KIT_LAYER_H
/*
 * ws2kit's layer kit: write a layered provider (LSP) by writing only what it does differently.
 *
 * A layer is one DLL. It defines the variable `ws2kit_layer` below and links libws2kit_layer.a, which brings WSPStartup
 * and everything between it and your functions: finding the layer's place in the chain, loading and starting the next
 * provider, registering sockets, answering SO_PROTOCOL_INFO, duplicated sockets, cleaning up. An entry you
 * leave NULL in `hook` passes through; where nothing has to be done on the way, ws2_32 is given the next
 * provider's own pointer and the layer costs nothing at all.
 *
 *     static int WSPAPI my_connect(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller,
 *                                  LPWSABUF callee, LPQOS sqos, LPQOS gqos, LPINT err)
 *     {
 *         ...
 *         return ws2kit_pass.lpWSPConnect(s, name, bytes, caller, callee, sqos, gqos, err);
 *     }
 *     const struct ws2kit_layer ws2kit_layer = { .name = "mine", .hook = { .lpWSPConnect = my_connect } };
 *
 *     x86_64-w64-mingw32-gcc -shared -o mine.dll mine.c -lws2kit_layer -lws2_32 -Wl,--kill-at
 *
 * Such layers are IFS layers (but see `own` below): the sockets that pass through are the base provider's own handles. Such a layer sees every SPI
 * call and may change, refuse or answer it, but must leave the program's data and OVERLAPPED alone, and does not see
 * the completion of an overlapped operation unless the program asks for it with WSAGetOverlappedResult.
 * The guide is doc/guide/layers.md.
 */
#include <winsock2.h>
#include <mswsock.h>
#include <ws2spi.h>

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The functions that a program fetches with SIO_GET_EXTENSION_FUNCTION_POINTER and then calls directly, past ws2_32. They
 * report errors with WSASetLastError. Many programs connect and accept by no other way.
 */
struct ws2kit_extensions {
    LPFN_ACCEPTEX AcceptEx;
    LPFN_CONNECTEX ConnectEx;
    LPFN_DISCONNECTEX DisconnectEx;
    LPFN_TRANSMITFILE TransmitFile;
    LPFN_TRANSMITPACKETS TransmitPackets;
    LPFN_WSARECVMSG WSARecvMsg;
    LPFN_WSASENDMSG WSASendMsg;
};

/* What turns a layer into one with sockets of its own; the kit defines the one there is. */
struct ws2kit_own_sockets {
    void (*fill)(WSPPROC_TABLE *table);
    void (*stop)(void);
    FARPROC (*function)(size_t i); /* of struct ws2kit_extensions */
    const WSPPROC_TABLE *pass;
    LPWSPSELECT select;
    int (*poll)(const WSPPROC_TABLE *next, SOCKET lower, void *in, DWORD in_bytes, void *out, DWORD out_bytes,
                LPDWORD returned, LPINT err);
};
extern const struct ws2kit_own_sockets ws2kit_own_sockets;

/* What makes one a stream layer. */
extern const struct ws2kit_relay ws2kit_relay;

/* What became of an operation on a socket of a layer's own. */
struct ws2kit_ended {
    SOCKET s; /* the program's; for WS2KIT_ACCEPTED the accepted one */
    enum ws2kit_end {
        WS2KIT_SENDING, /* an overlapped send is about to start; one WS2KIT_SENT with `overlapped` will follow */
        WS2KIT_SENT,
        WS2KIT_RECEIVED,
        WS2KIT_CONNECTED, /* ConnectEx; its data follow as WS2KIT_SENT */
        WS2KIT_ACCEPTED,  /* AcceptEx; its data follow as WS2KIT_RECEIVED */
        WS2KIT_DISCONNECTED,
        WS2KIT_GONE, /* closed, and nothing of it is pending any more; its handle may be used again after this */
    } what;
    int err;         /* 0, or the Winsock code that it failed with */
    BOOL overlapped; /* it was pending; always so but for WS2KIT_SENT, WS2KIT_RECEIVED and WS2KIT_GONE */
    DWORD flags;     /* the call's, as MSG_OOB or MSG_PEEK */
    size_t bytes;    /* how many bytes went; they are the first ones of the `count` buffers */
    const WSABUF *buf;
    DWORD count;
    /* Of a datagram: where it goes if the call says so, where it came from (of WSARecvMsg only if the call asks). NULL: the socket's peer. */
    const struct sockaddr *address;
    int address_bytes;
};

/* A datagram that is about to travel. */
struct ws2kit_datagram {
    SOCKET s; /* the program's */
    BOOL incoming;
    size_t bytes;
    const struct sockaddr *peer; /* where it comes from, or goes */
    int peer_bytes;
    void **context; /* the layer's, of this socket: NULL at first; the kit gives it to free() when the socket is gone */
};

struct ws2kit_layer {
    /* Short ASCII name, as in `./ws2 run --layer NAME`; finds the layer's options. */
    const char *name;
    /* WSPDATA.szDescription; NULL: the next provider's. */
    const WCHAR *description;
    /*
     * The provider GUID that installers (wsctl, Microsoft's instlsp) install the layer under, as GetLspGuid tells
     * them. Zero: one is made from `name`. Nothing else needs it: a layer finds its entries by its DLL's path.
     */
    GUID guid;

    /*
     * Called before the first chain of the layer starts in this process, and again after a stop. Read options
     * here, all of them: one of this run (./ws2 run --layer NAME,key=value) that start() has not asked for is misspelt, and
     * WSPStartup fails with WSAEINVAL and a line on standard error. 0, or a Winsock code with which WSPStartup then fails. May be NULL.
     */
    int (*start)(void);
    /*
     * Told of each WSPStartup after start(): the chain it is for, the entry that stands below us in it (NULL on
     * failure), and 0 or the code it fails with. On the thread of the caller; may come at the same time on
     * several. May be NULL.
     */
    void (*started)(const WSAPROTOCOL_INFOW *chain, const WSAPROTOCOL_INFOW *below, int err);
    /*
     * Called after the last WSPCleanup, while the providers below still run; or when the process ends without
     * WSACleanup, as most programs do: then within DLL_PROCESS_DETACH, with all other threads gone. May be NULL.
     *
     * start and stop run one at a time and must not call Winsock.
     */
    void (*stop)(void);

    /*
     * Your functions: any thread calls them, several at once. The rules are those of the SPI: *lpErrno is set on
     * failure only, a failing entry returns SOCKET_ERROR, INVALID_SOCKET or FALSE.
     */
    WSPPROC_TABLE hook;
    struct ws2kit_extensions extension;

    /*
     * &ws2kit_own_sockets: a layer with sockets of its own (non-IFS), which sees every byte and every completion. NULL: an
     * IFS layer. Hooks of such a layer go on with ws2kit_own_pass and ws2kit_own_extension.
     *
     * The kit then does all overlapped work: each operation goes down under an OVERLAPPED of the kit's, and its
     * end reaches the program as it asked for it, whichever way that is. All overlapped calls are pending first.
     */
    const struct ws2kit_own_sockets *own;
    /*
     * &ws2kit_relay: a stream layer, which changes TCP connections in any way: ws2kit_stream.h. Together with `own` its datagram
     * sockets, and only those, are the layer's own; hooks go on with ws2kit_relay_pass for both (WSPSelect excepted).
     */
    const struct ws2kit_relay *relay;
    /*
     * Only with `relay` and `own`; may be NULL (then TRUE). Whether they shall be: what makes the layer a non-IFS one, so installers ask
     * for it too, before start(). Where the catalog has the layer as an IFS one, they are not in any case.
     */
    BOOL (*owns_datagrams)(void);
    /*
     * Only with `own`; may be NULL. outgoing() changes bytes on their way down, in a copy; incoming() changes what has
     * arrived, in the program's buffer, before the program is told. The number of bytes stays. Called on any thread, in pieces of any size, for
     * all sockets of the layer (ws2kit_protocol(s) tells which kind); with MSG_PEEK the same bytes come to incoming() again. So the
     * change must not depend on what came before. What TransmitFile and TransmitPackets send comes by as well, in pieces.
     */
    void (*outgoing)(SOCKET s, char *data, size_t bytes);
    void (*incoming)(SOCKET s, char *data, size_t bytes);
    /*
     * Only with `own`; may be NULL. Told how each send and receive ended, whichever way the program asked for it, and how the
     * overlapped operations of the kind above did, before the program is told. A call that would have blocked, and one that could not
     * be started, are told too, with their code. The bytes are those of the lower side: after outgoing(), before incoming(). The program
     * may be ending the connection on another thread, so pointers into its memory may be bad by now: see IsBadReadPtr.
     *
     * A file of TransmitFile is told piece by piece. On the thread of a call that ends at once, on the kit's worker for all others. Bytes of one
     * direction come in order, unless the program itself sends or receives on several threads at a time.
     */
    void (*ended)(const struct ws2kit_ended *what);
    /*
     * Only with `own`; may be NULL. Asked of each datagram, of what the program sends on the thread that does, of what comes in on the
     * kit's worker; several at once. *due is `now` at first (microseconds of some clock): when it goes out, or when the program may
     * see it. FALSE: it is lost, and who sent it does not learn of that. Those with one time keep their order; the layer decides of all others.
     *
     * The kit keeps what is on its way (8 MiB of a socket and direction; more is lost). Until it is due, no receive, no select and no event
     * tells of it. What is on its way in at closesocket() is lost, what is on its way out still leaves; the end of the process waits for that.
     */
    BOOL (*travels)(const struct ws2kit_datagram *what, uint64_t now, uint64_t *due);
};

/* You define this one. */
extern const struct ws2kit_layer ws2kit_layer;

/*
 * All 30 entries as the layer would do them without hooks: a hook goes on by calling its namesake here. Any thread,
 * between start and stop. On a socket that none of the layer's chains has made: WSAENOTSOCK.
 */
extern const WSPPROC_TABLE ws2kit_pass;
/* The same for the extension functions. */
extern const struct ws2kit_extensions ws2kit_pass_extension;

/* Both, for a layer with sockets of its own. The table is filled before the first call. */
extern WSPPROC_TABLE ws2kit_own_pass;
extern const struct ws2kit_extensions ws2kit_own_extension;

/*
 * An option of this layer, as UTF-8 text: from the environment variable WS2KIT_LAYERS
 * ("NAME,key=value,...;NAME2..."), else the registry value `key` (REG_SZ or REG_DWORD) of
 * HKLM\SYSTEM\CurrentControlSet\Services\WinSock2\Parameters\ws2kit\Layers\NAME.
 *
 * `bytes` is the size of `value`, NUL included. FALSE: not set, or too long; `value` is then untouched.
 */
BOOL ws2kit_option(const char *key, char *value, size_t bytes);

/*
 * The catalog entry (the chain) under which `s` was made, or NULL when no chain of this layer made it. The entry
 * stays valid until stop.
 */
const WSAPROTOCOL_INFOW *ws2kit_protocol(SOCKET s);

/*
 * The host name, as UTF-8, by which the program last found this address (AF_INET or AF_INET6; the port is not looked at):
 * what it asked getaddrinfo, gethostbyname or their kin for, not the canonical name, without a dot at the end. The name to
 * check a certificate against, or to hand to a proxy.
 *
 * FALSE: not known (the program had the address from elsewhere, or long ago: the last 1,024 addresses or so are
 * remembered), or it does not fit with its NUL in `bytes`; 256 are always enough. `utf8` is then untouched. Any thread.
 */
BOOL ws2kit_name_of(const struct sockaddr *address, int address_bytes, char *utf8, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
