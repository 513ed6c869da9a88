import RTCMedia
import SansIO
import Testing

@testable import AgentRuntime

@Suite struct MediaTimelineTests {
    private let step = 20_000_000 as Int64

    private func frame(_ index: Int64, ssrc: UInt32 = 1, at arrival: Instant) -> AudioFrame {
        AudioFrame(
            samples: [], start: MediaTime(nanoseconds: index * step), duration: .milliseconds(20), kind: .decoded,
            ssrc: ssrc, rtpTimestamp: 0, arrival: arrival)
    }

    /// When frame `index` is there if nothing delays it: its sound began at 10 s + index · 20 ms, on a path of 30 ms.
    private func arrival(_ index: Int64, late: Int64 = 0) -> Instant {
        Instant(nanoseconds: 10_000_000_000 + (index + 1) * step + 30_000_000 + late * 1_000_000)
    }

    private func spoken(_ index: Int64) -> Instant { Instant(nanoseconds: 10_030_000_000 + index * step) }

    @Test func soundKeepsItsTimeThroughAStallAndTheBurstAfterIt() {
        var timeline = MediaTimeline()
        for index in 0..<100 as Range<Int64> { _ = timeline.start(of: frame(index, at: arrival(index))) }
        // For 12 s nothing comes, then all of it at once.
        let burst = arrival(700)
        for index in 100...700 as ClosedRange<Int64> {
            #expect(timeline.start(of: frame(index, at: burst)) == spoken(index))
        }
        #expect(timeline.start(of: frame(701, at: arrival(701))) == spoken(701))
    }

    @Test func jitterDoesNotMoveTheAnchor() {
        var timeline = MediaTimeline()
        _ = timeline.start(of: frame(0, at: arrival(0)))
        for index in 1..<500 as Range<Int64> {
            #expect(timeline.start(of: frame(index, at: arrival(index, late: index * 37 % 90))) == spoken(index))
        }
    }

    @Test func aBeginningInAQueueIsCorrectedByTheFirstPunctualFrame() {
        var timeline = MediaTimeline()
        #expect(timeline.start(of: frame(0, at: arrival(0, late: 300))) == spoken(0) + .milliseconds(300))
        #expect(timeline.start(of: frame(1, at: arrival(1))) == spoken(1))
    }

    @Test func aPathThatBecameSlowerForGoodIsBelievedAfterAWindowOfSound() {
        var timeline = MediaTimeline()
        for index in 0..<50 as Range<Int64> { _ = timeline.start(of: frame(index, at: arrival(index))) }
        var last = Instant.zero
        for index in 50..<1400 as Range<Int64> { last = timeline.start(of: frame(index, at: arrival(index, late: 80))) }
        #expect(last == spoken(1399))
        for index in 1400..<3100 as Range<Int64> {
            last = timeline.start(of: frame(index, at: arrival(index, late: 80)))
        }
        #expect(last == spoken(3099) + .milliseconds(80))
    }

    @Test func anotherSourceHasATimelineOfItsOwn() {
        var timeline = MediaTimeline()
        _ = timeline.start(of: frame(900, at: arrival(900)))
        #expect(timeline.start(of: frame(0, ssrc: 2, at: arrival(5000))) == spoken(5000))
    }
}
