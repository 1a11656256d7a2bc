// Eight floats at a time, the same on every processor: one AVX register or two of NEON. What the compiler can do from
// plain vector arithmetic is left to it; the rest is spelt out for each.
#pragma once
#include <stdint.h>
#if defined(__aarch64__) || defined(__AVX2__)

typedef float floats8 __attribute__((vector_size(32)));
typedef float floats4 __attribute__((vector_size(16)));
typedef int32_t ints8 __attribute__((vector_size(32)));

INTRINSIC floats8 load_floats8(const float *p) {
    floats8 v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
INTRINSIC void store_floats8(float *p, floats8 v) { __builtin_memcpy(p, &v, sizeof v); }
INTRINSIC floats4 load_floats4(const float *p) {
    floats4 v;
    __builtin_memcpy(&v, p, sizeof v);
    return v;
}
INTRINSIC void store_floats4(float *p, floats4 v) { __builtin_memcpy(p, &v, sizeof v); }
INTRINSIC floats8 fill_floats8(float x) { return (floats8){x, x, x, x, x, x, x, x}; }
INTRINSIC floats4 fill_floats4(float x) { return (floats4){x, x, x, x}; }
INTRINSIC floats8 twice_floats4(floats4 v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3, 0, 1, 2, 3); }
INTRINSIC floats4 low_floats4(floats8 v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3); }
INTRINSIC floats4 high_floats4(floats8 v) { return __builtin_shufflevector(v, v, 4, 5, 6, 7); }

INTRINSIC floats8 add_floats8(floats8 a, floats8 b) { return a + b; }
INTRINSIC floats8 subtract_floats8(floats8 a, floats8 b) { return a - b; }
INTRINSIC floats8 multiply_floats8(floats8 a, floats8 b) { return a * b; }
INTRINSIC floats8 divide_floats8(floats8 a, floats8 b) { return a / b; }
INTRINSIC floats8 multiply_add_floats8(floats8 sum, floats8 a, floats8 b) { return __builtin_elementwise_fma(a, b, sum); }
INTRINSIC floats4 add_floats4(floats4 a, floats4 b) { return a + b; }
INTRINSIC floats4 subtract_floats4(floats4 a, floats4 b) { return a - b; }
INTRINSIC floats4 multiply_floats4(floats4 a, floats4 b) { return a * b; }
INTRINSIC floats8 negate_floats8(floats8 a) { return -a; }
INTRINSIC floats8 magnitude_floats8(floats8 a) { return __builtin_elementwise_abs(a); }
/// The magnitudes of `a` with the signs of `b`.
INTRINSIC floats8 signed_floats8(floats8 a, floats8 b) { return __builtin_elementwise_copysign(a, b); }
/// a where x < limit, else b.
INTRINSIC floats8 select_below_floats8(floats8 x, floats8 limit, floats8 a, floats8 b) {
    ints8 mask = x < limit;
    return (floats8)(((ints8)a & mask) | ((ints8)b & ~mask));
}
/// 2 to the power of the integer that the lowest bits of 1.5 * 2^23 + n hold, in two factors: n may leave the range of
/// exponents by as much again.
INTRINSIC floats8 first_power_floats8(floats8 shifted) {
    ints8 n = (ints8)shifted - 0x4B400000;
    return (floats8)(((n >> 1) + 127) << 23);
}
INTRINSIC floats8 second_power_floats8(floats8 shifted) {
    ints8 n = (ints8)shifted - 0x4B400000;
    return (floats8)((n - (n >> 1) + 127) << 23);
}
INTRINSIC float total_floats8(floats8 v) {
    floats4 a = low_floats4(v) + high_floats4(v);
    return (a[0] + a[2]) + (a[1] + a[3]);
}
INTRINSIC float greatest_floats8(floats8 v) {
    floats4 a = __builtin_elementwise_max(low_floats4(v), high_floats4(v));
    float x = a[0] > a[2] ? a[0] : a[2], y = a[1] > a[3] ? a[1] : a[3];
    return x > y ? x : y;
}

