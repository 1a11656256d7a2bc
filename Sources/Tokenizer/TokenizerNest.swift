import Nest
import Platform

extension Tokenizer {
    /// The tokenizer of a language model's nest, checked against its CRC and mapped. Fails with `unsupported` where the
    /// nest has none, with `badFormat` where it is damaged.
    public convenience init(nest: NestReader) throws(Failure) {
        guard let text = nest.metadata("language.tokenizer") else {
            throw Failure(.unsupported, "\(nest.name): it has no tokenizer; it is no language model")
        }
        guard let chunk = Int(text), nest.chunks.indices.contains(chunk) else {
            throw Failure(.badFormat, "\(nest.name): its tokenizer is said to be chunk \(text), which isn't there; compile the model again")
        }
        try nest.verify(chunk: chunk)
        try self.init(nest.chunk(chunk), owner: nest, name: nest.name)
    }
}

extension ChatTemplate {
    /// The chat template of a language model's nest; nil where it has none, or none that is known.
    public init?(nest: NestReader) {
        guard let template = nest.metadata("language.template") else { return nil }
        self.init(recognizing: template)
    }
}
