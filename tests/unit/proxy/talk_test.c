/* SPDX-License-Identifier: MIT */
/* Both protocols against a script: what must be said, what is answered, and what comes of it. */
#include "providers/proxy/talk.h"

#include <string.h>

#include "base/wsaerr.h"
#include "tests/unit/unit.h"

#define BYTES(text) text, sizeof text - 1

struct turn {
    const char *said; /* what the client has to send */
    size_t said_bytes;
    const char *answer;
    size_t answer_bytes;
};

struct script {
    const char *why, *url, *target;
    struct turn turn[4];
    int want;             /* 0: connected, else the error */
    const char *says;     /* on failure: part of the reason */
    size_t rest;          /* on success: bytes of the last answer that are the target's */
};

#define OPEN "\x05\x01\x00"
#define OPEN_USER "\x05\x02\x00\x02"
#define IP4_REQUEST "\x05\x01\x00\x01\x01\x02\x03\x04\x01\xbb"
#define YES "\x05\x00\x00\x01\x0a\x00\x00\x01\x12\x34"
#define CONNECT(host) "CONNECT " host " HTTP/1.1\r\nHost: " host "\r\n"
#define SOCKS_REFUSED(code, err, says)                                                              \
    { "reply " #code, "socks5://h", "1.2.3.4",                                                      \
      { { BYTES(OPEN), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES("\x05" code) } }, err, says }
#define HTTP_REFUSED(status, err)                                                                   \
    { "status " status, "http://h", "1.2.3.4",                                                      \
      { { BYTES(CONNECT("1.2.3.4:443") "\r\n"), BYTES("HTTP/1.1 " status " Words\r\n") } }, err, "it answered " status " Words" }
#define HTTP_ANSWER(why, answer, want, says, rest)                                                  \
    { why, "http://h", "1.2.3.4", { { BYTES(CONNECT("1.2.3.4:443") "\r\n"), BYTES(answer) } }, want, says, rest }

