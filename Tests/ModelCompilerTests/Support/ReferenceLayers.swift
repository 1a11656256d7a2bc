import Foundation
import ModelCompiler
import Nest

/// Each operation by its definition.
enum ReferenceLayers {
    static func convolution(_ x: Values, _ w: Values, bias: Values?, _ window: Window) -> Values {
        let (height, width, depth, outputs) = (x.shape[1], x.shape[2], x.shape[3], w.shape[0])
        let size = window.output(height: height, width: width)
        var y = Values([x.shape[0], size.height, size.width, outputs])
        let kernel = window.kernel
        y.data.withUnsafeMutableBufferPointer { y in x.data.withUnsafeBufferPointer { x in w.data.withUnsafeBufferPointer { w in
            for place in 0..<y.count / outputs {
                let ox = place % size.width, oy = place / size.width % size.height, n = place / (size.width * size.height)
                for o in 0..<outputs {
                    var sum: Float = 0
                    for ky in 0..<kernel.0 {
                        let iy = oy * window.stride.0 - window.padding.top + ky * window.dilation.0
                        guard iy >= 0, iy < height else { continue }
                        for kx in 0..<kernel.1 {
                            let ix = ox * window.stride.1 - window.padding.left + kx * window.dilation.1
                            guard ix >= 0, ix < width else { continue }
                            let a = ((n * height + iy) * width + ix) * depth, b = ((o * kernel.0 + ky) * kernel.1 + kx) * depth
                            var lanes = SIMD8<Float>.zero
                            var c = 0
                            while c + 8 <= depth {
                                for i in 0..<8 { lanes[i] += x[a + c + i] * w[b + c + i] }
                                c += 8
                            }
                            sum += lanes.sum()
                            while c < depth {
                                sum += x[a + c] * w[b + c]
                                c += 1
                            }
                        }
                    }
                    y[place * outputs + o] = sum + (bias?.data[o] ?? 0)
                }
            }
        } } }
        return y
    }

    static func depthwise(_ x: Values, _ w: Values, bias: Values?, _ window: Window, _ multiplier: Int) -> Values {
        let (height, width, depth) = (x.shape[1], x.shape[2], x.shape[3])
        let size = window.output(height: height, width: width), outputs = depth * multiplier
        var y = Values([x.shape[0], size.height, size.width, outputs])
        for place in 0..<y.data.count / outputs {
            let ox = place % size.width, oy = place / size.width % size.height, n = place / (size.width * size.height)
            for o in 0..<outputs {
                var sum = bias?.data[o] ?? 0
                for ky in 0..<window.kernel.0 {
                    let iy = oy * window.stride.0 - window.padding.top + ky * window.dilation.0
                    guard iy >= 0, iy < height else { continue }
                    for kx in 0..<window.kernel.1 {
                        let ix = ox * window.stride.1 - window.padding.left + kx * window.dilation.1
                        guard ix >= 0, ix < width else { continue }
                        sum += x.data[((n * height + iy) * width + ix) * depth + o / multiplier]
                            * w.data[(ky * window.kernel.1 + kx) * outputs + o]
                    }
                }
                y.data[place * outputs + o] = sum
            }
        }
        return y
    }

    static func pool(_ x: Values, _ window: Window, average: Bool, countPadding: Bool) -> Values {
        let (height, width, depth) = (x.shape[1], x.shape[2], x.shape[3])
        let size = window.output(height: height, width: width)
        var y = Values([x.shape[0], size.height, size.width, depth])
        for index in y.data.indices {
            let c = index % depth, ox = index / depth % size.width, oy = index / (depth * size.width) % size.height
            let n = index / (depth * size.width * size.height)
            var sum: Float = 0, largest = -Float.infinity, count = 0
            for ky in 0..<window.kernel.0 {
                for kx in 0..<window.kernel.1 {
                    let iy = oy * window.stride.0 - window.padding.top + ky * window.dilation.0
                    let ix = ox * window.stride.1 - window.padding.left + kx * window.dilation.1
                    guard iy >= 0, iy < height, ix >= 0, ix < width else { continue }
                    let value = x.data[((n * height + iy) * width + ix) * depth + c]
                    sum += value
                    largest = max(largest, value)
                    count += 1
                }
            }
            y.data[index] = average ? sum / Float(countPadding ? window.kernel.0 * window.kernel.1 : count) : largest
        }
        return y
    }

