import Board
import CConfiguration
import Platform
import Sensors

/// Reads a configuration: all of it, or one line that says what is wrong and where.
public enum ConfigurationFile {
    static let largest = 256 << 10

    public static func read(_ path: String) throws(Failure) -> DeviceConfiguration {
        try parse(try File.read(path, limit: largest), name: path)
    }

    /// - Parameter name: what messages call the text.
    /// - Throws: `.badFormat`, "NAME:LINE: what is wrong and what is expected".
    public static func parse(_ text: [UInt8], name: String) throws(Failure) -> DeviceConfiguration {
        // Some editors begin a text with a byte-order mark; the parser below would skip another one.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = text.starts(with: mark) ? Array(text.dropFirst(3)) : text
        guard !text.starts(with: mark) else { throw Failure(.badFormat, "\(name):1: a second byte-order mark") }
        var outline = try Outline(text, name: name)
        let reader = Reader(name: name)
        reader.configuration = DeviceConfiguration()
        // Sections first: the parser below tells of those that have keys only.
        reader.outline = outline
        let line = text.withUnsafeBytes { bytes in
            configuration_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? emptyText, bytes.count,
                                { user, line, section, key, value in
                let reader = Unmanaged<Reader>.fromOpaque(user!).takeUnretainedValue()
                return reader.take(Int(line), String(cString: section!), String(cString: key!), String(cString: value!)) ? 1 : 0
            }, Unmanaged.passUnretained(reader).toOpaque())
        }
        if let failure = reader.failure { throw failure }
        guard line == 0 else { throw Failure(.badFormat, "\(name):\(line): neither [SECTION] nor KEY = VALUE") }
        outline = reader.outline
        reader.begin(upTo: Int.max)
        try check(reader.configuration, reader.lines, name)
        try TaskChecks(configuration: reader.configuration, lines: reader.lines, name: name).run()
        return reader.configuration
    }

    private static let emptyText: UnsafePointer<CChar> = {
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        text.pointee = 0
        return UnsafePointer(text)
    }()

    /// What a section needs as a whole.
    private static func check(_ configuration: DeviceConfiguration, _ lines: [(section: String, line: Int)],
                              _ name: String) throws(Failure) {
        func at(_ section: String) -> String {
            for entry in lines where entry.section == section { return "\(name):\(entry.line)" }
            return name
        }
        try checkMeters(configuration.meters, name, at)
        if let model = configuration.powerModel, let complaint = model.complaint {
            throw Failure(.badFormat, "\(at("power-model ")): [power-model] \(complaint)")
        }
        if let broker = configuration.broker, let complaint = broker.complaint {
            throw Failure(.badFormat, "\(at("mqtt ")): [mqtt] \(complaint)")
        }
        if let records = configuration.records, records.folder.isEmpty {
            throw Failure(.badFormat, "\(at("records ")): [records] has no folder; folder = PATH is expected")
        }
        for input in configuration.inputs where input.request.line.isEmpty {
            throw Failure(.badFormat,
                          "\(at("input " + input.name)): [input \(input.name)] has no line; line = NAME or CHIP/NUMBER is expected")
        }
        for output in configuration.outputs where output.request.line.isEmpty {
            throw Failure(.badFormat,
                          "\(at("output " + output.name)): [output \(output.name)] has no line; line = NAME or CHIP/NUMBER is expected")
        }
        if configuration.microphone?.button != nil, configuration.microphone?.wakeWord != nil {
            throw Failure(.badFormat, "\(at("microphone ")): one of button and wake-word")
        }
        if let button = configuration.microphone?.button, !configuration.inputs.contains(where: { $0.name == button }) {
            throw Failure(.badFormat, "\(at("microphone ")): button = \(button): there is no [input \(button)]")
        }
    }
}

