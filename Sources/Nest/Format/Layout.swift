import CLinux

// The file, little-endian throughout:
//
//   header       64 bytes, below
//   tables       one after the other, no padding: metadata (key, value), strings, chunk table, programs
//   chunks       each at a multiple of `chunkAlignment`; at least `slack` readable bytes follow every chunk
//
// A text is its length (UInt32) and its UTF-8 bytes. A list is its length (UInt32) and its elements.
//
//   header:  0 magic "NEST"     4 version         8 header bytes (64)
//           12 CRC-32 of everything from byte 16 to the end of the tables
//           16 file bytes (64 bits)              24 table bytes (64 bits)
//           32 metadata entries 36 strings       40 chunks        44 programs       48 zeros

/// Numbers of the file format that reader and writer share.
public enum NestLayout {
    public static let magic: UInt32 = 0x5453_454E
    public static let version: UInt32 = 1
    public static let headerBytes = 64
    static let checkedFrom = 16
    /// Some 64-bit ARM kernels have pages of 16 KB; a chunk must start a page on all of them.
    public static let chunkAlignment = 16384
    /// Kernels may read this far past the end of any buffer (CKernels.h).
    public static let slack = 64
    /// Alignment of a blob in its chunk, and of a tensor in the arena.
    public static let blobAlignment = 64
    static let tensorBytes = 56
    static let instructionBytes = 64 + 4 * Instruction.attributeWords
}

/// The most of everything that a reader accepts: far above any model for these boards, and low enough that no
/// product of two of them leaves 64 bits and no pixel index leaves 32. (Products are formed in Int64: an Int has half
/// of that on small boards.)
public enum NestLimits {
    // On a 32-bit board file, arena and all scratch together stay within an Int.
    #if _pointerBitWidth(_32)
    static let fileBytes = 3 << 28
    public static let arenaBytes: Int64 = 1 << 29
    #else
    static let fileBytes = Int.max
    public static let arenaBytes: Int64 = 1 << 31
    #endif
    public static let programs = 256, tensors = 1 << 16, instructions = 1 << 16, chunks = 1 << 16
    public static let strings = 1 << 20, metadata = 1 << 12
    public static let ports = 256
    public static let dimension = 1 << 24
    public static let tensorBytes = 1 << 30
    /// Elements of one convolution window; 16 of them are gathered at a time.
    public static let window = 1 << 20
    /// Rows or columns that a resize makes: it keeps a table of them.
    public static let resized = 1 << 15
    /// Kernel size, stride and dilation.
    public static let step = 1 << 12
}

/// CRC-32 as zlib has it, of bytes that come after those whose checksum is `before`.
public func checksum(_ bytes: UnsafeRawBufferPointer, after before: UInt32 = 0) -> UInt32 {
    guard let first = bytes.baseAddress else { return before }
    return linux_crc32(before, first.assumingMemoryBound(to: UInt8.self), bytes.count)
}

/// `value` rounded up to a multiple.
@inline(__always)
public func roundUp(_ value: Int, to multiple: Int) -> Int { (value + multiple - 1) / multiple * multiple }
