/// YUV to RGB in 1/8192: r = (y*scale + v*redV), and so on, with y less its offset and u, v less 128.
struct ColourConversion {
    static let bits = 13

    var luma, offset, redV, greenU, greenV, blueU: Int32

    init(_ matrix: ColourMatrix) {
        switch matrix {
        case .bt601Limited: self.init(red: 0.299, blue: 0.114, limited: true)
        case .bt601Full: self.init(red: 0.299, blue: 0.114, limited: false)
        case .bt709Limited: self.init(red: 0.2126, blue: 0.0722, limited: true)
        }
    }

    /// From the luma weights of red and blue, as ITU-R BT.601 and BT.709 define them.
    private init(red: Float, blue: Float, limited: Bool) {
        let green = 1 - red - blue
        let unit = Float(1 << ColourConversion.bits)
        let chroma: Float = limited ? 255.0 / 224.0 : 1
        func fixed(_ value: Float) -> Int32 { Int32((value * unit).rounded()) }
        luma = fixed(limited ? 255.0 / 219.0 : 1)
        offset = limited ? 16 : 0
        redV = fixed(2 * (1 - red) * chroma)
        blueU = fixed(2 * (1 - blue) * chroma)
        greenU = fixed(2 * (1 - blue) * blue / green * chroma)
        greenV = fixed(2 * (1 - red) * red / green * chroma)
    }
}
