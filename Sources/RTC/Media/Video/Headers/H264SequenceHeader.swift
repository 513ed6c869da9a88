/// What a sequence parameter set says of its pictures, as far as it must be known before they are decoded (H.264 §7.3.2.1.1).
package struct H264SequenceHeader: Hashable {
    /// 0…31.
    package var id = 0
    package var profile = 0
    /// 1 is 4:2:0.
    package var chromaFormat = 1
    package var bitDepth = 8
    /// What is coded, in luma samples: whole macroblocks.
    package var codedSize = VideoSize(width: 0, height: 0)
    /// What is shown of it.
    package var size = VideoSize(width: 0, height: 0)
    package var referenceFrames = 0
    package var isInterlaced = false
    package var isFullRange = false

    /// Profiles that tell their chroma format and depth.
    private static let tellingProfiles: Set<Int> = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]

    /// - Parameter payload: of the NAL unit, behind its header byte, without emulation prevention.
    package init(parsing payload: [UInt8]) throws(VideoHeaderError) {
        // Nothing can be thrown through the closure that lends the bytes.
        let result = payload.withUnsafeBytes { bytes -> Result<Self, VideoHeaderError> in
            do throws(VideoHeaderError) {
                var reader = HeaderBits(bytes)
                return .success(try Self(reading: &reader))
            } catch { return .failure(error) }
        }
        self = try result.get()
    }

    /// The payload of a unit that begins with its header byte, without the bytes that keep start codes out of it (§7.4.1);
    /// at most as much as parameter sets have.
    package static func payload(of unit: some Sequence<UInt8>, most: Int = 1_024) -> [UInt8] {
        var payload: [UInt8] = []
        var zeros = 0
        for byte in unit.dropFirst().prefix(most) {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            payload.append(byte)
        }
        return payload
    }

    private init(reading reader: inout HeaderBits) throws(VideoHeaderError) {
        profile = try reader.bits(8)
        // Constraints and level.
        try reader.skip(16)
        id = try reader.golomb()
        guard id <= 31 else { throw .valueOutOfRange }
        if Self.tellingProfiles.contains(profile) { try readFormat(&reader) }
        guard try reader.golomb() <= 12 else { throw .valueOutOfRange }
        try Self.skipPictureOrder(&reader)
        referenceFrames = try reader.golomb()
        guard referenceFrames <= 16 else { throw .valueOutOfRange }
        try reader.skip(1)
        try readSize(&reader)
        if try reader.bit() { try readRange(&reader) }
    }

    private mutating func readFormat(_ reader: inout HeaderBits) throws(VideoHeaderError) {
        chromaFormat = try reader.golomb()
        guard chromaFormat <= 3 else { throw .valueOutOfRange }
        if chromaFormat == 3 { try reader.skip(1) }
        let (luma, chroma) = (try reader.golomb(), try reader.golomb())
        guard luma <= 6, chroma <= 6 else { throw .valueOutOfRange }
        bitDepth = 8 + max(luma, chroma)
        try reader.skip(1)
        guard try reader.bit() else { return }
        for list in 0..<(chromaFormat == 3 ? 12 : 8) where try reader.bit() {
            try Self.skipScalingList(of: list < 6 ? 16 : 64, &reader)
        }
    }

    private static func skipScalingList(of count: Int, _ reader: inout HeaderBits) throws(VideoHeaderError) {
        var (last, next) = (8, 8)
        for _ in 0..<count {
            if next != 0 {
                let delta = try reader.signedGolomb()
                guard (-128...127).contains(delta) else { throw .valueOutOfRange }
                next = (last + delta + 256) % 256
            }
            if next != 0 { last = next }
        }
    }

    private static func skipPictureOrder(_ reader: inout HeaderBits) throws(VideoHeaderError) {
        switch try reader.golomb() {
        case 0: guard try reader.golomb() <= 12 else { throw .valueOutOfRange }
        case 1:
            try reader.skip(1)
            _ = try (reader.signedGolomb(), reader.signedGolomb())
            let count = try reader.golomb()
            guard count <= 255 else { throw .valueOutOfRange }
            for _ in 0..<count { _ = try reader.signedGolomb() }
        case 2: break
        default: throw .valueOutOfRange
        }
    }

    private mutating func readSize(_ reader: inout HeaderBits) throws(VideoHeaderError) {
        let (columns, rows) = (try reader.golomb() + 1, try reader.golomb() + 1)
        guard columns <= 1 << 12, rows <= 1 << 12 else { throw .valueOutOfRange }
        isInterlaced = try !reader.bit()
        if isInterlaced { try reader.skip(1) }
        try reader.skip(1)
        codedSize = VideoSize(width: columns * 16, height: rows * 16 * (isInterlaced ? 2 : 1))
        size = codedSize
        guard try reader.bit() else { return }
        let crop = try [reader.golomb(), reader.golomb(), reader.golomb(), reader.golomb()]
        // In chroma samples, which stand for two luma samples where they are fewer, and for two fields' rows.
        let unitWidth = chromaFormat == 1 || chromaFormat == 2 ? 2 : 1
        let unitHeight = (chromaFormat == 1 ? 2 : 1) * (isInterlaced ? 2 : 1)
        guard (crop[0] + crop[1]) * unitWidth < size.width, (crop[2] + crop[3]) * unitHeight < size.height else {
            throw .valueOutOfRange
        }
        size.width -= (crop[0] + crop[1]) * unitWidth
        size.height -= (crop[2] + crop[3]) * unitHeight
    }

    /// Of the usability information, only what says how samples stand for light.
    private mutating func readRange(_ reader: inout HeaderBits) throws(VideoHeaderError) {
        if try reader.bit(), try reader.bits(8) == 255 { try reader.skip(32) }
        if try reader.bit() { try reader.skip(1) }
        guard try reader.bit() else { return }
        try reader.skip(3)
        isFullRange = try reader.bit()
    }
}
