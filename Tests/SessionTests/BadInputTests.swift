import Foundation
import SansIO
import Simulation
import Testing
import Wire

@testable import Session

@Suite("Bad input of clients")
struct BadInputTests {
    struct Bad: CustomTestStringConvertible {
        var name: String
        var topic: TopicName
        var payload: [UInt8]
        var code: String
        var sender: Identity = "ada"
        var testDescription: String { name }

        init(_ name: String, _ topic: TopicName, _ text: String, _ code: String, sender: Identity = "ada") {
            self.name = name
            self.topic = topic
            payload = Array(text.utf8)
            self.code = code
            self.sender = sender
        }

        init(_ name: String, _ topic: TopicName, bytes: [UInt8], _ code: String) {
            self.name = name
            self.topic = topic
            payload = bytes
            self.code = code
        }
    }

    static func code(_ members: String) -> String { #"{"type":"jask.code","version":1,"# + members + "}" }

    static let all = [
        Bad(
            "broken UTF-8", "jask.code",
            bytes: Array(#"{"type":"jask.code","version":1,"path":""#.utf8) + [0xC3, 0x28], "not_utf8"),
        Bad("not JSON", "jask.code", "hello", "not_json"),
        Bad("empty", "jask.ask", "", "not_json"),
        Bad("cut JSON", "jask.ask", #"{"type":"jask.ask","ver"#, "not_json"),
        Bad("an array", "jask.ask", "[]", "wrong_type"),
        Bad("no version", "jask.ask", #"{"type":"jask.ask"}"#, "missing_member"),
        Bad("version 2", "jask.ask", #"{"type":"jask.ask","version":2}"#, "unknown_version"),
        Bad("a version of text", "jask.ask", #"{"type":"jask.ask","version":"1"}"#, "wrong_type"),
        Bad("another topic's message", "jask.ask", #"{"type":"jask.ack","version":1}"#, "wrong_message"),
        Bad("a question of numbers", "jask.ask", #"{"type":"jask.ask","version":1,"question":5}"#, "wrong_type"),
        Bad(
            "a question too long", "jask.ask",
            #"{"type":"jask.ask","version":1,"question":"\#(String(repeating: "x", count: 1001))"}"#, "too_large"),
        Bad("code without text", "jask.code", code(#""path":"a""#), "missing_member"),
        Bad(
            "code with both", "jask.code", code(#""path":"a","text":"","edits":[],"base":1,"revision":2"#),
            "out_of_range"),
        Bad("code without path", "jask.code", code(#""text":"""#), "missing_member"),
        Bad("code with an empty path", "jask.code", code(#""path":"","text":"""#), "out_of_range"),
        Bad("a negative revision", "jask.code", code(#""path":"a","text":"","revision":-1"#), "out_of_range"),
        Bad(
            "a revision beyond 64 bits", "jask.code", code(#""path":"a","text":"","revision":99999999999999999999"#),
            "out_of_range"),
        Bad(
            "more than 1 MiB", "jask.code",
            code(#""path":"a","text":"\#(String(repeating: "x", count: 1 << 20 | 1))""#), "too_large"),
        Bad("a stale revision", "jask.code", code(#""path":"known.py","text":"x","revision":5"#), "stale_revision"),
        Bad(
            "edits of an unknown base", "jask.code", code(#""path":"known.py","base":3,"revision":6,"edits":[]"#),
            "unknown_base"),
        Bad(
            "edits of an unknown file", "jask.code", code(#""path":"new.py","base":3,"revision":6,"edits":[]"#),
            "unknown_base"),
        Bad(
            "an edit out of range", "jask.code",
            code(
                #""path":"known.py","base":5,"revision":6,"edits":[{"start_line":9,"start_column":1,"end_line":9,"end_column":1,"text":""}]"#
            ), "invalid_edit"),
        Bad(
            "an edit with a negative line", "jask.code",
            code(
                #""path":"known.py","base":5,"revision":6,"edits":[{"start_line":-9223372036854775808,"start_column":1,"end_line":9,"end_column":1,"text":""}]"#
            ), "invalid_edit"),
        Bad(
            "an edit without text", "jask.code",
            code(
                #""path":"known.py","base":5,"revision":6,"edits":[{"start_line":1,"start_column":1,"end_line":1,"end_column":1}]"#
            ), "missing_member"),
        Bad(
            "a negative result", "jask.run.result", #"{"type":"jask.run.result","version":1,"passed":-1,"failed":0}"#,
            "out_of_range"),
        Bad(
            "an unknown action", "jask.control", #"{"type":"jask.control","version":1,"action":"explode"}"#,
            "out_of_range"),
        Bad(
            "tier 7", "jask.control", #"{"type":"jask.control","version":1,"action":"tier_limit","tier":7}"#,
            "out_of_range"),
        Bad(
            "an unknown source", "jask.control",
            #"{"type":"jask.control","version":1,"action":"opt_out","sources":["soul"]}"#, "out_of_range"),
        Bad(
            "no source at all", "jask.control", #"{"type":"jask.control","version":1,"action":"opt_out","sources":[]}"#,
            "out_of_range"),
        Bad(
            "a candidate who pauses", "jask.control", #"{"type":"jask.control","version":1,"action":"pause"}"#,
            "not_allowed"),
        Bad("a candidate's problem", "jask.problem", #"{"type":"jask.problem","version":1,"text":"x"}"#, "not_allowed"),
        Bad(
            "a huge problem", "jask.problem",
            #"{"type":"jask.problem","version":1,"text":"\#(String(repeating: "x", count: 65_537))"}"#, "too_large",
            sender: "ivo"),
        Bad(
            "an ack of no hint", "jask.ack", #"{"type":"jask.ack","version":1,"id":"01JD9ZK6Q4M8T2V5W7X9Y0A1B2"}"#,
            "unknown_hint"),
        Bad(
            "a hello with too many topics", "jask.hello",
            #"{"type":"jask.hello","version":1,"shows":[\#(Array(repeating: #""x""#, count: 17).joined(separator: ","))]}"#,
            "out_of_range"),
        Bad(
            "a hello with a topic of no name", "jask.hello", #"{"type":"jask.hello","version":1,"shows":[""]}"#,
            "out_of_range"),
        Bad(
            "a hello that acknowledges a number", "jask.hello", #"{"type":"jask.hello","version":1,"acknowledges":1}"#,
            "wrong_type"),
        Bad("an ack with a broken id", "jask.ack", #"{"type":"jask.ack","version":1,"id":"x"}"#, "out_of_range"),
        Bad("an agent's message from a client", "jask.hint", "{}", "unknown_topic"),
        Bad("a topic that does not exist", "jask.nonsense", "{}", "unknown_topic"),
        Bad("deep nesting", "jask.ask", String(repeating: "[", count: 4000), "not_json"),
    ]

    @Test("is answered to its sender, counted, and changes nothing", arguments: all)
    func isAnswered(_ bad: Bad) throws {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ada", revision: 5, "a = 1\n", path: "known.py")
        let journal = stage.journal.count
        let log = stage.log.count
        stage.give(.packet(topic: bad.topic, sender: bad.sender, payload: bad.payload))
        #expect(stage.refusals() == [bad.code])
        let notices = stage.notices(.error)
        #expect(notices.map(\.code) == [bad.code] && notices.map(\.topic) == [bad.topic.text])
        #expect(stage.log[log...] == ["send jask.notice \(bad.sender)"], "to the sender alone, and nothing else")
        #expect(
            stage.journal[journal...].map(\.event) == [
                .refused(topic: bad.topic.text, sender: bad.sender, code: bad.code)
            ])
        let document = try #require(stage.core.workspace.currentDocument(of: "ada"))
        #expect(document.text == "a = 1\n" && document.revision == 5 && document.path == "known.py")
        #expect(!stage.core.isPaused && stage.core.problem == nil && stage.core.consent.optedOut.isEmpty)
    }

    @Test("broken streams, and streams where packets belong, are answered too")
    func streams() {
        var stage = Stage()
        stage.joinBoth()
        stage.give(.streamFailed(topic: Topic.code, sender: "ada", WireError(.notUTF8, "the stream is not UTF-8")))
        stage.give(.text(topic: Topic.ask, sender: "ada", attributes: [:], text: "{}", streamID: "s"))
        stage.give(.text(topic: Topic.code, sender: "ada", attributes: ["revision": "x"], text: "a", streamID: "s"))
        stage.give(.streamFailed(topic: "lk.chat", sender: "ada", WireError(.brokenStream, "not ours")))
        #expect(stage.notices(.error, to: "ada").map(\.code) == ["not_utf8", "wrong_message", "wrong_type"])
        #expect(stage.notices(.error).first?.text.contains("not UTF-8") == true)
        #expect(stage.asks.isEmpty)
    }

    @Test("a text stream without path and revision is taken under a name of its own")
    func bareStream() {
        var stage = Stage()
        stage.joinBoth()
        stage.give(
            .text(topic: Topic.code, sender: "ada", attributes: ["language": "python"], text: "a", streamID: "s"))
        stage.give(
            .text(topic: Topic.code, sender: "ada", attributes: ["language": "python"], text: "b", streamID: "t"))
        #expect(stage.core.workspace.currentDocument(of: "ada")?.path == "main")
        #expect(stage.core.workspace.currentDocument(of: "ada")?.revision == 2)
        #expect(stage.log.filter { $0 == "typed ada" }.count == 1)
    }

    @Test("a client that does nothing else gets few notices and fills no journal; others are not affected")
    func rateLimit() {
        var stage = Stage(settings: ["notices.burst": "3", "notices.interval": "10s"])
        stage.joinBoth()
        for _ in 0..<100 {
            stage.packet(Topic.code, from: "ada", "nonsense")
            stage.pass(.milliseconds(10))
        }
        #expect(stage.notices(.error, to: "ada").count == 3)
        #expect(stage.refusals().count == 100)
        #expect(stage.journal.filter { if case .refused = $0.event { true } else { false } }.count == 3)
        stage.packet(Topic.code, from: "ivo", "nonsense")
        #expect(stage.notices(.error, to: "ivo").count == 1)
        stage.pass(.seconds(10))
        stage.packet(Topic.code, from: "ada", "nonsense")
        #expect(stage.notices(.error, to: "ada").count == 4)
    }

    @Test("a topic that is made up is told back short and in one line, to the sender, the journal and the log")
    func madeUpTopic() throws {
        var stage = Stage()
        stage.joinBoth()
        let topic = TopicName("jask.\n\u{1B}[31m" + String(repeating: "x", count: 60_000))
        stage.packet(topic, from: "ada", "{}")
        stage.give(.streamFailed(topic: topic, sender: "ada", WireError(.brokenStream, "cut")))
        stage.give(.packet(topic: topic, sender: nil, payload: []))
        let notices = stage.notices(.error, to: "ada")
        #expect(notices.map(\.code) == ["unknown_topic", "broken_stream"])
        for notice in notices {
            #expect(try #require(notice.topic).count < 100 && notice.text.count < 300)
            #expect(!notice.text.unicodeScalars.contains { $0.value < 0x20 })
        }
        for entry in stage.journal { #expect(entry.line.count < 500) }
        for note in stage.notes {
            guard case .refused(let shown, _, _) = note else { continue }
            #expect(shown.hasPrefix("jask.") && shown.count < 100 && !shown.contains("\n"))
        }
    }

    @Test("other topics are not ours")
    func otherTopics() {
        var stage = Stage()
        stage.joinBoth()
        stage.packet("lk-chat-topic", from: "ada", "hello")
        stage.packet("app.cursor", from: "ada", "\u{0}")
        #expect(stage.refusals().isEmpty && stage.notices(.error).isEmpty)
    }

    @Test("any order of anything leaves the rules standing", arguments: 0..<40)
    func anything(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var stage = Stage(settings: ["policy.cooldown": "5s", "policy.spacing": "1s"], seed: UInt64(seed))
        let people: [Identity] = ["ada", "ivo", "oto", "bot"]
        for _ in 0..<250 {
            let who = people[Int.random(in: 0..<4, using: &random)]
            switch Int.random(in: 0..<16, using: &random) {
            case 0:
                stage.join(
                    who, sid: "PA_\(who)\(Int.random(in: 0...1, using: &random))",
                    role: [nil, "candidate", "interviewer", "observer"].randomElement(using: &random) ?? nil,
                    microphone: Bool.random(using: &random),
                    attributes: Bool.random(using: &random) ? ["jask.ack": "1"] : [:],
                    isActive: Int.random(in: 0..<4, using: &random) > 0)
            case 1: stage.give(.participantLeft(identity: who))
            case 2: stage.speak(who, for: .milliseconds(300))
            case 3, 4, 5: stage.longPause(who)
            case 6: stage.ask(from: who)
            case 7: stage.code(from: who, revision: Int.random(in: 0...50, using: &random), "x = \(seed)")
            case 8: stage.give(.connection(Bool.random(using: &random) ? .lost : .restored))
            case 9: stage.isOpen.toggle()
            case 10:
                stage.control(
                    [.pause, .resume, .resume, .optOut, .optIn, .optIn].randomElement(using: &random) ?? .resume,
                    from: who)
            case 11:
                stage.give(
                    .packet(
                        topic: Topic.incoming.sorted().randomElement(using: &random) ?? "", sender: who,
                        payload: (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }))
            case 12, 13, 14:
                if let ask = stage.asks.last, !stage.cancelled.contains(ask.id) {
                    stage.answer(
                        "Hint \(stage.asks.count).", after: .milliseconds(Int.random(in: 0...4000, using: &random)))
                }
            default: stage.pass(.milliseconds(Int.random(in: 1...20_000, using: &random)))
            }
        }
        // Everyone who was listened to had been told just before.
        for (index, line) in stage.log.enumerated() where line.hasPrefix("listen ") {
            let told = "send jask.notice " + line.dropFirst(7)
            #expect(stage.log[..<index].contains(told), "seed \(seed)")
        }
        // Nothing was sent twice, and no hint without its entry.
        #expect(Set(stage.sent.map(\.id)).count == stage.sent.count, "seed \(seed)")
        let intended = Set(stage.journal.compactMap { if case .intended(let hint) = $0.event { hint.id } else { nil } })
        for message in stage.messages(Topic.hint) {
            let id = (try? HintMessage(decoding: message.payload))?.id.description ?? ""
            #expect(intended.contains(id), "seed \(seed)")
        }
        // And what the journal says is the state.
        let history = SessionHistory(stage.journal)
        #expect(
            history.isPaused == stage.core.isPaused && history.optedOut == stage.core.consent.optedOut, "seed \(seed)")
    }
}
