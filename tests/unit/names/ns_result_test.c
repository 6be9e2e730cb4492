/* SPDX-License-Identifier: MIT */
/* What a provider packed comes out again; what points elsewhere is refused. */
#include "ws2_32/names/ns_result.h"

#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "namespace/kit/ws2kit_namespace.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static uint8_t four[16] = {2, 0, 0, 80, 10, 0, 0, 1}, six[28] = {23, 0, 0, 80, 0, 0, 0, 0, 0xfe, 0x80, [23] = 7, [24] = 4},
               other[16] = {6};
static CSADDR_INFO addrs[] = {
    {{NULL, 0}, {(struct sockaddr *)four, sizeof four}, 1, 6},
    {{NULL, 0}, {(struct sockaddr *)four, sizeof four}, 2, 17},
    {{NULL, 0}, {(struct sockaddr *)six, sizeof six}, 1, 6},
    {{NULL, 0}, {(struct sockaddr *)other, sizeof other}, 1, 6},
    {{NULL, 0}, {NULL, 16}, 1, 6},
};
static WCHAR name[] = u"b\u00FCcher\u20AC\U0001F600.example";

static char buf[8192] __attribute__((aligned(16)));

static DWORD pack(const WSAQUERYSETW *q)
{
    DWORD bytes = sizeof buf;

    ck_assert_int_eq(nsk_pack(q, buf, &bytes), 0);
    bytes = 0;
    ck_assert_int_eq(nsk_pack(q, NULL, &bytes), WSAEFAULT);
    return bytes;
}

static BLOB host_blob(int family, size_t count, void *to, size_t room)
{
    static uint8_t ip[300][16];
    static const void *list[301];
    static const char *alias[] = {"www", "ftp", NULL};
    struct nsk_host host = {"host.example", alias, family, family == ADDR_INET ? 4 : 16, list};

    for (size_t i = 0; i < count; i++) {
        ip[i][0] = 10;
        ip[i][2] = (uint8_t)(i >> 8);
        ip[i][3] = (uint8_t)i;
        list[i] = ip[i];
    }
    list[count] = NULL;
    ck_assert_uint_le(nsk_host_blob(&host, to, room), room);
    return (BLOB){(DWORD)nsk_host_blob(&host, NULL, 0), to};
}

START_TEST(name_and_addresses)
{
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpszServiceInstanceName = name, .dwNumberOfCsAddrs = 5, .lpcsaBuffer = addrs};
    struct answer a = {0};

    ck_assert_int_eq(ns_result_read(buf, pack(&q), &a), 0);
    ck_assert_str_eq(a.canon, "b\u00FCcher\u20AC\U0001F600.example");
    ck_assert_uint_eq(a.addr_count, 2);
    ck_assert_mem_eq(a.addr[0].ip, four + 4, 4);
    ck_assert_mem_eq(a.addr[1].ip, six + 8, 16);
    ck_assert_uint_eq(a.addr[1].scope, 4);
    answer_free(&a);
}
END_TEST

START_TEST(half_a_surrogate_is_no_letter)
{
    WCHAR odd[] = {'a', 0xD800, 'b', 0xDC00, 0xD800, 0};
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpszServiceInstanceName = odd};
    struct answer a = {0};

    ck_assert_int_eq(ns_result_read(buf, pack(&q), &a), 0);
    ck_assert_str_eq(a.canon, "a\uFFFDb\uFFFD\uFFFD");
    answer_free(&a);
}
END_TEST

START_TEST(hostents)
{
    static const size_t counts[] = {0, 1, 3, 100, 300};
    static char blob_bytes[16384];

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (int family = ADDR_INET; family <= ADDR_INET6; family += ADDR_INET6 - ADDR_INET) {
            BLOB blob = host_blob(family, counts[i], blob_bytes, sizeof blob_bytes);
            WSAQUERYSETW q = {.dwSize = sizeof q, .lpBlob = &blob};
            char *big = malloc(32768);
            DWORD bytes = 32768;
            struct answer a = {0};

            ck_assert_int_eq(nsk_pack(&q, big, &bytes), 0);
            ck_assert_int_eq(ns_result_read(big, 32768, &a), 0);
            ck_assert_str_eq(a.canon, "host.example");
            ck_assert_uint_eq(a.alias_count, 2);
            ck_assert_uint_eq(a.addr_count, counts[i]);
            for (size_t k = 0; k < counts[i]; k++)
                ck_assert_uint_eq(a.addr[k].ip[3], (uint8_t)k);
            answer_free(&a);
            free(big);
        }
    }
}
END_TEST

/* Each pointer and offset in turn leads out of the buffer, as does every shorter length. */
START_TEST(nothing_outside_is_read)
{
    static char blob_bytes[4096];
    BLOB blob = host_blob(ADDR_INET, 3, blob_bytes, sizeof blob_bytes);
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpszServiceInstanceName = name, .dwNumberOfCsAddrs = 3, .lpcsaBuffer = addrs, .lpBlob = &blob};
    DWORD whole = pack(&q);
    size_t refused = 0;

    for (size_t at = 0; at + sizeof(uintptr_t) <= whole; at += sizeof(uintptr_t)) {
        static const uintptr_t bad[] = {1, (uintptr_t)-1, (uintptr_t)-9, 0x7FFFFFFFFFFFFFF0u};

        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            struct answer a = {0};
            char *exact = malloc(whole);

            memcpy(exact, buf, whole);
            /* The pointers go along with the copy. */
            for (size_t p = 0; p + sizeof(uintptr_t) <= whole; p += sizeof(uintptr_t)) {
                uintptr_t v;

                memcpy(&v, exact + p, sizeof v);
                if (v >= (uintptr_t)buf && v < (uintptr_t)buf + whole) {
                    v = v - (uintptr_t)buf + (uintptr_t)exact;
                    memcpy(exact + p, &v, sizeof v);
                }
            }
            memcpy(exact + at, &bad[i], sizeof bad[i]);
            if (ns_result_read(exact, whole, &a))
                refused++;
            answer_free(&a);
            free(exact);
        }
    }
    ck_assert_uint_gt(refused, 20);
    for (DWORD n = 0; n < whole; n++) {
        struct answer a = {0};

        ck_assert_int_eq(ns_result_read(buf, n, &a), WSANO_RECOVERY);
        answer_free(&a);
    }
}
END_TEST

START_TEST(survives_running_out_of_memory)
{
    static char blob_bytes[4096];
    BLOB blob = host_blob(ADDR_INET, 3, blob_bytes, sizeof blob_bytes);
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpszServiceInstanceName = name, .dwNumberOfCsAddrs = 3, .lpcsaBuffer = addrs, .lpBlob = &blob};
    DWORD whole = pack(&q);

    for (unsigned n = 1;; n++) {
        struct answer a = {0};
        int err;

        fault_at(n);
        err = ns_result_read(buf, whole, &a);
        if (!fault_end()) {
            ck_assert_int_eq(err, 0);
            answer_free(&a);
            break;
        }
        ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
        answer_free(&a);
    }
}
END_TEST

UNIT_MAIN("names/ns_result", name_and_addresses, half_a_surrogate_is_no_letter, hostents, nothing_outside_is_read,
          survives_running_out_of_memory)
