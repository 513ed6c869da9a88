#include "CPixels.h"

#if defined(__x86_64__)

#include <tmmintrin.h>

int jask_pixels_are_supported(void) {
    return __builtin_cpu_supports("ssse3") != 0;
}

#define ALL_32(f)                                                                                                     \
    f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), f(13), f(14), f(15), f(16),      \
        f(17), f(18), f(19), f(20), f(21), f(22), f(23), f(24), f(25), f(26), f(27), f(28), f(29), f(30), f(31)

#define ACROSS(x) {32 - x, x, 32 - x, x, 32 - x, x, 0, 0, 32 - x, x, 32 - x, x, 32 - x, x, 0, 0}
#define DOWN(y) {32 - y, y, 32 - y, y, 32 - y, y, 0, 0}

// What the left and the right pixel weigh, for each colour of the upper and of the lower row.
static const int8_t across[32][16] __attribute__((aligned(16))) = {ALL_32(ACROSS)};
// What the upper and the lower row weigh, for each colour.
static const int16_t down[32][8] __attribute__((aligned(16))) = {ALL_32(DOWN)};

__attribute__((target("ssse3"))) void jask_pixels_write(
    const jask_pixel_row *row, const uint8_t *picture, size_t stride, size_t first, size_t count, float *output) {
    const __m128d start = _mm_set_pd(row->y, row->x);
    const __m128d step = _mm_set_pd(row->step_y, row->step_x);
    const __m128 scale = _mm_set1_ps(row->scale);
    const __m128 offset = _mm_set1_ps(row->offset);
    const __m128i half = _mm_set1_epi32(512);
    // Each colour of the left pixel beside that of the right one: of the upper row, then of the lower.
    const __m128i beside = _mm_setr_epi8(0, 3, 1, 4, 2, 5, -1, -1, 8, 11, 9, 12, 10, 13, -1, -1);
    const __m128d one = _mm_set1_pd(1);
    __m128d column = _mm_set1_pd((double)first);
    for (size_t left = count; left > 0; left -= 1) {
        __m128d place = _mm_add_pd(start, _mm_mul_pd(column, step));
        int64_t both = _mm_cvtsi128_si64(_mm_cvtpd_epi32(place));
        int32_t x = (int32_t)both, y = (int32_t)(both >> 32);
        const uint8_t *above = picture + (size_t)(y >> 5) * stride + (size_t)(x >> 5) * 3;
        __m128i four = _mm_unpacklo_epi64(
            _mm_loadl_epi64((const __m128i *)above), _mm_loadl_epi64((const __m128i *)(above + stride)));
        __m128i rows = _mm_maddubs_epi16(
            _mm_shuffle_epi8(four, beside), _mm_load_si128((const __m128i *)across[x & 31]));
        __m128i pairs = _mm_unpacklo_epi16(rows, _mm_unpackhi_epi64(rows, rows));
        __m128i sums = _mm_madd_epi16(pairs, _mm_load_si128((const __m128i *)down[y & 31]));
        __m128 samples = _mm_cvtepi32_ps(_mm_srli_epi32(_mm_add_epi32(sums, half), 10));
        __m128 values = _mm_add_ps(_mm_mul_ps(samples, scale), offset);
        // The fourth number is overwritten by the next pixel, which the last one has not.
        if (left > 1) {
            _mm_storeu_ps(output, values);
        } else {
            _mm_storel_pi((__m64 *)output, values);
            _mm_store_ss(output + 2, _mm_movehl_ps(values, values));
        }
        column = _mm_add_pd(column, one);
        output += 3;
    }
}

#else

int jask_pixels_are_supported(void) {
    return 0;
}

void jask_pixels_write(
    const jask_pixel_row *row, const uint8_t *picture, size_t stride, size_t first, size_t count, float *output) {
    (void)row;
    (void)picture;
    (void)stride;
    (void)first;
    (void)count;
    (void)output;
}

#endif
