#if arch(arm64)
import CIntrinsics
import CKernels
import KernelFormats
import KernelsArmCommon

@_cdecl("dotprod_matrix")
public func dotprodMatrix(_ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32) {
    callByFormat(task, firstOutput, endOutput, q4: matrixQ4, q4s: matrixQ4S, q5: matrixQ5, q5s: matrixQ5S, q6: matrixQ6, q8: matrixQ8)
}

@inline(never) private func matrixQ4(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q4, task, first, end) }
@inline(never) private func matrixQ4S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q4s, task, first, end) }
@inline(never) private func matrixQ5(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q5, task, first, end) }
@inline(never) private func matrixQ5S(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q5s, task, first, end) }
@inline(never) private func matrixQ6(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q6, task, first, end) }
@inline(never) private func matrixQ8(_ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) { multiply(.q8, task, first, end) }

@_transparent
private func multiply(_ format: MatrixFormat, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int) {
    let rows = Int(task.pointee.rows)
    var row = 0
    while row &+ 4 <= rows {
        multiplyTile(format, task, first, end, row: row)
        row &+= 4
    }
    if row &+ 2 <= rows {
        multiplyPair(format, task, first, end, row: row)
        row &+= 2
    }
    if row < rows {
        multiplyRow(format, task, first, end, row: row)
    }
}

/// One row: the weights go by once, 16 outputs at a time.
@_transparent
private func multiplyRow(_ format: MatrixFormat, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int, row: Int) {
    let groups = Int(task.pointee.inputs) / 32
    var block = UnsafeRawPointer(task.pointee.weights!) + first / 16 &* groups &* format.blockBytes
    let at = row &* Int(task.pointee.outputStride)
    var output = first
    while output < end {
        var sums = Floats16(repeat_f32x4(0), repeat_f32x4(0), repeat_f32x4(0), repeat_f32x4(0))
        var values = task.pointee.values + row &* groups &* 32
        var scales = task.pointee.scales + row &* groups, totals = task.pointee.sums + row &* groups
        var left = groups
        repeat {
            addGroup(format, &sums, block, values, scales.pointee, totals.pointee)
            block += format.blockBytes
            values += 32
            scales += 1
            totals += 1
            left &-= 1
        } while left != 0
        sums.store(task.pointee.output + (at &+ output), addend: task.pointee.addend.map { $0 + (at &+ output) })
        output &+= 16
    }
}

/// Two rows, such as one of 16 bits: like `multiplyRow`, weights taken apart once for both.
@_transparent
private func multiplyPair(_ format: MatrixFormat, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int, row: Int) {
    let groups = Int(task.pointee.inputs) / 32
    var block = UnsafeRawPointer(task.pointee.weights!) + first / 16 &* groups &* format.blockBytes
    let stride = Int(task.pointee.outputStride), at = row &* stride
    var output = first
    while output < end {
        var s = Floats16(repeat_f32x4(0), repeat_f32x4(0), repeat_f32x4(0), repeat_f32x4(0)), t = s
        var r = MatrixRow(task, row, groups: groups), u = MatrixRow(task, row &+ 1, groups: groups)
        var left = groups
        repeat {
            let lines = block + format.linesStart
            let a0 = load_i8x16(r.values), a1 = load_i8x16(r.values + 16), b0 = load_i8x16(u.values), b1 = load_i8x16(u.values + 16)
            var d = Dots(format, a0, a1), e = Dots(format, b0, b1)
            if format.isBytes {
                addBytes(0, lines, &d, a0, a1, &e, b0, b1)
                addBytes(1, lines, &d, a0, a1, &e, b0, b1)
                addBytes(2, lines, &d, a0, a1, &e, b0, b1)
                addBytes(3, lines, &d, a0, a1, &e, b0, b1)
            } else {
                let bits = FurtherBits(format, lines + 256, none: a0)
                addLine(format, 0, lines, bits, &d, a0, a1, &e, b0, b1)
                addLine(format, 1, lines, bits, &d, a0, a1, &e, b0, b1)
                let more = format.bits == 6 ? FurtherBits(format, lines + 320, none: a0) : bits
                addLine(format, 2, lines, more, &d, a0, a1, &e, b0, b1)
                addLine(format, 3, lines, more, &d, a0, a1, &e, b0, b1)
            }
            let scales = Floats16(halves: block)
            let second = format.hasSecondHalves ? Floats16(halves: block + 32) : scales
            d.finish(format, &s, scales, second, r.scales.pointee, r.totals.pointee)
            e.finish(format, &t, scales, second, u.scales.pointee, u.totals.pointee)
            block += format.blockBytes
            r.next()
            u.next()
            left &-= 1
        } while left != 0
        let to = task.pointee.output! + (at &+ output), addend = task.pointee.addend.map { $0 + (at &+ output) }
        s.store(to, addend: addend)
        t.store(to + stride, addend: addend.map { $0 + stride })
        output &+= 16
    }
}

