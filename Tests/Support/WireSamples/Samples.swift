import SansIO
import Wire

/// One of each, as Jask or a client would send it.
public enum Samples {
    public static let id = ULID("01JD9ZK6Q4M8T2V5W7X9Y0A1B2")
    public static let time = Timestamp(milliseconds: 1_795_341_600_125)

    public static func hint(_ hint: Hint) -> HintMessage? {
        id.map {
            HintMessage(
                id: $0, issuedAt: time, expiresAt: Timestamp(milliseconds: time.milliseconds + 60_000),
                trigger: .init(kind: "long_pause", confidence: 0.85, startedAt: time), hint: hint)
        }
    }

    public static let hints = [
        Hint(
            tier: 1, text: "Look here: \"é\" \\ \n🙂",
            anchor: Anchor(path: "a/b.py", revision: 7, startLine: 1, endLine: 2), source: .claude),
        Hint(tier: 2, text: "Why?", source: .rehearsed),
    ].compactMap(hint)

    public static let controls = [
        ControlMessage(action: .pause), ControlMessage(action: .tierLimit, tier: 0), ControlMessage(action: .tierLimit),
        ControlMessage(action: .optOut, sources: [.camera, .code]),
    ]
    public static let codes = [
        CodeMessage(path: "a.py", language: "python", revision: 1, text: "x = \"\u{1F600}\"\n\t"),
        CodeMessage(path: "a.py", text: ""),
        CodeMessage(
            path: "a.py", revision: 3, base: 2,
            edits: [.init(startLine: 1, startColumn: 1, endLine: 2, endColumn: 3, text: "y")]),
    ]

    /// Topic and bytes of every kind of message.
    public static var all: [(topic: TopicName, payload: [UInt8])] {
        var all: [(topic: TopicName, payload: [UInt8])] = []
        for message in hints { all.append((Topic.hint, message.encoded())) }
        for message in controls { all.append((Topic.control, message.encoded())) }
        for message in codes { all.append((Topic.code, message.encoded())) }
        all.append((Topic.ask, AskMessage().encoded()))
        all.append((Topic.ask, AskMessage(question: "Why?").encoded()))
        all.append((Topic.runResult, RunResultMessage(passed: 1, failed: 2, stderr: "no").encoded()))
        all.append((Topic.problem, ProblemMessage(text: "Sum.").encoded()))
        all.append((Topic.hello, HelloMessage().encoded()))
        all.append((Topic.hello, HelloMessage(shows: [Topic.hint, Topic.notice], acknowledges: true).encoded()))
        let frame = FrameMessage(wanted: true, rate: 4, width: 320, maximumBytes: 262_144, maximumPixels: 921_600)
        all.append((Topic.frame, frame.encoded()))
        guard let id else { return all }
        all.append((Topic.ack, AckMessage(id: id).encoded()))
        all.append((Topic.ack, AckMessage(id: id, status: .helpful).encoded()))
        let observed = [NoticeMessage.Observed(source: .microphone, purpose: "p", used: true)]
        var observing = NoticeMessage(id: id, issuedAt: time, kind: .observing, text: "x", by: "Jask")
        observing.observed = observed
        observing.stop = Topic.control.text
        all.append((Topic.notice, observing.encoded()))
        var error = NoticeMessage(id: id, issuedAt: time, kind: .error, text: "x", by: "Jask", code: "not_json")
        error.topic = "jask.ask"
        all.append((Topic.notice, error.encoded()))
        error.path = "a.py"
        error.revision = 3
        error.resend = NoticeMessage.wholeText
        all.append((Topic.notice, error.encoded()))
        return all
    }

    /// Decodes and encodes again; nil where the topic has no message of ours.
    public static func roundTrip(_ topic: TopicName, _ payload: [UInt8]) throws(WireError) -> [UInt8]? {
        switch topic {
        case Topic.hint: try HintMessage(decoding: payload).encoded()
        case Topic.notice: try NoticeMessage(decoding: payload).encoded()
        case Topic.code: try CodeMessage(decoding: payload).encoded()
        case Topic.problem: try ProblemMessage(decoding: payload).encoded()
        case Topic.ask: try AskMessage(decoding: payload).encoded()
        case Topic.runResult: try RunResultMessage(decoding: payload).encoded()
        case Topic.control: try ControlMessage(decoding: payload).encoded()
        case Topic.ack: try AckMessage(decoding: payload).encoded()
        case Topic.hello: try HelloMessage(decoding: payload).encoded()
        case Topic.frame: try FrameMessage(decoding: payload).encoded()
        default: nil
        }
    }
}
