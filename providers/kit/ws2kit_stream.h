/* SPDX-License-Identifier: MIT */
#ifndef WS2KIT_STREAM_H
#define WS2KIT_STREAM_H
/*
 * Stream layers: layers that change what goes through a TCP connection, in any way: where it goes, what is said before the
 * program's first byte, the bytes, how many they are, when they arrive, how the connection ends.
 *
 *     program ── P ══ loopback ══ C ── filter ── U ── next provider ── network
 *
 * P, the program's socket, is a real socket of the base provider, connected over loopback to a partner C inside this
 * process; U is the next provider's and goes out. One thread of the kit, the relay's, carries the bytes between C and U through
 * the functions below. So the program may do with P whatever it does with a socket: completion ports, ReadFile,
 * DuplicateHandle, select, TransmitFile, CancelIoEx, polling through Afd. connect(), WSAConnect and ConnectEx
 * on P end when U is connected *and* handshake() is done, the way they end everywhere: blocking, WSAEWOULDBLOCK and FD_CONNECT,
 * or overlapped; or they fail with the error that U's connect or the layer gave. getpeername and getsockname on P answer
 * the names of the real connection. Half-close and reset are carried over both ways; out-of-band bytes are not (doc/differences.md says why).
 *
 * A stream layer is an ordinary layer of the kit (ws2kit_layer.h) that says `.relay = &ws2kit_relay` and defines
 * the variable `ws2kit_stream`:
 *
 *     const struct ws2kit_stream ws2kit_stream = { .open = my_open, .handshake = my_handshake, .close = my_close };
 *     const struct ws2kit_layer ws2kit_layer = { .name = "mine", .relay = &ws2kit_relay };
 *
 * It is an IFS layer; hooks work as in any other, and go on with ws2kit_relay_pass and ws2kit_relay_extension.
 * Sockets that are not TCP pass through untouched.
 */
#include "ws2kit_layer.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the functions below answer. A positive answer is always a Winsock error code, and ends the connection. */
enum {
    WS2KIT_DONE = 0,
    WS2KIT_RELAY = 0, /* open: this connection goes through the relay */
    WS2KIT_MORE = -1, /* needs more input or more room; will be called again when there is some */
    WS2KIT_PASS = -2, /* open: nothing for us; the connection is made on P itself, by the next provider */
    WS2KIT_END = -3,  /* incoming: the stream ends here, whatever the peer may still send */
};

enum ws2kit_direction { WS2KIT_OUTGOING, WS2KIT_INCOMING };

/* Microseconds of ws2kit_clock() that never come. */
#define WS2KIT_NEVER UINT64_MAX

/*
 * One connection, from open to close. The kit's; a layer writes only where it says so. No two functions are ever called
 * at the same time for one connection.
 */
struct ws2kit_connection {
    void *context;                     /* the layer's own */
    const WSAPROTOCOL_INFOW *protocol; /* our chain's entry: family, type, protocol */
    BOOL accepted;                     /* came in through a listener (`accepts`); else the program connects */
    SOCKADDR_STORAGE peer;             /* whom the program asked for, or who has connected to it */
    int peer_bytes;
    /*
     * Where U connects to; at open() the same as `peer`. open() may put another address here. If its family is
     * another one than the program's, U is made of that family. The program goes on seeing `peer`.
     */
    SOCKADDR_STORAGE target;
    int target_bytes;
    /*
     * open() may set it: the program learns of an established connection (or, if accepted, gets it) this many microseconds later than it would.
     * WS2KIT_NEVER: it stays in "connecting", until the program gives up. 0 at open().
     */
    uint64_t delay_us;
    /* wake() is called at this time of ws2kit_clock() or soon after; the relay then sets it back to WS2KIT_NEVER, before the call. */
    uint64_t wake_us;
};

/* Bytes to take. A function adds what it has used up to `used`; what it leaves comes again, with more behind it. */
struct ws2kit_source {
    const char *data;
    size_t bytes;
    size_t used; /* 0 at the call */
    BOOL ended;  /* handshake only: no more will come */
};

/* Room to fill. A function adds what it has written to `bytes`. */
struct ws2kit_sink {
    char *data;
    size_t room;
    size_t bytes; /* 0 at the call */
};

/* Room that a sink has at least, whenever a function is called (a TLS record and more). */
enum { WS2KIT_SINK_ROOM = 32 * 1024 };

/* No less than this comes together before "buffer full": what a function may wait for by answering WS2KIT_MORE and using nothing. */
enum { WS2KIT_SOURCE_ROOM = 64 * 1024 };

