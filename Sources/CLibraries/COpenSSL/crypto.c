#include "jask_crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

int jask_hmac_sha256(const void *key, size_t key_size, const void *data, size_t data_size, uint8_t *out) {
    static const uint8_t empty = 0;
    unsigned int size = 0;
    if (key_size > INT_MAX) {
        return 0;
    }
    // A null key means "the key of before" to OpenSSL, so an empty key needs an address.
    const void *key_bytes = key_size == 0 ? &empty : key;
    const void *data_bytes = data_size == 0 ? &empty : data;
    return HMAC(EVP_sha256(), key_bytes, (int)key_size, data_bytes, data_size, out, &size) != NULL &&
           size == JASK_SHA256_SIZE;
}

int jask_sha256(const void *data, size_t data_size, uint8_t *out) {
    unsigned int size = 0;
    return EVP_Digest(data, data_size, out, &size, EVP_sha256(), NULL) == 1 && size == JASK_SHA256_SIZE;
}

size_t jask_digest(const char *name, const void *data, size_t data_size, uint8_t *out) {
    const EVP_MD *digest = EVP_get_digestbyname(name);
    unsigned int size = 0;
    if (digest == NULL || EVP_MD_get_size(digest) > JASK_MAX_DIGEST_SIZE) {
        return 0;
    }
    return EVP_Digest(data, data_size, out, &size, digest, NULL) == 1 ? size : 0;
}

int jask_random_bytes(void *out, size_t size) {
    uint8_t *next = out;
    while (size > 0) {
        int chunk = size > INT_MAX ? INT_MAX : (int)size;
        if (RAND_bytes(next, chunk) != 1) {
            return 0;
        }
        next += chunk;
        size -= (size_t)chunk;
    }
    return 1;
}

int jask_constant_time_equal(const void *left, const void *right, size_t size) {
    return CRYPTO_memcmp(left, right, size) == 0;
}

void jask_cleanse(void *area, size_t size) {
    OPENSSL_cleanse(area, size);
}
