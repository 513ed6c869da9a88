import NIOCore

/// What is read of a sequence parameter set (H.264 §7.3.2.1.1): its id, and the size of pictures.
struct H264SequenceParameters: Hashable, Sendable {
    /// 0–31.
    let id: UInt32
    /// After cropping.
    let size: VideoSize

    /// More macroblocks a row or column than any level allows.
    private static let mostMacroblocks: UInt32 = 1024
    /// Profiles whose sets say how colours are sampled.
    private static let highProfiles: [UInt32] = [44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]

    /// - Parameter unit: the NAL unit with its header.
    init?(parsing unit: ByteBuffer) {
        var reader = BitReader(unit, skipsEmulation: true)
        guard reader.bits(8) != nil, let profile = reader.bits(8), reader.bits(16) != nil,
            let id = reader.exponentialGolomb(), id < 32
        else { return nil }
        var chroma: UInt32 = 1
        if Self.highProfiles.contains(profile) {
            guard let format = Self.readHighProfile(&reader) else { return nil }
            chroma = format
        }
        guard reader.exponentialGolomb() != nil, Self.skipOrder(&reader), reader.exponentialGolomb() != nil,
            reader.bit() != nil, let size = Self.readSize(&reader, chroma: chroma)
        else { return nil }
        self.id = id
        self.size = size
    }

    /// - Returns: chroma_format_idc.
    private static func readHighProfile(_ reader: inout BitReader) -> UInt32? {
        guard let format = reader.exponentialGolomb(), format <= 3 else { return nil }
        if format == 3 { _ = reader.bit() }
        guard reader.exponentialGolomb() != nil, reader.exponentialGolomb() != nil, reader.bit() != nil,
            let hasMatrix = reader.bit()
        else { return nil }
        guard hasMatrix == 1 else { return format }
        for list in 0..<(format == 3 ? 12 : 8) {
            guard let isThere = reader.bit() else { return nil }
            if isThere == 1, !skipScalingList(&reader, count: list < 6 ? 16 : 64) { return nil }
        }
        return format
    }

    private static func skipScalingList(_ reader: inout BitReader, count: Int) -> Bool {
        var last: Int64 = 8
        for _ in 0..<count {
            guard let delta = reader.signedExponentialGolomb() else { return false }
            let next = (last + delta) & 0xFF
            if next == 0 { return true }
            last = next
        }
        return true
    }

    /// The numbering of pictures.
    private static func skipOrder(_ reader: inout BitReader) -> Bool {
        switch reader.exponentialGolomb() {
        case 0: return reader.exponentialGolomb() != nil
        case 1:
            guard reader.bit() != nil, reader.exponentialGolomb() != nil, reader.exponentialGolomb() != nil,
                let count = reader.exponentialGolomb(), count < 256
            else { return false }
            for _ in 0..<count where reader.exponentialGolomb() == nil { return false }
            return true
        case 2: return true
        default: return false
        }
    }

    private static func readSize(_ reader: inout BitReader, chroma: UInt32) -> VideoSize? {
        guard let columns = reader.exponentialGolomb(), let rows = reader.exponentialGolomb(),
            columns < mostMacroblocks, rows < mostMacroblocks, let isWhole = reader.bit()
        else { return nil }
        if isWhole == 0 { _ = reader.bit() }
        guard reader.bit() != nil, let isCropped = reader.bit() else { return nil }
        var width = Int(columns + 1) * 16
        var height = Int(rows + 1) * 16 * (isWhole == 1 ? 1 : 2)
        if isCropped == 1 {
            var crop: [Int] = []
            for _ in 0..<4 {
                guard let value = reader.exponentialGolomb(), value < 65_536 else { return nil }
                crop.append(Int(value))
            }
            width -= (crop[0] + crop[1]) * (chroma == 1 || chroma == 2 ? 2 : 1)
            height -= (crop[2] + crop[3]) * (chroma == 1 ? 2 : 1) * (isWhole == 1 ? 1 : 2)
        }
        return width > 0 && height > 0 ? VideoSize(width: width, height: height) : nil
    }
}
