import CLinux
import Platform
import Vision

/// The pictures of a folder in the order of their names, JPEG and PNG, as a camera would take them.
final class PictureFolder: FrameSource {
    let title: String
    let lost: UInt32 = 0
    private(set) var damaged: UInt32 = 0
    private let paths: [String]
    private let repeats: Bool
    private var pace: FramePace
    private var position = 0

    /// - Throws: `.inputOutput` where there is no picture.
    init(_ folder: String, rateHertz: Float, repeats: Bool) throws(Failure) {
        var paths: [String] = []
        var names = Folder.names(folder)
        names.order { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        for name in names where Self.isPicture(name) { paths.append(folder + "/" + name) }
        guard !paths.isEmpty else { throw Failure(.inputOutput, "\(folder): no picture (.jpg, .jpeg or .png) in that folder") }
        self.paths = paths
        self.repeats = repeats
        title = "\(paths.count) pictures of \(folder)"
        pace = FramePace(rateHertz: rateHertz, now: monotonicNanoseconds())
    }

    private static func isPicture(_ name: String) -> Bool {
        var bytes: [UInt8] = []
        for byte in name.utf8 { bytes.append(byte >= 65 && byte <= 90 ? byte | 32 : byte) }
        return [".jpg", ".jpeg", ".png"].contains { bytes.count > $0.utf8.count && bytes.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }

    func next(into frame: TaskFrame, withinNanoseconds nanoseconds: Int64) throws(Failure) -> FrameArrival {
        if position == paths.count {
            guard repeats else { return .end }
            position = 0
        }
        guard let time = pace.wait(nanoseconds) else { return .nothing }
        let path = paths[position]
        position += 1
        frame.time = time
        frame.format = nil
        // A file that has gone, or is none: the next one may be better.
        if try read(path, into: frame.buffer) { return .frame }
        damaged &+= 1
        return .nothing
    }

    private func read(_ path: String, into buffer: FrameBuffer) throws(Failure) -> Bool {
        let descriptor = linux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let size = linux_regular_file_size(descriptor)
        guard size > 0, size <= Int64(ImageLimits.fileBytes) else { return false }
        try buffer.reserve(Int(size))
        buffer.count = 0
        while buffer.count < Int(size) {
            let got = readBytes(descriptor, buffer.bytes + buffer.count, Int(size) - buffer.count)
            if got <= 0 { break }
            buffer.count += got
        }
        return buffer.count == Int(size)
    }
}

/// The system's `read`, which a method of that name would hide.
private func readBytes(_ descriptor: Int32, _ target: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int { read(descriptor, target, count) }
