#ifndef JASK_JPEG_H
#define JASK_JPEG_H

#include <stddef.h>
#include <stdint.h>

// libjpeg's headers stay inside this target: Swift sees these functions only. Its errors jump; they never leave a
// function of this target otherwise than as its result.

typedef enum {
    jask_jpeg_ok = 0,
    jask_jpeg_corrupt = 1,
    /// Another sampling or colour space than is read.
    jask_jpeg_unsupported = 2,
    jask_jpeg_no_memory = 3,
    /// The picture has another size than the planes.
    jask_jpeg_other_size = 4,
} jask_jpeg_status;

/// Planes of 4:2:0 with 8 bits; the chroma planes have half the samples each way, rounded up.
typedef struct {
    uint8_t *planes[3];
    int strides[3];
    int width, height;
} jask_jpeg_picture;

/// Reads a file into planes of its size: luma and chroma as they are, chroma of other samplings made to 4:2:0, that of
/// grey pictures 128. What is missing or broken is an error, and what is odd a warning. More scans than `most_scans`
/// are an error too: each costs the time of a picture.
jask_jpeg_status jask_jpeg_read(
    const uint8_t *data, size_t size, int most_scans, const jask_jpeg_picture *picture, long *warnings);

typedef struct {
    /// 1 (worst) to 100.
    int quality;
    /// MCUs between restart markers; 0 for none.
    int restart_interval;
    /// Samplings: 420, 422 or 444; chroma rows and columns are repeated where it has more than the planes.
    int sampling;
    /// Codes made for this picture alone, instead of the standard's.
    int has_own_codes;
    int is_progressive;
} jask_jpeg_encoding;

/// Writes planes as a JFIF file. `*data` is to be freed with jask_jpeg_free.
jask_jpeg_status jask_jpeg_write(
    const jask_jpeg_picture *picture, const jask_jpeg_encoding *encoding, uint8_t **data, size_t *size);
void jask_jpeg_free(uint8_t *data);

#endif
