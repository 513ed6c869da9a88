import Perception
import SansIO

/// Hands as looks see them.
enum HandSamples {
    /// Beside the head, the wrist below the chin.
    static let raised = hand(lin: 0.9, across: 1.2, clear: 1.0, wrist: 0.9, knuckles: 0.4)
    /// On the forehead, which is covered.
    static let palm = hand(
        lin: -0.2, across: 0.2, clear: 0.1, wrist: 0.4, knuckles: -0.1, forehead: (likeness: 0.3, drop: 0.1))
    /// On the cheek.
    static let cheek = hand(
        lin: 0.5, across: 0.4, clear: 0.2, wrist: 1.0, knuckles: 0.6, forehead: (likeness: 0.95, drop: 0))
    /// In the lap.
    static let lap = hand(lin: 2.0, across: 0.5, clear: 0.4, wrist: 1.5, knuckles: 1.6)

    static func hand(
        palm: Float = 0.8, presence: Float = 0.9, facePresence: Float? = nil, lin: Float, across: Float, clear: Float?,
        wrist: Float, knuckles: Float, forehead: (likeness: Float, drop: Float)? = nil, breadth: Float? = nil
    ) -> HandScores {
        HandScores(
            palm: Score(palm), presence: Score(presence), facePresence: facePresence.map { Score($0) },
            lin: Thousandths(lin), across: Thousandths(across), clear: clear.map { Thousandths($0) },
            wrist: Thousandths(wrist), knuckles: Thousandths(knuckles),
            forehead: forehead.map {
                ForeheadScores(likeness: Thousandths($0.likeness), drop: Thousandths($0.drop))
            }, breadth: breadth.map { Thousandths($0) })
    }

    static func look(
        at seconds: Double, interval: Double = 0.2, attention: GestureAttention = [], _ hands: [HandScores]
    ) -> GestureLook {
        GestureLook(
            at: .zero + .milliseconds(Int64((seconds * 1_000).rounded())),
            interval: .milliseconds(Int64(interval * 1_000)), reason: .change, attention: attention, hands: hands)
    }
}

/// A detector with what it said, fed at a steady rate as a looker would.
struct WatchedPerson {
    var detector = GestureDetector(participant: "ann")
    var seconds = 0.0
    let interval: Double
    private(set) var signals: [Signal] = []

    init(every interval: Double = 0.2) { self.interval = interval }

    /// Shows the same hands in all pictures of so many seconds.
    mutating func show(_ hands: [HandScores], for duration: Double) {
        let end = seconds + duration
        while seconds < end - 1e-6 {
            look(hands)
            seconds += interval
        }
    }

    mutating func look(_ hands: [HandScores]) {
        detector.receive(
            HandSamples.look(at: seconds, interval: interval, attention: detector.attention, hands))
        while let signal = detector.pollOutput() { signals.append(signal) }
    }

    mutating func interrupt() {
        detector.interrupt()
        while let signal = detector.pollOutput() { signals.append(signal) }
    }

    var begun: [Gesture] { signals.compactMap { if case .gestureBegan(let gesture) = $0 { gesture } else { nil } } }

    /// Kind, begin and last sight of what is over, in seconds.
    var ended: [String] {
        signals.compactMap {
            guard case .gestureEnded(_, let kind, let since, let at, let cause) = $0 else { return nil }
            return "\(kind.rawValue) \(Self.tenths(since))-\(Self.tenths(at)) \(cause.rawValue)"
        }
    }

    static func tenths(_ instant: Instant) -> Double { (Double(instant.nanoseconds) / 1e8).rounded() / 10 }
}
