import Coach
import SansIO
import Simulation
import Testing

@testable import AgentRuntime

/// One of each, as Jask or a client would send it.
enum Samples {
    static let id = ULID("01JD9ZK6Q4M8T2V5W7X9Y0A1B2")
    static let time = Timestamp(milliseconds: 1_795_341_600_125)

    static func hint(_ hint: Hint) -> HintMessage? {
        id.map {
            HintMessage(
                id: $0, issuedAt: time, expiresAt: Timestamp(milliseconds: time.milliseconds + 60_000),
                trigger: .init(kind: "long_pause", confidence: 0.85, startedAt: time), hint: hint)
        }
    }

    static let hints = [
        Hint(
            tier: 1, text: "Look here: \"é\" \\ \n🙂",
            anchor: Anchor(path: "a/b.py", revision: 7, startLine: 1, endLine: 2), source: .claude),
        Hint(tier: 2, text: "Why?", source: .rehearsed),
    ].compactMap(hint)

    static let controls = [
        ControlMessage(action: .pause), ControlMessage(action: .tierLimit, tier: 0), ControlMessage(action: .tierLimit),
        ControlMessage(action: .optOut, sources: [.camera, .code]),
    ]
    static let codes = [
        CodeMessage(path: "a.py", language: "python", revision: 1, text: "x = \"\u{1F600}\"\n\t"),
        CodeMessage(path: "a.py", text: ""),
        CodeMessage(
            path: "a.py", revision: 3, base: 2,
            edits: [.init(startLine: 1, startColumn: 1, endLine: 2, endColumn: 3, text: "y")]),
    ]

    /// Topic and bytes of every kind of message.
    static var all: [(topic: String, payload: [UInt8])] {
        hints.map { (Topic.hint, $0.encoded()) } + controls.map { (Topic.control, $0.encoded()) }
            + codes.map { (Topic.code, $0.encoded()) }
            + [
                (Topic.ask, AskMessage().encoded()), (Topic.ask, AskMessage(question: "Why?").encoded()),
                (Topic.runResult, RunResultMessage(passed: 1, failed: 2, stderr: "no").encoded()),
                (Topic.problem, ProblemMessage(text: "Sum.").encoded()),
            ]
            + (id.map { id in
                [
                    (Topic.ack, AckMessage(id: id).encoded()),
                    (Topic.ack, AckMessage(id: id, status: .helpful).encoded()),
                    (
                        Topic.notice,
                        NoticeMessage(
                            id: id, issuedAt: time, kind: .observing, text: "x", by: "Jask",
                            observed: [.init(source: .microphone, purpose: "p", used: true)], stop: Topic.control
                        ).encoded()
                    ),
                    (
                        Topic.notice,
                        NoticeMessage(
                            id: id, issuedAt: time, kind: .error, text: "x", by: "Jask", code: "not_json",
                            topic: "jask.ask"
                        ).encoded()
                    ),
                ]
            } ?? [])
    }

    /// Decodes and encodes again; nil where the topic has no message of ours.
    static func roundTrip(_ topic: String, _ payload: [UInt8]) throws(WireError) -> [UInt8]? {
        switch topic {
        case Topic.hint: try HintMessage(decoding: payload).encoded()
        case Topic.notice: try NoticeMessage(decoding: payload).encoded()
        case Topic.code: try CodeMessage(decoding: payload).encoded()
        case Topic.problem: try ProblemMessage(decoding: payload).encoded()
        case Topic.ask: try AskMessage(decoding: payload).encoded()
        case Topic.runResult: try RunResultMessage(decoding: payload).encoded()
        case Topic.control: try ControlMessage(decoding: payload).encoded()
        case Topic.ack: try AckMessage(decoding: payload).encoded()
        default: nil
        }
    }
}

@Suite("Messages on the wire")
struct WireMessageTests {
    @Test("every message comes back byte for byte")
    func roundTrips() throws {
        #expect(Samples.all.count == 17)
        for (topic, payload) in Samples.all {
            #expect(try Samples.roundTrip(topic, payload) == payload, "\(topic)")
        }
    }

    @Test("cut anywhere, a message is refused")
    func truncated() {
        for (topic, payload) in Samples.all {
            for length in 0..<payload.count {
                #expect(throws: WireError.self) { try Samples.roundTrip(topic, Array(payload.prefix(length))) }
            }
        }
    }

    @Test("members that the contract does not name are passed over")
    func unknownMembers() throws {
        let message = try AskMessage(decoding: Array(#"{"type":"jask.ask","version":1,"later":{"a":[1]}}"#.utf8))
        #expect(message == AskMessage())
    }

    @Test("changed and random bytes never do harm; what is taken comes back the same", arguments: 0..<8)
    func fuzz(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let samples = Samples.all
        var taken = 0
        for _ in 0..<1500 {
            guard var (topic, payload) = samples.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &random) where !payload.isEmpty {
                let place = Int.random(in: 0..<payload.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: payload[place] = UInt8.random(in: 0...255, using: &random)
                case 1: payload.remove(at: place)
                case 2: payload.insert(contentsOf: Array(#"-1e999"#.utf8), at: place)
                case 3: payload[place] = Array(#"0123456789[]{}",:ntf\"#.utf8).randomElement(using: &random) ?? 0
                default: payload.insert(contentsOf: payload[place...].prefix(20), at: place)
                }
            }
            if Int.random(in: 0..<10, using: &random) == 0 {
                topic = samples.randomElement(using: &random)?.topic ?? topic
            }
            do throws(WireError) {
                guard let once = try Samples.roundTrip(topic, payload) else { continue }
                taken += 1
                #expect(try Samples.roundTrip(topic, once) == once, "seed \(seed)")
            } catch {
                #expect(!error.message.isEmpty, "seed \(seed)")
            }
        }
        #expect(taken > 0, "seed \(seed): nothing was taken, so nothing was tried")
    }

    @Test("metadata that is random, or not ours, says nothing and does no harm", arguments: 0..<4)
    func metadata(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let sample = Array(
            #"{"jask":{"candidate":"a","interviewers":["b"],"problem":"p","settings":{"policy.cooldown":5,"hint.language":"de","chat.legacy":true}}}"#
                .utf8)
        let whole = SessionMetadata(job: String(decoding: sample, as: UTF8.self))
        #expect(whole.candidate == "a" && whole.interviewers == ["b"] && whole.problem == "p")
        #expect(whole.settings.entries.count == 3 && whole.problems.isEmpty)
        for _ in 0..<500 {
            var bytes = sample
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 32...126, using: &random)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let room = SessionMetadata(room: text)
            #expect(room.candidate == nil && room.interviewers.isEmpty)
            _ = SessionMetadata(job: text)
        }
        #expect(SessionMetadata(job: "").problems.isEmpty && SessionMetadata(room: "plain text").problems.isEmpty)
        #expect(SessionMetadata(job: "plain text").problems.count == 1)
    }
}
