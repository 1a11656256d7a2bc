@_exported import KernelFormats

/// A matrix's weights in the blocks of LanguageKernels.h, packed from and unpacked to groups of 32 inputs of an output.
public struct MatrixLayout: Sendable, Equatable {
    public let format: MatrixFormat
    public let outputs: Int, inputs: Int
    /// Size of the packed weights.
    public let bytes: Int

    /// Nil where inputs is no positive multiple of 32, outputs isn't positive, or the size leaves 63 bits.
    public init?(format: MatrixFormat, outputs: Int, inputs: Int) {
        guard outputs > 0, outputs <= Int(Int32.max) - 15, inputs > 0, inputs % 32 == 0 else { return nil }
        let (blocks, tooMany) = ((outputs + 15) / 16).multipliedReportingOverflow(by: inputs / 32)
        let (bytes, tooLong) = blocks.multipliedReportingOverflow(by: format.blockBytes)
        guard !tooMany, !tooLong else { return nil }
        self.format = format
        self.outputs = outputs
        self.inputs = inputs
        self.bytes = bytes
    }

    /// Groups of 32 inputs.
    public var groups: Int { inputs / 32 }

    /// Where the block of an output and a group begins.
    public func blockOffset(output: Int, group: Int) -> Int { (output / 16 * groups + group) * format.blockBytes }

    /// Writes a group of an output into packed weights that were zero. `quanta`: 32 values within the format's range.
    /// `second`: the minimum of an affine format, the scale of inputs 16...31 of q6, and ignored otherwise. Scales and
    /// minima are bits of half floats.
    public func store(_ quanta: UnsafePointer<Int8>, scale: UInt16, second: UInt16, output: Int, group: Int,
                      into packed: UnsafeMutablePointer<UInt8>) {
        let block = packed + blockOffset(output: output, group: group), lane = output % 16
        storeHalf(scale, block + lane * 2)
        if format.hasSecondHalves { storeHalf(second, block + 32 + lane * 2) }
        let lines = block + format.linesStart
        for i in 0..<32 {
            if format.isBytes {
                lines[i / 4 * 64 + lane * 4 + i % 4] = UInt8(bitPattern: quanta[i])
                continue
            }
            let q = UInt8(bitPattern: quanta[i]), isHigh = i >= 16, line = i % 16 / 4, column = lane * 4 + i % 4
            lines[line * 64 + column] |= (q & 15) << (isHigh ? 4 : 0)
            switch format {
            case .q5, .q5s: lines[256 + column] |= (q >> 4 & 1) << UInt8(line + (isHigh ? 4 : 0))
            case .q6: lines[256 + line / 2 * 64 + column] |= (q >> 4 & 3) << UInt8(line % 2 * 2 + (isHigh ? 4 : 0))
            case .q4, .q4s, .q8: break
            }
        }
    }

    /// The packed weights of `quanta` [outputs][inputs], `scales` [outputs][groups][scales per group] and, where the
    /// format is affine, `minima` [outputs][groups], both bits of half floats.
    public func pack(_ quanta: [Int8], scales: [UInt16], minima: [UInt16] = []) -> [UInt8] {
        var packed = [UInt8](repeating: 0, count: bytes)
        packed.withUnsafeMutableBufferPointer { packed in
            quanta.withUnsafeBufferPointer { quanta in
                for output in 0..<outputs {
                    for group in 0..<groups {
                        let at = output * groups + group
                        let scale = scales[at * format.scalesPerGroup]
                        let second = format.hasLateScales ? scales[at * 2 + 1] : format.isAffine ? minima[at] : 0
                        store(quanta.baseAddress! + at * 32, scale: scale, second: second, output: output, group: group,
                              into: packed.baseAddress!)
                    }
                }
            }
        }
        return packed
    }

    /// q of one weight, before any offset.
    public func quantum(output: Int, input: Int, in packed: UnsafePointer<UInt8>) -> Int {
        let lines = packed + blockOffset(output: output, group: input / 32) + format.linesStart
        let i = input % 32, lane = output % 16
        if format.isBytes { return Int(Int8(bitPattern: lines[i / 4 * 64 + lane * 4 + i % 4])) }
        let isHigh = i >= 16, line = i % 16 / 4, column = lane * 4 + i % 4
        let nibble = Int(lines[line * 64 + column] >> (isHigh ? 4 : 0) & 15)
        switch format {
        case .q5, .q5s: return nibble + Int(lines[256 + column] >> UInt8(line + (isHigh ? 4 : 0)) & 1) * 16
        case .q6: return nibble + Int(lines[256 + line / 2 * 64 + column] >> UInt8(line % 2 * 2 + (isHigh ? 4 : 0)) & 3) * 16
        case .q4, .q4s, .q8: return nibble
        }
    }

    /// The scale of one weight.
    public func scale(output: Int, input: Int, in packed: UnsafePointer<UInt8>) -> Float {
        let isSecond = format.hasLateScales && input % 32 >= 16
        return loadHalf(packed + blockOffset(output: output, group: input / 32) + output % 16 * 2 + (isSecond ? 32 : 0))
    }

    /// The minimum of one weight's group; 0 for symmetric formats.
    public func minimum(output: Int, group: Int, in packed: UnsafePointer<UInt8>) -> Float {
        format.isAffine ? loadHalf(packed + blockOffset(output: output, group: group) + 32 + output % 16 * 2) : 0
    }

    /// One weight as a real number.
    public func weight(output: Int, input: Int, in packed: UnsafePointer<UInt8>) -> Float {
        let q = quantum(output: output, input: input, in: packed) - format.offset
        return scale(output: output, input: input, in: packed) * Float(q) + minimum(output: output, group: input / 32, in: packed)
    }
}

private func storeHalf(_ bits: UInt16, _ at: UnsafeMutablePointer<UInt8>) {
    at[0] = UInt8(truncatingIfNeeded: bits)
    at[1] = UInt8(truncatingIfNeeded: bits >> 8)
}

private func loadHalf(_ at: UnsafePointer<UInt8>) -> Float { float(half: UInt16(at[0]) | UInt16(at[1]) << 8) }
