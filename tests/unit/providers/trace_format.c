/* SPDX-License-Identifier: MIT */
#include "providers/trace/format.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t loopback80[16] = { 2, 0, 0, 80, 127, 0, 0, 1 };
static const uint8_t acceptex[16] = { 0xf1, 0x7d, 0x36, 0xb5, 0xac, 0xcb, 0xcf, 0x11,
                                      0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92 };
static const uint8_t unknown_guid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const struct format_handle handles[] = { { 0x5c, 0x300 }, { 0x60, 0x12 }, { 0x64, 0x8000 } };

/* Each case writes one argument; the text form and the JSON form are both checked. */
static void number(struct format *f) { format_number(f, "k", -5); }
static void big_number(struct format *f) { format_number(f, "k", INT64_MIN); }
static void hex(struct format *f) { format_hex(f, "k", UINT64_MAX); }
static void text(struct format *f) { format_text(f, "k", "a\"b\\c\n\x7f\xc3\xa4"); }
static void known_family(struct format *f) { format_name(f, "k", 23, format_families); }
static void unknown_family(struct format *f) { format_name(f, "k", 99, format_families); }
static void known_ioctl(struct format *f) { format_name(f, "k", 0x8004667e, format_ioctls); }
static void unknown_ioctl(struct format *f) { format_name(f, "k", 0xc8000063, format_ioctls); }
static void flags(struct format *f) { format_flags(f, "k", 0x8001, format_message_flags); }
static void no_flags(struct format *f) { format_flags(f, "k", 0, format_message_flags); }
static void odd_flags(struct format *f) { format_flags(f, "k", 0x40000002, format_message_flags); }
static void unnamed_flags(struct format *f) { format_flags(f, "k", 0x40000000, format_message_flags); }
static void pollin(struct format *f) { format_flags(f, "k", 0x0300, format_poll_events); }
static void rdnorm(struct format *f) { format_flags(f, "k", 0x0100, format_poll_events); }
static void tcp(struct format *f) { format_protocol(f, "k", 2, 6); }
static void any_protocol(struct format *f) { format_protocol(f, "k", 2, 0); }
static void irda(struct format *f) { format_protocol(f, "k", 26, 6); }
static void so_rcvbuf(struct format *f) { format_option(f, 0xffff, 0x1002); }
static void so_exclusive(struct format *f) { format_option(f, 0xffff, ~4); }
static void tcp_nodelay(struct format *f) { format_option(f, 6, 1); }
static void ipv6_v6only(struct format *f) { format_option(f, 41, 27); }
static void odd_level(struct format *f) { format_option(f, 300, 1); }
static void address(struct format *f) { format_address(f, "k", loopback80, 16); }
static void short_address(struct format *f) { format_address(f, "k", loopback80, 7); }
static void no_address(struct format *f) { format_address(f, "k", loopback80, 0); }
static void data(struct format *f) { format_data(f, "k", "\x00\x1f\xff", 3); }
static void no_data(struct format *f) { format_data(f, "k", "", 0); }
static void extension(struct format *f) { format_extension(f, "k", acceptex); }
static void other_extension(struct format *f) { format_extension(f, "k", unknown_guid); }
static void set(struct format *f) { format_handles(f, "k", handles, 3, 5, NULL); }
static void empty_set(struct format *f) { format_handles(f, "k", handles, 0, 0, NULL); }
static void unread_set(struct format *f) { format_handles(f, "k", handles, 0, 4, NULL); }
static void poll_set(struct format *f) { format_handles(f, "k", handles, 3, 3, format_poll_events); }

