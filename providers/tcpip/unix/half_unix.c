/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "providers/tcpip/unix/half.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define STATUS_OK               0
#define STATUS_BUFFER_OVERFLOW  ((int32_t)0x80000005)
#define STATUS_DEVICE_NOT_READY ((int32_t)0xC00000A3)
#define STATUS_ACCESS_VIOLATION ((int32_t)0xC0000005)

/* errno -> NTSTATUS as the socket device maps it (wine-afd.md 4.3). */
#define ERRNO_ROWS(X)                                                                               \
    X(EBADF, 0xC0000008)                                                                            \
    X(EPERM, 0xC0000022)                                                                            \
    X(EACCES, 0xC0000022)                                                                           \
    X(EFAULT, 0xC0000005)                                                                           \
    X(EINVAL, 0xC000000D)                                                                           \
    X(ENOPROTOOPT, 0xC000000D)                                                                      \
    X(EDESTADDRREQ, 0xC0000140)                                                                     \
    X(EMFILE, 0xC000011F)                                                                           \
    X(ENFILE, 0xC000011F)                                                                           \
    X(EAGAIN, 0xC00000A3)                                                                           \
    X(EINPROGRESS, 0xC00000A3)                                                                      \
    X(ENOTSOCK, 0xC0000024)                                                                         \
    X(EMSGSIZE, 0x80000005)                                                                         \
    X(EOPNOTSUPP, 0xC00000BB)                                                                       \
    X(EAFNOSUPPORT, 0xC00000BB)                                                                     \
    X(EADDRINUSE, 0xC0000043)                                                                       \
    X(EADDRNOTAVAIL, 0xC0000207)                                                                    \
    X(ECONNREFUSED, 0xC0000236)                                                                     \
    X(ESHUTDOWN, 0xC00000B0)                                                                        \
    X(ENOTCONN, 0xC0000140)                                                                         \
    X(ETIMEDOUT, 0xC00000B5)                                                                        \
    X(ENETUNREACH, 0xC000023C)                                                                      \
    X(EHOSTUNREACH, 0xC000023D)                                                                     \
    X(ENETDOWN, 0xC00000BF)                                                                         \
    X(EPIPE, 0xC000020D)                                                                            \
    X(ECONNRESET, 0xC000020D)                                                                       \
    X(ECONNABORTED, 0xC0000241)                                                                     \
    X(EISCONN, 0xC000023B)

static int32_t status_from_errno(int err)
{
    switch (err) {
    case 0:
        return STATUS_OK;
#define X(from, to)                                                                                 \
    case from:                                                                                      \
        return (int32_t)to;
        ERRNO_ROWS(X)
#undef X
    }
    return (int32_t)0xC0000001;
}

/* ---- names: only the family's number differs between the two systems ---- */

enum { WIN_INET = 2, WIN_INET6 = 23 };

static socklen_t name_to_unix(uint64_t from, uint32_t bytes, struct sockaddr_storage *to)
{
    uint16_t family;

    if (bytes < sizeof family)
        return 0;
    memcpy(&family, (const void *)(uintptr_t)from, sizeof family);
    if (family == WIN_INET && bytes >= sizeof(struct sockaddr_in)) {
        memcpy(to, (const void *)(uintptr_t)from, sizeof(struct sockaddr_in));
        to->ss_family = AF_INET;
        return sizeof(struct sockaddr_in);
    }
    if (family == WIN_INET6 && bytes >= sizeof(struct sockaddr_in6)) {
        memcpy(to, (const void *)(uintptr_t)from, sizeof(struct sockaddr_in6));
        to->ss_family = AF_INET6;
        return sizeof(struct sockaddr_in6);
    }
    return 0;
}

static uint32_t name_to_windows(const struct sockaddr_storage *from, socklen_t bytes, uint64_t to,
                                uint32_t room)
{
    uint16_t family = from->ss_family == AF_INET6 ? WIN_INET6 : WIN_INET;
    uint32_t want = from->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                : sizeof(struct sockaddr_in);

    if (!bytes || room < want)
        return 0;
    memcpy((void *)(uintptr_t)to, from, want);
    memcpy((void *)(uintptr_t)to, &family, sizeof family);
    return want;
}

/* ---- waiting ---- */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* Waits for `events` on fd, the waker, or the deadline. True: try again. */
static bool wait_for(struct half_msg *m, short events, int64_t deadline)
{
    struct pollfd fds[2] = { { .fd = m->fd, .events = events }, { .fd = m->waker, .events = POLLIN } };
    int64_t left = deadline - now_ms();

    if (left <= 0)
        return false;
    if (poll(fds, m->waker >= 0 ? 2 : 1, (int)left) < 0)
        return errno == EINTR;
    m->woken = m->waker >= 0 && fds[1].revents;
    return fds[0].revents && !m->woken;
}

/* ---- moving data ---- */

enum { IOVECS = 64 };

struct wsabuf {
    uint32_t bytes, pad;
    uint64_t base;
};

