import SansIO

/// What was heard in one chunk of a participant's sound.
public struct VoiceChunk: Hashable, Sendable, Codable {
    /// When the chunk's first sample was spoken, on the local clock.
    public var start: Instant
    /// How probable speech is, 0…1.
    public var probability: Float
    /// The mean power in decibels relative to full scale: 0 for a full-scale square wave, never below `quietest`.
    public var level: Float

    /// 32 ms: 512 samples at 16 kHz.
    public static let duration: Duration = .milliseconds(32)
    /// The level of digital silence.
    public static let quietest: Float = -120

    public init(start: Instant, probability: Float, level: Float) {
        self.start = start
        self.probability = probability
        self.level = level
    }

    /// When the chunk ends and the next begins.
    public var end: Instant { start + Self.duration }
}
