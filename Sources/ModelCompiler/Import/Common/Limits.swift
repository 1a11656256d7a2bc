import Platform

/// Bounds that every imported graph keeps, so that later passes may multiply sizes without thinking of overflow.
enum Limits {
    static let rank = 8
    static let elements = 1 << 31 - 1
    static let window = 1 << 12
    static let nodes = 1 << 17

    /// The product of a shape's dimensions, refused where a dimension isn't positive or the product is out of bounds.
    static func elements(_ shape: [Int], of name: @autoclosure () -> String) throws -> Int {
        guard shape.count <= rank else {
            throw Failure(.unsupported, "tensor '\(name())' has \(shape.count) dimensions; at most \(rank) work")
        }
        var product = 1
        for dimension in shape {
            guard dimension > 0 else {
                throw Failure(.unsupported, "tensor '\(name())' has the shape \(shape): every dimension must be fixed and at least 1")
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow, next <= elements else { throw Failure(.unsupported, "tensor '\(name())' of shape \(shape) is too large") }
            product = next
        }
        return product
    }
}
