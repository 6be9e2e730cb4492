/* SPDX-License-Identifier: MIT */
/* Which source's answer or error a lookup has, whatever the catalog's order. */
#include "ws2_32/names/source.h"

#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "tests/unit/unit.h"

/*
 * The catalog of a case, one letter for each provider: L and D are ours, the others are somebody's and say what the case
 * has them say.
 */
static struct {
    const char *order;
    int says[128]; /* by letter: 0 an answer, or an error */
} world;

static char asked[16];

static int answer_as(char letter, struct answer *out)
{
    struct name_addr addr = {ADDR_INET, {10, 0, 0, (uint8_t)letter}, 0};
    int err = world.says[(int)letter];

    asked[strlen(asked)] = letter;
    return err ? err : answer_add_addr(out, &addr);
}

int sources_of(const struct lookup *q, const struct source **list, size_t *count, void **owned)
{
    struct source *made = calloc(strlen(world.order) + 1, sizeof *made);

    (void)q;
    for (size_t i = 0; world.order[i]; i++) {
        made[i].kind = world.order[i] == 'L' ? SOURCE_LOCAL : world.order[i] == 'D' ? SOURCE_DNS : SOURCE_PROVIDER;
        made[i].provider[0] = (uint8_t)world.order[i];
    }
    *list = *owned = made;
    *count = strlen(world.order);
    return *count ? 0 : WSASERVICE_NOT_FOUND;
}

int source_local(const struct lookup *q, struct answer *out)
{
    (void)q;
    return answer_as('L', out);
}

int source_dns(const struct lookup *q, struct answer *out)
{
    (void)q;
    return answer_as('D', out);
}

int source_provider(const uint8_t provider[16], const struct lookup *q, struct answer *out)
{
    (void)q;
    return answer_as((char)provider[0], out);
}

static void set_up(const char *order, int local, int dns, int x, int y)
{
    world.order = order;
    world.says['L'] = local;
    world.says['D'] = dns;
    world.says['x'] = x;
    world.says['y'] = y;
    memset(asked, 0, sizeof asked);
}

START_TEST(first_answer_wins_and_the_first_real_error_counts)
{
    enum { NOT = WSAHOST_NOT_FOUND, NODATA = WSANO_DATA, AGAIN = WSATRY_AGAIN, FAIL = WSANO_RECOVERY, BROKEN = WSAEPROVIDERFAILEDINIT,
           HOLES = WSAEINVALIDPROCTABLE, MEMORY = WSA_NOT_ENOUGH_MEMORY };
    static const struct {
        const char *why, *order;
        int local, dns, x, y;
        const char *asked;
        int err; /* 0: the last that was asked has the answer */
    } rows[] = {
        {"as it comes: files know it", "LD", 0, NOT, 0, 0, "L", 0},
        {"as it comes: DNS knows it", "LD", NOT, 0, 0, 0, "LD", 0},
        {"as it comes: nobody", "LD", NOT, NOT, 0, 0, "LD", NOT},
        {"DNS first", "DL", 0, 0, 0, 0, "D", 0},
        {"DNS disabled", "L", NOT, 0, 0, 0, "L", NOT},
        {"everything disabled", "", 0, 0, 0, 0, "", NOT},
        {"a third in front", "xLD", NOT, NOT, 0, 0, "x", 0},
        {"a third behind", "LDx", NOT, NOT, 0, 0, "LDx", 0},
        {"a third behind a DNS that times out", "LDx", NOT, AGAIN, 0, 0, "LDx", 0},
        {"a third behind a name without data", "LDx", NOT, NODATA, 0, 0, "LDx", 0},
        {"a third that fails in front", "xLD", NOT, 0, FAIL, 0, "xLD", 0},
        {"a third that has no DLL", "xLD", NOT, NOT, BROKEN, 0, "xLD", NOT},
        {"the same, and DNS times out", "xLD", NOT, AGAIN, BROKEN, 0, "xLD", AGAIN},
        {"a timeout says more than not found", "LDx", NOT, AGAIN, NOT, 0, "LDx", AGAIN},
        {"the first of two errors", "xy", 0, 0, FAIL, AGAIN, "xy", FAIL},
        {"only broken ones: the last", "xy", 0, 0, BROKEN, HOLES, "xy", HOLES},
        {"want of memory ends it", "LDx", MEMORY, 0, 0, 0, "L", MEMORY},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lookup q = {.name = "name.example"};
        struct answer a = {0};

        set_up(rows[i].order, rows[i].local, rows[i].dns, rows[i].x, rows[i].y);
        CASE_INT_EQ(source_lookup(&q, &a), rows[i].err, rows[i].why);
        ck_assert_msg(!strcmp(asked, rows[i].asked), "%s: asked %s", rows[i].why, asked);
        CASE_INT_EQ(a.addr_count, !rows[i].err, rows[i].why);
        if (a.addr_count)
            CASE_INT_EQ(a.addr[0].ip[3], asked[strlen(asked) - 1], rows[i].why);
        answer_free(&a);
    }
}
END_TEST

START_TEST(a_name_space_without_providers_is_told)
{
    struct lookup q = {.name = "name.example", .name_space = 13};
    struct answer a = {0};

    set_up("", 0, 0, 0, 0);
    ck_assert_int_eq(source_lookup(&q, &a), WSASERVICE_NOT_FOUND);
}
END_TEST

START_TEST(localhost_asks_nobody_unless_one_is_named)
{
    uint8_t guid[16] = {0};
    struct lookup q = {.name = "LocalHost"};
    struct answer a = {0};

    set_up("x", 0, 0, WSAHOST_NOT_FOUND, 0);
    ck_assert_int_eq(source_lookup(&q, &a), 0);
    ck_assert_str_eq(asked, "");
    ck_assert_uint_eq(a.addr_count, 2);
    answer_free(&a);
    q.provider = guid;
    ck_assert_int_eq(source_lookup(&q, &a), WSAHOST_NOT_FOUND);
    ck_assert_str_eq(asked, "x");
}
END_TEST

UNIT_MAIN("names/source", first_answer_wins_and_the_first_real_error_counts, a_name_space_without_providers_is_told,
          localhost_asks_nobody_unless_one_is_named)
