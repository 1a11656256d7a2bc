import Board
import CBoard
import CLinux
import Platform

/// A capturing device of the kernel, and what its card says of it.
struct SoundDevice {
    var card: Int
    var device: Int
    /// The card's id: "Loopback".
    var cardIdentifier: String
    var name: String
    var isBusy: Bool

    var listing: MicrophoneListing { MicrophoneListing(identifier: "\(cardIdentifier),\(device)", name: name, isBusy: isBusy) }
}

/// Finds sound cards' capturing devices in a folder such as /dev/snd.
enum SoundDevices {
    /// All that capture, by the numbers of card and device.
    static func all(_ folder: String) -> [SoundDevice] {
        var found: [SoundDevice] = []
        for name in Folder.names(folder) {
            guard let (card, device) = numbers(name) else { continue }
            var listing = board_sound_listing()
            // A card that goes away meanwhile is none.
            guard board_sound_describe("\(folder)/controlC\(card)", UInt32(device), &listing) == 0 else { continue }
            let cardName = text(&listing.card_name), deviceName = text(&listing.device_name)
            found.append(SoundDevice(card: card, device: device, cardIdentifier: text(&listing.card),
                                     name: deviceName.isEmpty ? cardName : "\(cardName), \(deviceName)",
                                     isBusy: listing.free_subdevices == 0))
        }
        found.order { ($0.card, $0.device) < ($1.card, $1.device) }
        return found
    }

    /// The device that a request names, among those that there are.
    static func find(_ request: String, among devices: [SoundDevice]) throws(Failure) -> SoundDevice {
        guard let first = devices.first else {
            throw Failure(.inputOutput, "there is no microphone: no sound card that captures is plugged in, or /dev/snd may not be read")
        }
        if request == "default" { return devices.first { !$0.isBusy } ?? first }
        for device in devices where request == device.cardIdentifier || request == device.listing.identifier { return device }
        var names = ""
        for device in devices { names += (names.isEmpty ? "" : ", ") + device.listing.identifier }
        throw Failure(.inputOutput, "no microphone \(request); there are \(names)")
    }

    /// Card and device of "pcmC0D1c"; nil for anything else.
    static func numbers(_ name: String) -> (card: Int, device: Int)? {
        let bytes = Array(name.utf8)
        guard bytes.starts(with: "pcmC".utf8), bytes.last == UInt8(ascii: "c"), let middle = bytes.firstIndex(of: UInt8(ascii: "D")),
              let card = number(bytes[4..<middle]), let device = number(bytes[(middle + 1)..<(bytes.count - 1)]) else { return nil }
        return (card, device)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...3).contains(digits.count) else { return nil }
        var value = 0
        for digit in digits {
            guard digit >= 48, digit <= 57 else { return nil }
            value = value * 10 + Int(digit - 48)
        }
        return value
    }

    /// A field of the listing, which the kernel's driver filled.
    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
