/// The I2C adapter that the kernel sees: i2c-tiny-usb, a microcontroller that does I2C on USB control transfers (Linux:
/// drivers/i2c/busses/i2c-tiny-usb.c). Its vendor requests are turned into transactions on a bus of simulated chips.
final class I2CAdapter {
    static let vendor: UInt16 = 0x1c40, product: UInt16 = 0x0534, version: UInt16 = 0x0205, vendorClass: UInt8 = 0xff

    /// What the host gets: a status of the protocol, data towards it, or how many of its bytes were taken.
    struct Answer {
        var status = RedirectionStatus.success
        var data: [UInt8] = []
        var taken = 0
    }

    private enum Request { static let echo: UInt8 = 0, functions: UInt8 = 1, delay: UInt8 = 2, status: UInt8 = 3, transfer: UInt8 = 4 }
    private enum Status { static let idle: UInt8 = 0, acknowledged: UInt8 = 1, notAcknowledged: UInt8 = 2 }
    /// Plain I2C with combined transfers, and SMBus on top of them.
    private static let functions: UInt32 = 0x0eff_0001

    private let bus: ChipBus
    private var status = Status.idle

    init(bus: ChipBus) { self.bus = bus }

    func reset() {
        status = Status.idle
        bus.restart()
    }

    /// nil while the bus is held: the answer comes when it is free.
    func answer(_ transfer: ControlTransfer, _ data: [UInt8], now: Int64) -> Answer? {
        transfer.isStandard ? standard(transfer) : vendor(transfer, data, now: now)
    }

    private func vendor(_ transfer: ControlTransfer, _ data: [UInt8], now: Int64) -> Answer? {
        switch transfer.request {
        case Request.echo: return Answer(data: littleEndian(transfer.value))
        case Request.functions: return Answer(data: littleEndian(Self.functions))
        case Request.delay: return Answer()
        case Request.status: return Answer(data: [status])
        // The low two bits mark the first and the last message of a transfer.
        case Request.transfer...Request.transfer + 3:
            let address = UInt8(truncatingIfNeeded: transfer.index & 0x7f), isRead = transfer.value & 1 != 0
            guard isRead == transfer.isIn else { return Answer(status: RedirectionStatus.stall) }
            let answer: Answer, outcome: ChipBus.Outcome
            if isRead {
                let read = bus.read(address, count: Int(transfer.length), now: now)
                (answer, outcome) = (Answer(data: read.bytes), read.outcome)
            } else {
                (answer, outcome) = (Answer(taken: data.count), bus.write(address, data, now: now))
            }
            if outcome == .held { return nil }
            status = outcome == .done ? Status.acknowledged : Status.notAcknowledged
            return answer
        default: return Answer(status: RedirectionStatus.stall)
        }
    }

    private func standard(_ transfer: ControlTransfer) -> Answer {
        let getStatus: UInt8 = 0, getDescriptor: UInt8 = 6
        switch (transfer.request, transfer.isIn) {
        case (getStatus, true): return Answer(data: [0, 0])
        case (getDescriptor, true):
            switch transfer.value >> 8 {
            case 1: return Answer(data: Self.deviceDescriptor)
            case 2: return Answer(data: Self.configurationDescriptor)
            case 3: return Answer(data: transfer.value & 0xff == 0 ? [4, 3, 9, 4] : Self.string("virtual-board"))
            default: return Answer(status: RedirectionStatus.stall)
            }
        case (_, false): return Answer()
        default: return Answer(status: RedirectionStatus.stall)
        }
    }

    private static let deviceDescriptor: [UInt8] = [18, 1] + littleEndian(UInt16(0x0110)) + [0, 0, 0, 8]
        + littleEndian(vendor) + littleEndian(product) + littleEndian(version) + [1, 2, 0, 1]
    /// One configuration of one interface without endpoints of its own.
    private static let configurationDescriptor: [UInt8] = [9, 2] + littleEndian(UInt16(18)) + [1, 1, 0, 0x80, 50]
        + [9, 4, 0, 0, 0, vendorClass, 0, 0, 0]

    private static func string(_ text: String) -> [UInt8] {
        let characters = text.utf16.flatMap { littleEndian($0) }
        return [UInt8(2 + characters.count), 3] + characters
    }
}
