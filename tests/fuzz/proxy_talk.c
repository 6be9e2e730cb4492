/* SPDX-License-Identifier: MIT */
/*
 * Whatever a proxy answers, in whatever pieces: the talk stays bounded, ends the same way however the bytes are cut, and ends
 * well only if the proxy has said so. The first byte chooses the protocol, the credentials and the kind of target.
 */
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "providers/proxy/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(int ok)
{
    if (!ok)
        abort();
}

static size_t run(struct talk *t, const uint8_t *data, size_t bytes, size_t piece)
{
    size_t used = 0;

    while (used < bytes && t->state == TALK_MORE) {
        size_t n = bytes - used < piece ? bytes - used : piece;
        size_t took = talk_take(t, data + used, n);

        check(took == n || (took < n && t->state != TALK_MORE));
        check(t->out_bytes <= sizeof t->out);
        used += took;
    }
    talk_closed(t);
    return used;
}

/* Said here a second time, from the other end: an assent is what begins so. */
static void check_assent(const struct url *url, const uint8_t *data, size_t used)
{
    if (url->kind == URL_HTTP) {
        check(used >= 13 && !memcmp(data, "HTTP/1.", 7) && data[used - 1] == '\n');
        check(data[9] == '1' || data[9] == '2');
    } else {
        size_t reply = data[1] == 2 ? 4 : 2;

        check(used >= reply + 5 && data[0] == 5 && (reply == 2 || (url->has_user && data[2] == 1 && data[3] == 0)));
        check(data[reply] == 5 && data[reply + 1] == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct endpoint target = { .port = 443, .name = "a.example" };
    struct url url = { 0 };
    struct talk whole, cut;
    size_t used;

    if (bytes < 2)
        return 0;
    url.kind = data[0] & 1 ? URL_HTTP : URL_SOCKS5;
    if (data[0] & 2) {
        url.has_user = true;
        strcpy(url.user, "user");
        strcpy(url.password, "password");
    }
    target.kind = (enum endpoint_kind)((data[0] >> 2) % 3);

    talk_begin(&whole, &url, &target);
    used = run(&whole, data + 2, bytes - 2, bytes);
    talk_begin(&cut, &url, &target);
    check(run(&cut, data + 2, bytes - 2, data[1] % 16 + 1u) == used);
    check(cut.state == whole.state && cut.err == whole.err && !strcmp(cut.reason, whole.reason));
    check(cut.out_bytes == whole.out_bytes && !memcmp(cut.out, whole.out, cut.out_bytes));

    check(whole.state != TALK_MORE);
    if (whole.state == TALK_DONE)
        check_assent(&url, data + 2, used);
    else
        check(whole.err >= WSAEINTR && wsaerr_name(whole.err) && *whole.reason);
    return 0;
}
