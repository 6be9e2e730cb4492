/* SPDX-License-Identifier: MIT */
/* TransmitFile and TransmitPackets (wine-afd.md 3.12). */
#include "net.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE 150000

static HANDLE new_file(DWORD flags)
{
    char dir[MAX_PATH], name[MAX_PATH];
    static char data[FILE_SIZE];
    HANDLE file;
    DWORD n;

    pattern_fill(data, sizeof data, 4);
    NEED(GetTempPathA(sizeof dir, dir));
    NEED(GetTempFileNameA(dir, "wst", 0, name));
    file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    NEED(file != INVALID_HANDLE_VALUE);
    NEED(WriteFile(file, data, sizeof data, &n, NULL) && n == sizeof data);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    (void)flags;
    return file;
}

struct reading {
    SOCKET s;
    char *data;
    int got;
};

static DWORD WINAPI read_to_end(void *arg)
{
    struct reading *r = arg;

    r->data = malloc(4 * FILE_SIZE);
    r->got = recv_all(r->s, r->data, 4 * FILE_SIZE);
    return 0;
}

struct row {
    DWORD bytes;   /* to write, 0 = all */
    DWORD per_send;
    int head, tail, overlapped, seek;
    DWORD flags;
};

static void transmit_file(const void *arg)
{
    const struct row *row = arg;
    int body = row->bytes ? (int)row->bytes : FILE_SIZE - row->seek;
    TRANSMIT_FILE_BUFFERS around = { "HEAD", 4, "TAIL!", 5 };
    OVERLAPPED o = { .hEvent = WSACreateEvent(), .Offset = row->seek };
    SOCKET pair[2];
    LPFN_TRANSMITFILE transmit;
    HANDLE file = new_file(0), thread;
    struct reading r;
    static char whole[FILE_SIZE];
    DWORD n, flags;
    BOOL ok;

    if (!row->head)
        around.HeadLength = 0;
    if (!row->tail)
        around.TailLength = 0;
    if (row->seek && !row->overlapped)
        SetFilePointer(file, row->seek, NULL, FILE_BEGIN);
    tcp_pair(AF_INET, pair);
    transmit = extension(pair[0], (GUID)WSAID_TRANSMITFILE);
    r.s = pair[1];
    thread = thread_start(read_to_end, &r);
    ok = transmit(pair[0], file, row->bytes, row->per_send, row->overlapped ? &o : NULL,
                  row->head || row->tail ? &around : NULL, row->flags);
    if (row->overlapped) {
        if (!ok)
            CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
        CHECK_TRUE(WSAGetOverlappedResult(pair[0], &o, &n, TRUE, &flags));
        CHECK_INT(n, body + around.HeadLength + around.TailLength);
    } else {
        CHECK_TRUE(ok);
    }
    if (!(row->flags & TF_DISCONNECT))
        CHECK_OK(shutdown(pair[0], SD_SEND));
    thread_join(thread);
    CHECK_INT(r.got, body + around.HeadLength + around.TailLength);
    NEED(r.got == (int)(body + around.HeadLength + around.TailLength));
    pattern_fill(whole, sizeof whole, 4);
    CHECK_BYTES(r.data, "HEAD", around.HeadLength);
    CHECK_BYTES(r.data + around.HeadLength, whole + row->seek, body);
    CHECK_BYTES(r.data + around.HeadLength + body, "TAIL!", around.TailLength);
}

static void file_misuse(void)
{
    SOCKET pair[2], fresh = tcp_new(AF_INET);
    LPFN_TRANSMITFILE transmit = extension(fresh, (GUID)WSAID_TRANSMITFILE);
    HANDLE file = new_file(0);
    TRANSMIT_FILE_BUFFERS around = { "only", 4, NULL, 0 };
    char c[4];

    CHECK_FALSE(transmit(INVALID_SOCKET, file, 0, 0, NULL, NULL, 0), WSAENOTSOCK);
    CHECK_FALSE(transmit(fresh, file, 0, 0, NULL, NULL, 0), WSAENOTCONN);
    tcp_pair(AF_INET, pair);
    check_about("nothing to send");
    CHECK_TRUE(transmit(pair[0], NULL, 0, 0, NULL, NULL, 0));
    check_about("no file, a head");
    CHECK_TRUE(transmit(pair[0], NULL, 0, 0, NULL, &around, 0));
    CHECK_INT(recv_all(pair[1], c, 4), 4);
    CHECK_BYTES(c, "only", 4);
    check_about("disconnect only");
    CHECK_TRUE(transmit(pair[0], NULL, 0, 0, NULL, NULL, TF_DISCONNECT));
    CHECK_RET(recv(pair[1], c, 1, 0), 0);
    check_about("not a file");
    CHECK(!transmit(pair[1], (HANDLE)(ULONG_PTR)0x7770, 0, 0, NULL, NULL, 0));
}

