import Nest
import Platform

/// The function behind an int8 convolution: one table of 256 for all channels, or a table for each channel out of several.
struct ChannelTables {
    /// The first table; others follow it.
    let first: UnsafePointer<Int8>
    /// For each channel the number of its table; nil where all use the first.
    let choices: UnsafePointer<UInt16>?
    private let count: Int
    private let channels: Int

    /// Nil without a lookup.
    init?(_ a: ConvolutionAttributes, blob: UnsafeRawPointer, channels: Int) {
        guard a.lookupOffset >= 0 else { return nil }
        first = (blob + Int(a.lookupOffset)).assumingMemoryBound(to: Int8.self)
        choices = a.lookupTables > 1 ? (blob + Int(a.lookupChoiceOffset)).assumingMemoryBound(to: UInt16.self) : nil
        count = Int(a.lookupTables)
        self.channels = channels
    }

    /// - Throws: a `badFormat` failure where a channel chooses a table that isn't there.
    func check() throws(Failure) {
        guard let choices else { return }
        for channel in 0..<channels where Int(choices[channel]) >= count {
            throw Failure(.badFormat, "channel \(channel) has no lookup table")
        }
    }

    /// Dense pixels through each channel's own table. Not for one table, which kernels do.
    ///
    /// - Parameter stride: elements from a pixel of the output to the next.
    func apply(_ choices: UnsafePointer<UInt16>, _ input: UnsafePointer<Int8>, _ output: UnsafeMutablePointer<Int8>, stride: Int,
               pixels: Int) {
        let middle = first + 128
        for pixel in 0..<pixels {
            let from = input + pixel &* channels, to = output + pixel &* stride
            for channel in 0..<channels { to[channel] = middle[(Int(choices[channel]) &<< 8) &+ Int(from[channel])] }
        }
    }
}
