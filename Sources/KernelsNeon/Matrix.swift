#if arch(arm64)
import CIntrinsics
import CKernels
import KernelFormats
import KernelsArmCommon

@_cdecl("neon_matrix")
public func neonMatrix(_ task: UnsafePointer<MatrixTask>, _ firstOutput: Int32, _ endOutput: Int32) {
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
    while row &+ 2 <= rows {
        multiplyTile(format, task, first, end, row: row)
        row &+= 2
    }
    while row < rows {
        multiplyRow(format, task, first, end, row: row)
        row &+= 1
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

/// What one group adds to 16 outputs.
@_transparent
private func addGroup(_ format: MatrixFormat, _ sums: inout Floats16, _ block: UnsafeRawPointer, _ values: UnsafePointer<Int8>,
                      _ scale: Float, _ total: Float) {
    let quads = Quads(values)
    let lines = block + format.linesStart
    let a = Dots(format, lines, quads), b = Dots(format, lines + 32, quads)
    let zero = repeat_i32x4(0)
    var early = zero, late = zero
    if format.offset != 0 {
        let offset = 0 &- Int32(truncatingIfNeeded: format.offset)
        let first = total_i8(load_i8x16(values)), last = total_i8(load_i8x16(values + 16))
        early = repeat_i32x4((format.hasLateScales ? first : first &+ last) &* offset)
        late = repeat_i32x4(last &* offset)
    }
    let first = Sums16(a.v0.total(early), a.v1.total(early), b.v0.total(early), b.v1.total(early))
    sums.add(Floats16(first), times: Floats16(halves: block).times(scale))
    if format.hasLateScales {
        let last = Sums16(a.w0.total(late), a.w1.total(late), b.w0.total(late), b.w1.total(late))
        sums.add(Floats16(last), times: Floats16(halves: block + 32).times(scale))
    }
    if format.isAffine { sums.add(Floats16(halves: block + 32), times: total * scale) }
}

/// The values of a group, four at a time, each four repeated.
private struct Quads {
    let q0, q1, q2, q3, q4, q5, q6, q7: int8x16_t

    @_transparent
    init(_ values: UnsafePointer<Int8>) {
        var p: UnsafePointer<Int8>? = values
        q0 = take_repeated_4(&p)
        q1 = take_repeated_4(&p)
        q2 = take_repeated_4(&p)
        q3 = take_repeated_4(&p)
        q4 = take_repeated_4(&p)
        q5 = take_repeated_4(&p)
        q6 = take_repeated_4(&p)
        q7 = take_repeated_4(&p)
    }
}

/// The products of four outputs in 16 bits, or in 32 where those could run over.
struct Products {
    var low, high: int16x8_t
    var wideLow, wideHigh: int32x4_t
    var isWide: Bool

    @_transparent
    init(isWide: Bool) {
        low = repeat_i16x8(0)
        high = low
        wideLow = repeat_i32x4(0)
        wideHigh = wideLow
        self.isWide = isWide
    }

    @_transparent
    mutating func add(_ w: int8x16_t, _ values: int8x16_t) {
        low = add_product_low(low, w, values)
        high = add_product_high(high, w, values)
    }

    /// Two products of eight bits fit 16.
    @_transparent
    mutating func addWide(_ w: int8x16_t, _ values: int8x16_t, _ w2: int8x16_t, _ values2: int8x16_t) {
        wideLow = add_neighbours(wideLow, add_product_low(product_low(w, values), w2, values2))
        wideHigh = add_neighbours(wideHigh, add_product_high(product_high(w, values), w2, values2))
    }

    /// The sums of the four outputs, added to `start`.
    @_transparent
    func total(_ start: int32x4_t) -> int32x4_t {
        isWide ? neighbour_sums(wideLow, wideHigh) : add_i32(start, neighbour_sums(added_neighbours(low), added_neighbours(high)))
    }
}

/// The dot products of eight outputs with a group; of q6 those with its last 16 inputs apart. At most eight products of
/// weights below 32 with values up to 127 meet in 16 bits, or four of weights below 64: they fit.
private struct Dots {
    var v0, v1, w0, w1: Products

    @_transparent
    init(_ format: MatrixFormat, _ lines: UnsafeRawPointer, _ quads: Quads) {
        v0 = Products(isWide: format.isBytes)
        v1 = v0
        w0 = v0
        w1 = v0
        if format.isBytes {
            addBytes(lines, quads.q0, quads.q1)
            addBytes(lines + 128, quads.q2, quads.q3)
            addBytes(lines + 256, quads.q4, quads.q5)
            addBytes(lines + 384, quads.q6, quads.q7)
            return
        }
        let none = quads.q0
        let b0 = format.hasFurtherBits ? load_bytes(lines + 256) : none, b1 = format.hasFurtherBits ? load_bytes(lines + 272) : none
        addLine(format, 0, lines, b0, b1, quads.q0, quads.q4)
        addLine(format, 1, lines, b0, b1, quads.q1, quads.q5)
        let c0 = format.bits == 6 ? load_bytes(lines + 320) : b0, c1 = format.hasLateScales ? load_bytes(lines + 336) : b1
        addLine(format, 2, lines, c0, c1, quads.q2, quads.q6)
        addLine(format, 3, lines, c0, c1, quads.q3, quads.q7)
    }

    @_transparent
    mutating func addBytes(_ lines: UnsafeRawPointer, _ values: int8x16_t, _ values2: int8x16_t) {
        v0.addWide(load_bytes(lines), values, load_bytes(lines + 64), values2)
        v1.addWide(load_bytes(lines + 16), values, load_bytes(lines + 80), values2)
    }

    @_transparent
    mutating func addLine(_ format: MatrixFormat, _ i: Int, _ lines: UnsafeRawPointer, _ b0: int8x16_t, _ b1: int8x16_t, _ low: int8x16_t,
                          _ high: int8x16_t) {
        let l0 = load_bytes(lines + i &* 64), l1 = load_bytes(lines + (i &* 64 &+ 16))
        let c0 = format.furtherBits(i, b0), c1 = format.furtherBits(i, b1)
        v0.add(format.low(l0, c0), low)
        v1.add(format.low(l1, c1), low)
        if format.hasLateScales {
            w0.add(format.high(l0, c0), high)
            w1.add(format.high(l1, c1), high)
        } else {
            v0.add(format.high(l0, c0), high)
            v1.add(format.high(l1, c1), high)
        }
    }
}
#endif
