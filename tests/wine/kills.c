/* SPDX-License-Identifier: MIT */
/*
 * Writers that are killed at random points, while readers read: every read sees a sound catalog, no lock stays taken,
 * and what is left verifies. WS2KIT_KILLS says how many kills; tools/kill-test asks for a thousand.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/name.h"
#include "catalog/namespace_store.h"
#include "catalog/store.h"
#include "catalog/verify.h"

enum { READERS = 4, WRITERS = 2, KILLS = 40, PAUSE_MS = 30, TEST_SPACE = 9000 };

static const char end_name[] = "ws2kit-test-kills-end", mark[] = "kill test";
static uint32_t state;

static uint32_t roll(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

/* Two base entries that nobody uses, or a layer over TCP; in one catalog or in both. */
static int come(struct catalog *cat, void *arg)
{
    const struct catalog_guid *guid = arg;
    struct catalog_info info[2];

    memset(info, 0, sizeof info);
    for (int i = 0; i < 2; i++) {
        info[i].chain_len = CATALOG_BASE;
        info[i].family = 99;
        info[i].type = 1;
        info[i].protocol = 9 + i;
        name_append_ascii(info[i].name, mark);
    }
    return catalog_install(cat, guid, "c:\\x.dll", info, 2);
}

static int go(struct catalog *cat, void *arg)
{
    return catalog_deinstall(cat, arg);
}

/* Two providers of names, likewise. */
static int names_come(struct namespaces *ns, void *arg)
{
    struct namespace_entry e;
    int err = 0;

    memset(&e, 0, sizeof e);
    e.provider = *(const struct catalog_guid *)arg;
    e.path[0] = 'x';
    for (uint32_t i = 0; !err && i < 2; i++) {
        e.provider.byte[15] = (uint8_t)i;
        e.name_space = TEST_SPACE + i;
        err = namespaces_install(ns, &e);
    }
    return err;
}

static int names_go(struct namespaces *ns, void *arg)
{
    struct catalog_guid provider = *(const struct catalog_guid *)arg;
    int err = 0;

    for (uint8_t i = 0; !err && i < 2; i++) {
        provider.byte[15] = i;
        err = namespaces_uninstall(ns, &provider);
    }
    return err;
}

static int edit_names(struct catalog_guid *guid)
{
    int (*change)(struct namespaces *, void *) = roll(2) ? names_come : names_go;
    int err = roll(2) ? namespace_store_edit_both("kill test", change, guid)
                      : namespace_store_edit(STORE_NATIVE, "kill test", change, guid);

    return err == WSAEINVAL || err == WSATRY_AGAIN ? 0 : err; /* it is there, or is not, or others are at it */
}

static int writer(uint32_t number)
{
    struct catalog_guid guid = {{0x77, 0x73, 0x32, (uint8_t)number, 1}};

    for (;;) {
        if (!roll(3)) {
            if (edit_names(&guid))
                return 3;
            continue;
        }
        bool both = roll(2);
        int err = both ? store_edit_both("kill test", come, &guid) : store_edit(STORE_NATIVE, "kill test", come, &guid);

        guid.byte[5] = (uint8_t)roll(4);
        if (err && err != WSANO_RECOVERY && err != WSATRY_AGAIN) /* it is there already; others are at it */
            return 1;
        err = roll(2) ? store_edit_both("kill test", go, &guid) : store_edit(STORE_NATIVE, "kill test", go, &guid);
        if (err && err != WSAEINVAL && err != WSATRY_AGAIN)
            return 2;
        guid.byte[5] = (uint8_t)roll(4);
    }
}

/* The six built-in entries, and those of the writers in pairs. */
static int is_sound(const struct catalog *cat)
{
    struct fault_list list = {0};
    uint32_t built_in = 0, count;

    catalog_verify(cat, RECORDS_64, &list);
    count = list.count;
    fault_list_deinit(&list);
    for (uint32_t i = 0; i < cat->count; i++)
        built_in += cat->entry[i].info.family != 99;
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.family == 99 && cat->entry[i].info.protocol == 9 &&
            (i + 1 == cat->count || cat->entry[i + 1].info.protocol != 10 ||
             memcmp(&cat->entry[i].info.provider, &cat->entry[i + 1].info.provider, sizeof(struct catalog_guid))))
            return 0;
    return !count && built_in == 6;
}

