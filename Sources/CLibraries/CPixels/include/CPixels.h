#ifndef JASK_CPIXELS_H
#define JASK_CPIXELS_H

#include <stddef.h>
#include <stdint.h>

/// Where a row of pixels is taken from a picture, and what becomes of them.
typedef struct {
    /// Of the first, in 1/32 of a pixel from the middle of the picture's first one.
    double x, y;
    /// From each to the next.
    double step_x, step_y;
    /// A sample of 0…255 becomes sample * scale + offset.
    float scale, offset;
} jask_pixel_row;

/// What a processor can do that Swift cannot name; each can do what stands before it.
typedef enum {
    JASK_PIXELS_NONE,
    /// A pixel at a time (SSSE3).
    JASK_PIXELS_ONE,
    /// Four at a time (AVX2); the picture has less than 2 GiB.
    JASK_PIXELS_FOUR,
    /// Eight at a time (AVX-512 F, BW, DQ and VL); the same.
    JASK_PIXELS_EIGHT,
} jask_pixel_instructions;

/// What this processor can.
jask_pixel_instructions jask_pixels_best(void);
/// Writes `count` pixels of three numbers from `output` on, each interpolated between the four around its place, in 1/32
/// each way, rounded; by instructions that the processor has, and not none. All places must have a pixel to the left and
/// above, two to the right and one below.
void jask_pixels_write(
    jask_pixel_instructions instructions, const jask_pixel_row *row, const uint8_t *picture, size_t stride, size_t first,
    size_t count, float *output);

#endif
