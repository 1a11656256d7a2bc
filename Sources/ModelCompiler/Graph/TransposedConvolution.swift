import Nest
import Platform

/// A transposed convolution as an ordinary one: its input with `stride` − 1 zeros after each pixel, the kernel turned by half.
extension Graph {
    /// Appends what spreads an image's pixels. What is behind the last pixel are zeros too.
    ///
    /// - Parameter stride: of the transposed convolution, (height, width).
    mutating func addSpread(_ x: TensorID, stride: (Int, Int), name: String) -> TensorID {
        let shape = tensors[x].shape
        var current = x
        func adding(_ graph: inout Graph, _ operation: Operation, _ part: String, _ shape: [Int]) -> TensorID {
            var tensor = graph.tensors[current]
            tensor.name = name + part
            tensor.shape = shape
            tensor.constant = nil
            tensor.isState = false
            return graph.addNode(name + part, operation, inputs: [current], output: tensor)
        }
        func spread(_ graph: inout Graph, _ part: String, rows: Int, row: Int, by stride: Int, then shape: [Int]) {
            current = adding(&graph, .reshape, part + "/rows", [rows, 1, row])
            current = adding(&graph, .pad(before: [0, 0, 0], after: [0, stride - 1, 0], value: 0), part, [rows, stride, row])
            current = adding(&graph, .reshape, part + "/image", shape)
        }
        let (height, width) = (shape[1] * stride.0, shape[2] * stride.1)
        if stride.1 > 1 {
            spread(&self, "/columns spread", rows: shape[0] * shape[1] * shape[2], row: shape[3], by: stride.1,
                   then: [shape[0], shape[1], width, shape[3]])
        }
        if stride.0 > 1 {
            spread(&self, "/rows spread", rows: shape[0] * shape[1], row: width * shape[3], by: stride.0,
                   then: [shape[0], height, width, shape[3]])
        }
        return current
    }

    /// What a transposed convolution computes: spread input, and an ordinary window over it whose padding gives `output`
    /// pixels. `padding`: what is cut from the full result before its first row and column.
    ///
    /// - Throws: `unsupported` where the window would leave the input.
    mutating func addTransposedWindow(_ x: TensorID, kernel: (Int, Int), stride: (Int, Int), dilation: (Int, Int) = (1, 1),
                                      padding: (Int, Int), output: (Int, Int), name: String) throws -> (input: TensorID, window: Window) {
        var input = addSpread(x, stride: stride, name: name)
        let reach = ((kernel.0 - 1) * dilation.0, (kernel.1 - 1) * dilation.1)
        func sides(_ size: Int, _ reach: Int, _ padding: Int, _ output: Int) -> (before: Int, after: Int) {
            (reach - padding, output - 1 + padding - (size - 1))
        }
        let shape = tensors[input].shape
        let y = sides(shape[1], reach.0, padding.0, output.0), x = sides(shape[2], reach.1, padding.1, output.1)
        guard y.before >= 0, x.before >= 0, y.after <= 4096, x.after <= 4096, shape[1] + y.after > 0, shape[2] + x.after > 0 else {
            throw Failure(.unsupported, "a padding of \(padding) for a kernel of \(kernel)")
        }
        if y.after < 0 || x.after < 0 {
            // The zeros behind the last pixel are more than the last window sees.
            var cut = tensors[input]
            cut.name = name + "/cut"
            cut.shape = [shape[0], shape[1] + min(0, y.after), shape[2] + min(0, x.after), shape[3]]
            input = addNode(name + "/cut", .slice(starts: [0, 0, 0, 0], steps: [1, 1, 1, 1]), inputs: [input], output: cut)
        }
        return (input, Window(kernel: kernel, dilation: dilation,
                              padding: Padding(top: y.before, left: x.before, bottom: max(0, y.after), right: max(0, x.after))))
    }
}

/// A kernel (rows, height, width, depth) turned by half, element for element of `size` bytes.
func turnedKernel(_ bytes: [UInt8], shape: [Int], size: Int) -> [UInt8] {
    let row = shape[3] * size, area = shape[1] * shape[2]
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for kernel in 0..<shape[0] {
        for place in (0..<area).reversed() { result += bytes[(kernel * area + place) * row..<(kernel * area + place + 1) * row] }
    }
    return result
}
