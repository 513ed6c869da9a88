import SansIO
import Testing
import Wire

@testable import Session

@Suite("One participant who sends without end")
struct FloodTests {
    @Test("is answered once and passed over, and is read again afterwards")
    func packets() {
        var stage = Stage()
        stage.joinBoth()
        let before = stage.sent.count
        for revision in 1...2000 { stage.code(from: "ada", revision: revision, "x = \(revision)") }
        let told = stage.notices(.error, to: "ada").filter { $0.code == "too_much" }
        #expect(told.count == 1 && stage.sent.count - before == 1)
        #expect(stage.refusals().count > 1800 && stage.core.workspace.currentDocument(of: "ada")?.revision == 120)
        stage.pass(.seconds(5))
        stage.code(from: "ada", revision: 5000, "y = 1")
        #expect(stage.core.workspace.currentDocument(of: "ada")?.revision == 5000)
        stage.control(.pause, from: "ivo")
        #expect(stage.core.isPaused, "others are read all the while")
    }

    @Test("is answered once also where it is dropped before it was parsed, and not by more than one count")
    func droppedPackets() {
        var stage = Stage()
        stage.joinBoth()
        for _ in 0..<10 { stage.give(.tooMuch(sender: "ada")) }
        stage.give(.tooMuch(sender: nil))
        stage.give(.tooMuch(sender: "nobody"))
        let told = stage.notices(.error, to: "ada").filter { $0.code == "too_much" }
        #expect(told.count == 1 && told.first?.topic == nil)
        for revision in 1...200 { stage.code(from: "ada", revision: revision, "x = \(revision)") }
        #expect(stage.notices(.error, to: "ada").count { $0.code == "too_much" } <= 2)
        let before = stage.notices(.error, to: "ada").count { $0.code == "too_much" }
        stage.pass(.seconds(60))
        stage.code(from: "ada", revision: 5000, "y = 1")
        stage.give(.tooMuch(sender: "ada"))
        #expect(stage.notices(.error, to: "ada").count { $0.code == "too_much" } == before + 1, "it is news again")
    }

    @Test("leaving and joining anew renews nothing, and what the room remembers of those who left does not grow")
    func rejoining() {
        var stage = Stage()
        stage.joinBoth()
        for number in 0..<6 {
            stage.join("ada", sid: "PA_\(number)", role: "candidate")
            for revision in 1...300 { stage.code(from: "ada", revision: revision, "x = \(revision)") }
            for _ in 0..<20 { stage.packet(Topic.ask, from: "ada", "no object") }
            stage.give(.participantLeft(identity: "ada"))
        }
        let taken = stage.notes.count { if case .code = $0 { true } else { false } }
        let told = stage.notices(.error, to: "ada")
        #expect(taken == 120 && told.count == 1, "\(taken) read, \(told.count) answered")
        // A new page is read once its sender has let up.
        stage.pass(.seconds(60))
        stage.join("ada", sid: "PA_7", role: "candidate")
        stage.code(from: "ada", revision: 1, "y = 1")
        #expect(stage.core.workspace.currentDocument(of: "ada")?.revision == 1)
    }

    /// Ten seconds of one message every 25 ms, which is as much as is read.
    private func alternate(
        _ stage: inout Stage, _ actions: [ControlMessage.Action], from sender: Identity, _ body: (Stage) -> Void
    ) {
        for number in 0..<400 {
            stage.control(actions[number % actions.count], from: sender)
            body(stage)
            stage.pass(.milliseconds(25))
        }
    }

    private func choices(_ entries: some Sequence<JournalEntry>) -> [[ObservedSource]] {
        entries.compactMap { if case .optedOut("ada", let sources) = $0.event { sources } else { nil } }
    }

