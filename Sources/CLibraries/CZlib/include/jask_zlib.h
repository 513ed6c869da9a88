#ifndef JASK_ZLIB_H
#define JASK_ZLIB_H

#include <stddef.h>
#include <stdint.h>

// zlib's own header stays inside this target: Swift sees these functions only.

/// Raw deflate data (RFC 1951), or data in a gzip wrapper (RFC 1952).
typedef enum { JASK_DEFLATE_RAW = 0, JASK_GZIP = 1 } jask_zlib_format;

typedef enum {
    JASK_ZLIB_DONE = 0,           // the stream ended and all of it is in the output
    JASK_ZLIB_OUTPUT_FULL = 1,    // the output is full and the stream goes on
    JASK_ZLIB_INPUT_ENDED = 2,    // the input ended before the stream did
    JASK_ZLIB_CORRUPT = 3,        // the input is not such a stream
    JASK_ZLIB_NO_MEMORY = 4,
} jask_zlib_status;

typedef struct jask_inflater jask_inflater;

/// A decompressor, or NULL when there is no memory. Free it with jask_inflater_free.
jask_inflater *jask_inflater_new(jask_zlib_format format);
void jask_inflater_free(jask_inflater *inflater);

/// Decompresses from `input` until it or the output is used up. `*consumed` and `*produced` tell how much was.
jask_zlib_status jask_inflater_run(jask_inflater *inflater, const uint8_t *input, size_t input_size, size_t *consumed,
                                   uint8_t *output, size_t output_size, size_t *produced);

/// The largest size that `size` bytes can have after jask_deflate.
size_t jask_deflate_bound(jask_zlib_format format, size_t size);

/// Compresses all of `input` into `output`, which has room for jask_deflate_bound bytes.
jask_zlib_status jask_deflate(jask_zlib_format format, const uint8_t *input, size_t input_size, uint8_t *output,
                              size_t output_size, size_t *produced);

#endif
