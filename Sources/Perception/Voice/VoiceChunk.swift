import SansIO

/// What was heard in one chunk of a participant's sound, in a byte each: what is kept is what decides.
public struct VoiceChunk: Hashable, Sendable, Codable {
    /// When the chunk's first sample was spoken, on the local clock.
    public var start: Instant
    /// How probable speech is.
    public let speech: Score
    /// The mean power, in half decibels above `quietest`: 0…240.
    public let loudness: UInt8

    /// 32 ms: 512 samples at 16 kHz.
    public static let duration: Duration = .milliseconds(32)
    /// The level of digital silence.
    public static let quietest: Float = -120

    /// - Parameters:
    ///   - probability: of speech, 0…1.
    ///   - level: the mean power in decibels relative to full scale: 0 for a full-scale square wave.
    public init(start: Instant, probability: Float, level: Float) {
        self.start = start
        speech = Score(probability)
        // Written so that a level that is no number is the quietest.
        loudness = level > Self.quietest ? UInt8(((min(level, 0) - Self.quietest) * 2).rounded()) : 0
    }

    /// Of speech, 0…1.
    public var probability: Float { Float(speech.step) / 255 }
    /// In dBFS, `quietest`…0.
    public var level: Float { Float(loudness) / 2 + Self.quietest }
    /// When the chunk ends and the next begins.
    public var end: Instant { start + Self.duration }
}
