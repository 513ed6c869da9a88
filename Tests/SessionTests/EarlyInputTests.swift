import Perception
import Testing
import Wire

@testable import Session

@Suite("Data before their sender is announced")
struct EarlyInputTests {
    @Test("a first file that comes before its sender is known is in the first hint")
    func code() {
        var stage = Stage()
        stage.code(from: "ada", revision: 1, "x = 1")
        #expect(stage.refusals().isEmpty)
        stage.pass(.seconds(3))
        stage.join("ada")
        stage.longPause()
        #expect(stage.asks.last?.request.document?.text == "x = 1")
    }

    @Test("an opt-out that comes before its sender is known holds from the start, and the notice says so")
    func optOut() {
        var stage = Stage()
        stage.control(.optOut, from: "ada", sources: [.microphone])
        stage.join("ada")
        #expect(stage.core.listening.isEmpty)
        #expect(!stage.log.contains("listen ada"))
        #expect(stage.notices(.observing, to: "ada").map { $0.observed?.first?.used } == [false])
    }

    @Test("who is not announced within 5 s is refused, without an answer to anyone")
    func stranger() {
        var stage = Stage()
        stage.code(from: "nobody", revision: 1, "x = 1")
        stage.pass(.milliseconds(4900))
        #expect(stage.refusals().isEmpty)
        stage.pass(.milliseconds(200))
        #expect(stage.refusals() == ["no_sender"])
        #expect(stage.sent.isEmpty && stage.core.deadline == nil)
        stage.join("nobody")
        stage.longPause("nobody")
        #expect(stage.asks.last?.request.document == nil)
    }

    @Test("without a name there is no waiting: nobody can be meant")
    func nameless() {
        var stage = Stage()
        stage.packet(Topic.control, from: nil, #"{"version":1,"type":"jask.control","action":"pause"}"#)
        stage.packet(Topic.control, from: "", #"{"version":1,"type":"jask.control","action":"pause"}"#)
        #expect(stage.refusals() == ["no_sender", "no_sender"])
        #expect(!stage.core.isPaused)
    }

    @Test("strangers take no more room than there is")
    func bounds() {
        var stage = Stage()
        for sender in 0..<20 { stage.code(from: "s\(sender)", revision: 1, "x") }
        #expect(stage.refusals().count == 20 - EarlyInputs.mostSenders)
        for revision in 0..<20 { stage.code(from: "s0", revision: revision, "x") }
        #expect(stage.refusals().count == 4 + 20 - (EarlyInputs.mostInputs - 1))
        stage.pass(.seconds(6))
        #expect(stage.refusals().count == 40)
        // And what expired leaves room again.
        stage.code(from: "ada", revision: 1, String(repeating: "x", count: 900_000))
        #expect(stage.refusals().count == 40)
        for revision in 2..<7 {
            stage.code(from: "ada", revision: revision, String(repeating: "x", count: 900_000))
        }
        #expect(stage.refusals().count == 42)
    }
}
