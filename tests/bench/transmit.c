/* SPDX-License-Identifier: MIT */
/*
 * How fast does TransmitFile (Linux: sendfile) send a file? `--file PATH`, to the port `--peer N` where `load sink`
 * listens; over when the peer has read it all.
 */
#include "bench.h"
#include "pair.h"
#include "which.h"
#include <stdlib.h>

#ifdef _WIN32

static int64_t transmit(SOCKET s, const char *path)
{
    GUID id = WSAID_TRANSMITFILE;
    LPFN_TRANSMITFILE transmit_file;
    LARGE_INTEGER size;
    DWORD bytes;
    HANDLE file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);

    if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &size))
        bench_refuse("cannot open %s", path);
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &transmit_file, sizeof transmit_file,
                 &bytes, NULL, NULL))
        bench_fail("SIO_GET_EXTENSION_FUNCTION_POINTER");
    if (!transmit_file(s, file, 0, 0, NULL, NULL, 0))
        bench_fail("TransmitFile");
    CloseHandle(file);
    return size.QuadPart;
}

#else

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static int64_t transmit(SOCKET s, const char *path)
{
    int fd = open(path, O_RDONLY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st))
        bench_refuse("cannot open %s", path);
    for (off_t at = 0; at < st.st_size;) {
        if (sendfile(s, fd, &at, (size_t)(st.st_size - at)) <= 0)
            bench_fail("sendfile");
    }
    close(fd);
    return st.st_size;
}

#endif

int main(int argc, char **argv)
{
    const char *peer = bench_option(argc, argv, "peer");
    const char *path = bench_option(argc, argv, "file");
    uint64_t began;
    int64_t bytes;
    SOCKET s;
    char end;

    bench_name("transmitfile");
    if (!peer || !path)
        bench_refuse("needs --peer and --file");
    port_start();
    which_print();
    s = tcp_connect((uint16_t)atoi(peer));
    began = clock_ns();
    bytes = transmit(s, path);
    if (shutdown(s, SD_SEND) || recv(s, &end, 1, 0) != 0)
        bench_fail("waiting for the peer to have it all");
    bench_result("transmitfile", (double)bytes * 1e3 / (double)(clock_ns() - began), "MB/s");
    return 0;
}
