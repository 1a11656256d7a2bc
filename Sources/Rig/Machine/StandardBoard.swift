import VirtualBoard

/// The board of `make rig`: an MPU-6050 that is turned now and then.
public enum StandardBoard {
    public static func buses(motion: any Motion, options: ChipOptions = ChipOptions()) -> [[PlacedChip]] {
        [[PlacedChip(MPUChip.mpu6050(motion: motion, options: options), address: 0x68, line: 0)]]
    }
}