@_transparent
private func addLine(_ format: MatrixFormat, _ i: Int, _ lines: UnsafeRawPointer, _ bits: FurtherBits,
                     _ d: inout Dots, _ a0: int8x16_t, _ a1: int8x16_t, _ e: inout Dots, _ b0: int8x16_t, _ b1: int8x16_t) {
    let line = Nibbles(format, i, lines, bits)
    d.add(format, i, line, a0, a1)
    e.add(format, i, line, b0, b1)
}

@_transparent
private func addBytes(_ i: Int, _ lines: UnsafeRawPointer,
                      _ d: inout Dots, _ a0: int8x16_t, _ a1: int8x16_t, _ e: inout Dots, _ b0: int8x16_t, _ b1: int8x16_t) {
    let early = Bytes(lines + i &* 64), late = Bytes(lines + (256 &+ i &* 64))
    d.add(i, early, a0)
    d.add(i, late, a1)
    e.add(i, early, b0)
    e.add(i, late, b1)
}

/// What one group adds to 16 outputs.
@_transparent
private func addGroup(_ format: MatrixFormat, _ sums: inout Floats16, _ block: UnsafeRawPointer, _ values: UnsafePointer<Int8>,
                      _ scale: Float, _ total: Float) {
    let a0 = load_i8x16(values), a1 = load_i8x16(values + 16)
    let lines = block + format.linesStart
    var dots = Dots(format, a0, a1)
    if format.isBytes {
        dots.add(0, Bytes(lines), a0)
        dots.add(1, Bytes(lines + 64), a0)
        dots.add(2, Bytes(lines + 128), a0)
        dots.add(3, Bytes(lines + 192), a0)
        dots.add(0, Bytes(lines + 256), a1)
        dots.add(1, Bytes(lines + 320), a1)
        dots.add(2, Bytes(lines + 384), a1)
        dots.add(3, Bytes(lines + 448), a1)
    } else {
        let bits = FurtherBits(format, lines + 256, none: a0)
        dots.add(format, 0, Nibbles(format, 0, lines, bits), a0, a1)
        dots.add(format, 1, Nibbles(format, 1, lines, bits), a0, a1)
        let more = format.bits == 6 ? FurtherBits(format, lines + 320, none: a0) : bits
        dots.add(format, 2, Nibbles(format, 2, lines, more), a0, a1)
        dots.add(format, 3, Nibbles(format, 3, lines, more), a0, a1)
    }
    let scales = Floats16(halves: block)
    dots.finish(format, &sums, scales, format.hasSecondHalves ? Floats16(halves: block + 32) : scales, scale, total)
}

/// A line of further bits for 16 outputs. q4 has none; what stands in their place is not looked at.
private struct FurtherBits {
    let v0, v1, v2, v3: int8x16_t

    @_transparent
    init(_ format: MatrixFormat, _ line: UnsafeRawPointer, none: int8x16_t) {
        v0 = format.hasFurtherBits ? load_bytes(line) : none
        v1 = format.hasFurtherBits ? load_bytes(line + 16) : none
        v2 = format.hasFurtherBits ? load_bytes(line + 32) : none
        v3 = format.hasFurtherBits ? load_bytes(line + 48) : none
    }
}

/// Line i of nibbles taken apart: 16 outputs by four inputs of each half of the group.
private struct Nibbles {
    let low0, low1, low2, low3, high0, high1, high2, high3: int8x16_t

