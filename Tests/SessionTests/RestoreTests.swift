import Coach
import SansIO
import Settings
import Testing
import Wire

@testable import Session

@Suite("A session taken over from its journal")
struct RestoreTests {
    /// The same room in a new process: another monotonic clock, the same wall clock.
    private func takeOver(
        _ old: Stage, after gap: Duration, settings: [String: String] = [:], before: [JournalEntry] = []
    ) -> Stage {
        let then = (old.now + old.wallOffset) + gap
        return Stage(
            settings: settings, seed: 2, journal: before + old.journal,
            wallOffset: then - Instant(nanoseconds: 5_000_000_000))
    }

    @Test("neither notice nor hint is repeated, and the cooldown goes on")
    func nothingTwice() {
        var old = Stage()
        old.joinBoth()
        old.speak("ada")
        old.longPause()
        old.answer("One.")
        #expect(old.hints().count == 1)

        var new = takeOver(old, after: .seconds(10))
        new.joinBoth()
        #expect(new.sent.isEmpty, "everyone was told before")
        #expect(new.core.listening == ["ada", "ivo"])
        new.longPause()
        #expect(new.asks.isEmpty && new.waiting() == ["cooldown"])
        new.pass(.seconds(51))
        new.longPause()
        #expect(new.asks.count == 1)
        #expect(new.asks[0].request.tier == 2, "the ladder goes on")
        new.answer("One.")
        #expect(new.hints().isEmpty && new.dropped().last == .some("repeated"))
    }

    @Test("a silence that an earlier process heard goes on, for as long as a pause may be")
    func silenceGoesOn() throws {
        var old = Stage()
        old.joinBoth()
        old.speak("ada")
        let fellSilent = old.now + old.wallOffset
        old.pass(.seconds(4))
        var new = takeOver(old, after: .seconds(3))
        new.joinBoth()
        let since = try #require(new.silences["ada"]) + new.wallOffset
        // The journal tells milliseconds.
        #expect(fellSilent - since < .milliseconds(1) && since <= fellSilent)
        #expect(new.silences["ivo"] == nil)
        var late = takeOver(old, after: .seconds(30))
        late.joinBoth()
        #expect(late.silences["ada"] == nil, "nobody knows what was said meanwhile")
    }

    @Test("no silence goes on of which it is not known that it does", arguments: 0..<4)
    func noSilence(kind: Int) {
        var old = Stage()
        old.joinBoth()
        old.speak("ada")
        switch kind {
        case 0: old.give(.signal(.voiceBegan(participant: "ada", at: old.now), participant: "ada"))
        case 1: old.give(.signal(.voiceBegan(participant: "ivo", at: old.now), participant: "ivo"))
        case 2: old.join("ada", role: "candidate", isMuted: true)
        default: old.control(.optOut, from: "ada", sources: [.microphone])
        }
        var new = takeOver(old, after: .seconds(1))
        new.joinBoth()
        #expect(new.silences["ada"] == nil)
    }

    @Test("whose code was here is asked for it, once, by a packet to the client alone; nobody else is")
    func codeIsAskedFor() {
        var old = Stage()
        old.joinBoth()
        old.code(from: "ada", revision: 7, "a = 1")
        var new = takeOver(old, after: .seconds(1))
        new.joinBoth()
        new.join("ada", role: "candidate")
        #expect(new.sent.map(\.topic) == [Topic.notice] && new.sent.map(\.to) == ["ada"], "\(new.log)")
        let notice = new.notices(.resend, to: "ada").first
        #expect(notice?.topic == "jask.code" && notice?.resend == "whole_text")
        new.code(from: "ada", revision: 8, "a = 1")
        new.longPause()
        #expect(new.asks.first?.request.document?.text == "a = 1")
        // Of the client that sent nothing, the next process asks too.
        var third = takeOver(new, after: .seconds(1), before: old.journal)
        third.joinBoth()
        #expect(third.notices(.resend).count == 1)
        // A page that joins anew gets a first notice, at which it sends its code.
        third.join("ada", sid: "PA_again", role: "candidate")
        #expect(third.notices(.resend).count == 1 && third.notices(.observing, to: "ada").count == 1)
    }

