import Pictures
import RTCMedia

/// What a decoder takes at most; all of it is checked before the library sees a frame, and before anything is allocated.
public struct VideoDecodingLimits: Hashable, Sendable {
    /// Luma samples of a picture.
    public var mostPixels = 1_920 * 1_088
    /// Luma samples a row, and rows.
    public var greatestSide = 4_096
    /// Bytes of one encoded frame.
    public var mostBytes = 4 << 20

    public init() {}

    /// Whether a picture of this size is taken.
    func check(width: Int, height: Int) throws(VideoDecodingError) {
        guard width >= 1, height >= 1, width <= greatestSide, height <= greatestSide, width * height <= mostPixels
        else { throw .refusedSize(VideoSize(width: width, height: height)) }
    }
}
