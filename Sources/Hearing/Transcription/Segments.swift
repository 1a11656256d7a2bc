/// Tokens with timestamps among them, as pieces of text with their times.
enum Segments {
    /// A piece between two timestamps, seconds from the window's beginning.
    struct Piece {
        var start: Double
        var end: Double
        var tokens: [Int32]
    }

    /// - Parameter seconds: the window's length, for a piece whose end is missing.
    static func pieces(_ line: [Int32], _ tokens: SpeechTokens, seconds: Double) -> [Piece] {
        var pieces: [Piece] = [], piece = Piece(start: 0, end: seconds, tokens: [])
        for token in line {
            guard token >= tokens.firstTimestamp else {
                if token < tokens.end { piece.tokens.append(token) }
                continue
            }
            let time = min(seconds, Double(token - tokens.firstTimestamp) / Double(SpeechTokens.timestampRate))
            if piece.tokens.isEmpty {
                piece.start = time
            } else {
                piece.end = max(piece.start, time)
                pieces.append(piece)
                piece = Piece(start: time, end: seconds, tokens: [])
            }
        }
        if !piece.tokens.isEmpty { pieces.append(piece) }
        return pieces
    }
}
