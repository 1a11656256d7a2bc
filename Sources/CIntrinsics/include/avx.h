// AVX2 and AVX-512 intrinsics under readable names; each is there only in modules compiled with the extension.
#pragma once
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

#if defined(__AVX2__)
INTRINSIC __m256i avx2_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
INTRINSIC void avx2_store(void *p, __m256i a) { _mm256_storeu_si256((__m256i *)p, a); }
INTRINSIC void avx2_store_half(void *p, __m128i a) { _mm_storeu_si128((__m128i *)p, a); }
INTRINSIC __m256i avx2_fill16(int16_t a) { return _mm256_set1_epi16(a); }
INTRINSIC __m256i avx2_fill32(int32_t a) { return _mm256_set1_epi32(a); }
/// 16 bytes to 16-bit lanes, 8 bytes to 32-bit lanes.
INTRINSIC __m256i avx2_widen_to_16(const void *p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p)); }
INTRINSIC __m256i avx2_widen_to_32(const void *p) { return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)); }
INTRINSIC __m256i avx2_broadcast_quad(const void *p) {
    long long quad;
    __builtin_memcpy(&quad, p, sizeof quad);
    return _mm256_set1_epi64x(quad);
}
/// sums + two products of each 32-bit lane's 16-bit halves.
INTRINSIC __m256i avx2_dot(__m256i sums, __m256i a, __m256i b) { return _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)); }
INTRINSIC __m256i avx2_multiply_add32(__m256i sums, __m256i a, __m256i b) { return _mm256_add_epi32(sums, _mm256_mullo_epi32(a, b)); }
INTRINSIC __m256i avx2_add32(__m256i a, __m256i b) { return _mm256_add_epi32(a, b); }
INTRINSIC __m256i avx2_subtract32(__m256i a, __m256i b) { return _mm256_sub_epi32(a, b); }
INTRINSIC __m256i avx2_shift_right32(__m256i a, int32_t count) { return _mm256_sra_epi32(a, _mm_cvtsi32_si128(count)); }
/// Adds neighbouring 32-bit lanes: eight sums in order from two registers of eight halves each.
INTRINSIC __m256i avx2_add_neighbours(__m256i a, __m256i b) { return _mm256_permute4x64_epi64(_mm256_hadd_epi32(a, b), 0xd8); }
/// The bytes of two taps of 16 channels interleaved and widened: channels 0..<8, and 8..<16.
INTRINSIC __m256i avx2_low_tap_pairs(const void *a, const void *b) {
    return _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(_mm_loadu_si128((const __m128i *)a), _mm_loadu_si128((const __m128i *)b)));
}
INTRINSIC __m256i avx2_high_tap_pairs(const void *a, const void *b) {
    return _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(_mm_loadu_si128((const __m128i *)a), _mm_loadu_si128((const __m128i *)b)));
}
/// round(float(sums) * scales), at most `upper`.
INTRINSIC __m256i avx2_scale(__m256i sums, __m256 scales, __m256 upper) {
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), scales), upper));
}
/// 16 lanes of 32 bits to bytes: saturates to 16 bits, adds the zero point, saturates to 8 bits, applies both bounds.
INTRINSIC __m128i avx2_to_bytes(__m256i a, __m256i b, int32_t zeroPoint, int32_t minimum, int32_t maximum) {
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);
    words = _mm256_adds_epi16(words, _mm256_set1_epi16((int16_t)zeroPoint));
    __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    return _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8((int8_t)minimum)), _mm_set1_epi8((int8_t)maximum));
}
INTRINSIC __m256 avx2_load_floats(const float *p) { return _mm256_loadu_ps(p); }
INTRINSIC void avx2_store_floats(float *p, __m256 a) { _mm256_storeu_ps(p, a); }
INTRINSIC __m256 avx2_fill_floats(float a) { return _mm256_set1_ps(a); }
INTRINSIC __m256 avx2_multiply_add(__m256 sums, __m256 a, __m256 b) { return _mm256_fmadd_ps(a, b, sums); }
INTRINSIC __m256 avx2_clamp(__m256 a, __m256 low, __m256 high) { return _mm256_min_ps(_mm256_max_ps(a, low), high); }
INTRINSIC __m256 avx2_to_floats(__m256i a, __m256 scale) { return _mm256_mul_ps(_mm256_cvtepi32_ps(a), scale); }
/// round(x * scale) within the bounds; 0 where x is not a number.
INTRINSIC __m256i avx2_quantize_lanes(__m256 x, __m256 scale, __m256 low, __m256 high) {
    __m256 scaled = _mm256_mul_ps(x, scale);
    scaled = _mm256_and_ps(scaled, _mm256_cmp_ps(scaled, scaled, _CMP_ORD_Q));
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(scaled, low), high));
}
INTRINSIC __m256i avx2_fill8(int8_t a) { return _mm256_set1_epi8(a); }
INTRINSIC __m256i avx2_and(__m256i a, __m256i b) { return _mm256_and_si256(a, b); }
INTRINSIC __m256i avx2_or(__m256i a, __m256i b) { return _mm256_or_si256(a, b); }
INTRINSIC __m256i avx2_shift_right16(__m256i a, int32_t count) { return _mm256_srli_epi16(a, count); }
INTRINSIC __m256i avx2_shift_left16(__m256i a, int32_t count) { return _mm256_slli_epi16(a, count); }
INTRINSIC __m256i avx2_add16(__m256i a, __m256i b) { return _mm256_add_epi16(a, b); }
INTRINSIC __m256i avx2_subtract8(__m256i a, __m256i b) { return _mm256_sub_epi8(a, b); }
INTRINSIC __m256i avx2_absolute8(__m256i a) { return _mm256_abs_epi8(a); }
/// a with the signs of b; 0 where b is 0.
INTRINSIC __m256i avx2_signed8(__m256i a, __m256i b) { return _mm256_sign_epi8(a, b); }
/// Two products of each 16-bit lane, unsigned bytes times signed bytes: the caller sees to it that they fit.
INTRINSIC __m256i avx2_byte_products(__m256i unsignedBytes, __m256i signedBytes) {
    return _mm256_maddubs_epi16(unsignedBytes, signedBytes);
}
/// Neighbouring 16-bit lanes added to 32-bit ones.
INTRINSIC __m256i avx2_widen_pairs(__m256i a) { return _mm256_madd_epi16(a, _mm256_set1_epi16(1)); }
INTRINSIC __m256i avx2_broadcast_dword(const void *p) {
    int dword;
    __builtin_memcpy(&dword, p, sizeof dword);
    return _mm256_set1_epi32(dword);
}
/// Eight half floats.
INTRINSIC __m256 avx2_load_halves(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
/// Eight floats to half floats, to nearest even.
INTRINSIC __m128i avx2_halves(__m256 a) { return _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
INTRINSIC __m256 avx2_broadcast_float(const float *p) { return _mm256_broadcast_ss(p); }
INTRINSIC __m256 avx2_floats(__m256i a) { return _mm256_cvtepi32_ps(a); }
INTRINSIC __m256 avx2_multiply(__m256 a, __m256 b) { return _mm256_mul_ps(a, b); }
INTRINSIC __m256 avx2_add(__m256 a, __m256 b) { return _mm256_add_ps(a, b); }
#endif

#if defined(__AVX512VNNI__)
/// sums + four products of each lane: unsigned bytes times signed bytes.
INTRINSIC __m512i avx512_dot(__m512i sums, __m512i unsignedBytes, __m512i signedBytes) {
    return _mm512_dpbusd_epi32(sums, unsignedBytes, signedBytes);
}
INTRINSIC __m512i avx512_load(const void *p) { return _mm512_loadu_si512(p); }
INTRINSIC __m512i avx512_load_bytes(const void *p, uint64_t mask) { return _mm512_maskz_loadu_epi8(mask, p); }
INTRINSIC void avx512_store(void *p, __m512i a) { _mm512_storeu_si512(p, a); }
INTRINSIC void avx512_store_bytes(void *p, uint64_t mask, __m512i a) { _mm512_mask_storeu_epi8(p, mask, a); }
INTRINSIC __m512i avx512_broadcast_dword(const void *p) {
    int dword;
    __builtin_memcpy(&dword, p, sizeof dword);
    return _mm512_set1_epi32(dword);
}
INTRINSIC void avx512_copy_flipped16(void *to, const void *from) {
    _mm_storeu_si128((__m128i *)to, _mm_xor_si128(_mm_loadu_si128((const __m128i *)from), _mm_set1_epi8(-128)));
}
INTRINSIC __m512i avx512_fill8(int8_t a) { return _mm512_set1_epi8(a); }
INTRINSIC __m512i avx512_fill16(int16_t a) { return _mm512_set1_epi16(a); }
INTRINSIC __m512i avx512_fill32(int32_t a) { return _mm512_set1_epi32(a); }
INTRINSIC __m512i avx512_xor(__m512i a, __m512i b) { return _mm512_xor_si512(a, b); }
INTRINSIC __m512i avx512_subtract32(__m512i a, __m512i b) { return _mm512_sub_epi32(a, b); }
INTRINSIC __m512i avx512_low_bytes(__m512i a, __m512i b) { return _mm512_unpacklo_epi8(a, b); }
INTRINSIC __m512i avx512_high_bytes(__m512i a, __m512i b) { return _mm512_unpackhi_epi8(a, b); }
INTRINSIC __m512i avx512_low_pairs(__m512i a, __m512i b) { return _mm512_unpacklo_epi16(a, b); }
INTRINSIC __m512i avx512_high_pairs(__m512i a, __m512i b) { return _mm512_unpackhi_epi16(a, b); }
/// round(float(sums) * scales), at most `upper`.
INTRINSIC __m512i avx512_scale(__m512i sums, __m512 scales, __m512 upper) {
    return _mm512_cvtps_epi32(_mm512_min_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), scales), upper));
}
INTRINSIC __m512i avx512_pack16(__m512i a, __m512i b) { return _mm512_packs_epi32(a, b); }
INTRINSIC __m512i avx512_pack8(__m512i a, __m512i b) { return _mm512_packs_epi16(a, b); }
INTRINSIC __m512i avx512_add_saturating16(__m512i a, __m512i b) { return _mm512_adds_epi16(a, b); }
INTRINSIC __m512i avx512_maximum8(__m512i a, __m512i b) { return _mm512_max_epi8(a, b); }
INTRINSIC __m512i avx512_permute32(__m512i index, __m512i a) { return _mm512_permutexvar_epi32(index, a); }
INTRINSIC __m512 avx512_load_floats(const float *p) { return _mm512_loadu_ps(p); }
INTRINSIC __m512 avx512_load_some_floats(const float *p, uint16_t mask) { return _mm512_maskz_loadu_ps(mask, p); }
INTRINSIC void avx512_store_some_floats(float *p, uint16_t mask, __m512 a) { _mm512_mask_storeu_ps(p, mask, a); }
INTRINSIC __m512 avx512_fill_floats(float a) { return _mm512_set1_ps(a); }
INTRINSIC __m512 avx512_multiply_add(__m512 sums, __m512 a, __m512 b) { return _mm512_fmadd_ps(a, b, sums); }
INTRINSIC __m512 avx512_clamp(__m512 a, __m512 low, __m512 high) { return _mm512_min_ps(_mm512_max_ps(a, low), high); }
/// 16 bytes to 32-bit lanes.
INTRINSIC __m512i avx512_widen_to_32(const void *p) { return _mm512_cvtepi8_epi32(_mm_loadu_si128(p)); }
INTRINSIC __m512i avx512_multiply_add32(__m512i sums, __m512i a, __m512i b) { return _mm512_add_epi32(sums, _mm512_mullo_epi32(a, b)); }
INTRINSIC __m512i avx512_and(__m512i a, __m512i b) { return _mm512_and_si512(a, b); }
INTRINSIC __m512i avx512_add32(__m512i a, __m512i b) { return _mm512_add_epi32(a, b); }
INTRINSIC __m512i avx512_shift_right16(__m512i a, int32_t count) { return _mm512_srli_epi16(a, (unsigned)count); }
INTRINSIC __m512i avx512_shift_left16(__m512i a, int32_t count) { return _mm512_slli_epi16(a, (unsigned)count); }
/// a & mask | b: one instruction.
INTRINSIC __m512i avx512_and_or(__m512i a, __m512i mask, __m512i b) { return _mm512_ternarylogic_epi32(a, mask, b, 0xea); }
/// 16 half floats.
INTRINSIC __m512 avx512_load_halves(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
INTRINSIC void avx512_store_floats(float *p, __m512 a) { _mm512_storeu_ps(p, a); }
INTRINSIC __m512 avx512_broadcast_float(const float *p) { return _mm512_set1_ps(*p); }
INTRINSIC __m512 avx512_multiply(__m512 a, __m512 b) { return _mm512_mul_ps(a, b); }
INTRINSIC __m512 avx512_add(__m512 a, __m512 b) { return _mm512_add_ps(a, b); }
INTRINSIC __m512 avx512_floats(__m512i a) { return _mm512_cvtepi32_ps(a); }
#endif
#endif
