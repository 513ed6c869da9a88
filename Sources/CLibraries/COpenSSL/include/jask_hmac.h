#ifndef JASK_HMAC_H
#define JASK_HMAC_H

#include <stddef.h>

/* HMAC-SHA1 (RFC 2104) in one call. `out` takes 20 bytes. Returns 1, or 0 where the library refuses. */
int jask_hmac_sha1(const unsigned char *key, size_t key_length, const void *data, size_t length, unsigned char *out);

#endif
