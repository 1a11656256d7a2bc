import Console
import Device
import ModelRuntime
import Platform

/// Models as command lines name them.
extension Context {
    /// The folders of the command line and of the context.
    func folders(_ arguments: Arguments) -> ModelFolders {
        var all = folders
        all.prefer(arguments.text("--models"))
        return all
    }

    /// A model by path or name, with the options of the command line.
    func request(_ name: String, _ arguments: Arguments) throws(Failure) -> ModelRequest {
        let budget = try arguments.byteCount("--budget"), threads = try arguments.integer("--threads", in: 1...64)
        let kernels = arguments.text("--kernels")
        _ = try runtime.library.kernels(kernels)
        var request = ModelRequest(path: try folders(arguments).path(of: name))
        request.budgetBytes = budget
        request.threads = threads
        request.kernels = kernels
        return request
    }

    /// Who uses a model here.
    var modelUser: ModelUser {
        ModelUser(name: console?.name ?? "this command", pause: { self.pause(milliseconds: 20) && self.device?.isEnding != true })
    }

    /// The use of a model by path or name, with the options of the command line; end it when the command is done.
    func model(_ name: String, _ arguments: Arguments, waits: Bool = true) throws(Failure) -> ModelLease {
        try runtime.library.lease(try request(name, arguments), for: modelUser, waits: waits)
    }

    /// The same for a wake word's model, which is too small for more than one thread; for who holds another model already.
    func wakeModel(_ name: String, _ arguments: Arguments) throws(Failure) -> ModelLease {
        var request = try request(name, arguments)
        request.threads = 1
        return try runtime.library.lease(request, for: modelUser, waits: false)
    }

    /// The same for a language model.
    func languageModel(_ name: String, _ arguments: Arguments) throws(Failure) -> ModelLease {
        let context = try arguments.integer("--context", in: 16...(1 << 20)), bits = try arguments.integer("--activations", in: 8...16)
        var request = try request(name, arguments)
        request.contextLength = context
        request.activationBits = bits
        return try runtime.library.lease(request, for: modelUser)
    }
}
