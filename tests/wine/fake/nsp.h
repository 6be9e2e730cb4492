/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_WINE_FAKE_NSP_H
#define WS2_TESTS_WINE_FAKE_NSP_H
/*
 * A name-space provider that does what its GUID says: Data4[7] is a letter, Data4[6] how many results a lookup has. They
 * are named after Data4[5] and numbered: "A0", "A1".
 *
 *   starts:  g well; 8 with a table from before NSPIoctl; 0 with cbSize 0; 4 with too short a table; h with a hole in it;
 *            s not at all; C it crashes
 *   begins:  b WSATYPE_NOT_FOUND; B WSASERVICE_NOT_FOUND
 *   answers: f WSASERVICE_NOT_FOUND; e WSATRY_AGAIN; m it ends with WSAENOMORE; c it crashes; w it waits for End;
 *            o it never has enough room; t like e, after a while; H it hangs for 30 s and hears nothing; n it asks
 *            getaddrinfo the same first; k its blob has a bad offset; p its address lies outside the buffer; l its blob is a
 *            good hostent
 */
#define FAKE_NSP_DATA1 0x2173706E

/* Exported as fake_nsp: what has happened so far. */
struct fake_nsp {
    long startups, cleanups, begins, ends, sets;
    unsigned long begin_flags, next_flags, set_op, had_class;
    long nested_err;    /* what n's own question came to */
    unsigned short name[64]; /* the last Begin's, UTF-16 */
    unsigned class_data1, class_data3, protocols;
};

#endif
