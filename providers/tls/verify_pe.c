/* SPDX-License-Identifier: MIT */
#include <winsock2.h>

#include "providers/tls/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wininet.h>

#include "base/addr.h"
#include "providers/kit/file.h"

enum { FILE_MOST = 4 << 20 };

static HCERTSTORE trusted; /* made before the first check, constant then; NULL: none beside the system's */

/* ---- extra anchors ---- */

static char *read_all(const char *name, DWORD *bytes)
{
    HANDLE file = kit_open_file(name, GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING);
    char *data = NULL;
    LARGE_INTEGER size;

    if (file == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(file, &size) && size.QuadPart <= FILE_MOST)
        data = malloc((size_t)size.QuadPart + 1);
    if (data && !ReadFile(file, data, (DWORD)size.QuadPart, bytes, NULL)) {
        free(data);
        data = NULL;
    }
    if (data)
        data[*bytes] = 0;
    CloseHandle(file);
    return data;
}

static unsigned trust_der(const BYTE *der, DWORD bytes)
{
    return CertAddEncodedCertificateToStore(trusted, X509_ASN_ENCODING, der, bytes,
                                            CERT_STORE_ADD_USE_EXISTING, NULL) != FALSE;
}

/* One certificate after the other, between its BEGIN and END lines. */
static unsigned trust_pem(const char *text)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    unsigned count = 0;
    const char *stop;

    while ((text = strstr(text, begin)) && (stop = strstr(text, end))) {
        DWORD bytes = 0, chars;
        BYTE *der;

        text += strlen(begin);
        chars = (DWORD)(stop - text);
        if (CryptStringToBinaryA(text, chars, CRYPT_STRING_BASE64, NULL, &bytes, NULL, NULL) &&
            (der = malloc(bytes))) {
            if (CryptStringToBinaryA(text, chars, CRYPT_STRING_BASE64, der, &bytes, NULL, NULL))
                count += trust_der(der, bytes);
            free(der);
        }
        text = stop;
    }
    return count;
}

unsigned verify_trust(const char *file)
{
    unsigned count = 0;
    DWORD bytes;
    char *data;

    if (!trusted)
        trusted = CertOpenStore(CERT_STORE_PROV_MEMORY, 0, 0, 0, NULL);
    data = trusted ? read_all(file, &bytes) : NULL;
    if (data)
        count = strstr(data, "-----BEGIN") ? trust_pem(data) : trust_der((BYTE *)data, bytes);
    free(data);
    return count;
}

static BOOL is_trusted(PCCERT_CONTEXT certificate)
{
    PCCERT_CONTEXT found =
        trusted ? CertFindCertificateInStore(trusted, X509_ASN_ENCODING, 0, CERT_FIND_EXISTING, certificate, NULL)
                : NULL;

    if (found)
        CertFreeCertificateContext(found);
    return found != NULL;
}

/* ---- addresses in place of names, which the system's check does not know ---- */

static size_t parse_address(const char *name, BYTE *out)
{
    if (addr_ip4_parse(name, strlen(name), out))
        return 4;
    return addr_ip6_parse(name, strlen(name), out) ? 16 : 0;
}

static BOOL names_address(PCCERT_CONTEXT certificate, const BYTE *address, size_t bytes)
{
    PCERT_EXTENSION extension = CertFindExtension(szOID_SUBJECT_ALT_NAME2, certificate->pCertInfo->cExtension,
                                                  certificate->pCertInfo->rgExtension);
    CERT_ALT_NAME_INFO *names = NULL;
    BOOL found = FALSE;
    DWORD n;

    if (!extension || !CryptDecodeObjectEx(X509_ASN_ENCODING, X509_ALTERNATE_NAME, extension->Value.pbData,
                                           extension->Value.cbData, CRYPT_DECODE_ALLOC_FLAG, NULL, &names, &n))
        return FALSE;
    for (DWORD i = 0; !found && i < names->cAltEntry; i++) {
        const CERT_ALT_NAME_ENTRY *e = &names->rgAltEntry[i];

        found = e->dwAltNameChoice == CERT_ALT_NAME_IP_ADDRESS && e->IPAddress.cbData == bytes &&
                !memcmp(e->IPAddress.pbData, address, bytes);
    }
    LocalFree(names);
    return found;
}

/* ---- the check ---- */

static void date_of(const FILETIME *time, char *out, size_t bytes)
{
    SYSTEMTIME t = { 0 };

    FileTimeToSystemTime(time, &t);
    snprintf(out, bytes, "%04d-%02d-%02d %02d:%02d UTC", t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute);
}

static void name_of(PCCERT_CONTEXT certificate, DWORD flags, char *out, DWORD bytes)
{
    WCHAR wide[128];

    CertGetNameStringW(certificate, CERT_NAME_SIMPLE_DISPLAY_TYPE, flags, NULL, wide, ARRAYSIZE(wide));
    if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, out, (int)bytes, NULL, NULL))
        snprintf(out, bytes, "?");
}