    @Test("opting out and in in a loop is told and written about once a second, and what is forbidden is so at once")
    func choices() {
        var stage = Stage()
        stage.joinBoth()
        let (before, notes) = (stage.sent.count, stage.notes.count)
        var number = 0
        alternate(&stage, [.optOut, .optIn], from: "ada") { stage in
            if number % 2 == 0 {
                #expect(!stage.core.listening.contains("ada"), "after each opt-out, from the first on")
            }
            number += 1
        }
        let sent = stage.sent[before...].filter { $0.to == "ada" && $0.topic == Topic.notice }
        #expect((8...12).contains(choices(stage.journal).count), "\(choices(stage.journal).count) entries")
        #expect((8...12).contains(sent.count), "\(sent.count) notices")
        #expect(stage.notes.count - notes < 60, "\(stage.notes.count - notes) lines")
        stage.pass(.seconds(3))
        #expect(stage.core.listening.contains("ada"), "the last word was to opt in")
        #expect(
            choices(stage.journal).last == [] && stage.notices(.choices, to: "ada").last?.observed?.first?.used == true)
        stage.control(.optOut, from: "ada")
        stage.pass(.seconds(10))
        #expect(!stage.core.listening.contains("ada") && choices(stage.journal).last?.count == 3)
    }

    @Test("an opt-out that changes nothing is answered, and neither written nor logged again")
    func sameChoice() {
        var stage = Stage()
        stage.joinBoth()
        let notes = stage.notes.count
        alternate(&stage, [.optOut], from: "ada") { _ in }
        let told = stage.notices(.choices, to: "ada").count
        #expect(choices(stage.journal).count == 1 && (2...6).contains(told), "\(told)")
        #expect(stage.notes[notes...].count { $0 == .control(.optOut, by: "ada") } == 1)
    }

    @Test("an opt-out takes back an opt-in that has not taken effect, and one of another source spares it")
    func laterWord() {
        var stage = Stage()
        stage.joinBoth()
        stage.control(.optOut, from: "ada")
        stage.control(.optIn, from: "ada")
        stage.control(.optOut, from: "ada")
        stage.control(.optIn, from: "ada")
        #expect(stage.core.listening == ["ivo"], "the second time within two seconds")
        stage.control(.optOut, from: "ada", sources: [.code])
        stage.pass(.milliseconds(1900))
        #expect(stage.core.listening == ["ivo"])
        stage.pass(.milliseconds(200))
        #expect(stage.core.listening == ["ada", "ivo"] && stage.core.consent.refuses(.code, "ada"))
        #expect(choices(stage.journal).last == [.code])
        stage.control(.optOut, from: "ada")
        stage.control(.optIn, from: "ada")
        stage.control(.optOut, from: "ada")
        stage.pass(.seconds(10))
        #expect(stage.core.listening == ["ivo"], "an opt-out is the last word")
    }

    @Test("pausing and resuming in a loop tells each person once a second, and each pause holds at once")
    func pauses() {
        var stage = Stage()
        stage.joinBoth()
        stage.join("oto", role: "observer")
        let (before, notes) = (stage.sent.count, stage.notes.count)
        var number = 0
        alternate(&stage, [.pause, .resume], from: "ivo") { stage in
            if number % 2 == 0 { #expect(stage.core.isPaused && stage.core.listening.isEmpty) }
            number += 1
        }
        for person in ["ada", "ivo", "oto"] {
            let told = stage.sent[before...].count { $0.to == person && $0.topic == Topic.notice }
            #expect((8...12).contains(told), "\(person): \(told)")
        }
        let written = stage.journal.count {
            switch $0.event {
            case .paused, .resumed: true
            default: false
            }
        }
        #expect((8...12).contains(written) && stage.notes.count - notes < 120, "\(stage.notes.count - notes) lines")
        stage.pass(.seconds(3))
        #expect(!stage.core.isPaused && stage.notices(to: "oto").last?.kind == .on)
        #expect(!SessionHistory(stage.journal).isPaused)
        stage.control(.pause, from: "ivo")
        stage.control(.resume, from: "ivo")
        stage.control(.end, from: "ivo")
        stage.pass(.seconds(10))
        #expect(stage.core.isEnded && stage.core.listening.isEmpty && stage.notices(.off, to: "oto").count == 1)
    }

    @Test(
        "a limit that is set in a loop is written about once a second; a lower one holds at once, the last in the end")
    func limits() {
        var stage = Stage()
        stage.joinBoth()
        for number in 0..<400 {
            let tier = number % 2 == 0 ? "0" : "2"
            stage.packet(
                Topic.control, from: "ivo",
                #"{"type":"jask.control","version":1,"action":"tier_limit","tier":\#(tier)}"#)
            if number % 2 == 0 { #expect(stage.core.hints.policy.tierLimit == 0) }
            stage.pass(.milliseconds(25))
        }
        let written = stage.journal.count { if case .tierLimit = $0.event { true } else { false } }
        #expect((8...12).contains(written), "\(written)")
        stage.pass(.seconds(3))
        #expect(stage.core.hints.policy.tierLimit == 2 && SessionHistory(stage.journal).tierLimit == 2)
    }

    @Test(
        "who joins, publishes and leaves in a loop has the others told twice at once, then once in 30 s, the last state"
    )
    func comingAndGoing() {
        var stage = Stage()
        stage.join("ada")
        stage.join("ivo", role: "interviewer")
        func told(_ stage: Stage) -> [NoticeMessage.Kind] {
            stage.notices(to: "ada").map(\.kind).filter { $0 == .noCandidate || $0 == .on }
        }
        let chat = stage.messages(Topic.legacyChat, to: "ada").count
        func comeAndGo(_ stage: inout Stage, times: Int) {
            for number in 0..<times {
                stage.join("bob", sid: "PA_bob\(number)")
                stage.pass(.milliseconds(200))
                stage.give(.participantLeft(identity: "bob"))
                stage.pass(.milliseconds(200))
            }
        }
        comeAndGo(&stage, times: 24)
        #expect(told(stage) == [.noCandidate, .on], "\(told(stage))")
        #expect(stage.messages(Topic.legacyChat, to: "ada").count - chat == 2)
        comeAndGo(&stage, times: 200)
        #expect(told(stage).count <= 5, "\(told(stage)) within 90 s")
        // Whatever was told in between: how it stands is told in the end.
        stage.pass(.seconds(60))
        #expect(told(stage).last == .on && stage.core.candidate == "ada")
        stage.join("bob", sid: "PA_last")
        #expect(told(stage).last == .noCandidate, "at once after a while without")
        stage.give(.participantLeft(identity: "bob"))
        stage.join("bob", sid: "PA_stays")
        let before = told(stage).count
        stage.pass(.seconds(31))
        #expect(told(stage).last == .noCandidate && told(stage).count <= before + 1)
        #expect(stage.core.deadline.map { $0 > stage.now } ?? true)
    }

    @Test("opt-outs while nothing can be sent leave the last word alone to be sent")
    func unsent() {
        var stage = Stage()
        stage.joinBoth()
        stage.give(.connection(.lost))
        for _ in 0..<50 {
            stage.control(.optIn, from: "ada")
            stage.control(.optOut, from: "ada")
        }
        let before = stage.notices(.choices, to: "ada").count
        stage.give(.connection(.restored))
        #expect(stage.notices(.choices, to: "ada").count == before + 1)
    }

    @Test("code is kept only of who may be the candidate")
    func othersCode() {
        var stage = Stage()
        stage.joinBoth()
        stage.join("oto", role: "observer")
        stage.code(from: "oto", revision: 1, "secret")
        stage.code(from: "ivo", revision: 1, "secret")
        #expect(stage.core.workspace.currentDocument(of: "oto") == nil)
        #expect(stage.core.workspace.currentDocument(of: "ivo") == nil)
        #expect(stage.refusals() == ["not_allowed", "not_allowed"])
    }

    @Test("a twin of the candidate's name in other bytes is somebody else, and so is one of the interviewer's")
    func twins() {
        var stage = Stage()
        stage.join("andre\u{301}", sid: "PA_twin", microphone: false)
        stage.join("andr\u{e9}", role: "candidate")
        stage.join("zoe\u{308}", sid: "PA_twin2", role: "observer")
        stage.join("zo\u{eb}", role: "interviewer")
        stage.code(from: "andre\u{301}", revision: 1, "taken over")
        stage.control(.end, from: "zoe\u{308}")
        #expect(stage.core.candidate == Identity("andr\u{e9}") && !stage.core.isEnded)
        #expect(stage.core.workspace.currentDocument(of: "andr\u{e9}") == nil)
    }
}
