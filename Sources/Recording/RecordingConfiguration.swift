import Perception
import Settings

/// What of the settings counts for a recording: the same values that a room goes by.
public struct RecordingConfiguration: Hashable, Sendable {
    public var perception: PerceptionConfiguration
    public var search: GestureSearchConfiguration
    public var moments: MomentConfiguration
    /// Whether pictures are looked at.
    public var looksForGestures: Bool

    /// From the settings that count.
    public init(_ settings: Configuration = Configuration()) {
        perception = PerceptionConfiguration(settings)
        search = GestureSearchConfiguration(settings)
        moments = MomentConfiguration(settings)
        looksForGestures = settings[Schema.gesture.enabled]
    }
}