static void packets(void)
{
    SOCKET pair[2];
    LPFN_TRANSMITPACKETS transmit;
    HANDLE file = new_file(0), thread;
    TRANSMIT_PACKETS_ELEMENT e[4] = {
        { .dwElFlags = TP_ELEMENT_MEMORY, .cLength = 5, .pBuffer = "start" },
        { .dwElFlags = TP_ELEMENT_FILE, .cLength = 1000, .nFileOffset = { .QuadPart = 500 }, .hFile = file },
        { .dwElFlags = TP_ELEMENT_FILE, .cLength = 10, .nFileOffset = { .QuadPart = 0 }, .hFile = file },
        { .dwElFlags = TP_ELEMENT_MEMORY, .cLength = 3, .pBuffer = "end" },
    };
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    static char whole[FILE_SIZE];
    struct reading r;
    DWORD n, flags;

    pattern_fill(whole, sizeof whole, 4);
    for (int i = 0; i < 2; i++) {
        check_about(i ? "overlapped" : "blocking");
        tcp_pair(AF_INET, pair);
        transmit = extension(pair[0], (GUID)WSAID_TRANSMITPACKETS);
        r.s = pair[1];
        thread = thread_start(read_to_end, &r);
        if (i) {
            if (!transmit(pair[0], e, 4, 0, &o, TF_DISCONNECT))
                CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
            CHECK_TRUE(WSAGetOverlappedResult(pair[0], &o, &n, TRUE, &flags));
            CHECK_INT(n, 1018);
        } else {
            CHECK_TRUE(transmit(pair[0], e, 4, 0, NULL, TF_DISCONNECT));
        }
        thread_join(thread);
        NEED(CHECK_INT(r.got, 1018));
        CHECK_BYTES(r.data, "start", 5);
        CHECK_BYTES(r.data + 5, whole + 500, 1000);
        CHECK_BYTES(r.data + 1005, whole, 10);
        CHECK_BYTES(r.data + 1015, "end", 3);
    }
}

/* On a datagram socket each element that ends a packet is a datagram. */
static void packets_udp(void)
{
    SOCKET pair[2];
    LPFN_TRANSMITPACKETS transmit;
    TRANSMIT_PACKETS_ELEMENT e[3] = {
        { .dwElFlags = TP_ELEMENT_MEMORY | TP_ELEMENT_EOP, .cLength = 3, .pBuffer = "one" },
        { .dwElFlags = TP_ELEMENT_MEMORY, .cLength = 3, .pBuffer = "two" },
        { .dwElFlags = TP_ELEMENT_MEMORY | TP_ELEMENT_EOP, .cLength = 5, .pBuffer = "three" },
    };
    char in[100];

    udp_pair(AF_INET, pair);
    transmit = extension(pair[0], (GUID)WSAID_TRANSMITPACKETS);
    CHECK_TRUE(transmit(pair[0], e, 3, 0, NULL, 0));
    CHECK_RET(recv(pair[1], in, sizeof in, 0), 3);
    CHECK_RET(recv(pair[1], in, sizeof in, 0), 8);
    CHECK_BYTES(in, "twothree", 8);
}

static void through_mswsock(void)
{
    SOCKET pair[2];
    HANDLE file = new_file(0);
    static char in[1000], want[FILE_SIZE];

    tcp_pair(AF_INET, pair);
    CHECK_TRUE(TransmitFile(pair[0], file, 1000, 0, NULL, NULL, 0));
    CHECK_INT(recv_all(pair[1], in, 1000), 1000);
    pattern_fill(want, sizeof want, 4);
    CHECK_BYTES(in, want, 1000);
}

