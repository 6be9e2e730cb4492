/* SPDX-License-Identifier: MIT */
/*
 * hello: sends a line to itself over TCP on loopback and prints it. `hello exit N` ends with status N;
 * `hello wait` stays until it is killed, and keeps Wine's services and its desktop up: they are when it prints "waiting".
 */
#include <winsock2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The first window in a prefix starts its desktop, a process that lives as long as there are windows and keeps the output of
 * the program that started it open: whoever waits for the end of that output waits for the desktop.
 */
static void wait(void)
{
    CreateWindowA("Static", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    puts("waiting");
    fflush(stdout);
    Sleep(INFINITE);
}

static int failed(const char *what)
{
    fprintf(stderr, "hello: %s failed with %d\n", what, WSAGetLastError());
    return 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int name_bytes = sizeof name;
    char text[64] = "hello from ws2kit";
    SOCKET listener, client, server;
    WSADATA data;

    if (argc == 3 && !strcmp(argv[1], "exit"))
        return atoi(argv[2]);
    if (argc == 2 && !strcmp(argv[1], "wait"))
        wait();

    if (WSAStartup(MAKEWORD(2, 2), &data))
        return failed("WSAStartup");
    listener = socket(AF_INET, SOCK_STREAM, 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&name, &name_bytes))
        return failed("listening");
    if (connect(client, (struct sockaddr *)&name, sizeof name))
        return failed("connect");
    server = accept(listener, NULL, NULL);
    if (server == INVALID_SOCKET)
        return failed("accept");
    if (send(client, text, sizeof text, 0) != sizeof text)
        return failed("send");
    memset(text, 0, sizeof text);
    if (recv(server, text, sizeof text, 0) <= 0)
        return failed("recv");
    printf("%s\n", text);
    closesocket(server);
    closesocket(client);
    closesocket(listener);
    WSACleanup();
    return 0;
}
