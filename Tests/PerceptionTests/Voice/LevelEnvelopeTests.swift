import SansIO
import Testing

@testable import Perception

@Suite struct LevelEnvelopeTests {
    private func chunk(_ slot: Int, _ level: Float, plus offset: Duration = .zero) -> VoiceChunk {
        VoiceChunk(start: .zero + VoiceChunk.duration * slot + offset, probability: 0, level: level)
    }

    private func levels(_ envelope: LevelEnvelope, _ count: Int, upTo last: Int64) -> [Int16] {
        envelope.withSlots(count, upTo: last) { Array($0) }
    }

    @Test func levelsAreHalfDecibelsAboveTheFloor() {
        #expect([-120, -65, -64.8, -64.7, -30, 0, 3].map(LevelEnvelope.steps(of:)) == [0, 0, 0, 1, 70, 130, 130])
    }

    @Test func anyRunOfKnownSlotsLiesInOnePiece() {
        var envelope = LevelEnvelope()
        for slot in 0..<300 { envelope.receive(chunk(slot, -65 + Float(slot % 100) / 2)) }
        #expect(envelope.oldest == 172 && envelope.newest == 299)
        for last in 200..<300 as Range<Int64> {
            #expect(envelope.knows(29, upTo: last))
            #expect(levels(envelope, 29, upTo: last) == ((last - 28)...last).map { Int16($0 % 100) })
        }
        #expect(!envelope.knows(29, upTo: 199) && !envelope.knows(1, upTo: 300))
        #expect(!LevelEnvelope().knows(1, upTo: 0))
    }

    @Test func ofTwoMicrophonesTheLouderCounts() {
        var envelope = LevelEnvelope()
        for slot in 10..<14 { envelope.receive(chunk(slot, -40)) }
        envelope.receive(chunk(11, -30, plus: .milliseconds(9)))
        envelope.receive(chunk(12, -50, plus: .milliseconds(9)))
        #expect(levels(envelope, 4, upTo: 13) == [50, 70, 50, 50])
        envelope.receive(chunk(3, -10))
        #expect(envelope.oldest == 10, "what lies before the first chunk is not known")
    }

    @Test func aShortGapIsBridgedAndALongOneIsSilent() {
        var envelope = LevelEnvelope()
        envelope.receive(chunk(0, -40))
        envelope.receive(chunk(3, -30))
        #expect(levels(envelope, 4, upTo: 3) == [50, 50, 50, 70])
        envelope.receive(chunk(8, -30))
        #expect(levels(envelope, 6, upTo: 8) == [70, 0, 0, 0, 0, 70])
        envelope.receive(chunk(1000, -30))
        #expect(envelope.oldest == 1000 && envelope.knows(1, upTo: 1000))
    }

    @Test func timesBeforeZeroHaveSlotsOfTheirOwn() {
        #expect(LevelEnvelope.slot(of: Instant(nanoseconds: -1)) == -1)
        #expect(LevelEnvelope.slot(of: Instant(nanoseconds: -32_000_000)) == -1)
        var envelope = LevelEnvelope()
        for slot in -5..<5 { envelope.receive(chunk(slot, -40)) }
        #expect(levels(envelope, 10, upTo: 4) == Array(repeating: 50, count: 10))
    }
}
