/// Why a look at a picture gave nothing. Says nothing of what was in it.
public enum VisionModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The region is no square of a picture: not finite, without extent, or far outside.
    case badRegion

    public var description: String {
        switch self {
        case .badRegion: "a model was to look at a region that is no part of a picture"
        }
    }
}
