// The contract of the kernels of language models: matrices of few bits times activations quantised in groups, and
// what lies between them. CKernels.h has the rules that hold here too (readable slack, slices, C entry points).
//
// Activations: rows of int8 in [-127, 127], in groups of 32 along a row, each group with its own scale:
//     value = scales[group] * values[i],   sums[group] = float(sum of the group's values)   (exact: below 2^24)
// Where 8 bits are too few, a second row holds what rounding left, quantised like the first with a scale 254 times
// smaller: the two rows' products added are those of a row of 16 bits, and matrices need to know nothing of it.
//
// Weights: blocks of 16 outputs, [ceil(outputs/16)][inputs/32 groups][group block]; inputs is a multiple of 32, outputs
// that aren't there have zero scales. A group block holds 16 outputs x 32 inputs:
//     q4   (affine)    16 half scales, 16 half minima, 256 B nibbles             320 bytes   w = scale*q + minimum, q 0...15
//     q4s  (symmetric) 16 half scales, 256 B nibbles                             288 bytes   w = scale*(q - 8)
//     q5   (affine)    16 half scales, 16 half minima, 256 B nibbles, 64 B fifth bits  384   w = scale*q + minimum, q 0...31
//     q5s  (symmetric) 16 half scales, 256 B nibbles, 64 B fifth bits            352 bytes   w = scale*(q - 16)
//     q6   (symmetric) 32 half scales, 256 B nibbles, 128 B fifth and sixth bits 448 bytes   w = scale*(q - 32), a scale for
//                      16 inputs: first the 16 outputs' scales for inputs 0...15, then those for 16...31
//     q8   (symmetric) 16 half scales, 512 B int8                                544 bytes   w = scale*q, q -127...127
//     (-128 is met in files and allowed)
// Order of q8: [input/4, 8 of them][output 16][4 inputs].
// Order of nibbles: line i of 4 (64 bytes each), [output 16][4]: the low nibble belongs to inputs 4i...4i+3, the high
// nibble to inputs 16+4i...16+4i+3: one load of a line gives two operands of a dot product.
// Order of further bits: 64-byte lines [output 16][4] again, so that a shift and a mask put them above a line's nibbles.
//     q5: one line; bit i for the low nibbles of line i, bit 4+i for its high nibbles
//     q6: two lines, the first for lines 0 and 1 of nibbles, the second for lines 2 and 3; bits 0...1 for the low nibbles
//     of the even line, 4...5 for its high ones, 2...3 and 6...7 likewise for the odd line
// `MatrixLayout` (module Kernels) packs.
//
// Every family gives bit for bit the same float: groups in order, one accumulator an output, started at zero:
//     dot    = exact int32 sum of q' * value       (q' = q - offset for the symmetric ones; q for the affine ones)
//     acc    = fma(float(dot), scale_w * scale_a, acc)                 q6: twice, first for inputs 0...15
//     affine:  acc = fma(sum_a * scale_a, minimum_w, acc)              after the former
//     output = acc, or addend + acc where there is one
#pragma once
#include <stdint.h>
#include <stddef.h>

/// How a matrix's weights are quantised: see above. The numbers are those of the nest file. What code needs to know of a
/// format is in one table, `MatrixFormatFacts` (module KernelFormats).
enum __attribute__((enum_extensibility(closed))) MatrixFormat : int32_t {
    MatrixFormatQ4 __attribute__((swift_name("q4"))) = 1,
    MatrixFormatQ4S __attribute__((swift_name("q4s"))) = 2,
    MatrixFormatQ5 __attribute__((swift_name("q5"))) = 3,
    MatrixFormatQ5S __attribute__((swift_name("q5s"))) = 4,
    MatrixFormatQ6 __attribute__((swift_name("q6"))) = 5,
    MatrixFormatQ8 __attribute__((swift_name("q8"))) = 6,
};
typedef enum MatrixFormat MatrixFormat;

