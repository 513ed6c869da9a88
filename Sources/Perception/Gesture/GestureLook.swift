import SansIO

/// What one look at a camera's picture came to: a handful of numbers, in a byte or two each. All that leaves the place
/// where pictures are looked at, all that decides, and all that a trace keeps; nobody can be recognised by it.
public struct GestureLook: Hashable, Sendable, Codable {
    /// Why hands were looked for.
    public enum Reason: UInt8, Hashable, Sendable, Codable, CaseIterable {
        /// A gesture was being decided.
        case deciding
        /// One was on.
        case on
        /// Nothing had been looked at for a while.
        case idle
        /// Something moved.
        case change
        /// Something as large as a hand moved.
        case bigChange
        /// The forehead is covered, and it is not known by what.
        case retry
        /// Something large had moved just before.
        case followUp
        /// A hand had been found at a face, and may go on to the forehead.
        case approach
    }

    /// When the picture was taken.
    public var at: Instant
    /// How far apart pictures were of late, in fiftieths of a second, up to 5.1 s.
    public var interval: UInt8
    public var reason: Reason
    /// What was being decided, or was on, when the picture was looked at.
    public var attention: GestureAttention
    /// Those that were found, `mostHands` at most.
    public private(set) var hands: [HandScores]

    public static let mostHands = 3

    public init(
        at: Instant, interval: Duration, reason: Reason, attention: GestureAttention, hands: some Sequence<HandScores>
    ) {
        self.at = at
        self.interval = UInt8(clamping: (interval.wholeMilliseconds + 10) / 20)
        self.reason = reason
        self.attention = attention
        self.hands = Array(hands.prefix(Self.mostHands))
    }

    /// How far apart pictures were of late.
    public var pictureInterval: Duration { .milliseconds(20 * Int64(interval)) }
}

/// Where a hand is, seen from the nearest face. Distances are in faces: `u` counts widths of the face's box from its middle
/// to the side, `v` from the line of the eyes downwards. The chin is at some .6, shoulders at 1.2 to 1.5, the hairline at
/// -.45.
public struct HandScores: Hashable, Sendable, Codable {
    /// How sure the palm detector was when it found the hand.
    public var palm: Score
    /// How sure the hand model is of a hand; the larger one's is stretched to mean what the smaller one's does.
    public var presence: Score
    /// How sure the face model is of the face; nil where it was not asked.
    public var facePresence: Score?
    /// `v(m) + .3 |u(m)|`, where m is the middle between knuckles and fingertips.
    public var lin: Thousandths
    /// `|u(m)|`.
    public var across: Thousandths
    /// How clear of the face the hand is to the side: between its nearest landmark and its mean. Nil where no landmark is
    /// at the height of the face.
    public var clear: Thousandths?
    /// `v` of the wrist.
    public var wrist: Thousandths
    /// `v` of the knuckles.
    public var knuckles: Thousandths
    /// Nil while it is not known how the forehead looks.
    public var forehead: ForeheadScores?
    /// How broad the palm is to be seen, from the forefinger's knuckle to the little finger's, as a share of
    /// its length from the wrist: some .7 of a hand that shows its palm or its back, next to nothing of one
    /// that is seen edge-on. Nil without landmarks.
    public var breadth: Thousandths?

    /// The share of `|u(m)|` in `lin`.
    public static let acrossShare: Float = 0.3

    public init(
        palm: Score, presence: Score, facePresence: Score?, lin: Thousandths, across: Thousandths, clear: Thousandths?,
        wrist: Thousandths, knuckles: Thousandths, forehead: ForeheadScores?, breadth: Thousandths? = nil
    ) {
        self.palm = palm
        self.presence = presence
        self.facePresence = facePresence
        self.lin = lin
        self.across = across
        self.clear = clear
        self.wrist = wrist
        self.knuckles = knuckles
        self.forehead = forehead
        self.breadth = breadth
    }

    /// `v(m)`.
    var below: Double { lin.value - Double(Self.acrossShare) * across.value }
}

/// What is to be seen of a forehead, against how it usually looks.
public struct ForeheadScores: Hashable, Sendable, Codable {
    /// The correlation with its usual look.
    public var likeness: Thousandths
    /// By how much less sure the face detector is than usual.
    public var drop: Thousandths

    public init(likeness: Thousandths, drop: Thousandths) {
        self.likeness = likeness
        self.drop = drop
    }
}

/// What the rules wait for: it decides how often pictures are looked at.
public struct GestureAttention: OptionSet, Hashable, Sendable, Codable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let decidingRaisedHand = GestureAttention(rawValue: 1)
    public static let decidingPalm = GestureAttention(rawValue: 2)
    public static let raisedHandOn = GestureAttention(rawValue: 4)
    public static let palmOn = GestureAttention(rawValue: 8)

    /// A gesture has been seen, and not yet for long enough.
    public var isDeciding: Bool { !isDisjoint(with: [.decidingRaisedHand, .decidingPalm]) }
    public var isOn: Bool { !isDisjoint(with: [.raisedHandOn, .palmOn]) }
}
