#if arch(arm64)
import CIntrinsics
import CKernels
import KernelFormats
import KernelsArmCommon

/// Four rows by eight outputs: weights are taken apart once for all of them.
@_transparent
func multiplyTile(_ format: MatrixFormat, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int, row: Int) {
    let groups = Int(task.pointee.inputs) / 32
    let blockBytes = format.blockBytes
    var output = first & ~15
    while output < end {
        let block = UnsafeRawPointer(task.pointee.weights!) + output / 16 &* groups &* blockBytes
        var half = 0
        while half < 2 {
            multiplyHalf(format, task, block, groups: groups, output: output &+ 8 &* half, half: half, row: row)
            half &+= 1
        }
        output &+= 16
    }
}

/// Half a block of outputs.
@_transparent
private func multiplyHalf(_ format: MatrixFormat, _ task: UnsafePointer<MatrixTask>, _ weights: UnsafeRawPointer, groups: Int, output: Int,
                          half: Int, row: Int) {
    let zero = Floats8(repeat_f32x4(0), repeat_f32x4(0))
    var s0 = zero, s1 = zero, s2 = zero, s3 = zero
    var r0 = MatrixRow(task, row, groups: groups), r1 = MatrixRow(task, row &+ 1, groups: groups)
    var r2 = MatrixRow(task, row &+ 2, groups: groups), r3 = MatrixRow(task, row &+ 3, groups: groups)
    var block = weights + 16 &* half
    let toLines = format.linesStart &+ 16 &* half
    var left = groups
    repeat {
        let scales = Floats8(halves: block)
        let second = format.hasSecondHalves ? Floats8(halves: block + 32) : scales
        let lines = block + toLines
        var d0 = RowDots(format, r0.values), d1 = RowDots(format, r1.values)
        var d2 = RowDots(format, r2.values), d3 = RowDots(format, r3.values)
        if format.isBytes {
            addBytes(0, lines, &d0, &d1, &d2, &d3)
            addBytes(1, lines, &d0, &d1, &d2, &d3)
            addBytes(2, lines, &d0, &d1, &d2, &d3)
            addBytes(3, lines, &d0, &d1, &d2, &d3)
        } else {
            let b0 = format.hasFurtherBits ? load_bytes(lines + 256) : d0.early,
                b1 = format.hasFurtherBits ? load_bytes(lines + 272) : d0.early
            addLine(format, 0, lines, b0, b1, &d0, &d1, &d2, &d3)
            addLine(format, 1, lines, b0, b1, &d0, &d1, &d2, &d3)
            let c0 = format.bits == 6 ? load_bytes(lines + 320) : b0, c1 = format.hasLateScales ? load_bytes(lines + 336) : b1
            addLine(format, 2, lines, c0, c1, &d0, &d1, &d2, &d3)
            addLine(format, 3, lines, c0, c1, &d0, &d1, &d2, &d3)
        }
        d0.finish(format, &s0, scales, second, &r0)
        d1.finish(format, &s1, scales, second, &r1)
        d2.finish(format, &s2, scales, second, &r2)
        d3.finish(format, &s3, scales, second, &r3)
        block += format.blockBytes
        left &-= 1
    } while left != 0
    let stride = Int(task.pointee.outputStride)
    var at = row &* stride &+ output
    let to = task.pointee.output!, addend = task.pointee.addend
    s0.store(to + at, addend: addend.map { $0 + at })
    at &+= stride
    s1.store(to + at, addend: addend.map { $0 + at })
    at &+= stride
    s2.store(to + at, addend: addend.map { $0 + at })
    at &+= stride
    s3.store(to + at, addend: addend.map { $0 + at })
}

/// One row's values of a group and its dot products with eight outputs; of q6 those with the last 16 inputs apart.
private struct RowDots {
    let early, late: int8x16_t
    var v0, v1, w0, w1: int32x4_t

    @_transparent
    init(_ format: MatrixFormat, _ values: UnsafePointer<Int8>) {
        early = load_i8x16(values)
        late = load_i8x16(values + 16)
        let zero = repeat_i32x4(0)
        if format.hasLateScales {
            let offset = repeat_i8x16(0 &- Int8(truncatingIfNeeded: format.offset))
            v0 = repeat_i32x4(total_i32(dot(zero, early, offset)))
            w0 = repeat_i32x4(total_i32(dot(zero, late, offset)))
        } else {
            v0 = zero
            w0 = zero
        }
        v1 = v0
        w1 = w0
    }

    /// The row's sums take what the group adds, and the row goes on to the next.
    @_transparent
    func finish(_ format: MatrixFormat, _ sums: inout Floats8, _ scales: Floats8, _ second: Floats8, _ row: inout MatrixRow) {
        let scale = row.scales.pointee
        sums.add(format, v0, v1, scales, second, scale, row.totals.pointee)
        if format.hasLateScales { sums.add(format, w0, w1, second, second, scale, 0) }
        row.next()
    }

    @_transparent
    mutating func add(_ format: MatrixFormat, _ i: Int, _ low0: int8x16_t, _ low1: int8x16_t, _ high0: int8x16_t, _ high1: int8x16_t) {
        v0 = dotLane(i, v0, low0, early)
        v1 = dotLane(i, v1, low1, early)
        if format.hasLateScales {
            w0 = dotLane(i, w0, high0, late)
            w1 = dotLane(i, w1, high1, late)
        } else {
            v0 = dotLane(i, v0, high0, late)
            v1 = dotLane(i, v1, high1, late)
        }
    }
}

/// Line i of nibbles: four inputs of the first half of the group and four of the second.
@_transparent
private func addLine(_ format: MatrixFormat, _ i: Int, _ lines: UnsafeRawPointer, _ b0: int8x16_t, _ b1: int8x16_t,
                     _ d0: inout RowDots, _ d1: inout RowDots, _ d2: inout RowDots, _ d3: inout RowDots) {
    let l0 = load_bytes(lines + i &* 64), l1 = load_bytes(lines + (i &* 64 &+ 16))
    let c0 = format.furtherBits(i, b0), c1 = format.furtherBits(i, b1)
    let low0 = format.low(l0, c0), low1 = format.low(l1, c1)
    let high0 = format.high(l0, c0), high1 = format.high(l1, c1)
    d0.add(format, i, low0, low1, high0, high1)
    d1.add(format, i, low0, low1, high0, high1)
    d2.add(format, i, low0, low1, high0, high1)
    d3.add(format, i, low0, low1, high0, high1)
}

/// Lines i and 4 + i of bytes.
@_transparent
private func addBytes(_ i: Int, _ lines: UnsafeRawPointer, _ d0: inout RowDots, _ d1: inout RowDots, _ d2: inout RowDots,
                      _ d3: inout RowDots) {
    let low0 = load_bytes(lines + i &* 64), low1 = load_bytes(lines + (i &* 64 &+ 16))
    let high0 = load_bytes(lines + (i &* 64 &+ 256)), high1 = load_bytes(lines + (i &* 64 &+ 272))
    d0.add(.q8, i, low0, low1, high0, high1)
    d1.add(.q8, i, low0, low1, high0, high1)
    d2.add(.q8, i, low0, low1, high0, high1)
    d3.add(.q8, i, low0, low1, high0, high1)
}
#endif
