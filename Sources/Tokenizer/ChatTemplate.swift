import Platform

/// One turn of a conversation.
public struct ChatMessage: Sendable {
    /// Who speaks; templates spell each in their own way.
    public enum Role: Sendable { case system, user, assistant }
    public var role: Role
    public var text: String

    public init(_ role: Role, _ text: String) {
        self.role = role
        self.text = text
    }
}

/// How a model wants a conversation written. Models carry a program for that (Jinja); the known ones are recognised by
/// what they write, and written here. What people said is plain text: a control token spelt in it stays text.
public struct ChatTemplate: Sendable {
    /// The known forms, by the control tokens that they write.
    public enum Style: Sendable {
        /// <|im_start|>role … <|im_end|>
        case chatML
        /// <start_of_turn>role … <end_of_turn>, the system's text before the user's first
        case gemma
        /// <|start_header_id|>role<|end_header_id|> … <|eot_id|>
        case llama3
    }

    public let style: Style
    /// What stands in for a system message where the conversation has none; empty: nothing.
    public let defaultSystem: [UInt8]

    /// Nil where the template is empty or none of those that are known.
    public init?(recognizing template: String) {
        let bytes = Array(template.utf8)
        if find("<|im_start|>", in: bytes, from: 0) != nil {
            style = .chatML
            defaultSystem = Self.literalSystem(bytes)
        } else if find("<start_of_turn>", in: bytes, from: 0) != nil {
            style = .gemma
            defaultSystem = []
        } else if find("<|start_header_id|>", in: bytes, from: 0) != nil {
            style = .llama3
            defaultSystem = []
        } else {
            return nil
        }
    }

    /// The tokens of a conversation, the begin token first where the model wants one; with `asksForAnswer` up to where
    /// the model's answer starts. Fails with `unsupported` where the vocabulary lacks the template's tokens.
    public func encode(_ messages: [ChatMessage], asksForAnswer: Bool = true, with tokenizer: Tokenizer) throws(Failure) -> [Int32] {
        var writer = ChatWriter(tokenizer: tokenizer)
        if tokenizer.addsBeginToken, let begin = tokenizer.beginToken { writer.tokens.append(Int32(begin)) }
        switch style {
        case .chatML: try writeChatML(messages, asksForAnswer, &writer)
        case .gemma: try writeGemma(messages, asksForAnswer, &writer)
        case .llama3: try writeLlama3(messages, asksForAnswer, &writer)
        }
        return try writer.finish()
    }

    private func writeChatML(_ messages: [ChatMessage], _ asks: Bool, _ writer: inout ChatWriter) throws(Failure) {
        if let first = messages.first, first.role != .system, !defaultSystem.isEmpty {
            try writer.control("<|im_start|>")
            writer.text("system\n")
            writer.text(defaultSystem)
            try writer.control("<|im_end|>")
            writer.text("\n")
        }
        for message in messages {
            try writer.control("<|im_start|>")
            writer.text(name(message.role))
            writer.text("\n")
            writer.text(Array(message.text.utf8))
            try writer.control("<|im_end|>")
            writer.text("\n")
        }
        guard asks else { return }
        try writer.control("<|im_start|>")
        writer.text("assistant\n")
    }

    private func writeGemma(_ messages: [ChatMessage], _ asks: Bool, _ writer: inout ChatWriter) throws(Failure) {
        var system: [UInt8] = []
        for (index, message) in messages.enumerated() {
            if index == 0, message.role == .system {
                system = trimmed(message.text) + Array("\n\n".utf8)
                continue
            }
            try writer.control("<start_of_turn>")
            writer.text(message.role == .assistant ? "model\n" : "user\n")
            writer.text(system)
            system = []
            writer.text(trimmed(message.text))
            try writer.control("<end_of_turn>")
            writer.text("\n")
        }
        guard asks else { return }
        try writer.control("<start_of_turn>")
        writer.text("model\n")
    }

    private func writeLlama3(_ messages: [ChatMessage], _ asks: Bool, _ writer: inout ChatWriter) throws(Failure) {
        for message in messages {
            try header(message.role, &writer)
            writer.text(trimmed(message.text))
            try writer.control("<|eot_id|>")
        }
        if asks { try header(.assistant, &writer) }
    }

    private func header(_ role: ChatMessage.Role, _ writer: inout ChatWriter) throws(Failure) {
        try writer.control("<|start_header_id|>")
        writer.text(name(role))
        try writer.control("<|end_header_id|>")
        writer.text("\n\n")
    }

    private func name(_ role: ChatMessage.Role) -> StaticString {
        switch role {
        case .system: "system"
        case .user: "user"
        case .assistant: "assistant"
        }
    }

    /// The system message that a ChatML template spells out itself.
    private static func literalSystem(_ template: [UInt8]) -> [UInt8] {
        guard var start = find("<|im_start|>system", in: template, from: 0) else { return [] }
        start += 18
        // The line break, or its escape.
        if start < template.count, template[start] == 0x0a {
            start += 1
        } else if start + 1 < template.count, template[start] == 0x5c, template[start + 1] == 0x6e {
            start += 2
        } else {
            return []
        }
        guard let end = find("<|im_end|>", in: template, from: start) else { return [] }
        for byte in template[start..<end] where byte == 0x27 || byte == 0x22 || byte == 0x7b || byte == 0x5c { return [] }
        return Array(template[start..<end])
    }
}

/// Puts text between control tokens together before it is encoded: words may reach over its parts.
private struct ChatWriter {
    let tokenizer: Tokenizer
    var tokens: [Int32] = []
    var waiting: [UInt8] = []

    init(tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    mutating func text(_ bytes: [UInt8]) { waiting += bytes }

    mutating func text(_ text: StaticString) {
        for byte in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) { waiting.append(byte) }
    }

    mutating func control(_ name: StaticString) throws(Failure) {
        guard let id = tokenizer.special(name) else {
            throw Failure(.unsupported, "the model's chat template uses a token that its vocabulary lacks; generate without a template")
        }
        try flush()
        tokens.append(Int32(id))
    }

    mutating func finish() throws(Failure) -> [Int32] {
        try flush()
        return tokens
    }

    private mutating func flush() throws(Failure) {
        guard !waiting.isEmpty else { return }
        var failure: Failure?
        waiting.withUnsafeBytes { bytes in
            do throws(Failure) { try tokenizer.encode(bytes, control: false, into: &tokens) } catch { failure = error }
        }
        if let failure { throw failure }
        waiting.removeAll(keepingCapacity: true)
    }
}

private func find(_ text: StaticString, in bytes: [UInt8], from start: Int) -> Int? {
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes.count >= wanted.count else { return nil }
    var position = start
    while position + wanted.count <= bytes.count {
        var length = 0
        while length < wanted.count, bytes[position + length] == wanted[length] { length += 1 }
        if length == wanted.count { return position }
        position += 1
    }
    return nil
}

/// Without ASCII white space at its ends.
private func trimmed(_ text: String) -> [UInt8] {
    var bytes = Array(text.utf8)
    while let last = bytes.last, asciiClass(last) == .space { bytes.removeLast() }
    var start = 0
    while start < bytes.count, asciiClass(bytes[start]) == .space { start += 1 }
    return Array(bytes[start...])
}
