import Engine
import Platform

/// A model in memory: a row of the ledger. Its library's lock guards what changes.
final class LoadedModel {
    let model: Model
    let pool: ThreadPool
    let request: ModelRequest
    let identity: FileIdentity?
    let kernels: String
    /// Who loaded it.
    let owner: String
    /// Stays when nobody uses it.
    var isKept = false
    /// Who works with it.
    var user: String?
    /// The library's count of uses at the last one.
    var lastUse: UInt64 = 0

    init(_ model: Model, pool: ThreadPool, kernels: String, request: ModelRequest, identity: FileIdentity?, owner: String) {
        self.model = model
        self.pool = pool
        self.kernels = kernels
        self.request = request
        self.identity = identity
        self.owner = owner
    }

    /// Nobody works with it: it may be given back.
    var isIdle: Bool { user == nil && isKept }
    /// What it may take, touched or not yet.
    var bytes: Int { model.memory.totalBytes }

    /// "efficientnet-lite0" of "models/efficientnet-lite0.nest".
    var name: String { modelName(request.path) }
}

/// A row of the ledger as it was when asked for.
public struct LedgerRow: Sendable {
    public let name: String
    public let path: String
    /// What it may take of memory, touched or not yet.
    public let bytes: Int
    /// Of its weights, what is streamed from the file on every run.
    public let streamedBytes: Int
    /// Who loaded it, and who works with it now; nil: nobody.
    public let owner: String
    public let user: String?
    /// It stays until it is unloaded; otherwise it goes with its command.
    public let isKept: Bool
    /// It is given back where another model needs the room.
    public let mayBeGivenBack: Bool
}
