import Platform

extension ConfigurationKey {
    private static func record(_ key: String, _ expected: String,
                               _ apply: @escaping (inout DeviceConfiguration.Records, String) -> Bool) -> ConfigurationKey {
        ConfigurationKey("records", key, expected) { configuration, value in
            guard var records = configuration.records else { return false }
            defer { configuration.records = records }
            return apply(&records, value)
        }
    }

    static let records = [
        record("folder", "a folder, from the root") { records, value in
            records.folder = value
            return value.utf8.first == UInt8(ascii: "/")
        },
        record("limit", "a number of bytes from 1 MB, such as 64 MB") { records, value in
            guard let bytes = bytes(value), bytes >= 1_000_000 else { return false }
            records.limitBytes = bytes
            return true
        },
        record("before", "a time up to 1 min, such as 5 s") { records, value in
            guard let time = RuleText.duration(splitWords(value)), time <= 60_000_000_000 else { return false }
            records.beforeNanoseconds = time
            return true
        },
        record("memory", "a number of bytes from 1 MB to 1 GB, such as 32 MB") { records, value in
            guard let bytes = bytes(value), (1_000_000...1_000_000_000).contains(bytes) else { return false }
            records.memoryBytes = Int(bytes)
            return true
        },
    ]

    /// "64 MB", "64MB" or as elsewhere "64M".
    private static func bytes(_ text: String) -> Int64? {
        var word = Array(splitWords(text).joined(separator: "").utf8)
        if word.last == UInt8(ascii: "B") { word.removeLast() }
        return parsedStorageBytes(String(decoding: word, as: UTF8.self))
    }
}
