import SansIO
import Testing
import Wire

@testable import Session

@Suite("What comes again and again")
struct RepetitionTests {
    @Test("a flood that goes on is told of once, and the next one again")
    func lastingFlood() {
        var stage = Stage()
        stage.joinBoth()
        func told() -> Int { stage.notices(.error, to: "ada").count { $0.code == "too_much" } }
        for revision in 1...2000 {
            stage.pass(.milliseconds(10))
            stage.code(from: "ada", revision: revision, "x = \(revision)")
        }
        #expect(told() == 1)
        stage.pass(.seconds(10))
        for revision in 3000...3300 { stage.code(from: "ada", revision: revision, "x = \(revision)") }
        #expect(told() == 2)
    }

    @Test("room metadata that has not changed is not read again")
    func sameMetadata() {
        let metadata = #"{"jask":{"settings":{"policy.nothing":"1"}}}"#
        var stage = Stage(roomMetadata: metadata)
        func problems() -> Int { stage.notes.count { if case .badMetadata = $0 { true } else { false } } }
        #expect(problems() == 1)
        for _ in 0..<10 { stage.give(.roomMetadata(metadata)) }
        #expect(problems() == 1)
        stage.give(.roomMetadata(#"{"jask":{"settings":{"policy.cooldown":"90s"}}}"#))
        #expect(problems() == 1 && stage.core.configuration.policy.cooldown == .seconds(90))
    }

    @Test("of first notices that could not leave the last alone leaves, and listening begins with it")
    func firstNotices() {
        var stage = Stage()
        stage.isOpen = false
        for _ in 0..<20 {
            stage.join("ada", role: "candidate", isEncrypted: true)
            stage.join("ada", role: "candidate")
        }
        #expect(stage.core.listening.isEmpty)
        stage.isOpen = true
        stage.pass(.seconds(5))
        let notices = stage.notices(.observing, to: "ada")
        #expect(notices.count == 1 && notices.first?.observed?.first?.used == true)
        #expect(stage.core.listening == ["ada"])
    }
}

@Suite("Code of who cannot be the candidate any more")
struct ForgottenCodeTests {
    @Test("is forgotten while it is still open who the candidate is")
    func ambiguous() {
        var stage = Stage()
        for name: Identity in ["ada", "bob", "eve"] { stage.join(name) }
        stage.code(from: "eve", revision: 1, "x = 1")
        #expect(stage.core.workspace.currentDocument(of: "eve") != nil)
        stage.join("eve", role: "observer")
        #expect(stage.core.candidate == nil && stage.core.workspace.authors.isEmpty)
    }

    @Test("is forgotten of one who left, once somebody else is the candidate")
    func left() {
        var stage = Stage()
        stage.join("ada")
        stage.code(from: "ada", revision: 1, "x = 1")
        stage.give(.participantLeft(identity: "ada"))
        #expect(stage.core.workspace.authors == ["ada"], "they may come back")
        stage.join("bob")
        #expect(stage.core.candidate == "bob" && stage.core.workspace.authors.isEmpty)
    }
}
