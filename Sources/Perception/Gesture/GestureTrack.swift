import SansIO

/// One kind of gesture over time: candidate, event, end.
struct GestureTrack: Sendable {
    enum Event: Sendable {
        case began(Gesture)
        case ended(Gesture.Kind, since: Instant, at: Instant, GestureEnd)
    }

    /// Seen, and not yet for long enough.
    private struct Candidate: Sendable {
        var begin: Instant
        /// The last look that saw it.
        var last: Instant
        var looks = 0
        var positives = 0
        var weak = 0
        /// With a forehead that was seen to be covered.
        var covered = 0
        var strength = 0.0
        /// Where hands were when some were last seen, and when that was.
        var hands: [HandPlace] = []
        var handsAt: Instant
        /// The last hand that showed it was where one had been before.
        var isHeld = false

        mutating func see(_ look: GestureLook) {
            guard !look.hands.isEmpty else { return }
            (hands, handsAt) = (look.hands.map(HandPlace.init), look.at)
        }
    }

    private struct Running: Sendable {
        var begin: Instant
        var last: Instant
        /// It is over, unless it comes again.
        var isOver = false
    }

    /// What one look says of this kind.
    private struct Sight {
        var strength: Double
        var isWeak: Bool
        var isCovered: Bool
        var place: HandPlace
    }

    /// In faces.
    private struct HandPlace: Sendable {
        var across: Double
        var below: Double

        init(_ hand: HandScores) { (across, below) = (hand.across.value, hand.below) }

        func distance(_ other: HandPlace) -> Double {
            let (across, below) = (across - other.across, below - other.below)
            return (across * across + below * below).squareRoot()
        }
    }

    /// A hand that moves faster than this, in faces a second, is on its way and not held: of looks at hands
    /// in place one in a thousand sees 1.5, while half of those at waves see more than 2.2.
    private static let fastestHeld = 2.0

    let kind: Gesture.Kind
    private var candidate: Candidate?
    private var running: Running?
    private var events: [Event] = []

    init(kind: Gesture.Kind) { self.kind = kind }

    var isDeciding: Bool { candidate != nil }
    /// Until it is certain that it does not come again.
    var isOn: Bool { running != nil }

    mutating func takeEvents() -> [Event] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    mutating func receive(
        _ look: GestureLook, _ verdicts: [(HandScores, HandVerdict)], _ configuration: GestureConfiguration
    ) {
        let sight = sight(verdicts, configuration)
        if var current = running, !current.isOver {
            if sight != nil {
                current.last = look.at
            } else if look.at - current.last > configuration.release {
                current.isOver = true
            }
            running = current
            return
        }
        decide(sight, look, configuration)
        if let current = running, current.isOver, look.at - current.last > configuration.merge,
            candidate.map({ $0.begin - current.last > configuration.merge }) ?? true
        {
            end(.unmade)
        }
        confirm(look, configuration)
    }

    /// Nothing is to be seen any more.
    mutating func interrupt(_ cause: GestureEnd) {
        candidate = nil
        end(running?.isOver == true ? .unmade : cause)
    }

    private mutating func end(_ cause: GestureEnd) {
        guard let current = running else { return }
        running = nil
        events.append(.ended(kind, since: current.begin, at: current.last, cause))
    }

    // MARK: Candidates

    /// The best of the hands that show it.
    private func sight(
        _ verdicts: [(HandScores, HandVerdict)], _ configuration: GestureConfiguration
    ) -> Sight? {
        var best: Sight?
        for (hand, verdict) in verdicts where verdict.kind == kind {
            let isWeak = verdict == .palmToForehead(isWeak: true)
            let strength = isWeak ? hand.palm.value * configuration.weakConfidence : hand.presence.value
            guard strength > best?.strength ?? -1 else { continue }
            best = Sight(
                strength: strength, isWeak: isWeak, isCovered: configuration.isCovered(hand.forehead),
                place: HandPlace(hand))
        }
        return best
    }

    private mutating func decide(_ sight: Sight?, _ look: GestureLook, _ configuration: GestureConfiguration) {
        let isSlow = look.pictureInterval > configuration.slowInterval
        let patience = isSlow ? configuration.slowGap : configuration.drop
        if let current = candidate, look.at - current.last > patience { candidate = nil }
        guard let sight else {
            // Of slow pictures two in a row must show it.
            if isSlow { candidate = nil } else { candidate?.looks += 1 }
            candidate?.see(look)
            return
        }
        var current = candidate ?? Candidate(begin: look.at, last: look.at, handsAt: look.at)
        let reach = Self.fastestHeld * (look.at - current.handsAt).inSeconds
        current.isHeld = current.hands.contains { $0.distance(sight.place) <= reach }
        current.see(look)
        current.last = look.at
        current.looks += 1
        current.positives += 1
        current.strength += sight.strength
        if sight.isWeak { current.weak += 1 }
        if sight.isCovered { current.covered += 1 }
        candidate = current
    }

    private mutating func confirm(_ look: GestureLook, _ configuration: GestureConfiguration) {
        guard let current = candidate, current.last == look.at else { return }
        let isSlow = look.pictureInterval > configuration.slowInterval
        guard isLongEnough(current, isSlow: isSlow, configuration) else { return }
        candidate = nil
        if let old = running {
            running = Running(begin: old.begin, last: look.at)
            return
        }
        running = Running(begin: current.begin, last: look.at)
        events.append(.began(gesture(current, isSlow: isSlow, at: look.at, configuration)))
    }

    private func isLongEnough(
        _ candidate: Candidate, isSlow: Bool, _ configuration: GestureConfiguration
    ) -> Bool {
        let dwell = kind == .raisedHand ? configuration.raisedDwell : configuration.palmDwell
        guard candidate.isHeld, candidate.last - candidate.begin >= dwell - configuration.dwellSlack else {
            return false
        }
        if isSlow { return candidate.positives >= 2 }
        return candidate.positives >= configuration.positives
            && Double(candidate.positives) >= configuration.share * Double(candidate.looks)
    }

    private func gesture(
        _ candidate: Candidate, isSlow: Bool, at instant: Instant, _ configuration: GestureConfiguration
    ) -> Gesture {
        var confidence = candidate.strength / Double(max(candidate.looks, 1))
        var reasons: [Gesture.Reason] = [2 * candidate.weak > candidate.positives ? .palmDetector : .handModel]
        if kind == .palmToForehead {
            reasons.append(2 * candidate.covered > candidate.positives ? .foreheadCovered : .foreheadUnclear)
        }
        if isSlow {
            confidence *= configuration.slowConfidence
            reasons.append(.slowPictures)
        }
        return Gesture(
            participant: "", kind: kind, since: candidate.begin, at: instant, confidence: min(max(confidence, 0), 1),
            reasons: reasons)
    }
}
