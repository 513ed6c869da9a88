#ifndef JASK_CFLOATS_H
#define JASK_CFLOATS_H

#include <stddef.h>

// Sums of products over eight numbers at a time (AVX2), each number of a result by the same operations in the same order
// as over single ones: no fused multiplication, so that every machine gives the same probabilities.

/// Whether this processor has the instructions; the functions below must not be called where it has not.
int jask_floats_is_wide(void);

/// For each of `rows` (a multiple of four) numbers of `input`, adds its products with a row of `outputs` weights to
/// `output`, four rows at a time: ((w0 x0 + w1 x1) + (w2 x2 + w3 x3)). `outputs` is a multiple of eight.
void jask_floats_add_rows(const float *input, size_t rows, const float *weights, size_t outputs, float *output);

/// For each of `channels`, a convolution of three taps over four frames, padded by one on each side, is added to the
/// frames of `output`. `outputs` is a multiple of eight.
/// - input: [channels][4 frames]
/// - weights: [channels][3 taps][outputs]
/// - output: [4 frames][outputs]
void jask_floats_add_frames(const float *input, size_t channels, const float *weights, size_t outputs, float *output);

#endif
