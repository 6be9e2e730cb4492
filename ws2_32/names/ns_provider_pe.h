/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NS_PROVIDER_PE_H
#define WS2_32_NAMES_NS_PROVIDER_PE_H
/*
 * Name-space providers: loaded and started at the first need, once per GUID, stopped by the last WSACleanup. All calls
 * into one go through ns_call(), which survives their crashes and keeps their DLLs in memory meanwhile.
 */
#include <winsock2.h>
#include <ws2spi.h>

#include "catalog/namespace.h"

/* Never freed, so that a lookup may hold it across a WSACleanup. */
struct ns_provider {
    struct ns_provider *next; /* constant once it is in the list, like id */
    GUID id;
    BOOL v2;                  /* of ns_v2_pe.h, which has all but `id`, `ready` and `calls` to itself */
    NSP_ROUTINE routine;      /* of a ready one */
    HMODULE module;           /* NULL: not loaded */
    DWORD starter;            /* the thread that starts it now */
    BOOL ready;
    int failed;               /* why it cannot be loaded, so that nobody tries again and again; 0: not known */
    LONG volatile calls;      /* in flight */
    DWORD start_order;
};

/*
 * Starts the provider of a catalog entry, if that has not been done. One that is advertised by NSPv2 comes before its DLL. WSAEPROVIDERFAILEDINIT: no such DLL, or no NSP;
 * WSAEINVALIDPROCTABLE: its table has holes; else what its NSPStartup said. WSASERVICE_NOT_FOUND: an NSPv2 provider's process does not
 * advertise it.
 */
int ns_provider_start(const struct namespace_entry *entry, struct ns_provider **out);

/* The catalog has changed: what could not be loaded may be there now. */
void ns_provider_retry(void);

/* NSPCleanup for each, newest first; then their DLLs go, but for those that a thread does not come out of. */
void ns_provider_stop_all(void);

/* One call. Each `op` names the members that it takes. */
enum ns_op { NS_BEGIN, NS_NEXT, NS_END, NS_SET, NS_INSTALL_CLASS, NS_REMOVE_CLASS, NS_GET_CLASS, NS_IOCTL };

struct ns_call {
    enum ns_op op;
    struct ns_provider *provider;
    HANDLE handle;              /* NEXT, END, IOCTL; from BEGIN */
    WSAQUERYSETW *query;        /* BEGIN, NEXT (the buffer), SET */
    WSASERVICECLASSINFOW *info; /* BEGIN, SET, INSTALL_CLASS, GET_CLASS */
    DWORD flags;                /* BEGIN, NEXT, SET */
    DWORD *bytes;               /* NEXT, GET_CLASS */
    WSAESETSERVICEOP set;       /* SET */
    GUID *class_id;             /* REMOVE_CLASS */
    struct {
        DWORD code;
        void *in, *out;
        DWORD in_bytes, out_bytes;
        DWORD *returned;
        WSACOMPLETION *completion;
        WSATHREADID *thread;
    } ioctl;
};

/* 0 or the provider's error; WSANO_RECOVERY if it crashed or gave none; WSANOTINITIALISED after its end. */
int ns_call(struct ns_call *c);

#endif
