/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_TEXT_PE_H
#define WS2_32_NAMES_TEXT_PE_H
/*
 * Between the program's strings (ANSI or UTF-16) and ours (UTF-8). What they return is the caller's to free();
 * NULL means that memory is out.
 */
#include <winsock2.h>
#include <windows.h>
#include <stdbool.h>

char *text_from_ansi(const char *text);
char *text_from_wide(const wchar_t *text);
char *text_to_ansi(const char *utf8);
wchar_t *text_to_wide(const char *utf8);

/* A pointer into the first 64 KiB cannot be one; programs do pass small numbers. NULL is bad too. */
static inline bool text_is_bad(const void *p)
{
    return (ULONG_PTR)p < 0x10000;
}

#endif
