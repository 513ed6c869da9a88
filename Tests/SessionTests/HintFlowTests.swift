import Coach
import Perception
import SansIO
import Testing
import Wire

@testable import Session

@Suite("From a moment to a hint")
struct HintFlowTests {
    @Test("a long pause becomes a hint for the candidate, the interviewer and unchanged clients")
    func longPauseToHint() throws {
        var stage = Stage(jobMetadata: #"{"problem":"Sum two numbers."}"#)
        stage.joinBoth()
        stage.code(from: "ada", revision: 3, "def add(a, b):\n    pass\n")
        stage.speak("ada")
        stage.pass(.seconds(10))
        stage.longPause()
        let request = try #require(stage.asks.first?.request)
        #expect(request.problem == "Sum two numbers.")
        #expect(request.document?.path == "solution.py" && request.document?.revision == 3)
        #expect(request.trigger.kind == "long_pause" && request.trigger.silentFor == 10)
        #expect(request.trigger[.typingIdle] == "11.0" && request.trigger[.reasons] == "editorIdle")
        #expect(request.trigger.details["moment"] == nil)
        stage.answer("What should line 2 return?", after: .milliseconds(900))

        let hint = try #require(stage.hints().first)
        #expect(hint.text == "What should line 2 return?" && hint.tier == 1 && hint.source == .claude)
        #expect(hint.anchor?.path == "solution.py" && hint.anchor?.revision == 3)
        #expect(
            hint.trigger.startedAt < hint.issuedAt && hint.expiresAt.milliseconds - hint.issuedAt.milliseconds == 60_000
        )
        #expect(hint.issuedAt == Timestamp(milliseconds: (stage.now + stage.wallOffset).nanoseconds / 1_000_000))
        #expect(stage.hints(to: "ivo").map(\.id) == [hint.id])
        let chat = try #require(stage.messages(Topic.chat, to: "ada").last)
        #expect(chat.text == "Jask: \(hint.text)" && chat.streamID == hint.id.description)
        let legacy = try #require(stage.messages(Topic.legacyChat, to: "ada").last)
        let line = String(decoding: legacy.payload, as: UTF8.self)
        #expect(line.contains("\"id\":\"\(hint.id)\"") && line.contains("\"ignoreLegacy\":true"))
        // The packet goes before the chat, and every message has one addressee.
        #expect(stage.sent.allSatisfy { $0.to == "ada" || $0.to == "ivo" })
        guard case .hintSent(let sent)? = stage.notes.last(where: { if case .hintSent = $0 { true } else { false } })
        else { return #expect(Bool(false), "no note") }
        #expect(sent.sinceTrigger == .milliseconds(900) && sent.ownShare == .zero && sent.to == ["ada", "ivo"])
    }

    @Test(
        "the settings say in which forms a hint is shown",
        arguments: [
            (["chat.lk_chat": "false", "chat.legacy": "false"], [TopicName]()),
            (["chat.legacy": "false", "chat.transcription": "true"], [Topic.chat, Topic.transcription]),
            (["chat.lk_chat": "false"], [Topic.legacyChat]),
        ])
    func chatForms(settings: [String: String], expected: [TopicName]) {
        var stage = Stage(settings: settings)
        stage.join("ada")
        let before = stage.sent.count
        stage.longPause()
        stage.answer()
        #expect(stage.sent[before...].map(\.topic) == [Topic.hint] + expected)
        if expected == [Topic.legacyChat] {
            // Nobody else would show it then.
            let line = String(decoding: stage.sent.last?.payload ?? [], as: UTF8.self)
            #expect(line.contains("\"ignoreLegacy\":false"))
        }
    }

    @Test(
        "what happens before the answer came withdraws an unasked hint",
        arguments: [
            ("voice", "candidate_spoke"), ("typing", "candidate_typed"), ("interviewer", "interviewer_speaking"),
            ("pause", "paused"), ("end", "paused"),
        ])
    func momentPasses(cause: String, reason: String) {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ada", revision: 1, "a = 1")
        stage.pass(.seconds(5))
        stage.longPause()
        #expect(stage.asks.count == 1)
        stage.pass(.milliseconds(300))
        switch cause {
        case "voice": stage.speak("ada")
        case "typing": stage.code(from: "ada", revision: 2, "a = 2")
        case "interviewer": stage.speak("ivo")
        case "pause": stage.control(.pause, from: "ivo")
        default: stage.control(.end, from: "ivo")
        }
        #expect(stage.cancelled == [stage.asks[0].id])
        stage.answer()
        #expect(stage.hints().isEmpty)
        // What lasts is held first, and ends with the turn.
        #expect(stage.dropped() == (cause == "interviewer" ? [reason] : []) + [reason, "late"])
        #expect(stage.journal.contains { $0.event == .withdrawn(request: stage.asks[0].id, reason: reason) })
    }

    @Test("a requested hint stands when the candidate speaks or types")
    func requestStands() {
        var stage = Stage()
        stage.joinBoth()
        stage.ask(from: "ada")
        stage.speak("ada")
        stage.code(from: "ada", revision: 1, "a")
        stage.code(from: "ada", revision: 2, "b")
        stage.answer()
        #expect(stage.hints().map(\.trigger.kind) == ["request"])
    }

    @Test("a request within the cooldown is declined with the time that remains, and one after it is not")
    func askWithinCooldown() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.ask(from: "ivo")
        stage.answer()
        stage.pass(.seconds(5))
        stage.ask(from: "ada")
        #expect(stage.asks.count == 1)
        let declined = try #require(stage.notices(.declined, to: "ada").first)
        #expect(declined.code == "cooldown" && declined.topic == "jask.ask" && declined.text.contains("15 s"))
        #expect(stage.notices(.declined, to: "ivo").isEmpty)
        stage.pass(.seconds(15))
        stage.ask(from: "ada")
        #expect(stage.asks.count == 2)
        // The former hint is told to the coach, and the tier goes up.
        #expect(stage.asks[1].request.earlier.map(\.text) == ["Look at line 1."])
        #expect(stage.asks[1].request.tier == 2)
    }

