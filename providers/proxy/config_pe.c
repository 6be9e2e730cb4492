/* SPDX-License-Identifier: MIT */
/*
 * The options (ws2kit_layer.h says where they come from):
 *     url=URL              the proxy: socks5://, socks5h:// or http://, [user:password@]host[:port]
 *     url.NAME=URL         another one, for rules
 *     rules=RULES          what goes where: rules.h
 *     names=local|proxy    where names are resolved; proxy is also what socks5h:// says
 *     udp=direct|refuse    what happens to datagrams for hosts that are reached through a proxy
 *     timeout=SECONDS      for a proxy to answer; 60
 *     verbose              one line on standard error for each connection
 *
 * Options that cannot be obeyed do not open the way past the proxy: then nothing goes out.
 */
#include "providers/proxy/proxy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"

/* The environment, where options of a run are, holds no more; in UTF-8 a character of it is three bytes at most. */
enum { OPTION_BYTES = 3 * 32768, MAX_TIMEOUT_S = 3600 };

struct config config;

static struct lock lock;
static unsigned holders;  /* guarded by lock */
static HANDLE terminal;

/* Our own handle, since the program may close its one, and the value then be that of some other file. */
static HANDLE own_stderr(void)
{
    HANDLE self = GetCurrentProcess(), copy = NULL;

    if (!DuplicateHandle(self, GetStdHandle(STD_ERROR_HANDLE), self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return NULL;
    return copy;
}

void say(const char *format, ...)
{
    char line[1024] = "proxy: ";
    size_t n = strlen(line);
    DWORD written;
    va_list args;

    if (!terminal)
        return;
    va_start(args, format);
    vsnprintf(line + n, sizeof line - n - 1, format, args);
    va_end(args);
    strcat(line, "\n");
    WriteFile(terminal, line, (DWORD)strlen(line), &written, NULL);
}

static void complain(const char *option, const char *what)
{
    say("option %s: %s; nothing goes out", option, what);
    config.broken = true;
}

static void read_url(int number, char *text)
{
    char key[RULES_NAME_BYTES + 4] = "url";
    const char *wrong;

    if (number) {
        strcat(key, ".");
        strcat(key, config.rules.proxy[number]);
    }
    if (!ws2kit_option(key, text, OPTION_BYTES)) {
        complain(key, number ? "a rule names this proxy, and it is not set" : "it is not set, as in url=socks5://127.0.0.1:1080");
        return;
    }
    wrong = url_parse(text, &config.proxy[number]);
    if (wrong)
        complain(key, wrong);
}

static void read_rules(char *text)
{
    const char *wrong;

    if (!ws2kit_option("rules", text, OPTION_BYTES))
        *text = 0;
    wrong = rules_parse(text, &config.rules);
    if (wrong)
        complain("rules", wrong);
}

/* One of two words; the first when it is not set. */
static bool read_choice(const char *key, const char *no, const char *yes, bool usual, char *text)
{
    char what[80];

    if (!ws2kit_option(key, text, OPTION_BYTES))
        return usual;
    if (!strcmp(text, no) || !strcmp(text, yes))
        return !strcmp(text, yes);
    snprintf(what, sizeof what, "it is neither %s nor %s", no, yes);
    complain(key, what);
    return false;
}

static void read_timeout(char *text)
{
    unsigned long seconds = 60;
    char *end = text;

    if (ws2kit_option("timeout", text, OPTION_BYTES)) {
        seconds = strtoul(text, &end, 10);
        if (end == text || *end || !seconds || seconds > MAX_TIMEOUT_S)
            complain("timeout", "it is not a number of seconds from 1 to 3600");
    }
    config.timeout_us = seconds * 1000000ull;
}

/* "C:\dir\program.exe" -> "program.exe" */
static void read_program(void)
{
    WCHAR path[MAX_PATH] = { 0 }, *name = path;

    GetModuleFileNameW(NULL, path, MAX_PATH - 1);
    for (WCHAR *c = path; *c; c++)
        if (*c == '\\' || *c == '/')
            name = c + 1;
    if (!WideCharToMultiByte(CP_UTF8, 0, name, -1, config.program, PROGRAM_BYTES, NULL, NULL))
        config.program[0] = 0;
}

static int read_options(void)
{
    char *text = malloc(OPTION_BYTES);

    if (!text)
        return WSA_NOT_ENOUGH_MEMORY;
    read_program();
    read_rules(text);
    read_url(0, text);
    for (size_t i = 1; i < config.rules.proxies && !config.broken; i++)
        read_url((int)i, text);
    config.names_at_proxy = read_choice("names", "local", "proxy", config.proxy[0].names, text);
    config.refuse_udp = read_choice("udp", "direct", "refuse", false, text);
    config.verbose = ws2kit_option("verbose", text, OPTION_BYTES) && strcmp(text, "0");
    read_timeout(text);
    SecureZeroMemory(text, OPTION_BYTES);
    free(text);
    if (config.names_at_proxy)
        config.fakes = fakes_new();
    return config.names_at_proxy && !config.fakes ? WSA_NOT_ENOUGH_MEMORY : 0;
}

static void forget(void)
{
    fakes_free(config.fakes);
    SecureZeroMemory(&config, sizeof config);
    if (terminal)
        CloseHandle(terminal);
    terminal = NULL;
}

int config_hold(void)
{
    int err = 0;

    lock_take(&lock);
    if (!holders) {
        terminal = own_stderr();
        err = read_options();
        if (err)
            forget();
    }
    if (!err)
        holders++;
    lock_drop(&lock);
    return err;
}

void config_drop(void)
{
    lock_take(&lock);
    if (!--holders)
        forget();
    lock_drop(&lock);
}

int decide(const char *name, const struct endpoint *address, uint16_t port)
{
    const struct rule_subject subject = { config.program, name, address, port };

    return config.broken ? RULE_REFUSE : rules_decide(&config.rules, &subject);
}
