import Pictures

/// Encodes pictures one after the other, for one track. On one thread at a time.
public final class VideoEncoder {
    /// What is made of the pictures.
    public enum Format: Hashable, Sendable {
        /// VP8 in real time, for a receiver of RTP.
        case vp8(VP8Encoding)
    }

    public let format: Format
    private let vp8: VP8Encoder

    public init(_ format: Format) throws(VideoEncodingError) {
        self.format = format
        switch format {
        case .vp8(let encoding): vp8 = try VP8Encoder(encoding)
        }
    }

    /// Encodes one picture. One of another size than before begins the stream anew, with a key frame.
    /// - Parameters:
    ///   - timestamp: in 90 kHz ticks; it grows from picture to picture.
    ///   - isKeyFrame: whether decoding must be able to begin here; all JPEG pictures are so.
    /// - Returns: nil where the picture was left out to hold the rate.
    public func encode(
        _ picture: I420Picture, timestamp: Int64, isKeyFrame: Bool = false
    ) throws(VideoEncodingError) -> EncodedPicture? {
        try vp8.encode(picture, timestamp: timestamp, isKeyFrame: isKeyFrame)
    }

    /// Another rate from the next picture on, in bits a second. JPEG has none.
    public func setBitrate(_ bitrate: Int) throws(VideoEncodingError) {
        try vp8.setBitrate(bitrate)
    }
}