    @Test("only candidate and interviewers may ask")
    func observersMayNotAsk() {
        var stage = Stage()
        stage.joinBoth()
        stage.join("oto", role: "observer")
        stage.ask(from: "oto")
        #expect(stage.asks.isEmpty && stage.refusals() == ["not_allowed"])
    }

    @Test("a moment in the middle of typing waits until it has settled")
    func waitsForTyping() {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ada", revision: 1, "a")
        stage.code(from: "ada", revision: 2, "ab")
        stage.pass(.seconds(1))
        stage.longPause()
        #expect(stage.asks.isEmpty)
        stage.pass(.seconds(1))
        #expect(stage.asks.count == 1)
        stage.answer()
        guard case .hintSent(let sent)? = stage.notes.last(where: { if case .hintSent = $0 { true } else { false } })
        else { return #expect(Bool(false), "no note") }
        #expect(sent.waited == .seconds(1) && sent.ownShare == .zero)
    }

    @Test("a coach that never answers is given up, and a later answer is not used")
    func coachGone() {
        var stage = Stage()
        stage.joinBoth()
        stage.ask(from: "ada")
        stage.pass(.seconds(30))
        #expect(stage.dropped() == ["coach_gone"])
        #expect(stage.notices(.declined, to: "ada").map(\.code) == ["coach_gone"])
        stage.answer()
        #expect(stage.hints().isEmpty)
        stage.ask(from: "ada")
        #expect(stage.asks.count == 2)
    }

    @Test("no hint from the coach, and the same hint again, come to nothing but count for nothing")
    func nothingToSay() {
        var stage = Stage(settings: ["policy.cooldown": "0s"])
        stage.joinBoth()
        stage.longPause()
        stage.give(
            .coachAnswered(requestID: stage.asks[0].id, CoachOutcome(hint: nil, notClaude: .noKey, elapsed: .zero)))
        #expect(stage.dropped() == ["no_hint"])
        stage.pass(.seconds(6))
        stage.longPause()
        stage.answer("One.")
        stage.pass(.seconds(6))
        stage.longPause()
        stage.answer("One.")
        #expect(stage.hints().count == 1 && stage.dropped() == ["no_hint", "repeated"])
    }

    @Test("an answer to a request that is not open, or given twice, is not used")
    func strayAnswers() {
        var stage = Stage()
        stage.joinBoth()
        let hint = Hint(tier: 1, text: "x", source: .claude)
        stage.give(.coachAnswered(requestID: "nobody", CoachOutcome(hint: hint, elapsed: .zero)))
        stage.longPause()
        stage.answer()
        stage.answer()
        #expect(stage.hints().count == 1)
    }

    @Test(
        "a candidate who reloads the page counts from the start, and hints are about the new code",
        arguments: [true, false])
    func reload(leavesFirst: Bool) {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ada", revision: 50, "old")
        if leavesFirst { stage.give(.participantLeft(identity: "ada")) }
        stage.join("ada", sid: "PA_new", role: "candidate")
        stage.code(from: "ada", revision: 1, "new")
        #expect(stage.refusals().isEmpty)
        stage.pass(.seconds(5))
        stage.longPause()
        #expect(stage.asks.last?.request.document?.text == "new")
        #expect(stage.asks.last?.request.document?.revision == 1)
        // Only once: what is older than the new page's is stale.
        stage.code(from: "ada", revision: 1, "old")
        #expect(stage.refusals() == ["stale_revision"])
    }

    @Test("only the candidate's code is used, though all is kept")
    func othersCode() {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ivo", revision: 1, "solution = 42")
        stage.longPause()
        #expect(stage.asks.last?.request.document == nil)
    }

    @Test("test results come with the next request, and progress brings the tier down again")
    func runResults() {
        var stage = Stage()
        stage.joinBoth()
        stage.ask(from: "ada")
        stage.answer("One.")
        for passed in [1, 3] {
            stage.give(
                .packet(
                    topic: Topic.runResult, sender: "ada",
                    payload: RunResultMessage(passed: passed, failed: 4 - passed).encoded()))
            stage.pass(.seconds(1))
        }
        stage.pass(.seconds(60))
        stage.ask(from: "ada")
        #expect(stage.asks.last?.request.tier == 1)
        #expect(stage.asks.last?.request.trigger[.passed] == "3")
        stage.give(
            .packet(
                topic: Topic.runResult, sender: "ivo", payload: RunResultMessage(passed: 1, failed: 0).encoded()))
        #expect(stage.refusals() == ["not_allowed"])
    }

    @Test(
        "an unacknowledged hint goes again, with its id, only to a client that declared jask.ack",
        arguments: [
            true, false,
        ])
    func resends(declared: Bool) throws {
        var stage = Stage(settings: ["hint.ack_timeout": "5s", "hint.ack_resends": "2"])
        stage.joinBoth(attributes: declared ? ["jask.ack": "1"] : [:])
        stage.longPause()
        stage.answer()
        stage.pass(.seconds(6))
        #expect(stage.hints().count == (declared ? 2 : 1))
        #expect(Set(stage.hints().map(\.id)).count == 1)
        let id = try #require(stage.hints().first?.id)
        stage.give(.packet(topic: Topic.ack, sender: "ivo", payload: AckMessage(id: id).encoded()))
        stage.pass(.seconds(5))
        #expect(stage.hints().count == (declared ? 3 : 1), "an interviewer's word is not the candidate's")
        stage.give(.packet(topic: Topic.ack, sender: "ada", payload: AckMessage(id: id, status: .helpful).encoded()))
        stage.pass(.seconds(120))
        #expect(stage.hints().count == (declared ? 3 : 1))
        #expect(
            stage.journal.contains { $0.event == .acknowledged(hint: id.description, by: "ada", status: "helpful") })
        #expect(stage.journal.filter { if case .intended = $0.event { true } else { false } }.count == 1)
    }