#if defined(__aarch64__)
#include <arm_neon.h>
#define FLOATS8_LOW(v) ((float32x4_t)low_floats4(v))
#define FLOATS8_HIGH(v) ((float32x4_t)high_floats4(v))
INTRINSIC floats8 joined_floats4(float32x4_t low, float32x4_t high) {
    return __builtin_shufflevector((floats4)low, (floats4)high, 0, 1, 2, 3, 4, 5, 6, 7);
}
/// Within the bounds; NaN stays.
INTRINSIC floats8 clamp_floats8(floats8 v, float low, float high) {
    float32x4_t l = vdupq_n_f32(low), h = vdupq_n_f32(high);
    return joined_floats4(vminq_f32(vmaxq_f32(FLOATS8_LOW(v), l), h), vminq_f32(vmaxq_f32(FLOATS8_HIGH(v), l), h));
}
/// The greater; `a` where b isn't a number.
INTRINSIC floats8 maximum_floats8(floats8 a, floats8 b) {
    return joined_floats4(vmaxnmq_f32(FLOATS8_LOW(a), FLOATS8_LOW(b)), vmaxnmq_f32(FLOATS8_HIGH(a), FLOATS8_HIGH(b)));
}
INTRINSIC floats4 maximum_floats4(floats4 a, floats4 b) { return (floats4)vmaxnmq_f32((float32x4_t)a, (float32x4_t)b); }
/// Eight half floats.
INTRINSIC floats8 load_halves8(const uint16_t *p) {
    float16x8_t v = vreinterpretq_f16_u16(vld1q_u16(p));
    return joined_floats4(vcvt_f32_f16(vget_low_f16(v)), vcvt_high_f32_f16(v));
}
INTRINSIC void store_halves8(uint16_t *p, floats8 v) {
    vst1q_u16(p, vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(FLOATS8_LOW(v)), FLOATS8_HIGH(v))));
}
/// The sums of the lanes of four vectors.
INTRINSIC floats4 totals_floats8(floats8 a, floats8 b, floats8 c, floats8 d) {
    float32x4_t s = vaddq_f32(FLOATS8_LOW(a), FLOATS8_HIGH(a)), t = vaddq_f32(FLOATS8_LOW(b), FLOATS8_HIGH(b));
    float32x4_t u = vaddq_f32(FLOATS8_LOW(c), FLOATS8_HIGH(c)), v = vaddq_f32(FLOATS8_LOW(d), FLOATS8_HIGH(d));
    return (floats4)vpaddq_f32(vpaddq_f32(s, t), vpaddq_f32(u, v));
}
INTRINSIC int8x16_t quantized_16(floats8 a, floats8 b, float32x4_t inverse) {
    int16x8_t low = vqmovn_high_s32(vqmovn_s32(vcvtnq_s32_f32(vmulq_f32(FLOATS8_LOW(a), inverse))),
                                    vcvtnq_s32_f32(vmulq_f32(FLOATS8_HIGH(a), inverse)));
    int16x8_t high = vqmovn_high_s32(vqmovn_s32(vcvtnq_s32_f32(vmulq_f32(FLOATS8_LOW(b), inverse))),
                                     vcvtnq_s32_f32(vmulq_f32(FLOATS8_HIGH(b), inverse)));
    return vmaxq_s8(vqmovn_high_s16(vqmovn_s16(low), high), vdupq_n_s8(-127));
}
/// 32 floats times `inverse` to the nearest integers in [-127, 127], NaN to 0; gives their sum.
INTRINSIC float store_quantized_32(int8_t *values, floats8 a, floats8 b, floats8 c, floats8 d, float inverse) {
    float32x4_t factor = vdupq_n_f32(inverse);
    int8x16_t low = quantized_16(a, b, factor), high = quantized_16(c, d, factor);
    vst1q_s8(values, low);
    vst1q_s8(values + 16, high);
    return (float)(vaddlvq_s8(low) + vaddlvq_s8(high));
}
#else
#include <immintrin.h>
INTRINSIC floats8 clamp_floats8(floats8 v, float low, float high) {
    // The second operand is the result where either isn't a number.
    return (floats8)_mm256_min_ps(_mm256_set1_ps(high), _mm256_max_ps(_mm256_set1_ps(low), (__m256)v));
}
INTRINSIC floats8 maximum_floats8(floats8 a, floats8 b) { return (floats8)_mm256_max_ps((__m256)b, (__m256)a); }
INTRINSIC floats4 maximum_floats4(floats4 a, floats4 b) { return (floats4)_mm_max_ps((__m128)b, (__m128)a); }
INTRINSIC floats8 load_halves8(const uint16_t *p) { return (floats8)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
INTRINSIC void store_halves8(uint16_t *p, floats8 v) {
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
INTRINSIC floats4 totals_floats8(floats8 a, floats8 b, floats8 c, floats8 d) {
    __m128 s = (__m128)(low_floats4(a) + high_floats4(a)), t = (__m128)(low_floats4(b) + high_floats4(b));
    __m128 u = (__m128)(low_floats4(c) + high_floats4(c)), v = (__m128)(low_floats4(d) + high_floats4(d));
    return (floats4)_mm_hadd_ps(_mm_hadd_ps(s, t), _mm_hadd_ps(u, v));
}
INTRINSIC __m256i quantized_8(floats8 v, __m256 inverse) {
    __m256 scaled = _mm256_mul_ps((__m256)v, inverse);
    scaled = _mm256_and_ps(scaled, _mm256_cmp_ps(scaled, scaled, _CMP_ORD_Q));
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(scaled, _mm256_set1_ps(-127)), _mm256_set1_ps(127)));
}
INTRINSIC float store_quantized_32(int8_t *values, floats8 a, floats8 b, floats8 c, floats8 d, float inverse) {
    __m256 factor = _mm256_set1_ps(inverse);
    __m256i q0 = quantized_8(a, factor), q1 = quantized_8(b, factor), q2 = quantized_8(c, factor), q3 = quantized_8(d, factor);
    __m256i words = _mm256_packs_epi16(_mm256_packs_epi32(q0, q1), _mm256_packs_epi32(q2, q3));
    _mm256_storeu_si256((__m256i *)values, _mm256_permutevar8x32_epi32(words, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)));
    ints8 sums = (ints8)_mm256_add_epi32(_mm256_add_epi32(q0, q1), _mm256_add_epi32(q2, q3));
    return (float)__builtin_reduce_add(sums);
}
#endif

/// Eight int8 as floats.
INTRINSIC floats8 load_bytes8(const int8_t *p) {
    typedef int8_t bytes8 __attribute__((vector_size(8)));
    bytes8 v;
    __builtin_memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, floats8);
}
INTRINSIC void store_some_halves8(uint16_t *p, floats8 v, int32_t count) {
    uint16_t halves[8];
    store_halves8(halves, v);
    for (int32_t i = 0; i < count; i++) p[i] = halves[i];
}
#endif
