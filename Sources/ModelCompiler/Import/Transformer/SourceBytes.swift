import Foundation
import Platform

/// The bytes of a language model's file: mapped, or in memory. Everything that points into it keeps it alive.
final class SourceBytes: @unchecked Sendable {  // immutable once made
    let bytes: UnsafeRawBufferPointer
    private let file: MappedFile?
    private let copy: UnsafeMutableRawBufferPointer?

    init(path: String) throws {
        let file = try MappedFile(path: path)
        self.file = file
        bytes = file.bytes
        copy = nil
    }

    init(_ contents: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(contents.count, 1), alignment: 16)
        copy.copyBytes(from: contents)
        self.copy = copy
        file = nil
        bytes = UnsafeRawBufferPointer(rebasing: copy[0..<contents.count])
    }

    deinit { copy?.deallocate() }

    /// The storage failed while the file was read, or somebody truncated it: what was read since is worth nothing.
    var isBroken: Bool { file?.isBroken ?? false }

    /// A view for `TransformerModel.EncodedMatrix`; `range` has been checked.
    func view(_ range: Range<Int>) -> @Sendable () -> UnsafeRawBufferPointer {
        { [self] in UnsafeRawBufferPointer(rebasing: bytes[range]) }
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
