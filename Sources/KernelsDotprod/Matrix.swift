#if arch(arm64)
import CIntrinsics
import CKernels
import KernelsArmCommon

@_cdecl("dotprod_matrix")
public func dotprodMatrix(_ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32) {
    let first = Int(firstOutput), end = Int(endOutput)
    switch task.pointee.format {
    case 1: matrixQ4(task, first, end)
    case 2: matrixQ4S(task, first, end)
    case 3: matrixQ5(task, first, end)
    case 4: matrixQ5S(task, first, end)
    case 5: matrixQ6(task, first, end)
    default: matrixQ8(task, first, end)
    }
}

@inline(never) private func matrixQ4(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(1, task, first, end) }
@inline(never) private func matrixQ4S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(2, task, first, end) }
@inline(never) private func matrixQ5(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(3, task, first, end) }
@inline(never) private func matrixQ5S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(4, task, first, end) }
@inline(never) private func matrixQ6(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(5, task, first, end) }
@inline(never) private func matrixQ8(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(6, task, first, end) }

@_transparent
private func multiply(_ format: Int, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) {
    let rows = Int(task.pointee.rows)
    var row = 0
    while row &+ 4 <= rows {
        multiplyTile(format, task, first, end, row: row, rows: 4)
        row &+= 4
    }
    if row &+ 2 <= rows {
        multiplyTile(format, task, first, end, row: row, rows: 2)
        row &+= 2
    }
    if row < rows {
        multiplyRow(format, task, first, end, row: row)
    }
}

/// One row: the weights go by once, 16 outputs at a time.
@_transparent
private func multiplyRow(_ format: Int, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int, row: Int) {
    let groups = Int(task.pointee.inputs) / 32
    var block = UnsafeRawPointer(task.pointee.weights!) + first / 16 &* groups &* MatrixFormatFacts.blockBytes(format)
    let at = row &* Int(task.pointee.outputStride)
    var output = first
    while output < end {
        var sums = Floats16(repeat_f32x4(0), repeat_f32x4(0), repeat_f32x4(0), repeat_f32x4(0))
        var values = task.pointee.values + row &* groups &* 32
        var scales = task.pointee.scales + row &* groups, totals = task.pointee.sums + row &* groups
        var left = groups
        repeat {
            addGroup(format, &sums, block, values, scales.pointee, totals.pointee)
            block += MatrixFormatFacts.blockBytes(format)
            values += 32
            scales += 1
            totals += 1
            left &-= 1
        } while left != 0
        sums.store(task.pointee.output + (at &+ output), addend: task.pointee.addend.map { $0 + (at &+ output) })
        output &+= 16
    }
}

/// What one group adds to 16 outputs.
@_transparent
private func addGroup(_ format: Int, _ sums: inout Floats16, _ block: UnsafeRawPointer, _ values: UnsafePointer<Int8>, _ scale: Float, _ total: Float) {
    let a0 = load_i8x16(values), a1 = load_i8x16(values + 16)
    var dots = Dots(format, a0, a1)
    dots.addLines(format, block + MatrixFormatFacts.linesStart(format), a0, a1)
    sums.add(Floats16(dots.first), times: Floats16(halves: block).times(scale))
    if format == 5 { sums.add(Floats16(dots.last), times: Floats16(halves: block + 32).times(scale)) }
    if MatrixFormatFacts.isAffine(format) { sums.add(Floats16(halves: block + 32), times: total * scale) }
}

/// The dot products of 16 outputs with a group; of q6 those with its first and its last 16 inputs apart.
private struct Dots {
    var first, last: Sums16

    /// Zero, or less the offset times the sum of the values.
    @_transparent
    init(_ format: Int, _ a0: int8x16_t, _ a1: int8x16_t) {
        let zero = repeat_i32x4(0)
        if MatrixFormatFacts.offset(format) == 0 {
            first = Sums16(zero, zero, zero, zero)
            last = first
            return
        }
        let offset = repeat_i8x16(0 &- MatrixFormatFacts.offset(format))
        let early = dot(zero, a0, offset), late = dot(format == 5 ? zero : early, a1, offset)
        let start = repeat_i32x4(total_i32(format == 5 ? early : late))
        first = Sums16(start, start, start, start)
        let other = format == 5 ? repeat_i32x4(total_i32(late)) : start
        last = Sums16(other, other, other, other)
    }

