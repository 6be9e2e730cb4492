/* SPDX-License-Identifier: MIT */
/* The kit for name-space providers: everything that it packs stays inside the buffer, which is exactly filled. */
#include "namespace/kit/ws2kit_namespace.h"

#include <string.h>

#include "base/wsaerr.h"
#include "namespace/kit/pack.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static GUID some_class = {0x12345678, 1, 2, {3}}, some_provider = {9, 9, 9, {9}};
static WSAVERSION version = {7, COMP_NOTLESS};
static AFPROTOCOLS protocols[] = {{2, 6}, {23, 17}};
static uint8_t blob_bytes[] = {1, 2, 3, 4, 5}, addr_a[16] = {2, 0, 0, 80}, addr_b[28] = {23};
static BLOB blob = {sizeof blob_bytes, blob_bytes};
static WCHAR name[] = u"printer", comment[] = u"zweite T\u00FCr", context[] = u"\\", query[] = u"", sap[] = u"SapId";

static CSADDR_INFO addrs[] = {
    {{NULL, 0}, {(struct sockaddr *)addr_a, sizeof addr_a}, 1, 6},
    {{(struct sockaddr *)addr_b, sizeof addr_b}, {(struct sockaddr *)addr_a, -5}, 2, 17},
};

static const WSAQUERYSETW full = {
    .dwSize = 1, .lpszServiceInstanceName = name, .lpServiceClassId = &some_class, .lpVersion = &version,
    .lpszComment = comment, .dwNameSpace = 12, .lpNSProviderId = &some_provider, .lpszContext = context,
    .dwNumberOfProtocols = 2, .lpafpProtocols = protocols, .lpszQueryString = query, .dwNumberOfCsAddrs = 2,
    .lpcsaBuffer = addrs, .dwOutputFlags = 0x10, .lpBlob = &blob,
};

static char buf[4096] __attribute__((aligned(16)));

static void assert_inside(const void *p, size_t bytes, DWORD used)
{
    ck_assert((const char *)p >= buf && (const char *)p + bytes <= buf + used);
}

START_TEST(a_result_with_everything)
{
    const WSAQUERYSETW *got = (const WSAQUERYSETW *)buf;
    DWORD needed = 0, bytes;

    ck_assert_int_eq(nsk_pack(&full, NULL, &needed), WSAEFAULT);
    for (DWORD n = 0; n < needed; n++) {
        memset(buf, 0x5A, sizeof buf);
        bytes = n;
        ck_assert_int_eq(nsk_pack(&full, buf, &bytes), WSAEFAULT);
        ck_assert_uint_eq(bytes, needed);
        ck_assert_int_eq(buf[0], 0x5A);
    }
    bytes = needed;
    ck_assert_int_eq(nsk_pack(&full, buf, &bytes), 0);
    ck_assert_int_eq(buf[needed], 0x5A);

    ck_assert_uint_eq(got->dwSize, sizeof *got);
    assert_inside(got->lpServiceClassId, sizeof(GUID), needed);
    ck_assert(nsk_same_guid(got->lpServiceClassId, &some_class));
    ck_assert(nsk_same_guid(got->lpNSProviderId, &some_provider));
    ck_assert_uint_eq(got->lpVersion->dwVersion, 7);
    ck_assert(nsk_same_text(got->lpszServiceInstanceName, name));
    ck_assert_int_eq(memcmp(got->lpszComment, comment, sizeof comment), 0);
    assert_inside(got->lpszComment, sizeof comment, needed);
    ck_assert_int_eq(got->lpszQueryString[0], 0);
    ck_assert_int_eq(got->lpafpProtocols[1].iProtocol, 17);
    ck_assert_uint_eq(got->lpBlob->cbSize, 5);
    ck_assert_int_eq(memcmp(got->lpBlob->pBlobData, blob_bytes, 5), 0);
    assert_inside(got->lpcsaBuffer, 2 * sizeof(CSADDR_INFO), needed);
    ck_assert_ptr_null(got->lpcsaBuffer[0].LocalAddr.lpSockaddr);
    ck_assert_int_eq(memcmp(got->lpcsaBuffer[0].RemoteAddr.lpSockaddr, addr_a, 16), 0);
    ck_assert_int_eq(got->lpcsaBuffer[1].RemoteAddr.iSockaddrLength, 0); /* a negative length is none */
    assert_inside(got->lpcsaBuffer[1].LocalAddr.lpSockaddr, 28, needed);
    ck_assert_int_eq(got->lpcsaBuffer[1].iProtocol, 17);
}
END_TEST

