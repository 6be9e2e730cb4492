/* SPDX-License-Identifier: MIT */
/*
 * The trace layer: one line for each SPI call that passes. Options (ws2kit_layer.h says where they come from):
 *     file=PATH     where to; default: the process's standard error
 *     format=json   one JSON object per line instead of text
 *     hex=N         the first N bytes (at most 256) of what is sent and received
 *
 * Below stands one row per entry: its C signature, the call to the next provider, what to write down before it and what
 * after. trace.h has the words.
 */
#include "providers/trace/trace.h"

#define TRACED(type, failed, name, params, args, before, after)                                    \
    static type WSPAPI trace_##name params                                                         \
    {                                                                                              \
        struct call call, *c = &call;                                                              \
        type result;                                                                               \
                                                                                                   \
        call_begin(c, "WSP" #name);                                                                \
        before;                                                                                    \
        call_go(c);                                                                                \
        result = ws2kit_pass.lpWSP##name args;                                                     \
        call_back(c, (LONGLONG)result, (type)-1 > 0, result == (failed) ? *err : 0);               \
        after;                                                                                     \
        call_end(c);                                                                               \
        return result;                                                                             \
    }
#define INT_ENTRY(name, params, args, before, after)                                               \
    TRACED(int, SOCKET_ERROR, name, params, args, before, after)
#define BOOL_ENTRY(name, params, args, before, after)                                              \
    TRACED(BOOL, FALSE, name, params, args, before, after)
#define SOCKET_ENTRY(name, params, args, before, after)                                            \
    TRACED(SOCKET, INVALID_SOCKET, name, params, args, before, after)
#define NOTHING (void)0
#define IF_OK(what) if (result != SOCKET_ERROR) { what; }

/*
 * What an overlapped call leaves behind its pointers belongs to the completion from the moment it is started: another
 * thread may have got it, and freed all, before we are back. Only the count of a call that is not overlapped is looked at.
 */
#define NOW(what) if (!ov) { what; }

/* clang-format off */
SOCKET_ENTRY(Accept,
    (SOCKET s, struct sockaddr *addr, LPINT bytes, LPCONDITIONPROC condition, DWORD_PTR data, LPINT err),
    (s, addr, bytes, condition, data, err),
    arg_socket(c, s); if (condition) arg_hex(c, "condition", (ULONG_PTR)condition),
    if (result != INVALID_SOCKET) out_address(c, "addr", addr, bytes))

INT_ENTRY(AddressToString,
    (LPSOCKADDR addr, DWORD bytes, LPWSAPROTOCOL_INFOW info, LPWSTR text, LPDWORD chars, LPINT err),
    (addr, bytes, info, text, chars, err),
    arg_address(c, "addr", addr, bytes); arg_info(c, info),
    IF_OK(arg_wide(c, "text", text)))

INT_ENTRY(AsyncSelect,
    (SOCKET s, HWND window, unsigned message, long events, LPINT err),
    (s, window, message, events, err),
    arg_socket(c, s); arg_hex(c, "window", (ULONG_PTR)window); arg_hex(c, "message", message);
        arg_flags(c, "events", events, format_events),
    NOTHING)

INT_ENTRY(Bind,
    (SOCKET s, const struct sockaddr *name, int bytes, LPINT err),
    (s, name, bytes, err),
    arg_socket(c, s); arg_address(c, "name", name, bytes),
    NOTHING)

INT_ENTRY(CancelBlockingCall, (LPINT err), (err), NOTHING, NOTHING)

INT_ENTRY(CloseSocket, (SOCKET s, LPINT err), (s, err), arg_socket(c, s), NOTHING)

INT_ENTRY(Connect,
    (SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller, LPWSABUF callee, LPQOS sqos, LPQOS gqos, LPINT err),
    (s, name, bytes, caller, callee, sqos, gqos, err),
    arg_socket(c, s); arg_address(c, "name", name, bytes),
    NOTHING)

INT_ENTRY(DuplicateSocket,
    (SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info, LPINT err),
    (s, process, info, err),
    arg_socket(c, s); arg_number(c, "process", process),
    IF_OK(arg_info(c, info)))

INT_ENTRY(EnumNetworkEvents,
    (SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS events, LPINT err),
    (s, event, events, err),
    arg_socket(c, s); arg_hex(c, "event", (ULONG_PTR)event),
    IF_OK(out_events(c, events)))

INT_ENTRY(EventSelect,
    (SOCKET s, WSAEVENT event, long events, LPINT err),
    (s, event, events, err),
    arg_socket(c, s); arg_hex(c, "event", (ULONG_PTR)event); arg_flags(c, "events", events, format_events),
    NOTHING)

BOOL_ENTRY(GetOverlappedResult,
    (SOCKET s, LPWSAOVERLAPPED ov, LPDWORD bytes, BOOL wait, LPDWORD flags, LPINT err),
    (s, ov, bytes, wait, flags, err),
    arg_socket(c, s); arg_overlapped(c, ov, NULL); arg_number(c, "wait", wait),
    if (result) { out_number(c, "bytes", bytes); out_flags(c, "flags", flags, format_message_flags); })

INT_ENTRY(GetPeerName,
    (SOCKET s, struct sockaddr *name, LPINT bytes, LPINT err),
    (s, name, bytes, err),
    arg_socket(c, s),
    IF_OK(out_address(c, "name", name, bytes)))

INT_ENTRY(GetSockName,
    (SOCKET s, struct sockaddr *name, LPINT bytes, LPINT err),
    (s, name, bytes, err),
    arg_socket(c, s),
    IF_OK(out_address(c, "name", name, bytes)))

INT_ENTRY(GetSockOpt,
    (SOCKET s, int level, int option, char *value, LPINT bytes, LPINT err),
    (s, level, option, value, bytes, err),
    arg_socket(c, s); arg_option(c, level, option),
    IF_OK(out_value(c, level, option, value, bytes)))

BOOL_ENTRY(GetQOSByName,
    (SOCKET s, LPWSABUF name, LPQOS qos, LPINT err),
    (s, name, qos, err),
    arg_socket(c, s),
    NOTHING)

INT_ENTRY(Ioctl,
    (SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes, LPDWORD returned,
     LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err),
    (s, code, in, in_bytes, out, out_bytes, returned, ov, routine, thread, err),
    arg_socket(c, s); arg_ioctl_in(c, code, in, in_bytes); arg_overlapped(c, ov, routine),
    IF_OK(NOW(arg_ioctl_out(c, code, out, out_bytes, returned))))

SOCKET_ENTRY(JoinLeaf,
    (SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller, LPWSABUF callee, LPQOS sqos, LPQOS gqos, DWORD flags,
     LPINT err),
    (s, name, bytes, caller, callee, sqos, gqos, flags, err),
    arg_socket(c, s); arg_address(c, "name", name, bytes); arg_flags(c, "flags", flags, format_leaf_flags),
    NOTHING)

INT_ENTRY(Listen, (SOCKET s, int backlog, LPINT err), (s, backlog, err),
    arg_socket(c, s); arg_number(c, "backlog", backlog),
    NOTHING)

INT_ENTRY(Recv,
    (SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD bytes, LPDWORD flags, LPWSAOVERLAPPED ov,
     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err),
    (s, buffers, count, bytes, flags, ov, routine, thread, err),
    arg_socket(c, s); arg_buffers(c, buffers, count); out_flags(c, "flags", flags, format_message_flags);
        arg_overlapped(c, ov, routine),
    IF_OK(NOW(out_number(c, "bytes", bytes); out_flags(c, "flags", flags, format_message_flags);
        out_data(c, buffers, count, bytes))))

INT_ENTRY(RecvDisconnect, (SOCKET s, LPWSABUF data, LPINT err), (s, data, err), arg_socket(c, s), NOTHING)

INT_ENTRY(RecvFrom,
    (SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD bytes, LPDWORD flags, struct sockaddr *from, LPINT from_bytes,
     LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err),
    (s, buffers, count, bytes, flags, from, from_bytes, ov, routine, thread, err),
    arg_socket(c, s); arg_buffers(c, buffers, count); out_flags(c, "flags", flags, format_message_flags);
        arg_overlapped(c, ov, routine),
    IF_OK(NOW(out_number(c, "bytes", bytes); out_flags(c, "flags", flags, format_message_flags);
        out_address(c, "from", from, from_bytes); out_data(c, buffers, count, bytes))))

INT_ENTRY(Select,
    (int n, fd_set *rd, fd_set *wr, fd_set *ex, const PTIMEVAL timeout, LPINT err),
    (n, rd, wr, ex, timeout, err),
    arg_handles(c, "read", rd); arg_handles(c, "write", wr); arg_handles(c, "except", ex); arg_timeout(c, timeout),
    IF_OK(arg_handles(c, "read", rd); arg_handles(c, "write", wr); arg_handles(c, "except", ex)))

INT_ENTRY(Send,
    (SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD bytes, DWORD flags, LPWSAOVERLAPPED ov,
     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err),
    (s, buffers, count, bytes, flags, ov, routine, thread, err),
    arg_socket(c, s); arg_buffers(c, buffers, count); arg_flags(c, "flags", flags, format_message_flags);
        out_data(c, buffers, count, NULL); arg_overlapped(c, ov, routine),
    IF_OK(NOW(out_number(c, "bytes", bytes))))

INT_ENTRY(SendDisconnect, (SOCKET s, LPWSABUF data, LPINT err), (s, data, err), arg_socket(c, s), NOTHING)

INT_ENTRY(SendTo,
    (SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD bytes, DWORD flags, const struct sockaddr *to, int to_bytes,
     LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err),
    (s, buffers, count, bytes, flags, to, to_bytes, ov, routine, thread, err),
    arg_socket(c, s); arg_buffers(c, buffers, count); arg_flags(c, "flags", flags, format_message_flags);
        arg_address(c, "to", to, to_bytes); out_data(c, buffers, count, NULL); arg_overlapped(c, ov, routine),
    IF_OK(NOW(out_number(c, "bytes", bytes))))

INT_ENTRY(SetSockOpt,
    (SOCKET s, int level, int option, const char *value, int bytes, LPINT err),
    (s, level, option, value, bytes, err),
    arg_socket(c, s); arg_option(c, level, option); arg_value(c, level, option, value, bytes),
    NOTHING)

INT_ENTRY(Shutdown, (SOCKET s, int how, LPINT err), (s, how, err),
    arg_socket(c, s); arg_name(c, "how", how, format_shutdowns),
    NOTHING)

SOCKET_ENTRY(Socket,
    (int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group, DWORD flags, LPINT err),
    (family, type, protocol, info, group, flags, err),
    arg_triple(c, family, type, protocol); arg_info(c, info); arg_flags(c, "flags", flags, format_socket_flags),
    NOTHING)

INT_ENTRY(StringToAddress,
    (LPWSTR text, INT family, LPWSAPROTOCOL_INFOW info, LPSOCKADDR addr, LPINT bytes, LPINT err),
    (text, family, info, addr, bytes, err),
    arg_wide(c, "text", text); arg_name(c, "af", family, format_families); arg_info(c, info),
    IF_OK(out_address(c, "addr", addr, bytes)))

/* ---- the functions that programs call past ws2_32; these report through the last error ---- */

#define EXTENSION(type, failed, name, params, args, before)                                        \
    static type PASCAL trace_##name params                                                         \
    {                                                                                              \
        struct call call, *c = &call;                                                              \
        type result;                                                                               \
                                                                                                   \
        call_begin(c, #name);                                                                      \
        before;                                                                                    \
        call_go(c);                                                                                \
        result = ws2kit_pass_extension.name args;                                                  \
        call_back(c, result, FALSE, result == (failed) ? WSAGetLastError() : 0);                   \
        call_end(c);                                                                               \
        return result;                                                                             \
    }

EXTENSION(BOOL, FALSE, AcceptEx,
    (SOCKET s, SOCKET accept, PVOID out, DWORD bytes, DWORD local_bytes, DWORD remote_bytes, LPDWORD received, LPOVERLAPPED ov),
    (s, accept, out, bytes, local_bytes, remote_bytes, received, ov),
    arg_socket(c, s); arg_hex(c, "accept", accept); arg_number(c, "bytes", bytes); arg_overlapped(c, ov, NULL))

EXTENSION(BOOL, FALSE, ConnectEx,
    (SOCKET s, const struct sockaddr *name, int name_bytes, PVOID data, DWORD bytes, LPDWORD sent, LPOVERLAPPED ov),
    (s, name, name_bytes, data, bytes, sent, ov),
    arg_socket(c, s); arg_address(c, "name", name, name_bytes); arg_number(c, "bytes", bytes); arg_overlapped(c, ov, NULL))

EXTENSION(BOOL, FALSE, DisconnectEx,
    (SOCKET s, LPOVERLAPPED ov, DWORD flags, DWORD reserved),
    (s, ov, flags, reserved),
    arg_socket(c, s); arg_flags(c, "flags", flags, format_transmit_flags); arg_overlapped(c, ov, NULL))

EXTENSION(BOOL, FALSE, TransmitFile,
    (SOCKET s, HANDLE file, DWORD bytes, DWORD each, LPOVERLAPPED ov, LPTRANSMIT_FILE_BUFFERS buffers, DWORD flags),
    (s, file, bytes, each, ov, buffers, flags),
    arg_socket(c, s); arg_hex(c, "file", (ULONG_PTR)file); arg_number(c, "bytes", bytes);
        arg_flags(c, "flags", flags, format_transmit_flags); arg_overlapped(c, ov, NULL))

EXTENSION(BOOL, FALSE, TransmitPackets,
    (SOCKET s, LPTRANSMIT_PACKETS_ELEMENT element, DWORD count, DWORD each, LPOVERLAPPED ov, DWORD flags),
    (s, element, count, each, ov, flags),
    arg_socket(c, s); arg_number(c, "elements", count); arg_flags(c, "flags", flags, format_transmit_flags);
        arg_overlapped(c, ov, NULL))

EXTENSION(INT, SOCKET_ERROR, WSARecvMsg,
    (SOCKET s, LPWSAMSG message, LPDWORD bytes, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine),
    (s, message, bytes, ov, routine),
    arg_socket(c, s); arg_overlapped(c, ov, routine))

EXTENSION(INT, SOCKET_ERROR, WSASendMsg,
    (SOCKET s, LPWSAMSG message, DWORD flags, LPDWORD bytes, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine),
    (s, message, flags, bytes, ov, routine),
    arg_socket(c, s); arg_message(c, message); arg_flags(c, "flags", flags, format_message_flags);
        arg_overlapped(c, ov, routine))
/* clang-format on */

/* After the fact, so without a duration. */
static void trace_started(const WSAPROTOCOL_INFOW *chain, const WSAPROTOCOL_INFOW *below, int err)
{
    struct call call, *c = &call;

    call_begin(c, "WSPStartup");
    arg_info(c, chain);
    arg_wide(c, "name", chain->szProtocol);
    call_go(c);
    call_back(c, 0, FALSE, err);
    if (below) {
        arg_number(c, "below", below->dwCatalogEntryId);
        arg_wide(c, "below_name", below->szProtocol);
    }
    call_end(c);
}

/* The line is written before the call, which may close the log. */
static int WSPAPI trace_Cleanup(LPINT err)
{
    struct call call, *c = &call;

    call_begin(c, "WSPCleanup");
    call_go(c);
    call_back(c, 0, FALSE, 0);
    call_end(c);
    return ws2kit_pass.lpWSPCleanup(err);
}

const struct ws2kit_layer ws2kit_layer = {
    .name = "trace",
    .description = L"ws2kit trace: one line per SPI call",
    .guid = { 0x2b1d9f4e, 0x7c35, 0x4b0a, { 0x9e, 0x61, 0x3d, 0x0f, 0xa8, 0x52, 0xc7, 0x14 } },
    .start = log_start,
    .started = trace_started,
    .stop = log_stop,
    .hook = {
        trace_Accept, trace_AddressToString, trace_AsyncSelect, trace_Bind, trace_CancelBlockingCall, trace_Cleanup,
        trace_CloseSocket, trace_Connect, trace_DuplicateSocket, trace_EnumNetworkEvents, trace_EventSelect,
        trace_GetOverlappedResult, trace_GetPeerName, trace_GetSockName, trace_GetSockOpt, trace_GetQOSByName, trace_Ioctl,
        trace_JoinLeaf, trace_Listen, trace_Recv, trace_RecvDisconnect, trace_RecvFrom, trace_Select, trace_Send,
        trace_SendDisconnect, trace_SendTo, trace_SetSockOpt, trace_Shutdown, trace_Socket, trace_StringToAddress,
    },
    .extension = {
        trace_AcceptEx, trace_ConnectEx, trace_DisconnectEx, trace_TransmitFile, trace_TransmitPackets, trace_WSARecvMsg,
        trace_WSASendMsg,
    },
};
