#include "CPixels.h"

#if defined(__x86_64__)

#include <immintrin.h>

// A product and a sum are rounded one after the other, also where the processor could do both at once: all ways give the
// same numbers.
#pragma STDC FP_CONTRACT OFF

jask_pixel_instructions jask_pixels_best(void) {
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl")) {
        return JASK_PIXELS_EIGHT;
    }
    if (__builtin_cpu_supports("avx2")) {
        return JASK_PIXELS_FOUR;
    }
    return __builtin_cpu_supports("ssse3") ? JASK_PIXELS_ONE : JASK_PIXELS_NONE;
}

#define ALL_32(f)                                                                                                     \
    f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), f(13), f(14), f(15), f(16),      \
        f(17), f(18), f(19), f(20), f(21), f(22), f(23), f(24), f(25), f(26), f(27), f(28), f(29), f(30), f(31)

#define ACROSS(x) {32 - x, x, 32 - x, x, 32 - x, x, 32 - x, x, 32 - x, x, 32 - x, x, 0, 0, 0, 0}
#define DOWN(y) {32 - y, y, 32 - y, y, 32 - y, y, 0, 0}

// What the left and the right pixel weigh, for each colour, of the upper and of the lower row.
static const int8_t across[32][16] __attribute__((aligned(16))) = {ALL_32(ACROSS)};
// What the upper and the lower row weigh, for each colour.
static const int16_t down[32][8] __attribute__((aligned(16))) = {ALL_32(DOWN)};

// For each colour: the left pixel's beside the right one's of the upper row, then of the lower.
#define BESIDE 0, 3, 8, 11, 1, 4, 9, 12, 2, 5, 10, 13, -1, -1, -1, -1

typedef struct {
    const uint8_t *start;
    size_t stride;
} picture_bytes;

/// The two pixels at a place, in bytes from the start, and the two below them.
static inline __m128i four_pixels(picture_bytes picture, size_t place) {
    const uint8_t *above = picture.start + place;
    return _mm_unpacklo_epi64(
        _mm_loadl_epi64((const __m128i *)above), _mm_loadl_epi64((const __m128i *)(above + picture.stride)));
}

__attribute__((target("ssse3"))) static void write_by_one(
    const jask_pixel_row *row, picture_bytes picture, size_t first, size_t count, float *output) {
    const __m128d start = _mm_set_pd(row->y, row->x);
    const __m128d step = _mm_set_pd(row->step_y, row->step_x);
    const __m128 scale = _mm_set1_ps(row->scale);
    const __m128 offset = _mm_set1_ps(row->offset);
    const __m128i half = _mm_set1_epi32(512);
    const __m128i beside = _mm_setr_epi8(BESIDE);
    const __m128d one = _mm_set1_pd(1);
    __m128d column = _mm_set1_pd((double)first);
    for (size_t left = count; left > 0; left -= 1) {
        __m128d place = _mm_add_pd(start, _mm_mul_pd(column, step));
        int64_t both = _mm_cvtsi128_si64(_mm_cvtpd_epi32(place));
        int32_t x = (int32_t)both, y = (int32_t)(both >> 32);
        size_t at = (size_t)(y >> 5) * picture.stride + (size_t)(x >> 5) * 3;
        __m128i rows = _mm_maddubs_epi16(
            _mm_shuffle_epi8(four_pixels(picture, at), beside), _mm_load_si128((const __m128i *)across[x & 31]));
        __m128i sums = _mm_madd_epi16(rows, _mm_load_si128((const __m128i *)down[y & 31]));
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

/// What is the same for all pixels of a row.
typedef struct {
    __m256i beside, half;
    __m256 scale, offset;
} row_constants;

/// Two pixels from their four each; `which` says which of the weights are theirs. Six numbers, and one more at each end.
__attribute__((target("avx2"))) static inline void write_pair(
    const row_constants *row, __m128i first, __m128i second, __m128i across, __m128i down, __m256i which,
    float *output) {
    __m256i pixels = _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
    __m256i weights = _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(across), which);
    __m256i heights = _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(down), which);
    __m256i rows = _mm256_maddubs_epi16(_mm256_shuffle_epi8(pixels, row->beside), weights);
    __m256i sums = _mm256_srli_epi32(_mm256_add_epi32(_mm256_madd_epi16(rows, heights), row->half), 10);
    __m256 values = _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), row->scale), row->offset);
    // The fourth number is overwritten by the next pixel.
    _mm_storeu_ps(output, _mm256_castps256_ps128(values));
    _mm_storeu_ps(output + 3, _mm256_extractf128_ps(values, 1));
}

