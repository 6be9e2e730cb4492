/* SPDX-License-Identifier: MIT */
#include "providers/proxy/rules.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Only the last "*" is ever tried again: what an earlier one could take, the later one can too. So the cost is at most
 * pattern times text. */
bool rules_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            from = text;
        } else if (lower(*pattern) == lower(*text)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

/* ---- reading ---- */

struct span {
    const char *at;
    size_t chars;
};

static bool is_word(struct span s, const char *word)
{
    return s.chars == strlen(word) && !memcmp(s.at, word, s.chars);
}

/* Cuts what stands before the first `c` off the front; false, and nothing cut, when there is none. */
static bool cut_at(struct span *rest, char c, struct span *front)
{
    const char *found = memchr(rest->at, c, rest->chars);

    if (!found)
        return false;
    *front = (struct span){ rest->at, (size_t)(found - rest->at) };
    rest->chars -= front->chars + 1;
    rest->at = found + 1;
    return true;
}

static const char *parse_action(struct span s, struct rules *rules, int *action)
{
    size_t i;

    if (is_word(s, "direct") || is_word(s, "refuse")) {
        *action = is_word(s, "direct") ? RULE_DIRECT : RULE_REFUSE;
        return NULL;
    }
    if (is_word(s, "proxy"))
        s.chars = 0;
    else if (!s.chars || s.chars >= RULES_NAME_BYTES || !endpoint_name_is_good(s.at, s.chars))
        return "a rule begins with direct:, refuse:, proxy: or the name of another proxy and \":\"";
    for (i = 0; i < rules->proxies; i++)
        if (is_word(s, rules->proxy[i]))
            break;
    if (i == RULES_PROXIES_MAX)
        return "the rules name more than seven other proxies";
    if (i == rules->proxies) {
        memcpy(rules->proxy[i], s.at, s.chars);
        rules->proxies++;
    }
    *action = RULE_PROXY + (int)i;
    return NULL;
}

static bool parse_ports(struct span s, struct rule *r)
{
    struct span low;

    if (!cut_at(&s, '-', &low))
        low = s;
    return endpoint_parse_port(low.at, low.chars, &r->port_low) && endpoint_parse_port(s.at, s.chars, &r->port_high) &&
           r->port_low <= r->port_high;
}

static bool parse_bits(struct span s, unsigned max, unsigned *bits)
{
    uint16_t value = 0;

    if (!is_word(s, "0") && !endpoint_parse_port(s.at, s.chars, &value))
        return false;
    *bits = value;
    return value <= max;
}

static bool parse_pattern(struct span s, struct rule *r)
{
    char plain[ENDPOINT_NAME_BYTES];

    if (!s.chars || s.chars >= sizeof plain)
        return false;
    for (size_t i = 0; i < s.chars; i++)
        plain[i] = s.at[i] == '*' ? 'x' : s.at[i];
    if (!endpoint_name_is_good(plain, s.chars))
        return false;
    r->host.kind = ENDPOINT_NAME;
    memcpy(r->host.name, s.at, s.chars);
    r->any_host = is_word(s, "*");
    return true;
}

static bool parse_host(struct span s, struct rule *r)
{
    struct span address;
    bool masked = cut_at(&s, '/', &address);
    unsigned max;

    if (!masked)
        address = s;
    if (!endpoint_parse_host(address.at, address.chars, &r->host) || r->host.kind == ENDPOINT_NAME) {
        memset(&r->host, 0, sizeof r->host);
        return !masked && parse_pattern(s, r);
    }
    max = r->host.kind == ENDPOINT_IP4 ? 32 : 128;
    r->bits = max;
    return !masked || parse_bits(s, max, &r->bits);
}

/* The colon before the ports, if there is one: after the bracket of an IPv6 address, or else the only one. */
static struct span cut_ports(struct span *host)
{
    size_t i = 0;
    struct span ports = { NULL, 0 };

    if (host->chars && host->at[0] == '[')
        while (i < host->chars && host->at[i] != ']')
            i++;
    while (i < host->chars && host->at[i] != ':')
        i++;
    if (i < host->chars) {
        ports = (struct span){ host->at + i + 1, host->chars - i - 1 };
        host->chars = i;
    }
    return ports;
}

static const char *parse_rule(struct span s, struct rules *rules)
{
    struct rule *r = &rules->rule[rules->count];
    struct span action = { s.at, 0 }, program, ports;
    const char *wrong;

    if (rules->count == RULES_MAX)
        return "there are more than 64 rules";
    cut_at(&s, ':', &action);
    wrong = parse_action(action, rules, &r->action);
    if (wrong)
        return wrong;
    if (cut_at(&s, '!', &program)) {
        if (!program.chars || program.chars >= RULES_PROGRAM_BYTES)
            return "before the \"!\" of a rule stands the file name of a program";
        memcpy(r->program, program.at, program.chars);
    }
    ports = cut_ports(&s);
    r->port_low = 0;
    r->port_high = 65535;
    if (ports.at && !parse_ports(ports, r))
        return "the ports of a rule are not NUMBER or NUMBER-NUMBER, from 1 to 65535";
    if (!parse_host(s, r))
        return "the host of a rule is not a name (with * for anything), an address, or ADDRESS/BITS; IPv6 stands in brackets";
    rules->count++;
    return NULL;
}

const char *rules_parse(const char *text, struct rules *rules)
{
    static const char separators[] = "+ \t\r\n";

    memset(rules, 0, sizeof *rules);
    rules->proxies = 1;
    for (;;) {
        struct span s;
        const char *wrong;

        text += strspn(text, separators);
        if (!*text)
            return NULL;
        s = (struct span){ text, strcspn(text, separators) };
        wrong = parse_rule(s, rules);
        if (wrong)
            return wrong;
        text += s.chars;
    }
}

/* ---- deciding ---- */

static bool fits_ip(const struct endpoint *net, unsigned bits, const struct endpoint *e)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return e->kind == net->kind && !memcmp(e->ip, net->ip, whole) &&
           (!rest || (e->ip[whole] ^ net->ip[whole]) >> (8 - rest) == 0);
}

