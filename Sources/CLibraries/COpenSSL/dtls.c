#include "dtls_internal.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

static unsigned int next_timeout(SSL *ssl, unsigned int last) {
    const jask_dtls *dtls = SSL_get_app_data(ssl);
    if (last == 0) {
        return dtls->first_timeout;
    }
    return last > dtls->maximum_timeout / 2 ? dtls->maximum_timeout : last * 2;
}

// The first error on the queue is the cause; later ones only say through which functions it came.
static void record_failure(jask_dtls_failure *failure) {
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);
    failure->alert = -1;
    if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
        int offset = ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET;
        if (offset >= 0 && offset <= UCHAR_MAX) {
            failure->alert = offset;
        }
    }
    strncpy(failure->reason, reason == NULL ? "no reason given" : reason, sizeof failure->reason - 1);
    failure->reason[sizeof failure->reason - 1] = 0;
    ERR_clear_error();
}

static int configure(jask_dtls *dtls, const jask_dtls_options *options) {
    BIO *bio = jask_dtls_bio_new(dtls);
    if (bio == NULL) {
        return 0;
    }
    // One BIO for both ways: SSL_set_bio then takes a single reference.
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_app_data(dtls->ssl, dtls);
    DTLS_set_timer_cb(dtls->ssl, next_timeout);
    if (options->is_server) {
        SSL_set_accept_state(dtls->ssl);
    } else {
        SSL_set_connect_state(dtls->ssl);
    }
    // SSL_set_tlsext_use_srtp is alone in returning 0 for success.
    return SSL_set_mtu(dtls->ssl, (long)options->mtu) > 0 &&
           (options->srtp_profiles == NULL || SSL_set_tlsext_use_srtp(dtls->ssl, options->srtp_profiles) == 0);
}

jask_dtls *jask_dtls_new(
    jask_dtls_identity *identity, const jask_dtls_options *options, jask_dtls_callbacks callbacks,
    jask_dtls_failure *failure) {
    ERR_clear_error();
    jask_dtls *dtls = calloc(1, sizeof *dtls);
    if (dtls != NULL) {
        dtls->callbacks = callbacks;
        dtls->first_timeout = options->first_timeout;
        dtls->maximum_timeout = options->maximum_timeout;
        dtls->ssl = SSL_new(identity->context);
    }
    if (dtls == NULL || dtls->ssl == NULL || !configure(dtls, options)) {
        record_failure(failure);
        jask_dtls_free(dtls);
        return NULL;
    }
    return dtls;
}

void jask_dtls_free(jask_dtls *dtls) {
    if (dtls != NULL) {
        SSL_free(dtls->ssl);
        free(dtls);
    }
}

void jask_dtls_supply(jask_dtls *dtls, const uint8_t *datagram, size_t size) {
    dtls->datagram = datagram;
    dtls->datagram_size = size;
}

void jask_dtls_withdraw(jask_dtls *dtls) {
    dtls->datagram = NULL;
    dtls->datagram_size = 0;
}

static jask_dtls_result finish(jask_dtls *dtls, int returned) {
    if (returned > 0) {
        return jask_dtls_done;
    }
    switch (SSL_get_error(dtls->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return jask_dtls_pending;
    case SSL_ERROR_ZERO_RETURN:
        return jask_dtls_closed;
    default:
        record_failure(&dtls->failure);
        return jask_dtls_failed;
    }
}

jask_dtls_result jask_dtls_handshake(jask_dtls *dtls) {
    ERR_clear_error();
    return finish(dtls, SSL_do_handshake(dtls->ssl));
}

jask_dtls_result jask_dtls_read(jask_dtls *dtls, uint8_t *out, size_t *size) {
    ERR_clear_error();
    int returned = SSL_read(dtls->ssl, out, *size > INT_MAX ? INT_MAX : (int)*size);
    *size = returned > 0 ? (size_t)returned : 0;
    return finish(dtls, returned);
}

jask_dtls_result jask_dtls_write(jask_dtls *dtls, const uint8_t *bytes, size_t size) {
    ERR_clear_error();
    return finish(dtls, SSL_write(dtls->ssl, bytes, size > INT_MAX ? INT_MAX : (int)size));
}

void jask_dtls_shutdown(jask_dtls *dtls) {
    if (SSL_is_init_finished(dtls->ssl)) {
        SSL_shutdown(dtls->ssl);
    }
    ERR_clear_error();
}

const jask_dtls_failure *jask_dtls_last_failure(const jask_dtls *dtls) {
    return &dtls->failure;
}

int jask_dtls_timer(jask_dtls *dtls, int64_t *remaining) {
    struct timeval left = {0, 0};
    if (DTLSv1_get_timeout(dtls->ssl, &left) != 1) {
        return 0;
    }
    *remaining = (int64_t)left.tv_sec * 1000000 + left.tv_usec;
    return 1;
}

jask_dtls_result jask_dtls_handle_timeout(jask_dtls *dtls) {
    ERR_clear_error();
    if (DTLSv1_handle_timeout(dtls->ssl) < 0) {
        record_failure(&dtls->failure);
        return jask_dtls_failed;
    }
    return jask_dtls_done;
}

uint16_t jask_dtls_srtp_profile(jask_dtls *dtls) {
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(dtls->ssl);
    return profile == NULL ? 0 : (uint16_t)profile->id;
}

int jask_dtls_export_srtp(jask_dtls *dtls, uint8_t *out, size_t size) {
    static const char label[] = "EXTRACTOR-dtls_srtp";
    int exported = SSL_export_keying_material(dtls->ssl, out, size, label, sizeof label - 1, NULL, 0, 0) == 1;
    ERR_clear_error();
    return exported;
}