    @_transparent
    init(_ format: MatrixFormat, _ i: Int, _ lines: UnsafeRawPointer, _ bits: FurtherBits) {
        let l0 = load_bytes(lines + i &* 64), l1 = load_bytes(lines + (i &* 64 &+ 16))
        let l2 = load_bytes(lines + (i &* 64 &+ 32)), l3 = load_bytes(lines + (i &* 64 &+ 48))
        let c0 = format.furtherBits(i, bits.v0), c1 = format.furtherBits(i, bits.v1)
        let c2 = format.furtherBits(i, bits.v2), c3 = format.furtherBits(i, bits.v3)
        low0 = format.low(l0, c0)
        low1 = format.low(l1, c1)
        low2 = format.low(l2, c2)
        low3 = format.low(l3, c3)
        high0 = format.high(l0, c0)
        high1 = format.high(l1, c1)
        high2 = format.high(l2, c2)
        high3 = format.high(l3, c3)
    }
}

/// A line of bytes: 16 outputs by four inputs.
private struct Bytes {
    let v0, v1, v2, v3: int8x16_t

    @_transparent
    init(_ line: UnsafeRawPointer) {
        v0 = load_bytes(line)
        v1 = load_bytes(line + 16)
        v2 = load_bytes(line + 32)
        v3 = load_bytes(line + 48)
    }
}

/// The dot products of 16 outputs with a group; of q6 those with its first and its last 16 inputs apart.
private struct Dots {
    var first, last: Sums16

    /// Zero, or less the offset times the sum of the values.
    @_transparent
    init(_ format: MatrixFormat, _ a0: int8x16_t, _ a1: int8x16_t) {
        let zero = repeat_i32x4(0)
        if format.offset == 0 {
            first = Sums16(zero, zero, zero, zero)
            last = first
            return
        }
        let offset = repeat_i8x16(0 &- Int8(truncatingIfNeeded: format.offset))
        let early = dot(zero, a0, offset), late = dot(format.hasLateScales ? zero : early, a1, offset)
        let start = repeat_i32x4(total_i32(format.hasLateScales ? early : late))
        first = Sums16(start, start, start, start)
        let other = format.hasLateScales ? repeat_i32x4(total_i32(late)) : start
        last = Sums16(other, other, other, other)
    }

    @_transparent
    mutating func add(_ i: Int, _ bytes: Bytes, _ a: int8x16_t) {
        first.v0 = dotLane(i, first.v0, bytes.v0, a)
        first.v1 = dotLane(i, first.v1, bytes.v1, a)
        first.v2 = dotLane(i, first.v2, bytes.v2, a)
        first.v3 = dotLane(i, first.v3, bytes.v3, a)
    }

    @_transparent
    mutating func add(_ format: MatrixFormat, _ i: Int, _ line: Nibbles, _ a0: int8x16_t, _ a1: int8x16_t) {
        first.v0 = dotLane(i, first.v0, line.low0, a0)
        first.v1 = dotLane(i, first.v1, line.low1, a0)
        first.v2 = dotLane(i, first.v2, line.low2, a0)
        first.v3 = dotLane(i, first.v3, line.low3, a0)
        if format.hasLateScales {
            last.v0 = dotLane(i, last.v0, line.high0, a1)
            last.v1 = dotLane(i, last.v1, line.high1, a1)
            last.v2 = dotLane(i, last.v2, line.high2, a1)
            last.v3 = dotLane(i, last.v3, line.high3, a1)
        } else {
            first.v0 = dotLane(i, first.v0, line.high0, a1)
            first.v1 = dotLane(i, first.v1, line.high1, a1)
            first.v2 = dotLane(i, first.v2, line.high2, a1)
            first.v3 = dotLane(i, first.v3, line.high3, a1)
        }
    }

    /// What the group adds to the sums. `second`: minima, or the scales of the last 16 inputs.
    @_transparent
    func finish(_ format: MatrixFormat, _ sums: inout Floats16, _ scales: Floats16, _ second: Floats16, _ scale: Float, _ total: Float) {
        sums.add(Floats16(first), times: scales.times(scale))
        if format.hasLateScales { sums.add(Floats16(last), times: second.times(scale)) }
        if format.isAffine { sums.add(second, times: total * scale) }
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
