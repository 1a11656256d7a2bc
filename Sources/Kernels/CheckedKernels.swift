import CKernels

extension KernelTable {
    /// The same kernels, each call looked at first where SWIFTLET_CHECKS is defined, in tests and fuzzing: sizes, slices and
    /// alignment as CKernels.h and LanguageKernels.h ask for them. A board's binary holds nothing of it.
    var checked: KernelTable {
        #if SWIFTLET_CHECKS
        var table = self
        checkConvolutions(&table)
        checkLanguage(&table)
        let add = self.add
        table.add = { task, first, end in
            let t = task.pointee
            require(0 <= first && first <= end && end <= t.pixels, "pixels of a sum outside its tensors")
            require(min(t.strideA, t.strideB, t.outputPixelStride) >= t.channels, "pixels of a sum that overlap")
            add(task, first, end)
        }
        return table
        #else
        return self
        #endif
    }
}

#if SWIFTLET_CHECKS
extension KernelTable {
    private func checkConvolutions(_ table: inout KernelTable) {
        let (convolution, depthwise) = (self.convolution, self.depthwise)
        let (floatConvolution, floatDepthwise) = (self.floatConvolution, self.floatDepthwise)
        table.convolution = { task, slice in
            let t = task.pointee
            requireSlice(slice.pointee, pixels: t.batch * t.outputHeight * t.outputWidth, channels: t.outputChannels)
            requireRuns(perRow: t.runPerRow, count: t.runCount, length: t.runLength, height: t.kernelHeight, width: t.kernelWidth,
                        channels: t.inputChannels)
            require(t.runRepeat == 1 || t.runRepeat == 2, "runs that are gone through neither once nor twice")
            require(t.inputPixelStride >= t.inputChannels && t.outputPixelStride >= t.outputChannels, "pixels that overlap")
            require(t.outputMinimum <= t.outputMaximum, "an empty range of results")
            convolution(task, slice)
        }
        table.floatConvolution = { task, slice in
            let t = task.pointee
            requireSlice(slice.pointee, pixels: t.batch * t.outputHeight * t.outputWidth, channels: t.outputChannels)
            requireRuns(perRow: t.runPerRow, count: t.runCount, length: t.runLength, height: t.kernelHeight, width: t.kernelWidth,
                        channels: t.inputChannels)
            require(t.inputPixelStride >= t.inputChannels && t.outputPixelStride >= t.outputChannels, "pixels that overlap")
            require(t.outputMinimum <= t.outputMaximum, "an empty range of results")
            floatConvolution(task, slice)
        }
        table.depthwise = { task, slice in
            let t = task.pointee
            requireSlice(slice.pointee, pixels: t.batch * t.outputHeight * t.outputWidth, channels: t.channels)
            require(t.inputRingRows > 0 && (t.tapRepeat == 1 || t.tapRepeat == 2),
                    "a ring without rows, or taps that are neither single nor pairs")
            require(min(t.inputPixelStride, t.outputPixelStride) >= t.channels, "pixels that overlap")
            depthwise(task, slice)
        }
        table.floatDepthwise = { task, slice in
            let t = task.pointee
            requireSlice(slice.pointee, pixels: t.batch * t.outputHeight * t.outputWidth, channels: t.channels)
            require(min(t.inputPixelStride, t.outputPixelStride) >= t.channels, "pixels that overlap")
            floatDepthwise(task, slice)
        }
    }

    private func checkLanguage(_ table: inout KernelTable) {
        let (matrix, attention) = (self.matrix, self.attention)
        table.matrix = { task, first, end in
            let t = task.pointee
            require(t.rows >= 1 && t.inputs >= 32 && t.inputs % 32 == 0, "a matrix without rows, or of broken groups")
            require(t.rows == 1 || t.outputStride >= end - first, "rows of a product that overlap")
            require(0 <= first && first <= end && end <= t.outputs && first % 16 == 0 && (end % 16 == 0 || end == t.outputs),
                    "a slice of a matrix that isn't whole blocks")
            matrix(task, first, end)
        }
        table.attention = { task, row, first, end, scratch in
            let t = task.pointee
            require(t.headDimension > 0 && t.headDimension % 16 == 0 && t.headDimension <= 512,
                    "heads of another dimension than kernels take")
            require(t.keyValueHeads > 0 && t.heads % t.keyValueHeads == 0, "heads that don't share keys evenly")
            require(0 <= first && first <= end && end <= t.heads && row >= 0 && t.position >= 0 && t.slots > 0, "heads that aren't there")
            require(UInt(bitPattern: scratch) % 64 == 0, "scratch that isn't aligned")
            attention(task, row, first, end, scratch)
        }
    }
}

private func requireSlice(_ slice: KernelSlice, pixels: Int32, channels: Int32) {
    require(0 <= slice.firstPixel && slice.firstPixel <= slice.endPixel && slice.endPixel <= pixels, "pixels outside the output")
    require(0 <= slice.firstChannel && slice.firstChannel <= slice.endChannel && slice.endChannel <= channels,
            "channels outside the output")
    require(slice.firstChannel % 16 == 0 && (slice.endChannel % 16 == 0 || slice.endChannel == channels),
            "channels that aren't whole blocks")
    require(slice.scratch.map { UInt(bitPattern: $0) % 64 == 0 } ?? true, "scratch that isn't aligned")
}

private func requireRuns(perRow: Int32, count: Int32, length: Int32, height: Int32, width: Int32, channels: Int32) {
    if perRow != 0 {
        require(count == height && length == width * channels, "runs that aren't the kernel's rows")
    } else {
        require(count == height * width && length == channels, "runs that aren't the kernel's taps")
    }
}

private func require(_ condition: Bool, _ text: StaticString) {
    if !condition { fatalError("\(text)") }
}
#endif
