import Board
import Platform

/// Which of a camera's encodings is taken.
enum CameraChoice {
    /// In this order where the one asked for is missing: those that need no decoding first, the smallest of them last of all
    /// but JPEG.
    static let preferred: [CameraEncoding] = [.yuyv, .nv12, .uyvy, .i420, .rgb24, .mjpeg, .grey]

    /// - Parameter offered: a bit for each encoding, by its number.
    /// - Returns: nil where the camera has none that is known.
    static func encoding(_ wanted: CameraEncoding, offered: UInt32) -> CameraEncoding? {
        func has(_ encoding: CameraEncoding) -> Bool { offered >> UInt32(encoding.rawValue) & 1 == 1 }
        if has(wanted) { return wanted }
        for encoding in preferred where has(encoding) { return encoding }
        return nil
    }
}

/// Copies a frame without the gaps that drivers leave between rows.
enum FrameRows {
    /// - Parameters:
    ///   - stride: bytes from one row of the first plane to the next; the planes of i420's colours have half of it.
    ///   - target: room for `encoding.frameBytes(width:height:)` bytes.
    /// - Returns: false where the source is too short for the frame.
    static func copy(_ source: UnsafeRawBufferPointer, stride: Int, _ format: CameraFormat, into target: UnsafeMutableRawBufferPointer)
        -> Bool {
        let width = format.width, height = format.height, encoding = format.encoding
        guard target.count >= encoding.frameBytes(width: width, height: height), let from = source.baseAddress,
              let to = target.baseAddress else { return false }
        var read = 0, written = 0
        for plane in 0..<planes(encoding) {
            let (rowBytes, rows) = row(encoding, plane, width, height)
            let step = max(rowBytes, encoding == .i420 && plane > 0 ? stride / 2 : stride)
            for row in 0..<rows {
                guard read + rowBytes <= source.count else { return false }
                (to + written).copyMemory(from: from + read, byteCount: rowBytes)
                written += rowBytes
                // The last row of all may come without its gap.
                read += plane == planes(encoding) - 1 && row == rows - 1 ? rowBytes : step
            }
        }
        return true
    }

    private static func planes(_ encoding: CameraEncoding) -> Int { encoding == .nv12 ? 2 : encoding == .i420 ? 3 : 1 }

    private static func row(_ encoding: CameraEncoding, _ plane: Int, _ width: Int, _ height: Int) -> (bytes: Int, rows: Int) {
        switch encoding {
        case .yuyv, .uyvy: (width * 2, height)
        case .rgb24: (width * 3, height)
        case .grey, .mjpeg: (width, height)
        case .nv12: (width, plane == 0 ? height : height / 2)
        case .i420: plane == 0 ? (width, height) : (width / 2, height / 2)
        }
    }
}