extension ConfigurationFile {
    /// What a power monitor needs as a whole, and that no two sections want one chip.
    private static func checkMeters(_ meters: [DeviceConfiguration.Meter], _ name: String,
                                    _ at: (String) -> String) throws(Failure) {
        for (index, meter) in meters.enumerated() {
            let place = "\(at("meter " + meter.name)): [meter \(meter.name)]", settings = meter.settings
            guard settings.shuntOhms > 0 else {
                throw Failure(.badFormat, "\(place) has no shunt; shunt = 0.01 ohm or the like is expected")
            }
            if let chip = settings.chip {
                guard Int(settings.channelMask) < 1 << chip.channels else {
                    throw Failure(.badFormat, "\(place): the \(chip.name) has no such channel; 1 to \(chip.channels) are expected")
                }
                if let address = settings.address, !chip.addresses.contains(address) {
                    throw Failure(.badFormat, "\(place): no \(chip.name) has this address")
                }
                guard chip.tellsIdentity || settings.address != nil else {
                    throw Failure(.badFormat, "\(place): the \(chip.name) can't tell who it is; address = 0x40 or the like is expected")
                }
            }
            for other in meters[..<index] where other.bus == meter.bus && other.settings.address == settings.address {
                throw Failure(.badFormat, "\(place) may be the chip of [meter \(other.name)]; another bus or address is expected, or "
                              + "channels = 1,2 for several rails of one chip")
            }
        }
    }
}

/// The sections of a file with their lines, and whether every line is one that the parser reads as it was meant.
private struct Outline {
    var sections: [(line: Int, kind: String, name: String)] = []

    init(_ text: [UInt8], name: String) throws(Failure) {
        var number = 0, start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != 10 { end += 1 }
            number += 1
            var line = text[start..<end]
            start = end + 1
            if line.last == 13 { line = line.dropLast() }
            let place = "\(name):\(number)"
            guard line.count <= Int(CONFIGURATION_LINE) else {
                throw Failure(.badFormat, "\(place): a line of more than \(CONFIGURATION_LINE) bytes")
            }
            guard line.allSatisfy({ $0 >= 32 || $0 == 9 }) else {
                throw Failure(.badFormat, "\(place): a control character; is this a text file?")
            }
            guard let first = line.first else { continue }
            if first == 32 || first == 9 {
                // The parser would take it for more of the value above.
                guard line.allSatisfy({ $0 == 32 || $0 == 9 }) else {
                    throw Failure(.badFormat, "\(place): the line begins with a space; KEY = VALUE is expected at its beginning")
                }
                continue
            }
            if first == UInt8(ascii: "[") {
                try section(line, place, number)
            } else if first != UInt8(ascii: "#"), first != UInt8(ascii: ";"), let equals = line.firstIndex(of: 61),
                      equals - line.startIndex > Int(CONFIGURATION_NAME) {
                throw Failure(.badFormat, "\(place): a key of more than \(CONFIGURATION_NAME) bytes")
            }
        }
    }

    private mutating func section(_ line: ArraySlice<UInt8>, _ place: String, _ number: Int) throws(Failure) {
        guard let close = line.firstIndex(of: UInt8(ascii: "]")), close - line.startIndex <= Int(CONFIGURATION_NAME) else {
            throw Failure(.badFormat, "\(place): a section without its ]")
        }
        let words = line[(line.startIndex + 1)..<close].split(separator: 32).map { String(decoding: Array($0), as: UTF8.self) }
        guard let kind = words.first, ConfigurationKey.sections.contains(kind) else {
            throw Failure(.badFormat, "\(place): unknown section; \(listed(ConfigurationKey.sections)) are expected")
        }
        let isNamed = ConfigurationKey.namedSections.contains(kind)
        var name = ""
        if words.count > 1 || (isNamed && kind != "imu") {
            guard isNamed, words.count == 2, isName(words[1]) else {
                throw Failure(.badFormat, "\(place): \(isNamed ? "[\(kind) NAME] is expected" : "[\(kind)] is expected")")
            }
            name = words[1]
        } else if isNamed {
            name = kind
        }
        for section in sections where section.kind == kind && section.name == name {
            throw Failure(.badFormat, "\(place): the section is there already, in line \(section.line)")
        }
        sections.append((number, kind, name))
    }
}

