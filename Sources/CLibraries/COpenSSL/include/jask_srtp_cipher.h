#ifndef JASK_SRTP_CIPHER_H
#define JASK_SRTP_CIPHER_H

#include <stddef.h>
#include <stdint.h>

// The primitives of SRTP (RFC 3711, RFC 7714). Functions that return int return 1 for success, 0 for failure.

/// AES keystream in counter mode: encrypts `size` zero bytes into `out`. `key_size` is 16 or 32, `iv` has 16 bytes.
int jask_aes_keystream(const uint8_t *key, size_t key_size, const uint8_t *iv, uint8_t *out, size_t size);

/// One session key with its cipher state, so that a packet only sets the IV. Not thread-safe.
typedef struct jask_srtp_cipher jask_srtp_cipher;

/// AES-GCM with a key of 16 or 32 bytes.
jask_srtp_cipher *jask_srtp_cipher_new_gcm(const uint8_t *key, size_t key_size, int encrypts);
/// AES-CM with a key of 16 bytes, and HMAC-SHA1 with one of 20.
jask_srtp_cipher *jask_srtp_cipher_new_cm(const uint8_t *key, const uint8_t *authentication_key);
void jask_srtp_cipher_free(jask_srtp_cipher *cipher);

/// Encrypts in place, authenticates that and both other areas (the second may be empty), and writes 16 bytes of tag.
/// `iv` has 12 bytes.
int jask_srtp_gcm_seal(
    jask_srtp_cipher *cipher, const uint8_t *iv, const uint8_t *first, size_t first_size, const uint8_t *second,
    size_t second_size, uint8_t *data, size_t size, uint8_t *tag);
/// The reverse; 0 when the tag is wrong, and then `data` has been changed all the same.
int jask_srtp_gcm_open(
    jask_srtp_cipher *cipher, const uint8_t *iv, const uint8_t *first, size_t first_size, const uint8_t *second,
    size_t second_size, uint8_t *data, size_t size, const uint8_t *tag);
/// Encrypts or decrypts in place in counter mode; `iv` has 16 bytes.
int jask_srtp_cm_crypt(jask_srtp_cipher *cipher, const uint8_t *iv, uint8_t *data, size_t size);
/// HMAC-SHA1 over both areas (the second may be empty), 20 bytes.
int jask_srtp_cm_tag(
    jask_srtp_cipher *cipher, const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size,
    uint8_t *out);

#endif
