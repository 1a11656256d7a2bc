import Engine
import Kernels
import Nest
import Platform

/// The models in memory and the ledger of what they take, for the whole firmware.
///
/// A model is not made for two threads, so it is leased to one user at a time. One that is kept (`ModelLease.keep`) is waited
/// for: a second copy would take a board's scarce memory twice and run no faster on the same cores. A command that holds a
/// model already never waits for another (`waits: false`), so that no two can wait for each other: it loads its own.
public final class Library {
    private let pools: Pools
    private let features: ProcessorFeatures
    private let measure: () -> Int
    private let lock = Lock()
    private var entries: [LoadedModel] = []
    private var uses: UInt64 = 0
    private var isLoading = false
    private var limit: Int?
    /// What the process took before the models that are loaded.
    private var ownBytes = 0
    private var listener: (String) -> Void = { _ in }

    /// - Parameter measure: what the process has resident.
    init(pools: Pools, features: ProcessorFeatures, measure: @escaping () -> Int = { ProcessMemory.resident }) {
        self.pools = pools
        self.measure = measure
        self.features = features
    }

    /// Who is told what happens to others' models. Set once, before there are users.
    public func report(to listener: @escaping (String) -> Void) { self.listener = listener }

    private func locked<Result>(_ body: () -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body()
    }

    // MARK: the ledger

    /// What the whole process may take, bytes; nil: no promise.
    public var budgetBytes: Int? { locked { limit } }

    /// All that is loaded, the first loaded first.
    public var rows: [LedgerRow] {
        locked {
            entries.map {
                LedgerRow(name: $0.name, path: $0.request.path, bytes: $0.bytes, streamedBytes: $0.model.memory.streamedWeightBytes,
                          owner: $0.owner, user: $0.user, isKept: $0.isKept, mayBeGivenBack: $0.isIdle)
            }
        }
    }

    /// What the process takes or has promised to its models, bytes.
    public var takenBytes: Int { locked { taken() } }

    /// With the lock held. Models count in full from the start, though the kernel gives their pages when first touched.
    private func taken() -> Int {
        let resident = measure()
        guard !entries.isEmpty else {
            ownBytes = resident
            return resident
        }
        let promised = entries.reduce(0) { $0 + $1.bytes }
        return max(ownBytes, resident - promised) + promised
    }

    /// Sets the promise of a process that has loaded nothing yet.
    public func promise(_ bytes: Int?) { locked { limit = bytes } }

    /// Sets the promise; models that nobody uses are given back for it. Names of these.
    /// Fails with `budget`, and gives nothing back, where it couldn't be kept even so.
    public func setBudget(_ bytes: Int?) throws(Failure) -> [String] {
        lock.lock()
        defer { lock.unlock() }
        if let bytes {
            let idle = entries.reduce(0) { $0 + ($1.isIdle ? $1.bytes : 0) }
            let resident = measure()
            guard resident - idle <= bytes else {
                throw Failure(.budget, "the firmware takes \(megabytes(resident)) already: a budget of \(megabytes(bytes)) can't be kept")
            }
        }
        limit = bytes
        guard let bytes else { return [] }
        var names: [String] = []
        while taken() > bytes, let name = giveBackOne() { names.append(name) }
        return names
    }

    /// With the lock held: unloads what was used longest ago and isn't in use. Its name; nil where there is none.
    private func giveBackOne() -> String? {
        var oldest: Int?
        for (index, entry) in entries.enumerated() where entry.isIdle {
            if oldest == nil || entry.lastUse < entries[oldest!].lastUse { oldest = index }
        }
        guard let oldest else { return nil }
        return entries.remove(at: oldest).name
    }

    // MARK: models in use

    /// The model that the request names: one that is kept, once nobody else uses it, or else one loaded for this use.
    /// Under a budget, models that nobody uses are given back before loading is refused.
    /// Fails as `Model` does, and with `usage` where the user gave up waiting or the kernels don't exist.
    public func lease(_ request: ModelRequest, for user: ModelUser, waits: Bool = true) throws(Failure) -> ModelLease {
        let identity = FileIdentity(request.path)
        var hasSaid = false
        while true {
            switch locked({ claim(request, identity, user, waits) }) {
            case .taken(let entry):
                entry.pool.bindCaller()
                entry.model.reset()
                entry.model.isUrgent = false
                return ModelLease(entry, library: self, wasLoaded: true, givenBack: [])
            case .load: return try load(request, identity, user)
            case .inUse(let entry, let other):
                if !hasSaid, let other { listener("\(user.name) waits for \(entry.name), which \(other) is using") }
                hasSaid = true
            case .loading: break
            }
            guard user.pause() else { throw Failure(.usage, "cancelled while waiting for a model") }
        }
    }

