#ifndef JASK_DTLS_INTERNAL_H
#define JASK_DTLS_INTERNAL_H

#include "jask_dtls.h"

#include <openssl/ssl.h>

struct jask_dtls_identity {
    SSL_CTX *context;
    unsigned char *certificate;
    size_t certificate_size;
};

struct jask_dtls {
    SSL *ssl;
    jask_dtls_callbacks callbacks;
    unsigned int first_timeout;
    unsigned int maximum_timeout;
    // The lent datagram, null once it has been read.
    const uint8_t *datagram;
    size_t datagram_size;
    jask_dtls_failure failure;
};

/// A BIO that keeps datagram boundaries: every write is one datagram out, every read at most one in.
BIO *jask_dtls_bio_new(jask_dtls *dtls);

#endif
