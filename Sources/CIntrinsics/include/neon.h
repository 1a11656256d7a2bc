// NEON for Swift. Names say what happens to which lanes; the instruction meant is given beside it.
#pragma once
#if defined(__aarch64__)
#include <stdint.h>
#include <arm_neon.h>

// Loads and stores: no alignment needed.
INTRINSIC int8x16_t load_i8x16(const int8_t *p) { return vld1q_s8(p); }
INTRINSIC int8x8_t load_i8x8(const int8_t *p) { return vld1_s8(p); }
/// Eight bytes, the high half zero.
INTRINSIC int8x16_t load_low_i8x16(const int8_t *p) { return vcombine_s8(vld1_s8(p), vdup_n_s8(0)); }
INTRINSIC int32x4_t load_i32x4(const int32_t *p) { return vld1q_s32(p); }
INTRINSIC float32x4_t load_f32x4(const float *p) { return vld1q_f32(p); }
INTRINSIC void store_i8x16(int8_t *p, int8x16_t v) { vst1q_s8(p, v); }
INTRINSIC void store_i8x8(int8_t *p, int8x8_t v) { vst1_s8(p, v); }
INTRINSIC void store_i32x4(int32_t *p, int32x4_t v) { vst1q_s32(p, v); }
INTRINSIC void store_f32x4(float *p, float32x4_t v) { vst1q_f32(p, v); }

typedef int32_t __attribute__((aligned(1), may_alias)) unaligned_int32;
typedef int16_t __attribute__((aligned(1), may_alias)) unaligned_int16;

/// Four bytes repeated four times, and the pointer moved past them (ld1r). In assembly because the compiler, seeing
/// that both halves are equal, gives up smull2. Only for memory that the calling function doesn't write.
INTRINSIC int8x16_t take_repeated_4(const int8_t **p) {
    int8x16_t v;
    __asm__("ld1r {%0.4s}, [%1], #4" : "=w"(v), "+r"(*p));
    return v;
}

/// Four bytes repeated four times.
INTRINSIC int8x16_t repeated_4(const int8_t *p) {
    int8x16_t v;
    __asm__("ld1r {%0.4s}, [%1]" : "=w"(v) : "r"(p), "m"(*(const int8_t(*)[4])p));
    return v;
}

/// Eight bytes from each of two places, and the pointers moved past them. In assembly because the compiler takes the
/// way through a general register. Only for memory that the calling function doesn't write.
INTRINSIC int8x16_t take_two_i8x8(const int8_t **low, const int8_t **high) {
    int8x16_t v;
    __asm__("ldr %d0, [%1], #8\n\tld1 {%0.d}[1], [%2], #8" : "=&w"(v), "+r"(*low), "+r"(*high));
    return v;
}

/// Stores the lowest `count` (1 to 15) bytes.
INTRINSIC void store_low_i8(int8_t *p, int8x16_t v, int32_t count) {
    int8x8_t rest = vget_low_s8(v);
    if (count & 8) {
        vst1_s8(p, rest);
        p += 8;
        rest = vget_high_s8(v);
    }
    if (count & 4) {
        *(unaligned_int32 *)p = vget_lane_s32(vreinterpret_s32_s8(rest), 0);
        p += 4;
        rest = vext_s8(rest, rest, 4);
    }
    if (count & 2) {
        *(unaligned_int16 *)p = vget_lane_s16(vreinterpret_s16_s8(rest), 0);
        p += 2;
        rest = vext_s8(rest, rest, 2);
    }
    if (count & 1) { *p = vget_lane_s8(rest, 0); }
}

/// Stores the lowest `count` (1 to 3) floats.
INTRINSIC void store_low_f32(float *p, float32x4_t v, int32_t count) {
    float32x2_t rest = vget_low_f32(v);
    if (count & 2) {
        vst1_f32(p, rest);
        p += 2;
        rest = vget_high_f32(v);
    }
    if (count & 1) { *p = vget_lane_f32(rest, 0); }
}

