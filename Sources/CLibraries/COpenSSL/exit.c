#include <openssl/crypto.h>

// At exit libcrypto frees what other threads still work with, and the process that was ending in good order crashes.
// Told so before its first use, it registers nothing; the system takes the memory back.
__attribute__((constructor)) static void free_nothing_at_exit(void) {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}
