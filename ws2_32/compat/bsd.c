/* SPDX-License-Identifier: MIT */
/* What mswsock.dll has kept from BSD. No header declares these; sizes of arguments are those of the import libraries. */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "ws2_32/compat/dn_expand.h"
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/pack_pe.h"
#include "ws2_32/names/text_pe.h"

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);
u_long WINAPI inet_network(const char *text);
struct netent *WINAPI getnetbyname(const char *name);
int WINAPI dn_expand(const BYTE *msg, const BYTE *end, const BYTE *at, char *text, int text_bytes);
void WINAPI s_perror(const char *text, int err);
int WINAPI sethostname(const char *name, int name_bytes);
int WINAPI rresvport(int *port);
int WINAPI rcmd(char **host, u_short port, const char *local, const char *remote, const char *command, int *err_socket);
int WINAPI rexec(char **host, u_short port, const char *user, const char *password, const char *command,
                 int *err_socket);

static DWORD slot = TLS_OUT_OF_INDEXES; /* each thread's netent, freed when the thread ends */

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    switch (reason) {
    case DLL_PROCESS_ATTACH:
        slot = TlsAlloc();
        return slot != TLS_OUT_OF_INDEXES;
    case DLL_THREAD_DETACH:
        free(TlsGetValue(slot));
        break;
    case DLL_PROCESS_DETACH:
        if (!reserved) {
            free(TlsGetValue(slot));
            TlsFree(slot);
            file_forget_all();
        }
        break;
    }
    return TRUE;
}

static struct netent *keep(const struct db_entry *e)
{
    size_t bytes = pack_network(e, NULL, 0) + sizeof(void *);
    void *buf = realloc(TlsGetValue(slot), bytes);

    if (!buf)
        return NULL;
    TlsSetValue(slot, buf);
    pack_network(e, buf, bytes);
    return buf;
}

struct netent *WINAPI getnetbyname(const char *name)
{
    struct db_query q = {.kind = DB_NETWORKS, .name = name};
    struct netent *net = NULL;
    struct file_text *text;
    struct db_entry e;
    int err = text_is_bad(name) ? WSAEFAULT : file_find(&q, &e, &text);

    if (!err) {
        net = keep(&e);
        file_put(text);
        if (!net)
            err = WSAENOBUFS;
    }
    WSASetLastError(err);
    return net;
}

u_long WINAPI inet_network(const char *text)
{
    uint32_t number;

    if (text_is_bad(text) || !db_parse_network((struct span){text, strlen(text)}, &number))
        return INADDR_NONE;
    return number;
}

int WINAPI dn_expand(const BYTE *msg, const BYTE *end, const BYTE *at, char *text, int text_bytes)
{
    if (text_is_bad(msg) || text_is_bad(text) || end < msg || at < msg || at >= end || text_bytes < 0)
        return -1;
    return dn_expand_text(msg, (size_t)(end - msg), (size_t)(at - msg), text, (size_t)text_bytes);
}

void WINAPI s_perror(const char *text, int err)
{
    const char *name = wsaerr_name(err);

    if (name)
        fprintf(stderr, "%s: %s\n", text, name);
    else
        fprintf(stderr, "%s: error %d\n", text, err);
}

static int not_supported(void)
{
    WSASetLastError(WSAEOPNOTSUPP);
    return SOCKET_ERROR;
}

/* The machine's name is Linux's to set, and the r-commands are long dead. */
int WINAPI sethostname(const char *name, int name_bytes)
{
    (void)name, (void)name_bytes;
    return not_supported();
}

int WINAPI rresvport(int *port)
{
    (void)port;
    return not_supported();
}

int WINAPI rcmd(char **host, u_short port, const char *local, const char *remote, const char *command, int *err_socket)
{
    (void)host, (void)port, (void)local, (void)remote, (void)command, (void)err_socket;
    return not_supported();
}

int WINAPI rexec(char **host, u_short port, const char *user, const char *password, const char *command, int *err_socket)
{
    (void)host, (void)port, (void)user, (void)password, (void)command, (void)err_socket;
    return not_supported();
}