/* Counts without what they count, and counts that no buffer can hold. */
START_TEST(odd_results)
{
    WSAQUERYSETW odd = {.dwNumberOfCsAddrs = 5, .dwNumberOfProtocols = 5}, *got = (WSAQUERYSETW *)buf;
    BLOB empty = {10, NULL};
    DWORD bytes = sizeof buf;

    odd.lpBlob = &empty;
    ck_assert_int_eq(nsk_pack(&odd, buf, &bytes), 0);
    ck_assert_uint_eq(got->dwNumberOfCsAddrs, 0);
    ck_assert_uint_eq(got->dwNumberOfProtocols, 0);
    ck_assert_uint_eq(got->lpBlob->cbSize, 0);

    empty = (BLOB){0xFFFFFFFF, blob_bytes};
    bytes = sizeof buf;
    ck_assert_int_eq(nsk_pack(&odd, buf, &bytes), WSAEFAULT);
    ck_assert_uint_eq(bytes, PACKER_MAX);
    ck_assert_ptr_null(nsk_copy(&odd));
    odd.lpBlob = NULL;
    odd.lpafpProtocols = protocols;
    odd.dwNumberOfProtocols = 0xFFFFFFFF;
    bytes = sizeof buf;
    ck_assert_int_eq(nsk_pack(&odd, buf, &bytes), WSAEFAULT);
    ck_assert_uint_eq(bytes, PACKER_MAX);
}
END_TEST

START_TEST(a_class)
{
    uint32_t value = 77;
    WSANSCLASSINFOW infos[] = {{sap, 12, 4, 4, &value}, {name, 12, 4, 0, NULL}};
    WSASERVICECLASSINFOW info = {&some_class, comment, 2, infos}, *got = (WSASERVICECLASSINFOW *)buf;
    DWORD needed = 0, bytes;

    ck_assert_int_eq(nsk_pack_class(&info, NULL, &needed), WSAEFAULT);
    bytes = needed - 1;
    ck_assert_int_eq(nsk_pack_class(&info, buf, &bytes), WSAEFAULT);
    memset(buf, 0x5A, sizeof buf);
    ck_assert_int_eq(nsk_pack_class(&info, buf, &needed), 0);
    ck_assert_int_eq(buf[needed], 0x5A);
    ck_assert(nsk_same_guid(got->lpServiceClassId, &some_class));
    ck_assert(nsk_same_text(got->lpszServiceClassName, comment));
    ck_assert(nsk_same_text(got->lpClassInfos[0].lpszName, sap));
    ck_assert_int_eq(memcmp(got->lpClassInfos[0].lpValue, &value, 4), 0);
    ck_assert_ptr_null(got->lpClassInfos[1].lpValue);
    assert_inside(got->lpClassInfos[1].lpszName, sizeof name, needed);
}
END_TEST

START_TEST(copies_need_memory)
{
    WSASERVICECLASSINFOW info = {&some_class, name, 0, NULL};

    for (unsigned f = 1;; f++) {
        WSAQUERYSETW *copy;
        WSASERVICECLASSINFOW *copy_class;
        bool fired;

        fault_at(f);
        copy = nsk_copy(&full);
        copy_class = nsk_copy_class(&info);
        fired = fault_end();
        ck_assert(fired == (!copy || !copy_class));
        if (copy)
            ck_assert(nsk_same_text(copy->lpszServiceInstanceName, name));
        if (copy_class)
            ck_assert(nsk_same_text(copy_class->lpszServiceClassName, name));
        free(copy);
        free(copy_class);
        if (!fired)
            break;
    }
}
END_TEST

START_TEST(blobs)
{
    const uint8_t addr[2][4] = {{127, 0, 0, 1}, {10, 1, 2, 3}};
    const void *const list[] = {addr[0], addr[1], NULL};
    const char *const alias[] = {"other", NULL};
    struct nsk_host host = {"host", alias, 2, 4, list};
    struct nsk_service service = {"ftp", NULL, 0x1500, "tcp"};
    size_t bytes = nsk_host_blob(&host, NULL, 0);
    uintptr_t field[4], aliases[2], offsets[3];

    for (size_t n = 0; n < bytes; n++) {
        memset(buf, 0x5A, sizeof buf);
        ck_assert_uint_eq(nsk_host_blob(&host, buf, n), bytes);
        ck_assert_int_eq(buf[0], 0x5A);
    }
    ck_assert_uint_eq(nsk_host_blob(&host, buf, bytes), bytes);
    ck_assert_int_eq(buf[bytes], 0x5A);
    memcpy(field, buf, sizeof field); /* name, aliases, family and length, addresses */
    ck_assert_str_eq(buf + field[0], "host");
    memcpy(aliases, buf + field[1], sizeof aliases);
    ck_assert_str_eq(buf + aliases[0], "other");
    ck_assert_uint_eq(aliases[1], 0);
    memcpy(offsets, buf + field[3], sizeof offsets);
    ck_assert_int_eq(memcmp(buf + offsets[1], addr[1], 4), 0);
    ck_assert_uint_eq(offsets[2], 0);

    bytes = nsk_service_blob(&service, buf, sizeof buf);
    memcpy(field, buf, sizeof field);
    ck_assert_str_eq(buf + field[0], "ftp");
    ck_assert(field[1] && field[1] < bytes);
    ck_assert_uint_eq((uint16_t)field[2], 0x1500); /* as on 32-bit Windows: the port before the protocol */
    ck_assert_str_eq(buf + field[3], "tcp");
}
END_TEST

