/* SPDX-License-Identifier: MIT */
#include "port.h"
#include "bench.h"

#ifdef _WIN32

void port_start(void)
{
    WSADATA data;

    if (WSAStartup(MAKEWORD(2, 2), &data))
        bench_fail("WSAStartup");
}

int port_error(void)
{
    return WSAGetLastError();
}

int port_would_block(int err)
{
    return err == WSAEWOULDBLOCK;
}

int port_nonblocking(SOCKET s, int on)
{
    u_long value = (u_long)on;

    return ioctlsocket(s, FIONBIO, &value);
}

uint64_t clock_ns(void)
{
    static double ns_per_tick;
    LARGE_INTEGER now;

    if (!ns_per_tick) {
        LARGE_INTEGER per_second;

        QueryPerformanceFrequency(&per_second);
        ns_per_tick = 1e9 / (double)per_second.QuadPart;
    }
    QueryPerformanceCounter(&now);
    return (uint64_t)((double)now.QuadPart * ns_per_tick);
}

thread_handle thread_start(THREAD_RUN (*run)(void *), void *arg)
{
    HANDLE thread = CreateThread(NULL, 0, run, arg, 0, NULL);

    if (!thread)
        bench_fail("CreateThread");
    return thread;
}

void thread_join(thread_handle thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

#else

#include <time.h>

void port_start(void)
{
}

int port_error(void)
{
    return errno;
}

int port_would_block(int err)
{
    return err == EAGAIN || err == EINPROGRESS;
}

int port_nonblocking(SOCKET s, int on)
{
    return ioctl(s, FIONBIO, &on);
}

uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

thread_handle thread_start(THREAD_RUN (*run)(void *), void *arg)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, arg))
        bench_fail("pthread_create");
    return thread;
}

void thread_join(thread_handle thread)
{
    pthread_join(thread, NULL);
}

#endif
