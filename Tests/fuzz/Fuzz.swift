import FuzzTargets
import Glibc
import Language
import ModelCompiler
import Nest
import Platform
import Tokenizer

// libFuzzer calls one reader of files with changed bytes: FUZZ_TARGET says which reader gets the bytes. A reader may refuse
// them with an error; that it crashes, hangs or takes memory without bound is what the fuzzer looks for.

typealias Reader = ([UInt8]) -> Void

let readers: [String: Reader] = [
    // Reads it and runs what passes the checks; a language model generates, with everything on that changes logits.
    "nest": { fuzzNest($0) },
    "tflite": { importBytes($0, as: .tflite) },
    "onnx": { importBytes($0, as: .onnx) },
    "pytorch": { importBytes($0, as: .pytorch) },
    "gguf": { fuzzGGUF($0) },
    "tokenizer": { fuzzTokenizer($0) },
]

let reader: Reader = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let reader = readers[name] else {
        fputs("fuzz: set FUZZ_TARGET to one of \(readers.keys.sorted().joined(separator: ", "))\n", stderr)
        exit(2)
    }
    return reader
}()

func importBytes(_ bytes: [UInt8], as format: Importer.Format) {
    // Another format's bytes would only fuzz that format under this one's name.
    guard Importer.format(of: bytes) == format else { return }
    _ = try? Importer.load(bytes: bytes)
}

/// What passes the importer must be lowered without a trap: its tokenizer laid out, its matrices decoded.
private func fuzzGGUF(_ bytes: [UInt8]) {
    guard let model = try? LanguageImporter.load(bytes: bytes) else { return }
    if let image = try? model.tokenizer.image() { fuzzTokenizer(image) }
    for matrix in [model.layers[0].query, model.layers[0].down] { _ = try? MatrixDecoder(matrix).packed() }
}

/// A nest's tokenizer may claim anything: what it encodes to must be ids of its vocabulary.
private func fuzzTokenizer(_ bytes: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 16), alignment: 16)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    let contents = UnsafeRawBufferPointer(rebasing: memory[0..<bytes.count])
    guard let tokenizer = try? Tokenizer(contents, owner: nil, name: "fuzz") else { return }
    for text in ["the board reads 12 values, doesn't it?", "<|im_start|>user\n\n", "中文 😀", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa    \t\n"] {
        guard let ids = try? tokenizer.encode(text, control: true, addsBegin: true) else { continue }
        for id in ids where id < 0 || id >= tokenizer.vocabulary {
            fatalError("the token \(id) is outside the vocabulary of \(tokenizer.vocabulary)")
        }
        _ = tokenizer.decode(ids, control: true)
    }
    _ = tokenizer.decode([-1, Int32.max], control: true)
}

private func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    reader([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(_ argumentCount: UnsafeMutablePointer<CInt>,
                       _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
                       _ oneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> CInt

/// The package manager names an executable's entry so and makes it `main`; libFuzzer's own stays out of the link.
@_cdecl("fuzz_main")
func fuzzMain(_ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    let words = (0..<Int(argumentCount)).compactMap { index in arguments?[index].map { String(cString: $0) } }
    if words.count == 4, words[1] == "compile" { return compileSeed(words[2], words[3]) }
    if words.count == 4, words[1] == "tokenizer" { return tokenizerSeed(words[2], words[3]) }
    var count = argumentCount, list = arguments
    return runDriver(&count, &list, fuzzOneInput)
}

/// `fuzz compile MODEL NEST`: a nest to start from, made of a seed of another format.
private func compileSeed(_ model: String, _ nest: String) -> CInt {
    seed(model) {
        if LanguageImporter.recognizes(path: model) {
            let language = try LanguageImporter.load(path: model)
            let options = TransformerOptions(rows: 4, logitRows: 4)
            try lower(language, options: options, tokenizer: try language.tokenizer.image()).write(to: nest)
        } else {
            try NestWriter.write(try Compilation.compile(try Importer.load(path: model), CompilationOptions(name: "seed")).contents,
                                 to: nest)
        }
    }
}

/// `fuzz tokenizer MODEL FILE`: a language model's tokenizer to start from.
private func tokenizerSeed(_ model: String, _ file: String) -> CInt {
    seed(model) { try File.writeAtomically(file, try LanguageImporter.load(path: model).tokenizer.image()) }
}

private func seed(_ model: String, _ make: () throws -> Void) -> CInt {
    do { try make() } catch {
        fputs("fuzz: \(model): \(error)\n", stderr)
        return 1
    }
    return 0
}
