import SansIO

/// One participant's gestures: from what looks at their camera came to.
///
/// A gesture is one once it has been seen for long enough in most looks, and over once it has been unseen for a while; what
/// comes again soon after is the same one. Whoever of several people in the picture makes it: events are the camera's.
///
/// Sans-IO. Looks are the clock; what they came to decides, never how. While a gesture is being decided every picture is
/// to be looked at (`attention`); where a look that is needed was not made, as in a replay with other thresholds, that is
/// said.
public struct GestureDetector: Sendable {
    public let participant: Identity
    /// May change at any time; what has begun stays begun.
    public var configuration: GestureConfiguration
    private var raisedHand = GestureTrack(kind: .raisedHand)
    private var palm = GestureTrack(kind: .palmToForehead)
    private var last: GestureLook?
    private var output = OutputQueue<Signal>()

    /// A look is late where it comes after so many half intervals between pictures, and this.
    private static let lateness: Duration = .milliseconds(40)

    public init(participant: Identity, configuration: GestureConfiguration = .init()) {
        self.participant = participant
        self.configuration = configuration
    }

    /// What is being decided, or is on.
    public var attention: GestureAttention {
        var attention = GestureAttention()
        if raisedHand.isDeciding { attention.insert(.decidingRaisedHand) }
        if palm.isDeciding { attention.insert(.decidingPalm) }
        if raisedHand.isOn { attention.insert(.raisedHandOn) }
        if palm.isOn { attention.insert(.palmOn) }
        return attention
    }

    /// The next fact, oldest first; nil when there is none.
    public mutating func pollOutput() -> Signal? { output.popFirst() }

    /// Takes what a look came to. One that is no later than the last is left out.
    public mutating func receive(_ look: GestureLook) {
        if let last, look.at <= last.at { return }
        tellMissing(before: look)
        let verdicts = look.hands.map { ($0, configuration.verdict(on: $0)) }
        raisedHand.receive(look, verdicts, configuration)
        palm.receive(look, verdicts, configuration)
        last = look
        drain()
    }

    /// Nothing is to be seen any more: muted, unpublished, cut off, stalled, or the participant is gone.
    public mutating func interrupt(_ cause: GestureEnd = .unseen) {
        raisedHand.interrupt(cause)
        palm.interrupt(cause)
        last = nil
        drain()
    }

    private mutating func tellMissing(before look: GestureLook) {
        guard let last else { return }
        let longest =
            if attention.isDeciding, !look.attention.isDeciding {
                look.pictureInterval * 3 / 2 + Self.lateness
            } else if attention.isOn, !look.attention.isOn {
                configuration.merge
            } else {
                Duration?.none
            }
        guard let longest, look.at - last.at > longest else { return }
        output.append(.lookMissing(participant: participant, since: last.at, at: look.at))
    }

    private mutating func drain() {
        for event in raisedHand.takeEvents() + palm.takeEvents() {
            switch event {
            case .began(var gesture):
                gesture.participant = participant
                output.append(.gestureBegan(gesture))
            case .ended(let kind, let since, let at, let cause):
                output.append(
                    .gestureEnded(participant: participant, kind: kind, since: since, at: at, cause: cause))
            }
        }
    }
}
