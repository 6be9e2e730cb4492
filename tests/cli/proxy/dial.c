/* SPDX-License-Identifier: MIT */
/*
 * dial HOW FAMILY HOST PORT [HOW FAMILY HOST PORT]…: connects in the way HOW, exchanges a line with what it has reached, and
 * prints "HOW HOST:PORT ERROR line peer". FAMILY is any, 4 or 6, for getaddrinfo. HOW is
 *     block, select, poll, event, async   connect() and the usual ways of waiting for it
 *     ex, port                            ConnectEx, with an event or on a completion port
 *     udp                                 sendto()
 */
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 30000, MESSAGE = WM_USER };

static int last_error(SOCKET s)
{
    int err = 0, bytes = sizeof err;

    return getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&err, &bytes) ? WSAGetLastError() : err;
}

/* connect() on a nonblocking socket: 0, WSAEWOULDBLOCK as it has to be, or what is wrong already. */
static int begin(SOCKET s, const struct addrinfo *to)
{
    u_long on = 1;

    if (ioctlsocket(s, FIONBIO, &on))
        return WSAGetLastError();
    return connect(s, to->ai_addr, (int)to->ai_addrlen) ? WSAGetLastError() : 0;
}

static int by_block(SOCKET s, const struct addrinfo *to)
{
    return connect(s, to->ai_addr, (int)to->ai_addrlen) ? WSAGetLastError() : 0;
}

static int by_select(SOCKET s, const struct addrinfo *to)
{
    struct timeval limit = { WAIT_MS / 1000, 0 };
    fd_set writable = { 1, { s } }, failed = { 1, { s } };
    int err = begin(s, to);

    if (err != WSAEWOULDBLOCK)
        return err;
    if (select(0, NULL, &writable, &failed, &limit) != 1)
        return -1;
    if (FD_ISSET(s, &failed))
        return last_error(s);
    return FD_ISSET(s, &writable) ? last_error(s) : -2;
}

static int by_poll(SOCKET s, const struct addrinfo *to)
{
    WSAPOLLFD p = { s, POLLWRNORM, 0 };
    int err = begin(s, to);

    if (err != WSAEWOULDBLOCK)
        return err;
    if (WSAPoll(&p, 1, WAIT_MS) != 1)
        return -1;
    if (p.revents & (POLLERR | POLLHUP)) {
        err = last_error(s);
        return err ? err : -2;
    }
    return p.revents & POLLWRNORM ? last_error(s) : -3;
}

static int by_event(SOCKET s, const struct addrinfo *to)
{
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;
    int err = 0;

    if (WSAEventSelect(s, event, FD_CONNECT))
        err = WSAGetLastError();
    else if (!connect(s, to->ai_addr, (int)to->ai_addrlen) || WSAGetLastError() != WSAEWOULDBLOCK)
        err = WSAGetLastError();
    else if (WSAWaitForMultipleEvents(1, &event, FALSE, WAIT_MS, FALSE) != WSA_WAIT_EVENT_0)
        err = -1;
    else if (WSAEnumNetworkEvents(s, event, &events))
        err = WSAGetLastError();
    else
        err = events.lNetworkEvents == FD_CONNECT ? events.iErrorCode[FD_CONNECT_BIT] : -2;
    WSAEventSelect(s, NULL, 0);
    WSACloseEvent(event);
    return err;
}

static int by_async(SOCKET s, const struct addrinfo *to)
{
    HWND window = CreateWindowExA(0, "STATIC", "", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    DWORD end = GetTickCount() + WAIT_MS;
    int err = -1;
    MSG m;

    if (!window)
        return -3;
    if (WSAAsyncSelect(s, window, MESSAGE, FD_CONNECT)) {
        err = WSAGetLastError();
    } else if (!connect(s, to->ai_addr, (int)to->ai_addrlen) || WSAGetLastError() != WSAEWOULDBLOCK) {
        err = WSAGetLastError();
    } else {
        while (err == -1 && (LONG)(end - GetTickCount()) > 0) {
            MsgWaitForMultipleObjects(0, NULL, FALSE, end - GetTickCount(), QS_ALLINPUT);
            while (PeekMessageA(&m, window, MESSAGE, MESSAGE, PM_REMOVE))
                err = WSAGETSELECTEVENT(m.lParam) == FD_CONNECT ? WSAGETSELECTERROR(m.lParam) : -2;
        }
    }
    WSAAsyncSelect(s, window, 0, 0);
    DestroyWindow(window);
    return err;
}

/* The result of `ov`, once it is there: by the port if there is one. */
static int wait_for(SOCKET s, HANDLE port, WSAOVERLAPPED *ov)
{
    DWORD bytes = 0, flags = 0;
    ULONG_PTR key = 0;
    OVERLAPPED *got = NULL;

    if (port) {
        GetQueuedCompletionStatus(port, &bytes, &key, &got, WAIT_MS);
        if (got != ov || key != 7)
            return -1;
    } else if (WaitForSingleObject(ov->hEvent, WAIT_MS)) {
        return -1;
    }
    return WSAGetOverlappedResult(s, ov, &bytes, FALSE, &flags) ? 0 : WSAGetLastError();
}

static int connect_ex(SOCKET s, const struct addrinfo *to, HANDLE port)
{
    GUID id = WSAID_CONNECTEX;
    LPFN_CONNECTEX connect_ex_fn = NULL;
    SOCKADDR_STORAGE any = { .ss_family = (short)to->ai_family };
    WSAOVERLAPPED ov = { .hEvent = port ? NULL : WSACreateEvent() };
    DWORD bytes;
    int err = 0;

    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &connect_ex_fn, sizeof connect_ex_fn, &bytes, NULL, NULL) ||
        bind(s, (struct sockaddr *)&any, (int)to->ai_addrlen))
        err = WSAGetLastError();
    else if (!connect_ex_fn(s, to->ai_addr, (int)to->ai_addrlen, NULL, 0, NULL, &ov) && WSAGetLastError() != WSA_IO_PENDING)
        err = WSAGetLastError();
    else
        err = wait_for(s, port, &ov);
    if (!err && setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0))
        err = WSAGetLastError();
    if (ov.hEvent)
        WSACloseEvent(ov.hEvent);
    return err;
}