    static func broadcast(_ x: Values, _ shape: [Int]) -> Values {
        let full = Array(repeating: 1, count: shape.count - x.shape.count) + x.shape
        let strides = Values(full, []).strides
        return x.shape == shape ? x : gathered(x, shape, offset: 0, strides: full.indices.map { full[$0] == 1 ? 0 : strides[$0] })
    }

    static func binary(_ a: Values, _ b: Values, _ shape: [Int], _ function: BinaryFunction) -> Values {
        let left = broadcast(a, shape), right = broadcast(b, shape)
        return Values(shape, zip(left.data, right.data).map { x, y in
            switch function {
            case .add: x + y
            case .subtract: x - y
            case .multiply: x * y
            case .divide: x / y
            case .maximum: max(x, y)
            case .minimum: min(x, y)
            case .squaredDifference: (x - y) * (x - y)
            case .prelu: x < 0 ? x * y : x
            case .power: pow(x, y)
            case .less: x < y ? 1 : 0
            case .lessOrEqual: x <= y ? 1 : 0
            case .equal: x == y ? 1 : 0
            }
        })
    }

    static func unary(_ function: UnaryFunction, _ x: Float, _ alpha: Float, _ beta: Float) -> Float {
        switch function {
        case .relu: max(x, 0)
        case .relu6: min(max(x, 0), 6)
        case .sigmoid: 1 / (1 + exp(-x))
        case .silu: x / (1 + exp(-x))
        case .tanh: tanh(x)
        case .hardSwish: x * min(max(x + 3, 0), 6) / 6
        case .hardSigmoid: min(max(alpha * x + beta, 0), 1)
        case .exponential: exp(x)
        case .clip: min(max(x, alpha), beta)
        case .leakyRelu: x < 0 ? alpha * x : x
        case .logarithm: log(x)
        case .squareRoot: x.squareRoot()
        case .absolute: abs(x)
        case .negate: -x
        case .gelu: x * 0.5 * (1 + erf(x / Float(2).squareRoot()))
        case .reciprocalSquareRoot: 1 / x.squareRoot()
        case .errorFunction: erf(x)
        case .sine: sin(x)
        case .cosine: cos(x)
        case .elu: x < 0 ? alpha * expm1(x) : x
        case .softplus: log1p(exp(-abs(x))) + max(x, 0)
        case .floor: floor(x)
        case .ceiling: ceil(x)
        case .round: x.rounded(.toNearestOrEven)
        case .sign: x == 0 ? 0 : x < 0 ? -1 : 1
        case .power: pow(x, alpha)
        }
    }

    /// `shape` read from `x` at `offset` with one stride an axis.
    static func gathered(_ x: Values, _ shape: [Int], offset: Int, strides: [Int]) -> Values {
        var y = Values(shape), counter = shape.map { _ in 0 }, place = offset
        for index in y.data.indices {
            y.data[index] = x.data[place]
            for axis in shape.indices.reversed() {
                counter[axis] += 1
                place += strides[axis]
                if counter[axis] < shape[axis] { break }
                place -= counter[axis] * strides[axis]
                counter[axis] = 0
            }
        }
        return y
    }

    /// Writes `x` into `y` with its first element at `starts`.
    private static func place(_ x: Values, into y: inout Values, at starts: [Int]) {
        let strides = y.strides, inner = x.strides
        for index in x.data.indices {
            var to = 0
            for axis in x.shape.indices { to += (index / inner[axis] % x.shape[axis] + starts[axis]) * strides[axis] }
            y.data[to] = x.data[index]
        }
    }

