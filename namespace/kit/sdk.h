/* SPDX-License-Identifier: MIT */
#ifndef WS2_NAMESPACE_KIT_SDK_H
#define WS2_NAMESPACE_KIT_SDK_H
/*
 * Where there is no Windows SDK, which is where the kit's tests run: its types as the kit uses them, with the same members
 * in the same order.
 */
#include <stddef.h>
#include <stdint.h>

typedef uint32_t DWORD;
typedef int32_t INT;
typedef uint16_t WORD, WCHAR;
typedef uint8_t BYTE;

typedef struct {
    uint32_t Data1;
    uint16_t Data2, Data3;
    uint8_t Data4[8];
} GUID;

struct sockaddr; /* bytes, to the kit */

typedef struct {
    struct sockaddr *lpSockaddr;
    INT iSockaddrLength;
} SOCKET_ADDRESS;

typedef struct {
    SOCKET_ADDRESS LocalAddr, RemoteAddr;
    INT iSocketType, iProtocol;
} CSADDR_INFO;

typedef struct {
    DWORD cbSize;
    BYTE *pBlobData;
} BLOB;

typedef struct {
    DWORD dwVersion;
    int ecHow;
} WSAVERSION;

typedef struct {
    INT iAddressFamily, iProtocol;
} AFPROTOCOLS;

typedef struct {
    DWORD dwSize;
    WCHAR *lpszServiceInstanceName;
    GUID *lpServiceClassId;
    WSAVERSION *lpVersion;
    WCHAR *lpszComment;
    DWORD dwNameSpace;
    GUID *lpNSProviderId;
    WCHAR *lpszContext;
    DWORD dwNumberOfProtocols;
    AFPROTOCOLS *lpafpProtocols;
    WCHAR *lpszQueryString;
    DWORD dwNumberOfCsAddrs;
    CSADDR_INFO *lpcsaBuffer;
    DWORD dwOutputFlags;
    BLOB *lpBlob;
} WSAQUERYSETW;

typedef struct {
    WCHAR *lpszName;
    DWORD dwNameSpace, dwValueType, dwValueSize;
    void *lpValue;
} WSANSCLASSINFOW;

typedef struct {
    GUID *lpServiceClassId;
    WCHAR *lpszServiceClassName;
    DWORD dwCount;
    WSANSCLASSINFOW *lpClassInfos;
} WSASERVICECLASSINFOW;

enum {
    LUP_RETURN_NAME = 0x10,
    LUP_RETURN_TYPE = 0x20,
    LUP_RETURN_VERSION = 0x40,
    LUP_RETURN_COMMENT = 0x80,
    LUP_RETURN_ADDR = 0x100,
    LUP_RETURN_BLOB = 0x200,
    LUP_RETURN_QUERY_STRING = 0x800,
    COMP_EQUAL = 0,
    COMP_NOTLESS = 1,
};

#endif
