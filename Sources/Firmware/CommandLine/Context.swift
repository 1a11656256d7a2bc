import CConsole
import CLinux
import Engine
import Kernels
import Platform
import Vision

/// What all commands share: where they write, what machine they run on, where models are.
public final class Context {
    /// Writes one line to the reader of results.
    public var output: (String) -> Void
    /// Writes one line to the reader of errors.
    public var errors: (String) -> Void
    public let features: ProcessorFeatures
    public let processors: [Processor]
    /// Folders searched for models, first first.
    public var modelFolders: [String]
    /// The running firmware, where a command is a line of its console.
    public var device: Device?
    /// The console that the line came from.
    public var console: Console?
    /// Set where a command went on after an error, so that the program still ends with one.
    public var hadErrors = false

    public init(output: @escaping (String) -> Void = { Output.standard.line($0) }, errors: @escaping (String) -> Void = { Output.error.line($0) }) {
        self.output = output
        self.errors = errors
        features = ProcessorFeatures.detect()
        processors = Processors.available()
        modelFolders = ["models", "/usr/share/swiftlet/models"]
        if let folder = getenv("SWIFTLET_MODELS") { modelFolders.insert(String(cString: folder), at: 0) }
    }

    /// Somebody wants the command to stop: Ctrl-C on its console, or a signal. Or nobody takes its results any more.
    var isCancelled: Bool {
        let isUnwanted = console?.isCancelled ?? (Output.standard.failure != 0)
        return isUnwanted || Signals.stopRequested || console_caught_signal() != 0
    }

    /// Somebody watches: displays may move.
    var isInteractive: Bool { console?.isInteractive ?? false }

    /// Sleeps, unless cancelled; false then.
    func pause(milliseconds: Int) -> Bool {
        var left = milliseconds
        while left > 0, !isCancelled {
            usleep(UInt32(min(left, 20)) * 1000)
            left -= 20
        }
        return !isCancelled
    }

    /// The firmware that a command works on.
    func runningDevice() throws(Failure) -> Device {
        guard let device else { throw Failure(.usage, "this is a command of the console: start `swiftlet run` first") }
        // Just booted: the sensors' modules are still being loaded.
        while !device.isReady {
            guard pause(milliseconds: 20), !device.isEnding else { throw Failure(.resource, "the sensors are not there yet") }
        }
        return device
    }

    /// Reports an error of one item (a picture of several) and goes on.
    func report(_ failure: Failure) {
        errors(ShownText.line("swiftlet: \(failure.description)"))
        hadErrors = true
    }

    /// The kernels asked for, or the fastest.
    func kernels(_ arguments: Arguments) throws(Failure) -> KernelTable {
        guard let name = arguments.text("--kernels") else { return KernelTable.chosen(for: features) }
        if let table = KernelTable.named(name, for: features) { return table }
        var names = ""
        for table in KernelTable.all(for: features) { names += (names.isEmpty ? "" : ", ") + table.family }
        throw Failure(.usage, "--kernels \(name): this processor has \(names)")
    }

    func pool(_ arguments: Arguments) throws(Failure) -> ThreadPool {
        try ThreadPool(threads: try arguments.integer("--threads", in: 1...64) ?? processors.count, processors: processors)
    }

    /// Loads a model by path or name with the options of the command line.
    func model(_ name: String, _ arguments: Arguments, pool: ThreadPool? = nil, options given: ModelOptions = ModelOptions()) throws(Failure) -> Model {
        var options = given
        try setBudget(arguments, &options)
        let shared: ThreadPool
        if let pool { shared = pool } else { shared = try self.pool(arguments) }
        return try Model(path: try modelPath(name, arguments), options: options, kernels: try kernels(arguments), pool: shared)
    }

    /// The budget of the command line or the firmware's own promise, the smaller one; both are for the whole process.
    func setBudget(_ arguments: Arguments, _ options: inout ModelOptions) throws(Failure) {
        var whole = try arguments.byteCount("--budget")
        if let device {
            device.lock.lock()
            if let promised = device.memoryBudgetBytes { whole = min(whole ?? promised, promised) }
            device.lock.unlock()
        }
        if let whole { try options.keepProcess(within: whole) }
    }

    func folders(_ arguments: Arguments) -> [String] {
        guard let first = arguments.text("--models") else { return modelFolders }
        return [first] + modelFolders
    }

    /// A path as it is; a bare name in the model folders, with or without `.nest`.
    func modelPath(_ name: String, _ arguments: Arguments) throws(Failure) -> String {
        if name.utf8.contains(UInt8(ascii: "/")) || File.exists(name) { return name }
        for folder in folders(arguments) {
            for candidate in ["\(folder)/\(name)", "\(folder)/\(name).nest"] where File.exists(candidate) { return candidate }
        }
        var searched = ""
        for folder in folders(arguments) { searched += (searched.isEmpty ? "" : ", ") + folder }
        throw Failure(.inputOutput, "no model \(name) in \(searched); name a folder with --models or SWIFTLET_MODELS")
    }

    /// Paths of all nests in the model folders.
    func modelsFound(_ arguments: Arguments) -> [String] {
        var paths: [String] = []
        for folder in folders(arguments) {
            var names: [String] = []
            for name in fileNames(folder) where name.utf8.count > 5 && name.utf8.suffix(5).elementsEqual(".nest".utf8) { names.append(name) }
            names.sort { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            for name in names { paths.append("\(folder)/\(name)") }
        }
        return paths
    }
}

/// Names of the files in a folder; none where it can't be read.
func fileNames(_ folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
        names.append(String(cString: linux_entry_name(entry)))
    }
    return names
}