static const struct script scripts[] = {
    { "SOCKS5, IPv4", "socks5://h", "1.2.3.4", { { BYTES(OPEN), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES(YES) } } },
    { "SOCKS5, IPv6", "socks5://h", "2001:db8::1",
      { { BYTES(OPEN), BYTES("\x05\x00") },
        { BYTES("\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x01\xbb"),
          BYTES("\x05\x00\x00\x04" "0123456789abcdef" "\x00\x01") } } },
    { "SOCKS5, a name", "socks5://h", "a.example",
      { { BYTES(OPEN), BYTES("\x05\x00") },
        { BYTES("\x05\x01\x00\x03\x09" "a.example" "\x01\xbb"), BYTES("\x05\x00\x00\x03\x03" "xyz" "\x00\x01") } } },
    { "SOCKS5, an empty name in the answer", "socks5://h", "1.2.3.4",
      { { BYTES(OPEN), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES("\x05\x00\x00\x03\x00\x00\x01") } } },
    { "SOCKS5, the target speaks at once", "socks5://h", "1.2.3.4",
      { { BYTES(OPEN), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES(YES "SSH-2.0-x") } }, .rest = 9 },
    { "SOCKS5 with a password that is not asked for", "socks5://u:pw@h", "1.2.3.4",
      { { BYTES(OPEN_USER), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES(YES) } } },
    { "SOCKS5 with a password", "socks5://u:pw@h", "1.2.3.4",
      { { BYTES(OPEN_USER), BYTES("\x05\x02") }, { BYTES("\x01\x01u\x02pw"), BYTES("\x01\x00") },
        { BYTES(IP4_REQUEST), BYTES(YES) } } },
    { "SOCKS5, an empty password", "socks5://u@h", "1.2.3.4",
      { { BYTES(OPEN_USER), BYTES("\x05\x02") }, { BYTES("\x01\x01u\x00"), BYTES("\x01\x00") },
        { BYTES(IP4_REQUEST), BYTES(YES) } } },
    { "SOCKS5, a wrong password", "socks5://u:pw@h", "1.2.3.4",
      { { BYTES(OPEN_USER), BYTES("\x05\x02") }, { BYTES("\x01\x01u\x02pw"), BYTES("\x01\x01") } }, WSAEACCES, "refused the user" },
    { "SOCKS5, no answer to the password", "socks5://u:pw@h", "1.2.3.4",
      { { BYTES(OPEN_USER), BYTES("\x05\x02") }, { BYTES("\x01\x01u\x02pw"), BYTES("\x05\x00") } }, WSAENETDOWN, "is none" },
    { "SOCKS5, no method will do", "socks5://u:pw@h", "1.2.3.4", { { BYTES(OPEN_USER), BYTES("\x05\xff") } }, WSAEACCES, "does not take" },
    { "SOCKS5, a password is wanted", "socks5://h", "1.2.3.4", { { BYTES(OPEN), BYTES("\x05\xff") } }, WSAEACCES, "wants a user" },
    { "SOCKS5, a method that was not offered", "socks5://h", "1.2.3.4", { { BYTES(OPEN), BYTES("\x05\x02") } }, WSAENETDOWN, "not offered" },
    { "SOCKS5, GSSAPI", "socks5://u:pw@h", "1.2.3.4", { { BYTES(OPEN_USER), BYTES("\x05\x01") } }, WSAENETDOWN, "not offered" },
    { "SOCKS4", "socks5://h", "1.2.3.4", { { BYTES(OPEN), BYTES("\x00\x5b") } }, WSAENETDOWN, "does not speak SOCKS5" },
    { "an HTTP server", "socks5://h", "1.2.3.4", { { BYTES(OPEN), BYTES("HTTP/1.1 400 ") } }, WSAENETDOWN, "does not speak SOCKS5" },
    { "SOCKS5, another version in the reply", "socks5://h", "1.2.3.4",
      { { BYTES(OPEN), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES("\x04\x00") } }, WSAENETDOWN, "is none" },
    { "SOCKS5, an unknown kind of address", "socks5://h", "1.2.3.4",
      { { BYTES(OPEN), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES("\x05\x00\x00\x02\x00") } }, WSAENETDOWN, "kind of address" },
    { "SOCKS5, the end instead of an answer", "socks5://h", "1.2.3.4", { { BYTES(OPEN), BYTES("\x05") } }, WSAENETDOWN, "ended" },
    { "SOCKS5, the end within the address", "socks5://h", "1.2.3.4",
      { { BYTES(OPEN), BYTES("\x05\x00") }, { BYTES(IP4_REQUEST), BYTES("\x05\x00\x00\x01\x0a\x00\x00\x01\x12") } }, WSAENETDOWN, "ended" },
    SOCKS_REFUSED("\x01", WSAENETDOWN, "general"),
    SOCKS_REFUSED("\x02", WSAEACCES, "rules"),
    SOCKS_REFUSED("\x03", WSAENETUNREACH, "network"),
    SOCKS_REFUSED("\x04", WSAEHOSTUNREACH, "host"),
    SOCKS_REFUSED("\x05", WSAECONNREFUSED, "refused"),
    SOCKS_REFUSED("\x06", WSAETIMEDOUT, "time to live"),
    SOCKS_REFUSED("\x07", WSAEOPNOTSUPP, "CONNECT"),
    SOCKS_REFUSED("\x08", WSAEAFNOSUPPORT, "kind of address"),
    SOCKS_REFUSED("\x09", WSAENETDOWN, "code 9"),
    SOCKS_REFUSED("\xff", WSAENETDOWN, "code 255"),

    HTTP_ANSWER("HTTP", "HTTP/1.1 200 OK\r\n\r\n", 0, NULL, 0),
    HTTP_ANSWER("HTTP/1.0", "HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n\r\n", 0, NULL, 0),
    HTTP_ANSWER("no words", "HTTP/1.1 200\r\n\r\n", 0, NULL, 0),
    HTTP_ANSWER("a blank, no words", "HTTP/1.1 200 \r\n\r\n", 0, NULL, 0),
    HTTP_ANSWER("line ends without CR", "HTTP/1.1 200 OK\nA: b\n\n", 0, NULL, 0),
    HTTP_ANSWER("another 2xx", "HTTP/1.1 204 OK\r\n\r\n", 0, NULL, 0),
    HTTP_ANSWER("a length that does not count", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nSSH-", 0, NULL, 4),
    HTTP_ANSWER("1xx first", "HTTP/1.1 102 Wait\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx", 0, NULL, 1),
    HTTP_ANSWER("a long status line", "HTTP/1.1 200 oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo"
                "oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo\r\n\r\n", 0, NULL, 0),
    { "HTTP, IPv6", "http://h", "2001:db8::1", { { BYTES(CONNECT("[2001:db8::1]:443") "\r\n"), BYTES("HTTP/1.1 200 \r\n\r\n") } } },
    { "HTTP, a name", "http://h", "a.example", { { BYTES(CONNECT("a.example:443") "\r\n"), BYTES("HTTP/1.1 200 \r\n\r\n") } } },
    { "HTTP with a password (RFC 7617's own)", "http://Aladdin:open%20sesame@h", "1.2.3.4",
      { { BYTES(CONNECT("1.2.3.4:443") "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
          BYTES("HTTP/1.1 200 \r\n\r\n") } } },
    { "HTTP, one = at the end", "http://u:pw1@h", "1.2.3.4",
      { { BYTES(CONNECT("1.2.3.4:443") "Proxy-Authorization: Basic dTpwdzE=\r\n\r\n"), BYTES("HTTP/1.1 200 \r\n\r\n") } } },
    { "HTTP, no = at the end", "http://u:pw12@h", "1.2.3.4",
      { { BYTES(CONNECT("1.2.3.4:443") "Proxy-Authorization: Basic dTpwdzEy\r\n\r\n"), BYTES("HTTP/1.1 200 \r\n\r\n") } } },
    HTTP_REFUSED("300", WSAENETDOWN),
    HTTP_REFUSED("302", WSAENETDOWN),
    HTTP_REFUSED("400", WSAEINVAL),
    HTTP_REFUSED("401", WSAEACCES),
    HTTP_REFUSED("403", WSAEACCES),
    HTTP_REFUSED("404", WSAEHOSTUNREACH),
    HTTP_REFUSED("405", WSAEOPNOTSUPP),
    HTTP_REFUSED("407", WSAEACCES),
    HTTP_REFUSED("408", WSAETIMEDOUT),
    HTTP_REFUSED("429", WSAEACCES),
    HTTP_REFUSED("500", WSAECONNREFUSED),
    HTTP_REFUSED("501", WSAEOPNOTSUPP),
    HTTP_REFUSED("502", WSAECONNREFUSED),
    HTTP_REFUSED("503", WSAECONNREFUSED),
    HTTP_REFUSED("504", WSAETIMEDOUT),
    HTTP_REFUSED("599", WSAENETDOWN),
    HTTP_REFUSED("101", WSAENETDOWN),
    HTTP_ANSWER("words that a terminal would obey", "HTTP/1.1 403 \033[2Jno\r\n", WSAEACCES, "it answered 403 ?[2Jno", 0),
    HTTP_ANSWER("HTTP/2", "HTTP/2 200\r\n\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("HTTP/0.9", "<html>\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("an SSH server", "SSH-2.0-OpenSSH_9.2\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("a server that says little", "S", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("two digits", "HTTP/1.1 20 OK\r\n\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("four digits", "HTTP/1.1 2000 OK\r\n\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("no digits", "HTTP/1.1 abc OK\r\n\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("status 0", "HTTP/1.1 000 OK\r\n\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("status 600", "HTTP/1.1 600 OK\r\n\r\n", WSAENETDOWN, "does not speak", 0),
    HTTP_ANSWER("a NUL", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", WSAENETDOWN, "NUL", 0),
    HTTP_ANSWER("nine times 1xx",
                "HTTP/1.1 102 \r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 102 \r\n\r\n"
                "HTTP/1.1 102 \r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 102 \r\n\r\n",
                WSAENETDOWN, "1xx", 0),
    HTTP_ANSWER("the end before the empty line", "HTTP/1.1 200 OK\r\n", WSAENETDOWN, "ended", 0),
    HTTP_ANSWER("a field that is only a CR does not end the fields", "HTTP/1.1 200 OK\r\n\r\r\n", WSAENETDOWN, "ended", 0),
};

/* Gives `piece` bytes at a time; then the end. Returns how many bytes of the last answer were not used. */
static size_t play(const struct script *s, struct talk *t, size_t piece)
{
    size_t rest = 0;

    for (const struct turn *turn = s->turn; turn < s->turn + 4 && turn->said; turn++) {
        CASE_INT_EQ(t->state, TALK_MORE, s->why);
        CASE_INT_EQ(t->out_bytes, turn->said_bytes, s->why);
        ck_assert_msg(!memcmp(t->out, turn->said, turn->said_bytes), "%s: said %.*s", s->why, (int)t->out_bytes, t->out);
        t->out_bytes = 0;
        for (size_t at = 0; at < turn->answer_bytes;) {
            size_t n = turn->answer_bytes - at < piece ? turn->answer_bytes - at : piece;
            size_t used = talk_take(t, (const uint8_t *)turn->answer + at, n);

            CASE_INT_EQ(used == n || t->state != TALK_MORE, 1, s->why);
            at += used;
            rest = turn->answer_bytes - at;
            if (used < n || t->state != TALK_MORE)
                break;
        }
    }
    talk_closed(t);
    return rest;
}

START_TEST(follows_the_script)
{
    const struct script *s = &scripts[_i / 3];
    static const size_t pieces[] = { 1, 3, 10000 };
    struct endpoint target;
    struct url url;
    struct talk t;
    size_t rest;

    ck_assert(!url_parse(s->url, &url));
    ck_assert(endpoint_parse_host(s->target, strlen(s->target), &target));
    target.port = 443;
    talk_begin(&t, &url, &target);
    rest = play(s, &t, pieces[_i % 3]);
    CASE_INT_EQ(t.state, s->want ? TALK_FAILED : TALK_DONE, s->why);
    CASE_INT_EQ(t.err, s->want, s->why);
    if (s->want)
        ck_assert_msg(strstr(t.reason, s->says) != NULL, "%s: %s", s->why, t.reason);
    else
        CASE_INT_EQ(rest, s->rest, s->why);
}
END_TEST

/* A proxy that sends fields for ever is given up. */
START_TEST(replies_are_bounded)
{
    static const char start[] = "HTTP/1.1 200 OK\r\n", field[] = "A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n";
    struct endpoint target = { .kind = ENDPOINT_IP4, .port = 1 };
    struct url url;
    struct talk t;
    size_t sent = sizeof start - 1;

    ck_assert(!url_parse("http://h", &url));
    talk_begin(&t, &url, &target);
    talk_take(&t, (const uint8_t *)start, sizeof start - 1);
    while (t.state == TALK_MORE && sent < 1 << 20)
        sent += talk_take(&t, (const uint8_t *)field, sizeof field - 1);
    CASE_INT_EQ(t.state, TALK_FAILED, "a proxy that does not stop");
    CASE_INT_EQ(t.err, WSAENETDOWN, "a proxy that does not stop");
    CASE_INT_EQ(sent, TALK_HTTP_BYTES + 1, "a proxy that does not stop");
}
END_TEST

/* The longest of everything fits into the buffer; talk_say() asserts it. */
START_TEST(the_longest_requests_fit)
{
    struct endpoint target = { .kind = ENDPOINT_NAME, .port = 65535 };
    struct url url = { .has_user = true };
    struct talk t;

    memset(target.name, 'a', sizeof target.name - 1);
    memset(url.user, 'u', sizeof url.user - 1);
    memset(url.password, 'p', sizeof url.password - 1);
    url.kind = URL_HTTP;
    talk_begin(&t, &url, &target);
    CASE_INT_EQ(t.out_bytes, 8 + 261 + 17 + 261 + 2 + 27 + 684 + 2 + 2, "CONNECT");

    url.kind = URL_SOCKS5;
    talk_begin(&t, &url, &target);
    talk_take(&t, (const uint8_t *)"\x05\x02", 2);
    talk_take(&t, (const uint8_t *)"\x01\x00", 2);
    CASE_INT_EQ(t.out_bytes, 4 + 3 + 255 + 255 + 7 + 255, "SOCKS5, all of it unsent");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proxy/talk");
    TCase *tests = tcase_create("proxy/talk");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, follows_the_script, 0, 3 * sizeof scripts / sizeof *scripts);
    tcase_add_test(tests, replies_are_bounded);
    tcase_add_test(tests, the_longest_requests_fit);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
