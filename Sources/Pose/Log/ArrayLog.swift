import Platform

/// Rows of a two-dimensional NPY array (NumPy's format, versions 1 to 3), float32 or float64, either order, in place in
/// the mapped file. Columns by their number: 6 accelerometer (m/s²) and gyroscope (rad/s), 9 with magnetometer (µT), 13
/// with a reference quaternion wxyz, 14 with a moving flag.
struct ArrayLog {
    let columns: LogColumns
    let rowCount: Int
    private let columnCount: Int
    private let data: UnsafeRawBufferPointer
    private let isDouble: Bool
    private let isColumnMajor: Bool
    private var row = 0

    static let names = [
        "acc_x_m/s2", "acc_y_m/s2", "acc_z_m/s2", "gyr_x_rad/s", "gyr_y_rad/s", "gyr_z_rad/s",
        "mag_x_uT", "mag_y_uT", "mag_z_uT", "ref_w", "ref_x", "ref_y", "ref_z", "moving",
    ]

    /// Whether these bytes claim to be NPY.
    static func recognises(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 6 && bytes[0] == 0x93 && bytes[1] == 78 && bytes[2] == 85 && bytes[3] == 77 && bytes[4] == 80 && bytes[5] == 89
    }

    init(path: String, bytes: UnsafeRawBufferPointer, reference: [String]?) throws(Failure) {
        guard bytes.count >= 12 else { throw Failure(.badFormat, "\(path): truncated NPY header") }
        let version = bytes[6]
        guard (1...3).contains(version) else { throw Failure(.unsupported, "\(path): NPY version \(version); 1 to 3 are supported") }
        let wide = version > 1
        let length = Int(bytes[8]) | Int(bytes[9]) << 8 | (wide ? Int(bytes[10]) << 16 | Int(bytes[11]) << 24 : 0)
        let start = wide ? 12 : 10
        guard (0...65_536).contains(length), length <= bytes.count - start else {
            throw Failure(.badFormat, "\(path): truncated NPY header")
        }
        let header = HeaderText(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))

        if header.contains("'descr': '<f4'") {
            isDouble = false
        } else if header.contains("'descr': '<f8'") {
            isDouble = true
        } else {
            throw Failure(.unsupported, "\(path): only little-endian float32 and float64 arrays (<f4, <f8) are supported")
        }
        if header.contains("'fortran_order': True") {
            isColumnMajor = true
        } else if header.contains("'fortran_order': False") {
            isColumnMajor = false
        } else {
            throw Failure(.badFormat, "\(path): NPY header without fortran_order")
        }
        guard let shape = header.shape else { throw Failure(.badFormat, "\(path): a two-dimensional array is needed: rows, columns") }
        guard [6, 9, 13, 14].contains(shape.columns) else {
            throw Failure(.badFormat,
                          "\(path): \(shape.columns) columns; 6, 9, 13 or 14 are understood (acc, gyr, mag, reference wxyz, moving)")
        }
        let (values, overflow) = shape.rows.multipliedReportingOverflow(by: shape.columns)
        let (size, overflow2) = values.multipliedReportingOverflow(by: isDouble ? 8 : 4)
        guard !overflow, !overflow2, shape.rows > 0, size == bytes.count - start - length else {
            throw Failure(.badFormat, "\(path): the header's shape (\(shape.rows), \(shape.columns)) does not match the file's size")
        }
        rowCount = shape.rows
        columnCount = shape.columns
        data = UnsafeRawBufferPointer(rebasing: bytes[(start + length)...])
        columns = try LogColumns(names: Array(Self.names.prefix(shape.columns)), reference: reference, path: path)
    }

    mutating func next(_ result: inout LogRow) -> Bool {
        guard row < rowCount else { return false }
        result = LogRow()
        for column in 0..<columnCount {
            let index = isColumnMajor ? column * rowCount + row : row * columnCount + column
            let value = isDouble
                ? Double(bitPattern: UInt64(littleEndian: data.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)))
                : Double(Float(bitPattern: UInt32(littleEndian: data.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))))
            columns.store(value, column: column, into: &result)
        }
        row += 1
        return true
    }
}

/// Just enough of the header's dictionary literal.
private struct HeaderText {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func contains(_ text: String) -> Bool { find(text) != nil }

    /// Where the text ends.
    private func find(_ text: String) -> Int? {
        let wanted = Array(text.utf8)
        guard wanted.count <= bytes.count else { return nil }
        for start in 0...(bytes.count - wanted.count) {
            var same = true
            for index in 0..<wanted.count where bytes[start + index] != wanted[index] {
                same = false
                break
            }
            if same { return start + wanted.count }
        }
        return nil
    }

    /// `'shape': (ROWS, COLUMNS)`; nil for any other number of dimensions.
    var shape: (rows: Int, columns: Int)? {
        guard var position = find("'shape': (") else { return nil }
        guard let rows = number(&position), skip(44, &position), let columns = number(&position) else { return nil }
        if position < bytes.count, bytes[position] == 44 { position += 1 }
        return skip(41, &position) ? (rows, columns) : nil
    }

    private func skip(_ byte: UInt8, _ position: inout Int) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private func number(_ position: inout Int) -> Int? {
        while position < bytes.count, bytes[position] == 32 { position += 1 }
        var value = 0
        var digits = 0
        while position < bytes.count, bytes[position] >= 48, bytes[position] <= 57 {
            digits += 1
            guard digits <= 9 else { return nil }
            value = value * 10 + Int(bytes[position] - 48)
            position += 1
        }
        return digits > 0 ? value : nil
    }
}
