#include "CFloats.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))

int jask_floats_is_wide(void) { return __builtin_cpu_supports("avx2") != 0; }

/// What four rows of weights add to eight numbers.
WIDE static inline __m256 four_rows(const __m256 x[4], const float *weights, size_t outputs) {
    __m256 first = _mm256_add_ps(
        _mm256_mul_ps(_mm256_loadu_ps(weights), x[0]), _mm256_mul_ps(_mm256_loadu_ps(weights + outputs), x[1]));
    __m256 second = _mm256_add_ps(
        _mm256_mul_ps(_mm256_loadu_ps(weights + 2 * outputs), x[2]),
        _mm256_mul_ps(_mm256_loadu_ps(weights + 3 * outputs), x[3]));
    return _mm256_add_ps(first, second);
}

/// `blocks` times eight of the outputs, whose sums stay in registers.
WIDE static inline __attribute__((always_inline)) void add_rows_to(
    int blocks, const float *input, size_t rows, const float *weights, size_t outputs, float *output) {
    __m256 sums[4];
    for (int block = 0; block < blocks; block++) sums[block] = _mm256_loadu_ps(output + 8 * block);
    for (size_t row = 0; row < rows; row += 4) {
        const __m256 x[4] = {
            _mm256_set1_ps(input[row]), _mm256_set1_ps(input[row + 1]), _mm256_set1_ps(input[row + 2]),
            _mm256_set1_ps(input[row + 3])};
        for (int block = 0; block < blocks; block++) {
            sums[block] = _mm256_add_ps(sums[block], four_rows(x, weights + row * outputs + 8 * block, outputs));
        }
    }
    for (int block = 0; block < blocks; block++) _mm256_storeu_ps(output + 8 * block, sums[block]);
}

WIDE void jask_floats_add_rows(const float *input, size_t rows, const float *weights, size_t outputs, float *output) {
    size_t at = 0;
    for (; at + 32 <= outputs; at += 32) add_rows_to(4, input, rows, weights + at, outputs, output + at);
    for (; at + 8 <= outputs; at += 8) add_rows_to(1, input, rows, weights + at, outputs, output + at);
}

/// One channel's part of eight numbers of each frame.
WIDE static inline __attribute__((always_inline)) void add_channel(
    __m256 sums[4], const float *input, const float *weights, size_t outputs) {
    const __m256 before = _mm256_loadu_ps(weights), here = _mm256_loadu_ps(weights + outputs);
    const __m256 after = _mm256_loadu_ps(weights + 2 * outputs);
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

WIDE void jask_floats_add_frames(
    const float *input, size_t channels, const float *weights, size_t outputs, float *output) {
    // Two times eight outputs of four frames: eight sums, which with the weights fill the registers.
    size_t at = 0;
    for (; at + 16 <= outputs; at += 16) {
        __m256 low[4], high[4];
        for (size_t frame = 0; frame < 4; frame++) {
            low[frame] = _mm256_loadu_ps(output + frame * outputs + at);
            high[frame] = _mm256_loadu_ps(output + frame * outputs + at + 8);
        }
        for (size_t channel = 0; channel < channels; channel++) {
            const float *row = weights + 3 * channel * outputs + at;
            add_channel(low, input + 4 * channel, row, outputs);
            add_channel(high, input + 4 * channel, row + 8, outputs);
        }
        for (size_t frame = 0; frame < 4; frame++) {
            _mm256_storeu_ps(output + frame * outputs + at, low[frame]);
            _mm256_storeu_ps(output + frame * outputs + at + 8, high[frame]);
        }
    }
    for (; at + 8 <= outputs; at += 8) {
        __m256 sums[4];
        for (size_t frame = 0; frame < 4; frame++) sums[frame] = _mm256_loadu_ps(output + frame * outputs + at);
        for (size_t channel = 0; channel < channels; channel++) {
            add_channel(sums, input + 4 * channel, weights + 3 * channel * outputs + at, outputs);
        }
        for (size_t frame = 0; frame < 4; frame++) _mm256_storeu_ps(output + frame * outputs + at, sums[frame]);
    }
}

#else

int jask_floats_is_wide(void) { return 0; }

void jask_floats_add_rows(const float *input, size_t rows, const float *weights, size_t outputs, float *output) {
    (void)input, (void)rows, (void)weights, (void)outputs, (void)output;
    __builtin_trap();
}

void jask_floats_add_frames(const float *input, size_t channels, const float *weights, size_t outputs, float *output) {
    (void)input, (void)channels, (void)weights, (void)outputs, (void)output;
    __builtin_trap();
}

#endif
