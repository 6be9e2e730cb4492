/* SPDX-License-Identifier: MIT */
#include <winsock2.h>

#include "providers/tls/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#define SECURITY_WIN32
#include <schannel.h>
#include <security.h>
#include <sspi.h>

#include "base/addr.h"
#include "providers/tls/verify.h"

enum {
    ALERT = 21, /* a record's type */
    HEADER = 5,            /* of a TLS record: type, version, length (RFC 8446 5.1) */
    RECORD_MOST = 5 + 16384 + 2048,
    PLAIN_MOST = 16384,
    REQUESTS = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_REPLAY_DETECT |
               ISC_REQ_SEQUENCE_DETECT | ISC_REQ_STREAM | ISC_REQ_MANUAL_CRED_VALIDATION,
};

struct session {
    CredHandle credentials;
    CtxtHandle context;
    bool has_credentials, has_context, established, said_goodbye;
    char name[256];
    WCHAR wide_name[256]; /* for SNI; empty: none */
    bool insecure;
    char alpn[256]; /* as SECBUFFER_APPLICATION_PROTOCOLS wants it */
    DWORD alpn_bytes;
    SecPkgContext_StreamSizes sizes;
    /* What SSPI wants sent and there was no room for. */
    char *token;
    size_t token_bytes, token_sent;
    char reason[512];
    char version[16];
    char record[RECORD_MOST]; /* one that is being decrypted or encrypted, which happens in place */
};

/* ---- making one ---- */

/* Older ones are never spoken, though Wine's own choice has TLS 1.0 in it. */
static DWORD versions_of(const char *text)
{
    if (!text)
        return SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_3_CLIENT;
    return !strcmp(text, "1.3") ? SP_PROT_TLS1_3_CLIENT : SP_PROT_TLS1_2_CLIENT;
}

/* "h2|http/1.1" becomes SEC_APPLICATION_PROTOCOLS: lengths, kind 2 (ALPN), and each name after its length. */
static void set_alpn(struct session *s, const char *list)
{
    char *names = s->alpn + 10;
    size_t at = 0;

    while (list && *list) {
        size_t n = strcspn(list, "|");

        if (n && n < 256 && 10 + at + 1 + n <= sizeof s->alpn) {
            names[at++] = (char)n;
            memcpy(names + at, list, n);
            at += n;
        }
        list += n + (list[n] == '|');
    }
    if (!at)
        return;
    *(DWORD *)(void *)s->alpn = (DWORD)(6 + at);
    memcpy(s->alpn + 4, &(DWORD){ SecApplicationProtocolNegotiationExt_ALPN }, 4);
    memcpy(s->alpn + 8, &(WORD){ (WORD)at }, 2);
    s->alpn_bytes = (DWORD)(10 + at);
}

/* Which are not for SNI (RFC 6066 3). */
static bool is_address(const char *name)
{
    uint8_t ignored[16];

    return addr_ip4_parse(name, strlen(name), ignored) || addr_ip6_parse(name, strlen(name), ignored);
}

int session_new(const struct session_settings *settings, struct session **out, const char **why)
{
    struct session *s = calloc(1, sizeof *s);
    SCHANNEL_CRED cred = {
        .dwVersion = SCHANNEL_CRED_VERSION,
        .grbitEnabledProtocols = versions_of(settings->versions),
        .dwFlags = SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_MANUAL_CRED_VALIDATION | SCH_USE_STRONG_CRYPTO,
    };
    SECURITY_STATUS status;

    *why = "no memory";
    if (!s)
        return WSAENOBUFS;
    snprintf(s->name, sizeof s->name, "%s", settings->name);
    s->insecure = settings->insecure;
    if (!is_address(s->name))
        MultiByteToWideChar(CP_UTF8, 0, s->name, -1, s->wide_name, ARRAYSIZE(s->wide_name));
    set_alpn(s, settings->alpn);
    status = AcquireCredentialsHandleW(NULL, (WCHAR *)UNISP_NAME_W, SECPKG_CRED_OUTBOUND, NULL, &cred, NULL, NULL,
                                       &s->credentials, NULL);
    if (status != SEC_E_OK) {
        free(s);
        *why = settings->versions ? "this Wine's SChannel does not know the version asked for with version=, or libgnutls is not there (Debian: libgnutls30)"
                                  : "this Wine has no SChannel: is libgnutls there (Debian: libgnutls30)?";
        return WSAEPROVIDERFAILEDINIT;
    }
    s->has_credentials = true;
    *out = s;
    return 0;
}