    @Test(
        "nobody is asked for code who sent none, does not let it be used, is not the candidate, or after the end",
        arguments: 0..<5)
    func codeIsNotAskedFor(kind: Int) {
        var old = Stage()
        old.joinBoth()
        if kind > 0 { old.code(from: "ada", revision: 7, "a = 1") }
        switch kind {
        case 1: old.control(.optOut, from: "ada", sources: [.code])
        case 2: old.control(.end, from: "ivo")
        case 3: old.join("ada", role: "observer")
        default: break
        }
        var new = takeOver(old, after: .seconds(1))
        switch kind {
        case 3: new.join("ada", role: "observer")
        // The code is here before its sender is known to be active.
        case 4:
            new.join("ada", role: "candidate", isActive: false)
            new.code(from: "ada", revision: 8, "a = 1")
        default: break
        }
        if kind != 3 { new.joinBoth() }
        #expect(new.notices(.resend).isEmpty)
    }

    @Test("who lets code be used again is asked for it")
    func codeIsAllowedAgain() {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ada", revision: 7, "a = 1")
        stage.control(.optOut, from: "ada", sources: [.code])
        #expect(stage.notices(.choices, to: "ada").map(\.resend) == [nil])
        stage.control(.optIn, from: "ada", sources: [.code])
        #expect(stage.notices(.choices, to: "ada").map(\.resend) == [nil, "whole_text"])
        stage.code(from: "ada", revision: 8, "a = 2")
        stage.longPause()
        #expect(stage.asks.first?.request.document?.text == "a = 2")
    }

    @Test("a clock that was put back makes neither cooldown nor quiet start longer")
    func clockPutBack() {
        var old = Stage()
        old.joinBoth()
        old.longPause()
        old.answer("One.")
        var new = takeOver(old, after: .seconds(-3600), settings: ["policy.quiet_start": "30s"])
        new.joinBoth()
        new.pass(.seconds(59))
        new.longPause()
        #expect(new.waiting() == ["cooldown"])
        new.pass(.seconds(2))
        new.longPause()
        #expect(new.asks.count == 1)
    }

    @Test("a crash at any point of the journal leaves nothing said twice", arguments: 0..<8)
    func anyPoint(seed: Int) {
        var old = Stage()
        old.joinBoth()
        old.longPause()
        old.answer("One.")
        old.pass(.seconds(61))
        old.longPause()
        old.answer("Two.")
        let cut = old.journal.count * seed / 8
        var crashed = old
        crashed.cutJournal(to: cut)
        var new = takeOver(crashed, after: .seconds(1))
        new.joinBoth()
        let history = SessionHistory(crashed.journal)
        for identity in ["ada", "ivo"] as [Identity] {
            #expect(new.notices(.observing, to: identity).count == (history.noticed[identity] == nil ? 1 : 0))
        }
        #expect(new.hints().isEmpty, "no hint without a new moment")
        new.longPause()
        // A hint that was to leave counts, whether it is known to have left or not.
        let isCooling = history.hints.last.map { new.now - new.core.instant($0.at) < .seconds(60) } ?? false
        #expect(new.asks.isEmpty == isCooling)
    }

    @Test("a journal whose beginning is lost still brings cooldown, budget and tier back")
    func withoutBeginning() {
        var old = Stage()
        old.joinBoth()
        old.longPause()
        old.answer("One.")
        var torn = old
        torn.dropFromJournal { if case .began = $0 { true } else { false } }
        var new = takeOver(torn, after: .seconds(10))
        new.joinBoth()
        new.longPause()
        #expect(new.asks.isEmpty && new.waiting() == ["cooldown"])
        new.pass(.seconds(51))
        new.longPause()
        #expect(new.asks.last?.request.tier == 2)
    }

