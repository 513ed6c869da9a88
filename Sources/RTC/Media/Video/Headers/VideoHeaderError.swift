/// What can be wrong with the headers of an encoded frame.
public enum VideoHeaderError: Error, Hashable, Sendable {
    /// It ends inside its headers.
    case truncated
    /// A marker, start code or reserved bit is not what it must be.
    case wrongMarker
    /// A width or height of 0.
    case emptyPicture
    /// A value beyond what the codec's specification allows.
    case valueOutOfRange
    /// Frames of a superframe (VP9) that do not fit its size.
    case wrongSuperframe
    /// Parts that must come first, or must be there, are missing.
    case missingPart
}

extension VideoPayloadError {
    /// What the header of a frame lacks makes its payloads useless.
    init(_ error: VideoHeaderError) {
        self = error == .truncated ? .truncated(.frameHeader) : .malformed(.frameHeader)
    }
}