/* More than the host's buffers hold, to a peer that is in no hurry: whoever sends has to wait, and then goes on where it was. */
enum { LARGE = 24 << 20 };

static HANDLE large_file(void)
{
    HANDLE file = new_file(0);

    NEED(SetFilePointer(file, LARGE, NULL, FILE_BEGIN) == LARGE && SetEndOfFile(file)); /* zeros behind the pattern */
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    return file;
}

static DWORD WINAPI transmit_large(void *arg)
{
    SOCKET s = *(SOCKET *)arg;
    LPFN_TRANSMITFILE transmit = extension(s, (GUID)WSAID_TRANSMITFILE);
    TRANSMIT_FILE_BUFFERS around = { NULL, 0, "tail", 4 };
    BOOL ok = transmit(s, large_file(), 0, 0, NULL, &around, TF_DISCONNECT);

    return ok ? 0 : (DWORD)WSAGetLastError();
}

static void peer_in_no_hurry(void)
{
    static char whole[FILE_SIZE];
    char *got = malloc(LARGE + 5);
    SOCKET pair[2];
    HANDLE thread;
    int other = 0;

    pattern_fill(whole, sizeof whole, 4);
    tcp_pair(AF_INET, pair);
    thread = thread_start(transmit_large, &pair[0]);
    Sleep(60); /* whatever has happened by then, the outcome is the same */
    NEED(CHECK_INT(recv_all(pair[1], got, LARGE + 5), LARGE + 4));
    CHECK_INT(thread_join(thread), 0);
    CHECK_BYTES(got, whole, FILE_SIZE);
    for (int i = FILE_SIZE; i < LARGE; i++)
        other += got[i] != 0;
    CHECK_INT(other, 0);
    CHECK_BYTES(got + LARGE, "tail", 4);
}

/* Nobody ever reads: closesocket() ends it. */
static void closed_meanwhile(void)
{
    SOCKET pair[2], s;
    HANDLE thread;

    tcp_pair(AF_INET, pair);
    s = pair[0];
    thread = thread_start(transmit_large, &s);
    CHECK_TRUE(wait_readable(pair[1]));
    CHECK_OK(closesocket(pair[0]));
    CHECK(thread_join(thread) != 0);
}

/* The mode of the socket says nothing: a call without an OVERLAPPED returns when all has gone. */
static void nonblocking_socket(void)
{
    static char whole[FILE_SIZE];
    SOCKET pair[2];
    HANDLE thread;
    struct reading r;

    pattern_fill(whole, sizeof whole, 4);
    tcp_pair(AF_INET, pair);
    set_nonblocking(pair[0], 1);
    r.s = pair[1];
    thread = thread_start(read_to_end, &r);
    CHECK_TRUE(TransmitFile(pair[0], new_file(0), 0, 0, NULL, NULL, TF_DISCONNECT));
    thread_join(thread);
    NEED(CHECK_INT(r.got, FILE_SIZE));
    CHECK_BYTES(r.data, whole, FILE_SIZE);
}

#define ROW(...) .run_row = transmit_file, .row = &(const struct row){ __VA_ARGS__ }

const struct test_case test_cases[] = {
    { "file", ROW(.per_send = 0) },
    { "file-small-sends", ROW(.per_send = 777) },
    { "file-part", ROW(.bytes = 5000) },
    { "file-from-position", ROW(.seek = 1234) },
    { "file-head-tail", ROW(.head = 1, .tail = 1) },
    { "file-tail", ROW(.tail = 1, .bytes = 10) },
    { "file-disconnect", ROW(.head = 1, .flags = TF_DISCONNECT) },
    { "file-overlapped", ROW(.overlapped = 1) },
    { "file-overlapped-offset", ROW(.overlapped = 1, .seek = 4321, .head = 1, .tail = 1) },
    { "file-overlapped-disconnect", ROW(.overlapped = 1, .bytes = 100, .flags = TF_DISCONNECT) },
    { "file-peer-in-no-hurry", peer_in_no_hurry },
    { "file-closed-meanwhile", closed_meanwhile },
    { "file-nonblocking", nonblocking_socket },
    { "file-misuse", file_misuse },
    { "packets", packets },
    { "packets-udp", packets_udp },
    { "through-mswsock", through_mswsock },
    { 0 },
};
