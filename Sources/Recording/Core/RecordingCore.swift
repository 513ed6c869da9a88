import Perception
import SansIO

/// A recording as a room with one candidate in it: scores in, events out, in the time of the file.
///
/// Sans-IO, of the very parts that hear and see a running room: `RoomPerception` and `MomentFusion`. Nobody else is in the
/// room, and there is no code feed.
public struct RecordingCore: Sendable {
    public enum Input: Hashable, Sendable {
        case sound(SoundPiece)
        case look(GestureLook)
        /// The file is over.
        case ended
    }

    private var room: RoomPerception
    private var fusion: MomentFusion
    private var voiceSince: Instant?
    private var output = OutputQueue<RecordingEvent>()

    private static let candidate: Identity = "candidate"
    private static let track = "file"

    public init(
        perception: PerceptionConfiguration = .init(), moments: MomentConfiguration = .init()
    ) {
        room = RoomPerception(configuration: perception)
        fusion = MomentFusion(configuration: moments)
        let beginning: [PerceptionInput] = [
            .connection(isUp: true), .microphones(Self.candidate, [Microphone(sid: Self.track, isMuted: false)]),
            .listen(Self.candidate, hasSpoken: false, silentSince: nil),
            .cameras(Self.candidate, [Camera(sid: Self.track, isMuted: false)]), .watch(Self.candidate),
        ]
        for input in beginning { room.receive(input, at: .zero) }
    }

    /// What the rules wait for: whoever looks at the next picture goes by it.
    public var attention: GestureAttention { room.attention(to: Self.candidate, camera: Self.track) }

    /// - Parameter now: the time of the file by which this is known.
    public mutating func receive(_ input: Input, at now: Instant) {
        switch input {
        case .sound(let piece): room.receive(.sound(Self.candidate, track: Self.track, piece), at: now)
        case .look(let look): room.receive(.look(Self.candidate, camera: Self.track, look), at: now)
        case .ended: room.receive(.left(Self.candidate), at: now)
        }
        while let signal = room.pollOutput() {
            output.append(event(of: signal, known: now))
            if let moment = fusion.receive(signal) { output.append(Self.event(of: moment, known: now)) }
        }
    }

    /// In the order in which they became known; nil when there is none.
    public mutating func pollOutput() -> RecordingEvent? { output.popFirst() }

    // MARK: What is told

    private mutating func event(of signal: Signal, known now: Instant) -> RecordingEvent {
        switch signal {
        case .voiceBegan(_, let at):
            voiceSince = at
            return RecordingEvent(.voice(.begin), at: at, known: now)
        case .voiceEnded(_, let at):
            return RecordingEvent(.voice(.end), at: at, known: now, since: voiceSince.take())
        case .pause(_, let since): return RecordingEvent(.pause(.begin), at: since, known: now)
        case .pauseEnded(_, let since, let at, let cause):
            return RecordingEvent(.pause(.end), at: at, known: now, since: since, reasons: [cause.rawValue])
        case .longPause(let pause):
            return RecordingEvent(
                .longPause, at: pause.at, known: now, since: pause.since, confidence: pause.confidence,
                reasons: pause.reasons.map(\.rawValue), threshold: pause.threshold)
        case .gestureBegan(let gesture):
            return RecordingEvent(
                .gesture(gesture.kind, .begin), at: gesture.since, known: now, confidence: gesture.confidence,
                reasons: gesture.reasons.map(\.rawValue))
        case .gestureEnded(_, let kind, let since, let at, let cause):
            // A file that is over is no room that was left.
            let reason = cause == .left ? GestureEnd.unseen : cause
            return RecordingEvent(.gesture(kind, .end), at: at, known: now, since: since, reasons: [reason.rawValue])
        case .lookMissing(_, let since, let at):
            return RecordingEvent(.lookMissing, at: at, known: now, since: since)
        }
    }

    private static func event(of moment: HelpMoment, known now: Instant) -> RecordingEvent {
        RecordingEvent(
            .helpMoment(moment.kind, isRequest: moment.isRequest), at: now, known: now, since: moment.since,
            confidence: moment.confidence, reasons: moment.reasons.map(\.label))
    }
}
