#include "jask_hmac.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

int jask_hmac_sha1(const unsigned char *key, size_t key_length, const void *data, size_t length, unsigned char *out) {
    unsigned int written = 0;
    if (key_length > INT_MAX || out == NULL) return 0;
    /* HMAC() reads a null key as "the key of the last call"; an empty key needs a real pointer. */
    const unsigned char *bytes = key_length == 0 ? (const unsigned char *)"" : key;
    if (HMAC(EVP_sha1(), bytes, (int)key_length, data, length, out, &written) == NULL) return 0;
    return written == 20;
}