/* Fills `vec` with what lies behind the first `skip` bytes. Returns how many are used. */
static int fill_vec(const struct half_msg *m, uint64_t skip, struct iovec vec[IOVECS])
{
    const struct wsabuf *buf = (const struct wsabuf *)(uintptr_t)m->bufs;
    int used = 0;

    for (uint32_t i = 0; i < m->count && used < IOVECS; i++) {
        uint64_t from = skip < buf[i].bytes ? skip : buf[i].bytes;

        skip -= from;
        if (buf[i].bytes == from && m->count > 1)
            continue;
        vec[used].iov_base = (void *)(uintptr_t)(buf[i].base + from);
        vec[used++].iov_len = buf[i].bytes - from;
    }
    return used;
}

static long half_recv(void *args)
{
    struct half_msg *m = args;
    struct sockaddr_storage name;
    struct iovec vec[IOVECS];
    struct msghdr msg = { .msg_iov = vec, .msg_iovlen = fill_vec(m, 0, vec) };
    int flags = MSG_DONTWAIT | (m->flags & HALF_MSG_PEEK ? MSG_PEEK : 0) |
                (m->flags & HALF_MSG_OOB ? MSG_OOB : 0);
    int64_t deadline = m->wait_ms ? now_ms() + m->wait_ms : 0;
    ssize_t got;
    int err;

    m->woken = 0;
    m->bytes = 0;
    do {
        msg.msg_name = m->name ? &name : NULL;
        msg.msg_namelen = m->name ? sizeof name : 0;
        got = recvmsg(m->fd, &msg, flags);
        err = got < 0 ? errno : 0;
    } while (err == EINTR ||
             (err == EAGAIN && deadline &&
              wait_for(m, m->flags & HALF_MSG_OOB ? POLLPRI : POLLIN, deadline)));
    if (err) {
        m->status = status_from_errno(err);
        return 0;
    }
    m->bytes = got;
    if (m->name)
        m->name_bytes = name_to_windows(&name, msg.msg_namelen, m->name, m->name_bytes);
    m->status = msg.msg_flags & MSG_TRUNC ? STATUS_BUFFER_OVERFLOW : STATUS_OK;
    return 0;
}

static uint64_t total_bytes(const struct half_msg *m)
{
    const struct wsabuf *buf = (const struct wsabuf *)(uintptr_t)m->bufs;
    uint64_t total = 0;

    for (uint32_t i = 0; i < m->count; i++)
        total += buf[i].bytes;
    return total;
}

static long half_send(void *args)
{
    struct half_msg *m = args;
    struct sockaddr_storage name;
    struct iovec vec[IOVECS];
    struct msghdr msg = { .msg_iov = vec };
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (m->flags & HALF_MSG_OOB ? MSG_OOB : 0);
    int64_t deadline = m->wait_ms ? now_ms() + m->wait_ms : 0;
    uint64_t total = total_bytes(m);
    ssize_t put;
    int err;

    m->woken = 0;
    m->bytes = 0;
    if (m->name) {
        msg.msg_name = &name;
        msg.msg_namelen = name_to_unix(m->name, m->name_bytes, &name);
        if (!msg.msg_namelen) {
            m->status = STATUS_ACCESS_VIOLATION;
            return 0;
        }
    }
    for (;;) {
        msg.msg_iovlen = fill_vec(m, m->bytes, vec);
        put = sendmsg(m->fd, &msg, flags);
        if (put >= 0) {
            m->bytes += put;
            if (m->bytes >= total || m->name)
                break;
            continue;
        }
        err = errno;
        if (err != EINTR && !(err == EAGAIN && deadline && wait_for(m, POLLOUT, deadline))) {
            m->status = status_from_errno(err);
            return 0;
        }
    }
    m->status = STATUS_OK;
    return 0;
}

/* ---- readiness ---- */

enum { F_READ = 1, F_OOB = 2, F_WRITE = 4, F_HUP = 8, F_RESET = 0x10, F_CONNECT = 0x40, F_ACCEPT = 0x80 };

static short events_for(const struct half_poll_item *item)
{
    short events = 0;

    if (item->wanted & (F_READ | F_HUP | F_ACCEPT))
        events |= POLLIN | POLLRDHUP;
    if (item->wanted & F_OOB)
        events |= POLLPRI;
    if (item->wanted & F_WRITE)
        events |= POLLOUT;
    return events;
}

