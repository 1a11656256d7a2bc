#if arch(x86_64)
import KernelFormats

extension MatrixFormat {
    /// What is to be subtracted from a weight as unsigned byte: signed bytes are made unsigned by adding 128.
    @_transparent
    public var unsignedOffset: Float { isBytes ? 128 : Float(offset) }
}
#endif
