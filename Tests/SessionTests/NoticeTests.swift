import Perception
import SansIO
import Testing
import Wire

@testable import Session

@Suite("Notices and consent")
struct NoticeTests {
    @Test("nobody is listened to before the notice has left")
    func noticeComesFirst() throws {
        var stage = Stage()
        stage.join("ada")
        let notice = try #require(stage.log.firstIndex(of: "send jask.notice ada"))
        let listen = try #require(stage.log.firstIndex(of: "listen ada"))
        #expect(notice < listen)
        #expect(stage.log.filter { $0 == "listen ada" }.count == 1)
        let message = try #require(stage.notices(.observing, to: "ada").first)
        #expect(message.observed?.map(\.source) == [.microphone, .code])
        #expect(message.stop == "jask.control" && message.by == "Jask")
        // And as chat, in the forms that are on.
        #expect(stage.messages(Topic.chat, to: "ada").first?.text == message.text)
        #expect(stage.messages(Topic.legacyChat, to: "ada").count == 1)
        #expect(stage.messages(Topic.transcription).isEmpty)
    }

    @Test("while the notice cannot be sent, nothing is heard and no code is read; then both are")
    func unsentNoticeHoldsEverything() {
        var stage = Stage()
        stage.isOpen = false
        stage.join("ada")
        stage.speak("ada")
        stage.longPause("ada")
        stage.code(from: "ada", revision: 1, "x = 1")
        #expect(stage.core.listening.isEmpty && stage.asks.isEmpty)
        #expect(!stage.log.contains("feed ada true"))
        stage.isOpen = true
        stage.pass(.seconds(2))
        #expect(stage.core.listening == ["ada"])
        #expect(stage.log.contains("feed ada true"))
        stage.longPause("ada")
        #expect(stage.asks.last?.request.document?.text == "x = 1")
    }

    @Test("an inactive participant gets the notice once data reaches it")
    func waitsForActivity() {
        var stage = Stage()
        stage.join("ada", isActive: false)
        #expect(stage.sent.isEmpty && stage.core.listening.isEmpty)
        stage.join("ada")
        #expect(stage.notices(.observing, to: "ada").count == 1)
    }

    @Test("those who join later, or anew, are told; nobody is told twice")
    func tellsLaterOnes() {
        var stage = Stage()
        stage.joinBoth()
        stage.join("ada", role: "candidate", attributes: ["mood": "changed"])
        #expect(stage.notices(.observing, to: "ada").count == 1)
        stage.join("oto", microphone: false)
        #expect(stage.notices(.observing, to: "oto").count == 1)
        stage.give(.participantLeft(identity: "ada"))
        #expect(stage.core.listening == ["ivo"])
        stage.join("ada", sid: "PA_2", role: "candidate")
        #expect(stage.notices(.observing, to: "ada").count == 2)
        #expect(stage.core.listening == ["ada", "ivo"])
    }

    @Test(
        "bridges and hidden participants are neither told nor heard",
        arguments: [
            (ParticipantFacts.Kind.service, false), (.standard, true), (.agent, true),
        ])
    func leavesOthersAlone(kind: ParticipantFacts.Kind, isHidden: Bool) {
        var stage = Stage()
        stage.join("x", kind: kind, isHidden: isHidden)
        #expect(stage.sent.isEmpty && stage.core.listening.isEmpty)
    }

    @Test("an agent that speaks is another voice, without a notice; one that is named interviewer gets what they get")
    func agentsThatSpeak() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.join("bot", kind: .agent)
        #expect(stage.core.listening == ["ada", "bot"] && stage.notices(to: "bot").isEmpty)
        stage.give(.signal(.voiceBegan(participant: "bot", at: stage.now), participant: "bot"))
        stage.longPause()
        #expect(stage.asks.isEmpty && stage.waiting() == ["interviewer_speaking"])
        stage.give(.signal(.voiceEnded(participant: "bot", at: stage.now), participant: "bot"))

