import Platform

extension ConfigurationKey {
    private static func broker(_ key: String, _ expected: String,
                               _ apply: @escaping (inout DeviceConfiguration.Broker, String) -> Bool) -> ConfigurationKey {
        ConfigurationKey("mqtt", key, expected) { configuration, value in
            guard var broker = configuration.broker else { return false }
            defer { configuration.broker = broker }
            return apply(&broker, value)
        }
    }

    static let broker = [
        broker("broker", "a host and a port such as broker.example:1883, 192.168.1.2:1883 or [fd00::2]:1883") { broker, value in
            guard let (host, port) = BrokerText.address(value) else { return false }
            broker.host = host
            broker.port = port
            return true
        },
        broker("name", "a name without spaces, at most 32 bytes") { broker, value in
            broker.name = value
            return isName(value)
        },
        broker("user", "a user's name, at most 256 bytes") { broker, value in
            broker.user = value
            return (1...256).contains(value.utf8.count)
        },
        broker("password-file", "a file, from the root, whose first line is the password") { broker, value in
            broker.passwordFile = value
            return value.utf8.first == UInt8(ascii: "/")
        },
        broker("topic", "what topics begin with, such as house/cellar: at most 128 bytes, without + and #, / only between words") {
            broker, value in
            broker.topic = value
            return BrokerText.isTopic(value)
        },
        broker("queue", "messages, a whole number from 8 to 16384") { broker, value in
            guard let number = integer(value, 8...16_384) else { return false }
            broker.queue = number
            return true
        },
        broker("home-assistant", "yes or no") { broker, value in
            broker.announcesToHomeAssistant = value == "yes"
            return value == "yes" || value == "no"
        },
        broker("keep-alive", "seconds, a whole number from 5 to 3600") { broker, value in
            guard let number = integer(value, 5...3600) else { return false }
            broker.keepAliveSeconds = number
            return true
        },
        broker("interval", "seconds between two states, a whole number from 1 to 86400") { broker, value in
            guard let number = integer(value, 1...86_400) else { return false }
            broker.intervalSeconds = number
            return true
        },
    ]
}

/// Reads addresses and topics as configurations have them.
enum BrokerText {
    /// "host:port", "1.2.3.4:port", "[v6]:port"; the host without brackets. nil where it is none.
    static func address(_ text: String) -> (host: String, port: Int)? {
        let bytes = Array(text.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
              let port = integer(String(decoding: bytes[(colon + 1)...], as: UTF8.self), 1...65_535) else { return nil }
        var host = bytes[..<colon]
        let hasBrackets = host.first == UInt8(ascii: "[")
        if hasBrackets {
            guard host.count > 2, host.last == UInt8(ascii: "]") else { return nil }
            host = host.dropFirst().dropLast()
        }
        // Names, numbers, and a zone behind a %; a colon only where brackets say that it isn't the port's.
        let isRight = host.allSatisfy { byte in
            (byte >= 48 && byte <= 57) || (byte | 0x20 >= 97 && byte | 0x20 <= 122) || byte == 45 || byte == 46 || byte == 95
                || (hasBrackets && (byte == 58 || byte == 37))
        }
        guard isRight, (1...253).contains(host.count), !hasBrackets || host.contains(58) else { return nil }
        return (String(decoding: Array(host), as: UTF8.self), port)
    }

    /// Without wildcards, empty levels, control characters and the brokers' own first level.
    static func isTopic(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...128).contains(bytes.count), bytes[0] != UInt8(ascii: "$") else { return false }
        for level in split(text, at: "/") where level.isEmpty { return false }
        return bytes.allSatisfy { $0 > 32 && $0 != 127 && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "#") }
    }
}
