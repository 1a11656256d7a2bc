import Engine
import Foundation
import Nest
import Platform
import Testing

struct NestTests {
    @Test func everythingComesBack() throws {
        let (builder, input, output) = smallNetwork()
        let contents = builder.contents(inputs: [input], outputs: [output])
        let nest = try NestReader(bytes: NestWriter.bytes(contents))
        #expect(nest.metadata.map { [$0.key, $0.value] } == contents.metadata.map { [$0.key, $0.value] })
        #expect(nest.strings == contents.strings)
        #expect(nest.chunks.count == contents.chunks.count)
        for (index, chunk) in contents.chunks.enumerated() {
            #expect([UInt8](nest.chunk(index)) == chunk)
            #expect(nest.chunks[index].offset % 16384 == 0)
            try nest.verify(chunk: index)
        }
        let read = nest.programs[0], written = contents.programs[0]
        #expect(String(describing: read) == String(describing: written))
    }

    @Test func writtenFileIsReplacedWhole() throws {
        let path = "/tmp/nest-test-\(UInt64.random(in: 0...UInt64.max)).nest"
        let (builder, input, output) = smallNetwork()
        let contents = builder.contents(inputs: [input], outputs: [output])
        try NestWriter.write(contents, to: path)
        let model = try Model(path: path, kernels: .reference, pool: try pool(1))
        // A new file under the old name leaves a loaded model alone.
        try NestWriter.write(smallNetwork(seed: 8).builder.contents(inputs: [input], outputs: [output]), to: path)
        model.set(0, [Int8](repeating: 1, count: 12 * 12 * 24))
        try model.run()
        try? File.writeAtomically(path, [])
        #expect(throws: Failure.self) { try NestReader.open(path) }
        #expect(throws: Failure.self) { try NestReader.open("/nonexistent/model.nest") }
        #expect(throws: Failure.self) { try NestReader.open("/tmp") }
        #expect(throws: Failure.self) { try NestWriter.write(contents, to: "/nonexistent/model.nest") }
        _ = try? File.read(path)
        remove(path)
    }

    @Test func damagedWeightsAreFoundAtFirstUse() throws {
        let (builder, input, output) = smallNetwork()
        var bytes = NestWriter.bytes(builder.contents(inputs: [input], outputs: [output]))
        let nest = try NestReader(bytes: bytes)
        bytes[nest.chunks[2].offset + 17] ^= 1
        let model = try Model(bytes: bytes, kernels: .reference, pool: try pool(1))
        #expect(throws: Failure.self) { try model.run() }
    }

    @Test func everyTruncationIsRefused() throws {
        let (builder, input, output) = smallNetwork(layers: 2)
        let bytes = NestWriter.bytes(builder.contents(inputs: [input], outputs: [output]))
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: Failure.self, "\(length) bytes") { try NestReader(bytes: Array(bytes[..<length])) }
        }
    }
}
