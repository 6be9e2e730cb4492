/* SPDX-License-Identifier: MIT */
/* The tls layer's choice of connections. */
#include <string.h>

#include "providers/tls/rules.h"
#include "tests/unit/unit.h"

START_TEST(finds_rules)
{
    static const uint8_t four[4] = { 10, 1, 2, 3 }, six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 4 };
    static const struct {
        const char *why, *to, *name;
        unsigned port;
        bool is_six;
        int want; /* the rule's index, or -1 */
    } cases[] = {
        { "a name and a port", "mail.test:993", "mail.test", 993, false, 0 },
        { "case does not matter", "MAIL.test:993", "mail.TEST", 993, false, 0 },
        { "another port", "mail.test:993", "mail.test", 143, false, -1 },
        { "another name", "mail.test:993", "xmail.test", 993, false, -1 },
        { "a longer name", "mail.test:993", "mail.test2", 993, false, -1 },
        { "no name is known", "mail.test:993", NULL, 993, false, -1 },
        { "any port", "mail.test:*", "mail.test", 1, false, 0 },
        { "any host", "*:443", NULL, 443, false, 0 },
        { "anything", "*:*", "x", 5, true, 0 },
        { "below a name", "*.test:443", "a.b.test", 443, false, 0 },
        { "a name is not below itself", "*.test:443", "test", 443, false, -1 },
        { "a name that ends alike", "*.test:443", "mytest", 443, false, -1 },
        { "an address", "10.1.2.3:80", NULL, 80, false, 0 },
        { "an address whose name is known", "10.1.2.3:80", "mail.test", 80, false, 0 },
        { "another address", "10.1.2.4:80", NULL, 80, false, -1 },
        { "IPv6", "[2001:db8::4]:80", NULL, 80, true, 0 },
        { "IPv6 is not IPv4", "[2001:db8::4]:80", NULL, 80, false, -1 },
        { "the second rule", "a.test:1|10.1.2.3:2", NULL, 2, false, 1 },
        { "the first that fits", "x.test:2|*:2|10.1.2.3:2", "mail.test", 2, false, 1 },
        { "the highest port", "*:65535", NULL, 65535, false, 0 },
        { "a bar at the end", "*:1|", NULL, 1, false, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rules rules;
        const struct rule *found;

        ck_assert_msg(!rules_parse(cases[i].to, &rules), "%s: refused", cases[i].why);
        found = rules_find(&rules, cases[i].name, cases[i].is_six ? six : four, cases[i].is_six ? 16 : 4,
                           (uint16_t)cases[i].port);
        CASE_INT_EQ(found ? found - rules.rule : -1, cases[i].want, cases[i].why);
    }
}
END_TEST

START_TEST(refuses_nonsense)
{
    static const char *const texts[] = {
        "", "|", "mail.test", "mail.test:", "mail.test:0", "mail.test:65536", "mail.test:999999", "mail.test:12x",
        ":80", "[::1:80", "[]:80", "[x]:80", "::1:80", "a*b:80", "*.:80", "*.*.test:80", "a:1||b:2",
    };
    struct rules rules;
    char text[600];

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(rules_parse(texts[i], &rules) != NULL, "\"%s\" is taken", texts[i]);
    memset(text, 'a', sizeof text); /* a name that is too long */
    strcpy(text + 300, ":80");
    ck_assert_ptr_nonnull(rules_parse(text, &rules));
    *text = 0;
    for (int i = 0; i < RULES_MAX; i++)
        strcat(text, "*:1|");
    ck_assert_ptr_null(rules_parse(text, &rules));
    strcat(text, "*:1");
    ck_assert_ptr_nonnull(rules_parse(text, &rules));
}
END_TEST

UNIT_MAIN("tls_rules", finds_rules, refuses_nonsense)
