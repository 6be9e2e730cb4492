/* SPDX-License-Identifier: MIT */
#ifndef BOOK_H
#define BOOK_H
/*
 * The INI file that holds the services: %WS2KIT_DIRECTORY%, or ws2directory.ini in the Windows folder.
 *
 *   [classes]
 *   {8D0F5A40-...}=Printer
 *
 *   [service laser]
 *   class={8D0F5A40-...}
 *   comment=second floor
 *   version=2
 *   address1=tcp 192.0.2.7:9100
 *   address2=udp [2001:db8::7]:161
 */
#include <ws2kit_namespace.h>

enum { BOOK_TEXT = 128, BOOK_ADDRS = 16 };

struct book_service {
    WCHAR name[BOOK_TEXT], comment[BOOK_TEXT];
    GUID class_id;
    BOOL has_version;
    WSAVERSION version;
    DWORD addrs;
    CSADDR_INFO addr[BOOK_ADDRS]; /* RemoteAddr is the service; both point into `store` */
    SOCKADDR_STORAGE store[2 * BOOK_ADDRS];
    DWORD stored;
};

/* The names of all services, each with its NUL, and another NUL; to free(). NULL: no memory. */
WCHAR *book_names(void);

/* FALSE: no such service, or no class in it. What cannot be read of it is left out. *s must not be moved. */
BOOL book_read(const WCHAR *name, struct book_service *s);
void book_new(struct book_service *s, const WCHAR *name);
/* FALSE: too many, or not TCP or UDP. */
BOOL book_add(struct book_service *s, const CSADDR_INFO *addr);

/* 0 or WSAEACCES. */
INT book_write(const struct book_service *s);
INT book_delete(const WCHAR *name);

/* Section names end at a bracket, and lines at their end. */
BOOL book_name_is_good(const WCHAR *name);

BOOL book_class_name(const GUID *class_id, WCHAR name[BOOK_TEXT]);
/* NULL removes it. */
INT book_set_class(const GUID *class_id, const WCHAR *name);

#endif