START_TEST(queries)
{
    const struct {
        const char *why;
        GUID id;
        enum nsk_class class;
        int port, rr;
    } rows[] = {
        {"hostname", {0x0002A800, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_HOSTNAME, 0, 0},
        {"by address", {0x0002A801, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_HOST_BY_ADDR, 0, 0},
        {"service", {0x0002A802, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_SERVICE, 0, 0},
        {"by name", {0x0002A803, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_HOST_BY_NAME, 0, 0},
        {"TCP 80", {0x00090050, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_TCP, 80, 0},
        {"DNS AAAA", {0x00090035, 0, 28, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_TCP, 53, 28},
        {"UDP 69", {0x000A0045, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_UDP, 69, 0},
        {"NetWare", {0x000B0123, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_NETWARE, 0x123, 0},
        {"a stranger", {0x00090050, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x47}}, NSK_CLASS_OTHER, 0, 0},
        {"nobody's row", {0x00010050, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, NSK_CLASS_OTHER, 0, 0},
    };
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpszServiceInstanceName = query};
    WSAVERSION v = {3, COMP_EQUAL}, has = {4, 0};
    struct nsk_query parsed;

    ck_assert_int_eq(nsk_parse(&q, 0, &parsed), WSAEINVAL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        q.lpServiceClassId = (GUID *)&rows[i].id;
        ck_assert_int_eq(nsk_parse(&q, LUP_RETURN_NAME, &parsed), 0);
        CASE_INT_EQ(parsed.class, rows[i].class, rows[i].why);
        CASE_INT_EQ(parsed.port, rows[i].port, rows[i].why);
        CASE_INT_EQ(parsed.rr, rows[i].rr, rows[i].why);
        ck_assert_ptr_null(parsed.name);
    }
    q.dwSize--;
    ck_assert_int_eq(nsk_parse(&q, 0, &parsed), WSAEINVAL);

    ck_assert(nsk_protocol_wanted(&q, 2, 6));
    q.lpafpProtocols = protocols;
    q.dwNumberOfProtocols = 2;
    ck_assert(nsk_protocol_wanted(&q, 2, 6) && !nsk_protocol_wanted(&q, 2, 17) && nsk_protocol_wanted(&q, 23, 17));
    ck_assert(nsk_version_wanted(&q, NULL));
    q.lpVersion = &v;
    ck_assert(!nsk_version_wanted(&q, NULL) && !nsk_version_wanted(&q, &has));
    v.ecHow = COMP_NOTLESS;
    ck_assert(nsk_version_wanted(&q, &has));
    has.dwVersion = 2;
    ck_assert(!nsk_version_wanted(&q, &has));
    ck_assert(nsk_same_text(u"Printer", name) && !nsk_same_text(u"Print", name) && !nsk_same_text(NULL, name));
}
END_TEST

START_TEST(only_what_is_asked_for)
{
    WSAQUERYSETW r = full;

    nsk_keep_wanted(&r, LUP_RETURN_NAME | LUP_RETURN_ADDR);
    ck_assert(r.lpszServiceInstanceName && r.lpcsaBuffer && r.dwNumberOfCsAddrs == 2);
    ck_assert(!r.lpServiceClassId && !r.lpVersion && !r.lpszComment && !r.lpBlob && !r.lpszQueryString);
    nsk_keep_wanted(&r, 0);
    ck_assert(!r.lpszServiceInstanceName && !r.lpcsaBuffer && !r.dwNumberOfCsAddrs);
}
END_TEST

UNIT_MAIN("kit", a_result_with_everything, odd_results, a_class, copies_need_memory, blobs, queries,
          only_what_is_asked_for)
