import SansIO
import Settings

/// Limits of what the pictures of all cameras may take.
public struct InferenceBudgetConfiguration: Hashable, Sendable {
    /// Of one core: 1 is all of it. 0.01…64.
    public var share = Schema.models.share.defaultValue
    /// What a camera that was quiet may take at once, and beyond which it saves nothing. 10 ms…10 s.
    public var burst = Schema.models.burst.defaultValue
    /// Over which time it is found how often a camera looks. 1 s…10 min.
    public var window = Schema.models.window.defaultValue

    /// Income is divided at most this often: looking costs much more than asking.
    static let grain: Duration = .milliseconds(10)
    /// A camera has its part of the income for this long after it last wanted to look.
    static let wantsFor: Duration = .seconds(2)
    /// Whether all frames of a camera can be decoded is seen as often as this at first, and once a window then.
    static let firstWeighing: Duration = .seconds(1)
    /// It is forgotten after this long.
    static let forgottenAfter: Duration = .seconds(60)
    /// From one key frame that is asked of a camera to the next, where those alone are decoded.
    public static var keyFrameInterval: Duration { DecodingCost.keyFrameInterval }

    public init() {}

    public init(_ settings: Configuration) {
        share = settings[Schema.models.share]
        burst = settings[Schema.models.burst]
        window = settings[Schema.models.window]
    }
}
