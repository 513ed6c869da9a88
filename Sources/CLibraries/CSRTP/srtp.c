#include "jask_srtp.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <string.h>

_Static_assert((int)jask_srtp_authentication == (int)srtp_err_status_auth_fail, "status");
_Static_assert((int)jask_srtp_replayed == (int)srtp_err_status_replay_fail, "status");
_Static_assert((int)jask_srtp_too_old == (int)srtp_err_status_replay_old, "status");
_Static_assert((int)jask_srtp_no_stream == (int)srtp_err_status_no_ctx, "status");
_Static_assert((int)jask_srtp_not_encrypted == (int)srtp_err_status_cant_check, "status");
_Static_assert((int)jask_srtp_key_expired == (int)srtp_err_status_key_expired, "status");
_Static_assert((int)jask_srtp_malformed == (int)srtp_err_status_parse_err, "status");
_Static_assert((int)jask_srtp_index_too_old == (int)srtp_err_status_pkt_idx_old, "status");
_Static_assert((int)jask_srtp_index_too_far == (int)srtp_err_status_pkt_idx_adv, "status");

static pthread_once_t initialized = PTHREAD_ONCE_INIT;
static srtp_err_status_t initialize_status = srtp_err_status_init_fail;

static void initialize(void) {
    initialize_status = srtp_init();
}

int jask_srtp_initialize(void) {
    pthread_once(&initialized, initialize);
    return (int)initialize_status;
}

static srtp_t unwrap(jask_srtp_session *session) {
    return (srtp_t)session;
}

jask_srtp_session *jask_srtp_new(void) {
    srtp_t session = NULL;
    if (jask_srtp_initialize() != 0 || srtp_create(&session, NULL) != srtp_err_status_ok) {
        return NULL;
    }
    return (jask_srtp_session *)session;
}

void jask_srtp_free(jask_srtp_session *session) {
    if (session != NULL) {
        srtp_dealloc(unwrap(session));
    }
}

int jask_srtp_add_stream(
    jask_srtp_session *session, uint16_t profile, const uint8_t *key_and_salt, uint32_t ssrc, uint32_t window) {
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    switch (profile) {
    case 1:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
        break;
    case 7:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
    case 8:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
    default:
        return srtp_err_status_bad_param;
    }
    policy.ssrc.type = ssrc_specific;
    policy.ssrc.value = ssrc;
    // libsrtp copies what it derives from the key; the field is only not const for history's sake.
    policy.key = (unsigned char *)key_and_salt;
    policy.window_size = window;
    return (int)srtp_add_stream(unwrap(session), &policy);
}

int jask_srtp_remove_stream(jask_srtp_session *session, uint32_t ssrc) {
    // Alone among its siblings this call wants the SSRC in network order.
    return (int)srtp_remove_stream(unwrap(session), htonl(ssrc));
}

int jask_srtp_set_rollover_counter(jask_srtp_session *session, uint32_t ssrc, uint32_t counter) {
    return (int)srtp_set_stream_roc(unwrap(session), ssrc, counter);
}

int jask_srtp_protect_rtp(jask_srtp_session *session, void *packet, int *size) {
    return (int)srtp_protect(unwrap(session), packet, size);
}

int jask_srtp_unprotect_rtp(jask_srtp_session *session, void *packet, int *size) {
    return (int)srtp_unprotect(unwrap(session), packet, size);
}

int jask_srtp_protect_rtcp(jask_srtp_session *session, void *packet, int *size) {
    return (int)srtp_protect_rtcp(unwrap(session), packet, size);
}

int jask_srtp_unprotect_rtcp(jask_srtp_session *session, void *packet, int *size) {
    return (int)srtp_unprotect_rtcp(unwrap(session), packet, size);
}
