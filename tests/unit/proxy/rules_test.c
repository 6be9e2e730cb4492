/* SPDX-License-Identifier: MIT */
#include "providers/proxy/rules.h"

#include <string.h>

#include "tests/unit/unit.h"

enum { P = RULE_PROXY, D = RULE_DIRECT, R = RULE_REFUSE };

static const struct {
    const char *why, *rules, *program, *name, *address; /* name, address: NULL if not known */
    int port, want;
} cases[] = {
    { "no rule", "", "a.exe", NULL, "8.8.8.8", 80, P },
    { "no rule: loopback", "", "a.exe", NULL, "127.1.2.3", 80, D },
    { "no rule: IPv6 loopback", "", "a.exe", NULL, "::1", 80, D },
    { "no rule: another IPv6", "", "a.exe", NULL, "::2", 80, P },
    { "all, loopback too", "proxy:*", "a.exe", NULL, "127.0.0.1", 80, P },
    { "loopback refused", "refuse:127.0.0.0/8", "a.exe", NULL, "127.0.0.1", 80, R },
    { "a name", "direct:example.com", "a.exe", "example.com", NULL, 80, D },
    { "a name in other letters", "direct:Example.com", "a.exe", "eXample.COM", NULL, 80, D },
    { "a name with the root", "direct:example.com", "a.exe", "example.com.", NULL, 80, D },
    { "another name", "direct:example.com", "a.exe", "www.example.com", NULL, 80, P },
    { "a name, when only the address is known", "direct:example.com", "a.exe", NULL, "1.2.3.4", 80, P },
    { "below a name", "direct:*.example.com", "a.exe", "www.example.com", NULL, 80, D },
    { "not the name itself", "direct:*.example.com", "a.exe", "example.com", NULL, 80, P },
    { "a name and below it: itself", "direct:.example.com", "a.exe", "example.com", NULL, 80, D },
    { "a name and below it: below", "direct:.example.com", "a.exe", "a.b.example.com", NULL, 80, D },
    { "a name and below it: a longer one", "direct:.example.com", "a.exe", "notexample.com", NULL, 80, P },
    { "* in the middle", "direct:w*.example.*", "a.exe", "www3.example.org", NULL, 80, D },
    { "an address", "direct:10.1.2.3", "a.exe", NULL, "10.1.2.3", 80, D },
    { "the next address", "direct:10.1.2.3", "a.exe", NULL, "10.1.2.4", 80, P },
    { "a network", "direct:10.0.0.0/8", "a.exe", NULL, "10.255.1.1", 80, D },
    { "beside a network", "direct:10.0.0.0/8", "a.exe", NULL, "11.0.0.0", 80, P },
    { "an odd mask, inside", "direct:172.16.0.0/12", "a.exe", NULL, "172.31.255.255", 80, D },
    { "an odd mask, outside", "direct:172.16.0.0/12", "a.exe", NULL, "172.32.0.0", 80, P },
    { "all of IPv4", "direct:0.0.0.0/0", "a.exe", NULL, "1.2.3.4", 80, D },
    { "all of IPv4 is not IPv6", "direct:0.0.0.0/0", "a.exe", NULL, "2001:db8::1", 80, P },
    { "an IPv6 network", "direct:[fd00::]/8", "a.exe", NULL, "fdff::1", 80, D },
    { "an IPv6 network without brackets is ports", "direct:[fd00::]/8:443", "a.exe", NULL, "fdff::1", 80, P },
    { "its port", "direct:[fd00::]/8:443", "a.exe", NULL, "fdff::1", 443, D },
    { "a port", "refuse:*:25", "a.exe", NULL, "1.2.3.4", 25, R },
    { "another port", "refuse:*:25", "a.exe", NULL, "1.2.3.4", 26, P },
    { "ports, the first", "refuse:*:25-27", "a.exe", NULL, "1.2.3.4", 25, R },
    { "ports, the last", "refuse:*:25-27", "a.exe", NULL, "1.2.3.4", 27, R },
    { "ports, after", "refuse:*:25-27", "a.exe", NULL, "1.2.3.4", 28, P },
    { "a program", "direct:curl.exe!*", "CURL.EXE", NULL, "1.2.3.4", 80, D },
    { "another program", "direct:curl.exe!*", "wget.exe", NULL, "1.2.3.4", 80, P },
    { "programs", "direct:*setup*!*", "my-setup-3.exe", NULL, "1.2.3.4", 80, D },
    { "the first rule decides", "direct:a.example+refuse:*", "a.exe", "a.example", NULL, 80, D },
    { "else the second", "direct:a.example+refuse:*", "a.exe", "b.example", NULL, 80, R },
    { "blanks between rules", "  direct:a.example \t\r\n refuse:* ", "a.exe", "b.example", NULL, 80, R },
    { "another proxy", "tor:*.onion", "a.exe", "x.onion", NULL, 80, P + 1 },
    { "two others", "tor:*.onion+work:*.corp+proxy:*", "a.exe", "x.corp", NULL, 80, P + 2 },
    { "and back to the first", "tor:*.onion+work:*.corp+proxy:*", "a.exe", "x", NULL, 80, P },
    { "the same one twice", "tor:*.onion+work:*.corp+tor:*.i2p", "a.exe", "x.i2p", NULL, 80, P + 1 },
    { "name and address: the name's rule", "refuse:bad.example+direct:10.0.0.0/8", "a.exe", "bad.example", "10.1.1.1", 80, R },
    { "name and address: the address's", "refuse:bad.example+direct:10.0.0.0/8", "a.exe", "b.example", "10.1.1.1", 80, D },
};

