import SansIO
import Session
import Simulation
import Testing

@testable import AgentRuntime

@Suite("Journal entries that wait for the disk")
struct JournalBacklogTests {
    private func drained(_ backlog: inout JournalBacklog) -> [JournalEntry] {
        var entries: [JournalEntry] = []
        while true {
            if let loss = backlog.takeLoss() { entries.append(loss) }
            guard let item = backlog.popFirst() else { return entries }
            entries.append(item.entry)
        }
    }

    @Test("a later state stands for an earlier one, and a restart knows the same", arguments: 0..<50)
    func sameHistory(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let record = JournalEntry.HintRecord(
            id: "h", tier: 1, source: "claude", trigger: "long_pause", to: ["ada"], text: "x", expires: 99)
        let identities: [Identity] = ["ada", "ivo", "eve"]
        var all = [JournalEntry(at: 0, event: .began(room: "RM_1", name: "r"))]
        for at in 1...200 {
            let identity = identities.randomElement(using: &random) ?? "ada"
            var hint = record
            hint.id = "h\(Int.random(in: 0..<5, using: &random))"
            let events: [JournalEntry.Event] = [
                .candidate(identity: identity), .candidate(identity: nil), .noticed(identity: identity, sid: "\(at)"),
                .optedOut(identity: identity, sources: [.code]), .optedOut(identity: identity, sources: []),
                .spoke(identity: identity), .silent(identity: identity, since: Int64(at)),
                .silent(identity: identity, since: nil), .paused(by: "ivo"), .resumed(by: "ivo"), .ended(by: "ivo"),
                .tierLimit(2, by: "ivo"), .tierLimit(nil, by: "ivo"), .intended(hint), .sent(hint: hint.id),
                .hintDropped(hint: hint.id, reason: "paused"), .closed, .dropped(trigger: "t", reason: "r"),
            ]
            all.append(JournalEntry(at: Int64(at), event: events.randomElement(using: &random) ?? .closed))
        }
        var backlog = JournalBacklog(most: 4096)
        for entry in all { backlog.add(.init(entry: entry)) }
        let left = drained(&backlog)
        #expect(SessionHistory(left) == SessionHistory(all))
        #expect(left.map(\.at) == left.map(\.at).sorted() && backlog.lost == 0 && backlog.isEmpty)
        let states = left.compactMap(\.state)
        #expect(Set(states).count == states.count && left.count < all.count)
    }

    @Test("beyond its bound the lightest and oldest goes, and how many went is said once, in their place")
    func bounded() {
        var backlog = JournalBacklog(most: 4)
        func add(_ at: Int64, _ event: JournalEntry.Event) {
            backlog.add(.init(entry: JournalEntry(at: at, event: event)))
        }
        add(1, .optedOut(identity: "ada", sources: [.code]))
        add(2, .noticed(identity: "ada", sid: "PA"))
        add(3, .dropped(trigger: "t", reason: "r"))
        add(4, .noticed(identity: "ivo", sid: "PA"))
        add(5, .optedOut(identity: "ivo", sources: [.code]))
        #expect(backlog.count == 4 && backlog.lost == 1, "what no restart needs goes first")
        add(6, .noticed(identity: "eve", sid: "PA"))
        add(7, .optedOut(identity: "eve", sources: [.code]))
        add(8, .ended(by: "ivo"))
        add(9, .noticed(identity: "zoe", sid: "PA"))
        #expect(backlog.count == 4 && backlog.lost == 5, "what is lighter than all that waits gives way itself")
        add(10, .optedOut(identity: "ada", sources: []))
        #expect(backlog.lost == 5, "a state that waits is replaced where there is no room for another")
        #expect(backlog.first?.event == .lost(entries: 5), "told before what came later")
        let left = drained(&backlog)
        #expect(left.map(\.at) == [9, 5, 7, 8, 10] && left.first?.event == .lost(entries: 5))
        #expect(drained(&backlog).isEmpty)
    }

    @Test("a flood of one state holds no memory")
    func oneState() {
        var backlog = JournalBacklog(most: 100)
        for at in 0..<100_000 {
            backlog.add(.init(entry: JournalEntry(at: Int64(at), event: .optedOut(identity: "ada", sources: []))))
        }
        #expect(backlog.count == 1 && backlog.numbers < 100)
        #expect(drained(&backlog).map(\.at) == [99_999])
    }
}
