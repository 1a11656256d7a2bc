import CLinux
import Engine
import ModelRuntime
import Nest
import Platform

let infer = Command(
    name: "infer", usage: "MODEL INPUT.bin -o OUT.bin [options]", summary: "Runs a model on raw tensors, for tests and scripts.",
    options: [OptionSpecification("-o", "OUT.bin", "where the outputs go")] + SharedOptions.loading + [SharedOptions.json],
    examples: ["swiftlet infer kws.nest features.bin -o scores.bin"]) { (context, arguments) throws(Failure) in
    guard arguments.positional.count == 2 else { throw Failure(.usage, "infer needs a model and a file of inputs") }
    guard let target = arguments.text("-o") else { throw Failure(.usage, "infer needs -o OUT.bin") }
    let lease = try context.model(arguments.positional[0], arguments)
    defer { lease.end() }
    let runner = RawRunner(lease.model)
    let bytes = try File.read(arguments.positional[1], unsizedLimit: max(File.unsizedLimit, 4 * runner.inputBytes))
    guard !bytes.isEmpty, bytes.count % runner.inputBytes == 0 else {
        throw Failure(.badFormat,
            "\(arguments.positional[1]): \(bytes.count) bytes aren't a multiple of the model's inputs, \(runner.inputBytes) bytes")
    }
    let runs = bytes.count / runner.inputBytes
    var outputs: [UInt8] = []
    outputs.reserveCapacity(runs * runner.outputBytes)
    for run in 0..<runs { try runner.run(bytes, at: run * runner.inputBytes, into: &outputs) }
    try File.writeAtomically(target, outputs)
    if arguments.has("--json") {
        var object = JSONObject()
        object.set("runs", runs)
        object.set("inputBytes", runner.inputBytes)
        object.set("outputBytes", runner.outputBytes)
        context.output(object.line)
    } else {
        context.output("\(runs) run\(runs == 1 ? "" : "s"), \(outputs.count) bytes in \(target)")
    }
}

/// Runs a model on tensors without gaps, in the types of its source model: where that had uint8, bytes are turned.
private final class RawRunner {
    private let model: Model
    private let inputIsUnsigned: Bool
    private let outputIsUnsigned: Bool
    private(set) var inputBytes = 0
    private(set) var outputBytes = 0

    init(_ model: Model) {
        self.model = model
        inputIsUnsigned = model.metadata("input.unsigned") == "1"
        outputIsUnsigned = model.metadata("output.unsigned") == "1"
        for index in 0..<model.inputCount { inputBytes += RawRunner.denseBytes(model.inputRecord(index)) }
        for index in 0..<model.outputCount { outputBytes += RawRunner.denseBytes(model.outputRecord(index)) }
    }

    static func denseBytes(_ record: TensorRecord) -> Int { record.pixels * Int(record.channels) * record.type.size }

    func run(_ source: [UInt8], at start: Int, into outputs: inout [UInt8]) throws(Failure) {
        var position = start
        for index in 0..<model.inputCount {
            let record = model.inputRecord(index)
            let turn: UInt8 = inputIsUnsigned && record.type == .int8 ? 0x80 : 0
            let target = model.input(index), row = Int(record.channels) * record.type.size,
                stride = Int(record.pixelStride) * record.type.size
            source.withUnsafeBytes {
                RawRunner.copy($0.baseAddress! + position, stride: row, to: target.baseAddress!, stride: stride, pixels: record.pixels,
                               bytes: row, turn: turn)
            }
            position += record.pixels * row
        }
        try model.run()
        for index in 0..<model.outputCount {
            let record = model.outputRecord(index)
            let turn: UInt8 = outputIsUnsigned && record.type == .int8 ? 0x80 : 0
            let bytes = model.output(index), row = Int(record.channels) * record.type.size,
                stride = Int(record.pixelStride) * record.type.size
            let end = outputs.count
            outputs.append(contentsOf: repeatElement(0, count: record.pixels * row))
            outputs.withUnsafeMutableBytes {
                RawRunner.copy(bytes.baseAddress!, stride: stride, to: $0.baseAddress! + end, stride: row, pixels: record.pixels,
                               bytes: row, turn: turn)
            }
        }
    }

    /// Copies `pixels` pieces of `bytes`, each byte exclusive-or `turn`; strides in bytes.
    private static func copy(_ source: UnsafeRawPointer, stride sourceStride: Int, to target: UnsafeMutableRawPointer,
                             stride targetStride: Int,
                             pixels: Int, bytes: Int, turn: UInt8) {
        if sourceStride == bytes, targetStride == bytes, pixels > 1 {
            return copy(source, stride: pixels * bytes, to: target, stride: pixels * bytes, pixels: 1, bytes: pixels * bytes, turn: turn)
        }
        for pixel in 0..<pixels {
            let from = source + pixel * sourceStride, to = target + pixel * targetStride
            to.copyMemory(from: from, byteCount: bytes)
            guard turn != 0 else { continue }
            let turned = to.assumingMemoryBound(to: UInt8.self)
            for byte in 0..<bytes { turned[byte] ^= turn }
        }
    }
}
