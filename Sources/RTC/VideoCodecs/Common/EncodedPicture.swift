import NIOCore
import RTCMedia

/// One picture, encoded.
public struct EncodedPicture: Hashable, Sendable {
    /// A VP8 frame, or a JFIF file.
    public var data: ByteBuffer
    /// Whether decoding can begin with it.
    public var isKeyFrame: Bool
    /// Where it stands among temporal layers; `nil`: there are none.
    public var temporal: TemporalPlace?
}

/// Why a picture was not encoded.
public enum VideoEncodingError: Error, Hashable, Sendable {
    /// A size, rate or quality beyond what the codec or its library takes.
    case badArgument
    case outOfMemory
    /// Another status of the library.
    case library(Int)
}
