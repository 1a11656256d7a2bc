/// A kind of memory that a board's models may lie in: what a byte costs and what it takes to keep one. Published numbers, each
/// with its source; they differ by factors between publications and parts.
public struct MemoryTechnology: Sendable {
    /// As the command line names it: "lpddr4".
    public var name: String
    /// For people.
    public var title: String
    /// Of a byte read from it, with the way to the processor.
    public var picojoulesPerByte: Double
    /// To keep a gigabyte while nobody reads it (self-refresh); nil: the publications here don't say.
    public var standbyMilliwattsPerGigabyte: Double?
    /// It lies in the processor's own package or chip.
    public var isOnChip: Bool
    /// Where the numbers are from.
    public var source: String

    public static let all: [MemoryTechnology] = [
        MemoryTechnology(
            name: "ddr3", title: "DDR3", picojoulesPerByte: 560, standbyMilliwattsPerGigabyte: 60, isOnChip: false,
            source: "70 pJ/bit: Malladi et al., ISCA 2012; standby: IDD6 of Micron's 4 Gbit part, 20 mA at 1.5 V, as gem5 has it"),
        MemoryTechnology(
            name: "lpddr4", title: "LPDDR4", picojoulesPerByte: 64, standbyMilliwattsPerGigabyte: 6.1, isOnChip: false,
            source: "8 pJ/bit: Accelergy's table (Wu, Emer, Sze, ICCAD 2019; interface and array, others say up to 20); standby: "
                + "IDD6 of Micron's LPDDR3 of 4 Gbit, 0.5 mA at 1.8 V and 1.8 mA at 1.2 V, as gem5 has it"),
        MemoryTechnology(
            name: "lpddr5", title: "LPDDR5", picojoulesPerByte: 56, standbyMilliwattsPerGigabyte: nil, isOnChip: false,
            source: "7 pJ/bit, as used for on-device language models by AiF (Lee et al., ISCA 2025)"),
        MemoryTechnology(
            name: "stacked", title: "stacked (HBM2)", picojoulesPerByte: 31.4, standbyMilliwattsPerGigabyte: nil, isOnChip: false,
            source: "3.92 pJ/bit: O'Connor et al., MICRO-50, 2017"),
        MemoryTechnology(
            name: "mram", title: "MRAM on the chip", picojoulesPerByte: 20, standbyMilliwattsPerGigabyte: 0, isOnChip: true,
            source: "20 pJ a byte, not volatile: Rossi et al. (Vega, 22 nm), IEEE JSSC 57(1), 2022"),
    ]

    /// By the command line's word, whatever its case; nil where there is none.
    public static func named(_ name: String) -> MemoryTechnology? {
        for each in all where each.name.utf8.elementsEqual(name.utf8.lazy.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }) { return each }
        return nil
    }
}
