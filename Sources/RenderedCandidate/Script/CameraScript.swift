import SansIO

/// What a rendered candidate does in front of the camera, and when.
public struct CameraScript: Sendable, Hashable {
    public enum Action: String, Sendable, Hashable, CaseIterable {
        case raiseHand = "raised_hand"
        case palmToForehead = "palm_to_forehead"
        case talk = "talking"
        case type = "typing"
        case chin, cheek, ear, mouth
        case drink = "cup"
        case wave, glasses, hair
        /// Leaves the picture, and comes back.
        case leave = "nobody"

        /// Whether it means something to the one who watches; the others are there to be told from these.
        public var isGesture: Bool { self == .raiseHand || self == .palmToForehead }
    }

    public enum Side: String, Sendable, Hashable { case right, left }

    public struct Step: Sendable, Hashable {
        public var action: Action
        /// When the hand, or who leaves, begins to move.
        public var start: Duration
        /// How long they move until they are in place, and back.
        public var approach = Duration.milliseconds(500)
        /// How long they are in place.
        public var hold: Duration
        /// The person's own.
        public var side = Side.right

        public init(_ action: Action, at start: Duration, hold: Duration) {
            self.action = action
            self.start = start
            self.hold = hold
        }

        /// In place.
        public var begin: Duration { start + approach }
        /// Begins to leave its place.
        public var end: Duration { begin + hold }
        /// Nothing is left of it.
        public var over: Duration { end + approach }
    }

    /// In the order of their start. Two of one hand at a time are blended.
    public var steps: [Step]
    public var duration: Duration

    public init(_ steps: [Step], duration: Duration) {
        self.steps = steps.sorted { $0.start < $1.start }
        self.duration = duration
    }

    /// Goes on in another way: what is in place leaves it half a second later, what has not begun is left out.
    /// - Parameters:
    ///   - next: what follows, with times from `now` on.
    ///   - now: from the script's start.
    public mutating func goOn(with next: [Step], at now: Duration) {
        let begun = steps.filter { $0.start < now }.map { step in
            var step = step
            step.hold = min(step.hold, max(.zero, now - step.begin) + .milliseconds(500))
            return step
        }
        let later = next.map { step in
            var step = step
            step.start += now
            return step
        }
        self = CameraScript(begun + later, duration: duration)
    }

    /// Nothing that means anything: a person who talks, types, drinks, leans on a hand, waves and goes away, with pauses.
    ///
    /// - Parameter actions: what happens, drawn at random; gestures are taken as well.
    public static func everyday(
        lasting duration: Duration, seed: UInt64, of actions: [Action] = Action.allCases.filter { !$0.isGesture }
    ) -> CameraScript {
        var dice = Dice(seed: seed ^ 0x5C31_F7E1)
        var steps: [Step] = []
        var now = Duration.seconds(2)
        while !actions.isEmpty {
            let action = actions[dice.next(below: actions.count)]
            let range = action.usualHold
            let share = Double(dice.next())
            var step = Step(
                action, at: now,
                hold: .milliseconds(Int(1000 * (range.lowerBound + share * (range.upperBound - range.lowerBound)))))
            step.approach = .milliseconds(action == .leave ? 1200 : 350 + dice.next(below: 300))
            step.side = action == .drink || dice.next(below: 2) == 0 ? .right : .left
            guard step.over + .seconds(1) < duration else { break }
            steps.append(step)
            now = step.over + .milliseconds(800 + dice.next(below: 4200))
        }
        return CameraScript(steps, duration: duration)
    }
}

extension CameraScript.Action {
    /// Seconds in place, at least and at most.
    var usualHold: ClosedRange<Double> {
        switch self {
        case .raiseHand, .palmToForehead: 1.5...5
        case .talk: 2...8
        case .type: 3...10
        case .chin, .cheek: 2...10
        case .ear: 1.5...4
        case .mouth: 1...4
        case .drink: 1...2.5
        case .wave: 0.3...0.4
        case .glasses, .hair: 0.3...0.8
        case .leave: 3...15
        }
    }
}

extension CameraScript {
    /// The labels as the evaluation's clips have them: times in seconds, from in place to leaving it.
    public var labelsJSON: String {
        let events = steps.filter(\.action.isGesture).map {
            #"{"start":\#(seconds($0.begin)),"end":\#(seconds($0.end)),"event":"\#($0.action.rawValue)"}"#
        }
        let distractors = steps.filter { !$0.action.isGesture }.map {
            #"{"start":\#(seconds($0.begin)),"end":\#(seconds($0.end)),"kind":"\#($0.action.rawValue)"}"#
        }
        return #"{"duration":\#(seconds(duration)),"events":[\#(events.joined(separator: ","))],"#
            + #""distractors":[\#(distractors.joined(separator: ","))]}"#
    }

    private func seconds(_ duration: Duration) -> String {
        // Scripts are of positive times.
        let whole = max(0, duration.wholeMilliseconds)
        let rest = String(whole % 1000)
        return "\(whole / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
