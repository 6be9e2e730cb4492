/* SPDX-License-Identifier: MIT */
#ifndef WS2_PROXY_RULES_H
#define WS2_PROXY_RULES_H
/*
 * Which connection goes where. Pure. The text of the option `rules`:
 *
 *     rules   = rule *( ( "+" / SP ) rule )           tried in order; the first that fits decides
 *     rule    = action ":" [ program "!" ] host [ ":" ports ]
 *     action  = "direct" / "refuse" / "proxy" / NAME  NAME: the proxy of the option "url.NAME"
 *     program = file name of the program, with "*" for anything
 *     host    = a name with "*" for anything / ".example.com", that name and all below it / an address,
 *               IPv6 in brackets / either kind of address "/" bits / "*"
 *     ports   = number / number "-" number
 *
 * A host name fits if it is known for the connection; an address, if there is one. After the last rule there are three
 * more, so that loopback is direct unless a rule says otherwise: direct:127.0.0.0/8 direct:[::1] proxy:*
 */
#include "providers/proxy/endpoint.h"

enum {
    RULES_MAX = 64,
    RULES_PROXIES_MAX = 8,
    RULES_NAME_BYTES = 32,
    RULES_PROGRAM_BYTES = 128,
};

/* From RULE_PROXY on: the proxy's number. RULE_PROXY is that of the option `url`. */
enum rule_action { RULE_DIRECT, RULE_REFUSE, RULE_PROXY };

struct rule {
    int action;
    char program[RULES_PROGRAM_BYTES]; /* "": any */
    bool any_host;
    struct endpoint host;              /* ENDPOINT_NAME: a pattern */
    unsigned bits;
    uint16_t port_low, port_high;
};

struct rules {
    struct rule rule[RULES_MAX];
    size_t count;
    /* The proxies that the rules name; [0] is "", that of RULE_PROXY. */
    char proxy[RULES_PROXIES_MAX][RULES_NAME_BYTES];
    size_t proxies;
};

/* What is known of a connection. */
struct rule_subject {
    const char *program;               /* file name */
    const char *name;                  /* or NULL */
    const struct endpoint *address;    /* or NULL; its name is not looked at */
    uint16_t port;
};

/* NULL, or a sentence that says what is wrong; *rules is then undefined. */
const char *rules_parse(const char *text, struct rules *rules);

/* RULE_DIRECT, RULE_REFUSE, or RULE_PROXY + the index in rules->proxy. */
int rules_decide(const struct rules *rules, const struct rule_subject *subject);

/*
 * Whether a host of this name is reached directly whatever its address and the port, so that its name is to be resolved on
 * this machine.
 */
bool rules_name_is_direct(const struct rules *rules, const char *program, const char *name);

/* "*" stands for any characters, none too; ASCII letters compare without case. */
bool rules_glob(const char *pattern, const char *text);

#endif
