#if arch(arm64)
import CIntrinsics
import KernelFormats

/// How the operands of dot products are put together from a block's lines. A format is a constant wherever these are
/// inlined.
extension MatrixFormat {
    /// The further bits of line `line` (a constant), given the vector of them that belongs to it: the low nibbles' from
    /// bit 0 on, the high nibbles' from bit 4 on.
    @_transparent
    public func furtherBits(_ line: Int, _ v: int8x16_t) -> int8x16_t {
        if bits == 6 { return line & 1 == 0 ? v : shift_right2_u8(v) }
        switch line {
        case 0: return v
        case 1: return shift_right1_u8(v)
        case 2: return shift_right2_u8(v)
        default: return shift_right3_u8(v)
        }
    }

    /// Operands of inputs 4i...4i+3 from 16 bytes of line i and their further bits.
    @_transparent
    public func low(_ line: int8x16_t, _ further: int8x16_t) -> int8x16_t {
        if !hasFurtherBits { return and_i8(line, repeat_i8x16(15)) }
        return and_i8(joined_low_nibbles(line, further), repeat_i8x16(bits == 6 ? 63 : 31))
    }

    /// Operands of inputs 16+4i...16+4i+3.
    @_transparent
    public func high(_ line: int8x16_t, _ further: int8x16_t) -> int8x16_t {
        if !hasFurtherBits { return high_nibbles(line) }
        return add_high_nibbles(and_i8(further, repeat_i8x16(bits == 6 ? 48 : 16)), line)
    }
}
#endif
