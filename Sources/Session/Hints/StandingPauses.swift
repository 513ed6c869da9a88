import Perception
import SansIO

/// Long pauses that last, of everybody who is listened to: while nobody knows who the candidate is, any of them may turn
/// out to be the candidate's. Sans-IO: one a room.
struct StandingPauses: Sendable {
    private var pauses: [Identity: LongPause] = [:]
    private var speakers: Set<Identity> = []
    private var turnBegan: Instant?

    /// A long pause of the participant that lasts, and has come to nothing yet.
    func pause(of identity: Identity) -> LongPause? { pauses[identity] }

    /// - Parameter turn: how long others speak until a silence begins anew, and is told anew.
    mutating func receive(_ signal: Signal, turn: Duration) {
        switch signal {
        case .longPause(let pause): pauses[pause.participant] = pause
        case .pauseEnded(let identity, _, _, _): pauses[identity] = nil
        case .voiceBegan(let identity, let instant):
            pauses[identity] = nil
            if speakers.isEmpty { turnBegan = instant }
            speakers.insert(identity)
        case .voiceEnded(let identity, let instant): falls(silent: identity, at: instant, turn: turn)
        default: break
        }
    }

    private mutating func falls(silent identity: Identity, at instant: Instant, turn: Duration) {
        guard speakers.remove(identity) != nil, speakers.isEmpty, let began = turnBegan else { return }
        turnBegan = nil
        if instant - began >= turn { pauses.removeAll() }
    }

    /// Of somebody who has not spoken it was a pause of their typing.
    mutating func typed(_ identity: Identity) {
        if pauses[identity]?.reasons.contains(.neverSpoke) == true { pauses[identity] = nil }
    }

    /// It came to a hint, or to none for good.
    mutating func use(_ identity: Identity) { pauses[identity] = nil }

    /// Nobody listens to the participant any more.
    mutating func ignore(_ identity: Identity, at now: Instant, turn: Duration) {
        pauses[identity] = nil
        falls(silent: identity, at: now, turn: turn)
    }
}
