#ifndef JASK_OPENH264_H
#define JASK_OPENH264_H

#include <stddef.h>
#include <stdint.h>

// openh264's headers stay inside this target: Swift sees these functions only.

/// A decoded picture of 4:2:0 with 8 bits. The planes belong to the decoder, until the next call.
typedef struct {
    const uint8_t *planes[3];
    int strides[3];
    int width, height;
} jask_openh264_picture;

typedef struct jask_openh264_decoder jask_openh264_decoder;

/// A silent decoder on the caller's thread alone, which conceals nothing; NULL when there is no memory.
jask_openh264_decoder *jask_openh264_decoder_new(void);
void jask_openh264_decoder_free(jask_openh264_decoder *decoder);

enum jask_openh264_status {
    jask_openh264_ok = 0,
    jask_openh264_corrupt = 1,
    jask_openh264_no_memory = 2,
};

/// Decodes one access unit in Annex B form. Where no picture comes of it, `picture->planes[0]` is NULL.
int jask_openh264_decode(
    jask_openh264_decoder *decoder, const uint8_t *data, size_t size, jask_openh264_picture *picture);

#endif
