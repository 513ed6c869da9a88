import Perception
import SansIO
import Testing

@testable import Recording

@Suite struct RecordingCoreTests {
    private var core = RecordingCore()

    /// Chunks from one time to another, in seconds.
    private mutating func hear(_ seconds: ClosedRange<Double>, speech: Float) {
        var start = Instant.zero + .seconds(seconds.lowerBound)
        while start < .zero + .seconds(seconds.upperBound) {
            let chunk = VoiceChunk(start: start, probability: speech, level: speech > 0.5 ? -25 : -70)
            core.receive(.sound(.chunks([chunk])), at: chunk.end)
            start = chunk.end
        }
    }

    private mutating func events() -> [RecordingEvent] {
        var events: [RecordingEvent] = []
        while let event = core.pollOutput() { events.append(event) }
        return events
    }

    private func seconds(_ at: Instant) -> Double { (at - .zero).inSeconds }

    private func look(_ at: Double, raised: Bool) -> GestureLook {
        let hand = HandScores(
            palm: Score(0.9), presence: Score(0.95), facePresence: nil, lin: Thousandths(1), across: Thousandths(1.4),
            clear: Thousandths(1.1), wrist: Thousandths(1.2), knuckles: Thousandths(0.5), forehead: nil)
        return GestureLook(
            at: .zero + .seconds(at), interval: .milliseconds(200), reason: .change, attention: core.attention,
            hands: raised ? [hand] : [])
    }

    @Test("voice, pause and long pause come with their times, and a long pause is a moment")
    mutating func voice() throws {
        hear(0...2, speech: 0.01)
        hear(2...5, speech: 0.97)
        hear(5...40, speech: 0.01)
        let events = events()
        let first = try #require(events.first)
        #expect(first.subject == .voice(.begin) && abs(seconds(first.at) - 2) < 0.05)
        #expect(first.known > first.at, "a voice must last")
        let pause = try #require(events.first { $0.subject == .pause(.begin) })
        #expect(abs(seconds(pause.at) - 5) < 0.05 && abs(seconds(pause.known) - 8) < 0.1)
        let long = try #require(events.first { $0.subject == .longPause })
        #expect(long.since.map { abs(seconds($0) - 5) < 0.05 } == true)
        #expect(long.threshold != nil && long.reasons.contains("noCodeFeed"))
        let moment = try #require(events.first { $0.subject == .helpMoment(.longPause, isRequest: false) })
        #expect(moment.at >= long.at && moment.confidence == long.confidence)
    }

    @Test("a raised hand begins when it was first seen, is known after its dwell, and is a request")
    mutating func raisedHand() throws {
        for step in 0..<40 { core.receive(.look(look(Double(step) / 5, raised: (10...20).contains(step))), at: .zero) }
        let events = events()
        #expect(
            events.map(\.subject) == [
                .gesture(.raisedHand, .begin), .helpMoment(.raisedHand, isRequest: true), .gesture(.raisedHand, .end),
            ])
        #expect(seconds(events[0].at) == 2)
        #expect(events[0].confidence.map { $0 > 0.9 } == true && events[0].reasons == ["handModel"])
        #expect(events[2].since == events[0].at && seconds(events[2].at) == 4)
    }

    @Test("what goes on at the file's end ends there, unheard and unseen")
    mutating func ending() {
        hear(0...2, speech: 0.01)
        hear(2...5, speech: 0.97)
        hear(5...10, speech: 0.01)
        for step in 0..<10 { core.receive(.look(look(8 + Double(step) / 5, raised: true)), at: .zero) }
        _ = events()
        core.receive(.ended, at: .zero + .seconds(10))
        let ends = events()
        #expect(ends.map(\.subject) == [.pause(.end), .gesture(.raisedHand, .end)])
        #expect(ends.map(\.reasons) == [["unheard"], ["unseen"]])
    }
}
