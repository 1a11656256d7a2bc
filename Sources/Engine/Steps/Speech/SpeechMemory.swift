import Nest

/// Keys and values that attention looks at, as half floats: [slot][heads][headDimension], keys first.
struct SpeechMemory {
    let keys: UnsafeMutablePointer<UInt16>, values: UnsafeMutablePointer<UInt16>
    let slots: Int, width: Int

    init(_ view: View) {
        slots = Int(view.record.width)
        width = view.channels
        keys = view.address.assumingMemoryBound(to: UInt16.self)
        values = keys + slots * width
    }
}
