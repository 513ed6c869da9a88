/// What stands in a VP9 frame's uncompressed header up to its size (VP9 bitstream specification, 6.2).
package struct VP9UncompressedHeader: Hashable {
    package var isKeyFrame = false
    /// Whether a picture comes of it.
    package var isShown = false
    /// Nil where it has the size of a frame it refers to, or shows one that was decoded before.
    package var size: VideoSize?
    /// 0 is 4:2:0 with 8 bits.
    package var profile = 0

    package init(parsing bytes: UnsafeRawBufferPointer) throws(VideoHeaderError) {
        var reader = HeaderBits(bytes)
        guard try reader.bits(2) == 2 else { throw .wrongMarker }
        profile = try reader.bits(1) | reader.bits(1) << 1
        if profile == 3, try reader.bit() { throw .wrongMarker }
        if try reader.bit() {
            isShown = true
            return
        }
        isKeyFrame = try !reader.bit()
        isShown = try reader.bit()
        let isErrorResilient = try reader.bit()
        if isKeyFrame {
            try Self.checkSyncCode(&reader)
            try skipColour(&reader)
            size = try Self.readSize(&reader)
        } else {
            let isIntraOnly = isShown ? false : try reader.bit()
            if !isErrorResilient { try reader.skip(2) }
            size = try isIntraOnly ? readIntraSize(&reader) : Self.readReferredSize(&reader)
        }
    }

    private static func checkSyncCode(_ reader: inout HeaderBits) throws(VideoHeaderError) {
        guard try reader.bits(24) == 0x49_8342 else { throw .wrongMarker }
    }

    private func readIntraSize(_ reader: inout HeaderBits) throws(VideoHeaderError) -> VideoSize {
        try Self.checkSyncCode(&reader)
        if profile > 0 { try skipColour(&reader) }
        // Which frames it replaces.
        try reader.skip(8)
        return try Self.readSize(&reader)
    }

    private func skipColour(_ reader: inout HeaderBits) throws(VideoHeaderError) {
        // Profiles 2 and 3 say whether a sample has 10 or 12 bits.
        if profile >= 2 { try reader.skip(1) }
        let isRGB = try reader.bits(3) == 7
        guard !isRGB || profile & 1 == 1 else { throw .valueOutOfRange }
        // The range, and in profiles 1 and 3 the sampling with a reserved bit; RGB has but the latter.
        try reader.skip((isRGB ? 0 : 1) + (profile & 1 == 0 ? 0 : isRGB ? 1 : 3))
    }

    /// The size of a frame that refers to three others, which may have it already.
    private static func readReferredSize(_ reader: inout HeaderBits) throws(VideoHeaderError) -> VideoSize? {
        try reader.skip(8 + 3 * 4)
        for _ in 0..<3 where try reader.bit() { return nil }
        return try readSize(&reader)
    }

    private static func readSize(_ reader: inout HeaderBits) throws(VideoHeaderError) -> VideoSize {
        let (width, height) = (try reader.bits(16) + 1, try reader.bits(16) + 1)
        return VideoSize(width: width, height: height)
    }
}
