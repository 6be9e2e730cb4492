/* SPDX-License-Identifier: MIT */
#ifndef WS2_PROXY_PROXY_H
#define WS2_PROXY_PROXY_H
/* What the Windows files of the proxy layer share. */
#include <winsock2.h>
#include <ws2ipdef.h>

#include "providers/kit/ws2kit_stream.h"
#include "providers/proxy/fakes.h"
#include "providers/proxy/rules.h"
#include "providers/proxy/url.h"

enum { PROGRAM_BYTES = 3 * MAX_PATH };

/* The options, read once; constant from config_hold() to config_drop(). */
struct config {
    bool broken;            /* something in them cannot be obeyed: nothing goes out, and a line on standard error said why */
    struct url proxy[RULES_PROXIES_MAX]; /* by the numbers of the rules */
    struct rules rules;
    bool names_at_proxy;
    bool refuse_udp;
    bool verbose;
    uint64_t timeout_us;    /* for what is said to a proxy */
    char program[PROGRAM_BYTES];
    struct fakes *fakes;    /* names_at_proxy: not NULL */
};
extern struct config config;

/* Counted, by the layer and by the name-space provider. 0 or WSA_NOT_ENOUGH_MEMORY. */
int config_hold(void);
void config_drop(void);

/* One line on the standard error that the process had at the start, or nothing if it had none. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "direct", "refuse" or the proxy, by the rules. `address`: NULL for a name without one. */
int decide(const char *name, const struct endpoint *address, uint16_t port);

/*
 * The address of a proxy. One that is given by name is looked up at the first call, which waits; several at the same time
 * wait for the one. 0 or the error of connect(); a failure is tried again by the next call.
 */
int proxy_address(int number, SOCKADDR_STORAGE *address, int *bytes);

enum destination { DEST_OTHER, DEST_ADDRESS, DEST_NAME, DEST_NOBODY };

/*
 * Reads the address that a program has given. DEST_ADDRESS: `e` is an address, with its name in `name` if the program looked one
 * up, else "". DEST_NAME: a fake one; `e` is the name. DEST_NOBODY: a fake one that stands for no name here. DEST_OTHER: none
 * that could be reached by way of a proxy.
 */
enum destination destination_of(const struct sockaddr *address, int bytes, struct endpoint *e, char name[ENDPOINT_NAME_BYTES]);

#endif