static struct endpoint address_of(const char *text)
{
    struct endpoint e;

    ck_assert(endpoint_parse_host(text, strlen(text), &e));
    return e;
}

START_TEST(the_first_rule_that_fits_decides)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct endpoint e;
        struct rule_subject s = { cases[i].program, cases[i].name, NULL, (uint16_t)cases[i].port };
        struct rules rules;
        const char *wrong = rules_parse(cases[i].rules, &rules);

        ck_assert_msg(!wrong, "%s: %s", cases[i].why, wrong);
        if (cases[i].address) {
            e = address_of(cases[i].address);
            s.address = &e;
        }
        CASE_INT_EQ(rules_decide(&rules, &s), cases[i].want, cases[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *rules, *name;
    bool want;
} direct[] = {
    { "no rule", "", "a.example", false },
    { "a direct name", "direct:*.example", "a.example", true },
    { "a direct port of it", "direct:*.example:80", "a.example", false },
    { "a direct network says nothing of a name", "direct:10.0.0.0/8", "a.example", false },
    { "everything is direct", "direct:*", "a.example", true },
    { "refused before", "refuse:a.example direct:*", "a.example", false },
    { "another program's", "direct:b.exe!*", "a.example", false },
    { "this program's", "direct:a.exe!*", "a.example", true },
};

START_TEST(direct_names_are_known)
{
    for (size_t i = 0; i < sizeof direct / sizeof *direct; i++) {
        struct rules rules;

        ck_assert(!rules_parse(direct[i].rules, &rules));
        CASE_INT_EQ(rules_name_is_direct(&rules, "a.exe", direct[i].name), direct[i].want, direct[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *text, *says;
} bad[] = {
    { "no action", "example.com", "begins with" },
    { "an empty action", ":example.com", "begins with" },
    { "an action with odd letters", "a/b:*", "begins with" },
    { "a long action", "abcdefghijklmnopqrstuvwxyz0123456789:*", "begins with" },
    { "no host", "direct:", "host" },
    { "a host with odd letters", "direct:a_b$", "host" },
    { "bare IPv6", "direct:::1", "ports" },
    { "33 bits", "direct:10.0.0.0/33", "host" },
    { "129 bits", "direct:[::]/129", "host" },
    { "no bits", "direct:10.0.0.0/", "host" },
    { "bits of a name", "direct:example.com/8", "host" },
    { "port 0", "direct:*:0", "ports" },
    { "no port", "direct:*:", "ports" },
    { "ports backwards", "direct:*:9-8", "ports" },
    { "half a range", "direct:*:9-", "ports" },
    { "a port too high", "direct:*:9-65536", "ports" },
    { "something after the bracket", "direct:[::1]x", "host" },
    { "an empty program", "direct:!*", "program" },
    { "nine proxies", "a:*+b:*+c:*+d:*+e:*+f:*+g:*+h:*", "seven" },
};

START_TEST(refuses_what_is_no_rule)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rules rules;
        const char *wrong = rules_parse(bad[i].text, &rules);

        ck_assert_msg(wrong != NULL, "%s: taken", bad[i].why);
        ck_assert_msg(strstr(wrong, bad[i].says) != NULL, "%s: %s", bad[i].why, wrong);
    }
}
END_TEST

START_TEST(sixty_four_rules_and_no_more)
{
    char text[1024] = "";
    struct rules rules;

    for (int i = 0; i < RULES_MAX; i++)
        strcat(text, "direct:a ");
    ck_assert(!rules_parse(text, &rules));
    ck_assert_uint_eq(rules.count, RULES_MAX);
    strcat(text, "direct:a");
    ck_assert_str_eq(rules_parse(text, &rules), "there are more than 64 rules");
}
END_TEST

static const struct {
    const char *pattern, *text;
    bool want;
} globs[] = {
    { "", "", true },    { "*", "", true },      { "", "a", false },      { "a", "", false },       { "**", "abc", true },
    { "a*c", "abbc", true }, { "a*c", "abcd", false }, { "*ab*ab", "abab", true }, { "*ab*abc", "abab", false },
    { "*a*b*c*", "xxaxxbxxcxx", true }, { "*a*b*c*", "xxaxxcxxbxx", false },
};

START_TEST(stars_stand_for_anything)
{
    for (size_t i = 0; i < sizeof globs / sizeof *globs; i++)
        CASE_INT_EQ(rules_glob(globs[i].pattern, globs[i].text), globs[i].want, globs[i].pattern);
}
END_TEST

UNIT_MAIN("proxy/rules", the_first_rule_that_fits_decides, direct_names_are_known, refuses_what_is_no_rule,
          sixty_four_rules_and_no_more, stars_stand_for_anything)