/// What the parser calls for every key.
private final class Reader {
    let name: String
    var configuration = DeviceConfiguration()
    var outline: Outline!
    var failure: Failure?
    /// Sections begun, for messages about a whole one.
    var lines: [(section: String, line: Int)] = []
    private var begun = 0
    private var seen: [String] = []

    init(name: String) { self.name = name }

    /// Begins the sections whose line has come.
    func begin(upTo line: Int) {
        while begun < outline.sections.count, outline.sections[begun].line <= line {
            let section = outline.sections[begun]
            begun += 1
            seen = []
            lines.append((section.kind + " " + section.name, section.line))
            switch section.kind {
            case "imu":
                var sensor = DeviceConfiguration.Sensor()
                sensor.settings.name = section.name
                configuration.sensors.append(sensor)
            case "meter":
                var meter = DeviceConfiguration.Meter()
                meter.settings.name = section.name
                configuration.meters.append(meter)
            case "power-model": configuration.powerModel = PowerModel()
            case "records": configuration.records = DeviceConfiguration.Records()
            case "mqtt": configuration.broker = DeviceConfiguration.Broker()
            case "input":
                var input = DeviceConfiguration.Input()
                input.name = section.name
                input.request.edges = .both
                configuration.inputs.append(input)
            case "output":
                var output = DeviceConfiguration.Output()
                output.name = section.name
                configuration.outputs.append(output)
            case "camera":
                var camera = DeviceConfiguration.Camera()
                camera.name = section.name
                configuration.cameras.append(camera)
            case "task":
                var task = DeviceConfiguration.Task()
                task.name = section.name
                task.place = "\(name):\(section.line)"
                configuration.tasks.append(task)
            case "microphone": configuration.microphone = DeviceConfiguration.Microphone()
            default: break
            }
        }
    }

    /// False where it can't go on.
    func take(_ line: Int, _ section: String, _ key: String, _ value: String) -> Bool {
        begin(upTo: line)
        let place = "\(name):\(line)"
        guard begun > 0 else { return fail("\(place): a key before the first [SECTION]") }
        let kind = outline.sections[begun - 1].kind
        if kind == "task", key.utf8.starts(with: "on ".utf8) { return takeRule(place, key, value) }
        guard let known = ConfigurationKey.all.first(where: { $0.section == kind && $0.key == key }) else {
            var keys: [String] = []
            for each in ConfigurationKey.all where each.section == kind { keys.append(each.key) }
            return fail("\(place): unknown key \(visible(key)) in [\(kind)]; \(listed(keys)) are expected")
        }
        guard !seen.contains(key) else { return fail("\(place): \(key) is there twice in its section") }
        seen.append(key)
        guard known.apply(&configuration, value) else {
            return fail("\(place): \(key) = \(visible(value)): \(known.expected) is expected")
        }
        return true
    }

    /// A rule's key is its condition, so that there may be several.
    private func takeRule(_ place: String, _ key: String, _ value: String) -> Bool {
        guard let (label, threshold, hold) = RuleText.condition(key) else {
            return fail("\(place): \(visible(key)): \(RuleText.expectedCondition) is expected")
        }
        guard let actions = RuleText.actions(value) else {
            return fail("\(place): \(visible(value)): \(RuleText.expectedActions) are expected")
        }
        configuration.tasks[configuration.tasks.count - 1].rules.append(
            Rule(label: label, threshold: threshold, holdNanoseconds: hold, actions: actions, place: place))
        return true
    }

    private func fail(_ text: String) -> Bool {
        failure = Failure(.badFormat, text)
        return false
    }

    /// From a file: safe and short enough for a message.
    private func visible(_ text: String) -> String {
        var bytes: [UInt8] = []
        UTF8Text.appendShown(Array(text.utf8.prefix(60))[...], to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