/* End of stream is readable for Linux; the device tells it apart: HUP, once everything has been read. */
static bool at_end(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static uint32_t found_in(const struct half_poll_item *item, short revents)
{
    uint32_t found = 0;

    if (revents & POLLERR)
        found |= F_RESET | F_READ;
    if (revents & POLLIN) {
        if (item->listening)
            found |= F_ACCEPT;
        else if (revents & POLLRDHUP && at_end(item->fd))
            found |= F_HUP;
        else
            found |= F_READ;
    }
    if (revents & POLLPRI)
        found |= F_OOB;
    if (revents & POLLOUT)
        found |= F_WRITE;
    return found & item->wanted;
}

enum { POLL_FDS = 513 }; /* one of them the waker: FD_SETSIZE-like sets of 512 stay on the stack */

static long half_poll(void *args)
{
    struct half_poll *p = args;
    struct half_poll_item *item = (struct half_poll_item *)(uintptr_t)p->item;
    struct pollfd fds[POLL_FDS];
    int64_t deadline = p->wait_ms > 0 ? now_ms() + p->wait_ms : 0;
    int wait_ms = p->wait_ms;
    int got;

    p->ready = p->woken = 0;
    if (p->count >= POLL_FDS) {
        p->status = (int32_t)0xC000000D;
        return 0;
    }
    for (uint32_t i = 0; i < p->count; i++)
        fds[i] = (struct pollfd){ .fd = item[i].fd, .events = events_for(&item[i]) };
    fds[p->count] = (struct pollfd){ .fd = p->waker, .events = POLLIN };

    for (;;) {
        got = poll(fds, p->count + (p->waker >= 0), wait_ms);
        if (got >= 0 || errno != EINTR)
            break;
        if (deadline) {
            int64_t left = deadline - now_ms();

            wait_ms = left > 0 ? (int)left : 0;
        }
    }
    p->status = got < 0 ? status_from_errno(errno) : STATUS_OK;
    p->woken = got > 0 && p->waker >= 0 && fds[p->count].revents;
    for (uint32_t i = 0; got > 0 && i < p->count; i++) {
        item[i].found = fds[i].revents ? found_in(&item[i], fds[i].revents) : 0;
        p->ready += item[i].found != 0;
    }
    return 0;
}

/* ---- options ---- */

static const struct {
    int level, name;
} options[HALF_OPTS] = {
    [HALF_OPT_ERROR] = { SOL_SOCKET, SO_ERROR },
    [HALF_OPT_NODELAY] = { IPPROTO_TCP, TCP_NODELAY },
    [HALF_OPT_KEEPALIVE] = { SOL_SOCKET, SO_KEEPALIVE },
    [HALF_OPT_BROADCAST] = { SOL_SOCKET, SO_BROADCAST },
};

static long half_getsockopt(void *args)
{
    struct half_option_call *o = args;
    socklen_t bytes = sizeof o->value;

    o->status = (int32_t)0xC000000D;
    if (o->option >= HALF_OPTS)
        return 0;
    o->status = getsockopt(o->fd, options[o->option].level, options[o->option].name, &o->value, &bytes)
                    ? status_from_errno(errno)
                    : STATUS_OK;
    if (!o->status && o->option == HALF_OPT_ERROR)
        o->value = status_from_errno(o->value);
    return 0;
}

static long half_setsockopt(void *args)
{
    struct half_option_call *o = args;

    o->status = (int32_t)0xC000000D;
    if (o->option >= HALF_OPTS)
        return 0;
    o->status = setsockopt(o->fd, options[o->option].level, options[o->option].name, &o->value,
                           sizeof o->value)
                    ? status_from_errno(errno)
                    : STATUS_OK;
    return 0;
}

static long half_fionread(void *args)
{
    struct half_fionread *f = args;
    int bytes = 0;

    f->status = ioctl(f->fd, FIONREAD, &bytes) ? status_from_errno(errno) : STATUS_OK;
    f->bytes = bytes;
    return 0;
}

/* ---- the rest ---- */

static long half_hello(void *args)
{
    struct half_hello *h = args;

    h->version = HALF_VERSION;
    h->calls = HALF_CALLS;
    return 0;
}

static long half_close(void *args)
{
    close(((struct half_close *)args)->fd);
    return 0;
}

static long half_waker(void *args)
{
    ((struct half_waker *)args)->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return 0;
}

static long half_wake(void *args)
{
    struct half_wake *w = args;
    uint64_t one = 1;

    if (w->on)
        (void)!write(w->fd, &one, sizeof one);
    else
        (void)!read(w->fd, &one, sizeof one);
    return 0;
}

static long half_still_pending(void *args)
{
    struct half_still_pending *s = args;
    const uint64_t *iosb = (const uint64_t *)(uintptr_t)s->iosb;
    pid_t self = getpid();

    s->answer = 0;
    for (uint32_t i = 0; i < s->count && !s->answer; i++) {
        int32_t status;
        struct iovec to = { &status, sizeof status };
        struct iovec from = { (void *)(uintptr_t)iosb[i], sizeof status };

        /* A read that may fault, told by a return value. */
        if (process_vm_readv(self, &to, 1, &from, 1, 0) == (ssize_t)sizeof status)
            s->answer = status == 0x103;
    }
    return 0;
}

/* Called by Wine with the index; the name is Wine's (wine-host.md). */
__attribute__((visibility("default"))) long (*const __wine_unix_call_funcs[])(void *) = {
    [HALF_HELLO] = half_hello,
    [HALF_CLOSE] = half_close,
    [HALF_WAKER] = half_waker,
    [HALF_WAKE] = half_wake,
    [HALF_RECV] = half_recv,
    [HALF_SEND] = half_send,
    [HALF_POLL] = half_poll,
    [HALF_GETSOCKOPT] = half_getsockopt,
    [HALF_SETSOCKOPT] = half_setsockopt,
    [HALF_FIONREAD] = half_fionread,
    [HALF_STILL_PENDING] = half_still_pending,
};
