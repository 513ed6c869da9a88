import Foundation
import Perception
import PerceptionModels
import Pictures
import SansIO

/// What looker and rules make of one labelled clip: its gestures against the labelled ones, and what that took.
public struct ClipEvaluation: Sendable {
    /// How a clip is shown.
    public struct Showing: Hashable, Sendable, CustomStringConvertible {
        /// Nil for the clip's own.
        public var width: Int?
        /// Pictures a second.
        public var rate: Double
        public var phase: Int

        public init(width: Int? = nil, rate: Double, phase: Int) {
            self.width = width
            self.rate = rate
            self.phase = phase
        }

        public var description: String {
            "\(rate.formatted()) a second, phase \(phase), \(width.map { "\($0) wide" } ?? "own size")"
        }
    }

    /// A labelled gesture.
    public struct Label: Sendable {
        public var kind: Gesture.Kind
        public var start: Double
        public var end: Double
        /// The mean of the pictures' luma during it, 0…255.
        public var luma = 0.0
        /// From its start to when it was told, in seconds; nil for one that was missed.
        public var latency: Double?

        public var isDark: Bool { luma < 60 }
    }

    /// A gesture that was told.
    public struct Told: Sendable {
        public var kind: Gesture.Kind
        public var start: Double
        public var at: Double
        public var end: Double
        public var confidence: Double
    }

    /// What was to be seen while models ran.
    public enum State: String, Hashable, Sendable, CaseIterable {
        case gesture, distractor, nobody, rest
    }

    /// Of what is shown.
    public let name: String
    public private(set) var labels: [Label]
    public private(set) var told: [Told] = []
    /// Told, and no label for it.
    public private(set) var wrong: [Told] = []
    /// Told twice of one label.
    public private(set) var double: [Told] = []
    public private(set) var looks: [GestureLook] = []
    private let distractors: [LabelledClip.Distractor]
    /// Between pictures, in seconds.
    private let interval: Double
    private(set) var calls: [State: (calls: CountingModels.Calls, seconds: Double)] = [:]
    /// The looker's own time, its models' included.
    public private(set) var lookerTime: Duration = .zero
    public private(set) var pictures = 0

    public init(
        _ clip: LabelledClip, of corpus: GestureCorpus, _ showing: Showing, models: any VisionModels,
        search: GestureSearchConfiguration = .init(), rules: GestureConfiguration = .init()
    ) throws {
        let labels = clip.events.compactMap { event in
            event.kind.map { Label(kind: $0, start: event.start, end: event.end) }
        }
        try self.init(
            "\(clip)", labels, clip.distractors, lasting: clip.duration, rate: showing.rate, models: models,
            search: search, rules: rules
        ) { body in
            try corpus.pictures(
                of: clip, width: showing.width ?? clip.width, rate: showing.rate, phase: showing.phase, body)
        }
    }

    /// - Parameter pictures: calls its argument with each picture and its time in seconds.
    init(
        _ name: String, _ labels: [Label], _ distractors: [LabelledClip.Distractor], lasting duration: Double,
        rate: Double, models: any VisionModels, search: GestureSearchConfiguration = .init(),
        rules: GestureConfiguration = .init(), pictures show: ((I420Picture, Double) throws -> Void) throws -> Void
    ) throws {
        self.name = name
        self.labels = labels
        self.distractors = distractors
        interval = 1 / rate
        let counting = CountingModels(models)
        let looker = GestureLooker(models: counting, configuration: search)
        var detector = GestureDetector(participant: "candidate", configuration: rules)
        var luma = labels.map { _ in (sum: 0.0, count: 0) }
        try show { picture, seconds in
            let before = counting.calls
            let started = ContinuousClock().now
            let look = try looker.look(
                at: picture, time: .zero + .milliseconds(Int64(seconds * 1_000)), attention: detector.attention)
            lookerTime += ContinuousClock().now - started
            pictures += 1
            count(counting.calls - before, at: seconds)
            for index in labels.indices where labels[index].start <= seconds && seconds <= labels[index].end {
                luma[index].sum += picture.meanLuma
                luma[index].count += 1
            }
            guard let look else { return }
            looks.append(look)
            detector.receive(look)
            note(&detector)
        }
        detector.interrupt()
        note(&detector)
        for index in labels.indices { self.labels[index].luma = luma[index].sum / Double(max(luma[index].count, 1)) }
        compare()
    }

    private mutating func count(_ calls: CountingModels.Calls, at seconds: Double) {
        let distractor = distractors.first { $0.start <= seconds && seconds <= $0.end }
        let state: State =
            if labels.contains(where: { $0.start <= seconds && seconds <= $0.end }) {
                .gesture
            } else if distractor?.kind == "nobody" {
                .nobody
            } else {
                distractor == nil ? .rest : .distractor
            }
        self.calls[state, default: (.init(), 0)].calls += calls
        self.calls[state, default: (.init(), 0)].seconds += interval
    }

    private mutating func note(_ detector: inout GestureDetector) {
        while let signal = detector.pollOutput() {
            switch signal {
            case .gestureBegan(let gesture):
                told.append(
                    Told(
                        kind: gesture.kind, start: Self.seconds(gesture.since), at: Self.seconds(gesture.at),
                        end: Self.seconds(gesture.at), confidence: gesture.confidence))
            case .gestureEnded(_, let kind, _, let at, _):
                if let index = told.lastIndex(where: { $0.kind == kind }) { told[index].end = Self.seconds(at) }
            default: break
            }
        }
    }

    /// A gesture belongs to a label of its kind that it has 0.3 s in common with.
    private mutating func compare() {
        for gesture in told {
            let overlapping = labels.indices.filter { index in
                let shared = min(gesture.end, labels[index].end) - max(gesture.start, labels[index].start)
                return labels[index].kind == gesture.kind && shared >= 0.3
            }
            if let index = overlapping.first(where: { labels[$0].latency == nil }) {
                labels[index].latency = gesture.at - labels[index].start
            } else if overlapping.isEmpty {
                wrong.append(gesture)
            } else {
                double.append(gesture)
            }
        }
    }

    private static func seconds(_ instant: Instant) -> Double { Double(instant.nanoseconds) / 1e9 }
}

extension I420Picture {
    /// 0…255, of every fourth pixel each way.
    var meanLuma: Double {
        withPlanes { planes in
            var (sum, count) = (0, 0)
            for row in stride(from: 0, to: planes.y.height, by: 4) {
                for column in stride(from: 0, to: planes.y.width, by: 4) {
                    sum += Int(planes.y.samples[row * planes.y.stride + column])
                    count += 1
                }
            }
            return (Double(sum) / Double(max(count, 1)) - 16) * 255 / 219
        }
    }
}
