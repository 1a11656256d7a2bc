@testable import ModelCompiler
import Nest
import Testing

@Suite struct InspectTests {
    private func nest() throws -> NestReader {
        var network = TestNetwork()
        network.convolution(6, Window(kernel: (3, 3)), .relu)
        network.depthwise(Window(kernel: (3, 3)))
        network.append("soft", .softmax(axis: 3, beta: 1), shape: network.shape)
        return try NestReader(bytes: NestWriter.bytes(try Compilation.compile(network.finished(),
                                                                              CompilationOptions(name: "small")).contents))
    }

    @Test func tableShowsEveryInstruction() throws {
        let text = Inspection.text(try nest())
        for expected in ["convolution 3x3", "depthwise 3x3", "softmax", "3 instructions", "of the lower bound", "chunk   0"] {
            #expect(text.contains(expected), "\(expected)")
        }
    }

    @Test func multiplyAccumulatesAreCounted() throws {
        let reader = try nest()
        let steps = reader.programs[0].described(strings: reader.strings)
        #expect(steps.map(\.multiplyAccumulates) == [6 * 6 * 6 * 9 * 4, 4 * 4 * 6 * 9, 0])
    }

    @Test func liveBytesAgreeWithThePlan() throws {
        var network = TestNetwork()
        network.convolution(16)
        network.convolution(2)
        let nest = try lower([network.finished()], name: "small")
        #expect(ArenaPlanner.lowerBound(nest.programs[0].program.arenaBuffers().buffers) == nest.programs[0].plan.lowerBound)
    }

    @Test func drawingIsClosed() throws {
        let reader = try nest()
        let drawing = ArenaDrawing.svg(reader.programs[0], strings: reader.strings, title: "a < b & c")
        #expect(drawing.hasPrefix("<svg") && drawing.hasSuffix("</svg>\n"))
        #expect(drawing.contains("a &lt; b &amp; c"))
    }
}