/// Stores the lowest `count` (1 to 3) integers.
INTRINSIC void store_low_i32(int32_t *p, int32x4_t v, int32_t count) {
    int32x2_t rest = vget_low_s32(v);
    if (count & 2) {
        vst1_s32(p, rest);
        p += 2;
        rest = vget_high_s32(v);
    }
    if (count & 1) { *p = vget_lane_s32(rest, 0); }
}

/// The same pointer, in a way that keeps the compiler from reusing what was loaded through it before: reloading
/// a pair of registers is one instruction, copying them two.
INTRINSIC const int32_t *reloaded_i32(const int32_t *p) {
    __asm__("" : "+r"(p));
    return p;
}
INTRINSIC const float *reloaded_f32(const float *p) {
    __asm__("" : "+r"(p));
    return p;
}

/// The same pointer, of which the compiler knows nothing: it then steps through memory with it instead of keeping
/// a base, an index and a copy for each of many pointers.
INTRINSIC const int8_t *opaque_i8(const int8_t *p) {
    __asm__("" : "+r"(p));
    return p;
}

// Repeated values.
INTRINSIC int8x16_t repeat_i8x16(int8_t x) { return vdupq_n_s8(x); }
INTRINSIC int16x8_t repeat_i16x8(int16_t x) { return vdupq_n_s16(x); }
INTRINSIC int32x4_t repeat_i32x4(int32_t x) { return vdupq_n_s32(x); }
INTRINSIC float32x4_t repeat_f32x4(float x) { return vdupq_n_f32(x); }

// Rearranging.
INTRINSIC int8x8_t low_half_i8(int8x16_t v) { return vget_low_s8(v); }
INTRINSIC int8x8_t high_half_i8(int8x16_t v) { return vget_high_s8(v); }
INTRINSIC int8x16_t joined_i8(int8x8_t low, int8x8_t high) { return vcombine_s8(low, high); }
INTRINSIC int8x16_t zip_low_i8(int8x16_t a, int8x16_t b) { return vzip1q_s8(a, b); }
INTRINSIC int8x16_t zip_high_i8(int8x16_t a, int8x16_t b) { return vzip2q_s8(a, b); }
INTRINSIC int8x16_t zip_low_pairs(int8x16_t a, int8x16_t b) {
    return vreinterpretq_s8_s16(vzip1q_s16(vreinterpretq_s16_s8(a), vreinterpretq_s16_s8(b)));
}
INTRINSIC int8x16_t zip_high_pairs(int8x16_t a, int8x16_t b) {
    return vreinterpretq_s8_s16(vzip2q_s16(vreinterpretq_s16_s8(a), vreinterpretq_s16_s8(b)));
}
INTRINSIC int8x16_t zip_low_quads(int8x16_t a, int8x16_t b) {
    return vreinterpretq_s8_s32(vzip1q_s32(vreinterpretq_s32_s8(a), vreinterpretq_s32_s8(b)));
}
INTRINSIC int8x16_t zip_high_quads(int8x16_t a, int8x16_t b) {
    return vreinterpretq_s8_s32(vzip2q_s32(vreinterpretq_s32_s8(a), vreinterpretq_s32_s8(b)));
}
INTRINSIC int8x16_t zip_low_octets(int8x16_t a, int8x16_t b) {
    return vreinterpretq_s8_s64(vzip1q_s64(vreinterpretq_s64_s8(a), vreinterpretq_s64_s8(b)));
}
INTRINSIC int8x16_t zip_high_octets(int8x16_t a, int8x16_t b) {
    return vreinterpretq_s8_s64(vzip2q_s64(vreinterpretq_s64_s8(a), vreinterpretq_s64_s8(b)));
}
INTRINSIC int32x4_t zip_low_i32(int32x4_t a, int32x4_t b) { return vzip1q_s32(a, b); }
INTRINSIC int32x4_t zip_high_i32(int32x4_t a, int32x4_t b) { return vzip2q_s32(a, b); }
INTRINSIC int32x4_t zip_low_i32_pairs(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}
INTRINSIC int32x4_t zip_high_i32_pairs(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
}

