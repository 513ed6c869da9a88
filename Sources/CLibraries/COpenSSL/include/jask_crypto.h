#ifndef JASK_CRYPTO_H
#define JASK_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

// OpenSSL's headers stay inside this target: only these functions and opaque types are seen by Swift.

#define JASK_SHA256_SIZE 32
#define JASK_MAX_DIGEST_SIZE 64

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) of `data` into 32 bytes. Returns 1, or 0 when OpenSSL fails.
int jask_hmac_sha256(const void *key, size_t key_size, const void *data, size_t data_size, uint8_t *out);

/// SHA-256 of `data` into 32 bytes. Returns 1, or 0 when OpenSSL fails.
int jask_sha256(const void *data, size_t data_size, uint8_t *out);

/// The digest called `name` by OpenSSL ("SHA1", "SHA256", …) of `data` into `out`, which has room for
/// JASK_MAX_DIGEST_SIZE bytes. Returns the digest's size, or 0 when there is no such digest.
size_t jask_digest(const char *name, const void *data, size_t data_size, uint8_t *out);

/// Cryptographically secure random bytes. Returns 1, or 0 when the generator could not be seeded.
int jask_random_bytes(void *out, size_t size);

/// Whether two areas of the same size are equal, in time that does not depend on where they differ.
int jask_constant_time_equal(const void *left, const void *right, size_t size);

/// Overwrites an area in a way the compiler may not leave out.
void jask_cleanse(void *area, size_t size);

#endif
