#ifndef JASK_AEAD_H
#define JASK_AEAD_H

#include <stddef.h>
#include <stdint.h>

#define JASK_AES_256_KEY_SIZE 32
#define JASK_GCM_NONCE_SIZE 12
#define JASK_GCM_TAG_SIZE 16

/// AES-256-GCM (NIST SP 800-38D) in one call: encrypts `size` bytes in place and writes the tag. `data` is authenticated
/// and not encrypted. Returns 1, or -1 when OpenSSL fails: then `bytes` are wiped.
int jask_aes_256_gcm_seal(
    const uint8_t *key, const uint8_t *nonce, const void *data, size_t data_size, uint8_t *bytes, size_t size,
    uint8_t *tag);

/// The reverse. Returns 1, 0 when anything differs from what was sealed, or -1 when OpenSSL fails: unless it is 1, `bytes`
/// are wiped.
int jask_aes_256_gcm_open(
    const uint8_t *key, const uint8_t *nonce, const void *data, size_t data_size, uint8_t *bytes, size_t size,
    const uint8_t *tag);

#endif
