/// GPT-2's spelling of bytes as printable characters: those that are printable in Latin-1 stand for themselves, the
/// others are U+0100 and up, in order.
enum ByteAlphabet {
    private static let bytes: [UInt32: UInt8] = {
        var table: [UInt32: UInt8] = [:], next: UInt32 = 0x100
        for byte in UInt8.min...UInt8.max {
            switch byte {
            case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: table[UInt32(byte)] = byte
            default:
                table[next] = byte
                next += 1
            }
        }
        return table
    }()

    /// What a piece spelt in the alphabet stands for; characters outside it are taken as they are.
    static func bytes(_ piece: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for scalar in String(decoding: piece, as: UTF8.self).unicodeScalars {
            if let byte = bytes[scalar.value] { result.append(byte) } else { result += Array(String(scalar).utf8) }
        }
        return result
    }
}

extension TokenizerSource {
    /// The bytes that a piece stands for in text.
    func text(of id: Int) -> [UInt8] {
        let piece = pieces[id], type = types[id]
        if kind == .bytePairs { return type == 3 || type == 4 ? piece : ByteAlphabet.bytes(piece) }
        if type == 6 { return byteFallback(piece).map { [$0] } ?? piece }
        if type == 3 { return piece }
        var text: [UInt8] = [], position = 0
        while position < piece.count {
            let marks = piece[position...].starts(with: [0xe2, 0x96, 0x81])
            text.append(marks ? 0x20 : piece[position])
            position += marks ? 3 : 1
        }
        return text
    }

    /// The byte of <0xNN>.
    private func byteFallback(_ piece: [UInt8]) -> UInt8? {
        guard piece.count == 6, piece.starts(with: Array("<0x".utf8)), piece[5] == 0x3e else { return nil }
        return UInt8(String(decoding: piece[3..<5], as: UTF8.self), radix: 16)
    }
}
