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

    @Test("opting in and out in a loop is bounded in notices and journal, and ends opted out")
    func choices() {
        var stage = Stage()
        stage.joinBoth()
        let (journal, sent) = (stage.journal.count, stage.sent.count)
        for _ in 0..<2000 {
            stage.control(.optIn, from: "ada")
            stage.control(.optOut, from: "ada")
        }
        #expect(stage.journal.count - journal <= 260 && stage.sent.count - sent <= 3 * 260)
        #expect(stage.core.consent.refuses(.microphone, "ada"), "an opt-out is always read")
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