static const struct {
    void (*write)(struct format *f);
    const char *text, *json;
} arguments[] = {
    { number, "k=-5", "\"k\":-5" },
    { big_number, "k=-9223372036854775808", "\"k\":-9223372036854775808" },
    { hex, "k=0xffffffffffffffff", "\"k\":\"0xffffffffffffffff\"" },
    { text, "k=\"a\\\"b\\\\c\\u000a\x7f\xc3\xa4\"", "\"k\":\"a\\\"b\\\\c\\u000a\x7f\xc3\xa4\"" },
    { known_family, "k=AF_INET6", "\"k\":\"AF_INET6\"" },
    { unknown_family, "k=99", "\"k\":\"99\"" },
    { known_ioctl, "k=FIONBIO", "\"k\":\"FIONBIO\"" },
    { unknown_ioctl, "k=0xc8000063", "\"k\":\"0xc8000063\"" },
    { flags, "k=MSG_OOB|MSG_PARTIAL", "\"k\":\"MSG_OOB|MSG_PARTIAL\"" },
    { no_flags, "k=0", "\"k\":\"0\"" },
    { odd_flags, "k=MSG_PEEK|0x40000000", "\"k\":\"MSG_PEEK|0x40000000\"" },
    { unnamed_flags, "k=0x40000000", "\"k\":\"0x40000000\"" },
    { pollin, "k=POLLIN", "\"k\":\"POLLIN\"" },
    { rdnorm, "k=POLLRDNORM", "\"k\":\"POLLRDNORM\"" },
    { tcp, "k=IPPROTO_TCP", "\"k\":\"IPPROTO_TCP\"" },
    { any_protocol, "k=0", "\"k\":\"0\"" },
    { irda, "k=6", "\"k\":\"6\"" },
    { so_rcvbuf, "level=SOL_SOCKET, option=SO_RCVBUF", "\"level\":\"SOL_SOCKET\",\"option\":\"SO_RCVBUF\"" },
    { so_exclusive, "level=SOL_SOCKET, option=SO_EXCLUSIVEADDRUSE",
      "\"level\":\"SOL_SOCKET\",\"option\":\"SO_EXCLUSIVEADDRUSE\"" },
    { tcp_nodelay, "level=IPPROTO_TCP, option=TCP_NODELAY", "\"level\":\"IPPROTO_TCP\",\"option\":\"TCP_NODELAY\"" },
    { ipv6_v6only, "level=IPPROTO_IPV6, option=IPV6_V6ONLY", "\"level\":\"IPPROTO_IPV6\",\"option\":\"IPV6_V6ONLY\"" },
    { odd_level, "level=0x12c, option=1", "\"level\":\"0x12c\",\"option\":\"1\"" },
    { address, "k=127.0.0.1:80", "\"k\":\"127.0.0.1:80\"" },
    { short_address, "k=family 2, 7 bytes", "\"k\":\"family 2, 7 bytes\"" },
    { no_address, "k=family 0, 0 bytes", "\"k\":\"family 0, 0 bytes\"" },
    { data, "k=001fff", "\"k\":\"001fff\"" },
    { no_data, "k=", "\"k\":\"\"" },
    { extension, "k=ACCEPTEX", "\"k\":\"ACCEPTEX\"" },
    { other_extension, "k=04030201-0605-0807-090a-0b0c0d0e0f10", "\"k\":\"04030201-0605-0807-090a-0b0c0d0e0f10\"" },
    { set, "k={0x5c,0x60,0x64,+2}", "\"k\":\"{0x5c,0x60,0x64,+2}\"" },
    { empty_set, "k={}", "\"k\":\"{}\"" },
    { unread_set, "k={+4}", "\"k\":\"{+4}\"" },
    { poll_set, "k={0x5c:POLLIN,0x60:POLLOUT|POLLHUP,0x64:0x8000}",
      "\"k\":\"{0x5c:POLLIN,0x60:POLLOUT|POLLHUP,0x64:0x8000}\"" },
};

static void check_line(struct format *f, const char *want)
{
    ck_assert_uint_eq(format_end(f, 12), strlen(want));
    ck_assert_str_eq(f->text, want);
}

START_TEST(shows_arguments)
{
    struct format f;
    char want[1024];

    format_begin(&f, false, 0, 1, 2, "trace", "WSPX");
    arguments[_i].write(&f);
    format_result(&f, 0, false, 0);
    snprintf(want, sizeof want, "00:00:00.000000 1:2 trace WSPX(%s) = 0 (12 us)\n", arguments[_i].text);
    check_line(&f, want);

    format_begin(&f, true, 0, 1, 2, "trace", "WSPX");
    arguments[_i].write(&f);
    format_result(&f, 0, false, 0);
    snprintf(want, sizeof want,
             "{\"time\":\"1601-01-01T00:00:00.000000\",\"pid\":1,\"tid\":2,\"layer\":\"trace\",\"call\":\"WSPX\","
             "\"args\":{%s},\"result\":0,\"out\":{},\"us\":12}\n",
             arguments[_i].json);
    check_line(&f, want);
}
END_TEST