void session_free(struct session *s)
{
    if (!s)
        return;
    if (s->has_context)
        DeleteSecurityContext(&s->context);
    if (s->has_credentials)
        FreeCredentialsHandle(&s->credentials);
    free(s->token);
    free(s);
}

/* ---- what SSPI wants sent ---- */

/* False: there is more than room. */
static bool drain(struct session *s, struct session_out *to)
{
    size_t n = s->token_bytes - s->token_sent;

    if (n > to->room - to->bytes)
        n = to->room - to->bytes;
    if (n)
        memcpy(to->data + to->bytes, s->token + s->token_sent, n);
    to->bytes += n;
    s->token_sent += n;
    return s->token_sent == s->token_bytes;
}

/* Takes a token over from SSPI. The one before has been sent: nothing is asked of SSPI until it is. */
static bool keep(struct session *s, SecBuffer *token)
{
    bool kept = true;

    if (token->pvBuffer && token->cbBuffer) {
        free(s->token);
        s->token_sent = s->token_bytes = 0;
        s->token = malloc(token->cbBuffer);
        kept = s->token != NULL;
        if (kept) {
            memcpy(s->token, token->pvBuffer, token->cbBuffer);
            s->token_bytes = token->cbBuffer;
        }
    }
    if (token->pvBuffer)
        FreeContextBuffer(token->pvBuffer);
    return kept;
}

/* One step of the handshake. *used: of `data`. */
static SECURITY_STATUS step(struct session *s, const char *data, size_t bytes, size_t *used)
{
    SecBuffer in[2] = { { (ULONG)bytes, SECBUFFER_TOKEN, (void *)data }, { 0, SECBUFFER_EMPTY, NULL } };
    SecBuffer first = { s->alpn_bytes, SECBUFFER_APPLICATION_PROTOCOLS, s->alpn };
    SecBuffer out[2] = { { 0, SECBUFFER_TOKEN, NULL }, { 0, SECBUFFER_ALERT, NULL } };
    SecBufferDesc ins = { SECBUFFER_VERSION, 2, in }, outs = { SECBUFFER_VERSION, 2, out };
    SecBufferDesc firsts = { SECBUFFER_VERSION, 1, &first };
    SECURITY_STATUS status;
    ULONG got;

    status = InitializeSecurityContextW(
        &s->credentials, s->has_context ? &s->context : NULL, s->has_context || !*s->wide_name ? NULL : s->wide_name,
        REQUESTS, 0, 0, s->has_context ? &ins : s->alpn_bytes ? &firsts : NULL, 0, &s->context, &outs, &got, NULL);
    *used = 0;
    if (!s->has_context && (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_OK))
        s->has_context = true;
    else if (status != SEC_E_INCOMPLETE_MESSAGE)
        *used = in[1].BufferType == SECBUFFER_EXTRA ? bytes - in[1].cbBuffer : bytes;
    if (out[1].pvBuffer)
        FreeContextBuffer(out[1].pvBuffer);
    if (!keep(s, &out[0]))
        return SEC_E_INSUFFICIENT_MEMORY;
    return status;
}

/* ---- the handshake ---- */

static int established(struct session *s)
{
    SecPkgContext_ConnectionInfo info = { 0 };
    PCCERT_CONTEXT certificate = NULL;
    int err = 0;

    if (QueryContextAttributesW(&s->context, SECPKG_ATTR_STREAM_SIZES, &s->sizes) != SEC_E_OK) {
        snprintf(s->reason, sizeof s->reason, "SChannel does not tell the sizes of a record");
        return WSAECONNABORTED;
    }
    if (QueryContextAttributesW(&s->context, SECPKG_ATTR_CONNECTION_INFO, &info) == SEC_E_OK)
        snprintf(s->version, sizeof s->version, "%s",
                 info.dwProtocol & SP_PROT_TLS1_3_CLIENT ? "TLS 1.3"
                 : info.dwProtocol & SP_PROT_TLS1_2_CLIENT ? "TLS 1.2" : "TLS 1.1 or older");
    if (!s->insecure) {
        if (QueryContextAttributesW(&s->context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate) != SEC_E_OK ||
            !certificate) {
            snprintf(s->reason, sizeof s->reason, "the server sent no certificate");
            return WSAEACCES;
        }
        err = verify_certificate(certificate, s->name, s->reason, sizeof s->reason);
        CertFreeCertificateContext(certificate);
    }
    s->established = !err;
    return err;
}

