/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/unix/half.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
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
    X(EDESTADDRREQ, 0xC000000D)                                                                     \
    X(EMFILE, 0xC000011F)                                                                           \
    X(ENFILE, 0xC000011F)                                                                           \
    X(EAGAIN, 0xC00000A3)                                                                           \
    X(EINPROGRESS, 0xC00000A3)                                                                      \
    X(ENOTSOCK, 0xC0000024)                                                                         \
    X(EMSGSIZE, 0x80000005)                                                                         \
    X(EOPNOTSUPP, 0xC00000BB)                                                                       \
    X(EAFNOSUPPORT, 0xC00000BB)                                                                     \
    X(EADDRINUSE, 0xC0000043)                                                                       \
    X(EADDRNOTAVAIL, 0xC000000D)                                                                    \
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
static bool wait_for(const struct half_msg *m, short events, int64_t deadline)
{
    struct pollfd fds[2] = { { .fd = m->fd, .events = events }, { .fd = m->waker, .events = POLLIN } };
    int64_t left;
    int got;

    do {
        left = deadline - now_ms();
        got = left > 0 ? poll(fds, 2, (int)left) : 0; /* poll() passes over a negative fd */
    } while (got < 0 && errno == EINTR);
    return got > 0 && fds[0].revents && !fds[1].revents;
}

/* ---- moving data ---- */

struct wsabuf {
    uint32_t bytes, pad;
    uint64_t base;
};

/* Fills `vec` with what lies behind the first `skip` bytes. Returns how many are used. */
static int fill_vec(const struct half_msg *m, uint64_t skip, struct iovec vec[HALF_BUFS])
{
    const struct wsabuf *buf = (const struct wsabuf *)(uintptr_t)m->bufs;
    int used = 0;

    for (uint32_t i = 0; i < m->count; i++) {
        uint64_t from = skip < buf[i].bytes ? skip : buf[i].bytes;

        skip -= from;
        vec[used].iov_base = (void *)(uintptr_t)(buf[i].base + from);
        vec[used++].iov_len = buf[i].bytes - from;
    }
    return used;
}

/*
 * Linux takes a datagram from the queue and then finds that it cannot be stored: it would be lost. So every page is
 * written to first, without changing it; pages that Wine watches or guards are put right by the fault.
 */
static void touch(const struct iovec *vec, int count)
{
    enum { PAGE = 4096 };

    for (int i = 0; i < count; i++) {
        char *at = vec[i].iov_base, *end = at + vec[i].iov_len;

        while (at < end) {
            __atomic_fetch_or(at, 0, __ATOMIC_RELAXED);
            at = (char *)(((uintptr_t)at | (PAGE - 1)) + 1);
        }
    }
}

