import Nest
import Platform

/// Operators with windows and weights.
extension TFLiteImporter {
    mutating func convolution(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), w = try weights(item, for: x), bias = try input(item, 2, optional: true)
        let window = try window(item, x, kernelOf: w, strides: (2, 1), dilations: (5, 4))
        try add(item, .convolution(window, activation(item, 3)), inputs: [x, w, bias], outputs: [output(item)])
    }

    mutating func depthwiseConvolution(_ item: TFLiteOperator) throws {
        let x = try input(item, 0), w = try weights(item, for: x), bias = try input(item, 2, optional: true)
        let window = try window(item, x, kernelOf: w, strides: (2, 1), dilations: (6, 5))
        // The stored multiplier may be 0 in old files; the weights' shape always tells.
        let (multiplier, rest) = shape(w)[3].quotientAndRemainder(dividingBy: shape(x)[3])
        guard rest == 0 else { throw Failure(.badFormat, "weights of shape \(shape(w)) for \(shape(x))") }
        try add(item, .depthwiseConvolution(window, multiplier: multiplier, activation(item, 4)), inputs: [x, w, bias],
                outputs: [output(item)])
    }

    mutating func fullyConnected(_ item: TFLiteOperator) throws {
        guard try item.options?.integer(1, default: Int8(0)) ?? 0 == 0 else {
            throw Failure(.unsupported, "its weights are shuffled for another runtime")
        }
        let x = try input(item, 0), w = try weights(item, for: x), bias = try input(item, 2, optional: true)
        try add(item, .fullyConnected(activation(item, 0)), inputs: [x, w, bias], outputs: [output(item)])
    }

    mutating func pool(_ item: TFLiteOperator, _ make: (Window, Activation) -> Operation) throws {
        guard let options = item.options else { throw Failure(.badFormat, "its options are absent") }
        let x = try input(item, 0)
        let kernel = (Int(try options.integer(4, default: Int32(0))), Int(try options.integer(3, default: Int32(0))))
        let window = try window(item, x, kernel: kernel, strides: (2, 1), dilations: nil)
        try add(item, make(window, activation(item, 5)), inputs: [x], outputs: [output(item)])
    }

    /// Inputs: the output's shape, weights (outputs, height, width, inputs), image, bias?.
    mutating func transposedConvolution(_ item: TFLiteOperator) throws {
        guard let options = item.options, item.inputs.count > 2 else { throw Failure(.badFormat, "its options or inputs are absent") }
        let x = try input(item, 2), w = try weights(item, for: x), bias = try input(item, 3, optional: true), y = try output(item)
        let stride = (Int(try options.integer(2, default: Int32(0))), Int(try options.integer(1, default: Int32(0))))
        _ = try integers(item, 0)
        try transposedConvolution(item, [x, w, bias], y, stride: stride, isSame: options.integer(0, default: Int8(0)) == 0,
                                  activation(item, 3))
    }

    /// MediaPipe's own transposed convolution: image, weights, bias; padding (1: SAME), strides across and down as int32.
    mutating func transposedConvolutionWithBias(_ item: TFLiteOperator) throws {
        let numbers = item.customOptions.elements(of: Int32.self)
        guard numbers.count >= 3, item.inputs.count == 3, numbers[0] == 1 || numbers[0] == 2 else {
            throw Failure(.badFormat, "options \(numbers.prefix(4)) of \(item.inputs.count) inputs")
        }
        let x = try input(item, 0), w = try weights(item, for: x), bias = try input(item, 2)
        try transposedConvolution(item, [x, w, bias], output(item), stride: (Int(numbers[2]), Int(numbers[1])), isSame: numbers[0] == 1,
                                  .none)
    }

    /// - Parameter inputs: image, weights (outputs, height, width, inputs), bias or -1.
    private mutating func transposedConvolution(_ item: TFLiteOperator, _ inputs: [TensorID], _ y: TensorID, stride: (Int, Int),
                                                isSame: Bool, _ activation: Activation) throws {
        let (x, w, bias) = (inputs[0], inputs[1], inputs[2]), ks = shape(w), xs = shape(x), ys = shape(y)
        guard ks.count == 4, xs.count == 4, ys.count == 4, (1...64).contains(stride.0), (1...64).contains(stride.1),
              let bytes = graph.tensors[w].constant else {
            throw Failure(.unsupported, "weights of shape \(ks) over \(xs), stride \(stride)")
        }
        func cut(_ size: Int, _ kernel: Int, _ stride: Int, _ output: Int) -> Int {
            // What SAME pads the convolution that this one turns round.
            isSame ? max(0, (size - 1) * stride + kernel - output) / 2 : 0
        }
        try budget.charge(bytes.count)
        let (input, window) = try graph.addTransposedWindow(
            x, kernel: (ks[1], ks[2]), stride: stride, padding: (cut(xs[1], ks[1], stride.0, ys[1]), cut(xs[2], ks[2], stride.1, ys[2])),
            output: (ys[1], ys[2]), name: item.name)
        var turned = graph.tensors[w]
        turned.constant = turnedKernel(bytes, shape: ks, size: turned.type.size)
        add(item, .convolution(window, activation), inputs: [input, graph.addTensor(turned), bias], outputs: [y])
    }

    private mutating func weights(_ item: TFLiteOperator, for x: TensorID) throws -> TensorID {
        guard item.inputs.count > 1 else { throw Failure(.badFormat, "it has no weights") }
        return try tensors.weights(item.inputs[1], inputType: graph.tensors[x].type, in: &graph)
    }

    private func window(_ item: TFLiteOperator, _ x: TensorID, kernelOf w: TensorID, strides: (Int, Int), dilations: (Int, Int)) throws
        -> Window {
        guard shape(w).count == 4 else { throw Failure(.badFormat, "weights of shape \(shape(w))") }
        return try window(item, x, kernel: (shape(w)[1], shape(w)[2]), strides: strides, dilations: dilations)
    }

    /// `strides`, `dilations`: field numbers in the options, y first.
    private func window(_ item: TFLiteOperator, _ x: TensorID, kernel: (Int, Int), strides: (Int, Int), dilations: (Int, Int)?) throws
        -> Window {
        guard let options = item.options else { throw Failure(.badFormat, "its options are absent") }
        let stride = (Int(try options.integer(strides.0, default: Int32(0))), Int(try options.integer(strides.1, default: Int32(0))))
        var dilation = (1, 1)
        if let dilations {
            dilation = (Int(try options.integer(dilations.0, default: Int32(1))), Int(try options.integer(dilations.1, default: Int32(1))))
        }
        guard [kernel.0, kernel.1, stride.0, stride.1, dilation.0, dilation.1].allSatisfy({ (1...Limits.window).contains($0) }),
              shape(x).count == 4 else {
            throw Failure(.badFormat, "kernel \(kernel), stride \(stride) and dilation \(dilation) over \(shape(x))")
        }
        let input = (shape(x)[1], shape(x)[2])
        let isSame = try options.integer(0, default: Int8(0)) == 0
        let padding = isSame ? Padding.same(input: input, kernel: kernel, stride: stride, dilation: dilation) : Padding()
        return Window(kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    }

    /// The activation fused into the operator, `field` of its options.
    func activation(_ item: TFLiteOperator, _ field: Int) throws -> Activation {
        let code = try item.options?.integer(field, default: Int8(0)) ?? 0
        switch code {
        case 0: return .none
        case 1: return .relu
        case 2: return .reluN1To1
        case 3: return .relu6
        case 4: return .function(.tanh, alpha: 0, beta: 0)
        default: throw Failure(.unsupported, "its fused activation \(code) can't be imported")
        }
    }
}
