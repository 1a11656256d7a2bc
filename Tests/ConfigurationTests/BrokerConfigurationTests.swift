@testable import Configuration
import Testing

@Suite struct BrokerConfigurationTests {
    @Test func everyKeyIsTaken() throws {
        let broker = try #require(try parse("""
            [mqtt]
            broker = mosquitto.example:8883
            name = cellar.1
            user = board
            password-file = /etc/swiftlet.password
            topic = house/cellar/Gerät
            queue = 1000
            home-assistant = yes
            keep-alive = 30
            interval = 5
            """).broker)
        #expect(broker.host == "mosquitto.example" && broker.port == 8883 && broker.name == "cellar.1" && broker.user == "board")
        #expect(broker.passwordFile == "/etc/swiftlet.password" && broker.topic == "house/cellar/Gerät" && broker.queue == 1000)
        #expect(broker.announcesToHomeAssistant && broker.keepAliveSeconds == 30 && broker.intervalSeconds == 5)
        let least = try #require(try parse("[mqtt]\nbroker = h:1\n").broker)
        #expect(least.name == nil && least.topic == nil && least.queue == 256 && !least.announcesToHomeAssistant)
        #expect(try parse("[firmware]\n").broker == nil)
    }

    @Test func addressesAreOfThreeKinds() throws {
        for (text, host, port) in [("192.168.1.2:1883", "192.168.1.2", 1883), ("[fd00::2]:1", "fd00::2", 1), ("my_host-2.local:65535",
                                    "my_host-2.local", 65_535), ("[fe80::1%eth0]:1883", "fe80::1%eth0", 1883)] {
            let broker = try parse("[mqtt]\nbroker = \(text)\n").broker
            #expect(broker?.host == host && broker?.port == port, "\(text)")
        }
        for text in ["", "host", "host:", ":1883", "host:0", "host:65536", "host:-1", "host:1x", "fd00::2:1883", "[fd00::2]",
                     "[fd00::2:1883", "[]:1883",
                     "[host]:1883", "mqtt://host:1883", "ho st:1883", "host/:1883"] {
            #expect(complaint("[mqtt]\nbroker = \(text)\n").hasPrefix("f:2: broker = "), "\(text)")
            #expect(complaint("[mqtt]\nbroker = \(text)\n").hasSuffix("[fd00::2]:1883 is expected"), "\(text)")
        }
    }

    @Test func whatIsWrongIsSaidWithItsLine() {
        for line in ["name = two words", "name =", "topic = /a", "topic = a/", "topic = a//b", "topic = a/#", "topic = +/b",
                     "topic = $SYS/a", "topic =", "topic = \(String(repeating: "t", count: 129))", "queue = 7",
                     "queue = 16385", "queue = many",
                     "home-assistant = maybe", "keep-alive = 4", "keep-alive = 3601", "interval = 0", "password-file = secret", "user =",
                     "tls = yes"] {
            #expect(complaint("[mqtt]\nbroker = h:1\n\(line)\n").hasPrefix("f:3: "), "\(line)")
        }
        #expect(complaint("\n[mqtt]\nuser = board\n") == "f:2: [mqtt] has no broker; broker = HOST:PORT is expected")
        #expect(complaint("[mqtt]\nbroker = h:1\npassword-file = /p\n")
                == "f:1: [mqtt] has a password-file and no user; user = NAME is expected")
        #expect(complaint("[mqtt]\nbroker = h:1\n[mqtt]\nbroker = h:2\n").contains("there already"))
    }
}
