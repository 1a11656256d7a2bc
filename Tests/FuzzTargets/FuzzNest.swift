import Engine
import Kernels
import Language
import Nest
import Platform

/// Reads any bytes as a nest and runs what passes the checks, as its users do; for a fuzzer and tests. The checksum is put
/// right first, so that mutations reach the checks behind it, and work is bounded, so that no input takes long.
/// - Returns: whether it came as far as a run.
@discardableResult
public func fuzzNest(_ bytes: [UInt8], kernels: KernelTable = .reference, threads: ThreadPool? = nil) -> Bool {
    var sealed = bytes
    NestWriter.seal(&sealed)
    guard let nest = try? NestReader(bytes: sealed), let program = nest.programs.first else { return false }
    var work = 0
    for instruction in program.instructions {
        let output = instruction.outputs.0 == noTensor ? 0 : program.tensors[Int(instruction.outputs.0)].elements
        work = min(work + output * Int(max(1, instruction.blobLength / 64)), 1 << 40)
    }
    guard work < 1 << 22, program.arenaBytes < 1 << 24, let pool = threads ?? (try? ThreadPool(threads: 1)) else { return false }
    var options = ModelOptions()
    options.verify = false
    options.contextLength = 24
    guard let model = try? Model(nest: nest, options: options, kernels: kernels, pool: pool) else { return false }
    // Whoever has an output may change it, and an input is filled.
    for index in 0..<model.outputCount {
        let output = UnsafeMutableRawBufferPointer(mutating: model.output(index))
        for byte in output.indices { output[byte] = output[byte] ^ 0xFF }
    }
    for index in 0..<model.inputCount {
        for byte in model.input(index).indices { model.input(index)[byte] = UInt8(truncatingIfNeeded: byte &* 7) }
    }
    let hasRun = (try? model.run()) != nil
    if let runner = try? LanguageRunner(model) { generate(runner, model) }
    if let runner = try? SpeechRunner(model) { hear(runner) }
    return hasRun
}

/// Utterances with a silence tail and without, and a few tokens after each.
private func hear(_ runner: SpeechRunner) {
    guard runner.vocabulary <= 1 << 16 else { return }
    let mel = [Float](repeating: 0.25, count: (runner.maximumFrames + 4) * runner.melBins)
    for (frames, stride) in [(2, 1), (runner.maximumFrames, 0), (min(10, runner.maximumFrames), 3)] {
        _ = try? mel.withUnsafeBufferPointer { (mel) throws(Failure) in try runner.encode(mel, frames: frames, tailStride: stride) }
        let tokens = (0..<min(4, runner.maximumRows)).map { Int32($0 * 7 % runner.vocabulary) }
        for position in [0, tokens.count] {
            _ = try? tokens.withUnsafeBufferPointer { (part) throws(Failure) in
                try runner.evaluate(part, position: position, logitRows: 1) }
        }
    }
}

/// Generation with everything on that touches logits: a penalty, every cut, stop texts, drafts.
private func generate(_ runner: LanguageRunner, _ model: Model) {
    guard runner.vocabulary <= 1 << 16 else { return }
    let prompt = (0..<5).map { Int32($0 * 7 % runner.vocabulary) } + (0..<5).map { Int32($0 * 7 % runner.vocabulary) }
    var choices: [SamplerSettings] = [.greedy, SamplerSettings(), SamplerSettings()]
    choices[0].repetitionPenalty = 1.5
    (choices[1].repetitionPenalty, choices[1].topK, choices[1].topP, choices[1].minP) = (0.5, 3, 0.9, 0.1)
    (choices[2].repetitionPenalty, choices[2].topK, choices[2].repetitionWindow) = (1.3, 0, 3)
    for (index, sampler) in choices.enumerated() {
        var generation = GenerationOptions()
        (generation.sampler, generation.tokens, generation.draftLength, generation.stopStrings) =
            (sampler, 30, index * 4, [[65, 66, 67], [200]])
        let generator = Generator(predictor: runner, endTokens: [0], keptTokens: 1) { token, emit in
            withUnsafeBytes(of: UInt8(truncatingIfNeeded: token)) { emit($0.bindMemory(to: UInt8.self)) }
        }
        _ = try? generator.generate(prompt, generation) { _ in true }
    }
    // A nest with a tokenizer: the session as commands have it.
    if let session = try? LanguageSession(model), let tokens = try? session.tokens("one two one two", isChat: false), !tokens.isEmpty {
        var generation = GenerationOptions()
        (generation.sampler.repetitionPenalty, generation.tokens, generation.draftLength) = (1.5, 5, 4)
        _ = try? session.generator.generate(tokens, generation) { _ in true }
    }
}
