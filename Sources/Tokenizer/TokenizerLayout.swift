/// A tokenizer as it lies in a nest: written by the compiler, mapped on the board, never parsed. Little-endian; every
/// section at a multiple of 16 bytes. Text of pieces is what they decode to (SentencePiece's space mark is a space).
public enum TokenizerLayout {
    public static let magic: UInt32 = 0x4b4f_5453, version: UInt32 = 1
    /// Ids, and merges, fit into this many bits; the rest of a hash table's slot tells most strangers apart unread.
    public static let indexBits: UInt32 = 22
    public static let headerWords = 40

    /// Words of the header. A token that isn't there is 0xffffffff.
    public enum Word: Int {
        case magic = 0, version, bytes, kind, flags, pattern, digitsInWord, count, begin, end, unknown, padding, longestPiece, longestProbe
        /// Float bits: the lowest score of a normal piece (unigram).
        case leastScore
    }

    /// Bits of the header's word `flags`: what is put around a text that is encoded, and how its words are cut.
    public enum Flag {
        public static let addsBegin: UInt32 = 1, addsEnd: UInt32 = 2, addsSpacePrefix: UInt32 = 4
        /// Every number character is a word of its own.
        public static let separatesDigits: UInt32 = 8
        /// A word that is a piece is not merged together from its bytes.
        public static let wholeWords: UInt32 = 16
        /// With `addsSpacePrefix`: only before text that doesn't begin with a space; only before a text's first stretch.
        public static let keepsOwnSpace: UInt32 = 32, prefixesFirstOnly: UInt32 = 64
    }

    /// Sections: word `16 + 2 * section` of the header is the offset, the next the length in bytes.
    public enum Section: Int, CaseIterable {
        /// UInt32 a piece and one more: where its bytes begin in `pieces`.
        case offsets = 0
        case pieces
        /// UInt8 a piece: ggml's type numbers.
        case types
        /// UInt32 rank a piece (SentencePiece BPE: 0 merges first), or Float score (unigram).
        case scores
        /// Open addressing over pieces that text can become: slots of index + 1 | fingerprint << 22; a power of two of them.
        case pieceTable
        /// UInt32 left, right, result, in order of rank (byte-level BPE).
        case merges
        case mergeTable
        /// UInt32 for each byte value: its piece.
        case bytes
        /// UInt32 ids of control and user-defined pieces, sorted by their bytes.
        case specials
        /// 257 UInt32: where in `specials` those with this first byte begin.
        case specialStarts
        /// UInt32 ids that end an answer.
        case endings
    }

    public static let sectionWord = 16

    /// FNV-1a with a final mix.
    @inline(__always)
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hash = seed
        for byte in bytes { hash = step(hash, byte) }
        return finish(hash)
    }

    public static let seed: UInt32 = 0x811c_9dc5
    /// One round of `hash`, which starts from `seed`.
    @inline(__always)
    public static func step(_ hash: UInt32, _ byte: UInt8) -> UInt32 { (hash ^ UInt32(byte)) &* 0x0100_0193 }

    /// Mixes the bits of a hash at its end, so that low and high ones can be used alone.
    @inline(__always)
    public static func finish(_ hash: UInt32) -> UInt32 {
        var value = hash
        value = (value ^ value >> 16) &* 0x85eb_ca6b
        value = (value ^ value >> 13) &* 0xc2b2_ae35
        return value ^ value >> 16
    }

    @inline(__always)
    public static func hash(left: UInt32, right: UInt32) -> UInt32 { finish(finish(left &* 0x9e37_79b1) ^ right &* 0x85eb_ca77 &+ right) }

    /// A slot of a table for an index and its hash; never 0, which is an empty slot.
    @inline(__always)
    public static func slot(index: UInt32, hash: UInt32) -> UInt32 { (index + 1) | ((hash >> indexBits) << indexBits) }
}
