/* SPDX-License-Identifier: MIT */
/*
 * What tests/cli/tap/run and tests/cli/tls/run watch. `talk STYLE PORT`: exchanges bytes with a server on loopback, which keeps what
 * went each way; says how much it has received, and its Adler-32.
 *
 *   blocking  send in odd sizes, end, receive to the end        port    ConnectEx with data, overlapped sends and receives
 *   mixed     overlapped sends with ordinary ones behind them   accept  AcceptEx with data; PORT is the one to listen on
 *   wait      send, say so, and stay until killed              file    TransmitFile with head and tail
 *   refused   connect where nobody listens                      reset   send, and close with SO_LINGER 0
 *   name      connect to the name "localhost"                   udp     WSASendMsg, sendto and WSARecvFrom, with an echo
 *   both      24 MB each way at a time, with an echo            get     HTTP, the file /big
 */
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOTAL = 300000, PARTS = 12, BOTH = 80 };

static char data[TOTAL], in[TOTAL];
static struct sockaddr_in peer;

static void need(BOOL done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "talk: %s failed with %d\n", what, WSAGetLastError());
    exit(1);
}

static void *extension(SOCKET s, GUID id)
{
    void *function = NULL;
    DWORD got;

    need(!WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function, sizeof function, &got, NULL, NULL),
         "SIO_GET_EXTENSION_FUNCTION_POINTER");
    return function;
}

static SOCKET connected(void)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

    need(!connect(s, (struct sockaddr *)&peer, sizeof peer), "connect");
    return s;
}

static unsigned received, sum_a = 1, sum_b;

static void take(const char *at, unsigned bytes)
{
    received += bytes;
    for (unsigned i = 0; i < bytes; i++) {
        sum_a = (sum_a + (unsigned char)at[i]) % 65521;
        sum_b = (sum_b + sum_a) % 65521;
    }
}

static void receive_to_end(SOCKET s)
{
    int n;

    while ((n = recv(s, in, sizeof in, 0)) > 0)
        take(in, (unsigned)n);
    need(!n, "recv");
}

static void blocking(void)
{
    SOCKET s = connected();
    char peeked[10];

    for (int at = 0, n = 1; at < TOTAL; at += n, n = n * 3 + 1) {
        n = n < TOTAL - at ? n : TOTAL - at;
        need(send(s, data + at, n, 0) == n, "send");
    }
    need(!shutdown(s, SD_SEND), "shutdown");
    need(recv(s, peeked, sizeof peeked, MSG_PEEK) > 0, "recv with MSG_PEEK");
    receive_to_end(s);
    closesocket(s);
}

static void overlapped_receive_to_end(SOCKET s, HANDLE port)
{
    WSABUF buf[2] = { { 5, in }, { 40000, in + 5 } };
    WSAOVERLAPPED ov = { 0 }, *done;
    ULONG_PTR key;
    DWORD n, flags;

    do {
        flags = 0;
        need(!WSARecv(s, buf, 2, NULL, &flags, &ov, NULL) || WSAGetLastError() == WSA_IO_PENDING, "WSARecv");
        need(GetQueuedCompletionStatus(port, &n, &key, &done, 30000), "the receive");
        take(in, n);
    } while (n);
}

