// The contract between the engine and the kernel families: plain task descriptions and C entry points.
//
// Why C: family modules are compiled with instruction-set extensions that the rest of the program lacks. A C
// boundary keeps their code from being copied into other modules (Embedded Swift copies whatever it imports).
//
// Layout of every image tensor: batch, height, width, channels, channels innermost. A tensor may be a slice of
// channels of a wider one: consecutive pixels are `pixelStride` elements apart (at least `channels`); rows and
// images follow without gaps (row = width * pixelStride). Every buffer may be read up to 64 bytes past its end.
// The elementwise entry points (add, lookup) may be given an output that is their input, element for element.
//
// A task is built once at load; a call executes a part of it: pixels [firstPixel, endPixel) of the flattened
// output (batch*height*width) and output channels [firstChannel, endChannel) (multiples of 16, or the end).
// Every family gives bit for bit the same int8 result: exact 32-bit accumulation, then
//     q = clamp(roundToNearestEven(float(accumulator) * scale) + outputZeroPoint, outputMinimum, outputMaximum).
#pragma once
#include <stdint.h>
#include <stddef.h>
#include "LanguageKernels.h"

/// Convolution, pointwise, fully connected (a 1x1 image), any stride and dilation; group count 1.
///
/// A window is read as `runCount` runs of `runLength` contiguous bytes of the input:
///  - runPerRow != 0: a run is one kernel row, kernelWidth*inputChannels long (dilationX 1, dense input);
///  - otherwise a run is one kernel tap, inputChannels long.
/// Weights: blocks of 16 output channels, the last one ceil(rest/4)*4 wide; in a block
/// [run][ceil(runLength/4)][channel of block][4], zero where a run or the channels are padded: the (up to three)
/// bytes read past a run meet zero weights. Weights lie in [-127, 127], so two products fit 16 bits.
/// Bias and scales: one a channel, readable to a multiple of 16; the input zero point is folded into the bias:
///     bias[c] - inputZeroPoint * sum(weights of c).
/// Taps outside the input read inputZeroPoint.
/// `runRepeat` is 1, or 2 where weights beyond int8 (legacy uint8 models) were split into two terms: the list of
/// runs is then gone through twice over the same input, with runCount*2 runs of weights.
typedef struct {
    const int8_t *input;
    int8_t *output;
    const int8_t *weights;
    const int32_t *bias;
    const float *scales;
    int32_t batch;
    int32_t inputHeight, inputWidth, inputChannels, inputPixelStride;
    int32_t outputHeight, outputWidth, outputChannels, outputPixelStride;
    int32_t kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft;
    int32_t runPerRow, runCount, runLength, runRepeat;
    int32_t inputZeroPoint, outputZeroPoint, outputMinimum, outputMaximum;
} ConvolutionTask;

/// Depthwise convolution, channel multiplier 1.
/// Weights: [tap][channels rounded up to 16], tap = ky*kernelWidth + kx. Bias and scales as above, readable to a
/// multiple of 16 channels. `inputRingRows` is the number of rows kept of the input (inputHeight ordinarily; less
/// when the producer is fused and writes a ring): input row y of image b is at row (y % inputRingRows).
/// tapRepeat as runRepeat: weights hold kernelHeight*kernelWidth*tapRepeat taps.
typedef struct {
    const int8_t *input;
    int8_t *output;
    const int8_t *weights;
    const int32_t *bias;
    const float *scales;
    int32_t batch;
    int32_t inputHeight, inputWidth, channels, inputPixelStride, inputRingRows;
    int32_t outputHeight, outputWidth, outputPixelStride;
    int32_t kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft, tapRepeat;
    int32_t inputZeroPoint, outputZeroPoint, outputMinimum, outputMaximum;
} DepthwiseTask;

/// Elementwise sum of two int8 tensors of the same shape, in 32-bit integers:
///     q = clamp(((bias + a*multiplierA + b*multiplierB) >> shift) + outputZeroPoint, min, max)
/// where bias carries rounding and both zero points (the arithmetic of XNNPACK's quantised addition).
typedef struct {
    const int8_t *a;
    const int8_t *b;
    int8_t *output;
    int32_t pixels, channels, strideA, strideB, outputPixelStride;
    int32_t multiplierA, multiplierB, bias, shift, outputZeroPoint, outputMinimum, outputMaximum;
} AddTask;

