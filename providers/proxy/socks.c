/* SPDX-License-Identifier: MIT */
/* The client's side of SOCKS5: RFC 1928 (the protocol), RFC 1929 (user name and password). */
#include <string.h>

#include "base/wsaerr.h"
#include "providers/proxy/talk.h"

enum { VERSION = 5, METHOD_NONE = 0, METHOD_PASSWORD = 2, METHOD_REFUSED = 0xff, PASSWORD_VERSION = 1 };
enum { CONNECT = 1, ADDR_IP4 = 1, ADDR_NAME = 3, ADDR_IP6 = 4 };
enum step { GET_METHOD, GET_PASSWORD_RESULT, GET_REPLY, GET_BOUND, SKIP_BOUND };

/* RFC 1928, section 6. What the proxy says of the target becomes what connect() says of it. */
#define REPLY_ROWS(X)                                                                               \
    X(1, WSAENETDOWN, "general failure of the proxy")                                               \
    X(2, WSAEACCES, "not allowed by the proxy's rules")                                             \
    X(3, WSAENETUNREACH, "network unreachable")                                                     \
    X(4, WSAEHOSTUNREACH, "host unreachable")                                                       \
    X(5, WSAECONNREFUSED, "connection refused")                                                     \
    X(6, WSAETIMEDOUT, "time to live expired")                                                      \
    X(7, WSAEOPNOTSUPP, "the proxy does not know CONNECT")                                          \
    X(8, WSAEAFNOSUPPORT, "the proxy does not know this kind of address")

static void fail_by_reply(struct talk *t, uint8_t reply)
{
    switch (reply) {
#define X(code, err, text)                                                                          \
    case code:                                                                                      \
        talk_fail(t, err, "%s", text);                                                              \
        return;
        REPLY_ROWS(X)
#undef X
    }
    talk_fail(t, WSAENETDOWN, "it refused with the unknown code %u", reply);
}

/* `bytes` more make the next message whole. */
static void want(struct talk *t, enum step step, size_t bytes)
{
    t->step = step;
    t->wanted = bytes;
    t->in_bytes = 0;
}

static void say_byte(struct talk *t, size_t value)
{
    uint8_t byte = (uint8_t)value;

    talk_say(t, &byte, 1);
}

static void say_counted(struct talk *t, const char *text)
{
    say_byte(t, strlen(text));
    talk_say(t, text, strlen(text));
}

void socks_begin(struct talk *t)
{
    say_byte(t, VERSION);
    if (t->proxy->has_user) {
        say_byte(t, 2);
        say_byte(t, METHOD_NONE);
        say_byte(t, METHOD_PASSWORD);
    } else {
        say_byte(t, 1);
        say_byte(t, METHOD_NONE);
    }
    want(t, GET_METHOD, 2);
}

static void say_request(struct talk *t)
{
    say_byte(t, VERSION);
    say_byte(t, CONNECT);
    say_byte(t, 0);
    switch (t->target->kind) {
    case ENDPOINT_IP4:
        say_byte(t, ADDR_IP4);
        talk_say(t, t->target->ip, 4);
        break;
    case ENDPOINT_IP6:
        say_byte(t, ADDR_IP6);
        talk_say(t, t->target->ip, 16);
        break;
    case ENDPOINT_NAME:
        say_byte(t, ADDR_NAME);
        say_counted(t, t->target->name);
        break;
    }
    say_byte(t, t->target->port >> 8);
    say_byte(t, t->target->port);
    want(t, GET_REPLY, 2);
}

static void got_method(struct talk *t)
{
    if (t->in[0] != VERSION)
        talk_fail(t, WSAENETDOWN, "it does not speak SOCKS5");
    else if (t->in[1] == METHOD_NONE)
        say_request(t);
    else if (t->in[1] == METHOD_PASSWORD && t->proxy->has_user) {
        say_byte(t, PASSWORD_VERSION);
        say_counted(t, t->proxy->user);
        say_counted(t, t->proxy->password);
        want(t, GET_PASSWORD_RESULT, 2);
    } else if (t->in[1] == METHOD_REFUSED)
        talk_fail(t, WSAEACCES, t->proxy->has_user ? "it does not take a user name and a password"
                                                   : "it wants a user name and a password, or something else we have not");
    else
        talk_fail(t, WSAENETDOWN, "it chose a method that was not offered");
}

static void got_password_result(struct talk *t)
{
    if (t->in[0] != PASSWORD_VERSION)
        talk_fail(t, WSAENETDOWN, "its answer to the password is none");
    else if (t->in[1])
        talk_fail(t, WSAEACCES, "it refused the user name or the password");
    else
        say_request(t);
}

/* Looked at as soon as it is there: some proxies end the connection after the code of a refusal. */
static void got_reply(struct talk *t)
{
    if (t->in[0] != VERSION)
        talk_fail(t, WSAENETDOWN, "its answer to the request is none");
    else if (t->in[1])
        fail_by_reply(t, t->in[1]);
    else
        want(t, GET_BOUND, 3);
}

/* A reserved byte, then the address and port that the proxy connects from; nobody above has a use for them. */
static void got_bound(struct talk *t)
{
    size_t address = t->in[1] == ADDR_IP4 ? 4 : t->in[1] == ADDR_IP6 ? 16 : t->in[1] == ADDR_NAME ? 1u + t->in[2] : 0;

    if (!address)
        talk_fail(t, WSAENETDOWN, "its answer has an unknown kind of address");
    else
        want(t, SKIP_BOUND, address - 1 + 2); /* the address's first byte has come already */
}

void socks_take(struct talk *t, uint8_t byte)
{
    if (t->in_bytes < sizeof t->in)
        t->in[t->in_bytes] = byte;
    if (++t->in_bytes < t->wanted)
        return;
    switch ((enum step)t->step) {
    case GET_METHOD: got_method(t); break;
    case GET_PASSWORD_RESULT: got_password_result(t); break;
    case GET_REPLY: got_reply(t); break;
    case GET_BOUND: got_bound(t); break;
    case SKIP_BOUND: t->state = TALK_DONE; break;
    }
}
