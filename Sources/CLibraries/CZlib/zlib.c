#include "jask_zlib.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct jask_inflater {
    z_stream stream;
};

static int window_bits(jask_zlib_format format) {
    return format == JASK_GZIP ? MAX_WBITS + 16 : -MAX_WBITS;
}

static uInt clamped(size_t size) {
    return size > UINT_MAX ? UINT_MAX : (uInt)size;
}

jask_inflater *jask_inflater_new(jask_zlib_format format) {
    jask_inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater == NULL) return NULL;
    if (inflateInit2(&inflater->stream, window_bits(format)) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

void jask_inflater_free(jask_inflater *inflater) {
    if (inflater == NULL) return;
    inflateEnd(&inflater->stream);
    free(inflater);
}

jask_zlib_status jask_inflater_run(jask_inflater *inflater, const uint8_t *input, size_t input_size, size_t *consumed,
                                   uint8_t *output, size_t output_size, size_t *produced) {
    z_stream *stream = &inflater->stream;
    uInt offered = clamped(input_size), room = clamped(output_size);
    stream->next_in = (Bytef *)input;
    stream->avail_in = offered;
    stream->next_out = output;
    stream->avail_out = room;
    int result = inflate(stream, Z_NO_FLUSH);
    *consumed = offered - stream->avail_in;
    *produced = room - stream->avail_out;
    switch (result) {
        case Z_STREAM_END: return JASK_ZLIB_DONE;
        case Z_OK:
        case Z_BUF_ERROR: return stream->avail_out == 0 ? JASK_ZLIB_OUTPUT_FULL : JASK_ZLIB_INPUT_ENDED;
        case Z_MEM_ERROR: return JASK_ZLIB_NO_MEMORY;
        default: return JASK_ZLIB_CORRUPT;
    }
}

size_t jask_deflate_bound(jask_zlib_format format, size_t size) {
    // compressBound is for the zlib wrapper (6 bytes); gzip's is 18.
    return compressBound(size) + (format == JASK_GZIP ? 18 : 0);
}

jask_zlib_status jask_deflate(jask_zlib_format format, const uint8_t *input, size_t input_size, uint8_t *output,
                              size_t output_size, size_t *produced) {
    *produced = 0;
    if (input_size > UINT_MAX || output_size > UINT_MAX) return JASK_ZLIB_NO_MEMORY;
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits(format), 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return JASK_ZLIB_NO_MEMORY;
    }
    stream.next_in = (Bytef *)input;
    stream.avail_in = (uInt)input_size;
    stream.next_out = output;
    stream.avail_out = (uInt)output_size;
    int result = deflate(&stream, Z_FINISH);
    *produced = output_size - stream.avail_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? JASK_ZLIB_DONE : JASK_ZLIB_OUTPUT_FULL;
}
