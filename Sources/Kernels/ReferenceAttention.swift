import CKernels
import CLinux

/// Attention of one query row, softmax and sums in float64.
func referenceAttention(_ task: UnsafePointer<AttentionTask>, _ row: Int32, _ firstHead: Int32, _ endHead: Int32,
                        _ scratch: UnsafeMutablePointer<Float>) {
    let t = task.pointee
    let dimension = Int(t.headDimension), cacheStride = Int(t.keyValueHeads) * dimension
    let own = Int(t.position) + Int(row), first = Swift.max(0, own - Int(t.window) + 1)
    for head in Int(firstHead)..<Int(endHead) {
        let query = t.queries + Int(row) * Int(t.queryStride) + head * dimension
        let output = t.output + Int(row) * Int(t.outputStride) + head * dimension
        let shared = head / (Int(t.heads) / Int(t.keyValueHeads)) * dimension
        var largest = -Float.infinity
        for position in first...own {
            let key = t.keys + position % Int(t.slots) * cacheStride + shared
            var dot = 0.0
            for d in 0..<dimension { dot += Double(query[d]) * Double(float(half: key[d])) }
            var score = Float(dot) * t.scale
            if t.softCap != 0 { score = t.softCap * Float(tanh(Double(score / t.softCap))) }
            if let bias = t.bias { score += bias[position] }
            scratch[position - first] = score
            largest = Swift.max(largest, score)
        }
        var total = 0.0
        for i in 0...own - first { total += exp(Double(scratch[i] - largest)) }
        for d in 0..<dimension {
            var sum = 0.0
            for position in first...own {
                let value = t.cachedValues[position % Int(t.slots) * cacheStride + shared + d]
                sum += exp(Double(scratch[position - first] - largest)) * Double(float(half: value))
            }
            output[d] = Float(sum / total)
        }
    }
}
