/* SPDX-License-Identifier: MIT */
#ifndef WS2KIT_NAMESPACE_H
#define WS2KIT_NAMESPACE_H
/*
 * For people who write name-space providers: reading what NSPLookupServiceBegin is asked, and packing what
 * NSPLookupServiceNext answers into the caller's buffer. Plain functions over the SDK's structures, with no state and no
 * dependence on ws2kit: link libws2kit_namespace.a, or compile this folder's .c files into your DLL. samples/directory is
 * a whole provider that uses all of it.
 *
 * Functions that return INT return 0 or a Winsock error, which an NSP function passes to nsk_result().
 */
#ifdef _WIN32
#include <winsock2.h>
#include <ws2spi.h>
#else
#include "sdk.h"
#endif
#include <stddef.h>

/* ---- packing ---- */

/*
 * Copies *from, with all that it points to, into the caller's buffer of *bytes bytes, so that every pointer stays inside
 * it. WSAEFAULT: the buffer is too small (NULL with 0 bytes is fine); *bytes is then what it takes, exactly, and nothing
 * has been written. dwSize is set. With WSA... errors an NSP must keep the result for the next call.
 */
INT nsk_pack(const WSAQUERYSETW *from, void *buf, DWORD *bytes);

/* The same for NSPGetServiceClassInfo. */
INT nsk_pack_class(const WSASERVICECLASSINFOW *from, void *buf, DWORD *bytes);

/*
 * A copy in one piece of memory, to free(): what NSPLookupServiceBegin keeps of its restrictions, NSPSetService of a
 * service and NSPInstallServiceClass of a class. NULL: no memory.
 */
WSAQUERYSETW *nsk_copy(const WSAQUERYSETW *from);
WSASERVICECLASSINFOW *nsk_copy_class(const WSASERVICECLASSINFOW *from);

/*
 * A hostent or servent as the blob of an answer to the classes that gethostbyname() and its kin ask for: pointers are
 * offsets from its start. Returns the bytes that it takes; nothing is written if that is more than `room`. Lists end with
 * NULL; NULL for an empty one.
 */
struct nsk_host {
    const char *name;
    const char *const *alias;
    INT family, addr_bytes; /* AF_INET and 4 */
    const void *const *addr;
};
struct nsk_service {
    const char *name;
    const char *const *alias;
    WORD port; /* network order, as in servent */
    const char *protocol;
};
size_t nsk_host_blob(const struct nsk_host *host, void *buf, size_t room);
size_t nsk_service_blob(const struct nsk_service *service, void *buf, size_t room);

/* ---- reading a query ---- */

enum nsk_class {
    NSK_CLASS_OTHER,        /* a service class of somebody's own: compare lpServiceClassId */
    NSK_CLASS_HOSTNAME,     /* the name of this machine */
    NSK_CLASS_HOST_BY_NAME, /* no name: this machine */
    NSK_CLASS_HOST_BY_ADDR, /* the name is an address as text */
    NSK_CLASS_SERVICE,      /* "ftp/tcp", "21/tcp" or "ftp" */
    NSK_CLASS_TCP,          /* SVCID_TCP(port), SVCID_TCP_RR(port, rr) */
    NSK_CLASS_UDP,
    NSK_CLASS_NETWARE,      /* port is the SAP id */
};

struct nsk_query {
    enum nsk_class class;
    WORD port, rr;      /* of the last three classes; rr 0: none given */
    const WCHAR *name;  /* NULL for none or an empty one */
    DWORD flags;        /* LUP_*: of Begin, for those that Next gets say nothing (spi.md 11.5) */
};

/* Points into *restrictions. WSAEINVAL: it has no class, or is too small. */
INT nsk_parse(const WSAQUERYSETW *restrictions, DWORD flags, struct nsk_query *out);

enum nsk_class nsk_class_of(const GUID *class_id, WORD *port, WORD *rr);
int nsk_same_guid(const GUID *a, const GUID *b);
/* Without regard to the case of ASCII letters; NULL equals NULL. */
int nsk_same_text(const WCHAR *a, const WCHAR *b);

/* Do the restrictions allow an address of this family and protocol? AF_UNSPEC and 0 among them allow any. */
int nsk_protocol_wanted(const WSAQUERYSETW *restrictions, INT family, INT protocol);
/* ... a service of this version (NULL: it has none, and any is wanted)? */
int nsk_version_wanted(const WSAQUERYSETW *restrictions, const WSAVERSION *version);

/* Takes out of a result what the LUP_RETURN_* flags do not ask for, before it is packed. */
void nsk_keep_wanted(WSAQUERYSETW *result, DWORD flags);

#ifdef _WIN32
/* What an NSP function returns: NO_ERROR for 0, else SOCKET_ERROR with that last error. */
static inline INT nsk_result(INT err)
{
    if (!err)
        return NO_ERROR;
    WSASetLastError(err);
    return SOCKET_ERROR;
}

/*
 * Entries of NSP_ROUTINE for a provider with which nothing can be registered: NSPSetService and NSPInstallServiceClass
 * (WSAEOPNOTSUPP), NSPRemoveServiceClass and NSPGetServiceClassInfo (WSATYPE_NOT_FOUND).
 */
INT WSAAPI nsk_no_service(LPGUID id, LPWSASERVICECLASSINFOW info, LPWSAQUERYSETW query, WSAESETSERVICEOP op, DWORD flags);
INT WSAAPI nsk_no_new_class(LPGUID id, LPWSASERVICECLASSINFOW info);
INT WSAAPI nsk_no_class_to_remove(LPGUID id, LPGUID class_id);
INT WSAAPI nsk_no_class(LPGUID id, LPDWORD bytes, LPWSASERVICECLASSINFOW info);
#endif

#endif
