import Engine
import Nest
import Platform
import Tokenizer

/// A language model ready to talk: its runner, its tokenizer, and what has been said so far.
public final class LanguageSession {
    public let runner: LanguageRunner
    public let tokenizer: Tokenizer
    public let generator: Generator
    /// How conversations are written; nil where the model knows none.
    public let template: ChatTemplate?

    /// Fails with `usage` where the model is no language model and with `badFormat` where its tokenizer is damaged.
    public init(_ model: Model) throws(Failure) {
        let runner = try LanguageRunner(model), nest = model.nest
        let tokenizer = try Tokenizer(nest: nest)
        guard tokenizer.vocabulary <= runner.vocabulary else {
            throw Failure(.badFormat, "\(nest.name): the tokenizer has \(tokenizer.vocabulary) tokens, the model \(runner.vocabulary)")
        }
        self.runner = runner
        self.tokenizer = tokenizer
        template = ChatTemplate(nest: nest)
        var ends: [Int32] = []
        for token in 0..<tokenizer.vocabulary where tokenizer.isEnd(token) { ends.append(Int32(token)) }
        generator = Generator(predictor: runner, endTokens: ends, keptTokens: tokenizer.addsBeginToken ? 1 : 0) { token, emit in
            // Control tokens steer the model; they are no text.
            if tokenizer.isControl(Int(token)) { return }
            let piece = tokenizer.piece(Int(token))
            emit(UnsafeBufferPointer(start: piece.baseAddress?.assumingMemoryBound(to: UInt8.self), count: piece.count))
        }
    }

    /// The tokens of a text to continue, or of a question where `isChat`.
    /// Fails with `unsupported` where the model has no way to write a conversation.
    public func tokens(_ text: String, isChat: Bool, system: String? = nil) throws(Failure) -> [Int32] {
        guard isChat else { return try tokenizer.encode(text, addsBegin: true) }
        guard let template else { throw Failure(.unsupported, "\(runner.model.nest.name) was not made for conversations") }
        var messages: [ChatMessage] = []
        if let system { messages.append(ChatMessage(.system, system)) }
        messages.append(ChatMessage(.user, text))
        return try template.encode(messages, with: tokenizer)
    }
}
