import SansIO
import Testing
import Wire

@testable import Session

@Suite("What waits to be sent")
struct OutboxTests {
    private func message(
        _ id: String, to identity: Identity = "ada", bytes: Int = 10, purpose: Outgoing.Purpose = .chat,
        supersedes: String? = nil
    ) -> Outgoing {
        Outgoing(
            id: id, content: .packet(topic: Topic.notice, payload: Array(repeating: 0, count: bytes)), to: identity,
            purpose: purpose, supersedes: supersedes)
    }

    private func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int64(seconds * 1000)) }

    private func leaving(_ outbox: inout Outbox, at seconds: Double) -> [String] {
        outbox.leaving(at: at(seconds)) { _ in true }.leaving.map(\.id)
    }

    @Test("after a failure the first one is tried alone, and the others follow it in their order")
    func headAlone() {
        var outbox = Outbox()
        for id in ["a", "b", "c"] { #expect(outbox.enqueue(message(id)).isEmpty) }
        #expect(outbox.enqueue(message("x", to: "ivo")).isEmpty)
        #expect(leaving(&outbox, at: 0) == ["a", "b", "c", "x"])
        #expect(outbox.confirmed("x")?.id == "x")
        for id in ["c", "a", "b"] { outbox.refused(id, at: at(0)) }
        #expect(outbox.deadline { _ in true } == at(1) && leaving(&outbox, at: 0.9).isEmpty)
        #expect(leaving(&outbox, at: 1) == ["a"], "a queue that fails is not retried whole")
        outbox.refused("a", at: at(1))
        #expect(outbox.deadline { _ in true } == at(3) && outbox.deadline { _ in false } == nil)
        #expect(leaving(&outbox, at: 3) == ["a"])
        #expect(outbox.confirmed("a")?.id == "a")
        #expect(leaving(&outbox, at: 3) == ["b", "c"])
    }

    @Test("what can never be sent is given up, and holds up nothing")
    func impossible() {
        var outbox = Outbox()
        for id in ["a", "b"] { _ = outbox.enqueue(message(id)) }
        #expect(leaving(&outbox, at: 0) == ["a", "b"])
        #expect(outbox.impossible("a")?.id == "a" && outbox.confirmed("b")?.id == "b")
        #expect(outbox.isEmpty && outbox.deadline { _ in true } == nil)
    }

    @Test("what waits for one participant is bounded; the first notice and hints go last")
    func bounded() {
        var outbox = Outbox()
        _ = outbox.enqueue(message("first", purpose: .observing(noticeID: "n", sid: "PA_1")))
        _ = outbox.enqueue(message("hint", purpose: .hint("h")))
        var dropped: [String] = []
        for index in 0..<1000 { dropped += outbox.enqueue(message("\(index)", bytes: 20_000)).map(\.id) }
        _ = outbox.enqueue(message("other", to: "ivo"))
        #expect(dropped.count >= 1000 - Outbox.mostMessages && dropped.first == "0")
        let left = outbox.leaving(at: at(0)) { _ in true }.leaving
        #expect(left.map(\.id).prefix(2) == ["first", "hint"] && left.last?.id == "other")
        #expect(left.reduce(0) { $0 + $1.byteCount } <= Outbox.mostBytes + 20)
    }

    @Test("how things stand takes the place of how they stood")
    func superseded() {
        var outbox = Outbox()
        for index in 0..<5 { _ = outbox.enqueue(message("choice \(index)", supersedes: "choices")) }
        _ = outbox.enqueue(message("state", supersedes: "state"))
        #expect(leaving(&outbox, at: 0) == ["choice 4", "state"])
    }
}
