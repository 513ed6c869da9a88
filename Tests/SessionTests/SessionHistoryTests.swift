import Foundation
import JournalSamples
import Session
import Testing

@Suite("What a journal says of a session")
struct SessionHistoryTests {
    @Test("what a history says again is the same history")
    func historyRoundTrip() {
        for count in 0...JournalSamples.entries.count {
            let history = SessionHistory(JournalSamples.entries.prefix(count))
            #expect(SessionHistory(history.entries) == history)
        }
        let history = SessionHistory(JournalSamples.entries)
        #expect(history.isEnded && !history.isPaused && history.hints.map(\.wasSent) == [true])
        #expect(
            history.noticed == ["ada": "PA_1"] && history.noticedCameras == ["ada": "PA_1"]
                && history.optedOut == ["ada": [.microphone, .camera, .code]])
    }

    @Test("a hint that was to leave but expired does not count; one that may have left does")
    func uncertainHints() {
        let intended = JournalEntry(at: 1, event: .intended(JournalSamples.record))
        #expect(SessionHistory([intended]).hints.count == 1)
        let dropped = JournalEntry(at: 2, event: .hintDropped(hint: JournalSamples.record.id, reason: "expired"))
        #expect(SessionHistory([intended, dropped]).hints.isEmpty)
    }

    @Test("every entry comes back from its line, a limit of no hints at all included")
    func lines() throws {
        let all = JournalSamples.entries + [JournalEntry(at: 1, event: .tierLimit(0, by: "ivo"))]
        for entry in all { #expect(try JSONDecoder().decode(JournalEntry.self, from: Data(entry.line)) == entry) }
    }
}
