#ifndef JASK_CFLOATS_H
#define JASK_CFLOATS_H

#include <stddef.h>

// Sums of products over eight numbers at a time (AVX2), each number of a result by the same operations in the same order
// as over single ones: no fused multiplication, so that every machine gives the same probabilities.

/// Whether this processor has the instructions; the functions below must not be called where it has not.
int jask_floats_is_wide(void);

/// Inputs that meet the same weights: these are read once for all of them.
typedef struct {
    /// The first input; the next begins `input_step` numbers later.
    const float *input;
    size_t input_step;
    /// What is added to for the first input; for the next it is `output_step` numbers later.
    float *output;
    size_t output_step;
    size_t count;
} jask_floats_batch;

/// Outputs whose weights stand together in `jask_floats_add_rows`, and in `jask_floats_add_frames`; the last of a layer may
/// be fewer, but always a multiple of eight.
enum { JASK_FLOATS_ROW_BLOCK = 32, JASK_FLOATS_FRAME_BLOCK = 16 };

/// For each of `rows` (a multiple of four) numbers of an input, from the weights' `first_row` on, adds its products with a
/// row of weights to the output, four rows at a time: ((w0 x0 + w1 x1) + (w2 x2 + w3 x3)).
/// - weights: for each block of `outputs`, [all_rows][outputs of the block]
void jask_floats_add_rows(
    jask_floats_batch batch, size_t first_row, size_t rows, const float *weights, size_t all_rows, size_t outputs);

/// For each of `channels`, a convolution of three taps over four frames, padded by one on each side, is added to the
/// frames of the output.
/// - batch: an input is [channels][4 frames], an output [4 frames][outputs].
/// - weights: for each block of `outputs`, [channels][3 taps][outputs of the block]
void jask_floats_add_frames(jask_floats_batch batch, size_t channels, const float *weights, size_t outputs);

#endif