        stage.join("ai", role: "interviewer", kind: .agent)
        #expect(stage.notices(.observing, to: "ai").count == 1)
        stage.longPause()
        stage.answer()
        #expect(stage.hints(to: "ai").count == 1 && stage.hints(to: "bot").isEmpty)
        stage.control(.pause, from: "ai")
        #expect(stage.core.isPaused)
    }

    @Test("an agent cannot be the candidate, whatever its token says")
    func noAgentIsTheCandidate() {
        var stage = Stage()
        stage.join("bot", role: "candidate", kind: .agent)
        stage.join("ada")
        #expect(stage.core.candidate == "ada")
    }

    @Test("an encrypted microphone is left alone, and the notice says so")
    func encrypted() throws {
        var stage = Stage()
        stage.join("ada", isEncrypted: true)
        let notice = try #require(stage.notices(.observing).first)
        #expect(notice.text.contains("encrypt"))
        #expect(notice.observed?.first?.used == false)
        #expect(stage.core.listening.isEmpty)
    }

    @Test("a microphone that was said to be left alone is used only after a notice that it is")
    func encryptedNoMore() throws {
        var stage = Stage()
        stage.join("ada", isEncrypted: true)
        stage.isOpen = false
        stage.join("ada")
        #expect(stage.core.listening.isEmpty)
        stage.code(from: "ada", revision: 1, "x = 1")
        stage.isOpen = true
        stage.pass(.seconds(2))
        let notices = stage.notices(.observing, to: "ada")
        #expect(notices.map { $0.observed?.first?.used } == [false, true])
        #expect(stage.core.listening == ["ada"])
        let second = try #require(stage.log.lastIndex(of: "send jask.notice ada"))
        #expect(try #require(stage.log.firstIndex(of: "listen ada")) > second)
        stage.longPause()
        #expect(stage.asks.last?.request.document?.text == "x = 1")
    }

    @Test("after a restart, too, more use than there was then is told first")
    func moreUseAfterRestart() {
        var first = Stage()
        first.join("ada", isEncrypted: true)
        var second = Stage(journal: first.journal, seed: 2, at: first.now)
        second.join("ada", isEncrypted: true)
        #expect(second.notices(.observing).isEmpty)
        second.isOpen = false
        second.join("ada")
        #expect(second.core.listening.isEmpty, "the notice has not left")
        second.isOpen = true
        second.pass(.seconds(2))
        #expect(second.notices(.observing, to: "ada").map { $0.observed?.first?.used } == [true])
        #expect(second.core.listening == ["ada"])
        let notice = second.log.firstIndex(of: "send jask.notice ada") ?? .max
        #expect(notice < second.log.firstIndex(of: "listen ada") ?? .min)
    }

    @Test("opting out and in again is answered once each, not by another notice")
    func choicesAreTold() {
        var stage = Stage()
        stage.joinBoth()
        stage.control(.optOut, from: "ada", sources: [.microphone])
        stage.control(.optIn, from: "ada")
        stage.join("ada", role: "candidate", attributes: ["mood": "changed"])
        #expect(stage.notices(.observing, to: "ada").count == 1)
        #expect(stage.notices(.choices, to: "ada").count == 2)
    }

    @Test("opting out of the microphone in the middle of a request withdraws it, and opting in listens again")
    func optOutMidway() {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        #expect(stage.asks.count == 1)
        stage.control(.optOut, from: "ada", sources: [.microphone])
        #expect(stage.cancelled.count == 1)
        #expect(stage.core.listening == ["ivo"])
        #expect(stage.notices(.choices, to: "ada").last?.observed?.first?.used == false)
        stage.answer()
        stage.longPause()
        stage.speak("ada")
        #expect(stage.hints().isEmpty && stage.asks.count == 1)
        #expect(!stage.journal.contains { $0.event == .spoke(identity: "ada") })
        stage.control(.optIn, from: "ada")
        stage.pass(.seconds(10))
        stage.longPause()
        #expect(stage.asks.count == 2)
    }

    @Test("opting out of code forgets it, and what comes after is not read")
    func optOutOfCode() {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ada", revision: 1, "secret = 1")
        stage.control(.optOut, from: "ada", sources: [.code])
        #expect(stage.log.contains("feed ada false"))
        stage.code(from: "ada", revision: 2, "secret = 2")
        stage.longPause()
        #expect(stage.asks.last?.request.document == nil)
        #expect(stage.refusals().isEmpty)
    }

    @Test("opting out of code forgets the results of its runs too")
    func optOutOfRuns() {
        var stage = Stage()
        stage.joinBoth()
        stage.give(
            .packet(
                topic: Topic.runResult, sender: "ada", payload: RunResultMessage(passed: 1, failed: 2).encoded()))
        stage.control(.optOut, from: "ada", sources: [.code])
        stage.longPause()
        #expect(stage.asks.last?.request.trigger[.passed] == nil)
    }

    @Test("who becomes the candidate only later is told what for, once")
    func laterCandidate() {
        var stage = Stage()
        stage.join("ada")
        stage.join("bob", microphone: false)
        func purposes(_ stage: Stage) -> [String?] {
            stage.notices(.observing, to: "bob").map { $0.observed?.first?.purpose }
        }
        #expect(purposes(stage) == ["for whose turn it is"])
        stage.give(.participantLeft(identity: "ada"))
        stage.join("bob")
        #expect(stage.core.candidate == "bob" && stage.core.listening == ["bob"])
        #expect(purposes(stage) == ["for whose turn it is", "for long pauses"])
        stage.join("bob", attributes: ["mood": "changed"])
        #expect(purposes(stage).count == 2)
    }

    @Test("everyone decides for themselves only")
    func onlyForOneself() {
        var stage = Stage()
        stage.joinBoth()
        stage.control(.optOut, from: "ivo")
        #expect(stage.core.listening == ["ada"])
        stage.give(
            .packet(topic: Topic.control, sender: nil, payload: ControlMessage(action: .optOut).encoded()))
        #expect(stage.core.listening == ["ada"])
        #expect(stage.refusals() == ["no_sender"])
    }

    // MARK: Words

    @Test("what people read in chat names no topic, and says what each can do there")
    func wordsForPeople() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.join("oto", role: "observer")
        stage.join("zoe", role: "candidate")
        stage.join("zoe", role: "observer")
        stage.ask(from: "ada")
        stage.control(.optOut, from: "ada")
        stage.control(.optIn, from: "ada")
        stage.control(.pause, from: "ivo")
        stage.control(.end, from: "ivo")
        let lines = stage.messages(Topic.chat).compactMap(\.text)
        #expect(Set(stage.notices().map(\.kind)).isSuperset(of: [.noCandidate, .choices, .paused, .off, .on]))
        #expect(lines.allSatisfy { !$0.contains("jask.") && !$0.contains("://") }, "\(lines)")
        let candidate = try #require(stage.notices(.observing, to: "ada").first)
        #expect(candidate.text.contains("mute your microphone") && candidate.text.contains("ask the interviewer"))
        let interviewer = try #require(stage.notices(.observing, to: "ivo").first)
        #expect(interviewer.text.contains("You see every hint") && !interviewer.text.contains("ask the interviewer"))
        // What programs read may name the topic.
        #expect(candidate.stop == "jask.control" && interviewer.stop == "jask.control")
    }

    @Test("an observer is told of their microphone alone: nothing of code, Claude or a camera")
    func wordsForObservers() throws {
        var stage = Stage(settings: ["claude.api_key": "sk-ant-1"])
        stage.join("oto", role: "observer")
        let notice = try #require(stage.notices(.observing, to: "oto").first)
        #expect(notice.observed?.map(\.source) == [.microphone])
        #expect(notice.observed?.first?.purpose == "for whose turn it is", "it is never about an observer's pauses")
        #expect(!notice.text.contains("code") && !notice.text.contains("Claude"), "\(notice.text)")
        stage.join("ada", role: "candidate")
        let candidate = try #require(stage.notices(.observing, to: "ada").first)
        #expect(candidate.text.contains("your code and the fact of a pause may be sent to Anthropic's Claude"))
    }

    @Test("choices name what is used at all, which a camera is not")
    func wordsOfChoices() {
        var stage = Stage()
        stage.joinBoth()
        stage.join("oto", role: "observer")
        stage.control(.optOut, from: "ada")
        stage.control(.optIn, from: "ada", sources: [.code, .camera])
        stage.pass(.seconds(2))
        stage.control(.optIn, from: "ada")
        #expect(
            stage.notices(.choices, to: "ada").map(\.text) == [
                "As you wish: Jask does not use your microphone and code.",
                "As you wish: Jask does not use your microphone. It may use your code.",
                "As you wish: Jask may use your microphone and code.",
            ])
        stage.control(.optOut, from: "oto", sources: [.camera])
        stage.control(.optOut, from: "oto")
        #expect(
            stage.notices(.choices, to: "oto").map(\.text) == [
                "As you wish: Jask may use your microphone.", "As you wish: Jask does not use your microphone.",
            ])
    }

    @Test("who encrypts is not told that code is used, until code comes that is not encrypted: then first the notice")
    func encryptedData() throws {
        var stage = Stage()
        stage.join("ada", isEncrypted: true)
        let first = try #require(stage.notices(.observing).first)
        #expect(first.observed?.map(\.used) == [false, false] && first.text.contains("It uses nothing of yours."))
        stage.isOpen = false
        stage.code(from: "ada", revision: 1, "x = 1")
        #expect(stage.core.workspace.currentDocument(of: "ada") == nil)
        stage.isOpen = true
        stage.pass(.seconds(2))
        #expect(stage.notices(.observing).map { $0.observed?.map(\.used) } == [[false, false], [false, true]])
        #expect(stage.core.workspace.currentDocument(of: "ada")?.text == "x = 1")
        stage.code(from: "ada", revision: 2, "x = 2")
        #expect(stage.notices(.observing).count == 2)
    }

    @Test("who was told of use that there is not any more, as somebody else is the candidate, is told so once")
    func lessUse() {
        var stage = Stage()
        stage.join("ivo", microphone: false)
        stage.join("ada")
        stage.join("ada", attributes: ["mood": "changed"])
        #expect(stage.core.candidate == "ada")
        #expect(
            stage.notices(.observing, to: "ivo").map { $0.observed?.map(\.source) } == [
                [.microphone, .code], [.microphone],
            ])
        #expect(stage.notices(.observing, to: "ada").count == 1)
    }

    @Test("a hint in the candidate's chat begins with the assistant's name, and jask.hint has the bare text")
    func hintsInChat() throws {
        var stage = Stage(settings: [
            "hint.assistant_name": "Coach", "chat.transcription": "true", "chat.interviewers": "true",
        ])
        stage.joinBoth()
        stage.longPause()
        stage.answer("Look at line 1.")
        #expect(stage.hints().map(\.text) == ["Look at line 1."])
        #expect(stage.messages(Topic.chat, to: "ada").last?.text == "Coach: Look at line 1.")
        #expect(stage.messages(Topic.transcription, to: "ada").last?.text == "Coach: Look at line 1.")
        let legacy = String(decoding: stage.messages(Topic.legacyChat, to: "ada").last?.payload ?? [], as: UTF8.self)
        #expect(legacy.contains("\"message\":\"Coach: Look at line 1.\""))
        #expect(stage.messages(Topic.chat, to: "ivo").last?.text == "Hint to the candidate: Look at line 1.")
    }

    // MARK: Told otherwise

    @Test("who was told that there are no hints is told otherwise once the candidate is named")
    func namedAfterAmbiguity() {
        var stage = Stage()
        stage.join("ada")
        stage.join("ivo")
        stage.join("oto", role: "observer", microphone: false)
        for identity: Identity in ["ada", "ivo", "oto"] {
            #expect(stage.notices(.noCandidate, to: identity).count == 1)
        }
        stage.join("ivo", role: "interviewer")
        for identity: Identity in ["ada", "ivo", "oto"] {
            let told = stage.notices(.on, to: identity).map(\.text)
            #expect(told == ["It is known now who the candidate is: Jask gives hints."], "\(identity)")
        }
    }

    @Test("who is named while the assistant is paused is told that too: no longer unknown, still paused")
    func namedWhilePaused() {
        var stage = Stage()
        stage.join("ivo", role: "interviewer")
        stage.join("ada")
        stage.join("bob")
        #expect(stage.notices(.noCandidate, to: "ada").count == 1)
        stage.control(.pause, from: "ivo")
        stage.join("bob", role: "observer")
        #expect(stage.core.candidate == "ada")
        let told = stage.notices(.paused, to: "ada").map(\.text)
        #expect(told.count == 2 && told.last?.hasPrefix("It is known now who the candidate is") == true, "\(told)")
        #expect(stage.notices(.on, to: "ada").isEmpty)
        stage.control(.resume, from: "ivo")
        #expect(stage.notices(.on, to: "ada").count == 1)
    }

    @Test("who the candidate is may be unknown again, and known again: each is told once")
    func unknownAgain() {
        var stage = Stage()
        stage.join("ivo", role: "interviewer")
        stage.join("ada", role: "candidate")
        stage.join("bob", role: "candidate")
        stage.join("ada", role: "observer")
        stage.join("bob", role: "candidate", attributes: ["mood": "changed"])
        #expect(stage.notices(.noCandidate, to: "ivo").count == 1 && stage.notices(.on, to: "ivo").count == 1)
        stage.pass(.seconds(60))
        stage.join("zoe", role: "candidate")
        stage.join("bob", role: "observer")
        #expect(stage.core.candidate == "zoe")
        #expect(stage.notices(.noCandidate, to: "ivo").count == 2 && stage.notices(.on, to: "ivo").count == 2)
    }

    @Test("who cannot be reached when the candidate is named is told once they can")
    func namedWhileAway() {
        var stage = Stage()
        stage.join("ada")
        stage.join("bob")
        stage.join("bob", isActive: false)
        stage.join("ada", role: "candidate")
        #expect(stage.notices(.on, to: "bob").isEmpty && stage.notices(.on, to: "ada").count == 1)
        stage.join("bob")
        #expect(stage.notices(.on, to: "bob").count == 1)
    }

    @Test("who asked, and was told that there are no hints for want of a candidate, is told otherwise")
    func askedTooEarly() {
        var stage = Stage()
        stage.join("ivo", role: "interviewer")
        stage.ask(from: "ivo")
        #expect(stage.notices(.declined, to: "ivo").map(\.code) == ["no_candidate"])
        stage.join("ada")
        #expect(stage.notices(.on, to: "ivo").count == 1)
        stage.join("ada", attributes: ["mood": "changed"])
        #expect(stage.notices(.on, to: "ivo").count == 1)
    }

    @Test(
        "who moves the camera in a loop is told six times at once, then once in 10 s; it is watched as they were told")
    func cameraInALoop() {
        var stage = Stage()
        stage.join("ada", role: "candidate", camera: true)
        for _ in 0..<50 {
            stage.join("ada", role: "candidate", camera: false)
            stage.pass(.milliseconds(100))
            stage.join("ada", role: "candidate", camera: true)
            stage.pass(.milliseconds(100))
        }
        let told = stage.notices(.observing, to: "ada")
        #expect((7...8).contains(told.count), "\(told.count)")
        func isTold(_ stage: Stage) -> Bool {
            stage.notices(.observing, to: "ada").last?.observed?.contains { $0.source == .camera && $0.used } == true
        }
        #expect(stage.core.watching.isEmpty || isTold(stage))
        stage.pass(.seconds(21))
        #expect(isTold(stage) && stage.core.watching == ["ada"])
        let settled = stage.notices(.observing, to: "ada").count
        stage.pass(.seconds(60))
        #expect(stage.notices(.observing, to: "ada").count == settled)
        #expect(stage.core.deadline.map { $0 > stage.now } ?? true)
    }
}
