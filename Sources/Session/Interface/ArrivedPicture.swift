import SansIO

/// A picture that came by data, but for its bytes.
public struct ArrivedPicture: Sendable, Hashable {
    /// What the stream says that it is.
    public var mediaType: String
    public var attributes: [AttributeKey: String]
    public var byteCount: Int

    public init(mediaType: String, attributes: [AttributeKey: String], byteCount: Int) {
        self.mediaType = mediaType
        self.attributes = attributes
        self.byteCount = byteCount
    }
}