/// Float convolution: the int8 layout with one element where int8 has four: blocks of 16 channels
/// [run][runLength][channel of block, always 16], padded with zeros. Bias readable to a multiple of 16.
/// Taps outside the input read 0.
/// Result clamped to [outputMinimum, outputMaximum].
typedef struct {
    const float *input;
    float *output;
    const float *weights;
    const float *bias;
    int32_t batch;
    int32_t inputHeight, inputWidth, inputChannels, inputPixelStride;
    int32_t outputHeight, outputWidth, outputChannels, outputPixelStride;
    int32_t kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft;
    int32_t runPerRow, runCount, runLength;
    float outputMinimum, outputMaximum;
} FloatConvolutionTask;

/// Float depthwise convolution: weights [tap][channels rounded up to 16].
typedef struct {
    const float *input;
    float *output;
    const float *weights;
    const float *bias;
    int32_t batch;
    int32_t inputHeight, inputWidth, channels, inputPixelStride;
    int32_t outputHeight, outputWidth, outputPixelStride;
    int32_t kernelHeight, kernelWidth, strideY, strideX, dilationY, dilationX, padTop, padLeft;
    float outputMinimum, outputMaximum;
} FloatDepthwiseTask;

/// A slice of a task: see the top of this file. `scratch` is the calling thread's own, 64-byte aligned, at least
/// `kernelScratchBytes` long (for gathered border windows).
typedef struct {
    int32_t firstPixel, endPixel;
    int32_t firstChannel, endChannel;
    void *scratch;
} KernelSlice;

/// Scratch a convolution needs a thread: 16 windows of runs rounded up to 16 bytes and their pointers, or 12 windows
/// rounded up to 64 bytes.
static inline __attribute__((always_inline)) size_t kernelScratchBytes(int32_t runCount, int32_t runLength, int32_t elementSize) {
    size_t window = (size_t)runCount * (((size_t)runLength * (size_t)elementSize + 15) / 16 * 16);
    return 16 * (window + (size_t)runCount * sizeof(void *)) + 1024;
}

/// Scratch a depthwise convolution of `taps` kernel taps (terms not counted) needs a thread.
static inline __attribute__((always_inline)) size_t kernelDepthwiseScratchBytes(int32_t taps) {
    return (kernelScratchBytes(taps, 16, 4) + 63) / 64 * 64;
}

#define KERNEL_FAMILY(family) \
    void family##_convolution(const ConvolutionTask *task, const KernelSlice *slice); \
    void family##_depthwise(const DepthwiseTask *task, const KernelSlice *slice); \
    void family##_add(const AddTask *task, int32_t firstPixel, int32_t endPixel); \
    void family##_float_convolution(const FloatConvolutionTask *task, const KernelSlice *slice); \
    void family##_float_depthwise(const FloatDepthwiseTask *task, const KernelSlice *slice); \
    /* output[i] = table[input[i] + 128] for i in 0..<count */ \
    void family##_lookup(const int8_t *input, int8_t *output, const int8_t *table, int32_t count); \
    /* q = clamp(roundToNearestEven(x * inverseScale) + zeroPoint, -128, 127); NaN gives zeroPoint */ \
    void family##_quantize(const float *input, int8_t *output, float inverseScale, int32_t zeroPoint, int32_t count); \
    void family##_dequantize(const int8_t *input, float *output, float scale, int32_t zeroPoint, int32_t count); \
    /* sums[c] = sum over pixels of input[p*pixelStride + c] */ \
    void family##_channel_sums(const int8_t *input, int32_t *sums, int32_t pixels, int32_t channels, int32_t pixelStride);

KERNEL_FAMILY(neon)
KERNEL_FAMILY(avx2)

// Families that improve only some entry points on the one below them.
void dotprod_convolution(const ConvolutionTask *task, const KernelSlice *slice);
void dotprod_depthwise(const DepthwiseTask *task, const KernelSlice *slice);
void i8mm_convolution(const ConvolutionTask *task, const KernelSlice *slice);
void vnni_convolution(const ConvolutionTask *task, const KernelSlice *slice);
void vnni_depthwise(const DepthwiseTask *task, const KernelSlice *slice);
void vnni_float_convolution(const FloatConvolutionTask *task, const KernelSlice *slice);
void vnni_float_depthwise(const FloatDepthwiseTask *task, const KernelSlice *slice);