    static func concatenate(_ parts: [Values], _ axis: Int, _ shape: [Int]) -> Values {
        var y = Values(shape), starts = shape.map { _ in 0 }
        for part in parts {
            place(part, into: &y, at: starts)
            starts[axis] += part.shape[axis]
        }
        return y
    }

    static func pad(_ x: Values, _ before: [Int], _ shape: [Int], _ value: Float) -> Values {
        var y = Values(shape, Array(repeating: value, count: shape.reduce(1, *)))
        place(x, into: &y, at: before)
        return y
    }

    static func mean(_ x: Values, _ axes: [Int], _ shape: [Int]) -> Values {
        let kept = x.shape.indices.filter { !axes.contains($0) }
        let order = kept + axes, strides = x.strides
        let moved = gathered(x, order.map { x.shape[$0] }, offset: 0, strides: order.map { strides[$0] })
        let count = axes.reduce(1) { $0 * x.shape[$1] }
        return Values(shape, (0..<x.data.count / count).map { moved.data[$0 * count..<($0 + 1) * count].reduce(0, +) / Float(count) })
    }

    static func softmax(_ x: Values, _ axis: Int, _ beta: Float) -> Values {
        var y = x
        let inner = x.strides[axis], count = x.shape[axis]
        for row in 0..<x.data.count / count {
            let places = (0..<count).map { row / inner * inner * count + row % inner + $0 * inner }
            let largest = places.map { x.data[$0] }.max()!
            let powers = places.map { exp((x.data[$0] - largest) * beta) }
            let sum = powers.reduce(0, +)
            for (place, power) in zip(places, powers) { y.data[place] = power / sum }
        }
        return y
    }

    static func resize(_ x: Values, _ shape: [Int], _ mode: ResizeMode, _ alignCorners: Bool, _ halfPixels: Bool) -> Values {
        var y = Values(shape)
        func source(_ position: Int, _ output: Int, _ input: Int) -> Float {
            if alignCorners && output > 1 { return Float(position) * Float(input - 1) / Float(output - 1) }
            let scale = Float(input) / Float(output)
            return halfPixels ? (Float(position) + 0.5) * scale - (mode == .bilinear ? 0.5 : 0) : Float(position) * scale
        }
        let (height, width, depth) = (x.shape[1], x.shape[2], x.shape[3])
        for index in y.data.indices {
            let c = index % depth, ox = index / depth % shape[2], oy = index / (depth * shape[2]) % shape[1],
                n = index / (depth * shape[2] * shape[1])
            func at(_ iy: Int, _ ix: Int) -> Float {
                x.data[((n * height + min(max(iy, 0), height - 1)) * width + min(max(ix, 0), width - 1)) * depth + c]
            }
            let sy = source(oy, shape[1], height), sx = source(ox, shape[2], width)
            if mode == .nearest {
                let rounding: FloatingPointRoundingRule = alignCorners ? .toNearestOrAwayFromZero : .down
                y.data[index] = at(Int(sy.rounded(rounding)), Int(sx.rounded(rounding)))
                continue
            }
            let by = max(sy, 0), bx = max(sx, 0)
            let y0 = Int(by), x0 = Int(bx), fy = by - Float(y0), fx = bx - Float(x0)
            y.data[index] = (at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx) * (1 - fy) + (at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx)
                * fy
        }
        return y
    }

    static func product(_ a: Values, _ b: Values, _ shape: [Int]) -> Values {
        let rows = shape[shape.count - 2], columns = shape[shape.count - 1], depth = a.shape.last!
        func batches(_ x: Values) -> Values {
            let tail = Array(x.shape.suffix(2)), target = Array(shape.dropLast(2)) + tail
            return binary(x, Values(target), target, .add)
        }
        let left = batches(a), right = batches(b)
        return Values(shape, (0..<shape.reduce(1, *)).map { index in
            let column = index % columns, row = index / columns % rows, batch = index / (columns * rows)
            return (0..<depth).reduce(Float(0)) {
                $0 + left.data[(batch * rows + row) * depth + $1] * right.data[(batch * depth + $1) * columns + column]
            }
        })
    }
}