    @_transparent
    mutating func addLines(_ format: Int, _ lines: UnsafeRawPointer, _ a0: int8x16_t, _ a1: int8x16_t) {
        if format == 6 {
            addBytes(0, lines, a0)
            addBytes(1, lines, a0)
            addBytes(2, lines, a0)
            addBytes(3, lines, a0)
            addBytes(0, lines + 256, a1)
            addBytes(1, lines + 256, a1)
            addBytes(2, lines + 256, a1)
            addBytes(3, lines + 256, a1)
            return
        }
        // q4 has no further bits; what stands in their place is not looked at.
        let none = a0
        let b0 = format > 2 ? load_bytes(lines + 256) : none, b1 = format > 2 ? load_bytes(lines + 272) : none
        let b2 = format > 2 ? load_bytes(lines + 288) : none, b3 = format > 2 ? load_bytes(lines + 304) : none
        addLine(format, 0, lines, b0, b1, b2, b3, a0, a1)
        addLine(format, 1, lines, b0, b1, b2, b3, a0, a1)
        let c0 = format == 5 ? load_bytes(lines + 320) : b0, c1 = format == 5 ? load_bytes(lines + 336) : b1
        let c2 = format == 5 ? load_bytes(lines + 352) : b2, c3 = format == 5 ? load_bytes(lines + 368) : b3
        addLine(format, 2, lines, c0, c1, c2, c3, a0, a1)
        addLine(format, 3, lines, c0, c1, c2, c3, a0, a1)
    }

    @_transparent
    mutating func addBytes(_ i: Int, _ lines: UnsafeRawPointer, _ a: int8x16_t) {
        first.v0 = dotLane(i, first.v0, load_bytes(lines + i &* 64), a)
        first.v1 = dotLane(i, first.v1, load_bytes(lines + (i &* 64 &+ 16)), a)
        first.v2 = dotLane(i, first.v2, load_bytes(lines + (i &* 64 &+ 32)), a)
        first.v3 = dotLane(i, first.v3, load_bytes(lines + (i &* 64 &+ 48)), a)
    }

    @_transparent
    mutating func addLine(_ format: Int, _ i: Int, _ lines: UnsafeRawPointer, _ b0: int8x16_t, _ b1: int8x16_t, _ b2: int8x16_t, _ b3: int8x16_t,
                          _ a0: int8x16_t, _ a1: int8x16_t) {
        let l0 = load_bytes(lines + i &* 64), l1 = load_bytes(lines + (i &* 64 &+ 16))
        let l2 = load_bytes(lines + (i &* 64 &+ 32)), l3 = load_bytes(lines + (i &* 64 &+ 48))
        let c0 = MatrixFormatFacts.bits(format, i, b0), c1 = MatrixFormatFacts.bits(format, i, b1)
        let c2 = MatrixFormatFacts.bits(format, i, b2), c3 = MatrixFormatFacts.bits(format, i, b3)
        first.v0 = dotLane(i, first.v0, MatrixFormatFacts.low(format, l0, c0), a0)
        first.v1 = dotLane(i, first.v1, MatrixFormatFacts.low(format, l1, c1), a0)
        first.v2 = dotLane(i, first.v2, MatrixFormatFacts.low(format, l2, c2), a0)
        first.v3 = dotLane(i, first.v3, MatrixFormatFacts.low(format, l3, c3), a0)
        let h0 = MatrixFormatFacts.high(format, l0, c0), h1 = MatrixFormatFacts.high(format, l1, c1)
        let h2 = MatrixFormatFacts.high(format, l2, c2), h3 = MatrixFormatFacts.high(format, l3, c3)
        if format == 5 {
            last.v0 = dotLane(i, last.v0, h0, a1)
            last.v1 = dotLane(i, last.v1, h1, a1)
            last.v2 = dotLane(i, last.v2, h2, a1)
            last.v3 = dotLane(i, last.v3, h3, a1)
        } else {
            first.v0 = dotLane(i, first.v0, h0, a1)
            first.v1 = dotLane(i, first.v1, h1, a1)
            first.v2 = dotLane(i, first.v2, h2, a1)
            first.v3 = dotLane(i, first.v3, h3, a1)
        }
    }
}

/// Four bytes of weights an output times bytes 4*lane... of `a`; `lane` is a constant.
@_transparent
func dotLane(_ lane: Int, _ sum: int32x4_t, _ w: int8x16_t, _ a: int8x16_t) -> int32x4_t {
    switch lane {
    case 0: dot_lane0(sum, w, a)
    case 1: dot_lane1(sum, w, a)
    case 2: dot_lane2(sum, w, a)
    default: dot_lane3(sum, w, a)
    }
}
#endif
