import Perception
import SansIO

/// A report as JSON, one object a line, by time. Times are seconds of the file.
public struct RecordingLines: Sendable {
    /// Named in each line where it is given.
    public var file: String?
    /// Whether the scores are told too, as they are kept: in a byte or two each.
    public var hasScores: Bool
    private let gesture: GestureConfiguration

    /// - Parameter gesture: by which the verdict on a hand is told.
    public init(file: String? = nil, hasScores: Bool = false, gesture: GestureConfiguration) {
        self.file = file
        self.hasScores = hasScores
        self.gesture = gesture
    }

    public func lines(of report: RecordingReport) -> [String] {
        var lines = report.events.map { (at: $0.at, text: line($0)) }
        if hasScores {
            lines += report.chunks.map { (at: $0.start, text: line($0)) }
            lines += report.looks.map { (at: $0.at, text: line($0)) }
        }
        lines += report.faults.map { (at: Self.time(of: $0, in: report), text: line($0, in: report)) }
        return lines.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element.text)
    }

    /// What has no time of its own is known at the end.
    private static func time(of fault: RecordingFault, in report: RecordingReport) -> Instant {
        if case .endedEarly(_, let at, _) = fault { at } else { .zero + report.duration }
    }

    private func line(_ fault: RecordingFault, in report: RecordingReport) -> String {
        let time = Self.time(of: fault, in: report)
        switch fault {
        case .endedEarly(let part, _, let expected):
            var object = beginning(time, "ended_early")
            object.add("part", text: part.rawValue)
            object.add("expected", seconds(expected))
            return object.text
        case .damaged(let complaints, let first):
            var object = beginning(time, "damaged")
            object.add("complaints", "\(complaints)")
            object.add("reasons", "[" + JSONObject.quoted(first) + "]")
            return object.text
        case .brokenOff(let reason):
            var object = beginning(time, "broken_off")
            object.add("reasons", "[" + JSONObject.quoted(reason) + "]")
            return object.text
        }
    }

    private func line(_ event: RecordingEvent) -> String {
        var object = beginning(event.at, event.signal)
        if let phase = event.phase { object.add("phase", text: phase.rawValue) }
        if case .helpMoment(let kind, let isRequest) = event.subject {
            object.add("kind", text: kind.rawValue)
            object.add("request", isRequest ? "true" : "false")
        }
        if let confidence = event.confidence { object.add("confidence", confidence.decimals(3)) }
        object.add("known", seconds(event.known))
        if let since = event.since {
            object.add("since", seconds(since))
            object.add("duration", (event.at - since).inSeconds.decimals(3))
        }
        if let threshold = event.threshold { object.add("threshold", threshold.inSeconds.decimals(3)) }
        if !event.reasons.isEmpty {
            object.add("reasons", "[" + event.reasons.map(JSONObject.quoted).joined(separator: ",") + "]")
        }
        return object.text
    }

    private func line(_ chunk: VoiceChunk) -> String {
        var object = beginning(chunk.start, "voice_score")
        object.add("speech", chunk.speech.value.decimals(3))
        object.add("level", Double(chunk.level).decimals(1))
        return object.text
    }

    private func line(_ look: GestureLook) -> String {
        var object = beginning(look.at, "look")
        object.add("reason", text: "\(look.reason)")
        object.add("hands", "[" + look.hands.map(text).joined(separator: ",") + "]")
        return object.text
    }

    private func text(_ hand: HandScores) -> String {
        var object = JSONObject()
        object.add("verdict", text: verdict(gesture.verdict(on: hand)))
        object.add("palm", hand.palm.value.decimals(3))
        object.add("presence", hand.presence.value.decimals(3))
        if let face = hand.facePresence { object.add("face_presence", face.value.decimals(3)) }
        object.add("lin", hand.lin.value.decimals(3))
        object.add("across", hand.across.value.decimals(3))
        if let clear = hand.clear { object.add("clear", clear.value.decimals(3)) }
        object.add("wrist", hand.wrist.value.decimals(3))
        object.add("knuckles", hand.knuckles.value.decimals(3))
        if let breadth = hand.breadth { object.add("breadth", breadth.value.decimals(3)) }
        if let forehead = hand.forehead {
            object.add("forehead_likeness", forehead.likeness.value.decimals(3))
            object.add("forehead_drop", forehead.drop.value.decimals(3))
        }
        return object.text
    }

    private func verdict(_ verdict: HandVerdict) -> String {
        switch verdict {
        case .palmToForehead(let isWeak): isWeak ? "palm_to_forehead_weak" : "palm_to_forehead"
        case .raisedHand: "raised_hand"
        case .atFace: "at_face"
        case .nothing: "nothing"
        }
    }

    private func beginning(_ at: Instant, _ signal: String) -> JSONObject {
        var object = JSONObject()
        if let file { object.add("file", text: file) }
        object.add("t", seconds(at))
        object.add("signal", text: signal)
        return object
    }

    private func seconds(_ at: Instant) -> String { (at - .zero).inSeconds.decimals(3) }
}

/// Members in the order in which they were added.
private struct JSONObject {
    private var members: [String] = []

    var text: String { "{" + members.joined(separator: ",") + "}" }

    /// - Parameter value: JSON.
    mutating func add(_ name: String, _ value: String) { members.append("\"\(name)\":\(value)") }
    mutating func add(_ name: String, text: String) { add(name, Self.quoted(text)) }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
