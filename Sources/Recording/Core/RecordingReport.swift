import Perception
import Pictures
import SansIO

/// What was perceived of one file: events, the scores that decided, and what it took.
public struct RecordingReport: Sendable {
    /// What of the file was used, for people: `opus sound, vp8 pictures of 640 × 360`.
    public var content = ""
    /// By their times.
    public var events: [RecordingEvent] = []
    public var chunks: [VoiceChunk] = []
    public var looks: [GestureLook] = []
    /// How many pictures the search was shown.
    public var pictures = 0
    /// Small pictures of what was seen when something began; only where they were asked for.
    public var frames: [RecordingFrame] = []
    /// Where the last sound or picture ends.
    public var duration: Duration = .zero
    public var cost = RecordingCost()
    /// What of the file was left aside.
    public var notes: [String] = []
    /// What of the file is missing, or could not be read.
    public var faults: [RecordingFault] = []

    public init() {}

    /// Whether the file was perceived to its end.
    public var isWhole: Bool { faults.allSatisfy(\.reachesEnd) }

    /// How long each voice, pause or gesture lasted, in their order.
    public func spans(of signal: String) -> [Range<Instant>] {
        var began: Instant?
        return events.compactMap { event in
            guard event.signal == signal else { return nil }
            switch event.phase {
            case .begin: began = event.at
            case .end:
                defer { began = nil }
                return began.map { $0..<max($0, event.at) }
            case nil: break
            }
            return nil
        }
    }
}

/// A small picture of one time, for the plot alone.
public struct RecordingFrame: Hashable, Sendable {
    public var at: Instant
    public var picture: RGBPicture
}

/// What it took to perceive a file.
public struct RecordingCost: Hashable, Sendable {
    /// From the first to the last byte.
    public var all: Duration = .zero
    /// Of that, hearing and looking; the rest is decoding.
    public var hearing: Duration = .zero
    public var looking: Duration = .zero

    public init() {}
}
