import Rig
import Sensors
import Testing
import VirtualBoard

/// Chips find their places by themselves.
@Suite struct StandardBoardTests {
    @Test func everyChipHasAPlaceOfItsOwn() {
        let board = StandardBoard(motion: StillMotion())
        #expect(Set(board.sensors.map(\.chip)) == Set(InertialChip.allCases.map(\.configurationName)))
        for (bus, chips) in board.buses.enumerated() {
            var addresses = chips.map(\.address)
            for sensor in board.sensors where sensor.bus == bus {
                addresses += InertialChip(named: sensor.chip)?.packagedMagnetometer?.addresses.prefix(1) ?? []
            }
            #expect(Set(addresses).count == addresses.count, "bus \(bus): \(addresses)")
        }
        let lines = board.sensors.compactMap(\.line)
        #expect(Set(lines).count == lines.count && !lines.contains(3) && !lines.contains(StandardBoard.buttonLine))
        // Every magnetometer is read beside some sensor.
        #expect(Set(board.sensors.map(\.magnetometer)) == Set(MagnetometerChip.allCases.map(\.configurationName) + ["none"]))
    }

    /// Figures and faults are told of these two.
    @Test func knownChipsStayWhereTheyWere() throws {
        let board = StandardBoard(motion: StillMotion())
        let main = try #require(board.sensor("mpu9250")), fast = try #require(board.sensor("mpu6050"))
        #expect(main.bus == 0 && main.address == 0x68 && main.line == 0 && main.magnetometer == "ak8963")
        #expect(fast.bus == 2 && fast.address == 0x68 && fast.magnetometer == "none")
    }
}
