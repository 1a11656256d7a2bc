extension Tokenizer {
    /// Appends a token's bytes: a UTF-8 sequence may end in a later token. Control tokens give nothing unless asked for.
    public func append(_ id: Int, to bytes: inout [UInt8], control: Bool = false) {
        if !control, image.type(id) == 3 { return }
        for byte in image.piece(id) { bytes.append(byte) }
    }

    /// The bytes of tokens that are a whole text: the exact bytes that were encoded.
    public func decode(_ tokens: [Int32], control: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        var strips = addsSpacePrefix
        for token in tokens {
            let special = image.type(Int(token)) == 3 || image.type(Int(token)) == 4
            let before = bytes.count
            append(Int(token), to: &bytes, control: control)
            // Every stretch of text after a special token was given a space, unless only the first is.
            if strips, !special, bytes.count > before, bytes[before] == 0x20 { bytes.remove(at: before) }
            strips = addsSpacePrefix && special && !prefixesFirstOnly
        }
        return bytes
    }
}
