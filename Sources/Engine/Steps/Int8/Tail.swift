import CKernels
import Kernels
import Nest
import Platform

/// What follows a convolution while its results are in the cache: lookup, then residual addition. Every stage reads
/// one buffer and writes another, so that kernels may treat their last elements as they like.
struct Tail {
    private let tables: ChannelTables?
    private let addition: AddTask?
    private let output: View
    private let lookup: (UnsafePointer<Int8>, UnsafeMutablePointer<Int8>, UnsafePointer<Int8>, Int32) -> Void
    private let add: (UnsafePointer<AddTask>, Int32, Int32) -> Void

    init(_ a: ConvolutionAttributes, _ context: StepContext, output: View, residual: Bool = true) {
        self.output = output
        lookup = context.kernels.lookup
        add = context.kernels.add
        tables = ChannelTables(a, blob: context.blob, channels: output.channels)
        guard residual, let other = context.optionalView(context.instruction.inputs.1) else {
            addition = nil
            return
        }
        var task = additionTask(scaleA: a.lookupOffset < 0 ? a.resultScale : a.lookupScale,
                                zeroPointA: a.lookupOffset < 0 ? a.resultZeroPoint : a.lookupZeroPoint,
                                other.record, output.record, minimum: a.residualMinimum, maximum: a.residualMaximum)
        task.b = UnsafePointer(other.bytes)
        task.output = output.bytes
        task.strideA = output.record.channels
        addition = task
    }

    var isEmpty: Bool { tables == nil && addition == nil }

    /// What can only be seen in the weights: see `Step.checkWeights`.
    func check() throws(Failure) { try tables?.check() }

    /// Pixels of a slice whose results stay in the first-level cache: about 16 KB, whole tiles of 16.
    static func pixels(_ channels: Int) -> Int { max(16, 16384 / channels / 16 * 16) }

    /// Room for the results, and for them once more between lookup and addition.
    func scratchBytes(pixels: Int) -> Int {
        let once = roundUp(pixels * output.channels, to: 64) + 64
        return tables != nil && addition != nil ? 2 * once : once
    }

    /// The address that a task with dense output must be given so that `firstPixel` lands at the buffer's start.
    func origin(of buffer: UnsafeMutablePointer<Int8>, firstPixel: Int) -> UnsafeMutablePointer<Int8> {
        buffer - firstPixel * output.channels
    }

    /// The lookup alone, from one dense buffer of whole pixels to another; nothing without a table.
    func look(_ source: UnsafePointer<Int8>, _ target: UnsafeMutablePointer<Int8>, _ count: Int) {
        guard let tables else { return }
        if let choices = tables.choices {
            tables.apply(choices, source, target, stride: output.channels, pixels: count / output.channels)
        } else {
            lookup(source, target, tables.first, Int32(count))
        }
    }

    /// Takes dense results of pixels [firstPixel, firstPixel + count) to the output tensor.
    func finish(_ results: UnsafeMutablePointer<Int8>, firstPixel: Int, count: Int) {
        let channels = output.channels
        var source = results
        if let tables {
            let target = output.bytes + firstPixel * output.stride
            if addition != nil {
                source = results + roundUp(count * channels, to: 64) + 64
                look(results, source, count * channels)
            } else if output.isDense {
                look(results, target, count * channels)
            } else if let choices = tables.choices {
                tables.apply(choices, results, target, stride: output.stride, pixels: count)
            } else {
                for pixel in 0..<count {
                    lookup(results + pixel * channels, target + pixel * output.stride, tables.first, Int32(channels))
                }
            }
        }
        if var task = addition {
            task.a = UnsafePointer(source - firstPixel * channels)
            add(&task, Int32(firstPixel), Int32(firstPixel + count))
        }
    }
}