static void port(void)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    LPFN_CONNECTEX connect_ex = (LPFN_CONNECTEX)extension(s, (GUID)WSAID_CONNECTEX);
    struct sockaddr_in any = { .sin_family = AF_INET };
    WSAOVERLAPPED ov[PARTS] = { 0 }, *done;
    HANDLE p = CreateIoCompletionPort((HANDLE)s, NULL, 1, 0);
    ULONG_PTR key;
    DWORD n;

    need(!bind(s, (struct sockaddr *)&any, sizeof any), "bind");
    need(connect_ex(s, (struct sockaddr *)&peer, sizeof peer, data, TOTAL / PARTS, NULL, ov) ||
             WSAGetLastError() == WSA_IO_PENDING, "ConnectEx");
    need(GetQueuedCompletionStatus(p, &n, &key, &done, 30000), "the connection");
    need(!setsockopt(s, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0), "SO_UPDATE_CONNECT_CONTEXT");
    for (int i = 1; i < PARTS; i++) {
        WSABUF buf = { TOTAL / PARTS, data + i * (TOTAL / PARTS) };

        need(!WSASend(s, &buf, 1, NULL, 0, &ov[i], NULL) || WSAGetLastError() == WSA_IO_PENDING, "WSASend");
    }
    for (int i = 1; i < PARTS; i++)
        need(GetQueuedCompletionStatus(p, &n, &key, &done, 30000), "a send");
    need(!shutdown(s, SD_SEND), "shutdown");
    overlapped_receive_to_end(s, p);
    closesocket(s);
}

/* Nobody waits for the overlapped sends until all is said. */
static void mixed(void)
{
    SOCKET s = connected();
    WSAOVERLAPPED ov[PARTS] = { 0 };
    DWORD n, flags;

    for (int i = 0; i < PARTS; i++) {
        WSABUF buf = { TOTAL / PARTS - 100, data + i * (TOTAL / PARTS) };

        need(!WSASend(s, &buf, 1, NULL, 0, &ov[i], NULL) || WSAGetLastError() == WSA_IO_PENDING, "WSASend");
        need(send(s, buf.buf + buf.len, 100, 0) == 100, "send");
    }
    need(!shutdown(s, SD_SEND), "shutdown");
    for (int i = 0; i < PARTS; i++)
        need(WSAGetOverlappedResult(s, &ov[i], &n, TRUE, &flags), "a send");
    receive_to_end(s);
    closesocket(s);
}

static void accept_ex(void)
{
    SOCKET listener = socket(AF_INET, SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0);
    LPFN_ACCEPTEX accept_ex_call = (LPFN_ACCEPTEX)extension(listener, (GUID)WSAID_ACCEPTEX);
    enum { ADDRESS = sizeof(struct sockaddr_in) + 16, FIRST = 1000 };
    char out[FIRST + 2 * ADDRESS];
    WSAOVERLAPPED ov = { 0 };
    DWORD n, flags;

    need(!bind(listener, (struct sockaddr *)&peer, sizeof peer) && !listen(listener, 1), "listen");
    printf("ready\n");
    fflush(stdout);
    need(accept_ex_call(listener, s, out, FIRST, ADDRESS, ADDRESS, &n, &ov) || WSAGetLastError() == WSA_IO_PENDING,
         "AcceptEx");
    need(WSAGetOverlappedResult(listener, &ov, &n, TRUE, &flags), "the connection");
    need(!setsockopt(s, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener),
         "SO_UPDATE_ACCEPT_CONTEXT");
    receive_to_end(s);
    need(send(s, data, TOTAL, 0) == TOTAL, "send");
    closesocket(s);
}

static void file(void)
{
    SOCKET s = connected();
    LPFN_TRANSMITFILE transmit = (LPFN_TRANSMITFILE)extension(s, (GUID)WSAID_TRANSMITFILE);
    TRANSMIT_FILE_BUFFERS around = { data, 100, data + TOTAL - 100, 100 };
    char path[MAX_PATH], name[MAX_PATH];
    HANDLE f;
    DWORD n;

    GetTempPathA(sizeof path, path);
    GetTempFileNameA(path, "tap", 0, name);
    f = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    need(f != INVALID_HANDLE_VALUE && WriteFile(f, data + 100, TOTAL - 200, &n, NULL), "the file");
    SetFilePointer(f, 0, NULL, FILE_BEGIN);
    need(transmit(s, f, 0, 0, NULL, &around, 0), "TransmitFile");
    need(!shutdown(s, SD_SEND), "shutdown");
    receive_to_end(s);
    closesocket(s);
    CloseHandle(f);
}

static void stay(void)
{
    SOCKET s = connected();

    need(send(s, data, TOTAL, 0) == TOTAL, "send");
    printf("ready\n");
    fflush(stdout);
    Sleep(INFINITE);
}

