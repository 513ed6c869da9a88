#ifndef JASK_SRTP_H
#define JASK_SRTP_H

#include <stdint.h>

// libsrtp's headers stay inside this target: Swift sees only an opaque session and these functions.
// Every function that returns int returns libsrtp's status: 0 is success.

/// One direction's streams.
typedef struct jask_srtp_session jask_srtp_session;

enum jask_srtp_status {
    jask_srtp_ok = 0,
    jask_srtp_bad_parameter = 2,
    jask_srtp_no_memory = 3,
    jask_srtp_authentication = 7,
    jask_srtp_replayed = 9,
    jask_srtp_too_old = 10,
    jask_srtp_no_stream = 13,
    jask_srtp_not_encrypted = 14,
    jask_srtp_key_expired = 15,
    jask_srtp_malformed = 21,
    jask_srtp_index_too_old = 26,
    jask_srtp_index_too_far = 27,
};

/// Bytes that protecting a packet may append (tag, SRTCP index).
#define JASK_SRTP_MAX_TRAILER 20

/// Sets the library up; safe to call from any thread, any number of times.
int jask_srtp_initialize(void);

/// A session without streams, or null when there is no memory.
jask_srtp_session *jask_srtp_new(void);
void jask_srtp_free(jask_srtp_session *session);

/// Adds the stream of one SSRC. `profile` is a DTLS-SRTP protection profile (1, 7 or 8); `key_and_salt` is the master
/// key followed by the master salt, as long as the profile says. `window` is the replay window in packets.
int jask_srtp_add_stream(
    jask_srtp_session *session, uint16_t profile, const uint8_t *key_and_salt, uint32_t ssrc, uint32_t window);
int jask_srtp_remove_stream(jask_srtp_session *session, uint32_t ssrc);

/// The roll-over counter that the next packet of a stream is tried with.
int jask_srtp_set_rollover_counter(jask_srtp_session *session, uint32_t ssrc, uint32_t counter);

// In place; `size` is the packet's size before and after. Protecting needs JASK_SRTP_MAX_TRAILER bytes of room behind
// the packet.
int jask_srtp_protect_rtp(jask_srtp_session *session, void *packet, int *size);
int jask_srtp_unprotect_rtp(jask_srtp_session *session, void *packet, int *size);
int jask_srtp_protect_rtcp(jask_srtp_session *session, void *packet, int *size);
int jask_srtp_unprotect_rtcp(jask_srtp_session *session, void *packet, int *size);

#endif