static int by_ex(SOCKET s, const struct addrinfo *to)
{
    return connect_ex(s, to, NULL);
}

static int by_port(SOCKET s, const struct addrinfo *to)
{
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 7, 0);
    int err = port ? connect_ex(s, to, port) : -3;

    if (port)
        CloseHandle(port);
    return err;
}

static int by_udp(SOCKET s, const struct addrinfo *to)
{
    return sendto(s, "hello\n", 6, 0, to->ai_addr, (int)to->ai_addrlen) == 6 ? 0 : WSAGetLastError();
}

static const struct {
    const char *name;
    int (*go)(SOCKET s, const struct addrinfo *to);
} ways[] = {
    { "block", by_block }, { "select", by_select }, { "poll", by_poll }, { "event", by_event }, { "async", by_async },
    { "ex", by_ex },       { "port", by_port },     { "udp", by_udp },
};

/* Sends a line, unless it was sent already, and prints the first one that comes back. */
static void talk(SOCKET s, BOOL sent)
{
    char line[64] = "";
    u_long off = 0;
    int used = 0, n = 1, limit = WAIT_MS;

    ioctlsocket(s, FIONBIO, &off);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit);
    if (!sent && send(s, "hello\n", 6, 0) != 6)
        printf(" send: %d", WSAGetLastError());
    while (n > 0 && used < (int)sizeof line - 1 && !strchr(line, '\n')) {
        n = recv(s, line + used, (int)sizeof line - 1 - used, 0);
        if (n < 0)
            printf(" recv: %d", WSAGetLastError());
        else
            used += n;
    }
    line[strcspn(line, "\n")] = 0;
    printf(" %s", line);
}

static void print_peer(SOCKET s, const struct addrinfo *to)
{
    char text[64] = "?";
    SOCKADDR_STORAGE peer = { 0 };
    int bytes = sizeof peer;

    if (getpeername(s, (struct sockaddr *)&peer, &bytes)) {
        printf(" getpeername: %d", WSAGetLastError());
        return;
    }
    getnameinfo((struct sockaddr *)&peer, bytes, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    printf(" %s%s", text, bytes == (int)to->ai_addrlen && !memcmp(&peer, to->ai_addr, 8) ? "" : " another peer");
}

static void dial(const char *how, const char *family, const char *host, const char *port)
{
    BOOL udp = !strcmp(how, "udp");
    struct addrinfo hints = { .ai_family = *family == '4' ? AF_INET : *family == '6' ? AF_INET6 : AF_UNSPEC,
                              .ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM }, *to = NULL;
    int err;
    SOCKET s;

    printf("%s %s:%s", how, host, port);
    err = getaddrinfo(host, port, &hints, &to);
    if (err) {
        printf(" getaddrinfo: %d\n", err);
        return;
    }
    s = socket(to->ai_family, hints.ai_socktype, 0);
    if (s == INVALID_SOCKET) {
        printf(" socket: %d\n", WSAGetLastError());
        freeaddrinfo(to);
        return;
    }
    err = -9;
    for (size_t i = 0; i < ARRAYSIZE(ways); i++)
        if (!strcmp(ways[i].name, how))
            err = ways[i].go(s, to);
    printf(" %d", err);
    if (!err) {
        talk(s, udp);
        if (!udp)
            print_peer(s, to);
    }
    printf("\n");
    fflush(stdout);
    closesocket(s);
    freeaddrinfo(to);
}

int main(int argc, char **argv)
{
    WSADATA data;

    if (WSAStartup(MAKEWORD(2, 2), &data))
        return 1;
    for (int i = 1; i + 3 < argc; i += 4)
        dial(argv[i], argv[i + 1], argv[i + 2], argv[i + 3]);
    WSACleanup();
    return 0;
}
