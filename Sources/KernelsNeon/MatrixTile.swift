#if arch(arm64)
import CIntrinsics
import CKernels
import KernelFormats
import KernelsArmCommon

/// Two rows by eight outputs: weights are taken apart once for both.
@_transparent
func multiplyTile(_ format: MatrixFormat, _ task: UnsafePointer<MatrixTask>, _ first: Int, _ end: Int, row: Int) {
    let groups = Int(task.pointee.inputs) / 32
    let blockBytes = format.blockBytes
    var output = first & ~15
    while output < end {
        let block = UnsafeRawPointer(task.pointee.weights!) + output / 16 &* groups &* blockBytes
        var half = 0
        while half < 2 {
            multiplyHalf(format, task, block, groups: groups, output: output, half: half, row: row)
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
    var s0 = zero, s1 = zero
    var r0 = MatrixRow(task, row, groups: groups), r1 = MatrixRow(task, row &+ 1, groups: groups)
    var block = weights + 16 &* half
    let toLines = format.linesStart &+ 16 &* half
    var left = groups
    repeat {
        let scales = Floats8(halves: block)
        let second = format.hasSecondHalves ? Floats8(halves: block + 32) : scales
        let lines = block + toLines
        var d0 = RowProducts(format, r0.values), d1 = RowProducts(format, r1.values)
        if format.isBytes {
            addBytes(0, lines, &d0, &d1)
            addBytes(1, lines, &d0, &d1)
            addBytes(2, lines, &d0, &d1)
            addBytes(3, lines, &d0, &d1)
        } else {
            let none = repeat_i8x16(0)
            let b0 = format.hasFurtherBits ? load_bytes(lines + 256) : none, b1 = format.hasFurtherBits ? load_bytes(lines + 272) : none
            addLine(format, 0, lines, b0, b1, &d0, &d1)
            addLine(format, 1, lines, b0, b1, &d0, &d1)
            let c0 = format.bits == 6 ? load_bytes(lines + 320) : b0, c1 = format.hasLateScales ? load_bytes(lines + 336) : b1
            addLine(format, 2, lines, c0, c1, &d0, &d1)
            addLine(format, 3, lines, c0, c1, &d0, &d1)
        }
        d0.finish(format, &s0, scales, second, &r0)
        d1.finish(format, &s1, scales, second, &r1)
        block += format.blockBytes
        left &-= 1
    } while left != 0
    let stride = Int(task.pointee.outputStride)
    var at = row &* stride &+ output &+ 8 &* half
    let to = task.pointee.output!, addend = task.pointee.addend
    s0.store(to + at, addend: addend.map { $0 + at })
    at &+= stride
    s1.store(to + at, addend: addend.map { $0 + at })
}

/// One row's products with eight outputs in a group; of q6 those with the last 16 inputs apart.
private struct RowProducts {
    let values: UnsafePointer<Int8>
    var v0, v1, w0, w1: Products

    @_transparent
    init(_ format: MatrixFormat, _ values: UnsafePointer<Int8>) {
        self.values = values
        v0 = Products(isWide: format.isBytes)
        v1 = v0
        w0 = v0
        w1 = v0
    }

    @_transparent
    func finish(_ format: MatrixFormat, _ sums: inout Floats8, _ scales: Floats8, _ second: Floats8, _ row: inout MatrixRow) {
        let scale = row.scales.pointee, zero = repeat_i32x4(0)
        if format.hasLateScales {
            let early = repeat_i32x4(total_i8(load_i8x16(values)) &* -32), late = repeat_i32x4(total_i8(load_i8x16(values + 16)) &* -32)
            sums.add(format, v0.total(early), v1.total(early), scales, second, scale, 0)
            sums.add(format, w0.total(late), w1.total(late), second, second, scale, 0)
        } else {
            sums.add(format, v0.total(zero), v1.total(zero), scales, second, scale, row.totals.pointee)
        }
        row.next()
    }

    @_transparent
    mutating func add(_ format: MatrixFormat, _ i: Int, _ low0: int8x16_t, _ low1: int8x16_t, _ high0: int8x16_t, _ high1: int8x16_t) {
        let early = repeated_4(values + 4 &* i), late = repeated_4(values + (16 &+ 4 &* i))
        if format.isBytes {
            v0.addWide(low0, early, high0, late)
            v1.addWide(low1, early, high1, late)
            return
        }
        v0.add(low0, early)
        v1.add(low1, early)
        if format.hasLateScales {
            w0.add(high0, late)
            w1.add(high1, late)
        } else {
            v0.add(high0, late)
            v1.add(high1, late)
        }
    }
}

/// Line i of nibbles: four inputs of the first half of the group and four of the second.
@_transparent
private func addLine(_ format: MatrixFormat, _ i: Int, _ lines: UnsafeRawPointer, _ b0: int8x16_t, _ b1: int8x16_t, _ d0: inout RowProducts,
                     _ d1: inout RowProducts) {
    let l0 = load_bytes(lines + i &* 64), l1 = load_bytes(lines + (i &* 64 &+ 16))
    let c0 = format.furtherBits(i, b0), c1 = format.furtherBits(i, b1)
    let low0 = format.low(l0, c0), low1 = format.low(l1, c1)
    let high0 = format.high(l0, c0), high1 = format.high(l1, c1)
    d0.add(format, i, low0, low1, high0, high1)
    d1.add(format, i, low0, low1, high0, high1)
}

/// Lines i and 4 + i of bytes.
@_transparent
private func addBytes(_ i: Int, _ lines: UnsafeRawPointer, _ d0: inout RowProducts, _ d1: inout RowProducts) {
    let low0 = load_bytes(lines + i &* 64), low1 = load_bytes(lines + (i &* 64 &+ 16))
    let high0 = load_bytes(lines + (i &* 64 &+ 256)), high1 = load_bytes(lines + (i &* 64 &+ 272))
    d0.add(.q8, i, low0, low1, high0, high1)
    d1.add(.q8, i, low0, low1, high0, high1)
}
#endif
