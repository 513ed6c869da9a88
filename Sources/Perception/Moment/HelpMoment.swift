import SansIO
import Settings

/// A moment in which a hint may help one participant, with what speaks for it.
public struct HelpMoment: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case longPause = "long_pause"
        case raisedHand = "raised_hand"
        case palmToForehead = "palm_to_forehead"
    }

    public enum Reason: Hashable, Sendable, Codable {
        case pause(LongPause.Reason)
        case gesture(Gesture.Reason)
        /// The participant was speaking.
        case speaking
        /// Tests failed in the last run, a short time before.
        case failedRun

        /// A short name.
        public var label: String {
            switch self {
            case .pause(let reason): reason.rawValue
            case .gesture(let reason): reason.rawValue
            case .speaking: "speaking"
            case .failedRun: "failedRun"
            }
        }
    }

    public var participant: Identity
    public var kind: Kind
    /// When what it rests on began.
    public var since: Instant
    /// 0…1.
    public var confidence: Double
    /// Whether the participant asked for it.
    public var isRequest: Bool
    public var reasons: [Reason]
    /// What the moment is, where it is a long pause.
    public var pause: LongPause?
}

/// What `MomentFusion` goes by.
public struct MomentConfiguration: Hashable, Sendable, Codable {
    /// How sure a raised hand must be to count as a request. 0…1.
    public var raisedHandMinimum = Schema.moment.raisedHandMinimum.defaultValue
    /// What is left of a palm's confidence where no long pause speaks for it; 0 for no moment. 0…1.
    public var palmAlone = Schema.moment.palmAlone.defaultValue
    /// What is left of that while the participant speaks. 0…1.
    public var speaking = Schema.moment.speaking.defaultValue
    /// Which share of what a moment lacks in confidence a failed run makes good. 0…1.
    public var failedRun = Schema.moment.failedRun.defaultValue
    /// For how long after the run.
    public var failedRunLasts = Schema.moment.failedRunLasts.defaultValue

    public init() {}

    /// From the settings that count.
    public init(_ settings: Configuration) {
        raisedHandMinimum = settings[Schema.moment.raisedHandMinimum]
        palmAlone = settings[Schema.moment.palmAlone]
        speaking = settings[Schema.moment.speaking]
        failedRun = settings[Schema.moment.failedRun]
        failedRunLasts = settings[Schema.moment.failedRunLasts]
    }
}