static long half_recv(void *args)
{
    struct half_msg *m = args;
    struct sockaddr_storage name;
    struct iovec vec[HALF_BUFS];
    struct msghdr msg = { .msg_iov = vec, .msg_iovlen = fill_vec(m, 0, vec) };
    int flags = MSG_DONTWAIT | (m->flags & HALF_MSG_PEEK ? MSG_PEEK : 0);
    int64_t deadline = m->wait_ms ? now_ms() + m->wait_ms : 0;
    ssize_t got;
    int err;

    m->bytes = 0;
    m->status = STATUS_DEVICE_NOT_READY;
    if (m->flags & HALF_MSG_DATAGRAM)
        touch(vec, msg.msg_iovlen);
    do {
        if (deadline && !wait_for(m, POLLIN, deadline))
            return 0;
        msg.msg_name = m->name ? &name : NULL;
        msg.msg_namelen = m->name ? sizeof name : 0;
        got = recvmsg(m->fd, &msg, flags);
        err = got < 0 ? errno : 0;
    } while (err == EINTR || (err == EAGAIN && deadline));
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
    struct iovec vec[HALF_BUFS];
    struct msghdr msg = { .msg_iov = vec };
    int64_t deadline = m->wait_ms ? now_ms() + m->wait_ms : 0;
    uint64_t total = total_bytes(m);
    ssize_t put;
    int err = 0;

    if (m->name) {
        msg.msg_name = &name;
        msg.msg_namelen = name_to_unix(m->name, m->name_bytes, &name);
        if (!msg.msg_namelen) {
            m->status = STATUS_ACCESS_VIOLATION;
            return 0;
        }
    }
    m->status = STATUS_DEVICE_NOT_READY;
    do {
        if (deadline && !wait_for(m, POLLOUT, deadline))
            return 0;
        msg.msg_iovlen = fill_vec(m, m->bytes, vec);
        put = sendmsg(m->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        err = put < 0 ? errno : 0;
        if (!err)
            m->bytes += put;
    } while (err == EINTR || (err == EAGAIN && deadline) ||
             (!err && m->bytes < total && !(m->flags & HALF_MSG_DATAGRAM)));
    m->status = status_from_errno(err);
    return 0;
}

/* ---- readiness ---- */

enum { F_READ = 1, F_OOB = 2, F_WRITE = 4, F_HUP = 8, F_ACCEPT = 0x80 }; /* AFD_POLL_* */

static short events_for(const struct half_poll_item *item)
{
    short events = 0;

    if (item->wanted & (F_READ | (item->listening ? F_ACCEPT : 0)))
        events |= POLLIN;
    if (item->wanted & F_HUP && !item->listening)
        events |= POLLRDHUP;
    if (item->wanted & F_OOB)
        events |= POLLPRI;
    if (item->wanted & F_WRITE)
        events |= POLLOUT;
    return events;
}

/*
 * End of stream is readable for Linux; the device tells it apart, once everything has been read. (Peeking would tell,
 * too, but takes a reset that comes at this moment away.)
 */
static bool has_data(int fd)
{
    int bytes = 0;

    return !ioctl(fd, FIONREAD, &bytes) && bytes > 0;
}

static uint32_t found_in(const struct half_poll_item *item, short revents, bool *doubt)
{
    uint32_t found = 0;

    if (revents & (POLLERR | POLLHUP | POLLNVAL | POLLPRI) ||
        (revents & POLLRDHUP && !has_data(item->fd)))
        *doubt = true;
    if (revents & POLLIN)
        found |= item->listening ? F_ACCEPT : F_READ;
    if (revents & POLLOUT)
        found |= F_WRITE;
    found &= item->wanted;
    if (!found) /* a wait would end at once for something that nobody asked about */
        *doubt = true;
    return found;
}

enum { FEW_FDS = 513 }; /* with the waker */

static long half_poll(void *args)
{
    struct half_poll *p = args;
    struct half_poll_item *item = (struct half_poll_item *)(uintptr_t)p->item;
    struct pollfd few[FEW_FDS], *fds = few;
    int64_t deadline = p->wait_ms > 0 ? now_ms() + p->wait_ms : 0;
    int64_t left = p->wait_ms;
    bool doubt = false;
    int got;

    p->ready = 0;
    p->doubt = 1;
    if (p->count >= FEW_FDS)
        fds = malloc((p->count + 1) * sizeof *fds);
    if (!fds)
        return 0;
    for (uint32_t i = 0; i < p->count; i++)
        fds[i] = (struct pollfd){ .fd = item[i].fd, .events = events_for(&item[i]) };
    fds[p->count] = (struct pollfd){ .fd = p->waker, .events = POLLIN };

    while ((got = poll(fds, p->count + 1, (int)left)) < 0 && errno == EINTR) {
        left = deadline ? deadline - now_ms() : 0;
        if (left < 0)
            left = 0;
    }
    p->status = got < 0 ? status_from_errno(errno) : STATUS_OK;
    for (uint32_t i = 0; i < p->count; i++) {
        item[i].found = got > 0 && fds[i].revents ? found_in(&item[i], fds[i].revents, &doubt) : 0;
        p->ready += item[i].found != 0;
    }
    p->doubt = doubt;
    if (fds != few)
        free(fds);
    return 0;
}

static long half_trouble(void *args)
{
    struct half_trouble *t = args;
    struct pollfd fd = { .fd = t->fd };

    t->answer = poll(&fd, 1, 0) != 0;
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

/* ---- options and the like ---- */

static long half_option(void *args)
{
    static const struct {
        int level, name;
    } plain[] = {
        [HALF_NODELAY] = { IPPROTO_TCP, TCP_NODELAY },
        [HALF_KEEPALIVE] = { SOL_SOCKET, SO_KEEPALIVE },
        [HALF_BROADCAST] = { SOL_SOCKET, SO_BROADCAST },
    };
    struct half_option *o = args;
    struct linger hard = { o->value, 0 };
    int value = o->value, failed;
    socklen_t bytes = sizeof value;

    if (o->name == HALF_HARD_CLOSE)
        failed = setsockopt(o->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    else if (o->set)
        failed = setsockopt(o->fd, plain[o->name].level, plain[o->name].name, &value, sizeof value);
    else
        failed = getsockopt(o->fd, plain[o->name].level, plain[o->name].name, &value, &bytes);
    o->status = failed ? status_from_errno(errno) : STATUS_OK;
    o->value = value;
    return 0;
}

static long half_is_connected(void *args)
{
    struct half_is_connected *c = args;
    struct sockaddr_storage peer;
    socklen_t bytes = sizeof peer;

    c->answer = !getpeername(c->fd, (struct sockaddr *)&peer, &bytes);
    return 0;
}

static long half_queued(void *args)
{
    struct half_queued *q = args;
    struct tcp_info info;
    socklen_t bytes = sizeof info;

    /* tcp(7) leaves it out: of a listener, tcpi_unacked is the length of its queue. */
    q->connections = getsockopt(q->fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) ? 1 : info.tcpi_unacked;
    return 0;
}

static long half_name(void *args)
{
    struct half_name *n = args;
    struct sockaddr_storage name = { 0 };
    socklen_t bytes = sizeof name;

    if ((n->peer ? getpeername : getsockname)(n->fd, (struct sockaddr *)&name, &bytes))
        bytes = 0;
    n->bytes = name_to_windows(&name, bytes, n->name, n->bytes);
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

static long half_adopt(void *args)
{
    struct half_adopt *a = args;
    struct stat st;

    fcntl(a->fd, F_SETFD, FD_CLOEXEC);
    a->identity = fstat(a->fd, &st) ? 0 : st.st_ino;
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
        else
            s->answer = errno != EFAULT;
    }
    return 0;
}

/* ---- watches ---- */

static long half_watch_new(void *args)
{
    struct half_watch_new *w = args;
    struct epoll_event news = { .events = EPOLLIN | EPOLLET };

    w->watch = epoll_create1(EPOLL_CLOEXEC);
    w->waker = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->watch >= 0 && w->waker >= 0 && !epoll_ctl(w->watch, EPOLL_CTL_ADD, w->waker, &news))
        return 0;
    if (w->watch >= 0)
        close(w->watch);
    if (w->waker >= 0)
        close(w->waker);
    w->watch = w->waker = -1;
    return 0;
}

/* Edges: whoever has nothing to receive into is not told again and again, and nothing has to be asked for anew. */
static long half_watch(void *args)
{
    struct half_watch *w = args;
    struct epoll_event news = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = w->data };

    w->status = STATUS_OK;
    if (epoll_ctl(w->watch, w->on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, w->fd, &news))
        w->status = status_from_errno(errno);
    return 0;
}

static long half_watch_wait(void *args)
{
    struct half_watch_wait *w = args;
    uint64_t *data = (uint64_t *)(uintptr_t)w->data;
    struct epoll_event news[HALF_NEWS];
    int64_t deadline = w->wait_ms > 0 ? now_ms() + w->wait_ms : 0;
    int64_t left = w->wait_ms;
    int got;

    while ((got = epoll_wait(w->watch, news, w->room < HALF_NEWS ? (int)w->room : HALF_NEWS, (int)left)) < 0 &&
           errno == EINTR) {
        if (deadline)
            left = deadline > now_ms() ? deadline - now_ms() : 0;
    }
    w->count = 0;
    for (int i = 0; i < got; i++) {
        if (news[i].data.u64)
            data[w->count++] = news[i].data.u64;
    }
    w->now_ms = now_ms();
    return 0;
}

/* Called by Wine with the index; the name is Wine's (wine-host.md). */
__attribute__((visibility("default"))) long (*const __wine_unix_call_funcs[HALF_CALLS])(void *) = {
    [HALF_HELLO] = half_hello,
    [HALF_ADOPT] = half_adopt,
    [HALF_CLOSE] = half_close,
    [HALF_WAKER] = half_waker,
    [HALF_WAKE] = half_wake,
    [HALF_RECV] = half_recv,
    [HALF_SEND] = half_send,
    [HALF_POLL] = half_poll,
    [HALF_TROUBLE] = half_trouble,
    [HALF_FIONREAD] = half_fionread,
    [HALF_STILL_PENDING] = half_still_pending,
    [HALF_WATCH_NEW] = half_watch_new,
    [HALF_WATCH] = half_watch,
    [HALF_WATCH_WAIT] = half_watch_wait,
    [HALF_OPTION] = half_option,
    [HALF_IS_CONNECTED] = half_is_connected,
    [HALF_QUEUED] = half_queued,
    [HALF_NAME] = half_name,
};
