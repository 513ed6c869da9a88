import SansIO

/// A gesture of one participant that has begun: what was seen, never what was felt.
public struct Gesture: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case raisedHand = "raised_hand"
        case palmToForehead = "palm_to_forehead"
    }

    /// What it rests on.
    public enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
        /// In most looks the hand model saw a hand.
        case handModel
        /// In most looks the palm detector alone saw one.
        case palmDetector
        /// In most looks the forehead was seen to be covered.
        case foreheadCovered
        /// It was not.
        case foreheadUnclear
        /// There were fewer than two pictures a second: two that showed it were enough.
        case slowPictures
    }

    public var participant: Identity
    public var kind: Kind
    /// When it was first seen.
    public var since: Instant
    /// When it had lasted long enough.
    public var at: Instant
    /// 0…1: how sure the models were, and in what share of the looks.
    public var confidence: Double
    public var reasons: [Reason]

    public init(
        participant: Identity, kind: Kind, since: Instant, at: Instant, confidence: Double, reasons: [Reason]
    ) {
        self.participant = participant
        self.kind = kind
        self.since = since
        self.at = at
        self.confidence = confidence
        self.reasons = reasons
    }
}

/// Why a gesture is over.
public enum GestureEnd: String, Hashable, Sendable, Codable {
    /// It was seen to be no longer made.
    case unmade
    /// The picture went away (muted, unpublished, cut off), or no other came.
    case unseen
    /// The participant left the room.
    case left
}
