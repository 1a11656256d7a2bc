import Engine

/// The use of a model, by one at a time. Ends with `end`, at the latest with the object: keep it until the model's last run.
public final class ModelLease {
    public let model: Model
    /// It was in memory already.
    public let wasLoaded: Bool
    /// Names of the models that were given back to make room.
    public let givenBack: [String]
    let entry: LoadedModel
    private let library: Library
    private var hasEnded = false

    init(_ entry: LoadedModel, library: Library, wasLoaded: Bool, givenBack: [String]) {
        model = entry.model
        self.entry = entry
        self.library = library
        self.wasLoaded = wasLoaded
        self.givenBack = givenBack
    }

    deinit { end() }

    /// "efficientnet-lite0" of "models/efficientnet-lite0.nest".
    public var name: String { entry.name }
    /// The kernels and threads that it runs on.
    public var kernels: String { entry.kernels }
    public var threads: Int { entry.pool.threads }

    /// Gives the model back: to the library where it is kept, otherwise to the system.
    public func end() {
        guard !hasEnded else { return }
        hasEnded = true
        library.end(entry)
    }

    /// Binds the calling thread to the cores that the model runs on.
    public func bindCaller() { entry.pool.bindCaller() }
    /// The file is another than the one that was loaded, or gone. Asks the kernel.
    public var hasFileChanged: Bool { FileIdentity(entry.request.path) != entry.identity }

    /// Keeps the model ready after the use.
    public func keep() { library.keep(entry) }
}
