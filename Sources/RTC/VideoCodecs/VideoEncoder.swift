import Pictures

/// Encodes pictures one after the other, for one track. On one thread at a time.
public final class VideoEncoder {
    /// What is made of the pictures.
    public enum Format: Hashable, Sendable {
        /// VP8 in real time, for a receiver of RTP.
        case vp8(VP8Encoding)
        /// A JFIF file a picture.
        case jpeg(JPEGEncoding)
    }

    private enum Engine {
        case vp8(VP8Encoder)
        case jpeg(JPEGEncoder)
    }

    private let engine: Engine

    public init(_ format: Format) throws(VideoEncodingError) {
        switch format {
        case .vp8(let encoding): engine = .vp8(try VP8Encoder(encoding))
        case .jpeg(let encoding): engine = .jpeg(try JPEGEncoder(encoding))
        }
    }

    /// Encodes one picture. One of another size than before begins the stream anew, with a key frame.
    /// - Parameters:
    ///   - timestamp: in 90 kHz ticks; it grows from picture to picture.
    ///   - isKeyFrame: whether decoding must be able to begin here; with JPEG it always is.
    /// - Returns: nil where the picture was left out to hold the rate.
    public func encode(
        _ picture: I420Picture, timestamp: Int64, isKeyFrame: Bool = false
    ) throws(VideoEncodingError) -> EncodedPicture? {
        switch engine {
        case .vp8(let encoder): try encoder.encode(picture, timestamp: timestamp, isKeyFrame: isKeyFrame)
        case .jpeg(let encoder): try encoder.encode(picture)
        }
    }

    /// Another rate from the next picture on, in bits a second.
    /// - Throws: ``VideoEncodingError/badArgument`` where there is no such rate; JPEG has a quality instead.
    public func setBitrate(_ bitrate: Int) throws(VideoEncodingError) {
        guard case .vp8(let encoder) = engine else { throw .badArgument }
        try encoder.setBitrate(bitrate)
    }
}