START_TEST(separates_arguments_and_results)
{
    struct format f;

    format_begin(&f, false, 0, 1, 2, "trace", "WSPX");
    number(&f);
    hex(&f);
    format_result(&f, 17, false, 0);
    number(&f);
    address(&f);
    check_line(&f, "00:00:00.000000 1:2 trace WSPX(k=-5, k=0xffffffffffffffff) = 17 k=-5 k=127.0.0.1:80 (12 us)\n");

    format_begin(&f, true, 0, 1, 2, "trace", "WSPX");
    number(&f);
    hex(&f);
    format_result(&f, 0x5c, true, 0);
    number(&f);
    address(&f);
    check_line(&f, "{\"time\":\"1601-01-01T00:00:00.000000\",\"pid\":1,\"tid\":2,\"layer\":\"trace\",\"call\":\"WSPX\","
                   "\"args\":{\"k\":-5,\"k\":\"0xffffffffffffffff\"},\"result\":\"0x5c\","
                   "\"out\":{\"k\":-5,\"k\":\"127.0.0.1:80\"},\"us\":12}\n");
}
END_TEST

START_TEST(names_errors)
{
    struct format f;

    format_begin(&f, false, 0, 1, 2, "trace", "WSPX");
    format_result(&f, -1, false, 10054);
    check_line(&f, "00:00:00.000000 1:2 trace WSPX() = WSAECONNRESET (12 us)\n");

    format_begin(&f, false, 0, 1, 2, "trace", "WSPX");
    format_result(&f, -1, true, 12345);
    check_line(&f, "00:00:00.000000 1:2 trace WSPX() = 12345 (12 us)\n");

    format_begin(&f, true, 0, 1, 2, "trace", "WSPX");
    format_result(&f, -1, true, 997);
    check_line(&f, "{\"time\":\"1601-01-01T00:00:00.000000\",\"pid\":1,\"tid\":2,\"layer\":\"trace\",\"call\":\"WSPX\","
                   "\"args\":{},\"result\":-1,\"error\":\"WSA_IO_PENDING\",\"out\":{},\"us\":12}\n");
}
END_TEST

/* 100 ns units since 1601 of a date, by counting days one by one. */
static const struct {
    const char *date;
    uint64_t days;
} dates[] = {
    { "1601-01-01", 0 },       { "1601-12-31", 364 },     { "1604-02-29", 1154 },
    { "1604-12-31", 1460 },    { "1700-03-01", 36218 },   { "1970-01-01", 134774 },
    { "2000-02-29", 145790 },  { "2000-12-31", 146096 },  { "2001-01-01", 146097 },
    { "2026-11-21", 155552 },  { "2100-03-01", 182315 },
};

START_TEST(knows_the_calendar)
{
    struct format f;
    char want[64];
    uint64_t time = dates[_i].days * 864000000000u + 863999999999u;

    format_begin(&f, true, time, 1, 2, "trace", "WSPX");
    f.text[f.used] = 0;
    snprintf(want, sizeof want, "{\"time\":\"%sT23:59:59.999999\"", dates[_i].date);
    ck_assert_msg(!strncmp(f.text, want, strlen(want)), "%.40s, not %s", f.text, want);
}
END_TEST

/* However much is written, the line ends as it should, fits, and says that something is missing. */
START_TEST(never_overflows)
{
    static const char long_text[FORMAT_BYTES] = { [0 ... FORMAT_BYTES - 2] = '\x01' };
    bool json = _i;
    const char *end = json ? ",\"cut\":true}\n" : " (12 us) ...\n";
    struct format f;
    size_t n;

    format_begin(&f, json, 0, 1, 2, "trace", "WSPX");
    for (int i = 0; i < 1000; i++) {
        format_text(&f, "long", long_text);
        format_number(&f, "k", i);
        format_handles(&f, "set", handles, 3, 3, format_poll_events);
    }
    format_result(&f, -1, true, 10054);
    for (int i = 0; i < 1000; i++)
        format_data(&f, "out", long_text, i);
    n = format_end(&f, UINT64_MAX / 2);
    ck_assert_uint_le(n, FORMAT_BYTES);
    ck_assert_uint_eq(n, strlen(f.text));
    ck_assert(!strstr(f.text, "long"));
    if (!json)
        end = " us) ...\n";
    ck_assert_msg(!strcmp(f.text + n - strlen(end), end), "%s", f.text);
    ck_assert(strstr(f.text, "WSAECONNRESET") != NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace_format");
    TCase *tests = tcase_create("trace_format");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, shows_arguments, 0, sizeof arguments / sizeof *arguments);
    tcase_add_test(tests, separates_arguments_and_results);
    tcase_add_test(tests, names_errors);
    tcase_add_loop_test(tests, knows_the_calendar, 0, sizeof dates / sizeof *dates);
    tcase_add_loop_test(tests, never_overflows, 0, 2);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