/* What the chain's status says beside "unknown issuer", which may be answered by an anchor of ours. */
static int judge_chain(PCCERT_CHAIN_CONTEXT chain, char *reason, size_t bytes)
{
    const CERT_SIMPLE_CHAIN *simple = chain->rgpChain[0];
    PCCERT_CONTEXT last = simple->rgpElement[simple->cElement - 1]->pCertContext;
    DWORD status = chain->TrustStatus.dwErrorStatus;
    char who[256];

    for (DWORD i = 0; status & CERT_TRUST_IS_NOT_TIME_VALID && i < simple->cElement; i++) {
        PCCERT_CONTEXT c = simple->rgpElement[i]->pCertContext;
        LONG when = CertVerifyTimeValidity(NULL, c->pCertInfo);
        char date[64];

        if (!when)
            continue;
        date_of(when < 0 ? &c->pCertInfo->NotBefore : &c->pCertInfo->NotAfter, date, sizeof date);
        name_of(c, 0, who, sizeof who);
        snprintf(reason, bytes, when < 0 ? "the certificate of \"%s\" is not valid before %s; is this machine's clock right?"
                                         : "the certificate of \"%s\" expired at %s; its owner has to renew it, or is this machine's clock wrong?",
                 who, date);
        return WSAEACCES;
    }
    if (status & (CERT_TRUST_IS_UNTRUSTED_ROOT | CERT_TRUST_IS_PARTIAL_CHAIN) && !is_trusted(last)) {
        name_of(last, CERT_NAME_ISSUER_FLAG, who, sizeof who);
        snprintf(reason, bytes, "the certificate comes from an unknown issuer, \"%s\"; if you trust it, give its certificate with ca=FILE", who);
        return WSAEACCES;
    }
    status &= ~(DWORD)(CERT_TRUST_IS_UNTRUSTED_ROOT | CERT_TRUST_IS_PARTIAL_CHAIN | CERT_TRUST_IS_NOT_TIME_VALID |
                       CERT_TRUST_REVOCATION_STATUS_UNKNOWN | CERT_TRUST_IS_OFFLINE_REVOCATION);
    if (status) {
        snprintf(reason, bytes, "the certificate's chain is not valid (trust status 0x%lx); its owner has to mend it", status);
        return WSAEACCES;
    }
    return 0;
}

static int judge_name(PCCERT_CHAIN_CONTEXT chain, PCCERT_CONTEXT certificate, const char *name, char *reason,
                      size_t bytes)
{
    WCHAR wide[256];
    SSL_EXTRA_CERT_CHAIN_POLICY_PARA ssl = {
        .cbSize = sizeof ssl, .dwAuthType = AUTHTYPE_SERVER, .pwszServerName = wide,
    };
    CERT_CHAIN_POLICY_PARA policy = {
        .cbSize = sizeof policy,
        /* judge_chain() has judged these. */
        .dwFlags = CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG, .pvExtraPolicyPara = &ssl,
    };
    CERT_CHAIN_POLICY_STATUS status = { .cbSize = sizeof status };
    BYTE address[16];
    size_t address_bytes = parse_address(name, address);
    char who[256];
    BOOL done;

    MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, ARRAYSIZE(wide));
    if (address_bytes)
        ssl.fdwChecks = SECURITY_FLAG_IGNORE_CERT_CN_INVALID;
    done = CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_SSL, chain, &policy, &status);
    if (address_bytes && done && !status.dwError && !names_address(certificate, address, address_bytes))
        status.dwError = (DWORD)CERT_E_CN_NO_MATCH;
    if (done && !status.dwError)
        return 0;
    name_of(certificate, 0, who, sizeof who);
    if (done && status.dwError == (DWORD)CERT_E_CN_NO_MATCH)
        snprintf(reason, bytes, "the certificate is for another name, \"%s\"; if that is the right server, say sni=NAME with the name it has", who);
    else
        snprintf(reason, bytes, "the certificate of \"%s\" is not accepted (0x%08lx)", who,
                 done ? status.dwError : GetLastError());
    return WSAEACCES;
}

int verify_certificate(PCCERT_CONTEXT certificate, const char *name, char *reason, size_t bytes)
{
    static char server_auth[] = szOID_PKIX_KP_SERVER_AUTH;
    char *usage = server_auth;
    CERT_CHAIN_PARA para = {
        .cbSize = sizeof para,
        .RequestedUsage = { .dwType = USAGE_MATCH_TYPE_OR, .Usage = { 1, &usage } },
    };
    HCERTSTORE all = CertOpenStore(CERT_STORE_PROV_COLLECTION, 0, 0, 0, NULL);
    PCCERT_CHAIN_CONTEXT chain = NULL;
    int err;

    if (all) {
        CertAddStoreToCollection(all, certificate->hCertStore, 0, 0);
        if (trusted)
            CertAddStoreToCollection(all, trusted, 0, 0);
    }
    if (!CertGetCertificateChain(NULL, certificate, NULL, all, &para, CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL, NULL, &chain)) {
        snprintf(reason, bytes, "the certificate's chain cannot be built (0x%08lx)", GetLastError());
        err = WSAEACCES;
    } else {
        err = judge_chain(chain, reason, bytes);
        if (!err)
            err = judge_name(chain, certificate, name, reason, bytes);
        CertFreeCertificateChain(chain);
    }
    if (all)
        CertCloseStore(all, 0);
    return err;
}