struct ws2kit_stream {
    /*
     * A connection begins: WS2KIT_RELAY, WS2KIT_PASS, or the error that the program's connect returns at once. For an accepted
     * connection PASS means relay, with its bytes unchanged, and an error that it is reset before the program hears of it.
     * Called on the program's thread inside connect (several at once, for different connections), on the relay's thread if
     * accepted. Must not block: no names are looked up here; ws2kit_name_of(), ws2kit_layer.h, tells what the program itself has looked up.
     * Only after WS2KIT_RELAY come other calls, and close() exactly once. NULL: all go through the relay.
     */
    int (*open)(struct ws2kit_connection *c);

    /*
     * Everything below is called on the relay's thread. None may block or call Winsock
     * on P: all connections of the process wait meanwhile.
     */

    /*
     * U is connected: what has to be said before the program's connect is done. First called with an empty `from_peer`; then when more
     * has arrived, or when what it wrote has gone out and it said WS2KIT_MORE with a full sink. WS2KIT_DONE: done; what it left in `from_peer`
     * goes to incoming(). An error is what the program's connect fails with, and WS2KIT_MORE after `ended`
     * fails with WSAECONNABORTED. What it wrote goes to the peer; with an error, only what the network takes at once. NULL: nothing to say.
     */
    int (*handshake)(struct ws2kit_connection *c, struct ws2kit_source *from_peer,
                     struct ws2kit_sink *to_peer);

    /*
     * Bytes of the program on their way to the peer. Called again, while there is input, as long as it uses or writes something; else when there
     * is more input or more room, and after each incoming(). WS2KIT_DONE (or MORE, the same here), or an error: the
     * connection is reset on both sides. NULL: unchanged, without a copy.
     */
    int (*outgoing)(struct ws2kit_connection *c, struct ws2kit_source *from_program,
                    struct ws2kit_sink *to_peer);
    /*
     * The program has shut down sending, or closed the socket, and outgoing() has used all that came before: last words for the peer (a TLS close_notify). WS2KIT_MORE: the
     * sink was too small, call again. The relay shuts U down for sending after DONE. Not called after a reset. NULL: none.
     */
    int (*outgoing_end)(struct ws2kit_connection *c, struct ws2kit_sink *to_peer);

    /*
     * Bytes of the peer on their way to the program, by the same rules. It may also answer the peer (`to_peer`; these bytes come before
     * those of the next outgoing()). WS2KIT_END: the program sees the end of the stream after what was written so far.
     * NULL: unchanged, without a copy.
     */
    int (*incoming)(struct ws2kit_connection *c, struct ws2kit_source *from_peer,
                    struct ws2kit_sink *to_program, struct ws2kit_sink *to_peer);
    /*
     * The peer has ended the stream, and this is what incoming() did not use (`bytes` of it). WS2KIT_DONE: the program sees
     * the end as well. An error: the program sees a reset (a TLS stream without close_notify). Not called after WS2KIT_END or a reset. NULL: DONE.
     */
    int (*incoming_end)(struct ws2kit_connection *c, size_t bytes);

    /*
     * When bytes travel. Asked for all bytes of a direction in order, as they come out of outgoing() or incoming(): *bytes of them are ready at
     * `now`; it may lower *bytes to decide for that many only (0 < *bytes) and is asked again for the rest. They go on at *due_us, `now` at the call,
     * or right after what went before if that is later; WS2KIT_NEVER: they stay here for ever, and the direction takes nothing more in. Called once more
     * with *bytes == 0 when the direction ends, to say when the end travels. WS2KIT_DONE, or an error: both sides
     * are reset, once what was planned before has travelled. NULL: at once.
     * A direction holds at most WS2KIT_IN_FLIGHT bytes that are not yet due; then its sender has to wait.
     */
    int (*schedule)(struct ws2kit_connection *c, enum ws2kit_direction direction, uint64_t now,
                    size_t *bytes, uint64_t *due_us);
    /* At `wake_us`. WS2KIT_DONE, or an error: both sides are reset. Needed if wake_us is used. */
    int (*wake)(struct ws2kit_connection *c, uint64_t now);

    /*
     * The connection is over, in whatever way. The last call. On the program's thread, inside of its connect, if it could not even
     * begin after WS2KIT_RELAY. NULL: nothing to free.
     */
    void (*close)(struct ws2kit_connection *c);

    /*
     * Listeners too: what they accept goes through the relay. FALSE: listeners and what they accept are the next provider's own, untouched.
     */
    BOOL accepts;
};

enum { WS2KIT_IN_FLIGHT = 1024 * 1024 };

/* You define this one, if you say `.relay = &ws2kit_relay`. */
extern const struct ws2kit_stream ws2kit_stream;

/* Entries and extension functions as the relay does them: what a hook of a stream layer goes on with. */
extern WSPPROC_TABLE ws2kit_relay_pass; /* filled before the first call */
extern const struct ws2kit_extensions ws2kit_relay_extension;

/* Microseconds since some moment; never goes back. */
uint64_t ws2kit_clock(void);

#ifdef __cplusplus
}
#endif
#endif