    private enum Claim {
        case taken(LoadedModel)
        case inUse(LoadedModel, by: String?)
        /// Another is being loaded: what is left isn't known yet.
        case loading
        /// The caller loads.
        case load
    }

    /// With the lock held.
    private func claim(_ request: ModelRequest, _ identity: FileIdentity?, _ user: ModelUser, _ waits: Bool) -> Claim {
        for entry in entries where entry.isKept && entry.identity == identity && identity != nil && entry.request.serves(request) {
            if entry.user == nil {
                entry.user = user.name
                return .taken(entry)
            }
            if waits { return .inUse(entry, by: entry.user) }
        }
        if isLoading { return .loading }
        isLoading = true
        return .load
    }

    private func load(_ request: ModelRequest, _ identity: FileIdentity?, _ user: ModelUser,
                      nest: NestReader? = nil) throws(Failure) -> ModelLease {
        var givenBack: [String] = []
        while true {
            do throws(Failure) {
                let entry = try makeEntry(request, identity, user, nest)
                locked {
                    isLoading = false
                    entries.append(entry)
                }
                return ModelLease(entry, library: self, wasLoaded: false, givenBack: givenBack)
            } catch {
                if error.kind == .budget, let name = locked({ giveBackOne() }) {
                    givenBack.append(name)
                    listener("\(name) is given back: \(user.name) needs the room")
                    continue
                }
                locked { isLoading = false }
                throw error
            }
        }
    }

    private func makeEntry(_ request: ModelRequest, _ identity: FileIdentity?, _ user: ModelUser,
                           _ nest: NestReader?) throws(Failure) -> LoadedModel {
        let kernels = try self.kernels(request.kernels), pool = try pools.pool(request.threads)
        pool.bindCaller()
        var options = request.options
        // Measured without a budget as well: one may be set while the model is there.
        let promise = budgetBytes, taken = takenBytes
        let whole = request.budgetBytes.map { min($0, promise ?? $0) } ?? promise
        if let whole { try options.keepProcess(within: whole, taken: taken) }
        let opened: NestReader
        if let nest { opened = nest } else { opened = try NestReader.open(request.path) }
        let model = try Model(nest: opened, options: options, kernels: kernels, pool: pool)
        let entry = LoadedModel(model, pool: pool, kernels: kernels.name, request: request, identity: identity, owner: user.name)
        entry.user = user.name
        return entry
    }

    /// The model of a lease once more, with its program for another batch; nil where a budget is set, which a second arena
    /// would break.
    public func lease(_ other: ModelLease, batch: Int, for user: ModelUser) throws(Failure) -> ModelLease? {
        var request = other.entry.request
        guard request.budgetBytes == nil, budgetBytes == nil else { return nil }
        request.batch = batch
        while true {
            if case .load = locked({ claim(request, nil, user, false) }) { return try load(request, nil, user, nest: other.model.nest) }
            guard user.pause() else { throw Failure(.usage, "cancelled while waiting for a model") }
        }
    }

    /// The kernels of that name, or the fastest. Fails with `usage` where this processor has no such ones.
    public func kernels(_ name: String?) throws(Failure) -> KernelTable {
        guard let name else { return KernelTable.chosen(for: features) }
        if let table = KernelTable.named(name, for: features) { return table }
        let names = KernelTable.all(for: features).map { $0.family }
        throw Failure(.usage, "--kernels \(name): this processor has \(names.joinedByCommas)")
    }

    func end(_ entry: LoadedModel) {
        // A file that shrank under it is no model any more.
        let isBroken = entry.model.nest.source.failure != nil
        locked {
            uses += 1
            entry.lastUse = uses
            entry.user = nil
            if !entry.isKept || isBroken { entries.removeAll { $0 === entry } }
        }
    }

    func keep(_ entry: LoadedModel) {
        locked {
            // The file was replaced: what was made of the old one serves nobody any more.
            entries.removeAll { $0.isIdle && $0.request.path == entry.request.path && $0.identity != entry.identity }
            entry.isKept = true
        }
    }

    /// Gives back every model kept under that path. Their number.
    /// Fails with `usage`, and gives none back, where one is at work.
    public func unload(_ path: String) throws(Failure) -> Int {
        lock.lock()
        defer { lock.unlock() }
        let identity = FileIdentity(path)
        func isMeant(_ entry: LoadedModel) -> Bool {
            entry.isKept && (entry.request.path == path || (identity != nil && entry.identity == identity))
        }
        for entry in entries where isMeant(entry) {
            if let user = entry.user { throw Failure(.usage, "\(entry.name) is at work for \(user); it can be unloaded afterwards") }
        }
        let before = entries.count
        entries.removeAll { isMeant($0) }
        return before - entries.count
    }
}