static void refused(void)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);

    need(connect(s, (struct sockaddr *)&peer, sizeof peer) && WSAGetLastError() == WSAECONNREFUSED, "being refused");
    closesocket(s);
}

static void reset(void)
{
    SOCKET s = connected();
    LINGER linger = { 1, 0 };

    need(send(s, data, 1000, 0) == 1000, "send");
    need(!setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, sizeof linger), "SO_LINGER");
    closesocket(s);
}

static void name(void)
{
    struct addrinfo hints = { .ai_family = AF_INET }, *found;

    need(!getaddrinfo("localhost", NULL, &hints, &found), "getaddrinfo");
    freeaddrinfo(found);
    blocking();
}

static DWORD WINAPI send_all(void *socket)
{
    SOCKET s = (SOCKET)socket;

    for (int i = 0; i < BOTH; i++)
        need(send(s, data, TOTAL, 0) == TOTAL, "send");
    need(!shutdown(s, SD_SEND), "shutdown");
    return 0;
}

static void both(void)
{
    SOCKET s = connected();
    HANDLE sender = CreateThread(NULL, 0, send_all, (void *)s, 0, NULL);

    receive_to_end(s);
    WaitForSingleObject(sender, INFINITE);
    need(received == BOTH * TOTAL, "the echo");
    closesocket(s);
}

static void get(void)
{
    static const char request[] = "GET /big HTTP/1.0\r\n\r\n";
    SOCKET s = connected();

    need(send(s, request, sizeof request - 1, 0) == sizeof request - 1, "send");
    receive_to_end(s);
    closesocket(s);
}

static void udp(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    LPFN_WSASENDMSG send_msg = (LPFN_WSASENDMSG)extension(s, (GUID)WSAID_WSASENDMSG);
    WSABUF buf[2] = { { 300, data }, { 200, data + 300 } };
    WSAMSG msg = { (struct sockaddr *)&peer, sizeof peer, buf, 2, { 0, NULL }, 0 };
    WSAOVERLAPPED ov = { 0 };
    struct sockaddr_in from;
    INT from_bytes = sizeof from;
    DWORD n, flags = 0;

    need(!send_msg(s, &msg, 0, &n, NULL, NULL) && n == 500, "WSASendMsg");
    need(recvfrom(s, in, sizeof in, 0, NULL, NULL) == 500, "recvfrom");
    need(sendto(s, data + 500, 1, 0, (struct sockaddr *)&peer, sizeof peer) == 1, "sendto");
    need(!WSARecvFrom(s, &(WSABUF){ sizeof in, in }, 1, NULL, &flags, (struct sockaddr *)&from, &from_bytes, &ov, NULL) ||
             WSAGetLastError() == WSA_IO_PENDING, "WSARecvFrom");
    need(WSAGetOverlappedResult(s, &ov, &n, TRUE, &flags) && n == 1, "the receive");
    closesocket(s);
}

int main(int argc, char **argv)
{
    static const struct { const char *name; void (*run)(void); } styles[] = {
        { "blocking", blocking }, { "port", port }, { "mixed", mixed }, { "accept", accept_ex }, { "file", file },
        { "wait", stay }, { "refused", refused }, { "reset", reset }, { "name", name }, { "udp", udp },
        { "both", both }, { "get", get },
    };
    WSADATA wsa;

    if (argc != 3 || WSAStartup(MAKEWORD(2, 2), &wsa))
        return 2;
    peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((u_short)atoi(argv[2])),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (unsigned i = 0; i < TOTAL; i++)
        data[i] = (char)(i * 2654435761u >> 13);
    for (unsigned i = 0; i < sizeof styles / sizeof *styles; i++)
        if (!strcmp(styles[i].name, argv[1])) {
            styles[i].run();
            printf("# received %u %08x\n", received, sum_b << 16 | sum_a);
            WSACleanup();
            return 0;
        }
    return 2;
}
