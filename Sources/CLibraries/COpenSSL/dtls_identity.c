#include "dtls_internal.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>

static const long day = 24 * 60 * 60;

static int add_name(X509 *certificate) {
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"WebRTC", -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

static X509 *self_signed(EVP_PKEY *key) {
    X509 *certificate = X509_new();
    uint64_t serial = 0;
    if (certificate == NULL) {
        return NULL;
    }
    int made = RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 && X509_set_version(certificate, 2) == 1 &&
               ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (serial >> 1) | 1) == 1 &&
               // A peer's clock may be behind ours.
               X509_gmtime_adj(X509_getm_notBefore(certificate), -day) != NULL &&
               X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * day) != NULL &&
               X509_set_pubkey(certificate, key) == 1 && add_name(certificate) &&
               X509_sign(certificate, key, EVP_sha256()) > 0;
    if (!made) {
        X509_free(certificate);
        return NULL;
    }
    return certificate;
}

// No authority is asked: the certificate counts because the signalling vouches for its digest.
static int verify_certificate(X509_STORE_CTX *store, void *unused) {
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    jask_dtls *dtls = ssl == NULL ? NULL : SSL_get_app_data(ssl);
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    unsigned char *der = NULL;
    int size = certificate == NULL ? 0 : i2d_X509(certificate, &der);
    int matches = dtls != NULL && size > 0 && dtls->callbacks.verify(dtls->callbacks.owner, der, (size_t)size);
    OPENSSL_free(der);
    X509_STORE_CTX_set_error(store, matches ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
    return matches;
}

static SSL_CTX *make_context(EVP_PKEY *key, X509 *certificate) {
    SSL_CTX *context = SSL_CTX_new(DTLS_method());
    if (context == NULL) {
        return NULL;
    }
    SSL_CTX_set_options(
        context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    // A resumed session would show no certificate.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context, verify_certificate, NULL);
    int made = SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
               SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
               // With CBC suites and encrypt-then-MAC, OpenSSL 3.0 ends an association at any forged record.
               SSL_CTX_set_cipher_list(
                   context, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
                            "ECDHE-RSA-AES256-GCM-SHA384") == 1 &&
               SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
               SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1;
    if (!made) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

jask_dtls_identity *jask_dtls_identity_new(void) {
    jask_dtls_identity *identity = calloc(1, sizeof *identity);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key == NULL ? NULL : self_signed(key);
    if (identity != NULL && certificate != NULL) {
        identity->context = make_context(key, certificate);
        int size = i2d_X509(certificate, &identity->certificate);
        identity->certificate_size = size > 0 ? (size_t)size : 0;
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (identity != NULL && (identity->context == NULL || identity->certificate_size == 0)) {
        jask_dtls_identity_free(identity);
        return NULL;
    }
    return identity;
}

void jask_dtls_identity_free(jask_dtls_identity *identity) {
    if (identity != NULL) {
        SSL_CTX_free(identity->context);
        OPENSSL_free(identity->certificate);
        free(identity);
    }
}

const uint8_t *jask_dtls_identity_certificate(const jask_dtls_identity *identity, size_t *size) {
    *size = identity->certificate_size;
    return identity->certificate;
}