/* "example.com." is "example.com" with the root said aloud. */
static bool fits_name(const char *pattern, const char *name)
{
    char plain[ENDPOINT_NAME_BYTES];
    size_t chars = strlen(name);

    if (chars >= sizeof plain)
        return false;
    memcpy(plain, name, chars + 1);
    if (chars && plain[chars - 1] == '.')
        plain[chars - 1] = 0;
    if (*pattern != '.')
        return rules_glob(pattern, plain);
    if (rules_glob(pattern + 1, plain))
        return true;
    for (const char *dot = strchr(plain, '.'); dot; dot = strchr(dot + 1, '.'))
        if (rules_glob(pattern, dot))
            return true;
    return false;
}

static bool fits_program(const struct rule *r, const char *program)
{
    return !*r->program || rules_glob(r->program, program);
}

static bool fits_host(const struct rule *r, const char *name, const struct endpoint *address)
{
    if (r->any_host)
        return true;
    if (r->host.kind == ENDPOINT_NAME)
        return name && fits_name(r->host.name, name);
    return address && fits_ip(&r->host, r->bits, address);
}

static bool is_loopback(const struct endpoint *e)
{
    static const struct endpoint net4 = { ENDPOINT_IP4, 0, { 127 }, "" };
    static const struct endpoint one6 = { ENDPOINT_IP6, 0, { [15] = 1 }, "" };

    return fits_ip(&net4, 8, e) || fits_ip(&one6, 128, e);
}

int rules_decide(const struct rules *rules, const struct rule_subject *subject)
{
    for (const struct rule *r = rules->rule; r < rules->rule + rules->count; r++)
        if (fits_program(r, subject->program) && subject->port >= r->port_low && subject->port <= r->port_high &&
            fits_host(r, subject->name, subject->address))
            return r->action;
    return subject->address && is_loopback(subject->address) ? RULE_DIRECT : RULE_PROXY;
}

bool rules_name_is_direct(const struct rules *rules, const char *program, const char *name)
{
    for (const struct rule *r = rules->rule; r < rules->rule + rules->count; r++)
        if (fits_program(r, program) && r->port_low == 0 && fits_host(r, name, NULL))
            return r->action == RULE_DIRECT;
    return false;
}
