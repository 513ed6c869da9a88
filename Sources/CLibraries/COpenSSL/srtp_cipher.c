#include "jask_srtp_cipher.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

enum { gcm_tag_size = 16, sha1_size = 20 };

struct jask_srtp_cipher {
    EVP_CIPHER_CTX *context;
    EVP_MAC_CTX *mac;
    int encrypts;
};

int jask_aes_keystream(const uint8_t *key, size_t key_size, const uint8_t *iv, uint8_t *out, size_t size) {
    const EVP_CIPHER *type = key_size == 16 ? EVP_aes_128_ctr() : key_size == 32 ? EVP_aes_256_ctr() : NULL;
    EVP_CIPHER_CTX *context = type == NULL || size > INT_MAX ? NULL : EVP_CIPHER_CTX_new();
    int written = 0;
    memset(out, 0, size);
    int made = context != NULL && EVP_EncryptInit_ex(context, type, NULL, key, iv) == 1 &&
               EVP_EncryptUpdate(context, out, &written, out, (int)size) == 1 && (size_t)written == size;
    EVP_CIPHER_CTX_free(context);
    return made;
}

static jask_srtp_cipher *make(const EVP_CIPHER *type, const uint8_t *key, int encrypts) {
    jask_srtp_cipher *cipher = type == NULL ? NULL : calloc(1, sizeof *cipher);
    if (cipher == NULL) {
        return NULL;
    }
    cipher->encrypts = encrypts;
    cipher->context = EVP_CIPHER_CTX_new();
    if (cipher->context == NULL || EVP_CipherInit_ex(cipher->context, type, NULL, key, NULL, encrypts) != 1) {
        jask_srtp_cipher_free(cipher);
        return NULL;
    }
    return cipher;
}

jask_srtp_cipher *jask_srtp_cipher_new_gcm(const uint8_t *key, size_t key_size, int encrypts) {
    return make(key_size == 16 ? EVP_aes_128_gcm() : key_size == 32 ? EVP_aes_256_gcm() : NULL, key, encrypts);
}

jask_srtp_cipher *jask_srtp_cipher_new_cm(const uint8_t *key, const uint8_t *authentication_key) {
    jask_srtp_cipher *cipher = make(EVP_aes_128_ctr(), key, 1);
    EVP_MAC *type = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA1", 0), OSSL_PARAM_construct_end()};
    if (cipher != NULL && type != NULL) {
        cipher->mac = EVP_MAC_CTX_new(type);
    }
    EVP_MAC_free(type);
    if (cipher != NULL &&
        (cipher->mac == NULL || EVP_MAC_init(cipher->mac, authentication_key, sha1_size, parameters) != 1)) {
        jask_srtp_cipher_free(cipher);
        return NULL;
    }
    return cipher;
}

void jask_srtp_cipher_free(jask_srtp_cipher *cipher) {
    if (cipher != NULL) {
        EVP_CIPHER_CTX_free(cipher->context);
        EVP_MAC_CTX_free(cipher->mac);
        free(cipher);
    }
}

static int update(EVP_CIPHER_CTX *context, uint8_t *out, const uint8_t *in, size_t size) {
    int written = 0;
    return size == 0 ||
           (size <= INT_MAX && EVP_CipherUpdate(context, out, &written, in, (int)size) == 1 && (size_t)written == size);
}

static int begin(
    jask_srtp_cipher *cipher, const uint8_t *iv, const uint8_t *first, size_t first_size, const uint8_t *second,
    size_t second_size) {
    return EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, cipher->encrypts) == 1 &&
           update(cipher->context, NULL, first, first_size) && update(cipher->context, NULL, second, second_size);
}

int jask_srtp_gcm_seal(
    jask_srtp_cipher *cipher, const uint8_t *iv, const uint8_t *first, size_t first_size, const uint8_t *second,
    size_t second_size, uint8_t *data, size_t size, uint8_t *tag) {
    uint8_t nothing[gcm_tag_size];
    int written = 0;
    return cipher->encrypts && begin(cipher, iv, first, first_size, second, second_size) &&
           update(cipher->context, data, data, size) &&
           EVP_CipherFinal_ex(cipher->context, nothing, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_GET_TAG, gcm_tag_size, tag) == 1;
}

int jask_srtp_gcm_open(
    jask_srtp_cipher *cipher, const uint8_t *iv, const uint8_t *first, size_t first_size, const uint8_t *second,
    size_t second_size, uint8_t *data, size_t size, const uint8_t *tag) {
    uint8_t nothing[gcm_tag_size];
    int written = 0;
    return !cipher->encrypts && begin(cipher, iv, first, first_size, second, second_size) &&
           update(cipher->context, data, data, size) &&
           EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, gcm_tag_size, (void *)tag) == 1 &&
           EVP_CipherFinal_ex(cipher->context, nothing, &written) == 1;
}

int jask_srtp_cm_crypt(jask_srtp_cipher *cipher, const uint8_t *iv, uint8_t *data, size_t size) {
    return EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, iv, cipher->encrypts) == 1 &&
           update(cipher->context, data, data, size);
}

int jask_srtp_cm_tag(
    jask_srtp_cipher *cipher, const uint8_t *first, size_t first_size, const uint8_t *second, size_t second_size,
    uint8_t *out) {
    size_t written = 0;
    // Without a key the one of before is used again.
    return cipher->mac != NULL && EVP_MAC_init(cipher->mac, NULL, 0, NULL) == 1 &&
           EVP_MAC_update(cipher->mac, first, first_size) == 1 &&
           (second_size == 0 || EVP_MAC_update(cipher->mac, second, second_size) == 1) &&
           EVP_MAC_final(cipher->mac, out, &written, sha1_size) == 1 && written == sha1_size;
}
