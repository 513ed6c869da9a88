import SansIO

/// Of one participant: which signals are moments for a hint, and how much speaks for them. Sans-IO; the same signals and
/// runs with the same times give the same moments.
///
/// A long pause is one, with the evidence of the editor, of other voices and of a palm on the forehead in it already. A
/// raised hand is a request. A palm on the forehead is one by itself too, of lower confidence, unless a long pause of the
/// same silence has been one: then it says nothing new.
public struct MomentFusion: Sendable {
    public var configuration: MomentConfiguration
    private var isSpeaking = false
    /// When the silence that goes on was last a moment.
    private var pauseAt: Instant?
    private var failedRunAt: Instant?

    public init(configuration: MomentConfiguration = .init()) { self.configuration = configuration }

    /// What follows from a signal of the participant; nil where it is no moment.
    public mutating func receive(_ signal: Signal) -> HelpMoment? {
        switch signal {
        case .voiceBegan:
            isSpeaking = true
            pauseAt = nil
        case .voiceEnded: isSpeaking = false
        case .pauseEnded: pauseAt = nil
        case .longPause(let pause):
            pauseAt = pause.at
            return weighed(
                HelpMoment(
                    participant: pause.participant, kind: .longPause, since: pause.since, confidence: pause.confidence,
                    isRequest: false, reasons: pause.reasons.map { .pause($0) }, pause: pause), at: pause.at)
        case .gestureBegan(let gesture): return moment(of: gesture)
        case .pause, .gestureEnded, .lookMissing: break
        }
        return nil
    }

    /// The participant ran the tests.
    public mutating func ran(failed: Int, at instant: Instant) { failedRunAt = failed > 0 ? instant : nil }

    /// Of the participant's runs nothing is to be used any more.
    public mutating func forgetRun() { failedRunAt = nil }

    /// The participant is not listened to any more: whether they speak is not known.
    public mutating func unheard() { (isSpeaking, pauseAt) = (false, nil) }

    /// Somebody else's signals follow.
    public mutating func reset() { self = MomentFusion(configuration: configuration) }

    private func moment(of gesture: Gesture) -> HelpMoment? {
        var moment = HelpMoment(
            participant: gesture.participant, kind: .raisedHand, since: gesture.since, confidence: gesture.confidence,
            isRequest: true, reasons: gesture.reasons.map { .gesture($0) })
        switch gesture.kind {
        case .raisedHand: return gesture.confidence >= configuration.raisedHandMinimum ? moment : nil
        case .palmToForehead:
            guard configuration.palmAlone > 0, pauseAt == nil else { return nil }
            (moment.kind, moment.isRequest) = (.palmToForehead, false)
            moment.confidence *= configuration.palmAlone
            if isSpeaking {
                moment.confidence *= configuration.speaking
                moment.reasons.append(.speaking)
            }
            return weighed(moment, at: gesture.at)
        }
    }

    /// With what a failed run adds.
    private func weighed(_ moment: HelpMoment, at instant: Instant) -> HelpMoment {
        guard let failedRunAt, instant - failedRunAt <= configuration.failedRunLasts else { return moment }
        var moment = moment
        moment.confidence += (1 - moment.confidence) * configuration.failedRun
        moment.reasons.append(.failedRun)
        return moment
    }
}
