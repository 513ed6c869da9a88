#include "CFloats.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))
#define WHOLE static inline __attribute__((always_inline))

int jask_floats_is_wide(void) { return __builtin_cpu_supports("avx2") != 0; }

/// What four rows of weights, `step` apart, add to eight numbers.
WIDE WHOLE __m256 four_rows(const __m256 x[4], const float *weights, size_t step) {
    __m256 first = _mm256_add_ps(
        _mm256_mul_ps(_mm256_loadu_ps(weights), x[0]), _mm256_mul_ps(_mm256_loadu_ps(weights + step), x[1]));
    __m256 second = _mm256_add_ps(
        _mm256_mul_ps(_mm256_loadu_ps(weights + 2 * step), x[2]),
        _mm256_mul_ps(_mm256_loadu_ps(weights + 3 * step), x[3]));
    return _mm256_add_ps(first, second);
}

/// `blocks` times eight of the outputs, whose sums stay in registers.
WIDE WHOLE void add_rows_to(
    int blocks, const float *input, size_t rows, const float *weights, size_t step, float *output) {
    __m256 sums[4];
    for (int block = 0; block < blocks; block++) sums[block] = _mm256_loadu_ps(output + 8 * block);
    for (size_t row = 0; row < rows; row += 4) {
        const __m256 x[4] = {
            _mm256_set1_ps(input[row]), _mm256_set1_ps(input[row + 1]), _mm256_set1_ps(input[row + 2]),
            _mm256_set1_ps(input[row + 3])};
        for (int block = 0; block < blocks; block++) {
            sums[block] = _mm256_add_ps(sums[block], four_rows(x, weights + row * step + 8 * block, step));
        }
    }
    for (int block = 0; block < blocks; block++) _mm256_storeu_ps(output + 8 * block, sums[block]);
}

WIDE void jask_floats_add_rows(
    jask_floats_batch batch, size_t first_row, size_t rows, const float *weights, size_t all_rows, size_t outputs) {
    // Block by block, so that its weights are in the nearest cache for the second input and those after it.
    for (size_t at = 0; at < outputs; at += JASK_FLOATS_ROW_BLOCK) {
        size_t left = outputs - at;
        size_t step = left < JASK_FLOATS_ROW_BLOCK ? left : JASK_FLOATS_ROW_BLOCK;
        const float *block = weights + at * all_rows + first_row * step;
        for (size_t index = 0; index < batch.count; index++) {
            const float *input = batch.input + index * batch.input_step;
            float *output = batch.output + index * batch.output_step + at;
            if (step == JASK_FLOATS_ROW_BLOCK) {
                add_rows_to(4, input, rows, block, JASK_FLOATS_ROW_BLOCK, output);
            } else {
                for (size_t part = 0; part < step; part += 8) {
                    add_rows_to(1, input, rows, block + part, step, output + part);
                }
            }
        }
    }
}

/// One channel's part of eight numbers of each frame.
WIDE WHOLE void add_channel(__m256 sums[4], const float *input, const float *weights, size_t step) {
    const __m256 before = _mm256_loadu_ps(weights), here = _mm256_loadu_ps(weights + step);
    const __m256 after = _mm256_loadu_ps(weights + 2 * step);
    const __m256 x0 = _mm256_set1_ps(input[0]), x1 = _mm256_set1_ps(input[1]);
    const __m256 x2 = _mm256_set1_ps(input[2]), x3 = _mm256_set1_ps(input[3]);
    sums[0] = _mm256_add_ps(sums[0], _mm256_add_ps(_mm256_mul_ps(here, x0), _mm256_mul_ps(after, x1)));
    sums[1] = _mm256_add_ps(
        sums[1], _mm256_add_ps(
                     _mm256_add_ps(_mm256_mul_ps(before, x0), _mm256_mul_ps(here, x1)), _mm256_mul_ps(after, x2)));
    sums[2] = _mm256_add_ps(
        sums[2], _mm256_add_ps(
                     _mm256_add_ps(_mm256_mul_ps(before, x1), _mm256_mul_ps(here, x2)), _mm256_mul_ps(after, x3)));
    sums[3] = _mm256_add_ps(sums[3], _mm256_add_ps(_mm256_mul_ps(before, x2), _mm256_mul_ps(here, x3)));
}

/// `blocks` times eight outputs of four frames: with two, eight sums, which with the weights fill the registers.
WIDE WHOLE void add_frames_to(
    int blocks, const float *input, size_t channels, const float *weights, size_t outputs, float *output) {
    __m256 sums[2][4];
    for (int block = 0; block < blocks; block++) {
        for (size_t frame = 0; frame < 4; frame++) {
            sums[block][frame] = _mm256_loadu_ps(output + frame * outputs + 8 * block);
        }
    }
    size_t step = 8 * blocks;
    for (size_t channel = 0; channel < channels; channel++) {
        for (int block = 0; block < blocks; block++) {
            add_channel(sums[block], input + 4 * channel, weights + 3 * channel * step + 8 * block, step);
        }
    }
    for (int block = 0; block < blocks; block++) {
        for (size_t frame = 0; frame < 4; frame++) {
            _mm256_storeu_ps(output + frame * outputs + 8 * block, sums[block][frame]);
        }
    }
}

WIDE void jask_floats_add_frames(jask_floats_batch batch, size_t channels, const float *weights, size_t outputs) {
    for (size_t at = 0; at < outputs; at += JASK_FLOATS_FRAME_BLOCK) {
        const float *block = weights + 3 * at * channels;
        for (size_t index = 0; index < batch.count; index++) {
            const float *input = batch.input + index * batch.input_step;
            float *output = batch.output + index * batch.output_step + at;
            if (outputs - at >= JASK_FLOATS_FRAME_BLOCK) {
                add_frames_to(2, input, channels, block, outputs, output);
            } else {
                add_frames_to(1, input, channels, block, outputs, output);
            }
        }
    }
}

#else

int jask_floats_is_wide(void) { return 0; }

void jask_floats_add_rows(
    jask_floats_batch batch, size_t first_row, size_t rows, const float *weights, size_t all_rows, size_t outputs) {
    (void)batch, (void)first_row, (void)rows, (void)weights, (void)all_rows, (void)outputs;
    __builtin_trap();
}

void jask_floats_add_frames(jask_floats_batch batch, size_t channels, const float *weights, size_t outputs) {
    (void)batch, (void)channels, (void)weights, (void)outputs;
    __builtin_trap();
}

#endif
