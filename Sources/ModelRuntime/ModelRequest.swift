import Engine
import Platform

/// A model as a command wants it. What is nil doesn't matter: a model that is loaded already serves however that is set.
public struct ModelRequest {
    public var path: String
    /// The program for so many inputs at once; nil: the nest's first.
    public var batch: Int?
    /// Language models: see `ModelOptions`.
    public var contextLength: Int?
    public var activationBits: Int?
    /// A kernel family's name; nil: the fastest.
    public var kernels: String?
    /// Nil: one a core.
    public var threads: Int?
    /// What the whole process may take with it, bytes.
    public var budgetBytes: Int?
    /// A model of its own, whatever is loaded: to measure one.
    public var isPrivate = false

    public init(path: String) { self.path = path }

    /// Whether a model that was loaded for `self` serves `other`.
    func serves(_ other: ModelRequest) -> Bool {
        func agrees<Value: Equatable>(_ own: Value?, _ wanted: Value?) -> Bool { wanted == nil || wanted == own }
        return !other.isPrivate && batch == other.batch
            && agrees(contextLength, other.contextLength) && agrees(activationBits, other.activationBits)
            && agrees(kernels, other.kernels) && agrees(threads, other.threads) && agrees(budgetBytes, other.budgetBytes)
    }

    var options: ModelOptions {
        var options = ModelOptions()
        options.batch = batch
        options.contextLength = contextLength
        if let activationBits { options.activationBits = activationBits }
        return options
    }
}

/// Who asks for a model, and how it waits.
public struct ModelUser {
    /// What others are told: "ttyS0".
    public var name: String
    /// Sleeps a moment; false where the user has given up.
    public var pause: () -> Bool

    public init(name: String, pause: @escaping () -> Bool) {
        self.name = name
        self.pause = pause
    }
}
