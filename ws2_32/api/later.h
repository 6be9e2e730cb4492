/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_API_LATER_H
#define WS2_32_API_LATER_H
/*
 * Exports that fail. What counts is the number of stack words, which on i686 the callee pops; the
 * SDK's prototypes are therefore not included here.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#define WORDS_0 void
#define WORDS_1 DWORD_PTR a
#define WORDS_2 WORDS_1, DWORD_PTR b
#define WORDS_3 WORDS_2, DWORD_PTR c
#define WORDS_4 WORDS_3, DWORD_PTR d
#define WORDS_5 WORDS_4, DWORD_PTR e
#define WORDS_6 WORDS_5, DWORD_PTR f
#define WORDS_7 WORDS_6, DWORD_PTR g
#define WORDS_8 WORDS_7, DWORD_PTR h
#define WORDS_9 WORDS_8, DWORD_PTR i
#define WORDS_10 WORDS_9, DWORD_PTR j
#define WORDS_11 WORDS_10, DWORD_PTR k
#define WORDS_12 WORDS_11, DWORD_PTR l

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define FAILS(name, words, result, code)                                                          \
    INT_PTR WINAPI name(WORDS_##words)                                                             \
    {                                                                                              \
        SetLastError(code);                                                                        \
        return result;                                                                             \
    }

#define UNKNOWN(name, words) FAILS(name, words, -1, 10045 /* WSAEOPNOTSUPP */)

#endif