static int names_are_sound(const struct namespaces *ns)
{
    uint32_t built_in = 0;

    for (uint32_t i = 0; i < ns->count; i++) {
        const struct namespace_entry *e = &ns->entry[i];

        if (e->name_space < TEST_SPACE)
            built_in++;
        else if (e->name_space == TEST_SPACE &&
                 (i + 1 == ns->count || e[1].name_space != TEST_SPACE + 1 || memcmp(&e->provider, &e[1].provider, 15)))
            return 0;
    }
    return built_in == 2;
}

static int read_names(enum store_width width)
{
    struct namespaces ns;
    int err = namespace_store_read(width, &ns), sound = !err && names_are_sound(&ns);

    namespaces_deinit(&ns);
    return err ? 6 : sound ? 0 : 7;
}

static int reader(void)
{
    HANDLE end = OpenEventA(SYNCHRONIZE, FALSE, end_name);
    int reads = 0;

    while (end && WaitForSingleObject(end, 1) == WAIT_TIMEOUT) {
        struct catalog cat;
        int err = (roll(2) ? store_read : store_read_records)(roll(2) ? STORE_NATIVE : STORE_32, &cat);
        int sound = !err && is_sound(&cat);

        catalog_deinit(&cat);
        if (err)
            return 3;
        if (!sound)
            return 4;
        err = read_names(roll(2) ? STORE_NATIVE : STORE_32);
        if (err)
            return err;
        reads++;
    }
    return reads > 3 ? 0 : 5;
}

static int child(int argc, char **argv)
{
    uint32_t number = argc > 0 ? (uint32_t)atoi(argv[argc - 1]) : 0;

    state = number * 7919 + GetCurrentProcessId();
    return argc > 1 && strstr(argv[argc - 2], "write") ? writer(number) : reader();
}

static HANDLE start(const char *role, int number)
{
    char args[64];

    snprintf(args, sizeof args, "%s %d", role, number);
    return child_start(args, 0);
}

static int clear(struct catalog *cat, void *unused)
{
    uint32_t kept = 0;

    (void)unused;
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.family != 99)
            cat->entry[kept++] = cat->entry[i];
    cat->count = kept;
    return 0;
}

static int clear_names(struct namespaces *ns, void *unused)
{
    (void)unused;
    for (uint32_t i = ns->count; i-- > 0;)
        if (ns->entry[i].name_space >= TEST_SPACE) {
            struct catalog_guid provider = ns->entry[i].provider;

            (void)namespaces_uninstall(ns, &provider);
        }
    return 0;
}

static void random_kills(void)
{
    const char *asked = getenv("WS2KIT_KILLS");
    int kills = asked ? atoi(asked) : KILLS;
    HANDLE end = CreateEventA(NULL, TRUE, FALSE, end_name), readers[READERS], writers[WRITERS];
    struct fault_list list = {0};
    unsigned left = 0;

    state = (uint32_t)GetTickCount();
    note("%d kills, seed %lu", kills, (unsigned long)state);
    for (int i = 0; i < READERS; i++)
        readers[i] = start("read", i);
    for (int i = 0; i < WRITERS; i++)
        writers[i] = start("write", i);
    for (int i = 0; i < kills; i++) {
        int victim = roll(WRITERS);
        struct catalog cat;

        Sleep(150 + roll(PAUSE_MS)); /* any instant of its work, after the time a process takes to start; nothing is awaited */
        CHECK_INT(WaitForSingleObject(writers[victim], 0), WAIT_TIMEOUT);
        TerminateProcess(writers[victim], 0);
        child_wait(writers[victim]);
        NEED(!store_read(STORE_NATIVE, &cat));
        CHECK(is_sound(&cat));
        catalog_deinit(&cat);
        CHECK_INT(read_names(STORE_NATIVE), 0);
        writers[victim] = start("write", victim);
    }
    for (int i = 0; i < WRITERS; i++) {
        TerminateProcess(writers[i], 0);
        child_wait(writers[i]);
    }
    SetEvent(end);
    for (int i = 0; i < READERS; i++)
        CHECK_INT(child_wait(readers[i]), 0);
    CHECK_INT(store_edit_both("kill test", clear, NULL), 0); /* the lock is free */
    CHECK_INT(namespace_store_edit_both("kill test", clear_names, NULL), 0);
    CHECK_INT(store_verify(&list), 0);
    CHECK_INT(namespace_store_verify(&list), 0);
    for (uint32_t i = 0; i < list.count; i++)
        left += !fault_is_note(list.fault[i].kind);
    CHECK_INT(left, 0);
    fault_list_deinit(&list);
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

const struct test_case test_cases[] = {
    { "random", random_kills, .unstarted = 1 },
    { 0 },
};