// 8-bit products in 16 bits: two of them fit, since weights are never -128 (smull, smlal).
INTRINSIC int16x8_t product_low(int8x16_t a, int8x16_t b) { return vmull_s8(vget_low_s8(a), vget_low_s8(b)); }
INTRINSIC int16x8_t product_high(int8x16_t a, int8x16_t b) { return vmull_high_s8(a, b); }
INTRINSIC int16x8_t add_product_low(int16x8_t sum, int8x16_t a, int8x16_t b) { return vmlal_s8(sum, vget_low_s8(a), vget_low_s8(b)); }
INTRINSIC int16x8_t add_product_high(int16x8_t sum, int8x16_t a, int8x16_t b) { return vmlal_high_s8(sum, a, b); }

// Widening sums: neighbours (sadalp), low and high halves (saddw).
INTRINSIC int32x4_t add_neighbours(int32x4_t sum, int16x8_t v) { return vpadalq_s16(sum, v); }
INTRINSIC int32x4_t add_widened_low(int32x4_t sum, int16x8_t v) { return vaddw_s16(sum, vget_low_s16(v)); }
INTRINSIC int32x4_t add_widened_high(int32x4_t sum, int16x8_t v) { return vaddw_high_s16(sum, v); }
INTRINSIC int16x8_t add_widened_i8_low(int16x8_t sum, int8x16_t v) { return vaddw_s8(sum, vget_low_s8(v)); }
INTRINSIC int16x8_t add_widened_i8_high(int16x8_t sum, int8x16_t v) { return vaddw_high_s8(sum, v); }
INTRINSIC int16x8_t subtract_i16(int16x8_t a, int16x8_t b) { return vsubq_s16(a, b); }
INTRINSIC int16x8_t widened_low(int8x16_t v) { return vmovl_s8(vget_low_s8(v)); }
INTRINSIC int16x8_t widened_high(int8x16_t v) { return vmovl_high_s8(v); }
INTRINSIC int32x4_t widened_low_i16(int16x8_t v) { return vmovl_s16(vget_low_s16(v)); }
INTRINSIC int32x4_t widened_high_i16(int16x8_t v) { return vmovl_high_s16(v); }
/// Sums of neighbours, those of `a` first (addp).
INTRINSIC int32x4_t neighbour_sums(int32x4_t a, int32x4_t b) { return vpaddq_s32(a, b); }

// 32-bit integers.
INTRINSIC int32x4_t add_i32(int32x4_t a, int32x4_t b) { return vaddq_s32(a, b); }
INTRINSIC int32x4_t multiply_add_i32(int32x4_t sum, int32x4_t a, int32x4_t b) { return vmlaq_s32(sum, a, b); }
INTRINSIC int32x4_t shift_left_i32(int32x4_t a, int32x4_t count) { return vshlq_s32(a, count); }

// Narrowing with saturation, sums with saturation, clamps.
INTRINSIC int16x8_t narrow_i32(int32x4_t low, int32x4_t high) { return vqmovn_high_s32(vqmovn_s32(low), high); }
INTRINSIC int8x16_t narrow_i16(int16x8_t low, int16x8_t high) { return vqmovn_high_s16(vqmovn_s16(low), high); }
INTRINSIC int8x8_t narrow_half_i16(int16x8_t v) { return vqmovn_s16(v); }
INTRINSIC int16x8_t add_saturating_i16(int16x8_t a, int16x8_t b) { return vqaddq_s16(a, b); }
INTRINSIC int8x16_t minimum_i8(int8x16_t a, int8x16_t b) { return vminq_s8(a, b); }
INTRINSIC int8x16_t maximum_i8(int8x16_t a, int8x16_t b) { return vmaxq_s8(a, b); }

