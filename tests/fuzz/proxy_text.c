/* SPDX-License-Identifier: MIT */
/* Any text as a proxy's URL and as rules: it is refused with a sentence, or what comes out is well-formed and can be used. */
#include <stdlib.h>
#include <string.h>

#include "providers/proxy/rules.h"
#include "providers/proxy/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(int ok)
{
    if (!ok)
        abort();
}

static void check_url(const char *text)
{
    struct url url, again;
    char shown[URL_TEXT_BYTES];

    if (url_parse(text, &url))
        return;
    check(url.at.port != 0 && url.has_user == (url.user[0] != 0));
    check(url.at.kind != ENDPOINT_NAME || endpoint_name_is_good(url.at.name, strlen(url.at.name)));
    url_format(&url, shown);
    check(!url_parse(shown, &again));
    check(again.kind == url.kind && again.at.kind == url.at.kind && again.at.port == url.at.port);
    check(!memcmp(again.at.ip, url.at.ip, 16) && !strcmp(again.at.name, url.at.name));
}

static void check_rules(const char *text)
{
    static struct rules rules;
    static const struct endpoint ip4 = { ENDPOINT_IP4, 0, { 10, 1, 2, 3 }, "" };
    static const struct endpoint ip6 = { ENDPOINT_IP6, 0, { 0xfd, [15] = 1 }, "" };
    static const char *const names[] = { NULL, "a.example", "www.example.com.", "" };
    static const struct endpoint *const addresses[] = { NULL, &ip4, &ip6 };

    if (rules_parse(text, &rules))
        return;
    check(rules.count <= RULES_MAX && rules.proxies >= 1 && rules.proxies <= RULES_PROXIES_MAX);
    for (int i = 0; i < 12; i++) {
        struct rule_subject s = { "app.exe", names[i % 4], addresses[i / 4], 443 };
        int action = rules_decide(&rules, &s);

        check(action >= RULE_DIRECT && action < RULE_PROXY + (int)rules.proxies);
        if (s.name && rules_name_is_direct(&rules, s.program, s.name) && !s.address)
            check(action == RULE_DIRECT || rules.count > 1); /* a rule for a port may come first */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1);

    check(text != NULL);
    if (bytes)
        memcpy(text, data, bytes);
    text[bytes] = 0;
    check_url(text);
    check_rules(text);
    free(text);
    return 0;
}
