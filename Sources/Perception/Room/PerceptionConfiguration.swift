import Settings

/// Every threshold of what is perceived of a room.
public struct PerceptionConfiguration: Hashable, Sendable, Codable {
    public var pause: PauseConfiguration
    public var gesture: GestureConfiguration

    public init(pause: PauseConfiguration = .init(), gesture: GestureConfiguration = .init()) {
        self.pause = pause
        self.gesture = gesture
    }

    /// From the settings that count.
    public init(_ settings: Configuration) {
        pause = PauseConfiguration(settings)
        gesture = GestureConfiguration(settings)
    }
}