/// - Returns: how many pixels were written: four at a time, and one at least is left.
__attribute__((target("avx2"))) static size_t write_by_four(
    const jask_pixel_row *row, picture_bytes picture, size_t first, size_t count, float *output) {
    const row_constants constants = {
        _mm256_setr_epi8(BESIDE, BESIDE), _mm256_set1_epi32(512), _mm256_set1_ps(row->scale),
        _mm256_set1_ps(row->offset)};
    const __m256d start_x = _mm256_set1_pd(row->x), start_y = _mm256_set1_pd(row->y);
    const __m256d step_x = _mm256_set1_pd(row->step_x), step_y = _mm256_set1_pd(row->step_y);
    const __m256d four = _mm256_set1_pd(4);
    const __m128i stride = _mm_set1_epi32((int32_t)picture.stride), three = _mm_set1_epi32(3);
    const __m128i fraction = _mm_set1_epi32(31);
    const __m256i former = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1), latter = _mm256_add_epi32(former, _mm256_set1_epi32(2));
    __m256d column = _mm256_add_pd(_mm256_set1_pd((double)first), _mm256_setr_pd(0, 1, 2, 3));
    size_t done = 0;
    for (; done + 4 < count; done += 4) {
        __m128i x = _mm256_cvtpd_epi32(_mm256_add_pd(start_x, _mm256_mul_pd(column, step_x)));
        __m128i y = _mm256_cvtpd_epi32(_mm256_add_pd(start_y, _mm256_mul_pd(column, step_y)));
        __m128i places = _mm_add_epi32(
            _mm_mullo_epi32(_mm_srai_epi32(y, 5), stride), _mm_mullo_epi32(_mm_srai_epi32(x, 5), three));
        __m128i right = _mm_and_si128(x, fraction), lower = _mm_and_si128(y, fraction);
        // Pairs of bytes 32 - x and x, twice; a pair of 32 - y and y.
        __m128i across = _mm_add_epi32(
            _mm_mullo_epi32(right, _mm_set1_epi32(255 * 65537)), _mm_set1_epi32(32 * 65537));
        __m128i down = _mm_add_epi32(_mm_sub_epi32(_mm_slli_epi32(lower, 16), lower), _mm_set1_epi32(32));
        uint64_t near = (uint64_t)_mm_cvtsi128_si64(places), far = (uint64_t)_mm_extract_epi64(places, 1);
        write_pair(
            &constants, four_pixels(picture, (uint32_t)near), four_pixels(picture, near >> 32), across, down, former,
            output);
        write_pair(
            &constants, four_pixels(picture, (uint32_t)far), four_pixels(picture, far >> 32), across, down, latter,
            output + 6);
        column = _mm256_add_pd(column, four);
        output += 12;
    }
    return done;
}