// Floats.
INTRINSIC float32x4_t float_from_i32(int32x4_t v) { return vcvtq_f32_s32(v); }
/// To the nearest integer, ties to even, saturating; NaN gives 0 (fcvtns).
INTRINSIC int32x4_t nearest_i32(float32x4_t v) { return vcvtnq_s32_f32(v); }
INTRINSIC float32x4_t multiply_f32(float32x4_t a, float32x4_t b) { return vmulq_f32(a, b); }
INTRINSIC float32x4_t multiply_add_f32(float32x4_t sum, float32x4_t a, float32x4_t b) { return vfmaq_f32(sum, a, b); }
INTRINSIC float32x4_t multiply_add_lane0(float32x4_t sum, float32x4_t w, float32x4_t a) { return vfmaq_laneq_f32(sum, w, a, 0); }
INTRINSIC float32x4_t multiply_add_lane1(float32x4_t sum, float32x4_t w, float32x4_t a) { return vfmaq_laneq_f32(sum, w, a, 1); }
INTRINSIC float32x4_t multiply_add_lane2(float32x4_t sum, float32x4_t w, float32x4_t a) { return vfmaq_laneq_f32(sum, w, a, 2); }
INTRINSIC float32x4_t multiply_add_lane3(float32x4_t sum, float32x4_t w, float32x4_t a) { return vfmaq_laneq_f32(sum, w, a, 3); }
INTRINSIC float32x4_t minimum_f32(float32x4_t a, float32x4_t b) { return vminq_f32(a, b); }
INTRINSIC float32x4_t maximum_f32(float32x4_t a, float32x4_t b) { return vmaxq_f32(a, b); }

// A table of 256 bytes in sixteen registers, looked up 64 bytes a time (tbl, tbx).
INTRINSIC int8x16x4_t load_table_64(const int8_t *p) { return vld1q_s8_x4(p); }
INTRINSIC int8x16_t lookup_256(int8x16x4_t t0, int8x16x4_t t1, int8x16x4_t t2, int8x16x4_t t3, uint8x16_t index) {
    const uint8x16_t step = vdupq_n_u8(64);
    int8x16_t v = vqtbl4q_s8(t0, index);
    index = vsubq_u8(index, step);
    v = vqtbx4q_s8(v, t1, index);
    index = vsubq_u8(index, step);
    v = vqtbx4q_s8(v, t2, index);
    index = vsubq_u8(index, step);
    return vqtbx4q_s8(v, t3, index);
}
/// int8 as an index into a table that begins at -128.
INTRINSIC uint8x16_t table_index(int8x16_t v) { return veorq_u8(vreinterpretq_u8_s8(v), vdupq_n_u8(128)); }

// Weights of few bits: nibbles and the bits above them, in bytes.
INTRINSIC int8x16_t load_bytes(const void *p) { return vld1q_s8((const int8_t *)p); }
INTRINSIC int8x16_t and_i8(int8x16_t a, int8x16_t b) { return vandq_s8(a, b); }
INTRINSIC int8x16_t high_nibbles(int8x16_t v) { return vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(v), 4)); }
INTRINSIC int8x16_t shift_right1_u8(int8x16_t v) { return vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(v), 1)); }
INTRINSIC int8x16_t shift_right2_u8(int8x16_t v) { return vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(v), 2)); }
INTRINSIC int8x16_t shift_right3_u8(int8x16_t v) { return vreinterpretq_s8_u8(vshrq_n_u8(vreinterpretq_u8_s8(v), 3)); }
/// The low nibbles of `low`, above them those of `high` (sli).
INTRINSIC int8x16_t joined_low_nibbles(int8x16_t low, int8x16_t high) { return vsliq_n_s8(low, high, 4); }
/// sum + the high nibbles of v (usra).
INTRINSIC int8x16_t add_high_nibbles(int8x16_t sum, int8x16_t v) {
    return vreinterpretq_s8_u8(vsraq_n_u8(vreinterpretq_u8_s8(sum), vreinterpretq_u8_s8(v), 4));
}
/// Sixteen half floats as four vectors (fcvtl).
INTRINSIC float32x4_t low_halves(float16x8_t v) { return vcvt_f32_f16(vget_low_f16(v)); }
INTRINSIC float32x4_t high_halves(float16x8_t v) { return vcvt_high_f32_f16(v); }
INTRINSIC float16x8_t load_halves(const void *p) { return vreinterpretq_f16_u16(vld1q_u16((const uint16_t *)p)); }
INTRINSIC float32x4_t multiply_scalar(float32x4_t a, float b) { return vmulq_n_f32(a, b); }
INTRINSIC float32x4_t multiply_add_scalar(float32x4_t sum, float32x4_t a, float b) { return vfmaq_n_f32(sum, a, b); }
INTRINSIC float32x4_t add_f32(float32x4_t a, float32x4_t b) { return vaddq_f32(a, b); }
INTRINSIC int32x4_t added_neighbours(int16x8_t v) { return vpaddlq_s16(v); }
INTRINSIC int32_t total_i8(int8x16_t v) { return vaddlvq_s8(v); }
INTRINSIC int32_t total_i32(int32x4_t v) { return vaddvq_s32(v); }