/// output[row][o] = (addend[row][o]) + sum over inputs of weights[o][i] * activation[row][i]
typedef struct {
    const int8_t *values;   // [rows][inputs]
    const float *scales;    // [rows][inputs/32]
    const float *sums;      // [rows][inputs/32]
    const uint8_t *weights;
    const float *addend;    // NULL, or rows `outputStride` apart; may be `output`
    float *output;          // rows `outputStride` apart, room for outputs rounded up to 16
    int32_t rows, inputs, outputs, outputStride;
    MatrixFormat format;
} MatrixTask;

/// Attention of one query row over cached keys and values, softmax in float32.
/// Cache: half floats, [position][keyValueHeads][headDimension], keys and values apart; a position p lives at slot
/// p % slots (slots: the context, or the window's size rounded up where the layer slides).
/// Query row r has position `position + r` and sees positions max(0, own - window + 1) ... own.
/// scratch: the calling thread's own, room for slots + 4096 floats, 64-byte aligned. headDimension: a multiple of 16, at most
/// 512; heads: a multiple of keyValueHeads.
typedef struct {
    const float *queries;   // rows `queryStride` apart: [heads][headDimension], already rotated
    const uint16_t *keys, *cachedValues;
    float *output;          // rows `outputStride` apart: [heads][headDimension]
    int32_t queryStride, outputStride, heads, keyValueHeads, headDimension, slots, window, position;
    float scale;            // of the scores
    float softCap;          // 0: none; scores = softCap * tanh(scores / softCap)
    const float *bias;      // NULL, or what is added to the score of each position (then slots is not below the positions)
} AttentionTask;

/// A slice of a matrix: outputs [firstOutput, endOutput), multiples of 16 or the end; all rows of it.
#define MATRIX_KERNEL(family) void family##_matrix(const MatrixTask *task, int32_t firstOutput, int32_t endOutput);

MATRIX_KERNEL(neon)
MATRIX_KERNEL(dotprod)
MATRIX_KERNEL(avx2)
MATRIX_KERNEL(vnni)

// What lies between matrices is float code, written once for NEON and AVX2.

/// One row: groups of 32 to int8: scale = max|x|/127, value = roundToNearestEven(x * (1/scale)) in [-127, 127]. A group
/// of zeros has scale 0 and values 0; NaN gives 0 and counts for nothing; infinities count as the largest finite number.
/// count: a multiple of 32. Every family gives the same bits. rest: 0, or how many values behind `values` (a multiple
/// of 32; scales and sums accordingly) what rounding left goes: scale/254, fma(-scale, value, x) * (254/scale).
void vector_quantize_groups(const float *x, int8_t *values, float *scales, float *sums, int32_t count, int32_t rest);
/// Root mean square norm, then quantised as above: x * weight / sqrt(mean(x^2) + epsilon). `normalized` may be NULL, or
/// gets the floats (and may be x); `values` may be NULL (scales and sums too): then only the floats, and any count
/// that is a multiple of 16.
void vector_normalize(const float *x, const float *weight, float epsilon, float *normalized, int8_t *values, float *scales, float *sums,
                      int32_t count,
                      int32_t rest);
/// (x - mean) / sqrt(variance + epsilon) * weight + bias, `count` a multiple of 16; y may be x.
void vector_layer_normalize(const float *x, const float *weight, const float *bias, float epsilon, float *y, int32_t count);
/// activation(gate[i]) * up[i], quantised as above; function 0: SiLU, 1: GELU (tanh form). Within 2e-6 relative of the
/// exact function, or 1e-7 of the gate for GELU: its exponent cancels where it is as good as zero. Results below 1e-34
/// may be 0.
void vector_gated(const float *gate, const float *up, int8_t *values, float *scales, float *sums, int32_t function, int32_t count,
                  int32_t rest);
void vector_attention(const AttentionTask *task, int32_t row, int32_t firstHead, int32_t endHead, float *scratch);
/// Floats to half floats, to nearest even; any count.
void vector_to_halves(const float *x, uint16_t *halves, int32_t count);
/// output[i] = f(input[i]), the two may be the same; any count. 0: sigmoid, 1: SiLU, 2: tanh, 3: GELU (tanh form), 4: exp,
/// 5: GELU. Precision as of `vector_gated`; 5: within 4e-7 of the larger of 1 and |x|.
void vector_function(const float *input, float *output, int32_t function, int32_t count);
