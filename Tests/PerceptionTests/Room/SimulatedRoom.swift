import SansIO

@testable import Perception

/// Several people's sound as chunks, in virtual time, with everything that was told written down.
struct SimulatedRoom {
    struct Entry: Codable, Hashable {
        var at: Instant
        var input: PerceptionInput
    }

    var perception = RoomPerception()
    var now = Instant(nanoseconds: 100_000_000_000)
    var signals: [Signal] = []
    var trace: [Entry] = []

    init() { tell(.connection(isUp: true)) }

    mutating func tell(_ input: PerceptionInput) {
        trace.append(Entry(at: now, input: input))
        perception.receive(input, at: now)
        while let signal = perception.pollOutput() { signals.append(signal) }
    }

    /// Somebody with a microphone is there and listened to.
    mutating func join(_ identity: Identity) {
        tell(.microphones(identity, [Microphone(sid: Self.track(identity), isMuted: false)]))
        tell(.listen(identity, hasSpoken: false, silentSince: nil))
    }

    static func track(_ identity: Identity) -> String { "TR_\(identity.text.utf8.count)\(identity)" }

    /// What there is on the microphones of those who are named, for about so many seconds.
    mutating func hear(_ seconds: Double, _ sounds: (Identity, Sound)...) { hear(seconds, sounds) }

    mutating func hear(_ seconds: Double, _ sounds: [(Identity, Sound)]) {
        for _ in 0..<Int((seconds / 0.032).rounded()) {
            let start = now
            now = now + VoiceChunk.duration
            for (identity, sound) in sounds {
                let chunk = VoiceChunk(start: start, probability: sound.probability, level: sound.level)
                tell(.sound(identity, track: Self.track(identity), .chunks([chunk])))
            }
        }
    }

    enum Sound: CaseIterable {
        case voice
        case silence
        /// Another's voice out of this one's loudspeaker.
        case bleed

        var probability: Float { self == .silence ? 0.01 : 0.93 }
        var level: Float {
            switch self {
            case .voice: -28
            case .silence: -70
            case .bleed: -46
            }
        }
    }

    func names(of identity: Identity) -> [String] {
        signals.filter { $0.participant == identity }.map { signal in
            switch signal {
            case .voiceBegan: "voice"
            case .voiceEnded: "quiet"
            case .pause: "pause"
            case .pauseEnded(_, _, _, let cause): "over(\(cause.rawValue))"
            case .longPause: "long"
            case .gestureBegan(let gesture): gesture.kind.rawValue
            case .gestureEnded(_, let kind, _, _, let cause): "\(kind.rawValue) \(cause.rawValue)"
            case .lookMissing: "missing"
            }
        }
    }

    func longPauses(of identity: Identity) -> [LongPause] {
        signals.compactMap { signal in
            if case .longPause(let pause) = signal, pause.participant == identity { pause } else { nil }
        }
    }
}