/// - Returns: as of `write_by_four`: eight at a time.
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) static size_t write_by_eight(
    const jask_pixel_row *row, picture_bytes picture, size_t first, size_t count, float *output) {
    const __m512d start_x = _mm512_set1_pd(row->x), start_y = _mm512_set1_pd(row->y);
    const __m512d step_x = _mm512_set1_pd(row->step_x), step_y = _mm512_set1_pd(row->step_y);
    const __m512d eight = _mm512_set1_pd(8);
    const __m512 scale = _mm512_set1_ps(row->scale), offset = _mm512_set1_ps(row->offset);
    const __m512i half = _mm512_set1_epi32(512);
    const __m512i beside = _mm512_broadcast_i32x4(_mm_setr_epi8(BESIDE));
    const __m256i stride = _mm256_set1_epi32((int32_t)picture.stride), fraction = _mm256_set1_epi32(31);
    // Each second pixel's weights for four colours, and the three numbers of each pixel one after the other.
    const __m512i even = _mm512_setr_epi32(0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    const __m512i former = _mm512_setr_epi32(0, 1, 2, 16, 17, 18, 4, 5, 6, 20, 21, 22, 8, 9, 10, 24);
    const __m512i latter = _mm512_setr_epi32(25, 26, 12, 13, 14, 28, 29, 30, 0, 0, 0, 0, 0, 0, 0, 0);
    __m512d column = _mm512_add_pd(_mm512_set1_pd((double)first), _mm512_setr_pd(0, 1, 2, 3, 4, 5, 6, 7));
    size_t done = 0;
    for (; done + 8 < count; done += 8) {
        __m256i x = _mm512_cvtpd_epi32(_mm512_add_pd(start_x, _mm512_mul_pd(column, step_x)));
        __m256i y = _mm512_cvtpd_epi32(_mm512_add_pd(start_y, _mm512_mul_pd(column, step_y)));
        __m256i left = _mm256_srai_epi32(x, 5);
        __m256i places = _mm256_add_epi32(
            _mm256_mullo_epi32(_mm256_srai_epi32(y, 5), stride), _mm256_add_epi32(left, _mm256_add_epi32(left, left)));
        __m256i right = _mm256_and_si256(x, fraction), lower = _mm256_and_si256(y, fraction);
        __m512i across = _mm512_castsi256_si512(_mm256_add_epi32(
            _mm256_mullo_epi32(right, _mm256_set1_epi32(255 * 65537)), _mm256_set1_epi32(32 * 65537)));
        __m512i down = _mm512_castsi256_si512(
            _mm256_add_epi32(_mm256_sub_epi32(_mm256_slli_epi32(lower, 16), lower), _mm256_set1_epi32(32)));
        __m512i above = _mm512_i32gather_epi64(places, picture.start, 1);
        __m512i below = _mm512_i32gather_epi64(places, picture.start + picture.stride, 1);
        __m512i evens = _mm512_madd_epi16(
            _mm512_maddubs_epi16(
                _mm512_shuffle_epi8(_mm512_unpacklo_epi64(above, below), beside),
                _mm512_permutexvar_epi32(even, across)),
            _mm512_permutexvar_epi32(even, down));
        __m512i odds = _mm512_madd_epi16(
            _mm512_maddubs_epi16(
                _mm512_shuffle_epi8(_mm512_unpackhi_epi64(above, below), beside),
                _mm512_permutexvar_epi32(odd, across)),
            _mm512_permutexvar_epi32(odd, down));
        evens = _mm512_srli_epi32(_mm512_add_epi32(evens, half), 10);
        odds = _mm512_srli_epi32(_mm512_add_epi32(odds, half), 10);
        __m512 evenly = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(evens), scale), offset);
        __m512 oddly = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(odds), scale), offset);
        _mm512_storeu_ps(output, _mm512_permutex2var_ps(evenly, former, oddly));
        _mm256_storeu_ps(output + 16, _mm512_castps512_ps256(_mm512_permutex2var_ps(evenly, latter, oddly)));
        column = _mm512_add_pd(column, eight);
        output += 24;
    }
    return done;
}

void jask_pixels_write(
    jask_pixel_instructions instructions, const jask_pixel_row *row, const uint8_t *picture, size_t stride, size_t first,
    size_t count, float *output) {
    picture_bytes bytes = {picture, stride};
    size_t done = instructions >= JASK_PIXELS_EIGHT ? write_by_eight(row, bytes, first, count, output) : 0;
    if (instructions >= JASK_PIXELS_FOUR) {
        done += write_by_four(row, bytes, first + done, count - done, output + done * 3);
    }
    write_by_one(row, bytes, first + done, count - done, output + done * 3);
}

#else

jask_pixel_instructions jask_pixels_best(void) {
    return JASK_PIXELS_NONE;
}

void jask_pixels_write(
    jask_pixel_instructions instructions, const jask_pixel_row *row, const uint8_t *picture, size_t stride, size_t first,
    size_t count, float *output) {
    (void)instructions;
    (void)row;
    (void)picture;
    (void)stride;
    (void)first;
    (void)count;
    (void)output;
}

#endif
