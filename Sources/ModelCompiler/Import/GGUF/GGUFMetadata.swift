import Platform

/// Metadata by key and type. A key that is there with another type, or a value out of bounds, is an error; nil: not there.
extension GGUFFile {
    func number(_ key: String, in bounds: ClosedRange<Int>) throws -> Int? {
        guard let value = metadata[key] else { return nil }
        guard case .integer(let number) = value, let exact = Int(exactly: number), bounds.contains(exact) else {
            throw Failure(.badFormat,
                "GGUF file: '\(key)' is \(describe(value)); a whole number from \(bounds.lowerBound) to \(bounds.upperBound) is expected")
        }
        return exact
    }

    func required(_ key: String, in bounds: ClosedRange<Int>) throws -> Int {
        guard let number = try number(key, in: bounds) else { throw Failure(.badFormat, "GGUF file: '\(key)' is missing") }
        return number
    }

    func real(_ key: String, in bounds: ClosedRange<Double>) throws -> Float? {
        guard let value = metadata[key] else { return nil }
        let real: Double? = switch value {
        case .real(let number): number
        case .integer(let number): Double(number)
        default: nil
        }
        guard let real, bounds.contains(real) else {
            throw Failure(.badFormat,
                "GGUF file: '\(key)' is \(describe(value)); a number from \(bounds.lowerBound) to \(bounds.upperBound) is expected")
        }
        return Float(real)
    }

    func flag(_ key: String) throws -> Bool? {
        guard let value = metadata[key] else { return nil }
        guard case .flag(let flag) = value else {
            throw Failure(.badFormat, "GGUF file: '\(key)' is \(describe(value)); true or false is expected")
        }
        return flag
    }

    func text(_ key: String) throws -> String? {
        guard let value = metadata[key] else { return nil }
        guard case .text(let place) = value else {
            throw Failure(.badFormat, "GGUF file: '\(key)' is \(describe(value)); text is expected")
        }
        return source.text(place)
    }

    func array(_ key: String, of types: Set<GGUFType>) throws -> GGUFArray? {
        guard let value = metadata[key] else { return nil }
        guard case .array(let array) = value, types.contains(array.type) else {
            throw Failure(.badFormat, "GGUF file: '\(key)' is \(describe(value)), not the expected array")
        }
        return array
    }

    /// The strings of an array, copied out.
    func strings(_ array: GGUFArray) -> [[UInt8]] {
        var result: [[UInt8]] = [], position = array.place.lowerBound
        result.reserveCapacity(array.count)
        for _ in 0..<array.count {
            // walked and checked when the file was opened
            let length = Int(source.bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            result.append([UInt8](source.bytes[position + 8..<position + 8 + length]))
            position += 8 + length
        }
        return result
    }

    func floats(_ array: GGUFArray) -> [Float] {
        (0..<array.count).map { source.bytes.loadUnaligned(fromByteOffset: array.place.lowerBound + 4 * $0, as: Float.self) }
    }

    func int32s(_ array: GGUFArray) -> [Int32] {
        (0..<array.count).map { source.bytes.loadUnaligned(fromByteOffset: array.place.lowerBound + 4 * $0, as: Int32.self) }
    }

    private func describe(_ value: GGUFValue) -> String {
        switch value {
        case .integer(let number): "\(number)"
        case .huge(let number): "\(number)"
        case .real(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .text(let place): "the text '\(source.text(place.prefix(40)))'"
        case .array(let array): "an array of \(array.count)"
        }
    }
}

private extension Range<Int> {
    func prefix(_ count: Int) -> Range<Int> { lowerBound..<Swift.min(upperBound, lowerBound + count) }
}