/* The length of another protocol's first bytes, read as a record's, might be waited for a long time. */
static bool is_no_record(const struct session_in *in)
{
    const unsigned char *at = (const unsigned char *)in->data + in->used;
    size_t left = in->bytes - in->used;

    return left && (at[0] < 20 || at[0] > 23 || (left > 1 && at[1] != 3));
}

static int handshake_failed(struct session *s, SECURITY_STATUS status, const struct session_in *in)
{
    const unsigned char *at = (const unsigned char *)in->data;

    if (in->bytes >= HEADER + 2 && at[0] == ALERT)
        snprintf(s->reason, sizeof s->reason,
                 "the server refuses the handshake with TLS alert %u; its log may say why (40: no common cipher, 70: TLS version, 112: name)",
                 at[HEADER + 1]);
    else
        snprintf(s->reason, sizeof s->reason, "the TLS handshake failed (0x%08lx); `openssl s_client -connect` shows what the server speaks", status);
    return WSAECONNABORTED;
}

int session_handshake(struct session *s, struct session_in *in, struct session_out *to_peer)
{
    for (;;) {
        SECURITY_STATUS status;
        size_t used;

        if (!drain(s, to_peer))
            return SESSION_MORE;
        if (s->established)
            return SESSION_DONE;
        if (s->has_context && in->used == in->bytes)
            return SESSION_MORE;
        if (is_no_record(in)) {
            snprintf(s->reason, sizeof s->reason, "the server does not speak TLS on this port; is it the right one?");
            return WSAECONNABORTED;
        }
        status = step(s, in->data + in->used, in->bytes - in->used, &used);
        if (status == SEC_E_INCOMPLETE_MESSAGE)
            return SESSION_MORE;
        if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED) {
            drain(s, to_peer); /* an alert */
            return handshake_failed(s, status,
                                    &(struct session_in){ in->data + in->used, in->bytes - in->used, 0 });
        }
        in->used += used;
        if (status == SEC_E_OK) {
            int err = established(s);

            if (err) {
                session_end(s, to_peer);
                return err;
            }
        }
    }
}

/* ---- bytes ---- */

int session_outgoing(struct session *s, struct session_in *in, struct session_out *to_peer)
{
    while (in->used < in->bytes) {
        size_t n = in->bytes - in->used, most = s->sizes.cbMaximumMessage < PLAIN_MOST ? s->sizes.cbMaximumMessage : PLAIN_MOST;
        size_t around = s->sizes.cbHeader + s->sizes.cbTrailer;
        SecBuffer buf[4];
        SecBufferDesc desc = { SECBUFFER_VERSION, 4, buf };
        SECURITY_STATUS status;
        size_t bytes = 0;

        if (n > most)
            n = most;
        if (!drain(s, to_peer) || to_peer->room - to_peer->bytes < n + around)
            return SESSION_DONE;
        memcpy(s->record + s->sizes.cbHeader, in->data + in->used, n);
        buf[0] = (SecBuffer){ s->sizes.cbHeader, SECBUFFER_STREAM_HEADER, s->record };
        buf[1] = (SecBuffer){ (ULONG)n, SECBUFFER_DATA, s->record + s->sizes.cbHeader };
        buf[2] = (SecBuffer){ s->sizes.cbTrailer, SECBUFFER_STREAM_TRAILER, s->record + s->sizes.cbHeader + n };
        buf[3] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
        status = EncryptMessage(&s->context, 0, &desc, 0);
        if (status != SEC_E_OK) {
            snprintf(s->reason, sizeof s->reason, "EncryptMessage failed (0x%08lx)", status);
            return WSAECONNABORTED;
        }
        for (unsigned i = 0; i < 3; i++) {
            memcpy(to_peer->data + to_peer->bytes + bytes, buf[i].pvBuffer, buf[i].cbBuffer);
            bytes += buf[i].cbBuffer;
        }
        to_peer->bytes += bytes;
        in->used += n;
    }
    return SESSION_DONE;
}

