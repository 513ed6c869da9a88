import Coach
import Foundation
import Session
import Testing

@Suite("What a journal says of a session")
struct SessionHistoryTests {
    static let record = JournalEntry.HintRecord(
        id: "01JD9ZK6Q4M8T2V5W7X9Y0A1B2", tier: 1, source: "claude", trigger: "long_pause", to: ["ada", "i\"vo\n"],
        text: Fingerprint.of("x"), anchor: "af63dc4c8601ec8c@3:1-2", expires: 99)

    /// One of each event.
    static let entries: [JournalEntry] = [
        .began(room: "RM_1", name: "r\u{E9}"), .candidate(identity: "ada"), .candidate(identity: nil),
        .noticed(identity: "ada", sid: "PA_1"), .optedOut(identity: "ada", sources: [.microphone, .code]),
        .spoke(identity: "ada"), .silent(identity: "ada", since: 3), .silent(identity: "ada", since: nil),
        .closed, .paused(by: "ivo"), .resumed(by: "ivo"), .ended(by: "ivo"), .tierLimit(1, by: "ivo"),
        .tierLimit(nil, by: "ivo"), .dropped(trigger: "long_pause", reason: "cooldown"),
        .asked(request: "r", trigger: "request", tier: 2), .answered(request: "r", source: "claude"),
        .withdrawn(request: "r", reason: "candidate_spoke"), .intended(record), .sent(hint: record.id),
        .hintDropped(hint: "other", reason: "expired"), .acknowledged(hint: record.id, by: "ada", status: "seen"),
        .refused(topic: "jask.code", sender: nil, code: "not_json"),
    ].enumerated().map { JournalEntry(at: 1_795_341_600_000 + Int64($0), event: $1) }

    @Test("what a history says again is the same history")
    func historyRoundTrip() {
        for count in 0...Self.entries.count {
            let history = SessionHistory(Self.entries.prefix(count))
            #expect(SessionHistory(history.entries) == history)
        }
        let history = SessionHistory(Self.entries)
        #expect(history.isEnded && !history.isPaused && history.hints.map(\.wasSent) == [true])
        #expect(history.noticed == ["ada": "PA_1"] && history.optedOut == ["ada": [.microphone, .code]])
    }

    @Test("a hint that was to leave but expired does not count; one that may have left does")
    func uncertainHints() {
        let intended = JournalEntry(at: 1, event: .intended(Self.record))
        #expect(SessionHistory([intended]).hints.count == 1)
        let dropped = JournalEntry(at: 2, event: .hintDropped(hint: Self.record.id, reason: "expired"))
        #expect(SessionHistory([intended, dropped]).hints.isEmpty)
    }

    @Test("every entry comes back from its line, a limit of no hints at all included")
    func lines() throws {
        let all = Self.entries + [JournalEntry(at: 1, event: .tierLimit(0, by: "ivo"))]
        for entry in all { #expect(try JSONDecoder().decode(JournalEntry.self, from: Data(entry.line)) == entry) }
    }
}
