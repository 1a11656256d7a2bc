#include "Crc32.h"
#include <string.h>

#if defined(__aarch64__)
#include <sys/auxv.h>

static int has_instructions(void) { return (getauxval(AT_HWCAP) & (1ul << 7)) != 0; }

__attribute__((target("crc"))) static uint32_t linux_crc32_by_instructions(uint32_t crc, const uint8_t *bytes, size_t count) {
    uint64_t word;
    for (; count >= 8 * sizeof word; bytes += 8 * sizeof word, count -= 8 * sizeof word) {
#pragma clang loop unroll(full)
        for (size_t i = 0; i < 8; i++) {
            memcpy(&word, bytes + i * sizeof word, sizeof word);
            crc = __builtin_arm_crc32d(crc, word);
        }
    }
    for (; count >= sizeof word; bytes += sizeof word, count -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        crc = __builtin_arm_crc32d(crc, word);
    }
    for (; count > 0; bytes++, count--) crc = __builtin_arm_crc32b(crc, *bytes);
    return crc;
}

#elif defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

static int has_instructions(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_PCLMUL) != 0;
}

static uint32_t bit_by_bit(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (; count > 0; bytes++, count--) {
        crc ^= *bytes;
        for (int i = 0; i < 8; i++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
    }
    return crc;
}

// 16 bytes moved forward by the distance that `powers` stands for, onto `next`.
__attribute__((target("pclmul"))) static inline __m128i folded(__m128i x, __m128i powers, __m128i next) {
    return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, powers, 0x00), _mm_clmulepi64_si128(x, powers, 0x11)), next);
}

// Gopal et al., "Fast CRC computation for generic polynomials using PCLMULQDQ", Intel 2009: 64 bytes a turn are folded
// into the next 64; what is left has the same remainder as the whole.
__attribute__((target("pclmul"))) static uint32_t linux_crc32_by_instructions(uint32_t crc, const uint8_t *bytes, size_t count) {
    if (count < 64) return bit_by_bit(crc, bytes, count);
    // x^(512±32) and x^(128±32) modulo the polynomial, bits reversed.
    const __m128i far = _mm_set_epi64x(0x1C6E41596, 0x154442BD4), near = _mm_set_epi64x(0x0CCAA009E, 0x1751997D0);
    const __m128i *p = (const __m128i *)bytes;
    __m128i a = _mm_xor_si128(_mm_loadu_si128(p), _mm_cvtsi32_si128((int)crc));
    __m128i b = _mm_loadu_si128(p + 1), c = _mm_loadu_si128(p + 2), d = _mm_loadu_si128(p + 3);
    for (p += 4, count -= 64; count >= 64; p += 4, count -= 64) {
        a = folded(a, far, _mm_loadu_si128(p));
        b = folded(b, far, _mm_loadu_si128(p + 1));
        c = folded(c, far, _mm_loadu_si128(p + 2));
        d = folded(d, far, _mm_loadu_si128(p + 3));
    }
    a = folded(folded(folded(a, near, b), near, c), near, d);
    for (; count >= 16; p++, count -= 16) a = folded(a, near, _mm_loadu_si128(p));
    uint8_t rest[16];
    _mm_storeu_si128((__m128i *)rest, a);
    return bit_by_bit(bit_by_bit(0, rest, sizeof rest), (const uint8_t *)p, count);
}

#else
static int has_instructions(void) { return 0; }
static uint32_t linux_crc32_by_instructions(uint32_t crc, const uint8_t *bytes, size_t count) {
    (void)bytes, (void)count;
    return crc;
}
#endif

// tables[k][b]: what byte b does to the remainder when k more bytes follow it, so that eight are taken at a time
// (Kounavis and Berry, "A systematic approach to building high performance, software-based, CRC generators", 2005).
static uint32_t tables[8][256];
static int use_instructions;

__attribute__((constructor)) static void prepare(void) {
    use_instructions = has_instructions();
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int i = 0; i < 8; i++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++) {
        for (uint32_t byte = 0; byte < 256; byte++) tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 255];
    }
}

uint32_t linux_crc32_by_tables(uint32_t before, const uint8_t *bytes, size_t count) {
    uint32_t crc = ~before;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
        crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24]
            ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^ tables[0][bytes[7]];
    }
    for (; count > 0; bytes++, count--) crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 255];
    return ~crc;
}

uint32_t linux_crc32(uint32_t before, const uint8_t *bytes, size_t count) {
    return use_instructions ? ~linux_crc32_by_instructions(~before, bytes, count) : linux_crc32_by_tables(before, bytes, count);
}
