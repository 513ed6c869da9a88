#include "jask_aead.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

/// Takes the key, the nonce and what is authenticated alone. Returns null when OpenSSL fails.
static EVP_CIPHER_CTX *begin(
    int encrypts, const uint8_t *key, const uint8_t *nonce, const void *data, size_t data_size) {
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    // The nonce's size is the cipher's own: 12 bytes.
    if (context != NULL && EVP_CipherInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce, encrypts) == 1 &&
        (data_size == 0 || EVP_CipherUpdate(context, NULL, &written, data, (int)data_size) == 1)) {
        return context;
    }
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

/// What is not to be handed out is wiped.
static int refuse(int result, uint8_t *bytes, size_t size) {
    if (size > 0) {
        OPENSSL_cleanse(bytes, size);
    }
    return result;
}

int jask_aes_256_gcm_seal(
    const uint8_t *key, const uint8_t *nonce, const void *data, size_t data_size, uint8_t *bytes, size_t size,
    uint8_t *tag) {
    if (size > INT_MAX || data_size > INT_MAX) {
        return refuse(-1, bytes, size);
    }
    EVP_CIPHER_CTX *context = begin(1, key, nonce, data, data_size);
    if (context == NULL) {
        return refuse(-1, bytes, size);
    }
    uint8_t rest[EVP_MAX_BLOCK_LENGTH];
    int written = 0, last = 0;
    int is_done = (size == 0 || EVP_CipherUpdate(context, bytes, &written, bytes, (int)size) == 1) &&
                  EVP_CipherFinal_ex(context, rest, &last) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, JASK_GCM_TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    return is_done ? 1 : refuse(-1, bytes, size);
}

int jask_aes_256_gcm_open(
    const uint8_t *key, const uint8_t *nonce, const void *data, size_t data_size, uint8_t *bytes, size_t size,
    const uint8_t *tag) {
    if (size > INT_MAX || data_size > INT_MAX) {
        return refuse(-1, bytes, size);
    }
    EVP_CIPHER_CTX *context = begin(0, key, nonce, data, data_size);
    if (context == NULL) {
        return refuse(-1, bytes, size);
    }
    uint8_t rest[EVP_MAX_BLOCK_LENGTH];
    int written = 0, last = 0;
    // OpenSSL takes the tag by a pointer that is not const, and does not write to it.
    int is_read = (size == 0 || EVP_CipherUpdate(context, bytes, &written, bytes, (int)size) == 1) &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, JASK_GCM_TAG_SIZE, (void *)tag) == 1;
    // The tag is compared at the end.
    int is_same = is_read && EVP_CipherFinal_ex(context, rest, &last) == 1;
    EVP_CIPHER_CTX_free(context);
    return is_same ? 1 : refuse(is_read ? 0 : -1, bytes, size);
}