    @Test("an acknowledged hint does not go again")
    func acknowledged() throws {
        var stage = Stage()
        stage.joinBoth(attributes: ["jask.ack": "1"])
        stage.longPause()
        stage.answer()
        let id = try #require(stage.hints().first?.id)
        stage.give(.packet(topic: Topic.ack, sender: "ada", payload: AckMessage(id: id).encoded()))
        stage.pass(.seconds(120))
        #expect(stage.hints().count == 1)
    }

    @Test("a client that says the same again and again does not fill the journal")
    func repeatedWords() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.answer()
        let id = try #require(stage.hints().first?.id)
        let before = stage.journal.count
        for _ in 0..<50 {
            stage.give(.packet(topic: Topic.ack, sender: "ada", payload: AckMessage(id: id).encoded()))
            stage.ask(from: "ada")
        }
        stage.give(.packet(topic: Topic.ack, sender: "ada", payload: AckMessage(id: id, status: .helpful).encoded()))
        // Two acknowledgements, and as many refusals of asks as were told.
        #expect(stage.journal.count - before == 2 + stage.notices(.declined, to: "ada").count)
        #expect(stage.notes.filter { if case .hintAcknowledged = $0 { true } else { false } }.count == 2)
        #expect(stage.dropped().count == 50, "each is counted all the same")
    }

    @Test("an interviewer who speaks holds an unasked hint back, but not for ever after leaving in mid-sentence")
    func interviewerLeavesWhileSpeaking() {
        var stage = Stage()
        stage.joinBoth()
        stage.give(.signal(.voiceBegan(participant: "ivo", at: stage.now), participant: "ivo"))
        stage.longPause()
        #expect(stage.asks.isEmpty && stage.waiting() == ["interviewer_speaking"])
        stage.give(.participantLeft(identity: "ivo"))
        stage.longPause()
        #expect(stage.asks.count == 1)
    }
}