/*
 * What is no application data after the handshake: tickets and new keys of TLS 1.3, a renegotiation of TLS 1.2. SSPI wants it as
 * a handshake step.
 */
static int go_on(struct session *s, const char *data, size_t bytes, struct session_out *to_peer)
{
    SECURITY_STATUS status;
    size_t used;

    status = step(s, data, bytes, &used);
    drain(s, to_peer);
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED || status == SEC_E_INCOMPLETE_MESSAGE)
        return SESSION_DONE;
    snprintf(s->reason, sizeof s->reason, "the server wanted to go on with the handshake, and that failed (0x%08lx)", status);
    return WSAECONNABORTED;
}

int session_incoming(struct session *s, struct session_in *in, struct session_out *to_program,
                     struct session_out *to_peer)
{
    for (;;) {
        const unsigned char *at = (const unsigned char *)in->data + in->used;
        size_t left = in->bytes - in->used, bytes, before = to_program->bytes;
        SecBuffer buf[4] = { { 0, SECBUFFER_DATA, s->record } };
        SecBufferDesc desc = { SECBUFFER_VERSION, 4, buf };
        SECURITY_STATUS status;
        int err;

        if (!drain(s, to_peer) || left < HEADER)
            return SESSION_DONE;
        bytes = HEADER + ((size_t)at[3] << 8 | at[4]);
        if (bytes > RECORD_MOST) {
            snprintf(s->reason, sizeof s->reason, "the server sent a record that TLS does not allow");
            return WSAECONNRESET;
        }
        if (left < bytes || to_program->room - to_program->bytes < PLAIN_MOST + 256)
            return SESSION_DONE;
        memcpy(s->record, at, bytes);
        buf[0].cbBuffer = (ULONG)bytes;
        status = DecryptMessage(&s->context, &desc, 0, NULL);
        in->used += bytes;
        if (status == SEC_I_CONTEXT_EXPIRED)
            return SESSION_END;
        if (status != SEC_E_OK && status != SEC_I_RENEGOTIATE && status != SEC_E_INCOMPLETE_MESSAGE) {
            snprintf(s->reason, sizeof s->reason, "a record of the server cannot be decrypted (0x%08lx)", status);
            return WSAECONNRESET;
        }
        for (unsigned i = 0; status != SEC_E_INCOMPLETE_MESSAGE && i < 4; i++) {
            if (buf[i].BufferType == SECBUFFER_DATA && buf[i].cbBuffer) {
                memcpy(to_program->data + to_program->bytes, buf[i].pvBuffer, buf[i].cbBuffer);
                to_program->bytes += buf[i].cbBuffer;
            } else if (status == SEC_I_RENEGOTIATE && buf[i].BufferType == SECBUFFER_EXTRA) {
                err = go_on(s, buf[i].pvBuffer, buf[i].cbBuffer, to_peer);
                if (err)
                    return err;
            }
        }
        /*
         * Wine 8.0 does not say SEC_I_CONTEXT_EXPIRED: the close_notify alert comes out as success without bytes. Other alerts that are
         * no errors do not occur here (RFC 5246 7.2: no_renegotiation answers what we do not send).
         */
        if (at[0] == ALERT && to_program->bytes == before)
            return SESSION_END;
    }
}

int session_end(struct session *s, struct session_out *to_peer)
{
    DWORD shutdown = SCHANNEL_SHUTDOWN;
    SecBuffer buf = { sizeof shutdown, SECBUFFER_TOKEN, &shutdown };
    SecBufferDesc desc = { SECBUFFER_VERSION, 1, &buf };
    size_t used;

    if (!drain(s, to_peer))
        return SESSION_MORE;
    if (!s->said_goodbye && s->has_context && ApplyControlToken(&s->context, &desc) == SEC_E_OK)
        step(s, NULL, 0, &used);
    s->said_goodbye = true;
    return drain(s, to_peer) ? SESSION_DONE : SESSION_MORE;
}

const char *session_reason(const struct session *s)
{
    return s->reason;
}

const char *session_version(const struct session *s)
{
    return s->version;
}
