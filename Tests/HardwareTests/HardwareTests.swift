import Testing

/// Everything that boots a board: one after the other, because each keeps a processor busy.
@Suite(.serialized, .enabled(if: RigFiles.areThere, Comment(rawValue: RigFiles.whatIsMissing)))
struct HardwareTests {}