#if defined(__ARM_FEATURE_DOTPROD)
/// Four products a lane (sdot); `lane` forms repeat four bytes of `a`.
INTRINSIC int32x4_t dot(int32x4_t sum, int8x16_t a, int8x16_t b) { return vdotq_s32(sum, a, b); }
INTRINSIC int32x4_t dot_lane0(int32x4_t sum, int8x16_t w, int8x16_t a) { return vdotq_laneq_s32(sum, w, a, 0); }
INTRINSIC int32x4_t dot_lane1(int32x4_t sum, int8x16_t w, int8x16_t a) { return vdotq_laneq_s32(sum, w, a, 1); }
INTRINSIC int32x4_t dot_lane2(int32x4_t sum, int8x16_t w, int8x16_t a) { return vdotq_laneq_s32(sum, w, a, 2); }
INTRINSIC int32x4_t dot_lane3(int32x4_t sum, int8x16_t w, int8x16_t a) { return vdotq_laneq_s32(sum, w, a, 3); }
#endif

#if defined(__ARM_FEATURE_MATMUL_INT8)
/// 2x8 by (2x8) transposed, added to 2x2 (smmla).
INTRINSIC int32x4_t matrix_multiply_add(int32x4_t sum, int8x16_t a, int8x16_t b) { return vmmlaq_s32(sum, a, b); }

/// Six pixels by four channels, eight bytes deep: the two groups of four weights a channel are zipped to eight in a
/// row. In assembly because the compiler zips all channels ahead, and then keeps part of the sums in memory.
INTRINSIC void matrix_multiply_add_6x4(int32x4_t *s0, int32x4_t *s1, int32x4_t *s2, int32x4_t *s3, int32x4_t *s4, int32x4_t *s5,
                                       int8x16_t a0, int8x16_t a1, int8x16_t a2, int8x16_t w0, int8x16_t w1) {
    int8x16_t low;
    __asm__ volatile("zip1 %[low].4s, %[w0].4s, %[w1].4s\n\t"
                     "zip2 %[w1].4s, %[w0].4s, %[w1].4s\n\t"
                     "smmla %[s0].4s, %[a0].16b, %[low].16b\n\t"
                     "smmla %[s2].4s, %[a1].16b, %[low].16b\n\t"
                     "smmla %[s4].4s, %[a2].16b, %[low].16b\n\t"
                     "smmla %[s1].4s, %[a0].16b, %[w1].16b\n\t"
                     "smmla %[s3].4s, %[a1].16b, %[w1].16b\n\t"
                     "smmla %[s5].4s, %[a2].16b, %[w1].16b"
                     : [s0] "+w"(*s0), [s1] "+w"(*s1), [s2] "+w"(*s2), [s3] "+w"(*s3), [s4] "+w"(*s4), [s5] "+w"(*s5),
                       [w1] "+w"(w1), [low] "=&w"(low)
                     : [a0] "w"(a0), [a1] "w"(a1), [a2] "w"(a2), [w0] "w"(w0));
}
#endif
#endif
