import Perception
import SansIO

/// A report for people: a line an event, then what it came to.
public struct RecordingPage: Sendable {
    /// Whether the terminal shows colours.
    public var isColoured: Bool

    public init(isColoured: Bool = false) { self.isColoured = isColoured }

    public func text(of report: RecordingReport, file: String) -> String {
        let head = "\(file): \(Instant.zero.advanced(by: report.duration).clock), \(report.content)"
        let lines = report.events.map(line)
        let none = lines.isEmpty ? ["  nothing was heard or seen that counts"] : []
        let faults = report.faults.map { "  fault: \($0)" }
        let notes = report.notes.map { "  note: \($0)" }
        return ([head, ""] + lines + none + [""] + summary(of: report) + faults + notes).joined(separator: "\n")
    }

    // MARK: Events

    private func line(_ event: RecordingEvent) -> String {
        let columns = [
            "  \(event.at.clock)", padded(Self.name(of: event), 18), padded(event.phase?.rawValue ?? "", 6),
            padded(length(of: event), 12), facts(of: event),
        ]
        var line = columns.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return colour(of: event).map { "\u{1B}[\($0)m\(line)\u{1B}[0m" } ?? line
    }

    private static func name(of event: RecordingEvent) -> String {
        switch event.subject {
        case .voice: "voice"
        case .pause: "pause"
        case .gesture(.raisedHand, _): "raised hand"
        case .gesture(.palmToForehead, _): "palm to forehead"
        case .longPause: "long pause"
        case .helpMoment: "> help moment"
        case .lookMissing: "looks are missing"
        }
    }

    private func length(of event: RecordingEvent) -> String {
        switch event.subject {
        case .helpMoment: ""
        default: event.since.map { (event.at - $0).shown } ?? ""
        }
    }

    private func facts(of event: RecordingEvent) -> String {
        var facts: [String] = []
        if case .helpMoment(let kind, let isRequest) = event.subject {
            facts.append(Self.words(kind.rawValue) + (isRequest ? ", a request" : ""))
        }
        if let threshold = event.threshold { facts.append("long from \(threshold.shown) on") }
        if let confidence = event.confidence { facts.append("confidence \(confidence.decimals(2))") }
        if case .gesture(_, .begin) = event.subject { facts.append("known at \(event.known.clock)") }
        // That a voice ended a pause is the usual.
        let reasons = event.reasons.filter { $0 != PauseEnd.voice.rawValue && $0 != GestureEnd.unmade.rawValue }
        if !reasons.isEmpty { facts.append(reasons.map(Self.words).joined(separator: ", ")) }
        return facts.joined(separator: "; ")
    }

    /// `noCodeFeed` and `raised_hand` as words.
    private static func words(_ name: String) -> String {
        name.reduce(into: "") { text, character in
            if character == "_" {
                text.append(" ")
            } else if character.isUppercase {
                text += " " + character.lowercased()
            } else {
                text.append(character)
            }
        }
    }

    private func colour(of event: RecordingEvent) -> Int? {
        guard isColoured else { return nil }
        return switch event.subject {
        case .voice: nil
        case .pause: 2
        case .gesture(.raisedHand, _): 35
        case .gesture(.palmToForehead, _), .lookMissing: 33
        case .longPause: 1
        case .helpMoment: 34
        }
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(width - text.count, 0))
    }

    // MARK: The summary

    private func summary(of report: RecordingReport) -> [String] {
        var lines: [String] = []
        if !report.chunks.isEmpty {
            let speech = total(report.spans(of: "voice"))
            let pauses = report.spans(of: "pause")
            let long = report.events.count { $0.subject == .longPause }
            lines.append("  speech   \(speech.shown) of \(heard(report).shown) of sound")
            lines.append("  pauses   \(pauses.count), \(total(pauses).shown) in all; long \(long)")
        }
        if report.pictures > 0 {
            let counts = Gesture.Kind.allCases.map { kind in
                "\(Self.words(kind.rawValue)) \(report.events.count { $0.subject == .gesture(kind, .begin) })"
            }
            lines.append("  gestures \(counts.joined(separator: ", "))")
            lines.append("  looks    \(report.looks.count) for hands, of \(report.pictures) pictures")
        }
        let moments = report.events.count { if case .helpMoment = $0.subject { true } else { false } }
        lines.append("  moments  \(moments) in which a hint would be thought about")
        lines.append("  took     \(cost(report))")
        return lines
    }

    private func cost(_ report: RecordingReport) -> String {
        let cost = report.cost
        let speed = report.duration.inSeconds / max(cost.all.inSeconds, 0.001)
        let parts = [("hearing", cost.hearing), ("looking", cost.looking)].filter { $0.1 > .zero }
            .map { "\($0.0) \($0.1.inSeconds.decimals(2)) s" }
        let text = "\(cost.all.shown), \(speed.decimals(speed < 10 ? 1 : 0)) × real time"
        return parts.isEmpty ? text : text + " (" + parts.joined(separator: ", ") + ")"
    }

    private func heard(_ report: RecordingReport) -> Duration { VoiceChunk.duration * report.chunks.count }

    private func total(_ spans: [Range<Instant>]) -> Duration {
        spans.reduce(.zero) { $0 + ($1.upperBound - $1.lowerBound) }
    }
}
