import Engine
import Nest
import Platform

/// A prompt's keys and values in a file, so that a long prompt is paid for once.
///
///     0 magic "NPRC"   4 version   8 identity of the nest   12 context length   16 tokens   20 CRC-32 of all that follows
///    24 bytes of the cache (64 bits)   32 tokens (32 bits each)   then the cache as `LanguageRunner.savePrefix` lays it out
public enum PromptCache {
    static let magic: UInt32 = 0x4352_504E, version: UInt32 = 1, headerBytes = 32

    /// Writes what the cache holds for `tokens`, which must be all that has been evaluated.
    public static func save(_ path: String, _ session: LanguageSession) throws(Failure) {
        let tokens = session.generator.evaluatedTokens, runner = session.runner
        guard tokens.count == runner.filled else {
            throw Failure(.usage, "the cache holds \(runner.filled) positions, the text has \(tokens.count)")
        }
        let cacheBytes = runner.savedBytes(positions: runner.filled)
        var file = [UInt8](repeating: 0, count: headerBytes + 4 * tokens.count + cacheBytes)
        var failure: Failure?
        file.withUnsafeMutableBytes { bytes in
            for (i, token) in tokens.enumerated() {
                bytes.storeBytes(of: token.littleEndian, toByteOffset: headerBytes + 4 * i, as: Int32.self)
            }
            let cache = UnsafeMutableRawBufferPointer(rebasing: bytes[(headerBytes + 4 * tokens.count)...])
            do throws(Failure) { try runner.savePrefix(into: cache) } catch { failure = error }
            bytes.storeBytes(of: UInt64(cacheBytes).littleEndian, toByteOffset: 24, as: UInt64.self)
            let fields = [magic, version, runner.identity, UInt32(runner.contextLength), UInt32(tokens.count),
                          sum(UnsafeRawBufferPointer(bytes))]
            for (i, field) in fields.enumerated() { bytes.storeBytes(of: field.littleEndian, toByteOffset: 4 * i, as: UInt32.self) }
        }
        if let failure { throw failure }
        try File.writeAtomically(path, file)
    }

    /// Puts a saved prompt back. Fails with `badFormat` where the file is damaged and with `unsupported` where it
    /// belongs to another model or context length; nothing has changed then.
    public static func load(_ path: String, _ session: LanguageSession) throws(Failure) {
        let runner = session.runner
        let limit = headerBytes + 4 * runner.contextLength + runner.savedBytes(positions: runner.contextLength)
        let file = try File.read(path, limit: limit)
        var failure: Failure?
        var tokens: [Int32] = []
        file.withUnsafeBytes { bytes in
            do throws(Failure) { tokens = try restore(path, bytes, runner) } catch { failure = error }
        }
        if let failure { throw failure }
        session.generator.assumeEvaluated(tokens)
    }

    private static func restore(_ path: String, _ bytes: UnsafeRawBufferPointer, _ runner: LanguageRunner) throws(Failure) -> [Int32] {
        func field(_ i: Int) -> UInt32 { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)) }
        guard bytes.count >= headerBytes, field(0) == magic else {
            throw Failure(.badFormat, "\(path) is no saved prompt; delete it and run again")
        }
        guard field(1) == version, field(2) == runner.identity else {
            throw Failure(.unsupported, "\(path) was saved by another model, or with other --activations; name another file")
        }
        guard Int(clamping: field(3)) == runner.contextLength else {
            throw Failure(.unsupported, "\(path) was saved for a context of \(field(3)), this one has \(runner.contextLength)")
        }
        let count = Int(clamping: field(4)), cacheBytes = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        guard count <= runner.contextLength, cacheBytes == UInt64(runner.savedBytes(positions: count)),
              bytes.count == headerBytes + 4 * count + Int(cacheBytes), field(5) == sum(bytes) else {
            throw Failure(.badFormat, "\(path) is damaged; delete it and run again")
        }
        var tokens: [Int32] = []
        for i in 0..<count { tokens.append(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: headerBytes + 4 * i, as: Int32.self))) }
        for token in tokens where token < 0 || Int(token) >= runner.vocabulary {
            throw Failure(.badFormat, "\(path) is damaged; delete it and run again")
        }
        try runner.restorePrefix(UnsafeRawBufferPointer(rebasing: bytes[(headerBytes + 4 * count)...]), positions: count)
        return tokens
    }

    private static func sum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        checksum(UnsafeRawBufferPointer(rebasing: bytes[24...]))
    }
}