    @Test("a rehearsed hint after a restart is none of those from before, however many there were", arguments: 1...9)
    func rehearsedGoesOn(count: Int) throws {
        let settings = ["policy.cooldown": "0s", "policy.spacing": "0s", "policy.budget": "100"]
        var stage = Stage(settings: settings)
        stage.joinBoth()
        for _ in 0..<count { try rehearse(&stage) }
        #expect(stage.hints().count == count)
        var new = takeOver(stage, after: .seconds(10), settings: settings)
        new.joinBoth()
        for _ in 0..<3 { try rehearse(&new) }
        #expect(new.hints().count == 3, "\(new.dropped())")
        #expect(Set((stage.hints() + new.hints()).map(\.text)).count == count + 3)
    }

    private func rehearse(_ stage: inout Stage) throws {
        stage.pass(.seconds(1))
        stage.longPause()
        let ask = try #require(stage.asks.last)
        let hint = RehearsedCoach().hint(for: ask.request)
        stage.give(.coachAnswered(requestID: ask.id, CoachOutcome(hint: hint, notClaude: .noKey, elapsed: .zero)))
    }

    @Test("opt-outs, pause, end and tier limit survive")
    func choicesSurvive() {
        var old = Stage()
        old.joinBoth()
        old.control(.optOut, from: "ada", sources: [.microphone])
        old.packet(Topic.control, from: "ivo", #"{"type":"jask.control","version":1,"action":"tier_limit","tier":1}"#)
        old.control(.pause, from: "ivo")
        var new = takeOver(old, after: .seconds(5))
        new.joinBoth()
        #expect(new.core.isPaused && new.core.listening.isEmpty && new.core.hints.policy.tierLimit == 1)
        new.control(.resume, from: "ivo")
        #expect(new.core.listening == ["ivo"])
        new.control(.end, from: "ivo")
        var last = takeOver(new, after: .seconds(5))
        last.joinBoth()
        #expect(last.core.isEnded && last.core.listening.isEmpty)
        last.ask(from: "ada")
        #expect(last.asks.isEmpty)
    }

    @Test("the quiet start counts from the session's start, not the process's")
    func quietStart() {
        var old = Stage(settings: ["policy.quiet_start": "60s"])
        old.joinBoth()
        var new = takeOver(old, after: .seconds(61), settings: ["policy.quiet_start": "60s"])
        new.joinBoth()
        new.longPause()
        #expect(new.asks.count == 1)
        var soon = takeOver(old, after: .seconds(5), settings: ["policy.quiet_start": "60s"])
        soon.joinBoth()
        soon.longPause()
        #expect(soon.asks.isEmpty && soon.waiting() == ["quiet_start"])
    }

    @Test("the journal holds no text of code, problem, question or hint")
    func noTexts() {
        var stage = Stage()
        stage.joinBoth()
        stage.give(
            .packet(topic: Topic.problem, sender: "ivo", payload: ProblemMessage(text: "SECRET-problem").encoded()))
        stage.code(from: "ada", revision: 1, "SECRET-code", path: "SECRET-path.py")
        stage.give(.packet(topic: Topic.ask, sender: "ada", payload: AskMessage(question: "SECRET-question").encoded()))
        stage.answer("SECRET-hint")
        stage.packet(Topic.code, from: "ada", "SECRET-garbage")
        #expect(stage.hints().count == 1 && stage.journal.count > 6)
        for entry in stage.journal {
            #expect(!String(decoding: entry.line, as: UTF8.self).contains("SECRET"))
        }
    }
}

extension Stage {
    init(settings: [String: String], seed: UInt64, journal: [JournalEntry], wallOffset: Duration) {
        var layer = Configuration.Layer()
        for (key, value) in Self.quick.merging(settings, uniquingKeysWith: { $1 }) {
            do { try layer.set(key, to: value, origin: .builtIn) } catch { Issue.record(error) }
        }
        self.init(core: SessionCore(configuration: Configuration().adding(layer), random: .seeded(seed)))
        self.wallOffset = wallOffset
        give(.wallClock(offset: wallOffset))
        give(.restored(journal))
        give(.joined(room: RoomFacts(sid: "RM_1", name: "room"), jobMetadata: ""))
    }
}
