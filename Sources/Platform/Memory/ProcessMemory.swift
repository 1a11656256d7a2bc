/// What the kernel says of this process's memory, in bytes.
public enum ProcessMemory {
    /// All that is in physical memory now, pages of files included; 0 where /proc doesn't tell.
    public static var resident: Int { field("VmRSS:") }
    /// The largest resident set so far.
    public static var peak: Int { field("VmHWM:") }
    /// The resident part that no file backs: heap, arena, stacks.
    public static var anonymous: Int { field("RssAnon:") }

    private static func field(_ name: String) -> Int {
        guard let text = File.text("/proc/self/status") else { return 0 }
        let bytes = Array(text.utf8), key = Array(name.utf8)
        var line = 0
        while line < bytes.count {
            var end = line
            while end < bytes.count, bytes[end] != 10 { end += 1 }
            if end - line > key.count, Array(bytes[line..<line + key.count]) == key {
                return Int(clamping: Int64(firstInteger(String(decoding: bytes[(line + key.count)..<end], as: UTF8.self)) ?? 0) * 1024)
            }
            line = end + 1
        }
        return 0
    }
}
