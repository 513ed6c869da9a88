#ifndef JASK_DTLS_H
#define JASK_DTLS_H

#include <stddef.h>
#include <stdint.h>

/// A key, its self-signed certificate and the SSL_CTX that carries both. Immutable once made; its reference count is
/// atomic, so sessions of several threads may share it.
typedef struct jask_dtls_identity jask_dtls_identity;

/// A new ECDSA P-256 key and certificate, or null when OpenSSL fails.
jask_dtls_identity *jask_dtls_identity_new(void);
void jask_dtls_identity_free(jask_dtls_identity *identity);
/// The certificate in DER; lives as long as the identity.
const uint8_t *jask_dtls_identity_certificate(const jask_dtls_identity *identity, size_t *size);

/// One DTLS 1.2 association. Not thread-safe. Never reads or writes a socket.
typedef struct jask_dtls jask_dtls;

typedef struct {
    void *owner;
    /// One datagram to send; the bytes live only during the call.
    void (*send)(void *owner, const uint8_t *bytes, size_t size);
    /// Whether the peer's certificate (DER) is the expected one; called during the handshake, before it completes.
    int (*verify)(void *owner, const uint8_t *certificate, size_t size);
} jask_dtls_callbacks;

typedef struct {
    int is_server;
    /// OpenSSL's profile names in order of preference, or null for no SRTP.
    const char *srtp_profiles;
    /// The largest handshake datagram, in bytes.
    unsigned int mtu;
    /// The first retransmission timeout, which then doubles, and its ceiling, in microseconds.
    unsigned int first_timeout;
    unsigned int maximum_timeout;
} jask_dtls_options;

typedef enum {
    jask_dtls_done = 0,
    /// Needs another datagram, or time.
    jask_dtls_pending = 1,
    /// The peer sent close_notify.
    jask_dtls_closed = 2,
    jask_dtls_failed = 3,
} jask_dtls_result;

typedef struct {
    /// The code of the fatal alert the peer sent, or -1 when the failure is our own finding.
    int alert;
    /// OpenSSL's reason, terminated.
    char reason[128];
} jask_dtls_failure;

/// Null when OpenSSL fails; `failure` then says why.
jask_dtls *jask_dtls_new(
    jask_dtls_identity *identity, const jask_dtls_options *options, jask_dtls_callbacks callbacks,
    jask_dtls_failure *failure);
void jask_dtls_free(jask_dtls *dtls);

/// Lends a received datagram, which must stay valid until it is withdrawn.
void jask_dtls_supply(jask_dtls *dtls, const uint8_t *datagram, size_t size);
void jask_dtls_withdraw(jask_dtls *dtls);

jask_dtls_result jask_dtls_handshake(jask_dtls *dtls);
/// Reads one record of application data; `size` is the room before and the count after.
jask_dtls_result jask_dtls_read(jask_dtls *dtls, uint8_t *out, size_t *size);
jask_dtls_result jask_dtls_write(jask_dtls *dtls, const uint8_t *bytes, size_t size);
/// Sends close_notify if the handshake is over.
void jask_dtls_shutdown(jask_dtls *dtls);
/// What made the last call fail.
const jask_dtls_failure *jask_dtls_last_failure(const jask_dtls *dtls);

/// Whether the retransmission timer runs, and for how many microseconds it still does.
int jask_dtls_timer(jask_dtls *dtls, int64_t *remaining);
/// Retransmits the last flight if the timer has run out.
jask_dtls_result jask_dtls_handle_timeout(jask_dtls *dtls);

/// The DTLS-SRTP profile agreed on, or 0.
uint16_t jask_dtls_srtp_profile(jask_dtls *dtls);
/// Exports keying material with the label EXTRACTOR-dtls_srtp (RFC 5764 §4.2). Returns 1 or 0.
int jask_dtls_export_srtp(jask_dtls *dtls, uint8_t *out, size_t size);

#endif
